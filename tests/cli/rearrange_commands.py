#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs random schedules of eight programs on one store, and rearranges its directory meanwhile (rules 24 and 29).

rearrange_commands.py FESTORE DIRECTORY SEED SCHEDULES: in each schedule eight commands run at the same time; meanwhile files of the
directory are removed, exchanged for links, FIFOs and other files, moved away, and put back. Then everything is where it was before
(except the lock file, which no store needs). No acknowledged change may be lost, no read may be wrong, and nothing outside may change.
"""
import ctypes
import hashlib
import os
import random as randomness
import shutil
import stat
import sys
import tempfile
import threading
import time

from store_workload import SIZES, Store, content

PROGRAMS = 8
ALLOWED = (0, 1, 3, 4, 5, 6, 9)  # permitted exit codes while the directory is rearranged
RENAME_EXCHANGE = 2
AT_FDCWD = -100
libc = ctypes.CDLL(None, use_errno=True)


def exchange(a, b):
    return libc.renameat2(AT_FDCWD, os.fsencode(a), AT_FDCWD, os.fsencode(b), RENAME_EXCHANGE) == 0


def state_of(folder):
    """Contents, modes, owners and groups of everything in a folder."""
    found = {}
    for path, folders, files in os.walk(folder):
        for name in folders + files:
            full = os.path.join(path, name)
            info = os.lstat(full)
            data = b""
            if stat.S_ISREG(info.st_mode):
                with open(full, "rb") as file:
                    data = hashlib.sha256(file.read()).digest()
            found[full] = (info.st_mode, info.st_uid, info.st_gid, data)
    return found


class Program(threading.Thread):
    """One command on its own object, and the permitted contents of the object afterwards."""

    def __init__(self, store, name, before, random):
        super().__init__()
        self.store, self.name, self.before, self.after = store, name, before, set(before)
        self.kind = random.choice(("put", "put", "put", "rm", "get", "get", "ls", "verify", "status"))
        self.data = content(random, random.choice(SIZES))
        self.pause = random.uniform(0, 0.05)
        self.fault = None

    def run(self):
        time.sleep(self.pause)
        try:
            self.run_command()
        except Exception as fault:  # shown by main
            self.fault = fault

    def run_command(self):
        arguments = {"put": ["put", self.name], "rm": ["rm", self.name], "get": ["get", self.name], "ls": ["ls"],
                     "verify": ["verify", "--clean"], "status": ["status"]}[self.kind]
        done = self.store.run(*arguments, given=self.data if self.kind == "put" else b"", codes=ALLOWED)
        if self.kind == "put":
            self.after = {self.data} if done.returncode == 0 else self.after | {self.data}
        if self.kind == "rm":
            self.after = {None} if done.returncode == 0 else self.after | {None}
        if self.kind in ("get", "rm") and done.returncode == 3:
            assert None in self.before, f"{self.kind} {self.name}: reported missing: {done.stderr.decode()}"
        if self.kind == "get" and done.returncode == 0:
            assert done.stdout in self.before, f"get {self.name}: not the acknowledged content"


class Rearranger:
    """A program that may write the directory. It undoes each of its changes."""

    def __init__(self, directory, outside, random):
        self.directory, self.outside, self.random = directory, outside, random
        self.spare = os.path.join(os.path.dirname(directory), "spare")

    def at(self, *names):
        return os.path.join(self.directory, *names)

    def some_name(self):
        names = ["festore.store", "pages", "payloads", "lock"]
        try:
            names += [os.path.join("payloads", n) for n in os.listdir(self.at("payloads"))[:3]]
        except OSError:
            pass
        return self.at(self.random.choice(names))

    def rearrange(self):
        kind = self.random.choice((self.remove_lock, self.replace_lock, self.move_away, self.exchange_for_link, self.exchange_for_link,
                                   self.exchange_for_fifo, self.restore_copy, self.hard_link, self.plant, self.own))
        try:
            kind()
        except OSError:
            pass  # a program was faster

    def for_a_while(self):
        time.sleep(self.random.uniform(0, 0.06))

    def remove_lock(self):
        os.unlink(self.at("lock"))

    def replace_lock(self):
        with open(self.spare, "wb"):
            pass
        os.rename(self.spare, self.at("lock"))

    def move_away(self):
        name = self.some_name()
        os.rename(name, self.spare)
        self.for_a_while()
        if os.path.isdir(self.spare) and os.path.isdir(name):  # a program has created a new one
            for file in os.listdir(self.spare):
                os.rename(os.path.join(self.spare, file), os.path.join(name, file))
            os.rmdir(self.spare)
        else:
            os.rename(self.spare, name)

    def exchanged(self, name):
        if exchange(name, self.spare):
            self.for_a_while()
            if not exchange(name, self.spare):  # the name was removed: a program replaced that content
                if not os.path.lexists(name) and not os.path.islink(self.spare):
                    os.rename(self.spare, name)
        if os.path.lexists(self.spare):
            os.unlink(self.spare)

    def exchange_for_link(self):
        name = self.some_name()
        inside = os.path.join(self.outside, "folder") if os.path.isdir(name) else os.path.join(self.outside, "file")
        os.symlink(inside, self.spare)
        self.exchanged(name)

    def exchange_for_fifo(self):
        os.mkfifo(self.spare)
        self.exchanged(self.some_name())

    def restore_copy(self):  # of files that do not change
        name = self.at(self.random.choice(("festore.store", "lock")))
        shutil.copy2(name, self.spare)
        os.rename(self.spare, name)

    def hard_link(self):
        os.link(self.at("pages"), self.spare)
        self.for_a_while()
        os.unlink(self.spare)

    def plant(self):
        name = self.random.choice((".festore.store.new", "pages.new", "pages.older", "payloads/notes"))
        os.symlink(os.path.join(self.outside, "file"), self.at(name))
        self.for_a_while()
        os.unlink(self.at(name))

    def own(self):  # chown -R, as root's scripts do
        for path, folders, files in os.walk(self.directory):
            for name in folders + files:
                os.chown(os.path.join(path, name), os.getuid(), os.getgid(), follow_symlinks=False)


def run_schedule(random, store, states, rearranger):
    programs = [Program(store, name, states[name], random) for name in states]
    for program in programs:
        program.start()
    changes = 0
    while any(p.is_alive() for p in programs) or changes < 3:
        rearranger.rearrange()
        changes += 1
        time.sleep(random.uniform(0, 0.03))
    for program in programs:
        program.join()
        if program.fault is not None:
            raise program.fault
        states[program.name] = program.after
    return changes


def check(store, states, prefix):
    found = store.read(list(states))
    for name, allowed in states.items():
        assert found.get(name) in allowed, f"{name}: {'lost' if name not in found else 'not'} the acknowledged content"
        states[name] = {found.get(name)}
    assert store.names(prefix) == sorted(n for n, s in states.items() if s != {None}), "ls does not list the existing objects"


def main():
    festore, directory, seed, schedules = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    store = Store(festore, directory)
    store.line[-1] = "5"  # seconds to wait
    store.run("init")
    states = {f"own/{i}": {None} for i in range(PROGRAMS)}
    changes = 0
    with tempfile.TemporaryDirectory() as outside:
        for path, data in (("file", b"not the store's"), (f"folder/{'c' * 32}", b"not a payload"), (f"folder/{'d' * 32}.new", b"nor an upload")):
            os.makedirs(os.path.dirname(os.path.join(outside, path)), exist_ok=True)
            with open(os.path.join(outside, path), "wb") as file:
                file.write(data)
        untouched = state_of(outside)
        for number in range(schedules):
            random = randomness.Random(f"{seed}/{number}")
            try:
                changes += run_schedule(random, store, states, Rearranger(directory, outside, random))
                check(store, states, "own/")
                assert state_of(outside) == untouched, "something outside of the store was changed"
            except AssertionError as fault:
                sys.exit(f"seed {seed}, schedule {number}: {fault}")
        store.run("verify")
    print(f"{schedules} schedules, {changes} changes of the directory, {sum(s != {None} for s in states.values())} objects at the end")


main()
