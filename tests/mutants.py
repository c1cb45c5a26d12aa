#!/usr/bin/python3
"""Checks the tests: puts one small fault at a time into config/ and reconcile/, and counts how many
of the faults the tests notice. Which faults is decided by a seed, not by hand.

A fault is built in a scratch copy: its one object is compiled anew and the tests that are about
config/ and reconcile/ are linked and run, those named like the file first, until one fails. A fault
that does not compile is no fault; another takes its place. What no test notices is tried once more with
the sanitizers, which see what is left behind; what they do not see either is listed."""
import argparse
import collections
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FLAGS = ["-std=gnu17", "-I.", "-D_GNU_SOURCE", '-DROSTERD_VERSION="0"', "-O1", "-w"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
LIBS = ["-lyaml", "-lsystemd", "-lcrypto", "-lcmocka"]
TEST_SECONDS = 30
MEMORY_MAX = 2 << 30

# The families of names of which one may stand for another.
FAMILIES = ["VERDICT", "OUTCOME", "RESULT", "CALL", "LISTING", "ANSWER", "RENEWAL", "GUARD", "KIND",
            "MODE", "ADDRESS", "CHANNEL"]
SWAPS = {" < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > ", " == ": " != ", " != ": " == ",
         " && ": " || ", " || ": " && ", " + ": " - ", " - ": " + ", " * ": " + ", " += ": " -= ",
         "true": "false", "false": "true"}

Fault = collections.namedtuple("Fault", "path line kind before after")


# ---- the faults ----

def blank(text):
    """The text with comments, strings and characters blanked out, so that columns stay."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)


def enum_families(sources):
    names = collections.defaultdict(set)
    for text in sources.values():
        for name in re.findall(r"\b[A-Z][A-Z0-9_]+\b", text):
            family = name.split("_")[0]
            if family in FAMILIES and not name.endswith(("_MAX", "_SIZE", "_LIMIT", "_USEC")):
                names[family].add(name)
    return names


def replaced(line, start, end, text):
    return line[:start] + text + line[end:]


def faults_of_line(line, code, families, chance):
    """(kind, new line) of every fault that the line can take."""
    for old, new in SWAPS.items():
        pattern = re.escape(old) if old.startswith(" ") else rf"\b{old}\b"
        for m in re.finditer(pattern, code):
            yield f"{old.strip()} to {new.strip()}", replaced(line, m.start(), m.end(), new)
    m = re.match(r"^(\s*(?:if|while|\} else if) )\((.*)\)( \{)?$", code.rstrip())
    if m:
        yield "condition negated", f"{m[1]}(!({line[m.start(2):m.end(2)]})){m[3] or ''}"
    if code.strip() == "return 0;":
        # By our convention 1 is no failure either.
        yield "success to failure", line.replace("return 0;", "return -1;")
        return
    for m in re.finditer(r"(?<![\w.\"])(\d+)(?![\w.\"])", code):
        if "= {0}" not in code and "[static" not in code:
            yield "constant off by one", replaced(line, m.start(), m.end(), str(int(m[1]) + 1))
    if re.match(r"^ {4,}[a-z][\w.>\-\[\]]*(\(.*\)| [-+|]?= .*|\+\+|--);$", code.rstrip()):
        yield "statement dropped", re.match(r"^\s*", line)[0] + ";"
    for m in re.finditer(r"\b([A-Z]+)_[A-Z0-9_]+\b", code):
        others = sorted(families.get(m[1], set()) - {m[0]})
        if m[0] in families.get(m[1], set()) and others:
            yield "name swapped", replaced(line, m.start(), m.end(), chance.choice(others))


def all_faults(chance):
    names = [os.path.join(folder, name) for folder in ("config", "reconcile")
             for name in sorted(os.listdir(os.path.join(ROOT, folder))) if name.endswith(".c")]
    sources = {}
    for name in names:
        with open(os.path.join(ROOT, name), encoding="utf-8") as file:
            sources[name] = file.read()
    families = enum_families({name: blank(text) for name, text in sources.items()})
    found = []
    for name, text in sources.items():
        for number, (line, code) in enumerate(zip(text.split("\n"), blank(text).split("\n")), 1):
            if code.startswith("#") or not code.strip() or code.strip().startswith("case "):
                continue
            found += [Fault(name, number, kind, line, after)
                      for kind, after in faults_of_line(line, code, families, chance)]
    return found


# ---- building and running ----

def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Scratch:
    """A copy of the sources in `source`, built; what happens there meanwhile does not matter."""

    def __init__(self, source, folder, sanitize=()):
        self.source = source
        self.folder = folder
        self.sanitize = list(sanitize)
        for name in ("config", "daemon", "reconcile", "tests"):
            shutil.copytree(os.path.join(source, name), os.path.join(folder, name))
        self.objects = {}
        self.tests = self.find_tests()
        shared = self.sources("daemon/base", "config", "reconcile", "tests/world")
        own = sorted({source for test in self.tests for source in self.needs(test)})
        for source in shared + own + self.sources("tests/sim"):
            if not self.compile(source):
                raise RuntimeError(f"{source} does not compile")
        self.shared = [self.objects[source] for source in shared]

    def sources(self, *below):
        return [f"{folder}/{name}" for folder in below
                if os.path.isdir(os.path.join(self.folder, folder))
                for name in sorted(os.listdir(os.path.join(self.folder, folder)))
                if name.endswith(".c")]

    def find_tests(self):
        """The unit tests that need nothing but config/, reconcile/ and their world."""
        tests = []
        for source in self.sources("tests/unit"):
            name = os.path.basename(source)[:-2]
            with open(os.path.join(self.folder, source), encoding="utf-8") as file:
                text = file.read()
            if name.startswith("test_") and re.search(r'"(config|reconcile|tests/world|tests/unit/test_config)', text) and \
                    not re.search(r'"(daemon/(?!base/)|tests/unit/(client|http|peer))', text):
                tests.append(name)
        return tests

    def needs(self, test):
        """A test's source, and what it shares with others beside the world."""
        source = f"tests/unit/{test}.c"
        with open(os.path.join(self.folder, source), encoding="utf-8") as file:
            headers = re.findall(r'"(tests/unit/\w+)\.h"', file.read())
        return [source] + [f"{name}.c" for name in headers
                           if os.path.exists(os.path.join(self.folder, f"{name}.c")) and
                           name != f"tests/unit/{test}" and not name.startswith("tests/unit/test_")]

    def run(self, command, seconds=120):
        return subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=seconds,
                              preexec_fn=None if self.sanitize else limit_memory)

    def compile(self, source):
        target = os.path.join(self.folder, source.replace("/", "-") + ".o")
        done = self.run(["gcc", *FLAGS, *self.sanitize, "-c", "-o", target, source])
        self.objects[source] = target
        return done.returncode == 0

    def passes(self, objects, arguments=()):
        """Whether a test program made of these objects and the shared ones passes."""
        program = os.path.join(self.folder, "program")
        done = self.run(["gcc", *self.sanitize, "-o", program, *objects, *self.shared, *LIBS])
        if done.returncode != 0:
            raise RuntimeError(done.stdout)
        try:
            return self.run([program, *arguments], TEST_SECONDS).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def order(self, path):
        """The tests named like the file first, the long one last."""
        stem = os.path.basename(path)[:-2]
        like = {"removal": "pass", "channel": "pass", "instance": "pass", "confirm": "pass_confirm",
                "queue": "dispatch", "gate": "dispatch", "rate": "dispatch", "advice": "pass"}
        words = {stem, like.get(stem, stem), path.split("/")[0]}
        return sorted(self.tests, key=lambda test: ("random" in test or "memory" in test, not any(
            word in test for word in words), not any(word in test for word in words - {"config"})))

    def noticed_by(self, path):
        for test in self.order(path):
            if self.sanitize and "random" in test:
                continue
            if not self.passes([self.objects[source] for source in self.needs(test)]):
                return test
        simulator = [self.objects[source] for source in self.sources("tests/sim")]
        if simulator and path.startswith("reconcile/") and not self.passes(simulator, ["300"]):
            return "sim"
        return None

    def write(self, path, before=None, after=None, number=0):
        """The file as it is, or with one line replaced; False where that line is no more."""
        name = os.path.join(self.folder, path)
        with open(os.path.join(self.source, path), encoding="utf-8") as file:
            lines = file.read().split("\n")
        if after is not None:
            places = [i for i, line in enumerate(lines) if line == before]
            if not places:
                return False
            lines[min(places, key=lambda i: abs(i + 1 - number))] = after
        with open(name, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        return True

    def try_fault(self, fault):
        """(whether it compiles, the test that notices it or None)"""
        try:
            if not self.write(fault.path, fault.before, fault.after, fault.line) or not self.compile(fault.path):
                return False, None
            return True, self.noticed_by(fault.path)
        finally:
            self.write(fault.path)
            self.compile(fault.path)


class Trial:
    """Two scratch copies, the second made when it is first needed."""

    def __init__(self, folder):
        self.folder = folder
        self.source = os.path.join(folder, "source")
        for name in ("config", "daemon", "reconcile", "tests"):
            shutil.copytree(os.path.join(ROOT, name), os.path.join(self.source, name))
        os.mkdir(os.path.join(folder, "plain"))
        self.plain = Scratch(self.source, os.path.join(folder, "plain"))
        self.sanitized = None
        test = self.plain.noticed_by("reconcile/pass.c")
        if test:
            sys.exit(f"{test} fails without any fault")

    def try_fault(self, fault):
        compiles, test = self.plain.try_fault(fault)
        if not compiles or test:
            return compiles, test
        if not self.sanitized:
            os.mkdir(os.path.join(self.folder, "sanitized"))
            self.sanitized = Scratch(self.source, os.path.join(self.folder, "sanitized"), SANITIZE)
        test = self.sanitized.try_fault(fault)[1]
        return True, f"{test} with sanitizers" if test else None


def describe(fault):
    return (f"{fault.path}:{fault.line}: {fault.kind}\n"
            f"    - {fault.before.strip()}\n    + {fault.after.strip()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--count", type=int, default=200, help="how many faults (200)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--only", metavar="FILE:LINE", help="all faults of one line instead")
    parser.add_argument("--again", metavar="FILE", help="those that survived a run with --json FILE")
    parser.add_argument("--json", metavar="FILE", help="also write what came of each fault")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    faults = all_faults(chance)
    if options.only:
        faults = [f for f in faults if f"{f.path}:{f.line}" == options.only]
    chance.shuffle(faults)
    print(f"{len(faults)} faults are possible", flush=True)
    if options.again:
        with open(options.again, encoding="utf-8") as file:
            faults = [Fault(*(row[key] for key in Fault._fields)) for row in json.load(file) if not row["by"]]
    caught, survivors, by, results = 0, [], collections.Counter(), []
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        trial = Trial(folder)
        for fault in faults:
            if caught + len(survivors) == options.count:
                break
            compiles, test = trial.try_fault(fault)
            if not compiles:
                continue
            results.append({**fault._asdict(), "by": test})
            if test:
                caught += 1
                by[test] += 1
            else:
                survivors.append(fault)
                print(f"survives: {describe(fault)}", flush=True)
    total = caught + len(survivors)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
    for test, count in by.most_common():
        print(f"{count:5} noticed by {test}")
    print(f"{total} faults, {caught} noticed, {len(survivors)} survive: "
          f"{100 * caught / max(total, 1):.1f} % ({time.monotonic() - started:.0f} s)")


if __name__ == "__main__":
    main()
