#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes tables and the plots' data from the results of festore_bench.

  bench/report/report.py --into FILE.md --data DIR [--about TEXT] [--engine ENGINE.json] RUN.json [RUN.json]

RUN.json: results of festore_bench, with one processor and with two. Replaces the text between the two markers in FILE.md;
writes the data for plots.gnuplot into DIR. Standard output: how many criteria are met, and which are missed.
"""
import argparse
import json
import os
import sys

from criteria import criteria_of
from measures import Run, MeasureMissing

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
MIB = 1024 * 1024

SMALL = {
    "primitive.empty_call": "empty call",
    "primitive.write_256": "256-byte write to an open object",
    "festore.put_100": "**festore** put, library",
    "festore.get_100": "**festore** get, library, warm",
    "command.put_100": "**festore** put, command",
    "command.get_100": "**festore** get, command",
    "stock.put_100": "stock put, created with its content",
    "stock.put_100_in_two_steps": "stock put, created, then written (OP-TEE's example)",
    "stock.get_100": "stock get",
}
LARGE = {
    "festore.put_large": "**festore** put, library",
    "command.put_large": "**festore** put, command",
    "festore.get_large": "**festore** get, library",
    "command.get_large": "**festore** get, command",
    "stock.put_large": "stock put",
    "stock.get_large": "stock get",
}


def number(value):
    """Three significant digits, without an exponent."""
    if value >= 100:
        return f"{value:.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def count(value):
    """A count; 0 may mean that it was not counted."""
    return f"{value:.1f}".removesuffix(".0") if value else "·"


def size(many):
    return f"{many // MIB} MiB" if many % MIB == 0 else f"{many // 1024} KiB"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def machine_table(runs, about):
    machine = runs[0].machine
    rows = [["machine", about]] if about else []
    rows += [[what, str(machine[key])] for what, key in
             [("OP-TEE", "optee"), ("Linux", "kernel"), ("festore", "festore"), ("the store's cipher", "cipher")]]
    rows.append(["processors", " and ".join(str(run.processors) for run in runs)])
    return table(["", ""], rows)


def small_table(run):
    rows = []
    for name, text in SMALL.items():
        for m in run.all(name):
            rows.append([text, str(m.objects) if m.objects else "", number(m.median), number(m.low), number(m.high),
                         count(m.calls), count(m.supplicant), str(m.runs)])
    return table(["100 bytes", "objects", "median ms", "p10", "p90", "TA calls", "supplicant's file accesses", "runs"], rows)


def bare_name(name):
    """primitive.seal.aes-256-gcm.per_32_kib"""
    _, way, cipher, per = name.split(".")
    return f"bare {'sealing' if way == 'seal' else 'opening'}, {cipher}, {per.split('_')[1]} KiB a call"


def large_table(run):
    rows = []
    names = [name for name in run.names() if name.startswith(("primitive.seal.", "primitive.open."))]
    for name in names + list(LARGE):
        for m in run.all(name):
            text = LARGE[name] if name in LARGE else bare_name(name)
            rows.append([text, size(m.bytes), number(m.rate), number(m.median), number(m.low), number(m.high),
                         count(m.calls), str(m.runs)])
    return table(["large contents", "size", "MiB/s", "median ms", "p10", "p90", "TA calls", "runs"], rows)


def profile_rows(run):
    rows = []
    for name in ["festore.put_100", "festore.get_100", "festore.put_large", "festore.get_large"]:
        text = SMALL.get(name) or LARGE[name]
        for m in run.all(name):
            what = f"{text}, {size(m.bytes) if m.bytes >= 1024 else str(m.bytes) + ' bytes'}"
            rows.append([what, str(m.objects) if m.objects else ""] + [number(value) for value in m.profile()])
    return rows


def criteria_rows(criteria):
    return [[c.text, c.demand(), c.figure_text(), c.verdict()] for c in criteria]


def missed_lines(criteria):
    """Each missed figure with the profile that shows why."""
    lines = []
    for c in criteria:
        if c.is_met() or c.figure is None:
            continue
        lines += [f"**Missed: {c.text}.**" + (f" {c.bound}" if c.bound else "") + " Mean of a run, in ms:", ""]
        lines += table(["", "in all", "TA calls", "sharing memory", "syncs", "writing files", "reading files", "the rest"],
                       [[m.label] + [number(value) for value in m.profile()] for m in c.measures])
    return lines


def engine_table(engine):
    rows = []
    for b in engine["benchmarks"]:
        if b.get("run_type", "iteration") != "iteration":
            continue
        to_us = {"ns": 1e-3, "us": 1, "ms": 1e3, "s": 1e6}[b["time_unit"]]
        rate = f"{b['bytes_per_second'] / MIB:.0f} MiB/s" if "bytes_per_second" in b else \
            f"{b['items_per_second']:.0f} changes/s" if "items_per_second" in b else ""
        rows.append([f"`{b['name']}`", number(b["real_time"] * to_us), rate])
    return table(["the engine on the host", "µs", ""], rows)


def block(runs, about, engine):
    criteria = criteria_of(runs)
    lines = ["## Where", ""]
    if any(run.quick for run in runs):
        lines += ["**A quick run: it shows that everything works, and nothing about speed.**", ""]
    lines += machine_table(runs, about)
    lines += ["## What was aimed at", ""]
    lines += table(["", "at", "measured", ""], criteria_rows(criteria))
    lines += missed_lines(criteria)
    lines += ["## Small contents", ""]
    if runs[0].all("festore.put_100"):
        lines += small_table(runs[0]) + ["![Times over the number of objects](performance/small.svg)", ""]
    lines += ["## Large contents", ""]
    for run in runs:
        lines += [f"With {run.processors} processor{'s' if run.processors > 1 else ''}:", ""] + large_table(run)
    lines += ["![Rates of large contents](performance/large.svg)", "", "## Where the time goes", "",
              "Mean of a run, in ms, at library level.", ""]
    for run in runs:
        head = f"{run.processors} processor{'s' if run.processors > 1 else ''}"
        lines += table([head, "objects", "in all", "TA calls", "sharing memory", "syncs", "writing files", "reading files", "the rest"],
                       profile_rows(run))
    if engine:
        lines += ["## The engine alone", ""] + engine_table(engine)
    return criteria, "\n".join(lines)


def replace_block(file, text):
    with open(file, encoding="utf-8") as f:
        old = f.read()
    if old.count(BEGIN) != 1 or old.count(END) != 1 or old.index(BEGIN) > old.index(END):
        sys.exit(f"report.py: {file} needs {BEGIN} and {END}, once each")
    new = old[:old.index(BEGIN) + len(BEGIN)] + "\n" + text + old[old.index(END):]
    with open(file, "w", encoding="utf-8") as f:
        f.write(new)


def write_data(directory, runs):
    os.makedirs(directory, exist_ok=True)

    def write(name, lines):
        with open(os.path.join(directory, name), "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")

    run = runs[0]
    for name in ["festore.put_100", "festore.get_100", "stock.put_100", "stock.get_100"]:
        write(name + ".dat", [f"{m.objects} {m.median} {m.low} {m.high}" for m in run.all(name)])
    for name in ["primitive.write_256", "primitive.empty_call"]:
        write(name + ".dat", [f"{m.median}" for m in run.all(name)])
    for way, verb in [("put", "seal"), ("get", "open")]:
        names = [("bare", f"primitive.{verb}.{run.cipher}.per_1024_kib"), ("library", f"festore.{way}_large"),
                 ("command", f"command.{way}_large"), ("stock", f"stock.{way}_large")]
        write(way + "_large.dat", ['"" ' + " ".join(f'"{r.processors} processor{"s" if r.processors > 1 else ""}"' for r in runs)] +
              [f'"{way}: {text}" ' + " ".join(f"{r.all(name)[0].rate:.3f}" for r in runs) for text, name in names])


def main():
    parser = argparse.ArgumentParser(prog="report.py")
    parser.add_argument("--into", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--about", default="")
    parser.add_argument("--engine")
    parser.add_argument("runs", nargs="+")
    options = parser.parse_args()
    try:
        runs = sorted((Run.load(file) for file in options.runs), key=lambda run: run.processors)
        engine = None
        if options.engine:
            with open(options.engine, encoding="utf-8") as f:
                engine = json.load(f)
        criteria, text = block(runs, options.about, engine)
        write_data(options.data, runs)
    except MeasureMissing as missing:
        sys.exit(f"report.py: {missing}")
    replace_block(options.into, text)
    for c in criteria:
        if not c.is_met():
            print(f"{c.verdict().replace('*', '')}: {c.text}: {c.figure_text()}, aimed at {c.demand()}")
    print(f"{sum(c.is_met() for c in criteria)} of {len(criteria)} criteria met")


if __name__ == "__main__":
    main()
