#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Kills the command at seeded moments, and compares the store with its expected content.

kill_commands.py FESTORE DIRECTORY SEED ROUNDS: each round starts a put, rm, mv or batch and kills it (SIGKILL) after a random time.
Afterwards the store must hold every acknowledged change intact, and either all or nothing of the change in flight.
"""
import random as randomness
import subprocess
import sys
import tempfile
import time

from store_workload import Store, change

NAMES = [f"object/{i}" for i in range(8)]


def main():
    festore, directory, seed, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    random = randomness.Random(seed)
    store = Store(festore, directory)
    store.run("init")
    state = {}
    killed = in_effect = 0
    longest = 0.05  # moving average of the duration of a complete command, in seconds
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            command = change(random, state, NAMES, folder)
            begin = time.monotonic()
            process = store.start(command)
            try:
                process.wait(timeout=random.uniform(0, longest))
            except subprocess.TimeoutExpired:
                process.kill()
            _, errors = process.communicate()
            where = f"seed {seed}, round {number}, {command.arguments}"
            if process.returncode == 0:
                longest = 0.8 * longest + 0.2 * 1.3 * (time.monotonic() - begin)
                state = command.after
            elif process.returncode == -9:
                killed += 1
                longest *= 1.02
            else:
                raise AssertionError(f"{where}: exit {process.returncode}: {errors.decode()}")
            found = store.read(NAMES)
            if process.returncode == -9 and found == command.after and found != state:
                in_effect += 1
                state = command.after
            assert found == state, f"{where}: exit {process.returncode}; lost, torn or half done: {sorted(found)}"
            assert store.names() == sorted(state), where
    print(f"{rounds} rounds, {killed} killed, {in_effect} of them took effect")
    assert killed >= rounds // 4, "too few were killed before they ended"


main()
