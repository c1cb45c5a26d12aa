# SPDX-License-Identifier: MIT
"""Mistakes that others made with leases, each tried here. `stale` is a change that lands after a newer owner's first.

    kubernetes#23731, kubernetes#44887, microsoft/etcd3#155   test_an_owner_that_stood_still_sends_nothing_stale
    minio/operator#2309, kthena#1793                         test_an_owner_that_is_cut_off_stops_before_the_next_begins
    kubernetes#47671, noobaa-core#9765, golang#24595         tests/unit/test_lease.c: the lease's end
    cilium#42920                                             test_a_stop_does_not_wait_for_an_etcd_that_hangs
    etcd#15247                                               test_a_lease_that_was_revoked_is_lost_at_once
    etcd#6978, etcd#11886                                    tests/unit/test_lease.c: no time to live; how often
    etcd#11457                                               test_a_key_that_is_another_s_fences_the_next_change
    pinniped#800, beats#52404                                test_a_stop_hands_over_what_was_answered
    posthog#74478                                            test_waiting_to_try_again_hides_no_loss
    greptimedb#7670                                          tests/unit/test_ownership.c: a campaign without an answer
    patroni#2787                                             test_who_wins_again_begins_anew
    GitLab INC-14518                                         test_an_owner_that_is_cut_off_stops_before_the_next_begins
"""

import pytest

import etcd
from case import channel, entry, wait_until

pytestmark = etcd.NEEDED

KEPT = [f"10.0.0.{i}" for i in range(1, 5)]
EXTRAS = [f"10.9.0.{i}" for i in range(1, 21)]


@pytest.fixture
def pair(make):
    """a owns, b stands by."""
    return start_pair(make)


def start_pair(make, **how):
    fleet = make({"prod": [channel("payments", *KEPT)]}, **how)
    fleet.roster(entry("payments", *KEPT))
    fleet.start("a")
    fleet.wait_owner("a")
    wait_until(lambda: fleet["a"].said("owns"))
    fleet.start("b")
    fleet["b"].daemon.wait_status("1 on standby")
    return fleet


def add_extras(fleet):
    fleet.sim.edit("payments", add=[{"host": host} for host in EXTRAS])


def slow(fleet, who, **how):
    fleet.sim.faults([{"match": {"op": "delete_member", "who": who}, "times": -1, "then": how or {"delay_ms": 400}}])


def wait_changes(fleet, who, count=1):
    wait_until(lambda: len(fleet.changes(who)) >= count)


def wait_in_sync(fleet):
    wait_until(lambda: fleet.sim.hosts("payments") == KEPT)


def assert_taken_over(fleet, *changers):
    """Those made changes, one after the other, and the service has what the rosters say."""
    wait_in_sync(fleet)
    assert fleet.changers() == list(changers)
    fleet.judge()


def test_an_owner_that_stood_still_sends_nothing_stale(pair):
    slow(pair, "a")
    add_extras(pair)
    wait_changes(pair, "a", 2)
    pair["a"].freeze()
    pair.wait_owner("b")
    wait_changes(pair, "b")
    sent = len(pair.changes("a"))
    pair["a"].thaw()
    pair["a"].wait_said("lease")
    assert_taken_over(pair, "a", "b")
    assert len(pair.changes("a")) == sent
    pair["a"].daemon.wait_status("1 on standby")


@pytest.mark.parametrize("how", ["cut", "held"])
def test_an_owner_that_is_cut_off_stops_before_the_next_begins(pair, how):
    slow(pair, "a")
    add_extras(pair)
    wait_changes(pair, "a")
    pair["a"].cut(how)
    pair.wait_owner("b")
    assert_taken_over(pair, "a", "b")
    pair["a"].heal()
    pair["a"].daemon.wait_status("1 on standby")
    pair["b"].stop()
    pair.wait_owner("a")


def test_who_wins_again_begins_anew(pair):
    """Its list is older than the lease that it holds now: it is read again before anything is changed."""
    pair["b"].stop()
    slow(pair, "a")
    add_extras(pair)
    wait_changes(pair, "a", 2)
    pair["a"].freeze()
    wait_until(lambda: not pair.owner())
    pair.sim.clear_faults()
    # What it had planned to delete is wanted by now.
    pair.roster(entry("payments", *KEPT, *EXTRAS), hosts=["a"])
    before = max(row["n"] for row in pair.sim.requests())
    pair["a"].thaw()
    pair.wait_owner("a")
    pair["a"].daemon.wait_status("1 with drift")
    since = [row for row in pair.sim.requests() if row["n"] > before and row["who"] == "a"]
    assert "list_members" in [row["op"] for row in since]
    assert not [row for row in since if row["method"] != "GET"]


def test_a_stop_hands_over_what_was_answered(pair):
    slow(pair, "a")
    add_extras(pair)
    wait_changes(pair, "a", 2)
    assert pair["a"].stop() == 0
    assert pair.owner() != "a", "its key outlived it"
    last, = pair.keys("last/").values()
    assert last["host"] == "b" or last["released"]
    assert_taken_over(pair, "a", "b")


def test_a_stop_with_a_request_unanswered_does_not_hand_over(make):
    pair = start_pair(make, handover="4s")
    slow(pair, "a", hold=True)
    add_extras(pair)
    wait_changes(pair, "a")
    pair["b"].freeze()
    assert pair["a"].stop() == 0
    last, = pair.keys("last/").values()
    assert (last["host"], last["released"]) == ("a", False)
    pair.sim.release()
    pair.sim.clear_faults()
    pair["b"].thaw()
    pair.wait_owner("b")
    assert_taken_over(pair, "a", "b")


def test_a_stop_does_not_wait_for_an_etcd_that_hangs(pair):
    pair["a"].cut("held")
    assert pair["a"].stop() == 0
    pair.wait_owner("b")
    add_extras(pair)
    assert_taken_over(pair, "b")


def test_a_lease_that_was_revoked_is_lost_at_once(pair):
    slow(pair, "a")
    add_extras(pair)
    wait_changes(pair, "a")
    pair["b"].freeze()
    pair.member().ask("lease/revoke", ID=pair.lease_of("a"))
    pair["a"].wait_said("owns", 2)
    pair["b"].thaw()
    wait_in_sync(pair)
    pair.judge()


def test_a_key_that_is_another_s_fences_the_next_change(pair):
    """Whatever a host believes: before a channel's first change etcd compares."""
    pair["a"].cut("held")
    pair["b"].freeze()
    pair.take_by_force("stranger")
    pair["a"].heal()
    add_extras(pair)
    pair["a"].daemon.wait_status("1 on standby")
    assert not pair.changes()


def test_waiting_to_try_again_hides_no_loss(pair):
    pair.sim.faults([{"match": {"op": "delete_member", "who": "a"}, "times": -1,
                      "then": {"status": 429, "code": "APIG.0308", "headers": {"Retry-After": "4"}}}])
    add_extras(pair)
    wait_changes(pair, "a")
    pair["a"].cut()
    pair.wait_owner("b")
    wait_changes(pair, "b", len(EXTRAS))
    pair.sim.clear_faults()
    assert_taken_over(pair, "a", "b")
