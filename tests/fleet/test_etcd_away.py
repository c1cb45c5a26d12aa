# SPDX-License-Identifier: MIT
"""etcd that is away, in part or whole: an owner goes on while its lease holds, reads from then on, and never ends."""

import signal

import pytest

import etcd
from case import FAILED, channel, entry, mutations, wait_until

pytestmark = etcd.NEEDED

KEPT = [f"10.0.0.{i}" for i in range(1, 5)]
EXTRAS = [f"10.9.0.{i}" for i in range(1, 21)]


def start(make, **how):
    fleet = make({"prod": [channel("payments", *KEPT)]}, **how)
    fleet.roster(entry("payments", *KEPT))
    fleet.start("a")
    fleet.wait_owner("a")
    fleet["a"].daemon.wait_status("1 in sync")
    return fleet


def add_extras(fleet):
    fleet.sim.edit("payments", add=[{"host": host} for host in EXTRAS])


def slow(fleet):
    fleet.sim.faults([{"match": {"op": "delete_member"}, "times": -1, "then": {"delay_ms": 500}}])


def wait_in_sync(fleet):
    wait_until(lambda: fleet.sim.hosts("payments") == KEPT)


def wait_reads(fleet, count=3):
    """So many more lists of the channel."""
    def reads():
        return len(fleet.sim.requests("list_members"))
    before = reads()
    wait_until(lambda: reads() >= before + count)


def test_an_owner_without_etcd_ends_its_channel_then_reads(make):
    fleet = start(make, hosts=("a",))
    slow(fleet)
    add_extras(fleet)
    wait_until(lambda: fleet.changes())
    fleet.members[0].stop()
    fleet["a"].wait_said("the lease is lost")
    changed = len(fleet.changes())
    assert changed > 1, "the intent was written, and the lease held"
    wait_reads(fleet)
    assert len(fleet.changes()) == changed
    fleet["a"].daemon.wait_status("LEASE", "1 held")
    fleet.members[0].start()
    wait_in_sync(fleet)
    fleet.judge()


def test_no_channel_is_begun_without_etcd(make):
    fleet = start(make, hosts=("a",))
    fleet.members[0].stop()
    add_extras(fleet)
    fleet["a"].wait_said("the lease is lost")
    wait_reads(fleet)
    assert not fleet.changes()
    # However long the lease had left in each pass, and then no more: it is logged once.
    told, = fleet["a"].said("held: ")
    assert "lease holds" in told, told
    fleet.members[0].start()
    wait_in_sync(fleet)
    fleet["a"].wait_said("is well again")
    fleet.judge()


@pytest.mark.parametrize("how", ["freeze", "stop"])
def test_one_member_of_three_is_missed_by_nobody(make, how):
    fleet = start(make, members=3, lease="20s")
    fleet.start("b")
    getattr(fleet.members[0], how)()
    for round_number in range(3):
        fleet.sim.edit("payments", add=[{"host": f"10.9.1.{round_number}"}])
        wait_in_sync(fleet)
    assert fleet.changers() == ["a"] and not fleet["a"].said("the lease is lost")
    fleet.judge()


def test_without_a_quorum_nobody_changes_anything(make):
    fleet = start(make, members=3)
    fleet.start("b")
    for member in fleet.members[:2]:
        member.freeze()
    fleet["a"].wait_said("the lease is lost")
    add_extras(fleet)
    wait_reads(fleet)
    assert not mutations(fleet.sim)
    for member in fleet.members[:2]:
        member.thaw()
    wait_in_sync(fleet)
    fleet.judge()


def test_a_pass_of_a_command_reads_without_etcd(make):
    fleet = start(make, hosts=("a", "c"))
    fleet["a"].stop()
    add_extras(fleet)
    fleet["c"].cut()
    once = fleet["c"].case.once()
    assert once.status == FAILED, once
    assert once.channel("payments")["live"] == len(KEPT) + len(EXTRAS)
    assert {row["outcome"] for row in once.channel("payments")["extra"]} == {"held"}
    assert not mutations(fleet.sim)
    assert fleet["c"].case.dry().status == 2, "a dry run asks nobody"


def test_a_command_that_is_ended_while_it_waits_ends(make):
    fleet = start(make, hosts=("a", "c"))
    fleet["a"].kill()
    fleet["c"].cut("held")
    running = fleet["c"].case.start("rosterd", "--once", "--json")
    wait_until(lambda: "SigCgt" in open(f"/proc/{running.pid}/status", encoding="ascii").read())
    running.signal(signal.SIGTERM)
    assert running.finish().status in (1, 2, -signal.SIGTERM)
    assert not fleet.changes("c")
