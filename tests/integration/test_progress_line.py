# SPDX-License-Identifier: MIT
"""Whoever waits at a terminal sees within moments what for; a pipe sees none of it."""

import os
import pty
import re
import select
import signal

import pytest

from case import DRIFT, FAILED, HELD, IN_SYNC, channel, entry, program
from test_control import KEPT, start
from test_plan_text import on_a_terminal

SILENT = {"match": {"op": "list_members"}, "then": {"stall": True}}
ERASED = "\r\x1b[K"


def shown_until(case, pattern, *argv):
    """What a command shows on a terminal until the pattern is there; then it is ended."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(program(argv[0]), [*argv, "-c", str(case.config)], case.environment({"TERM": "xterm"}))
    shown = ""
    while not re.search(pattern, shown):
        assert select.select([terminal], [], [], 30)[0], shown
        shown += os.read(terminal, 65536).decode()
    os.kill(pid, signal.SIGKILL)
    os.close(terminal)
    os.waitpid(pid, 0)
    return shown


@pytest.mark.parametrize("argv", [["rosterd", "--once"], ["rosterctl", "plan"]], ids=" ".join)
def test_a_silent_service_is_named(case, argv):
    case.serve(channel("payments", *KEPT), channel("orders", *KEPT), faults=[SILENT])
    case.roster(entry("payments", *KEPT), entry("orders", *KEPT))
    case.write_settings()
    shown = shown_until(case, "waiting for an answer of prod for [1-9]", *argv)
    first = shown.split(ERASED)[1:3]
    assert any("0 of 2 channels read; waiting for an answer of prod" in line for line in first), "a line a second: within 2 s"


def test_the_daemons_passes_and_plans_are_shown_as_well(case):
    sim = case.serve(channel("payments", *KEPT))
    case.roster(entry("payments", *KEPT))
    case.tune(interval="24h")
    start(case)
    sim.faults([SILENT])
    shown_until(case, "prod: 0 of 1 channel read; waiting for an answer of prod", "rosterctl", "reconcile")
    sim.clear_faults()
    sim.faults([SILENT])
    shown_until(case, "0 of 1 channel read; waiting for an answer of prod", "rosterctl", "plan")


def test_a_wait_has_its_reason_and_its_end(case):
    case.serve(channel("payments", *KEPT), faults=[{"match": {"op": "list_members"}, "then": {
        "status": 503, "code": "APIG.9999", "message": "busy"}}])
    case.roster(entry("payments", *KEPT))
    case.tune(retry={"base": "60s", "cap": "60s"})
    case.write_settings()
    shown_until(case, r"sending again in [1-9][0-9]? s: prod/payments: answered 503", "rosterctl", "plan", "--log-level", "err")


def test_the_line_is_gone_before_anything_else(case):
    """Nothing of it is left beside the report, and none of it goes into a pipe."""
    slow = {"match": {"op": "list_members"}, "times": 1, "then": {"delay_ms": 2500}}
    sim = case.serve(channel("payments", *KEPT, "10.9.0.1"), faults=[slow])
    case.roster(entry("payments", *KEPT))
    shown, status = on_a_terminal(case, "rosterctl", "plan")
    assert status == DRIFT and "waiting for an answer of prod" in shown
    assert shown.rsplit(ERASED, 1)[1].startswith("1 channel: ")
    sim.faults([slow])
    done = case.plan()
    assert done.status == DRIFT and done.stderr == "" and "\x1b" not in done.stdout


@pytest.mark.parametrize("cause", ["dead", "held"])
def test_what_the_report_tells_is_not_told_before_it_on_the_same_terminal(case, cause):
    if cause == "dead":
        case.attach("prod", "http://127.0.0.1:1")
        case.secret("token", "T1")
        case.tune(retry={"attempts": 1})
    else:
        case.serve(channel("payments", *KEPT, *[f"10.9.0.{i}" for i in range(20)]))
    case.roster(entry("payments", *KEPT), *([entry(f"channel-{i}", *KEPT) for i in range(59)] if cause == "dead" else []))
    wanted, word = (FAILED, "refused") if cause == "dead" else (HELD, "max_deletes refuses")
    shown, status = on_a_terminal(case, "rosterctl", "plan")
    assert status == wanted and shown.count(word) == 1, shown
    apart = case.plan()
    assert word in apart.stdout and word.split()[0] not in apart.stderr, "nor is it anywhere else"


SURVEYS = [["channels", "--members"], ["export"]]


@pytest.mark.parametrize("argv", [*SURVEYS, ["channels"]], ids=" ".join)
@pytest.mark.parametrize("by", ["rosterctl", "daemon"])
def test_what_is_read_of_the_service_is_shown_as_well(case, argv, by):
    sim = case.serve(channel("payments", *KEPT), channel("orders", *KEPT))
    case.roster(entry("payments", *KEPT))
    case.tune(interval="24h")
    if by == "daemon":
        start(case)
    case.write_settings()
    silent = "list_members" if argv != ["channels"] else "list_channels"
    sim.faults([{"match": {"op": silent}, "then": {"stall": True}}])
    words = "0 of 2 channels read" if silent == "list_members" else "reading the list of channels"
    shown_until(case, f"{words}; waiting for an answer of prod for [1-9]", "rosterctl", *argv)


@pytest.mark.parametrize("argv", [*SURVEYS, ["plan"]], ids=" ".join)
def test_a_pipe_gets_no_line_of_progress(case, argv):
    case.serve(channel("payments", *KEPT), faults=[{"match": {"op": "list_members"}, "times": 1, "then": {"delay_ms": 2500}}])
    case.roster(entry("payments", *KEPT))
    done = case.run("rosterctl", *argv, env={"TERM": "xterm"})
    assert done.status == IN_SYNC and done.stderr == "" and "\x1b" not in done.stdout and "waiting" not in done.stdout


def refused(name=None):
    match = {"op": "list_members", **({"channel": name} if name else {})}
    return {"match": match, "then": {"status": 403, "code": "APIG.1005", "message": "no right"}}


@pytest.mark.parametrize("argv", SURVEYS, ids=" ".join)
def test_a_cause_that_all_channels_have_is_one_line(case, argv):
    """With their number; one of some channels alone is told of each, and channels that have no members are no others."""
    names = [f"channel-{number}" for number in range(60)]
    sim = case.serve(*[channel(name, *KEPT) for name in names], channel("else", vpc_channel_type="reference"), faults=[refused()])
    case.settings.pop("rosters", None)
    shown, status = on_a_terminal(case, "rosterctl", *argv)
    assert status == FAILED and shown.count("no right") == 1, shown
    told, = [line for line in shown.splitlines() if "no right" in line]
    assert " 60 channels" in told and told.split(ERASED)[-1].split(":")[0].endswith("prod" if argv != ["export"] else "rosterctl")
    sim.clear_faults()
    sim.faults([refused("channel-7"), refused("channel-8")])
    shown, status = on_a_terminal(case, "rosterctl", *argv)
    assert status == FAILED and shown.count("no right") == 2 and "prod/channel-7" in shown and "prod/channel-8" in shown, shown


def test_what_was_not_read_is_not_counted(case):
    case.attach("prod", "http://127.0.0.1:1")
    case.secret("token", "T1")
    case.settings.pop("rosters", None)
    case.tune(retry={"attempts": 1})
    for argv in ["channels"], *SURVEYS:
        shown, status = on_a_terminal(case, "rosterctl", *argv)
        assert status == FAILED and shown.count("refused") == 1 and "0 channels" not in shown and "0 in no roster" not in shown, shown
