# SPDX-License-Identifier: MIT
"""Names that would steer a terminal or turn a line around, in all that the service and people give: nothing that is
meant for people carries them as they came."""

import json
import subprocess

import pytest

from case import channel, entry
from daemon import NEVER, Daemon

TRICK = "\u009b2J\u2028\u202ea\nerr: forged\x1b[31m"
WORD = f"x{TRICK}y"
SECRET = "t0ken-that-nobody-may-see"
KEPT = [f"10.1.0.{n}" for n in range(1, 5)]


def raw(text):
    """What of a text is not for people: controls but for the end of a line, format characters, line separators."""
    return [c for c in text if (ord(c) < 0x20 and c != "\n") or 0x7f <= ord(c) < 0xa0 or c in "\u2028\u2029\u202e"]


def fault(operation, status, times, **match):
    """The service says the token back, among other things."""
    body = {"error_code": f"APIG.{TRICK}", "error_msg": f"no {TRICK} for {SECRET}"}
    return {"match": {"op": operation, **match}, "times": times,
            "then": {"status": status, "body": json.dumps(body), "content_type": "application/json"}}


def hostile(case):
    """A service whose every word is hostile."""
    named = [channel(f"{WORD}-{n}", *KEPT, {"host": f"10.9.{n}.1"}, {"host": f"10.9.{n}.2", "member_group_name": WORD})
             for n in range(4)]
    sim = case.serve(*named, token=SECRET, faults=[fault("delete_member", 500, 1, member="10.9.3.1"),
                                                   fault("delete_member", 400, 1, member="10.9.0.2")])
    case.secret("token", SECRET)
    return sim, named


def in_journal(case):
    """A journal of its own for the daemon, which keeps what it is sent in a file."""
    script = """
import os, socket, subprocess, sys, threading
subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
os.makedirs("/run/systemd/journal")
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.bind("/run/systemd/journal/socket")
out = open(sys.argv[1], "ab", buffering=0)
def keep(parent):
    journal.settimeout(0.2)
    while True:
        try:
            out.write(journal.recv(1 << 20) + b"\\n")
        except TimeoutError:
            if os.getppid() != parent:
                sys.exit()
parent = os.getpid()
if os.fork() == 0:
    keep(parent)
os.execvp(sys.argv[2], sys.argv[2:])
"""
    prefix = ["unshare", "--mount", "--propagation", "private", "/usr/bin/python3", "-c", script,
              str(case.folder / "journal")]
    if subprocess.run([*prefix, "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("needs to mount")
    return prefix


def ask(case, *args):
    """What rosterctl tells, which is for people too."""
    done = case.run("rosterctl", *args)
    for text in (done.stdout, done.stderr):
        assert not raw(text) and SECRET not in text, (args, text)
    return done


def ask_all(case):
    for args in (["status", "-v"], ["plan", "-v"], ["history"], ["status", f"{WORD}-0"], ["status", "no" + TRICK],
                 ["history", "--channel", TRICK], ["approve", TRICK], ["undo", "--pass", TRICK], ["validate"],
                 ["history", "--json"], ["status", "--json"]):
        ask(case, *args)


@pytest.mark.parametrize("kind", ["json", "text", "journal"])
def test_nothing_raw_comes_through(case, kind):
    """A deletion, a failed one, retries, a hold, a failed channel, a pause, an undo, another writer, mistakes."""
    sim, named = hostile(case)
    case.tune(interval=NEVER, guards={"max_delete_percent": 100, "max_deletes": 2})
    case.roster(*(entry("", *KEPT, id=row["id"]) for row in named[:2]), entry("", KEPT[0], id=named[2]["id"]),
                entry("", {"host": "10.9.3.2", "group": "other"}, *KEPT, id=named[3]["id"]))
    daemon = Daemon(case, "--log-format", kind, wrap=in_journal(case) if kind == "journal" else ())
    daemon.wait_status("next pass")
    ask_all(case)
    ask(case, "pause", named[1]["id"], "--reason", f"because {TRICK}")
    ask(case, "undo", "--last")
    sim.edit(named[0]["name"], remove=["10.9.0.1"])
    ask(case, "reconcile")
    ask_all(case)
    ask(case, "resume", "--all")
    sim.faults([fault("list_members", 500, -1)])
    ask(case, "reconcile")
    case.roster(entry("x", *KEPT, **{f"k{TRICK}": TRICK}), entry(TRICK, *KEPT))
    daemon.wait_status("INVALID")
    ask_all(case)
    assert daemon.stop() == 0
    said = daemon.text() + "\n".join(str(m.get("STATUS", "")) for m in daemon.messages)
    if kind == "journal":
        said += (case.folder / "journal").read_bytes().decode(errors="replace")
    for part in ("another writer", "sending again", "deleted 10.9", "could not delete", "undo: added back 10.9", "held",
                 "failed: ", "because ", "INVALID"):
        assert part in said, (part, said)
    for line in said.splitlines():
        assert not line.startswith("err: forged"), line
    assert not raw(said) and SECRET not in said
    checked = case.check()
    assert not raw(checked.stdout + checked.stderr)
