# SPDX-License-Identifier: MIT
"""The daemon is never deaf: while it reads members, or settings and rosters, it answers. Counted against what it does
meanwhile, for how fast either goes is the machine's."""

import contextlib
import signal
import sqlite3

import pytest

from case import channel, entry, identifier, wait_until
from daemon import NEVER, Daemon
from test_control import ask
from test_dead_mount import dead

CHANNELS, MEMBERS = 200, 500
# A page is at least 500 members; between two answers there are no more than a few.
PAGES_PER_ANSWER_MAX = 8
PASSES = 1

# A search stops every thread first, and one that waits for a dead file system cannot be stopped.
pytestmark = pytest.mark.usefixtures("no_search_for_leaks")


def pages(case):
    return case.sim.stats()["per_op"].get("list_members", 0)


def test_clients_are_answered_in_the_middle_of_a_pass(case):
    case.sim = case.serve(generate={"channels": CHANNELS, "members": MEMBERS, "name": "c-%d"})
    case.roster(*(entry(live["name"], *(member["host"] for member in live["members"]))
                  for live in case.sim.state()["instances"][0]["channels"]))
    case.tune(interval="1s")
    daemon = Daemon(case)
    daemon.wait_status("200 in sync")
    first, answers = pages(case), 0
    while pages(case) < first + PASSES * CHANNELS:
        for _ in range(4):
            assert ask(case, "GET", "/v1/progress")[0] == 200
            answers += 1
    assert answers * PAGES_PER_ANSWER_MAX >= PASSES * CHANNELS
    assert daemon.stop() == 0


def test_clients_are_answered_in_the_middle_of_a_reload(case):
    """One that takes its time, but not so long that the files count as ones that do not answer."""
    case.serve(channel("payments", "10.1.0.1"))
    case.roster(entry("payments", "10.1.0.1"), file="rosters.d/a.yaml")
    case.tune(rosters=["rosters.d"], interval=NEVER)
    daemon = Daemon(case)
    daemon.wait_status("1 in sync")
    for _ in range(20):
        before = daemon.text().count("does not answer")
        with dead(case.folder / "rosters.d") as revive:
            begun = daemon.reloads()
            daemon.signal(signal.SIGHUP)
            wait_until(lambda count=begun: daemon.reloads() > count, process=daemon.process)
            for _ in range(3):
                assert ask(case, "GET", "/v1/progress")[0] == 200
            is_late = daemon.text().count("does not answer") > before
            revive()
        # Every reload has its end, this one included, and those of what the watch saw.
        wait_until(lambda: daemon.count("READY") > daemon.reloads(), process=daemon.process)
        if not is_late:
            break
    assert not is_late
    assert daemon.stop() == 0


def test_a_pass_records_nothing_for_other_instances(case):
    """With a thousand of them, the first pass of one would wait for a thousand writes to reach the disk."""
    sim = case.serve(channel("payments", "10.1.0.1"))
    for name in ("b", "c"):
        case.attach(name, sim, instance_id=identifier(name))
    case.roster(entry("payments", "10.1.0.1"), instance="prod")
    case.tune(interval=NEVER)
    daemon = Daemon(case)
    daemon.wait_status("1 in sync")
    assert daemon.stop() == 0
    with contextlib.closing(sqlite3.connect(case.state_dir / "rosterd.db")) as database:
        assert database.execute("SELECT name FROM instance").fetchall() == [("prod",)]
