# SPDX-License-Identifier: MIT
"""Nobody reads the log, and signals that come early or mean nothing: the daemon goes on."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess

import pytest

import case as cases
from case import channel, entry, wait_until
from daemon import NEVER, Daemon

KEPT = tuple(f"10.1.0.{n}" for n in range(1, 7))
EXTRAS = tuple(f"10.1.0.{n}" for n in range(10, 70))
LIVE = channel("payments", *KEPT, *EXTRAS)


def prepare(case):
    sim = case.serve(LIVE)
    case.roster(entry("payments", *KEPT))
    case.tune(interval=NEVER, guards={"max_deletes": 1000, "max_delete_percent": 100, "max_deletes_total": "off", "max_channels": "off"})
    case.write_settings()
    return sim


@contextlib.contextmanager
def small_pipe():
    """A pipe that takes a page."""
    read_end, write_end = os.pipe()
    fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, 4096)
    try:
        yield read_end, write_end
    finally:
        os.close(read_end)
        os.close(write_end)


@contextlib.contextmanager
def logging_to(case, write_end, *options):
    """The daemon, which logs there, and is ended by SIGTERM."""
    process = subprocess.Popen([cases.program("rosterd"), "-c", str(case.config), *options], env=case.environment(),
                               cwd=case.folder, stdin=subprocess.DEVNULL, stderr=write_end)
    try:
        yield process
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def test_a_full_pipe_stops_neither_deletions_nor_the_end(case):
    """Lines are dropped and counted; when somebody reads again, a line says how many."""
    sim = prepare(case)
    with small_pipe() as (read_end, write_end), logging_to(case, write_end, "--log-format", "json") as process:
        wait_until(lambda: sim.hosts("payments") == sorted(KEPT), 60, process)
        text = os.read(read_end, 65536)
        case.roster(entry("payments", *KEPT, ignore=[{"group": "x"}]))
        os.kill(process.pid, signal.SIGHUP)

        def lost():
            nonlocal text
            text += os.read(read_end, 65536)
            return b"of the log were lost" in text
        wait_until(lost, 30, process)
        rows = [json.loads(line) for line in text.decode().splitlines() if line.startswith("{") and line.endswith("}")]
        told, = [row["message"] for row in rows if "of the log were lost" in row["message"]]
        assert 0 < int(told.split()[0]) <= 200
        assert not [line for line in text.decode().splitlines()[:-1] if not line.endswith("}")], "whole lines only"
        os.set_blocking(read_end, False)


def test_sigterm_ends_it_while_nobody_reads_its_log(case):
    sim = prepare(case)
    with small_pipe() as (_, write_end):
        os.set_blocking(write_end, False)
        os.write(write_end, b"x" * 4096)
        os.set_blocking(write_end, True)
        with logging_to(case, write_end) as process:
            wait_until(lambda: sim.hosts("payments") == sorted(KEPT), 60, process)


JOURNAL = """
import os, socket, subprocess, sys
subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
os.makedirs("/run/systemd/journal")
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.bind("/run/systemd/journal/socket")
journal.set_inheritable(True)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def test_a_journal_that_takes_nothing_stops_nothing(case):
    """Its socket is there and full: journald is stopped."""
    prefix = ["unshare", "--mount", "--propagation", "private", "/usr/bin/python3", "-c", JOURNAL]
    if subprocess.run([*prefix, "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("needs to mount")
    sim = prepare(case)
    daemon = Daemon(case, "--log-format", "journal", wrap=prefix)
    wait_until(lambda: sim.hosts("payments") == sorted(KEPT), 60, daemon.process)
    assert "lines of the log were lost" in daemon.wait_status("1 in sync")
    assert daemon.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGUSR2])
def test_a_signal_without_meaning_is_told_of_once(case, number):
    prepare(case)
    daemon = Daemon(case)
    daemon.wait_status("1 in sync")
    daemon.signal(number)
    daemon.signal(number)
    daemon.reload()
    daemon.signal(number)
    daemon.reload()
    assert len([row for row in daemon.lines() if "means nothing" in row["message"]]) == 1
    assert daemon.stop() == 0


def test_a_hangup_at_the_very_start_is_a_reload(case):
    """However early it comes."""
    prepare(case)
    for _ in range(10):
        daemon = Daemon(case)
        status = f"/proc/{daemon.pid}/status"

        def is_blocked():
            mask = [line.split()[1] for line in open(status, encoding="ascii") if line.startswith("SigBlk")][0]
            return int(mask, 16) & 1
        wait_until(is_blocked, process=daemon.process)
        daemon.signal(signal.SIGHUP)
        daemon.wait_ready()
        assert daemon.stop() == 0
