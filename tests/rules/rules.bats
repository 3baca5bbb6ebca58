#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The project's rules that a tool can check: layers, lengths, banned calls, licence lines, commands in the README.

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
}

sources() {  # FOLDER...: the C and C++ files in these folders that git tracks
    git ls-files -- "$@" | grep -E '\.(cpp|hpp|c|h)$' || true
}

# allowed FOLDER INCLUDABLE...: of the project's folders, FOLDER includes only itself and these
allowed() {
    local folder=$1 own
    shift
    own=$(git ls-tree -d --name-only HEAD | tr '\n' '|')festore  # include/festore is included as festore/
    local pattern
    pattern=$(printf '|%s' "$folder" "$@")
    local bad
    bad=$(sources "$folder" | { case $folder in */host) cat ;; *) grep -vE '^(ta|base)/host/' ;; esac; } | xargs -r grep -nE "#include [\"<](($own)/|\.\.)" |
        grep -vE "#include [\"<](${pattern#|})/" || true)
    [ -z "$bad" ] || { echo "$bad"; return 1; }
}

@test "includes point one way" {
    allowed base
    allowed base/host base festore  # the part of base for Linux
    allowed protocol base
    allowed engine base
    allowed gp base
    allowed ree_fs base
    allowed sim base ree_fs
    allowed ta protocol engine gp base
    allowed client base protocol festore
    allowed inspect client protocol engine ree_fs base festore
    allowed doctor client ree_fs base festore
    allowed cli inspect doctor client protocol base festore
    # Each room of the command behind one header.
    [ -z "$(grep -rlE '#include "inspect/' cli --include=*.cpp --include=*.h | xargs -r grep -hE '#include "inspect/' | grep -v 'inspect/run.h')" ]
    [ -z "$(grep -rlE '#include "doctor/' cli --include=*.cpp --include=*.h | xargs -r grep -hE '#include "doctor/' | grep -v 'doctor/checks.h')" ]
    # The store's directory knows nothing of the store.
    [ -z "$(grep -hE '#include "client/' client/store/disk/* | grep -vE '"client/(store/disk/|files/|errors\.h)')" ]
    allowed include festore
    allowed examples festore
    allowed bench client protocol engine base tests festore
}

# Data is excepted: canaries, corpora, samples.
@test "no folder has more than 35 source files" {
    bad=$(git ls-files | grep -E '\.(cpp|hpp|c|h|py|sh|bats)$' | xargs -n1 dirname | sort | uniq -c | awk '$1 > 35')
    [ -z "$bad" ] || { echo "$bad"; return 1; }
}

@test "no file of code has more than 400 lines" {
    bad=$(git ls-files | grep -E '\.(cpp|hpp|c|h|py|sh|bash|bats|cmake|mk)$' | xargs wc -l | awk '$2 != "total" && $1 > 400')
    [ -z "$bad" ] || { echo "$bad"; return 1; }
}

@test "no line of code has more than 140 characters" {
    bad=$(sources . | xargs grep -nE '^.{141,}$' || true)
    [ -z "$bad" ] || { echo "$bad"; return 1; }
}

# Measures from the last line of the same indentation that begins with a word to the closing brace: this finds functions of a
# file and of a class. Other blocks that match are parts of functions.
longer_functions() { # LIMIT FILE...
    awk -v limit="$1" '
        FNR == 1 { start[0] = start[4] = 0 }
        match($0, /^(    )?[A-Za-z_~[]/) && !/^ *(public|protected|private|default|case .*):$/ { start[RLENGTH - 1] = FNR }
        match($0, /^(    )?}$/) {
            indent = RLENGTH - 1
            lines = FNR - start[indent] + 1
            if (start[indent] && lines >= limit) print FILENAME ":" start[indent] ": " lines " lines"
        }' "${@:2}"
}

@test "no function has 70 lines or more" {
    bad=$(sources . | xargs bash -c "$(declare -f longer_functions)"'; longer_functions 70 "$@"' -)
    [ -z "$bad" ] || { echo "$bad"; return 1; }
}

@test "the check of functions finds long ones" {
    {
        echo 'int of_a_file(int a,'
        echo '              int b) {'
        for _ in {1..67}; do echo '    a += b;'; done
        echo '}'
        echo 'class C {'
        echo '    int of_a_class() {'
        for _ in {1..68}; do echo '        call();'; done
        echo '    }'
        echo '    int short_one() {'
        echo '        return 1;'
        echo '    }'
        echo '};'
        echo 'void short_too() {'
        for _ in {1..67}; do echo '    call();'; done
        echo '}'
    } > "$BATS_TEST_TMPDIR/long.cpp"
    run longer_functions 70 "$BATS_TEST_TMPDIR/long.cpp"
    [ "$(sed 's/.*long.cpp//' <<< "$output")" = $':1: 70 lines\n:72: 70 lines' ]
}

@test "bats tests use 'run !', not '!'" {
    # In the middle of a test, `! command` never fails the test; `run ! command` does.
    bad=$(git ls-files | grep -E '\.(bats|bash)$' | xargs grep -nE '(^ *|; |&& |do |then )! ' | grep -vF '[[' || true)
    [ -z "$bad" ] || { echo "$bad"; return 1; }
}

@test "every source has its licence line" {
    bad=$(git ls-files | grep -E '\.(cpp|hpp|c|h|sh|bats|cmake|mk)$|^tools/[a-z-]+$' |
        xargs grep -L 'SPDX-License-Identifier: BSD-2-Clause' || true)
    [ -z "$bad" ] || { echo "$bad"; return 1; }
}

# banned_words FILE...: prints lines of code (without comments) with a C++ word that is banned in code of both worlds
banned_words() {
    awk '{ code = $0; sub("//.*", "", code) }
        code ~ /(^|[^A-Za-z_])(throw|try|catch|dynamic_cast|typeid|goto)([^A-Za-z_]|$)/ ||
        code ~ /(^|[^A-Za-z_])(new|delete|delete\[\]) +[A-Za-z_]/ { print FILENAME ":" FNR ": " $0 }' "$@"
}

@test "the code of both worlds makes no banned calls" {
    files=$(sources base protocol engine gp ta | grep -vE '^(base|ta)/host/')
    calls='\b(malloc|calloc|realloc|free|printf|strcpy|sprintf|memcpy)\(|\bstd::(string|vector|map|unique_ptr)\b|\.value\(\)'
    bad=$(xargs grep -nE "$calls" <<< "$files" || true)
    [ -z "$bad" ] || { echo "$bad"; return 1; }
    # shellcheck disable=SC2086
    bad=$(banned_words $files)
    [ -z "$bad" ] || { echo "$bad"; return 1; }
}

@test "the check of words finds them, but not those in comments" {
    local code
    for code in 'throw 1;' '    throw Error{};' 'throw;' 'try {' 'auto p = new Thing;' 'f(new int[3]);' 'delete p;' \
        'dynamic_cast<A*>(b);'; do
        echo "$code" > "$BATS_TEST_TMPDIR/bad.cpp"
        [ -n "$(banned_words "$BATS_TEST_TMPDIR/bad.cpp")" ] || { echo "not seen: $code"; return 1; }
    done
    for code in '// throw it away, and try anew' 'new (memory) Session{};' 'C(const C&) = delete;' 'int retry = throws;'; do
        echo "$code" > "$BATS_TEST_TMPDIR/good.cpp"
        [ -z "$(banned_words "$BATS_TEST_TMPDIR/good.cpp")" ] || { echo "taken for bad: $code"; return 1; }
    done
}

@test "no file has an absolute path of a machine, or a registry's host" {
    bad=$(git ls-files | grep -vE '^tests/rules/|^machines/[^/]*/guest/' |
        xargs grep -nIE '(^|[^A-Za-z0-9_.])(/root/|/home/[a-z]|/work/)|deb\.debian\.org|snapshot\.debian|registry\.npmjs' || true)
    [ -z "$bad" ] || { echo "$bad"; return 1; }
}

@test "every make target that the README names exists" {
    named=$(grep -ohE '\bmake [a-z][a-z-]*' README.md ARCHITECTURE.md CONTRIBUTING.md | awk '{print $2}' | sort -u)
    [ -n "$named" ]
    for target in $named; do
        grep -qE "^$target:" Makefile || { echo "make $target is not in the Makefile"; return 1; }
    done
}

@test "every file that a document links to exists, and docs/README.md leads to every document" {
    for document in $(git ls-files '*.md'); do
        for file in $(grep -oE '\]\([A-Za-z.][^):#]*' "$document" | sed 's/^](//'); do
            [[ $file != http* ]] || continue
            [ -e "$(dirname "$document")/$file" ] || { echo "$document links to $file, which is not there"; return 1; }
        done
    done
    for document in docs/*.md; do
        name=${document#docs/}
        [ "$name" = README.md ] || grep -qF "]($name)" docs/README.md || { echo "docs/README.md does not lead to $document"; return 1; }
    done
}

@test "make help names every target" {
    targets=$(grep -oE '^[a-z][a-z-]*:' Makefile | tr -d :)
    help=$(make help)
    for target in $targets; do
        grep -qE "make $target\b" <<< "$help" || { echo "make help does not name $target"; return 1; }
    done
}

@test "the API's documentation names only functions of the header" {
    for function in $(grep -oE '\bfestore_[a-z]+\(' docs/library.md | sort -u | tr -d '('); do
        grep -q "\b$function(" include/festore/festore.h || { echo "docs/library.md names $function()"; return 1; }
    done
}

@test "every test that the threat model names exists" {
    named=$(grep -oE '`[A-Z][A-Za-z0-9]*\.[A-Z][A-Za-z0-9]*`' docs/threat-model.md | tr -d '`' | sort -u)
    [ "$(wc -l <<< "$named")" -gt 40 ]
    for test in $named; do
        grep -rqE "^TEST(_F|_P)?\(${test%.*}, ${test#*.}\)" tests || { echo "there is no test $test"; return 1; }
    done
    # `FILE.bats`: the beginning of a title, up to a character that ends it in a table or a sentence.
    titles=$(grep -oE '`tests/[a-z0-9_/]*\.bats`: [^|;,)`]*' docs/threat-model.md)
    [ "$(wc -l <<< "$titles")" -gt 10 ]
    while read -r title; do
        file=${title%%\`:*}
        grep -qF "@test \"$(sed 's/ *$//' <<< "${title#*\`: }")" "${file#\`}" || { echo "there is no test $title"; return 1; }
    done <<< "$titles"
}

# cites N: prints a pattern that finds citations of rule N: "rule 7", "Rules 6 and 7", a test's Rule07 or Rule02And07.
cites() {
    printf '([Rr]ules? ([0-9]+(,| and| to) )*%d([^0-9]|$)|Rule([0-9]+And)*%02d)' "$1" "$1"
}

@test "every cited rule is defined, and each rule has tests that cite it" {
    grep -oE '^## Rule [0-9]+: .' docs/store-rules.md | awk '{print $3 + 0}' > "$BATS_TEST_TMPDIR/defined"
    [ -z "$(sort "$BATS_TEST_TMPDIR/defined" | uniq -d)" ]
    git ls-files | grep -vE '\.(bin|patch)$|^tests/rules/' | xargs grep -hoIE '[Rr]ules? [0-9]+((,| and| to) [0-9]+)*|Rule[0-9]{2}(And[0-9]{2})?' |
        grep -oE '[0-9]+' | awk '{print $1 + 0}' | sort -nu > "$BATS_TEST_TMPDIR/cited"
    [ "$(wc -l < "$BATS_TEST_TMPDIR/cited")" -ge 30 ]
    while read -r number; do
        grep -qx "$number" "$BATS_TEST_TMPDIR/defined" || { echo "docs/store-rules.md does not define rule $number"; return 1; }
    done < "$BATS_TEST_TMPDIR/cited"
    while read -r number; do
        files=$(awk -v heading="## Rule $number:" 'index($0, "## ") == 1 { here = index($0, heading) == 1 } here' docs/store-rules.md |
            grep -oE 'tests/[a-z0-9_/]+\.(cpp|bats)')
        [ -n "$files" ] || { echo "docs/store-rules.md names no test of rule $number"; return 1; }
        for file in $files; do
            grep -qE "$(cites "$number")" "$file" || { echo "$file does not cite rule $number"; return 1; }
        done
    done < "$BATS_TEST_TMPDIR/defined"
}
