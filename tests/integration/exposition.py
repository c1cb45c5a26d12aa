# SPDX-License-Identifier: MIT
"""Metrics in Prometheus' text format, read as strictly as its own parser does."""

import re
import subprocess

import case as cases

MANUAL = cases.ROOT / "daemon" / "rosterd.8"

LINE = re.compile(r'([a-z_]+)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
UNESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}

# What differs between two looks at a daemon that does nothing meanwhile: the process goes on.
OF_THE_PROCESS = "process_"


def labels_of(text):
    labels, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        assert match, f"no label: {text[at:]!r}"
        assert match[1] not in labels, text
        labels[match[1]] = re.sub(r'\\[\\"n]', lambda escaped: UNESCAPED[escaped[0]], match[2])
        at = match.end()
    return labels


class Metrics:
    """`types` and `helps` by name; `samples`: {name: {frozenset of label items: value}}."""

    def __init__(self, text):
        assert text.endswith("\n"), text[-100:]
        self.text, self.types, self.helps, self.samples = text, {}, {}, {}
        family = None
        for line in text.splitlines():
            if line.startswith("# HELP "):
                family, help_text = line.split(" ", 3)[2:]
                assert family not in self.helps, f"{family} begins twice"
                self.helps[family] = help_text
            elif line.startswith("# TYPE "):
                assert line.split()[2] == family
                self.types[family] = line.split()[3]
            else:
                self._take(family, line)

    def _take(self, family, line):
        match = LINE.fullmatch(line)
        assert match, line
        name, labels, value = match[1], labels_of(match[2] or ""), float(match[3])
        whole = [family + end for end in ("_bucket", "_sum", "_count")] if self.types[family] == "histogram" else [family]
        assert name in whole, f"{line} stands below {family}"
        samples = self.samples.setdefault(name, {})
        key = frozenset(labels.items())
        assert key not in samples, f"twice: {line}"
        samples[key] = value

    def find(self, name, **labels):
        """The values of the samples of a name that have these labels."""
        return [value for key, value in self.samples.get(name, {}).items() if labels.items() <= dict(key).items()]

    def value(self, name, **labels):
        """The one sample, or None."""
        values = self.find(name, **labels)
        assert len(values) < 2, (name, labels, values)
        return values[0] if values else None

    def label(self, name, label, **labels):
        """What a label is in the samples that have these."""
        return sorted(dict(key)[label] for key in self.samples.get(name, {}) if labels.items() <= dict(key).items())

    def counters(self):
        """Whatever must never go down: {(name, labels): value}."""
        counting = {name for name, kind in self.types.items() if kind == "counter"}
        counting |= {name + end for name, kind in self.types.items() if kind == "histogram"
                     for end in ("_bucket", "_sum", "_count")}
        return {(name, key): value for name in counting for key, value in self.samples.get(name, {}).items()}

    def lasting(self):
        """The text without what differs each time."""
        return [line for line in self.text.splitlines() if not line.startswith(OF_THE_PROCESS)]


def check(text):
    """promtool's judgement: a format that Prometheus takes, and names as it wants them."""
    done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True, check=False)
    assert done.returncode == 0 and not done.stderr, done


def scrape(case):
    done = case.run("rosterctl", "metrics")
    assert done.status == 0 and not done.stderr, done
    return Metrics(done.stdout)


def told():
    """{name: labels} of the manual."""
    section = MANUAL.read_text().split(".Sh METRICS\n")[1].split("\n.Sh ")[0]
    return {name: set((labels or "").replace(",", " ").split())
            for name, labels in re.findall(r"^\.It Li (\w+)(?: Pq Ic (.*))?$", section, re.M)}


def shown(metrics):
    """The same of a daemon."""
    found = {name: set() for name in metrics.types}
    for name, samples in metrics.samples.items():
        family = next(family for family in (name, name.rpartition("_")[0]) if family in found)
        for key in samples:
            found[family] |= set(dict(key)) - {"le"}
    return found
