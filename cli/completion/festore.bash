# SPDX-License-Identifier: BSD-2-Clause
# Bash completion for festore: verbs, options, names of objects and groups. Verbs and options come from the command's own
# help, names from the TEE, with --quiet and a short timeout.

_festore_verbs() { "$1" --help 2> /dev/null | sed -n '/^Verbs:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p'; }

# The long options in the help texts: those of all verbs, and those of the verb.
_festore_options() {
    { "$1" --help; [ -z "$2" ] || "$1" "$2" --help; } 2> /dev/null |
        sed -n 's/^  \(-[a-z],\)\{0,1\}\(--[a-z-]*\).*/\2/p' | sort -u
}

_festore_reply() {
    local line
    while IFS= read -r line; do COMPREPLY+=("$line"); done
}

# Names of objects that begin with the current word, quoted as the shell needs them.
_festore_names() {
    local command=$1 typed=$2 name quoted
    shift 2
    while IFS= read -r name; do
        printf -v quoted %q "$name"
        COMPREPLY+=("$quoted")
    done < <("$command" ls --quiet --timeout 2 "$@" -- "${typed//\\/}" 2> /dev/null < /dev/null)
}

# Names of the owner's stores.
_festore_stores() {
    local command=$1
    shift
    "$command" status --json --timeout 2 "$@" 2> /dev/null < /dev/null | sed -n 's/^ *"name": "\([^"]*\)".*/\1/p'
}

_festore() {
    local command=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local verb='' word i arguments=0 literal=''
    local -a selection=()
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; ++i)); do
        word=${COMP_WORDS[i]}
        case $literal$word in
        --) literal=/ ;;
        --tee | --group | --storage | --store | --name)
            selection+=("$word" "${COMP_WORDS[i + 1]}")
            ((++i))
            ;;
        --timeout | --wait | --if-version | --offset | --length | --huk-file | --tee-storage | --extract | --root | --anchor | --owner | --cipher | --bytes | --objects | --stores) ((++i)) ;;
        --public) selection+=("$word") ;;
        -?*) ;;
        *) if [ -z "$verb" ]; then verb=$word; else arguments=$((arguments + 1)); fi ;;
        esac
    done
    case $literal$before in
    --tee) _festore_reply < <(compgen -W "auto optee sim" -- "$current"); return ;;
    --storage) _festore_reply < <(compgen -W "store ree rpmb" -- "$current"); return ;;
    --cipher)
        word="aes-256-gcm chacha20-poly1305"
        [ "$verb" = rebuild ] || word="auto $word"
        _festore_reply < <(compgen -W "$word" -- "$current")
        return
        ;;
    --anchor) _festore_reply < <(compgen -W "ree rpmb" -- "$current"); return ;;
    --store | --root) _festore_reply < <(compgen -d -- "$current"); return ;;
    --name) _festore_reply < <(compgen -W "$(_festore_stores "$command" ${selection[@]+"${selection[@]}"})" -- "$current"); return ;;
    --group) _festore_reply < <(compgen -g -- "$current"); return ;;
    --huk-file | --tee-storage | --extract) _festore_reply < <(compgen -f -- "$current"); return ;;
    --timeout | --wait | --if-version | --offset | --length | --owner | --bytes | --objects | --stores) return ;;
    esac
    if [ -z "$literal" ] && [[ $current == -* ]]; then
        _festore_reply < <(compgen -W "$(_festore_options "$command" "$verb")" -- "$current")
        return
    fi
    case $verb:$arguments in
    :*) _festore_reply < <(compgen -W "$(_festore_verbs "$command")" -- "$current") ;;
    put:1 | get:1 | batch:0) compopt -o filenames 2> /dev/null; _festore_reply < <(compgen -f -- "$current") ;;
    allow:*)
        if [[ $current == @* ]]; then _festore_reply < <(compgen -P @ -g -- "${current#@}"); else _festore_reply < <(compgen -u -- "$current"); fi
        ;;
    inspect:0) compopt -o filenames 2> /dev/null; _festore_reply < <(compgen -d -- "$current") ;;
    put:0 | get:0 | stat:0 | ls:0 | rm:* | verify:* | mv:0 | mv:1) _festore_names "$command" "$current" ${selection[@]+"${selection[@]}"} ;;
    esac
}
complete -F _festore festore
