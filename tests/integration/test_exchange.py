# SPDX-License-Identifier: MIT
"""A full channel: an extra goes for each addition, and never does the channel serve with fewer than it must."""

import signal

import pytest

from case import FAILED, IN_SYNC, channel, deletions, entry, extras, mutations, wait_until
from daemon import NEVER, Daemon

OLD = [f"10.1.0.{n}" for n in range(1, 11)]
NEW = [f"10.1.1.{n}" for n in range(1, 11)]
SETTLE_MS = 300


def replace(case, old, new, min_remaining, **service):
    """A channel at its quota, whose members are all to be replaced."""
    case.tune(mode="sync", settle=f"{SETTLE_MS}ms", interval=NEVER, limits={"requests_per_second": 200},
              guards={"max_deletes": 50, "max_adds": 50, "max_delete_percent": 100, "min_remaining": min_remaining})
    sim = case.serve(channel("payments", *old), quota=len(old), **service)
    case.roster(entry("payments", *new))
    return sim


def pairs(sim):
    """(deletion, the addition after it) of each exchange: the requests that had their effect."""
    done = [request for request in mutations(sim) if request["applied"]]
    assert [request["op"] for request in done] == ["delete_member", "add_members"] * (len(done) // 2)
    return list(zip(done[::2], done[1::2]))


def assert_apart(sim):
    """What was added had its time to take effect before the next extra goes."""
    added_ms = None
    for request in (request for request in mutations(sim) if request["applied"]):
        if request["op"] == "add_members":
            added_ms = request["end_ms"]
        elif added_ms is not None:
            assert request["t_ms"] - added_ms >= SETTLE_MS


def test_all_ten_members_of_a_full_channel_are_replaced(case):
    """Through a burst of errors, and a SIGKILL between a deletion and its addition."""
    sim = replace(case, OLD, NEW, 9, faults=[
        {"match": {"op": "add_members"}, "skip": 12, "times": 2, "then": {"status": 500}},
        {"match": {"op": "delete_member"}, "skip": 4, "times": 2, "then": {"status": 500, "effect": True}},
        {"match": {"op": "add_members"}, "skip": 16, "times": 1, "then": {"stall": True}}])
    killed = Daemon(case)
    wait_until(lambda: any(request["op"] == "add_members" and request["status"] is None for request in mutations(sim)),
               seconds=60, process=killed.process)
    killed.process.kill()
    killed.process.wait()
    assert sim.hosts("payments") != NEW and len(sim.members("payments")) == 9
    sim.clear_faults()
    daemon = Daemon(case)
    daemon.wait_status("1 in sync")
    assert sorted(sim.hosts("payments")) == sorted(NEW)
    assert sim.in_service("payments") == (10, 9), "never fewer than nine"
    assert_apart(sim)
    assert daemon.stop() == 0
    again = case.once()
    assert (again.status, again.channel("payments")["result"]) == (IN_SYNC, "in_sync")


def test_exchanges_are_settle_apart(case):
    sim = replace(case, OLD[:4], NEW[:4], 3)
    done = case.once()
    reported = done.channel("payments")
    assert (done.status, reported["result"]) == (IN_SYNC, "converged"), done
    assert {row["outcome"] for row in reported["added"]} == {"added"}
    assert set(extras(reported).values()) == {"deleted"}
    assert len(pairs(sim)) == 4
    assert_apart(sim)
    assert sim.in_service("payments") == (4, 3)


def test_nothing_goes_below_min_remaining(case):
    sim = replace(case, OLD[:2], NEW[:2], 2)
    done = case.once()
    reported = done.channel("payments")
    assert (done.status, reported["result"]) == (FAILED, "failed")
    message = reported["error"]["message"]
    assert "2 members are in service, min_remaining is 2" in message
    assert "APIG.3110" in message and "have its quota raised" in message
    assert deletions(sim) == [] and sim.hosts("payments") == OLD[:2]
    assert {row["outcome"] for row in reported["added"]} == {"failed"}


@pytest.mark.parametrize("between", ["pause", "stop"])
def test_what_comes_between_divides_no_exchange(case, between):
    sim = replace(case, OLD[:2], NEW[:2], 1,
                  faults=[{"match": {"op": "delete_member"}, "times": 1, "then": {"hold": True, "effect": True}}])
    daemon = Daemon(case)
    wait_until(lambda: deletions(sim), process=daemon.process)
    if between == "pause":
        assert case.run("rosterctl", "pause", "payments", "--reason", "holiday").status == IN_SYNC
    else:
        daemon.signal(signal.SIGTERM)
    sim.release()
    if between == "pause":
        daemon.wait_status("next pass")
        assert daemon.stop() == 0
    else:
        assert daemon.wait_end() == 0
    assert len(pairs(sim)) == 1 and len(sim.members("payments")) == 2
