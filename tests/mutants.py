#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks the tests: puts one small fault at a time into the rooms below, and counts how many of the
faults the tests notice. Which faults is decided by a seed, not by hand.

A fault is built in a scratch copy: its one object is compiled anew and the tests that are about its room
are run, those named like the file first, until one fails: unit tests, the simulators for reconcile/, and
the integration tests about the file and then about its room, with the real programs. A fault that does not
compile is no fault, nor is one of which the optimizer makes the same program; another takes its place.
Likewise what cannot differ: a larger array or allocation (less of one is a fault), and at which of two equal
values the smaller, the larger or their distance is taken. What no test notices is tried once more with the
sanitizers, which see what is left behind; what they do not see either survives. Assertions stay as they are:
they belong to what notices.

A test that fails must fail a second time, and pass without the fault: where the machine is so busy that a
test fails by itself, that is no merit.

Survivors that nobody could notice, because nothing that can be seen is different, are explained in
survivors.txt, each by itself: they are counted apart, and still as survivors."""
import argparse
import collections
import concurrent.futures
import contextlib
import json
import os
import queue
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FLAGS = ["-std=gnu17", "-I.", "-D_GNU_SOURCE", '-DROSTERD_VERSION="0"', "-O1", "-w", "-fPIC"]
VARIANTS = {"common": [], "small": ["-DLISTING_PAGE_SIZE=6"], "optimized": ["-O2"]}
CC = os.environ.get("CC", "gcc").split()
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
LIBS = ["-lcurl", "-lyaml", "-ljson-c", "-lsystemd", "-lcrypto", "-lsqlite3", "-lmicrohttpd", "-lsmartcols",
        "-lcmocka"]
PROGRAMS = ["rosterd", "rosterctl"]
# The simulators: of one host, and of a fleet. How many seeds each is given.
SIMS = {"sim": "300", "sim-fleet": "100"}
ROOMS = ["config", "reconcile", "daemon/store", "daemon/runtime", "daemon/roma", "daemon/control", "daemon/fleet",
         "daemon/shared"]
# The integration tests that are about a file, and those about a folder or room, which are run after these:
# those that are likely to notice first. After the colon: which of the file, as pytest's -k.
ABOUT = {
    "config": ["test_validate.py", "test_config.py",
               "test_schema.py:examples or keys or members or say or texts or two"],
    "config/change_gate.c": ["test_windows.py"],
    "config/load": ["test_which_roster.py", "test_daemon_reload.py", "test_unread.py", "test_dead_mount.py"],
    "config/roster": ["test_stranger.py"],
    "config/roster/pause.c": ["test_roster_pause.py"],
    "config/settings": ["test_stranger.py"],
    "config/settings/fleet_keys.c": ["test_fleet.py", "test_fleet_shared.py"],
    "config/settings/http_keys.c": ["test_web.py"],
    "config/settings/notify_keys.c": ["test_notices.py"],
    "config/zone": ["test_windows.py"],
    "reconcile": ["test_pass.py", "test_report.py"],
    "reconcile/apply": ["test_sync.py", "test_confirm.py", "test_answers.py"],
    "reconcile/apply/undo.c": ["test_undo.py", "test_undo_mixed.py"],
    "reconcile/apply/undo_look.c": ["test_undo.py", "test_undo_mixed.py"],
    "reconcile/apply/undo_review.c": ["test_undo.py", "test_undo_mixed.py"],
    "reconcile/channel": ["test_lists.py"],
    "reconcile/notice": ["test_notices.py"],
    "reconcile/pass": ["test_guards.py", "test_pass_guards.py", "test_plan_text.py"],
    "reconcile/pass/choice.c": ["test_plan_file.py"],
    "reconcile/plan": ["test_guards.py", "test_plan_text.py", "test_stated.py"],
    "reconcile/report": ["test_plan_text.py", "test_sync.py"],
    "reconcile/request": ["test_answers.py", "test_limits.py", "test_credentials.py"],
    "reconcile/schedule": ["test_daemon_passes.py", "test_daemon_midpass.py"],
    "reconcile/schedule/lease.c": ["test_fleet.py", "fleet/test_etcd_away.py"],
    "reconcile/schedule/ownership.c": ["test_fleet.py", "fleet/test_hands.py"],
    "reconcile/survey": ["test_export.py"],
    "daemon/store": ["test_state_files.py", "test_undo.py:every or recorded"],
    "daemon/store/added.c": ["test_undo.py:cut_short or killed or recorded", "test_quarantine.py:killed"],
    "daemon/store/approval.c": ["test_control.py:approv", "test_control_plan.py:approv"],
    "daemon/store/carry.c": ["fleet/test_hands.py"],
    "daemon/store/history.c": ["test_control.py:history", "test_undo.py:every or recorded"],
    "daemon/store/lock.c": ["test_state_files.py", "test_another_writer.py"],
    "daemon/store/lockout.c": ["test_password.py"],
    "daemon/store/migrate.c": ["test_upgrade.py"],
    "daemon/store/migrate_steps.c": ["test_upgrade.py"],
    "daemon/store/mirror.c": ["test_fleet_shared.py"],
    "daemon/store/newest.c": ["test_page.py"],
    "daemon/store/outbox.c": ["test_notices.py"],
    "daemon/store/owners.c": ["test_fleet.py"],
    "daemon/store/samples.c": ["test_samples.py"],
    "daemon/store/pause.c": ["test_pause_scopes.py", "test_control.py:pause"],
    "daemon/store/quarantine.c": ["test_quarantine.py"],
    "daemon/store/quarantine_look.c": ["test_quarantine.py"],
    "daemon/runtime": ["test_daemon_passes.py", "test_daemon_midpass.py", "test_undo.py"],
    "daemon/runtime/backend.c": ["test_daemon_passes.py:drift", "test_control_plan.py:made or settings",
                                 "test_daemon_reload.py:secret", "test_daemon_passes.py:not drift"],
    "daemon/runtime/controller.c": ["test_daemon_passes.py:drift", "test_daemon_midpass.py", "test_undo.py",
                                    "test_control_reload.py"],
    "daemon/runtime/controller_fleet.c": ["test_fleet.py", "test_fleet_shared.py", "fleet/test_hands.py"],
    "daemon/runtime/pass_run.c": ["test_daemon_passes.py:drift or failing or deadline",
                                  "test_daemon_midpass.py", "test_control_plan.py:beside or disk",
                                  "test_control.py:waits or approval"],
    "daemon/runtime/pass_run_fleet.c": ["test_fleet.py", "test_fleet_shared.py", "fleet/test_mistakes.py"],
    "daemon/runtime/pass_run_state.c": ["test_progress_line.py"],
    "daemon/runtime/pass_run_quarantine.c": ["test_quarantine.py"],
    "daemon/runtime/pass_run_store.c": ["test_daemon_passes.py:drift or failing or missing or guard",
                                        "test_control.py:history or approval or paused or unknown",
                                        "test_confirm.py", "test_another_writer.py"],
    "daemon/runtime/quarantine_left.c": ["test_quarantine.py:left"],
    "daemon/runtime/sampling.c": ["test_samples.py"],
    "daemon/runtime/tally.c": ["test_metrics.py"],
    "daemon/runtime/scheduler.c": ["test_windows.py:opens or opening", "test_control_reload.py:when",
                                   "test_daemon_passes.py:drift or outage", "test_control.py:waits",
                                   "test_daemon_midpass.py:stop or reload", "test_daemon_passes.py:not outage"],
    "daemon/runtime/undo.c": ["test_undo.py", "test_daemon_midpass.py:undo"],
    "daemon/roma": ["test_pass.py:not kind and not left_alone", "test_answers.py:retry_after or lost or attempts"],
    "daemon/roma/client.c": ["test_proxy.py:counts", "test_answers.py:retry_after or lost or attempts"],
    "daemon/roma/probe.c": ["test_check.py"],
    "daemon/roma/compose.c": ["test_sync.py"],
    "daemon/roma/provider/retrying_request.c": ["test_password.py", "test_agency.py"],
    "daemon/roma/provider/route.c": ["test_proxy.py", "test_tls.py:authority or ca_file"],
    "daemon/roma/auth/credential.c": ["test_credentials.py:rotate or whole or prefixes or environment"],
    "daemon/roma/auth/lockout.c": ["test_password.py:refused or lock or wrong"],
    "daemon/roma/auth/redact.c": ["test_credentials.py:shows or repeating"],
    "daemon/roma/auth/sign.c": ["test_credentials.py:whole or prefixes"],
    "daemon/roma/provider/credential_cache.c": ["test_password.py:renewed or daemon or rotated or login",
                                                "test_agency.py:expire or daemon"],
    "daemon/roma/provider/provider_iam.c": ["test_password.py"],
    "daemon/roma/provider/provider_metadata.c": ["test_agency.py"],
    "daemon/roma/wire/headers.c": ["test_credentials.py:whole or prefixes"],
    "daemon/roma/wire/member_body.c": ["test_sync.py"],
    "daemon/roma/wire/page.c": ["test_lists.py:whole or pages or small or clamps"],
    "daemon/control": ["test_control.py:not hostile", "test_control_reload.py", "test_control_access.py:end"],
    "daemon/control/control.c": ["test_web.py:shown or there or refused or host or token or socket"],
    "daemon/control/fleet_json.c": ["test_fleet.py", "fleet/test_shown.py"],
    "daemon/control/fleet_request.c": ["test_fleet_shared.py"],
    "daemon/control/channel_ref.c": ["test_pause_scopes.py", "test_control_plan.py:name or some",
                                     "test_control.py:pause or history", "test_undo.py:channel or pause"],
    "daemon/control/handle_approve.c": ["test_control_access.py", "test_control.py:change or refused"],
    "daemon/control/handle_fleet.c": ["test_fleet.py", "fleet/test_shown.py"],
    "daemon/control/handle_history.c": ["test_control.py:history or refused"],
    "daemon/control/handle_pause.c": ["test_pause_scopes.py", "test_control.py:pause or asked or refused",
                                      "test_undo.py:pause"],
    "daemon/control/handle_channels.c": ["test_export.py"],
    "daemon/control/handle_plan.c": ["test_control_plan.py"],
    "daemon/control/handle_reconcile.c": ["test_control.py:waits or approv or reconcile or refused",
                                          "test_control_reload.py", "test_control_plan.py:reconcile or approv"],
    "daemon/control/handle_status.c": ["test_control.py:status or shown or known",
                                       "test_control_reload.py:when", "test_control_plan.py:status"],
    "daemon/control/handle_health.c": ["test_health.py"],
    "daemon/control/handle_metrics.c": ["test_metrics.py"],
    "daemon/control/handle_page.c": ["test_page.py"],
    "daemon/control/handle_samples.c": ["test_samples.py"],
    "daemon/control/handle_undo.c": ["test_undo.py", "test_control.py:refused"],
    "daemon/control/handle_undo_fleet.c": ["test_undo.py", "test_fleet_shared.py"],
    "daemon/control/handle_undo_past.c": ["test_fleet_shared.py:gone"],
    "daemon/fleet": ["test_fleet.py", "fleet/test_hands.py", "fleet/test_etcd_away.py"],
    "daemon/shared": ["test_fleet_shared.py"],
    "daemon/control/known_plans.c": ["test_control_plan.py", "test_control.py:approv"],
    "daemon/control/loading.c": ["test_control_plan.py:disk or plan", "test_control.py:waits or reload"],
    "daemon/control/planning.c": ["test_control_plan.py", "test_export.py"],
    "daemon/control/notify_state.c": ["test_notices.py:not_taken or status"],
    "daemon/control/orphan_quarantine.c": ["test_quarantine.py:left"],
    "daemon/control/orphan_pauses.c": ["test_undo.py:pause", "test_pause_scopes.py", "test_control.py:pause"],
    "daemon/control/pause.c": ["test_pause_scopes.py", "test_control.py:pause", "test_undo.py:pause"],
    "daemon/control/pulls.c": ["test_control_plan.py", "test_control.py:reconcile or waits",
                               "test_daemon_git.py:status"],
}
CPU_SECONDS = 30  # of one test: what goes round for ever is noticed
TEST_SECONDS = 600  # however busy the machine is
UNIT_SECONDS = 180  # likewise, of a unit test, of which none takes a tenth of it
PYTEST_MISUSED, PYTEST_RAN_NOTHING = 4, 5  # its exit statuses
MEMORY_MAX = 2 << 30

# The families of names of which one may stand for another.
FAMILIES = ["VERDICT", "OUTCOME", "RESULT", "CALL", "LISTING", "ANSWER", "RENEWAL", "GUARD", "KIND", "INTENT",
            "OWNER", "OWNERSHIP", "ENTRY", "ETCD", "SHARED", "MODE", "ADDRESS", "CHANNEL"]
SWAPS = {" < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > ", " == ": " != ", " != ": " == ",
         " && ": " || ", " || ": " && ", " + ": " - ", " - ": " + ", " * ": " + ", " += ": " -= ",
         "true": "false", "false": "true"}

Fault = collections.namedtuple("Fault", "path line kind before after")


# ---- the faults ----

def blank(text):
    """The text with comments, strings, characters and assertions blanked out, so that columns stay."""
    def spaces(match):
        return re.sub(r"[^\n]", " ", match.group())

    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(r"\bassert\([^;]*\);", spaces, re.sub(pattern, spaces, text, flags=re.S))


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


def arms_agree(code, start):
    """Whether what is chosen by the comparison at `start` is the same value where both are equal."""
    value = r"[\w.>\-\[\]()]+"
    found = re.compile(rf"({value})( [<>]=? )({value}) \? (.+?) : (.+?)[;,)]*$")
    for m in found.finditer(code.rstrip()):
        a, b, chosen, other = m[1].lstrip("("), m[3], m[4], m[5]
        if m.start(2) == start and ({chosen, other} == {a, b} or chosen in (f"{a} - {b}", f"{b} - {a}") and
                                    other in ("0", f"{a} - {b}", f"{b} - {a}")):
            return True
    return False


def other_constant(code, start, end):
    """A number that makes a fault of the one that stands there, or None: more room is none."""
    number = int(code[start:end])
    before, after = code[:start], code[end:]
    # Which item of an array sizeof is asked of makes no difference.
    if "= {0}" in code or "[static" in code or re.search(r"sizeof\([^()]*$", before):
        return None
    if re.search(r"\w*fds?\b.* = -$", before):  # any negative number is no descriptor
        return None
    if re.search(r"\[[^\]]*$", before) and re.match(r"^\s+(?:\w+ )*\w+ \**\w+\[[^=]*$", before):
        return None
    if re.match(r"^(?:\w+ )*char \w+\[$", before):
        return None
    if re.search(r"\b(?:calloc|malloc|arena_alloc|mem_grow|map_reserve)\((?:[^()]|\([^()]*\))*\(?[^()]*$", before):
        return None if before.endswith(" : ") else number - 1
    # By our convention 1 is no failure either.
    if number == 0 and re.match(r"^\s*return .* [?:] $", before) and re.match(r"^(?: :|;)", after):
        return -1
    # Nor does 2 say anything else than 1.
    if number == 1 and re.match(r"^\s*return $", before) and after.startswith(";"):
        return 0
    return number + 1


def faults_of_line(line, code, families, chance):
    """(kind, new line) of every fault that the line can take."""
    for old, new in SWAPS.items():
        pattern = re.escape(old) if old.startswith(" ") else rf"\b{old}\b"
        for m in re.finditer(pattern, code):
            if old.strip() in ("<", ">", "<=", ">=") and arms_agree(code, m.start()):
                continue
            yield f"{old.strip()} to {new.strip()}", replaced(line, m.start(), m.end(), new)
    m = re.match(r"^(\s*(?:if|while|\} else if) )\((.*)\)( \{)?$", code.rstrip())
    if m:
        yield "condition negated", f"{m[1]}(!({line[m.start(2):m.end(2)]})){m[3] or ''}"
    if code.strip() == "return 0;":
        # By our convention 1 is no failure either.
        yield "success to failure", line.replace("return 0;", "return -1;")
        return
    for m in re.finditer(r"(?<![\w.\"])(\d+)(?![\w.\"])", code):
        other = other_constant(code, m.start(), m.end())
        if other is not None:
            yield "constant off by one", replaced(line, m.start(), m.end(), str(other))
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
    """Not with a sanitizer, whose shadow is larger than any memory. What is written to counts: etcd maps more."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_MAX, MEMORY_MAX))
    limit()


def copy_tree(source, folder):
    """What is built, and what integration tests read."""
    for name in ("config", "daemon", "reconcile", "systemd", "tests", ".github"):
        shutil.copytree(os.path.join(source, name), os.path.join(folder, name))
    for name in ("Makefile", "NEWS", "README.md"):
        shutil.copy2(os.path.join(source, name), folder)


class Scratch:
    """A copy of the sources in `source`, built; what happens there meanwhile does not matter. What the
    tests have in common is a library: a fault costs one object and one link of it."""

    def __init__(self, source, folder, sanitize=(), like=None, has_integration=True):
        """The objects are those of `like` where there is one, that has no fault in it now."""
        self.source = source
        self.folder = folder
        self.sanitize = list(sanitize)
        self.has_integration = has_integration and not sanitize
        self.said = ""  # by the last test that failed
        copy_tree(source, folder)
        self.tests = self.find_tests()
        self.included = {name: self.includes(name) for name in self.sources("daemon", "config", "reconcile")}
        self.made = set()
        self.programs = {}  # {source: what the optimizer makes of it without a fault}
        self.first = like or self
        self.shared = None  # the archive of what unit tests share, once it is made
        self.lock = threading.Lock()
        mains = [f"daemon/{program}.c" for program in PROGRAMS]
        common = [name for name in self.sources("daemon", "config", "reconcile", "tests/world")
                  if name not in mains]
        if like:
            for name in [*common, *mains]:
                shutil.copy2(like.object_of(name), self.object_of(name))
        else:
            with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(self.must_compile, [*common, *mains]))
        self.libraries = {"common": {name: self.object_of(name) for name in common}}
        self.link_library("common")
        for program, main in zip(PROGRAMS, mains):
            self.link(program, [self.object_of(main)], "libcommon")
        self.keep("libcommon.so")

    def make(self, test):
        """What a test needs, when it is first run. A unit test is made once for all copies."""
        if test in SIMS:
            self.make_sim(test)
        else:
            with self.first.lock:
                if test not in self.first.made:
                    self.first.shared = self.first.shared or self.first.link_shared()
                    self.first.link(test, [self.first.must_compile(f"tests/unit/{test}.c"), self.first.shared],
                                    "right/libcommon")
                    self.first.made.add(test)

    def make_sim(self, sim):
        """A simulator; both go by what is compiled for small pages."""
        if "small" not in self.libraries:
            names = self.small_sources()
            objects = [self.must_compile(name, "small") for name in names]
            self.libraries["small"] = {**self.libraries["common"], **dict(zip(names, objects))}
            self.link_library("small")
        if sim not in self.made:
            sources = [name for name in self.sources("tests/sim") if name != "tests/sim/main.c"] \
                if sim == "sim-fleet" else \
                [name for name in self.sources("tests/sim") if not name.startswith("tests/sim/fleet/")]
            self.link(sim, [self.must_compile(name, "small") for name in sources], "libsmall")
            self.made.add(sim)

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

    def includes(self, source):
        with open(os.path.join(self.folder, source), encoding="utf-8") as file:
            return re.findall(r'#include "([^"]+)"', file.read())

    def headers(self, source, seen=None):
        seen = set() if seen is None else seen
        for header in self.includes(source):
            if header not in seen:
                seen.add(header)
                shared = [header, f"{header[:-2]}.c"] if header.startswith("tests/unit/") else [header]
                for name in shared:
                    if name.startswith("tests/") and os.path.exists(os.path.join(self.folder, name)):
                        self.headers(name, seen)
        return seen

    def is_about(self, test, path):
        """Whether a unit test is about a file, or about its room: those of config/ and reconcile/ know
        nothing of daemon/ but its base."""
        headers = self.tests[test]
        if f"{path[:-2]}.h" in headers:
            return True
        if path.startswith("daemon/"):
            return any(header.startswith(room_of(path) + "/") for header in headers)
        return not any(re.match(r"daemon/(?!base/)|tests/unit/(client|http|peer)", header)
                       for header in headers)

    def uses(self, test, path):
        """Whether what a unit test is about uses a file."""
        return any(f"{path[:-2]}.h" in self.included.get(f"{header[:-2]}.c", [])
                   for header in self.tests[test])

    def link_shared(self):
        """What unit tests share: of an archive each takes what it needs."""
        names = [name for name in self.sources("tests/unit") if "/test_" not in name]
        archive = os.path.join(self.folder, "libunit.a")
        done = self.run(["ar", "rcs", archive, *[self.must_compile(name) for name in names]])
        if done.returncode != 0:
            raise RuntimeError(done.stdout)
        return archive

    def run(self, command, seconds=TEST_SECONDS):
        return subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL,
                              env={**os.environ, "LD_LIBRARY_PATH": self.folder},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=seconds,
                              preexec_fn=limit if self.sanitize else limit_with_memory)

    def object_of(self, source, variant="common"):
        return os.path.join(self.folder, f"{source.replace('/', '-')}.{variant}.o")

    def compile(self, source, variant="common"):
        """The object of a source, or None where it does not compile."""
        target = self.object_of(source, variant)
        done = self.run([*CC, *FLAGS, *VARIANTS[variant], *self.sanitize, "-c", "-o", target, source])
        return target if done.returncode == 0 else None

    def must_compile(self, source, variant="common"):
        target = self.compile(source, variant)
        if not target:
            raise RuntimeError(f"{source} does not compile")
        return target

    def must_link(self, name, *arguments):
        done = self.run([*CC, *self.sanitize, "-o", name, *arguments, *LIBS])
        if done.returncode != 0:
            raise RuntimeError(done.stdout)

    def link_library(self, name):
        # The old one goes first: what is loaded by a program that still ends is not written into.
        with contextlib.suppress(FileNotFoundError):
            os.remove(os.path.join(self.folder, f"lib{name}.so"))
        self.must_link(f"lib{name}.so", "-shared", f"-Wl,-soname,lib{name}.so", *self.libraries[name].values())

    def keep(self, name):
        """A copy of what is right, put back after each fault."""
        os.makedirs(os.path.join(self.folder, "right"), exist_ok=True)
        shutil.copy2(os.path.join(self.folder, name), os.path.join(self.folder, "right", name))

    def put_back(self, name):
        os.replace(shutil.copy2(os.path.join(self.folder, "right", name), os.path.join(self.folder, "new")),
                   os.path.join(self.folder, name))

    def link(self, program, objects, library):
        self.must_link(program, *objects, f"./{library}.so", f"-Wl,-rpath,{self.folder}")

    def passes(self, test, *arguments):
        folder = self.folder if test in SIMS else self.first.folder
        seconds = TEST_SECONDS if test in SIMS or "random" in test else UNIT_SECONDS
        try:
            return self.run([os.path.join(folder, test), *arguments], seconds).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def order(self, path):
        """The tests named like the file first, the long one and those that use it at a distance last."""
        stem = os.path.basename(path)[:-2]
        like = {"delete": "pass", "channel": "pass", "instance": "pass", "confirm": "pass_confirm",
                "queue": "dispatch", "throttle": "dispatch", "scheduler": "schedule"}
        words = {stem, like.get(stem, stem), *path.split("/")[:-1]} - {"daemon"}
        about = sorted((test for test in self.tests if self.is_about(test, path)),
                       key=lambda test: ("random" in test or "memory" in test, not any(
                           word in test for word in (stem, like.get(stem, stem))), not any(
                               word in test for word in words)))
        return about + [test for test in sorted(self.tests) if test not in about and self.uses(test, path)]

    def tests_about(self, path):
        """What may notice a fault, in turn: unit tests, the simulators, integration tests."""
        tests = [test for test in self.order(path) if not (self.sanitize and "random" in test)]
        if path.startswith("reconcile/"):
            tests += SIMS
        if self.has_integration:
            place = path
            while place:
                tests += [test for test in ABOUT.get(place, []) if test not in tests]
                place = os.path.dirname(place)
        return tests

    def noticed_by(self, path):
        """The test that fails, as runs() takes it, or None."""
        for test in self.tests_about(path):
            if test in SIMS and "small" in self.libraries:
                self.build(path, "small")
            failed = self.fails(test)
            if failed and self.fails(failed):
                return failed
        return None

    def fails(self, test):
        """None, or what failed: of an integration test's file the very test."""
        if ".py" in test:
            return self.integration_fails(test)
        self.make(test)
        return None if self.passes(test, *([SIMS[test]] if test in SIMS else [])) else test

    def integration_fails(self, test):
        """With the programs as they are in this copy."""
        romasim = os.path.join(ROOT, "build", "tests", "romasim", "romasim")
        environment = {**os.environ, "ROMASIM": romasim,
                       **{name.upper(): os.path.join(self.folder, name) for name in PROGRAMS}}
        name, _, some = (test, "", "") if "::" in test else test.partition(":")
        command = ["/usr/bin/python3", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider",
                   *([] if "::" in test else ["-n", "2"]), *(["-k", some] if some else []),
                   f"tests/{name}" if "/" in name else f"tests/integration/{name}"]
        try:
            done = subprocess.run(command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TEST_SECONDS)
        except subprocess.TimeoutExpired:
            return test
        if done.returncode == 0:
            return None
        if done.returncode in (PYTEST_MISUSED, PYTEST_RAN_NOTHING):
            sys.exit(f"{done.stdout[-4000:]}\nno test fits {test}")
        self.said = done.stdout
        failed = re.search(r"^(?:FAILED|ERROR) tests/(?:integration/)?([\w./]+::\w+)", done.stdout, re.M)
        return failed[1] if failed else test

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

    def optimized(self, path):
        """What the optimizer makes of the source as it is now."""
        with open(self.must_compile(path, "optimized"), "rb") as file:
            return file.read()

    def try_fault(self, fault):
        """(whether it is one, the test that notices it or None)"""
        if fault.path not in self.programs:
            self.programs[fault.path] = self.optimized(fault.path)
        try:
            if not self.write(fault.path, fault.before, fault.after, fault.line) or \
                    not self.build(fault.path, "common") or \
                    self.optimized(fault.path) == self.programs[fault.path]:
                return False, None
            return True, self.noticed_by(fault.path)
        finally:
            self.write(fault.path)
            self.compile(fault.path)
            self.put_back("libcommon.so")
            if "small" in self.libraries and fault.path in self.small_sources():
                self.compile(fault.path, "small")
                self.link_library("small")


class Trial:
    """Two scratch copies below a folder, the second made when it is first needed."""

    def __init__(self, source, folder, options, like=None):
        self.source = source
        self.folder = folder
        self.has_sanitizers = not options.plain and not options.quick
        self.plain = self.scratch("plain", like=like and like.plain, has_integration=not options.quick)
        self.sanitized = None
        # (whether with sanitizers, test) that was seen to pass without a fault
        self.passed = like.passed if like else set()

    def scratch(self, name, **how):
        folder = os.path.join(self.folder, name)
        os.makedirs(folder)
        return Scratch(self.source, folder, **how)

    def must_pass(self, scratch, test):
        """A second time, where the machine was too busy for the first."""
        seen = (scratch is self.sanitized, test)
        if seen not in self.passed:
            if scratch.fails(test) and scratch.fails(test):
                sys.exit(f"{scratch.said[-4000:]}\n{test} fails without any fault")
            self.passed.add(seen)

    def try_fault(self, fault):
        compiles, test = self.plain.try_fault(fault)
        if test:
            self.must_pass(self.plain, test)
        if not compiles or test or not self.has_sanitizers:
            return compiles, test
        if not self.sanitized:
            self.sanitized = self.scratch("sanitized", sanitize=SANITIZE)
        test = self.sanitized.try_fault(fault)[1]
        if test:
            self.must_pass(self.sanitized, test)
        return True, f"{test} with sanitizers" if test else None


def make_trials(folder, options):
    source = os.path.join(folder, "source")
    os.makedirs(source)
    copy_tree(ROOT, source)
    trials = []
    for number in range(options.jobs):
        trials.append(Trial(source, os.path.join(folder, str(number)), options,
                            trials[0] if trials else None))
    return trials


def tried(trials, faults):
    """(fault, whether it is one, the test that notices it or None), in the order of the faults; as many
    at a time as there are trials."""
    free = queue.SimpleQueue()
    for trial in trials:
        free.put(trial)

    def attempt(fault):
        trial = free.get()
        try:
            return fault, *trial.try_fault(fault)
        finally:
            free.put(trial)

    with concurrent.futures.ThreadPoolExecutor(len(trials)) as pool:
        ahead = collections.deque()
        try:
            for fault in faults:
                ahead.append(pool.submit(attempt, fault))
                if len(ahead) > len(trials):
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()


# ---- survivors ----

def describe(fault):
    return (f"{fault.path}:{fault.line}: {fault.kind}\n"
            f"    - {fault.before.strip()}\n    + {fault.after.strip()}")


def key_of(fault):
    return fault.path, fault.kind, fault.before.strip(), fault.after.strip()


def lines_of(path):
    """Of a source that may be gone, without their indentation."""
    with contextlib.suppress(FileNotFoundError), open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return [line.strip() for line in file]
    return []


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
        if before[2:] not in lines_of(path):
            print(f"survivors.txt: {path} has no such line any more: {before[2:]}")
            continue
        found[path, kind, before[2:], after[2:]] = " ".join(line.strip() for line in lines[3:])
    return found


def write_results(name, results):
    if name:
        with open(name, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--count", type=int, default=200, help="how many faults (200)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--room", choices=ROOMS, action="append", help="only there (everywhere); may be repeated")
    parser.add_argument("--file", action="append", help="only in that file; may be repeated")
    parser.add_argument("--only", metavar="FILE:LINE", help="all faults of one line instead")
    parser.add_argument("--quick", action="store_true",
                        help="only by unit tests and simulators, to find weak places soon: what survives is "
                        "for --again")
    parser.add_argument("--again", metavar="FILE", help="those that survived a run with --json FILE")
    parser.add_argument("--plain", action="store_true",
                        help="without the sanitizers: with --json, and --again later, they are built once")
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time (1)")
    parser.add_argument("--json", metavar="FILE", help="also write what came of each fault")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    faults = all_faults(chance, options.room or ROOMS)
    if options.file:
        faults = [f for f in faults if f.path in options.file]
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
        trials = make_trials(folder, options)
        for fault, compiles, test in tried(trials, faults):
            if not compiles:
                continue
            results.append({**fault._asdict(), "by": test})
            write_results(options.json, results)
            if test:
                caught += 1
                by[test] += 1
            else:
                survivors.append(fault)
                why = explanations.get(key_of(fault))
                print(f"survives: {describe(fault)}" + (f"\n    {why}" if why else ""), flush=True)
            if len(results) == options.count:
                break
    total = caught + len(survivors)
    for test, count in by.most_common():
        print(f"{count:5} noticed by {test}")
    explained = sum(key_of(fault) in explanations for fault in survivors)
    print(f"{total} faults, {caught} noticed: {100 * caught / max(total, 1):.1f} %; {len(survivors)} survive, "
          f"of which {explained} are explained ({time.monotonic() - started:.0f} s)")


if __name__ == "__main__":
    main()
