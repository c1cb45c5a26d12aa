# SPDX-License-Identifier: MIT
"""What happens in the middle of a pass: changes of rosters and settings, and signals."""

import signal

import pytest

from case import PACE, FAILED, HELD, IN_SYNC, channel, deletions, entry, mutations, wait_until
from daemon import NEVER, Daemon, outcomes, undecided

KEPT = ("10.1.0.1", "10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5", "10.1.0.6")
EXTRAS = tuple(f"10.1.0.{n}" for n in range(91, 97))
LIVE = channel("payments", *KEPT, *EXTRAS)
ROSTER = entry("payments", *KEPT)


def start(case, *faults, **settings):
    """A daemon whose first pass has six members to delete."""
    sim = case.serve(LIVE, faults=list(faults))
    case.roster(ROSTER)
    case.tune(**{"interval": NEVER, **settings})
    return sim, Daemon(case)


def slowly(milliseconds=150, times=-1):
    """Each deletion takes its time, so that the test comes in between."""
    return {"match": {"op": "delete_member"}, "times": times, "then": {"delay_ms": milliseconds, "effect": True}}


# The answer to each waits until sim.release().
HELD_BACK = {"match": {"op": "delete_member"}, "times": -1, "then": {"hold": True, "effect": True}}
STALLED = {"match": {"op": "delete_member"}, "times": -1, "then": {"stall": True}}


def sent(sim):
    """The hosts whose deletion the service has seen, in order; found by the ids at the start."""
    return [request["member"] for request in deletions(sim)]


def wait_deletion(sim, daemon, count=1):
    wait_until(lambda: len(deletions(sim)) >= count, process=daemon.process)


# ---- pauses ----

def pause(case):
    done = case.run("rosterctl", "pause", "payments", "--reason", "too many")
    assert "too many" in done.stdout


def test_a_pause_in_mid_pass_stops_deletions(case):
    """The one in flight is awaited; the rest is on record as not sent."""
    sim, daemon = start(case, HELD_BACK)
    wait_deletion(sim, daemon)
    pause(case)
    sim.clear_faults()
    sim.release()
    daemon.wait_status("1 paused", "next pass")
    assert len(deletions(sim)) == 1 and len(sim.hosts("payments")) == len(KEPT) + len(EXTRAS) - 1
    assert sorted(outcomes(case)) == ["deleted"] + ["skipped"] * 5
    assert case.run("rosterctl", "resume", "payments").status == 0
    assert case.run("rosterctl", "reconcile").status == 0
    assert sim.hosts("payments") == sorted(KEPT)


def test_a_pause_ends_a_wait_to_send_again(case):
    sim, daemon = start(case, {"match": {"op": "delete_member"}, "times": -1,
                               "then": {"status": 429, "code": "APIG.0308", "headers": {"Retry-After": "200"}}})
    wait_deletion(sim, daemon)
    daemon.wait_line("RETRY")
    pause(case)
    daemon.wait_status("1 paused", "next pass")
    assert len(deletions(sim)) == 1 and outcomes(case) == ["skipped"] * 6


def test_a_pause_concerns_its_own_channel_alone(case):
    sim = case.serve(LIVE, channel("orders", "10.2.0.1", "10.2.0.9"), faults=[slowly(400)])
    case.roster(ROSTER, entry("orders", "10.2.0.1"))
    case.tune(interval=NEVER)
    daemon = Daemon(case)
    wait_deletion(sim, daemon, 2)
    pause(case)
    daemon.wait_status("1 paused", "1 in sync")
    assert sim.hosts("orders") == ["10.2.0.1"]


# ---- changes ----

def test_deletions_not_yet_sent_are_dropped_and_planned_anew(case):
    """The first deletion is in flight until the reload is over, and its outcome is awaited."""
    sim = case.serve(LIVE, faults=[HELD_BACK])
    ids = {row["host"]: row["id"] for row in sim.members("payments")}
    case.roster(ROSTER)
    case.tune(interval=NEVER)
    daemon = Daemon(case)
    wait_deletion(sim, daemon)
    wanted = [host for host in EXTRAS if ids[host] not in sent(sim)][-3:]
    case.roster(entry("payments", *KEPT, *wanted))
    daemon.reload()
    sim.clear_faults()
    sim.release()
    daemon.wait_status("1 in sync")
    assert sim.hosts("payments") == sorted([*KEPT, *wanted])
    assert not [host for host in wanted if ids[host] in sent(sim)], "what became desired was never sent"
    assert len(set(sent(sim))) == len(sent(sim)) == 3
    passes = {row["ROSTERD_PASS"] for row in daemon.lines("DELETED")}
    assert len(passes) == 2, "what was left to delete was planned by a pass of its own"
    assert undecided(case) == 0, "what was recorded and not sent is on record as skipped"
    assert sorted(outcomes(case)) == ["deleted"] * 3 + ["skipped"] * 5
    assert daemon.stop() == 0


def test_observe_in_mid_pass_stops_deletions(case):
    sim, daemon = start(case, HELD_BACK)
    wait_deletion(sim, daemon)
    case.tune(mode="observe")
    case.write_settings()
    daemon.reload()
    sim.clear_faults()
    sim.release()
    daemon.wait_status("1 with drift", "next pass")
    assert len(deletions(sim)) == 1 and len(sim.hosts("payments")) == len(KEPT) + len(EXTRAS) - 1
    daemon.reload()
    daemon.wait_status("1 with drift", "next pass", since=daemon.mark() - 1)
    assert len(deletions(sim)) == 1
    assert daemon.stop() == 0


def test_an_invalid_roster_in_mid_pass_stops_nothing(case):
    sim, daemon = start(case, slowly(50))
    wait_deletion(sim, daemon)
    case.write("rosters.yaml", "version: 1\nchannels: {}\n")
    daemon.signal(signal.SIGHUP)
    daemon.wait_status("INVALID", "1 in sync")
    assert sim.hosts("payments") == sorted(KEPT), "the last good set is in force"


def test_a_stalled_reading_does_not_put_a_change_off(case):
    """It is in force at once, long before the timeout of what the old settings had asked for."""
    sim = case.serve(LIVE, faults=[{"match": {"op": "list_members"}, "times": 1, "then": {"stall": True}}])
    case.roster(entry("payments", *KEPT, *EXTRAS))
    case.tune(interval=NEVER, limits={"timeout": "10m"})
    daemon = Daemon(case)
    wait_until(lambda: sim.requests("list_members"), process=daemon.process)
    case.roster(ROSTER)
    daemon.signal(signal.SIGHUP)
    daemon.wait_status("1 in sync")
    assert sim.hosts("payments") == sorted(KEPT)


def test_a_deletion_in_flight_is_awaited_before_a_change_takes_effect(case):
    sim, daemon = start(case, slowly(400, 1))
    wait_deletion(sim, daemon)
    case.tune(mode="observe")
    case.write_settings()
    daemon.signal(signal.SIGHUP)
    daemon.wait_status("1 with drift", "next pass")
    assert len(deletions(sim)) == 1
    assert [row["ROSTERD_ACTION"] for row in daemon.lines("DELETED")] == ["deleted"]
    assert sorted(outcomes(case)) == ["deleted"] + ["skipped"] * 5


def test_many_reloads_in_mid_pass(case):
    """However often: nothing desired is deleted, nothing is sent twice, and the roster is reached."""
    sim, daemon = start(case, slowly(20))
    daemon.wait_ready()
    for _ in range(20):
        daemon.reload()
    daemon.wait_status("1 in sync")
    assert sim.hosts("payments") == sorted(KEPT)
    assert len(set(sent(sim))) == len(sent(sim)) == len(EXTRAS)
    assert daemon.stop() == 0


def test_an_approved_plan_that_a_change_cut_short_is_approved_again(case):
    """The approval was spent when the plan was recorded; whoever says it again means it."""
    failing = {"match": {"op": "delete_member"}, "times": -1, "then": {"delay_ms": 400, "status": 500}}
    sim, daemon = start(case, failing, guards={"max_deletes": 2})
    daemon.wait_status("1 held", "next pass")
    digest = daemon.lines("HELD")[0]["ROSTERD_DIGEST"]
    assert case.run("rosterctl", "approve", digest).status == 0
    waiting = case.start("rosterctl", "reconcile")
    wait_deletion(sim, daemon)
    daemon.reload()
    assert waiting.finish().status == HELD and outcomes(case) == ["failed"] + ["skipped"] * 5
    sim.clear_faults()
    assert case.run("rosterctl", "approve", digest).status == 0
    assert case.run("rosterctl", "reconcile").status == IN_SYNC
    assert sim.hosts("payments") == sorted(KEPT)


# ---- SIGTERM ----

def seconds_to_stop(daemon):
    """By a clock that goes as slow as this machine."""
    begun = PACE.seconds()
    assert daemon.stop() == 0
    return PACE.seconds() - begun


def test_stop_while_idle(case):
    case.serve(channel("payments", *KEPT))
    case.roster(ROSTER)
    case.tune(interval=NEVER)
    daemon = Daemon(case)
    daemon.wait_status("1 in sync")
    assert seconds_to_stop(daemon) < 3, "there is nothing to wait for"


def test_stop_lets_the_request_in_flight_finish_and_records_it(case):
    sim, daemon = start(case, HELD_BACK)
    wait_deletion(sim, daemon)
    daemon.signal(signal.SIGTERM)
    daemon.wait(lambda m: "STOPPING" in m)
    sim.release()
    assert daemon.wait_end() == 0
    assert len(deletions(sim)) == 1, "nothing new is sent"
    assert outcomes(case).count("deleted") == 1
    assert [row["ROSTERD_ACTION"] for row in daemon.lines("DELETED")] == ["deleted"]
    assert len(sim.hosts("payments")) == len(KEPT) + len(EXTRAS) - 1


def test_stop_with_a_stalled_service_leaves_within_five_seconds(case):
    """The request is abandoned; what became of it is found out at the next start."""
    sim, daemon = start(case, STALLED)
    wait_deletion(sim, daemon)
    assert seconds_to_stop(daemon) < 5
    assert undecided(case) == 1
    assert len(deletions(sim)) == 1


def test_stop_with_a_stalled_reading_leaves_within_five_seconds(case):
    sim, daemon = start(case, {"match": {"op": "list_members"}, "times": -1, "then": {"stall": True}})
    wait_until(lambda: sim.requests("list_members"), process=daemon.process)
    assert seconds_to_stop(daemon) < 5


def test_stop_in_the_middle_of_a_long_wait(case):
    sim, daemon = start(case, {"match": {"op": "delete_member"}, "times": -1,
                               "then": {"status": 429, "code": "APIG.0308", "headers": {"Retry-After": "200"}}})
    wait_deletion(sim, daemon)
    daemon.wait_line("RETRY")
    assert seconds_to_stop(daemon) < 3, "a wait is not a request in flight"


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_leaves_at_once(case, second):
    sim, daemon = start(case, STALLED)
    wait_deletion(sim, daemon)
    daemon.signal(signal.SIGTERM)
    daemon.wait(lambda m: "STOPPING" in m)
    begun = PACE.seconds()
    daemon.signal(second)
    assert daemon.wait_end() == 0
    assert PACE.seconds() - begun < 3, "the first signal alone would have waited for four seconds"
    assert undecided(case) == 1


def test_stop_while_a_change_waits_for_a_deletion(case):
    sim, daemon = start(case, HELD_BACK)
    wait_deletion(sim, daemon)
    case.tune(mode="observe")
    case.write_settings()
    daemon.reload()
    daemon.signal(signal.SIGTERM)
    daemon.wait(lambda m: "STOPPING" in m)
    sim.release()
    assert daemon.wait_end() == 0
    assert len(deletions(sim)) == 1 and outcomes(case).count("deleted") == 1


def test_stop_ends_an_undo_and_the_change_that_waits_for_it(case):
    sim, daemon = start(case)
    daemon.wait_status("1 in sync")
    sim.faults([{"match": {"method": "POST"}, "then": {"delay_ms": 700, "effect": True, "status": 201}}])
    undoing = case.start("rosterctl", "undo", "--last")
    wait_until(lambda: len(mutations(sim)) > len(EXTRAS), process=undoing)
    case.roster(entry("payments", *KEPT, *EXTRAS))
    daemon.reload()
    assert [row for row in daemon.lines() if "when the undo under way is over" in row["message"]]
    assert daemon.stop() == 0
    assert undoing.finish().status == FAILED
    assert len(mutations(sim)) < 2 * len(EXTRAS), "what was in flight was awaited, and nothing more was sent"


def test_hangup_while_stopping_changes_nothing(case):
    sim, daemon = start(case, HELD_BACK)
    wait_deletion(sim, daemon)
    daemon.signal(signal.SIGTERM)
    daemon.wait(lambda m: "STOPPING" in m)
    daemon.signal(signal.SIGHUP)
    sim.release()
    assert daemon.wait_end() == 0
    assert daemon.reloads() == 0
