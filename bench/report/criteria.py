# SPDX-License-Identifier: BSD-2-Clause
"""The goals for festore's speed, as ratios of medians of one run, so that the machine's own speed cancels out."""


class Criterion:
    def __init__(self, text, figure, at_most=None, at_least=None, unit="×", measures=(), bound=""):
        self.text = text
        self.figure = figure  # None: not measured
        self.at_most = at_most
        self.at_least = at_least
        self.unit = unit
        self.measures = list(measures)  # their profiles explain the figure
        self.bound = bound  # the best that any store could do, in words

    def is_met(self):
        if self.figure is None:
            return False
        if self.at_most is not None:
            return self.figure <= self.at_most
        return self.figure >= self.at_least

    def _text(self, value):
        return f"{value * 100:.0f} %" if self.unit == "%" else f"{value:g} {self.unit}"

    def demand(self):
        return f"≤ {self._text(self.at_most)}" if self.at_most is not None else f"≥ {self._text(self.at_least)}"

    def figure_text(self):
        if self.figure is None:
            return "not measured"
        # More digits than the demand has, so that a figure never looks equal to the limit that it missed.
        return f"{self.figure * 100:.1f} %" if self.unit == "%" else f"{self.figure:.2f} {self.unit}"

    def verdict(self):
        if self.figure is None:
            return "not measured"
        return "met" if self.is_met() else "**missed**"


def _small(run):
    write, empty = run.one("primitive.write_256"), run.one("primitive.empty_call")
    puts, gets = run.some("festore.put_100"), run.some("festore.get_100")
    few, many = puts[0], puts[-1]
    for put in (few, many):
        yield Criterion(f"put of 100 bytes at {put.objects} objects, in 256-byte writes to an open object",
                        put.median / write.median, at_most=4, measures=[put, write])
    yield Criterion(f"put at {many.objects} objects, in puts at {few.objects}", many.median / few.median, at_most=1.3,
                    measures=[many, few])
    slowest = max(gets, key=lambda m: m.median)
    yield Criterion(f"warm get of 100 bytes (the slowest: at {slowest.objects} objects), in empty calls",
                    slowest.median / empty.median, at_most=8, measures=[slowest, empty])
    # Compared with the better of the two stock ways to store an object, at the same number of objects.
    objects = run.some("stock.put_100")[-1].objects
    near = min((m.objects for m in puts), key=lambda n: abs(n - objects))
    stock_put = min((run.at(name, objects) for name in ("stock.put_100", "stock.put_100_in_two_steps")), key=lambda m: m.median)
    put, get = run.at("festore.put_100", near), run.at("festore.get_100", near)
    stock_get = run.at("stock.get_100", objects)
    yield Criterion(f"put at {near} objects, times as fast as the stock way at {objects}", stock_put.median / put.median,
                    at_least=20, measures=[put, write, stock_put],
                    bound=f"The write of the root record alone, 256 bytes to an open object, is {stock_put.median / write.median:.2f} "
                          "times as fast as the stock way.")
    yield Criterion(f"get at {near} objects, times as fast as the stock way at {objects}", stock_get.median / get.median,
                    at_least=100, measures=[get, stock_get])


def _large(run, share):
    processors = f"{run.processors} processor{'s' if run.processors > 1 else ''}"
    for way, verb, bare_text in (("put", "seal", "sealing"), ("get", "open", "opening")):
        ours = run.one(f"festore.{way}_large")
        bare = run.one(f"primitive.{verb}.{run.cipher}.per_1024_kib")
        yield Criterion(f"{way} of {ours.bytes // 1024 // 1024} MiB, of the rate of bare {bare_text}, {processors}",
                        ours.rate / bare.rate, at_least=share, unit="%", measures=[ours, bare])


def _large_stock(run):
    for way, verb, bare_text in (("put", "seal", "sealing"), ("get", "open", "opening")):
        ours, stock = run.one(f"festore.{way}_large"), run.one(f"stock.{way}_large")
        bare = run.one(f"primitive.{verb}.{run.cipher}.per_1024_kib")
        yield Criterion(f"{way} of {ours.bytes // 1024 // 1024} MiB, times the stock rate of {stock.bytes // 1024} KiB",
                        ours.rate / stock.rate, at_least=10, measures=[ours, bare, stock],
                        bound=f"Bare {bare_text}, without an index or a file, has {bare.rate / stock.rate:.2f} times the stock rate.")


def criteria_of(runs):
    """The criteria of a run with one processor and of one with two; either may be missing."""
    single = next((run for run in runs if run.processors == 1), None)
    double = next((run for run in runs if run.processors == 2), None)
    found = []
    if single:
        found += list(_small(single)) + list(_large(single, 0.7)) + list(_large_stock(single))
    else:
        found.append(Criterion("everything with one processor", None, at_least=0.7, unit="%"))
    if double:
        found += list(_large(double, 0.8))
    else:
        found += [Criterion(f"{way} of large contents, of the bare rate, 2 processors", None, at_least=0.8, unit="%")
                  for way in ("put", "get")]
    return found
