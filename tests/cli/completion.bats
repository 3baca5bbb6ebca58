# SPDX-License-Identifier: BSD-2-Clause
# Bash completion, called as bash calls it.
load helper

# complete_words WORDS...: prints the completions of the last word, one a line.
complete_words() {
    bash -c '
        set -u
        . "$FESTORE_COMPLETION"
        COMP_WORDS=("$FESTORE_BIN" "$@") COMP_CWORD=$#
        COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
        _festore
        printf "%s\n" "${COMPREPLY[@]-}"
    ' - "$@" 3>&- 4>&-
}
offers() { complete_words "${@:2}" | grep -Fxq -- "$1"; }

setup() {
    [ -r "$FESTORE_COMPLETION" ] || skip "needs cli/completion/festore.bash"
    enter_folder
}
teardown() { [ "$FESTORE_TEE" = sim ] || remove_all; }

@test "it registers itself for festore" {
    run bash -c '. "$FESTORE_COMPLETION"; complete -p festore'
    [ "$status" = 0 ]
    [[ $output == *_festore* ]]
}
@test "verbs" {
    for verb in put get ls stat rm mv batch init verify repair rebuild destroy rpmb allow status doctor inspect; do offers "$verb" ""; done
    [ "$(complete_words sta)" = "$(printf 'stat\nstatus')" ]
    offers get --tee sim g
}
@test "options of the verb, and those of every verb" {
    offers --if-absent put --if
    offers --without-asking rpmb --
    offers --write-once put -
    offers --tee put --t
    offers --json --
    run ! offers --if-absent get --
    [ "$(complete_words get --off)" = --offset ]
}
@test "values of options" {
    [ "$(complete_words --tee o)" = optee ]
    [ "$(complete_words ls --storage r)" = "$(printf 'ree\nrpmb')" ]
    [ "$(complete_words ls --storage s)" = store ]
    [ "$(complete_words --storage store init --anchor re)" = ree ]
    mkdir -p folder
    offers folder --store fo
    offers "$(id -gn)" --group ""
}
@test "names of objects, by prefix, quoted for the shell" {
    echo | festore put "${PREFIX}plain"
    echo | festore put "${PREFIX}two words"
    for verb in get stat rm ls verify; do offers "${PREFIX}plain" "$verb" "${PREFIX}p"; done
    [ "$(complete_words stat "${PREFIX}t")" = "${PREFIX}two\\ words" ]
    [ "$(complete_words rm first "${PREFIX}p")" = "${PREFIX}plain" ]
    [ -z "$(complete_words stat "${PREFIX}plain" "")" ]
}
@test "names of a store's objects if the line has --store" {
    persistent_only "it has one store already"
    echo | festore --store "$PWD/store" put "${PREFIX}stored"
    for verb in get mv rm; do offers "${PREFIX}stored" --store "$PWD/store" "$verb" "${PREFIX}"; done
    run ! offers "${PREFIX}stored" get "${PREFIX}"
}
@test "names of the group's objects if the line has --group" {
    echo | festore --group "$(id -g)" put "${PREFIX}ours"
    offers "${PREFIX}ours" --group "$(id -g)" get "${PREFIX}"
    run ! offers "${PREFIX}ours" get "${PREFIX}"
    festore --group "$(id -g)" rm "${PREFIX}ours"
}
@test "files, for file arguments" {
    touch some-file
    offers some-file put name some
    offers some-file get name some
}
@test "without a TEE it offers nothing, and prints nothing" {
    FESTORE_TEE=none run --separate-stderr complete_words get ""
    [ -z "$output" ]
    [ -z "$stderr" ]
}
