# SPDX-License-Identifier: BSD-2-Clause
"""Contents with their digest, commands on a store, and their expected changes: for kill_commands.py, mix_commands.py."""
import hashlib
import os
import subprocess

SIZES = (40, 900, 5000, 70000)  # in the index, at its limit, one segment, several


def content(random, size):
    """The digest of random bytes, then the bytes."""
    body = random.randbytes(size - 32)
    return hashlib.sha256(body).digest() + body


def is_whole(data):
    return len(data) >= 32 and hashlib.sha256(data[32:]).digest() == data[:32]


class Command:
    """A command line, its input, and the store's state after it, as a map from name to content."""

    def __init__(self, arguments, given, after):
        self.arguments, self.given, self.after = arguments, given, after


def line_of(random, state, names, folder):
    """Returns a random change as a line of a batch; applies it to `state`."""
    kind = random.choice(("put", "put", "file", "rm", "mv"))
    present = [n for n in names if n in state]
    if kind == "rm" and present:
        name = random.choice(present)
        del state[name]
        return f'rm "{name}"'
    if kind == "mv" and present:
        old, new = random.choice(present), random.choice(names)
        if old != new:
            state[new] = state.pop(old)
            return f"mv --replace {old} {new}"
    name = random.choice(names)
    if kind == "file":
        state[name] = content(random, random.choice(SIZES))
        path = os.path.join(folder, hashlib.sha256(state[name]).hexdigest())
        with open(path, "wb") as file:
            file.write(state[name])
        return f'put {name} "{path}"'
    state[name] = content(random, random.choice(SIZES[:3]))
    return f'put --text {name} "{"".join(f"{chr(92)}x{b:02x}" for b in state[name])}"'


def change(random, state, names, folder):
    """A random change of these names: put, rm, mv, or a batch of several."""
    after = dict(state)
    kind = random.choice(("put", "put", "rm", "mv", "batch", "batch"))
    present = [n for n in names if n in state]
    if kind == "rm" and present:
        name = random.choice(present)
        del after[name]
        return Command(["rm", name], b"", after)
    if kind == "mv" and present:
        old, new = random.sample([random.choice(present)] + names, 2)
        if old in after and old != new:
            after[new] = after.pop(old)
            return Command(["mv", "--replace", old, new], b"", after)
    if kind == "batch":
        lines = [line_of(random, after, names, folder) for _ in range(random.randint(2, 8))]
        return Command(["batch"], "\n".join(lines).encode(), after)
    name = random.choice(names)
    after[name] = content(random, random.choice(SIZES))
    return Command(["put", name], after[name], after)


class Store:
    def __init__(self, festore, directory):
        self.line = [festore, "--store", directory, "--wait", "120"]

    def start(self, command):
        """Starts the command with its complete input."""
        with open(os.memfd_create("input"), "w+b") as given:
            given.write(command.given)
            given.seek(0)
            return subprocess.Popen(self.line + command.arguments, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *arguments, given=b"", codes=(0,)):
        done = subprocess.run(self.line + list(arguments), input=given, capture_output=True, check=False)
        if done.returncode not in codes:
            raise AssertionError(f"{arguments}: exit {done.returncode}, expected {codes}: {done.stderr.decode()}")
        return done

    def names(self, prefix=""):
        return self.run("ls", prefix).stdout.decode().splitlines()

    def read(self, names):
        """The contents of those of these names that exist."""
        found = {n: self.run("get", n, codes=(0, 3)) for n in names}
        return {n: done.stdout for n, done in found.items() if done.returncode == 0}
