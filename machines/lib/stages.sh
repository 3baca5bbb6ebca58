# SPDX-License-Identifier: BSD-2-Clause
# Stages with stamps, for building a machine: a stage runs again only when its inputs have changed. Sourced by bash.
#
#   stages_open NAME DIR                      the machine's name for messages, and where everything it makes goes
#   stage NAME 'what, how long' INPUT... -- COMMAND...
#
# INPUT: a file (its content counts) or =TEXT (the text counts). The command's output goes to DIR/logs/NAME.log; one
# progress line to standard error when the stage runs, and nothing when it does not. A command that fails ends the script.

stages_open() {
    stages_name=$1 stages_dir=$2
    mkdir -p "$stages_dir"/{stamps,logs}
}

stage() {
    local name=$1 what=$2 inputs=() hash begin log
    shift 2
    while [ "$1" != -- ]; do
        inputs+=("$1")
        shift
    done
    shift
    hash=$(for input in "${inputs[@]}"; do
        case $input in
            =*) printf '%s\n' "$input" ;;
            *) sha256sum < "$input" ;;
        esac
    done | sha256sum)
    [ "$(cat "$stages_dir/stamps/$name" 2>/dev/null)" != "$hash" ] || return 0
    rm -f "$stages_dir/stamps/$name"
    log=$stages_dir/logs/$name.log
    printf '[%s] %s ... ' "$stages_name" "$what" >&2
    begin=$(date +%s)
    # In the background, since bash ignores set -e in what a condition runs.
    (set -eu; "$@") > "$log" 2>&1 < /dev/null &
    if ! wait $!; then
        printf 'FAILED; the last lines of %s:\n' "$log" >&2
        tail -n 30 "$log" >&2
        exit 1
    fi
    printf '%s\n' "$hash" > "$stages_dir/stamps/$name"
    printf '%d s\n' $(($(date +%s) - begin)) >&2
}
