#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Lets every allocation of rosterd fail once, in turn: through a whole pass and through a reload.

The pass meets a 500, deletes, confirms, and has a second channel that is held. Whichever allocation
fails: no crash, no sanitizer's complaint (leaks included), no deletion without a record, and an exit
status that is true of the service. A daemon whose reload fails lives on, and the next one succeeds.

Where allocations of libraries fail too, a library may crash over its own, within the call that we
made: such a crash is none of ours, and is told apart.

torture.py PROGRAM [--all]: a sample, or every allocation."""
import argparse
import collections
import concurrent.futures
import http.client
import json
import mmap
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import struct
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

import case as cases  # noqa: E402
import web  # noqa: E402
from daemon import NEVER, Daemon  # noqa: E402

SAMPLE_ONCE, SAMPLE_RELOAD = 150, 60
AT_A_TIME = 4  # each waits most of its time for programs
KEPT, EXTRAS = ["10.1.0.1", "10.1.0.2", "10.1.0.3"], ["10.9.0.1", "10.9.0.2"]


class Shared:
    """What the program shares with us: how many allocations there were, and which one is to fail."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "torture"
        if not self.path.exists():
            self.path.write_bytes(b"\0" * mmap.PAGESIZE)
        with open(self.path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def arm(self, fail_at):
        self.memory[0:16] = struct.pack("QQ", 0, fail_at)

    def count(self):
        return struct.unpack("Q", self.memory[0:8])[0]

    def who(self):
        """The stack that asked for the allocation that failed: [(object, offset)]."""
        frames = self.memory[16:16 + 2048].split(b"\0")[0].decode().split()
        return [tuple(frame.rsplit("+", 1)) for frame in frames]


class Failed(Exception):
    who = ()  # whose allocation had failed


def demand(condition, text):
    if not condition:
        raise Failed(text)


def recorded(case):
    """{member id: outcome} of the history."""
    path = case.state_dir / "rosterd.db"
    if not path.exists():
        return {}
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        made = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'action'").fetchone()
        return dict(database.execute("SELECT member_id, outcome FROM action")) if made else {}


def check_history(case, sim):
    """No deletion without a record, and none that the record tells otherwise."""
    history = recorded(case)
    for request in cases.deletions(sim):
        demand(request["member"] in history, f"{request['member']} was deleted without a record")
    there = {row["id"] for name in ("payments", "orders") for row in sim.members(cases.identifier(name))}
    for member, outcome in history.items():
        demand(not (outcome == "deleted" and member in there), f"{member} lives, the history says deleted")
    return history


def check_quiet(status, stderr):
    demand(status >= 0, f"ended by signal {-status}: {stderr[-3000:]}")
    demand("Sanitizer" not in stderr and "runtime error:" not in stderr, stderr[-3000:])


# ---- a pass ----

def prepare(case):
    sim = case.serve(cases.channel("payments", *KEPT, *EXTRAS), cases.channel("orders", *KEPT, *EXTRAS),
                     faults=[{"match": {"op": "delete_member"}, "times": 1,
                              "then": {"status": 500, "code": "APIG.9999"}}])
    case.tune(interval=NEVER, limits={"connect_timeout": "1s", "timeout": "2s"})
    case.roster(cases.entry("payments", *KEPT), cases.entry("orders", *KEPT, guards={"max_deletes": 1}))
    return sim


def once(folder, fail_at):
    """One pass in which that allocation fails; how many there were."""
    case = cases.Case(folder)
    try:
        shared = Shared(folder)
        sim = prepare(case)
        shared.arm(fail_at)
        running = case.start("rosterd", "--once", "--json", env={"TORTURE": str(shared.path)})
        stdout, stderr = running.process.communicate(timeout=60)
        status = running.process.returncode
        check_quiet(status, stderr)
        demand(status in (1, 3), f"status {status}: {stderr[-600:]}")
        check_history(case, sim)
        left = sorted(row["host"] for row in sim.members(cases.identifier("payments")))
        demand(set(KEPT) <= set(left), f"a member that belongs there was deleted: {left}")
        demand(len(sim.members(cases.identifier("orders"))) == len(KEPT + EXTRAS), "a guard was passed")
        if status == cases.HELD:
            demand(left == KEPT, f"status 3, but there are {left}")
            results = {c["name"]: c["result"] for c in json.loads(stdout)["channels"]}
            demand(results == {"payments": "converged", "orders": "held"}, f"status 3, but {results}")
        else:
            demand(fail_at, f"status {status} without a fault: {stderr[-600:]}")
            demand(stderr.strip(), f"status {status}, and not a word why")
        return shared.count()
    finally:
        case.close()


# ---- a reload ----

def reload(folder, fail_at):
    """A daemon's reload and its pass in which that allocation fails; how many there were."""
    case = cases.Case(folder)
    try:
        shared = Shared(folder)
        sim = prepare(case)
        case.roster(cases.entry("payments", *KEPT, *EXTRAS), cases.entry("orders", *KEPT, *EXTRAS))
        case.secret("web.token", web.TOKEN)
        case.settings["http"] = {"listen": f"127.0.0.1:{web.free_port()}", "token_file": "web.token"}
        # Nobody listens: what is held is told again and again.
        case.secret("chat.url", "http://127.0.0.1:1/hook")
        case.tune(notify=[{"format": kind, "url_file": "chat.url"} for kind in ("cloudevents", "dingtalk")])
        daemon = Daemon(case, env={"TORTURE": str(shared.path)})
        daemon.wait_ready()
        daemon.wait_status("2 in sync")
        case.roster(cases.entry("payments", *KEPT), cases.entry("orders", *KEPT, guards={"max_deletes": 1}))
        shared.arm(fail_at)
        case.settings["http"].update(listen=f"127.0.0.1:{web.free_port()}", hosts=["a.example.com"])
        case.write_settings()
        daemon.signal(signal.SIGHUP)
        ask(case)
        for path in ("/readyz", "/v1/status"):
            look(case, path)
        settle(daemon, shared, sim)
        count, end = shared.count(), time.monotonic() + 20
        shared.arm(0)
        if sim.hosts(cases.identifier("payments")) != KEPT:
            daemon.signal(signal.SIGHUP)
        while sim.hosts(cases.identifier("payments")) != KEPT:
            demand(time.monotonic() < end, f"the next reload does not succeed: {daemon.text()[-1500:]}")
            settle(daemon, shared, sim)
        demand(len(sim.members(cases.identifier("orders"))) == len(KEPT + EXTRAS), "a guard was passed")
        while look(case, "/livez") != 200:
            demand(time.monotonic() < end, f"nothing is shown over TCP any more: {daemon.text()[-1500:]}")
            daemon.signal(signal.SIGHUP)
            settle(daemon, shared, sim)
        daemon.signal(signal.SIGTERM)
        status = daemon.process.wait(30)
        check_quiet(status, daemon.text())
        demand(status == 0, f"the daemon ended with {status}: {daemon.text()[-1500:]}")
        check_history(case, sim)
        return count
    finally:
        case.close()


def ask(case):
    """Asks the daemon for its status, which may fail in whatever way but that of never ending."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(5)
            connection.connect(case.settings["control_socket"])
            connection.sendall(b"GET /v1/status HTTP/1.1\r\nHost: rosterd\r\n\r\n")
            answer = b""
            while part := connection.recv(65536):
                answer += part
    except TimeoutError:
        raise Failed("a request on the control socket is neither answered nor refused") from None
    except OSError:
        return
    if answer.startswith(b"HTTP/1.1 200"):
        demand("channels" in json.loads(answer.split(b"\r\n\r\n", 1)[1]), f"the status is not whole: {answer}")


def look(case, path):
    """Asks over TCP, likewise: the status of the answer, 0 without one."""
    try:
        answer = web.get(int(case.settings["http"]["listen"].rpartition(":")[2]), path, **web.bearer())
    except TimeoutError:
        raise Failed("a request over TCP is neither answered nor refused") from None
    except (OSError, http.client.HTTPException):
        return 0
    return answer.status


def settle(daemon, shared, sim):
    """Waits until the daemon allocates nothing and asks nothing for a while."""
    before, quiet, end = None, 0, time.monotonic() + 30
    while quiet < 6:
        now = (shared.count(), len(sim.requests()))
        quiet = quiet + 1 if now == before else 0
        before = now
        status = daemon.poll()
        demand(status is None, f"the daemon ended with {status}: {daemon.text()[-3000:]}")
        demand(time.monotonic() < end, "the daemon does not settle")
        time.sleep(0.02)


# ---- crashes ----

# What fails within these breaks what they keep, and they crash over it in a later call.
KEEPERS = ("libcurl.so",)


def call_of(frames, program):
    """(library, the call of ours that led into it), or None where we are at work ourselves."""
    inner = [frame for frame in frames if not frame[0].startswith("libc.so")]
    site = next((offset for name, offset in inner if name == program), None)
    return (inner[0][0], site) if site and inner[0][0] != program else None


def crash_of(text):
    """The stack of a crash, without the two frames of its signal."""
    frames = re.findall(r"^[^\s(]*?([^/\s(]+)\((\S*?)(\+0x[0-9a-f]+)\)\[", text.split("torture: crashed in")[-1], re.M)
    return [(name, offset[1:]) for name, _, offset in frames][2:]


def library_at_fault(error, program):
    """The library that crashed over its own allocation; None: the fault is ours."""
    text = str(error)
    if "torture: crashed in" not in text:
        return None
    call, crash = call_of(error.who, program), call_of(crash_of(text), program)
    if not call or not crash or call[0] != crash[0]:
        return None
    return call[0] if call[1] == crash[1] or call[0].startswith(KEEPERS) else None


# ---- all of them ----

def sample(count, wanted, everything):
    if everything or count <= wanted:
        return range(1, count + 1)
    return sorted({1 + i * count // wanted for i in range(wanted)})


def in_folder(what, fail_at):
    folder = tempfile.mkdtemp(prefix="torture-")
    try:
        return what(folder, fail_at)
    except Failed as error:
        error.who = Shared(folder).who()
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fail(what, fail_at):
    """None, or the error with which a life ended in which that allocation failed."""
    try:
        in_folder(what, fail_at)
        return None
    except (Failed, AssertionError, KeyError, ValueError) as error:
        return error


def torture(what, wanted, everything):
    """(passed, failed)"""
    program = pathlib.Path(os.environ["ROSTERD"]).name
    count = in_folder(what, 0)
    chosen = sample(count, wanted, everything)
    libraries = collections.Counter()
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        errors = pool.map(lambda fail_at: fail(what, fail_at), chosen)
        for fail_at, error in zip(chosen, errors):
            library = library_at_fault(error, program) if isinstance(error, Failed) else None
            if library:
                libraries[library] += 1
            elif error:
                failed += 1
                print(f"not ok - {what.__name__}, allocation {fail_at}: {error}", flush=True)
    for library, crashes in sorted(libraries.items()):
        print(f"{what.__name__}: {library} crashed over {crashes} of its own", flush=True)
    print(f"{what.__name__}: {len(chosen)} of {count} allocations failed in turn, {failed} with harm", flush=True)
    return len(chosen) - failed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("program", help="a rosterd that was linked with tests/torture/wrap.c or interpose.c")
    parser.add_argument("--all", action="store_true", help="every allocation, not a sample (or $TORTURE_ALL)")
    parser.add_argument("--only", choices=["once", "reload"], help="one of the two")
    options = parser.parse_args()
    os.environ["ROSTERD"] = os.path.abspath(options.program)
    everything = options.all or bool(os.environ.get("TORTURE_ALL"))
    passed = failed = 0
    for what, wanted in ((once, SAMPLE_ONCE), (reload, SAMPLE_RELOAD)):
        if options.only in (None, what.__name__):
            good, bad = torture(what, wanted, everything)
            passed, failed = passed + good, failed + bad
    print(f"torture: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
