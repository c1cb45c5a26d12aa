#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks the tests: puts one small fault at a time into the rooms below, and counts how many of the
faults the tests notice. Which faults is decided by a seed, not by hand.

A fault is built in a scratch copy: its one object is compiled anew and the tests that are about its room
are run, those named like the file first, until one fails: unit tests, the simulator for reconcile/, and
for rooms of daemon/ a few integration tests with the real programs. A fault that does not compile is no
fault; another takes its place. What no test notices is tried once more with the sanitizers, which see
what is left behind; what they do not see either survives.

Survivors that nobody could notice, because nothing that can be seen is different, are explained in
survivors.txt, each by itself: they are counted apart, and still as survivors."""
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
FLAGS = ["-std=gnu17", "-I.", "-D_GNU_SOURCE", '-DROSTERD_VERSION="0"', "-O1", "-w", "-fPIC"]
VARIANTS = {"common": [], "small": ["-DLISTING_PAGE_SIZE=6"]}
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
LIBS = ["-lcurl", "-lyaml", "-ljson-c", "-lsystemd", "-lcrypto", "-lsqlite3", "-lmicrohttpd", "-lsmartcols",
        "-lcmocka"]
PROGRAMS = ["rosterd", "rosterctl"]
# Where faults are put, and the integration tests that are about a room.
ROOMS = {
    "config": [],
    "reconcile": [],
    "daemon/store": ["test_undo.py", "test_state_files.py"],
    "daemon/runtime": ["test_daemon_passes.py", "test_undo.py", "test_control.py"],
    "daemon/roma": ["test_pass.py", "test_answers.py", "test_lists.py", "test_password.py", "test_agency.py"],
    "daemon/control": ["test_control.py", "test_control_access.py", "test_undo.py"],
}
CPU_SECONDS = 30  # of one test: what goes round for ever is noticed
TEST_SECONDS = 600  # however busy the machine is
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
        # Which item of an array sizeof is asked of makes no difference.
        in_sizeof = re.search(r"sizeof\([^()]*$", code[:m.start()])
        if "= {0}" not in code and "[static" not in code and not in_sizeof:
            yield "constant off by one", replaced(line, m.start(), m.end(), str(int(m[1]) + 1))
    if re.match(r"^ {4,}[a-z][\w.>\-\[\]]*(\(.*\)| [-+|]?= .*|\+\+|--);$", code.rstrip()):
        yield "statement dropped", re.match(r"^\s*", line)[0] + ";"
    for m in re.finditer(r"\b([A-Z]+)_[A-Z0-9_]+\b", code):
        others = sorted(families.get(m[1], set()) - {m[0]})
        if m[0] in families.get(m[1], set()) and others:
            yield "name swapped", replaced(line, m.start(), m.end(), chance.choice(others))


def files_below(folder, *rooms):
    """The .c files of rooms, those in rooms within them too."""
    return sorted(os.path.relpath(os.path.join(place, name), folder) for room in rooms
                  for place, _, names in os.walk(os.path.join(folder, room))
                  for name in names if name.endswith(".c"))


def room_of(path):
    return next(room for room in ROOMS if path.startswith(room + "/"))


def all_faults(chance, rooms):
    names = [name for room in rooms for name in files_below(ROOT, room)]
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

def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_with_memory():
    """Not with a sanitizer, whose shadow is larger than any memory."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    limit()


class Scratch:
    """A copy of the sources in `source`, built; what happens there meanwhile does not matter. What the
    tests have in common is a library: a fault costs one object and one link of it."""

    def __init__(self, source, folder, sanitize=()):
        self.source = source
        self.folder = folder
        self.sanitize = list(sanitize)
        self.said = ""  # by the last integration test
        for name in ("config", "daemon", "reconcile", "systemd", "tests"):
            shutil.copytree(os.path.join(source, name), os.path.join(folder, name))
        self.tests = self.find_tests()
        mains = [f"daemon/{program}.c" for program in PROGRAMS]
        common = [name for name in self.sources("daemon", "config", "reconcile", "tests/world")
                  if name not in mains]
        self.libraries = {"common": {name: self.must_compile(name) for name in common}}
        # The simulator's lists have pages of a few rows, as in the Makefile.
        self.libraries["small"] = {
            **self.libraries["common"],
            **{name: self.must_compile(name, "small") for name in self.small_sources()}}
        for library in self.libraries:
            self.link_library(library)
        for test in self.tests:
            self.link(test, [self.must_compile(name) for name in self.needs(test)], "common")
        if self.sources("tests/sim"):
            self.link("sim", [self.must_compile(name, "small") for name in self.sources("tests/sim")],
                      "small")
        for program, main in zip(PROGRAMS, mains):
            self.link(program, [self.must_compile(main)], "common")

    def sources(self, *below):
        return files_below(self.folder, *below)

    def small_sources(self):
        return self.sources("reconcile", "tests/world")

    def find_tests(self):
        """{unit test: the headers that it and what it shares with others include}"""
        tests = {}
        for source in self.sources("tests/unit"):
            name = os.path.basename(source)[:-2]
            if name.startswith("test_"):
                tests[name] = self.headers(source)
        return tests

    def headers(self, source, seen=None):
        seen = set() if seen is None else seen
        with open(os.path.join(self.folder, source), encoding="utf-8") as file:
            for header in re.findall(r'#include "([^"]+)"', file.read()):
                if header not in seen:
                    seen.add(header)
                    if header.startswith("tests/") and os.path.exists(os.path.join(self.folder, header)):
                        self.headers(header, seen)
        return seen

    def is_about(self, test, path):
        """Whether a unit test is about the room of a file: those of config/ and reconcile/ know nothing of
        daemon/ but its base."""
        headers = self.tests[test]
        if path.startswith("daemon/"):
            return any(header.startswith(room_of(path) + "/") for header in headers)
        return not any(re.match(r"daemon/(?!base/)|tests/unit/(client|http|peer)", header)
                       for header in headers)

    def needs(self, test):
        """A test's source, and what it shares with others beside the world."""
        shared = {f"{header[:-2]}.c" for header in self.tests[test] if header.startswith("tests/unit/")}
        return [f"tests/unit/{test}.c", *sorted(
            name for name in shared - {f"tests/unit/{test}.c"}
            if os.path.exists(os.path.join(self.folder, name)) and "/test_" not in name)]

    def run(self, command, seconds=120):
        return subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=seconds,
                              preexec_fn=limit if self.sanitize else limit_with_memory)

    def compile(self, source, variant="common"):
        """The object of a source, or None where it does not compile."""
        target = os.path.join(self.folder, f"{source.replace('/', '-')}.{variant}.o")
        done = self.run(["gcc", *FLAGS, *VARIANTS[variant], *self.sanitize, "-c", "-o", target, source])
        return target if done.returncode == 0 else None

    def must_compile(self, source, variant="common"):
        target = self.compile(source, variant)
        if not target:
            raise RuntimeError(f"{source} does not compile")
        return target

    def must_link(self, name, *arguments):
        done = self.run(["gcc", *self.sanitize, "-o", name, *arguments, *LIBS])
        if done.returncode != 0:
            raise RuntimeError(done.stdout)

    def link_library(self, name):
        self.must_link(f"lib{name}.so", "-shared", f"-Wl,-soname,lib{name}.so", *self.libraries[name].values())

    def link(self, program, objects, library):
        self.must_link(program, *objects, f"./lib{library}.so", f"-Wl,-rpath,{self.folder}")

    def passes(self, program, *arguments):
        try:
            return self.run([os.path.join(self.folder, program), *arguments],
                            TEST_SECONDS).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def order(self, path):
        """The tests named like the file first, the long one last."""
        stem = os.path.basename(path)[:-2]
        like = {"delete": "pass", "channel": "pass", "instance": "pass", "confirm": "pass_confirm",
                "queue": "dispatch", "throttle": "dispatch", "scheduler": "schedule"}
        words = {stem, like.get(stem, stem), *path.split("/")[:-1]} - {"daemon"}
        return sorted((test for test in self.tests if self.is_about(test, path)),
                      key=lambda test: ("random" in test or "memory" in test, not any(
                          word in test for word in (stem, like.get(stem, stem))), not any(
                              word in test for word in words)))

    def noticed_by(self, path):
        for test in self.order(path):
            if self.sanitize and "random" in test:
                continue
            if not self.passes(test):
                return test
        if path.startswith("reconcile/") and self.sources("tests/sim"):
            self.build(path, "small")
            if not self.passes("sim", "300"):
                return "sim"
        if self.sanitize:
            return None
        return next((test for test in ROOMS[room_of(path)] if not self.passes_integration(test)), None)

    def passes_integration(self, test):
        """With the programs as they are in this copy."""
        romasim = os.path.join(ROOT, "build", "tests", "romasim", "romasim")
        environment = {**os.environ, "ROMASIM": romasim,
                       **{name.upper(): os.path.join(self.folder, name) for name in PROGRAMS}}
        command = ["/usr/bin/python3", "-m", "pytest", "-q", "-x", "-n", "4", "-p", "no:cacheprovider",
                   f"tests/integration/{test}"]
        try:
            done = subprocess.run(command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TEST_SECONDS)
            self.said = done.stdout
            return done.returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def build(self, path, variant):
        """Whether the library could be built with the source as it is now."""
        if not self.compile(path, variant):
            return False
        self.link_library(variant)
        return True

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
            if not self.write(fault.path, fault.before, fault.after, fault.line) or \
                    not self.build(fault.path, "common"):
                return False, None
            return True, self.noticed_by(fault.path)
        finally:
            self.write(fault.path)
            self.compile(fault.path)
            self.link_library("common")
            if fault.path in self.small_sources():
                self.compile(fault.path, "small")


class Trial:
    """Two scratch copies, the second made when it is first needed."""

    def __init__(self, folder):
        self.folder = folder
        self.source = os.path.join(folder, "source")
        for name in ("config", "daemon", "reconcile", "systemd", "tests"):
            shutil.copytree(os.path.join(ROOT, name), os.path.join(self.source, name))
        os.mkdir(os.path.join(folder, "plain"))
        self.plain = Scratch(self.source, os.path.join(folder, "plain"))
        self.sanitized = None
        self.must_notice_nothing(self.plain)

    @staticmethod
    def must_notice_nothing(scratch):
        for path in ("reconcile/pass/pass.c", *(f"{room}/x.c" for room in ROOMS if "/" in room)):
            test = scratch.noticed_by(path)
            if test:
                sys.exit(f"{scratch.said[-4000:]}\n{test} fails without any fault")

    def try_fault(self, fault):
        compiles, test = self.plain.try_fault(fault)
        if not compiles or test:
            return compiles, test
        if not self.sanitized:
            os.mkdir(os.path.join(self.folder, "sanitized"))
            self.sanitized = Scratch(self.source, os.path.join(self.folder, "sanitized"), SANITIZE)
            self.must_notice_nothing(self.sanitized)
        test = self.sanitized.try_fault(fault)[1]
        return True, f"{test} with sanitizers" if test else None


# ---- survivors ----

def describe(fault):
    return (f"{fault.path}:{fault.line}: {fault.kind}\n"
            f"    - {fault.before.strip()}\n    + {fault.after.strip()}")


def key_of(fault):
    return fault.path, fault.kind, fault.before.strip(), fault.after.strip()


def read_explanations():
    """{key_of(fault): why nothing can be seen}; without those that fit no line of the sources any more,
    which are told."""
    with open(os.path.join(ROOT, "tests", "survivors.txt"), encoding="utf-8") as file:
        blocks = [block.split("\n") for block in file.read().strip().split("\n\n")]
    found = {}
    for lines in blocks[1:]:
        path, kind = lines[0].split(": ", 1)
        before, after = lines[1].strip(), lines[2].strip()
        if before[:2] != "- " or after[:2] != "+ " or len(lines) < 4:
            sys.exit(f"survivors.txt: not a fault with its explanation: {lines[0]}")
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            if before[2:] not in (line.strip() for line in file):
                print(f"survivors.txt: {path} has no such line any more: {before[2:]}")
                continue
        found[path, kind, before[2:], after[2:]] = " ".join(line.strip() for line in lines[3:])
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--count", type=int, default=200, help="how many faults (200)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--room", choices=ROOMS, action="append", help="only there (everywhere); may be repeated")
    parser.add_argument("--only", metavar="FILE:LINE", help="all faults of one line instead")
    parser.add_argument("--again", metavar="FILE", help="those that survived a run with --json FILE")
    parser.add_argument("--json", metavar="FILE", help="also write what came of each fault")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    faults = all_faults(chance, options.room or ROOMS)
    if options.only:
        faults = [f for f in faults if f"{f.path}:{f.line}" == options.only]
    chance.shuffle(faults)
    print(f"{len(faults)} faults are possible", flush=True)
    if options.again:
        with open(options.again, encoding="utf-8") as file:
            faults = [Fault(*(row[key] for key in Fault._fields)) for row in json.load(file) if not row["by"]]
    explanations = read_explanations()
    caught, survivors, by, results = 0, [], collections.Counter(), []
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        os.chmod(folder, 0o755)  # some tests run a program as another user
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
                why = explanations.get(key_of(fault))
                print(f"survives: {describe(fault)}" + (f"\n    {why}" if why else ""), flush=True)
    total = caught + len(survivors)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
    for test, count in by.most_common():
        print(f"{count:5} noticed by {test}")
    explained = sum(key_of(fault) in explanations for fault in survivors)
    print(f"{total} faults, {caught} noticed: {100 * caught / max(total, 1):.1f} %; {len(survivors)} survive, "
          f"of which {explained} are explained ({time.monotonic() - started:.0f} s)")


if __name__ == "__main__":
    main()
