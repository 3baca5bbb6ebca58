#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints the share of executed lines of each part of the project: report.py BUILD, with gcc's counters in BUILD.

Reads gcov's report of every counter file. A line counts once, even if several programs or templates contain it.
Prints a TAP line for each part that has a floor. Exit code 1 if a part is below its floor.
"""
import collections
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile

FLOOR = 90  # percent
WITH_FLOOR = ["base", "protocol", "engine", "ta", "ree_fs"]
OTHERS = ["gp", "sim", "client", "cli"]


def lines_of(build, root):
    """{file: {line: times}} from all counter files, for the files below the root that belong to parts of the project."""
    # A file that was compiled and never run has notes but no counters: all of its lines count as not run.
    counters = sorted(str(p.resolve()) if (p := notes.with_suffix(".gcda")).exists() else str(notes.resolve())
                      for notes in pathlib.Path(build).rglob("*.gcno"))
    found = collections.defaultdict(lambda: collections.defaultdict(int))
    with tempfile.TemporaryDirectory() as folder:
        for start in range(0, len(counters), 50):
            subprocess.run(["gcov", "--json-format", "--hash-filenames", *counters[start:start + 50]], cwd=folder, check=True,
                           stdout=subprocess.DEVNULL)
            for report in pathlib.Path(folder).glob("*.gcov.json.gz"):
                with gzip.open(report) as text:
                    data = json.load(text)
                for source in data["files"]:
                    path = os.path.join(data["current_working_directory"], source["file"])
                    name = os.path.relpath(os.path.realpath(path), root)
                    if name.split("/")[0] not in WITH_FLOOR + OTHERS:
                        continue
                    for line in source["lines"]:
                        found[name][line["line_number"]] += line["count"]
                report.unlink()
    return found


def main():
    root = os.path.realpath(".")
    found = lines_of(sys.argv[1], root)
    low = 0
    print(f"{'part':<10} {'lines':>7} {'run':>7} {'share':>7}")
    for number, part in enumerate(WITH_FLOOR + OTHERS, 1):
        files = {name: lines for name, lines in found.items() if name.startswith(part + "/")}
        every = sum(len(lines) for lines in files.values())
        run = sum(1 for lines in files.values() for times in lines.values() if times > 0)
        share = 100 * run / every if every else 0
        print(f"{part:<10} {every:>7} {run:>7} {share:>6.1f} %")
        missed = sorted(((sum(1 for t in lines.values() if t == 0), name) for name, lines in files.items()), reverse=True)
        for count, name in missed[:3]:
            if count > 0:
                print(f"    {count:>4} lines of {name} are not run")
        if part in WITH_FLOOR:
            verdict = "ok" if share >= FLOOR else "not ok"
            low += share < FLOOR
            print(f"{verdict} {number} {part}: {share:.1f} % of {every} lines, at least {FLOOR} %")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
