# SPDX-License-Identifier: BSD-2-Clause
# Stages with stamps, for building a machine: a stage runs again only if its inputs have changed. Sourced by bash.
#
#   stages_open NAME DIR                      the machine's name for messages, and the folder for everything it makes
#   stage NAME 'what, how long' INPUT... -- COMMAND...
#   cached_stage NAME 'what, how long' INPUT... -- COMMAND...
#
# INPUT: a file (its content counts) or =TEXT (the text counts). The command's output goes to DIR/logs/NAME.log. If the stage
# runs, one progress line goes to standard error. A command that fails ends the script.
#
# A cached stage is for work that takes minutes and has the same result in every clone. The command fills the folder $built;
# afterwards the result is in $cached_dir, a folder of the user's cache that is named after the inputs, where every clone finds it.
# With STAGES_PREBUILT=1 a cached stage that would have to be built ends the script instead, with exit code 3.

stages_open() {
    stages_name=$1 stages_dir=$2
    mkdir -p "$stages_dir"/{stamps,logs}
}

stages_hash() { # INPUT...
    local input
    for input in "$@"; do
        case $input in
            =*) printf '%s\n' "$input" ;;
            *) sha256sum < "$input" ;;
        esac
    done | sha256sum | cut -d' ' -f1
}

stages_run() { # NAME WHAT COMMAND...
    local name=$1 what=$2 log=$stages_dir/logs/$1.log begin
    shift 2
    printf '[%s] %s ... ' "$stages_name" "$what" >&2
    begin=$(date +%s)
    # In the background, because bash ignores set -e for a command in a condition.
    (set -eu; "$@") > "$log" 2>&1 < /dev/null &
    if ! wait $!; then
        printf 'FAILED; the last lines of %s:\n' "$log" >&2
        tail -n 30 "$log" >&2
        exit 1
    fi
    printf '%d s\n' $(($(date +%s) - begin)) >&2
}

# Splits the arguments at -- into stages_inputs and stages_command.
stages_split() {
    stages_inputs=()
    while [ "$1" != -- ]; do
        stages_inputs+=("$1")
        shift
    done
    shift
    stages_command=("$@")
}

stage() {
    local name=$1 what=$2 hash
    shift 2
    stages_split "$@"
    hash=$(stages_hash "${stages_inputs[@]}")
    [ "$(cat "$stages_dir/stamps/$name" 2>/dev/null)" != "$hash" ] || return 0
    rm -f "$stages_dir/stamps/$name"
    stages_run "$name" "$what" "${stages_command[@]}"
    printf '%s\n' "$hash" > "$stages_dir/stamps/$name"
}

cached_stage() {
    local name=$1 what=$2
    shift 2
    stages_split "$@"
    cached_dir=${XDG_CACHE_HOME:-$HOME/.cache}/festore/built/$name-$(stages_hash "${stages_inputs[@]}" | cut -c1-16)
    [ ! -d "$cached_dir" ] || return 0
    if [ -n "${STAGES_PREBUILT:-}" ]; then
        printf '[%s] not prebuilt: %s\n' "$stages_name" "$what" >&2
        exit 3
    fi
    mkdir -p "${cached_dir%/*}"
    exec 7> "$cached_dir.lock"
    flock 7
    if [ ! -d "$cached_dir" ]; then # nobody else was faster
        built=$cached_dir.new
        rm -rf "$built"
        mkdir "$built"
        stages_run "$name" "$what" "${stages_command[@]}"
        mv -T "$built" "$cached_dir"
    fi
    rm -f "$cached_dir.lock"
    exec 7>&-
}
