#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The report of make bench, from made-up results with known figures.
bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
    page=$BATS_TEST_TMPDIR/performance.md
    printf '%s\n' '# Before' '<!-- measured: begin -->' 'what was there' '<!-- measured: end -->' 'behind' > "$page"
}

report() { # [NAME@OBJECTS=MS...]: makes a report of results in which these measures take MS
    python3 tests/bench/make_results.py "$BATS_TEST_TMPDIR" "$@" &&
        python3 bench/report/report.py --into "$page" --data "$BATS_TEST_TMPDIR/plots" --about "a made-up machine" \
            "$BATS_TEST_TMPDIR/1.json" "$BATS_TEST_TMPDIR/2.json"
}

@test "met criteria are reported as met, and the text around the tables stays" {
    run report
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$output" = "12 of 12 criteria met" ]
    grep -qF '| put of 100 bytes at 10 objects, in 256-byte writes to an open object | ≤ 4 × | 3.00 × | met |' "$page"
    grep -qF '| put at 5000 objects, in puts at 10 | ≤ 1.3 × | 1.17 × | met |' "$page"
    grep -qF 'in empty calls | ≤ 8 × | 5.00 × | met |' "$page"
    grep -qF '| get at 100 objects, times as fast as the stock way at 100 | ≥ 100 × | 154.29 × | met |' "$page"
    grep -qF '| put of 16 MiB, of the rate of bare sealing, 1 processor | ≥ 70 % | 87.5 % | met |' "$page"
    grep -qF '| put of 16 MiB, of the rate of bare sealing, 2 processors | ≥ 80 % | 97.2 % | met |' "$page"
    grep -qF '| **festore** put, library | 5000 | 70.0 | 63.0 | 84.0 | 2 | 9 | 3 |' "$page"
    run grep -cE 'missed|Missed|not measured|what was there' "$page"
    [ "$output" = 0 ]
    [ "$(sed -n 1p "$page") $(tail -n 1 "$page")" = "# Before behind" ]
}

# missed CRITERION FIGURE NAME@OBJECTS=MS...: with these measures only that criterion is reported as missed, with its profile.
missed() {
    run report "${@:3}"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c '^missed: ' <<< "$output")" -eq 1 ]
    [[ $output == *"missed: $1: $2, aimed at "* ]]
    [[ $output == *"11 of 12 criteria met" ]]
    grep -F "| $1 | " "$page" | grep -qF "| $2 | **missed** |"
    [ "$(grep -cF '**missed**' "$page")" -eq 1 ]
    grep -qF "**Missed: $1.**" "$page"
}

@test "each missed criterion is reported as missed, with its profile" {
    missed 'put of 100 bytes at 10 objects, in 256-byte writes to an open object' '4.05 ×' festore.put_100@10=81 \
        festore.put_100@5000=79 stock.put_100@100=5000
    missed 'put of 100 bytes at 5000 objects, in 256-byte writes to an open object' '4.05 ×' festore.put_100@10=79 \
        festore.put_100@5000=81
    missed 'put at 5000 objects, in puts at 10' '1.40 ×' festore.put_100@10=50
    missed 'warm get of 100 bytes (the slowest: at 5000 objects), in empty calls' '8.12 ×' festore.get_100@5000=6.5
    missed 'warm get of 100 bytes (the slowest: at 10 objects), in empty calls' '8.12 ×' festore.get_100@10=6.5
    missed 'put at 100 objects, times as fast as the stock way at 100' '19.98 ×' stock.put_100@100=1239
    grep -qF 'The write of the root record alone, 256 bytes to an open object, is 61.95 times as fast as the stock way.' "$page"
    missed 'get at 100 objects, times as fast as the stock way at 100' '99.71 ×' stock.get_100@100=349
    missed 'put of 16 MiB, times the stock rate of 1024 KiB' '9.50 ×' stock.put_large@10=950
    missed 'get of 16 MiB, times the stock rate of 1024 KiB' '9.60 ×' stock.get_large@10=900
    grep -qF 'Bare opening, without an index or a file, has 11.08 times the stock rate. Mean of a run' "$page"
}

@test "festore is compared with the faster of the two stock ways" {
    missed 'put at 100 objects, times as fast as the stock way at 100' '16.13 ×' stock.put_100_in_two_steps@100=1000
}

@test "large contents are compared with bare sealing by the store's cipher, for each number of processors" {
    run report primitive.seal.chacha20-poly1305.per_1024_kib@0=1100 primitive.open.chacha20-poly1305.per_1024_kib@0=1000
    echo "$output"
    [[ $output == *"missed: put of 16 MiB, of the rate of bare sealing, 1 processor: 68.8 %, aimed at ≥ 70 %"* ]]
    [[ $output == *"missed: get of 16 MiB, of the rate of bare opening, 2 processors: 74.1 %, aimed at ≥ 80 %"* ]]
    [[ $output == *"8 of 12 criteria met" ]]
}

@test "a criterion that was not measured is not met" {
    python3 tests/bench/make_results.py "$BATS_TEST_TMPDIR"
    run python3 bench/report/report.py --into "$page" --data "$BATS_TEST_TMPDIR/plots" "$BATS_TEST_TMPDIR/1.json"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"10 of 12 criteria met" ]]
    [ "$(grep -c '| not measured | not measured |' "$page")" -eq 2 ]
    python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
r["measures"] = [m for m in r["measures"] if m["name"] != "primitive.write_256"]
json.dump(r, open(sys.argv[1], "w"))' "$BATS_TEST_TMPDIR/1.json"
    cp "$page" "$page.before"
    run python3 bench/report/report.py --into "$page" --data "$BATS_TEST_TMPDIR/plots" "$BATS_TEST_TMPDIR/1.json"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"primitive.write_256 was not measured"* ]]
    cmp "$page" "$page.before"
}

@test "two reports of the same results are equal; a page without its markers is not changed" {
    report
    cp "$page" "$page.once"
    report
    cmp "$page" "$page.once"
    sed -i '/measured: end/d' "$page"
    cp "$page" "$page.once"
    run report
    [ "$status" -eq 1 ]
    cmp "$page" "$page.once"
}

@test "the plots are drawn from the files that it wrote" {
    command -v gnuplot > /dev/null || skip "no gnuplot (make bench installs it)"
    report
    gnuplot -c bench/report/plots.gnuplot "$BATS_TEST_TMPDIR/plots" "$BATS_TEST_TMPDIR"
    for plot in small large; do
        python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$BATS_TEST_TMPDIR/$plot.svg"
    done
    grep -q 'festore put' "$BATS_TEST_TMPDIR/small.svg"
    grep -q 'put: library' "$BATS_TEST_TMPDIR/large.svg"
    grep -q '2 processors' "$BATS_TEST_TMPDIR/large.svg"
}
