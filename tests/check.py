#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the stages of `make check`, fast ones first, and closes with one line of counts.

A stage is a make target or a command; its tests are counted from what its runner prints. A stage that
fails without a failed test (it did not build, it crashed) counts as one failed test."""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SANITIZE = "-fsanitize=address,undefined"
SANITIZED = ["B=build/sanitized", "CC=clang", "FORTIFY=", f"LDFLAGS={SANITIZE}",
             f"CFLAGS=-O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all {SANITIZE}"]

MAKE = ["make", "--no-print-directory", "-s"]


PYTEST = ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rs"]
# Of programs that are the same in both builds: the stand-in, what git and the installation run, and packages of npm.
NOT_SANITIZED = ["test_romasim*.py", "test_daemon_git.py", "test_install.py", "test_page.py", "test_health.py", "test_editor.py",
                 "test_runners.py", "test_alerts.py", "test_prometheus.py", "test_metrics_cost.py", "test_shells.py",
                 "test_hostile_ids.py"]
PROCESSORS = min(2, os.cpu_count() or 1)


class Counts:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, passed, failed, skipped):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped

    def line(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def stream(command, environment):
    """Runs a command, shows what it prints as it comes, returns (status, text)."""
    process = subprocess.Popen(command, cwd=ROOT, env=environment, text=True, errors="replace",
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    lines = []
    for line in process.stdout:
        sys.stdout.write(line)
        sys.stdout.flush()
        lines.append(line)
    return process.wait(), "".join(lines)


def run_whole(command, environment):
    """Runs a command to its end, returns (status, text, seconds)."""
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, errors="replace", stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout, time.monotonic() - started


def count_cmocka(text):
    passed = sum(int(n) for n in re.findall(r"^\[  PASSED  \] (\d+) test", text, re.M))
    failed = sum(int(n) for n in re.findall(r"^\[  FAILED  \] .*?(\d+) test\(s\), listed", text, re.M))
    skipped = sum(int(n) for n in re.findall(r"^\[  SKIPPED \] (\d+) test\(s\), listed", text, re.M))
    return passed, failed, skipped


def count_summary(text):
    """The closing line of pytest and of our own scripts."""
    lines = [line for line in text.splitlines() if re.search(r"\d+ (passed|failed|skipped|error)", line)]
    last = lines[-1] if lines else ""
    number = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|skipped|error)", last)}
    return (number.get("passed", 0), number.get("failed", 0) + number.get("error", 0),
            number.get("skipped", 0))


def unit_programs(folder):
    below = os.path.join(ROOT, folder, "tests", "unit")
    return sorted(os.path.join(below, name) for name in os.listdir(below)
                  if name.startswith("test_") and "." not in name)


def environment_for(folder):
    environment = dict(os.environ)
    environment.update(
        ROSTERD=os.path.join(ROOT, folder, "rosterd"),
        ROSTERCTL=os.path.join(ROOT, folder, "rosterctl"),
        ROMASIM=os.path.join(ROOT, "build", "tests", "romasim", "romasim"),
        ASAN_OPTIONS="detect_leaks=1:abort_on_error=0:exitcode=99",
        UBSAN_OPTIONS="print_stacktrace=1",
        LSAN_OPTIONS="print_suppressions=0")
    environment.pop("ROSTERD_CONFIG", None)
    return environment


class Run:
    def __init__(self):
        self.counts = Counts()
        self.bad_stages = []

    def stage(self, name, command, folder="build", count=count_summary):
        print(f"== {name}", flush=True)
        started = time.monotonic()
        status, text = stream(command, environment_for(folder))
        return self.close(name, status, count(text), time.monotonic() - started)

    def close(self, name, status, counted, seconds):
        """Counts what a stage came to. Whether it was all well."""
        passed, failed, skipped = counted
        if status != 0 and failed == 0:
            failed = 1
        self.counts.add(passed, failed, skipped)
        if failed:
            self.bad_stages.append(name)
        print(f"== {name}: {passed} passed, {failed} failed, {skipped} skipped "
              f"({seconds:.0f} s)", flush=True)
        return status == 0

    def build(self, name, *make):
        """A build is no test, but one that breaks is a failure."""
        print(f"== {name}", flush=True)
        status, _ = stream([*MAKE, "-j2", *make], dict(os.environ))
        if status != 0:
            self.counts.add(0, 1, 0)
            self.bad_stages.append(name)
        return status == 0

    def side_by_side(self, stages, workers=PROCESSORS, folder="build", count=count_summary):
        """Stages by their names, some at a time: what each prints is shown once it has ended."""
        environment = environment_for(folder)
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            done = pool.map(lambda command: run_whole(command, environment), stages.values())
            for name, (status, text, seconds) in zip(stages, done):
                print(f"== {name}\n{text}", end="")
                self.close(name, status, count(text), seconds)

    def units(self, name, folder):
        """Most are busy all the time; those with etcd wait for it."""
        self.side_by_side({f"{name} {os.path.basename(program)}": [program] for program in unit_programs(folder)},
                          2 * PROCESSORS, folder, count_cmocka)

    def pytest(self, name, folder, tests="tests/integration"):
        self.stage(name, [*PYTEST, tests], folder)

    def pytest_side_by_side(self, name, folder, *options):
        """Each test waits most of its time for programs: there are more workers than processors."""
        self.stage(name, [*PYTEST, "-n", str(4 * PROCESSORS), *options, "tests/integration"], folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fast", action="store_true", help="leave the sanitizers out")
    options = parser.parse_args()
    run = Run()
    run.side_by_side({"lint": ["/usr/bin/python3", "tests/lint.py"],
                      "lint itself": ["/usr/bin/python3", "tests/lint.py", "--self-test"]})
    if run.build("build with gcc", "all", "unit", "rows", "romasim", "build/tests/vendor/sign",
                 "build/tests/bench/bare", "build/tests/bench/parts"):
        run.units("unit", "build")
        run.stage("rows", ["build/tests/rows/test_rows"], "build", count_cmocka)
        run.pytest_side_by_side("integration", "build")
        run.stage("vendor", ["/usr/bin/python3", "tests/vendor/vendor.py", "build"])
        run.pytest("real systemd", "build", "tests/systemd")
    if not options.fast and run.build("build with clang and sanitizers", *SANITIZED, "all", "unit"):
        run.units("sanitized unit", "build/sanitized")
        run.pytest_side_by_side("sanitized integration", "build/sanitized",
                                *(f"--ignore-glob=tests/integration/{name}" for name in NOT_SANITIZED))
    alone = {"simulation": [*MAKE, "sim", "SEEDS=1000"],
             "simulation of a fleet": [*MAKE, "sim-fleet", "SEEDS=100"],
             "faults that its judge must notice": [*MAKE, "sim-fleet", "FAULTS=1"],
             "many instances on three hosts": [*MAKE, "sim-fleet", "SCALE=120"]}
    run.build("build the simulators", "build/tests/sim/sim", "build/tests/sim/fleet/fleet")
    if not options.fast:
        run.build("build what runs out of memory", "build/tests/torture/rosterd-whole")
        run.build("build both with sanitizers", *SANITIZED, "build/sanitized/tests/sim/sim",
                  "build/sanitized/tests/torture/rosterd")
        alone.update({"torture, libraries too": [*MAKE, "torture-whole"],
                      "sanitized torture": [*MAKE, *SANITIZED, "torture"],
                      "sanitized simulation": [*MAKE, *SANITIZED, "sim", "SEEDS=200"]})
    run.side_by_side(alone)
    if not options.fast:
        run.stage("fuzz", [*MAKE, "-j2", "fuzz", "SECONDS=5"])
    if run.bad_stages:
        print("failed in: " + ", ".join(run.bad_stages))
    print(run.counts.line())
    return 1 if run.counts.failed else 0


if __name__ == "__main__":
    sys.exit(main())
