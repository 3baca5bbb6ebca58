#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What a tool can check of the project's rules: layers, lengths, banned calls, licence lines, commands in the README.

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
}

sources() {  # FOLDER...: the C and C++ files that git knows there
    git ls-files -- "$@" | grep -E '\.(cpp|hpp|c|h)$' || true
}

# allowed FOLDER INCLUDABLE...: FOLDER includes only itself and those of the project's folders
allowed() {
    local folder=$1 own
    shift
    own=$(git ls-tree -d --name-only HEAD | tr '\n' '|')
    own=${own%|}
    local pattern
    pattern=$(printf '|%s' "$folder" "$@")
    local bad
    bad=$(sources "$folder" | grep -v '^ta/host/' | xargs -r grep -nE "#include \"($own)/" |
        grep -vE "#include \"(${pattern#|})/" || true)
    [ -z "$bad" ] || { echo "$bad"; return 1; }
}

@test "includes point one way" {
    allowed base
    allowed protocol base
    allowed gp base
    allowed ree_fs base
    allowed sim base ree_fs
    allowed ta protocol engine gp base
    allowed client base protocol
    allowed cli client ree_fs base
}

@test "no file of code has more than 400 lines" {
    bad=$(git ls-files | grep -E '\.(cpp|hpp|c|h|py|sh|bash|bats|cmake|mk)$' | xargs wc -l | awk '$2 != "total" && $1 > 400')
    [ -z "$bad" ] || { echo "$bad"; return 1; }
}

@test "no line of code has more than 140 characters" {
    bad=$(sources . | xargs grep -nE '^.{141,}$' || true)
    [ -z "$bad" ] || { echo "$bad"; return 1; }
}

@test "every source says its licence" {
    bad=$(git ls-files | grep -E '\.(cpp|hpp|c|h|sh|bats|cmake|mk)$|^tools/[a-z-]+$' |
        xargs grep -L 'SPDX-License-Identifier: BSD-2-Clause' || true)
    [ -z "$bad" ] || { echo "$bad"; return 1; }
}

@test "the code of both worlds calls nothing that it must not" {
    bad=$(sources base protocol gp ta | grep -v '^ta/host/' |
        xargs grep -nE '\b(throw|dynamic_cast|typeid|malloc|calloc|realloc|free|printf|strcpy|sprintf|memcpy)\(|\bstd::(string|vector|map|unique_ptr)\b|\.value\(\)' || true)
    [ -z "$bad" ] || { echo "$bad"; return 1; }
}

@test "no absolute path of a machine, and no registry's host, is written anywhere" {
    bad=$(git ls-files | grep -vE '^tests/rules/|^machines/[^/]*/guest/' |
        xargs grep -nIE '(^|[^A-Za-z0-9_.])(/root/|/home/[a-z]|/work/)|deb\.debian\.org|snapshot\.debian|registry\.npmjs' || true)
    [ -z "$bad" ] || { echo "$bad"; return 1; }
}

@test "every make target that the README names exists" {
    named=$(grep -ohE '\bmake [a-z][a-z-]*' README.md ARCHITECTURE.md | awk '{print $2}' | sort -u)
    [ -n "$named" ]
    for target in $named; do
        grep -qE "^$target:" Makefile || { echo "make $target is not in the Makefile"; return 1; }
    done
}

@test "every file that the README links to exists" {
    for file in $(grep -oE '\]\([A-Za-z][^):#]*\)' README.md | tr -d '])('); do
        [ -e "$file" ] || { echo "README.md links to $file, which is not there"; return 1; }
    done
}

@test "make help names every target" {
    targets=$(grep -oE '^[a-z][a-z-]*:' Makefile | tr -d :)
    help=$(make help)
    for target in $targets; do
        grep -qE "make $target\b" <<< "$help" || { echo "make help does not name $target"; return 1; }
    done
}

@test "the API's documentation does not promise what the header lacks" {
    for function in $(grep -oE '\bfestore_[a-z]+\(' docs/library.md | sort -u | tr -d '('); do
        grep -q "\b$function(" include/festore/festore.h || { echo "docs/library.md names $function()"; return 1; }
    done
}
