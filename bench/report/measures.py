# SPDX-License-Identifier: BSD-2-Clause
"""What festore_bench measured in one run of one machine."""
import json
import statistics

MIB = 1024 * 1024
FORMAT = 1


class MeasureMissing(Exception):
    pass


class Measure:
    def __init__(self, entry):
        self.name = entry["name"]
        self.objects = entry["objects"]
        self.bytes = entry["bytes"]
        self._ms = sorted(entry["ms"])
        self._per_run = entry["per_run"]
        if not self._ms:
            raise MeasureMissing(f"{self.name} was never run")
        self.label = f"{self.name}, {self.objects} objects" if self.objects else self.name

    def _at(self, part):
        return self._ms[round(part * (len(self._ms) - 1))]

    @property
    def runs(self):
        return len(self._ms)

    @property
    def median(self):
        return statistics.median(self._ms)

    @property
    def low(self):
        return self._at(0.1)

    @property
    def high(self):
        return self._at(0.9)

    @property
    def rate(self):
        """MiB/s, by the median."""
        return self.bytes / MIB / self.median * 1000

    @property
    def calls(self):
        return self._per_run["tee_calls"]["count"]

    @property
    def supplicant(self):
        return self._per_run["supplicant_accesses"]

    def profile(self):
        """Means in ms: the total, then its parts: TA calls, sharing memory, syncs, writes, reads, the rest."""
        parts = [self._per_run[key]["ms"] for key in ("tee_calls", "sharing", "syncs", "writes", "reads")]
        mean = statistics.fmean(self._ms)
        return [mean] + parts + [max(0.0, mean - sum(parts))]


class Run:
    def __init__(self, data):
        if data.get("format") != FORMAT:
            raise MeasureMissing(f"a result of format {data.get('format')}, not {FORMAT}")
        self.machine = data["machine"]
        self.processors = self.machine["processors"]
        self.cipher = self.machine["cipher"]
        self.quick = data["quick"]
        self._measures = [Measure(entry) for entry in data["measures"]]

    @staticmethod
    def load(file):
        with open(file, encoding="utf-8") as f:
            return Run(json.load(f))

    def names(self):
        return sorted({m.name for m in self._measures})

    def all(self, name):
        """The measures of that name, the smallest number of objects first."""
        return sorted((m for m in self._measures if m.name == name), key=lambda m: m.objects)

    def some(self, name):
        found = self.all(name)
        if not found:
            raise MeasureMissing(f"{name} was not measured")
        return found

    def one(self, name):
        return self.some(name)[0]

    def at(self, name, objects):
        for m in self.some(name):
            if m.objects == objects:
                return m
        raise MeasureMissing(f"{name} was not measured with {objects} objects")
