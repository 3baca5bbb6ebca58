#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Eight processes change and read one store for some seconds.

mix_commands.py FESTORE DIRECTORY SEED SECONDS [--stop]: each process has its own objects, whose contents it knows exactly, and shares
others, whose contents include their digest. With --stop one process is stopped (SIGSTOP) at random moments and continued later.
No acknowledged change may be lost, no read torn, and nothing reported damaged.
"""
import os
import random as randomness
import signal
import sys
import tempfile
import threading
import time

from store_workload import SIZES, Store, change, content, is_whole

PROCESSES = 8
SHARED = [f"shared/{i}" for i in range(6)]


class Worker(threading.Thread):
    def __init__(self, number, arguments, deadline, stopped, folder):
        super().__init__()
        self.random = randomness.Random(f"{arguments[2]}/{number}")
        self.store = Store(arguments[0], arguments[1])
        self.prefix = f"own/{number}/"
        self.names = [f"{self.prefix}{i}" for i in range(5)]
        self.deadline, self.stopped, self.folder = deadline, stopped, folder
        self.state, self.fault, self.commands, self.stops = {}, None, 0, 0

    def run(self):
        try:
            while time.monotonic() < self.deadline and self.fault is None:
                self.random.choice((self.change_own, self.change_own, self.read_own, self.touch_shared))()
                self.commands += 1
            self.check_own()
        except Exception as fault:  # shown by main
            self.fault = fault

    def change_own(self):
        command = change(self.random, self.state, self.names, self.folder)
        process = self.store.start(command)
        if self.stopped:
            time.sleep(self.random.uniform(0, 0.1))
            process.send_signal(signal.SIGSTOP)
            time.sleep(self.random.uniform(0, 0.6))
            process.send_signal(signal.SIGCONT)
            self.stops += 1
        _, errors = process.communicate()
        if process.returncode != 0:
            raise AssertionError(f"{command.arguments}: exit {process.returncode}: {errors.decode()}")
        self.state = command.after

    def read_own(self):
        name = self.random.choice(self.names)
        found = self.store.read([name]).get(name)
        assert found == self.state.get(name), f"{name}: not the acknowledged content"
        self.store.run("stat", name, codes=(0,) if name in self.state else (3,))

    def check_own(self):
        assert self.store.names(self.prefix) == sorted(self.state), f"{self.prefix}: not the acknowledged names"
        assert self.store.read(self.names) == self.state, f"{self.prefix}: not the acknowledged contents"

    def touch_shared(self):
        name, other = self.random.sample(SHARED, 2)
        kind = self.random.choice(("put", "absent", "get", "get", "rm", "mv", "ls", "status"))
        data = content(self.random, self.random.choice(SIZES))
        if kind == "get":
            for found in self.store.read([name, other]).values():
                assert is_whole(found), f"{name} or {other}: torn"
        elif kind == "put":
            self.store.run("put", name, given=data)
        elif kind == "absent":
            self.store.run("put", "--if-absent", name, given=data, codes=(0, 4))
        elif kind == "rm":
            self.store.run("rm", name, codes=(0, 3))
        elif kind == "mv":
            self.store.run("mv", name, other, codes=(0, 3, 4))
        elif kind == "ls":
            assert set(self.state) <= set(self.store.names()), "ls lacks acknowledged names"
        else:
            self.store.run("status")


def main():
    arguments = sys.argv[1:]
    store = Store(arguments[0], arguments[1])
    store.run("init")
    deadline = time.monotonic() + float(arguments[3])
    with tempfile.TemporaryDirectory() as folder:
        workers = [Worker(i, arguments, deadline, "--stop" in arguments and i == 0, folder) for i in range(PROCESSES)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    for worker in workers:
        if worker.fault is not None:
            sys.exit(f"seed {arguments[2]}, process {worker.prefix}: {worker.fault}")
        worker.check_own()
    shared = store.read(SHARED)
    assert all(is_whole(data) for data in shared.values()), "torn"
    contents = list(shared.values()) + [data for worker in workers for data in worker.state.values()]
    kept = len(os.listdir(os.path.join(arguments[1], "payloads")))
    assert kept == sum(len(data) > 1020 for data in contents), f"{kept} payload files for {len(contents)} objects"
    print(f"{sum(w.commands for w in workers)} steps, {sum(w.stops for w in workers)} stops, {len(contents)} objects at the end")


main()
