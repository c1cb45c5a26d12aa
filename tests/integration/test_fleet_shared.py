# SPDX-License-Identifier: MIT
"""What people say on one host of a fleet, as it holds on all: pauses and approvals; and what goes along when the
instance changes hands."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest

import etcd
import fleet as fleets
from case import FAILED, IN_SYNC, channel, deletions, entry, wait_until

pytestmark = etcd.NEEDED

KEPT = [f"10.0.0.{i}" for i in range(1, 5)]


def make(folder, **timing):
    made = fleets.Fleet(folder, {"prod": [channel("payments", *KEPT)]}, **timing)
    made.roster(entry("payments", *KEPT))
    return made


@pytest.fixture
def fleet(tmp_path):
    with contextlib.closing(make(tmp_path)) as made:
        yield made


def start(fleet):
    """A owns the instance, B stands by."""
    fleet.start("a")
    fleet.wait_owner("a")
    fleet["a"].daemon.wait_status("1 in sync")
    fleet.start("b")
    wait_until(lambda: "hosts/b" in fleet.keys("hosts/"))


def wait_line(host, part):
    wait_until(lambda: part in host.ctl("status", "--json").stdout)


def test_a_pause_on_any_host_holds_on_the_owner_and_is_ended_on_any(fleet):
    start(fleet)
    paused = fleet["b"].ctl("pause", "payments", "--reason", "work on it")
    assert paused.status == IN_SYNC and "work on it" in paused.stdout, paused
    fleet.sim.edit("payments", add=[{"host": "10.9.0.1"}])
    wait_line(fleet["a"], "work on it")
    fleet["a"].daemon.wait_status("1 paused")
    assert not deletions(fleet.sim)
    # A later owner goes by it as well, and whoever resumes need not be the one who paused.
    assert fleet["a"].stop() == 0
    fleet.wait_owner("b")
    fleet["b"].daemon.wait_status("1 paused")
    assert not deletions(fleet.sim)
    fleet.start("a")
    wait_until(lambda: fleet["a"].ctl("resume", "payments").status == IN_SYNC)
    wait_until(lambda: fleet.sim.hosts("payments") == KEPT)
    assert fleet.changers() == ["b"]


def test_without_etcd_a_pause_holds_on_its_host_and_says_so(fleet):
    start(fleet)
    fleet["b"].cut()
    paused = fleet["b"].ctl("pause", "payments", "--reason", "work on it")
    assert paused.status == FAILED and "on this host alone" in paused.stderr, paused
    wait_until(lambda: fleet["b"].ctl("resume", "payments").status == FAILED)
    assert not fleet.keys("pauses/")
    fleet["b"].heal()
    wait_until(lambda: fleet.keys("pauses/"))
    fleet.sim.edit("payments", add=[{"host": "10.9.0.1"}])
    fleet["a"].daemon.wait_status("1 paused")
    assert not deletions(fleet.sim)


def test_an_approval_on_any_host_lets_the_owners_plan_pass_once(fleet):
    fleet.tune(guards={"max_deletes": 1, "max_delete_percent": 100, "max_deletes_total": "off", "max_channels": "off"})
    start(fleet)
    fleet.sim.edit("payments", add=[{"host": "10.9.0.1"}, {"host": "10.9.0.2"}])
    fleet["a"].daemon.wait_status("1 held")
    digest, = {row["digest"] for row in fleet["a"].ctl("status", "--json").report["channels"]}
    short = fleet["b"].ctl("approve", digest[:12])
    assert short.status == FAILED and "64 digits" in short.stderr, short
    approved = fleet["b"].ctl("approve", digest)
    assert approved.status == IN_SYNC, approved
    wait_until(lambda: fleet.sim.hosts("payments") == KEPT)
    assert not fleet.keys("approvals/") and len(deletions(fleet.sim)) == 2


def test_the_approval_of_an_instance_is_spent_by_its_owner(fleet):
    fleet.tune(guards={"max_deletes": 10, "max_delete_percent": 100, "max_deletes_total": 1, "max_channels": "off"})
    start(fleet)
    fleet.sim.edit("payments", add=[{"host": "10.9.0.1"}, {"host": "10.9.0.2"}])
    fleet["a"].daemon.wait_status("1 held")
    digest, = {row["digest"] for row in fleet["a"].ctl("status", "--json").report["instances"]}
    assert fleet["b"].ctl("approve", digest).status == IN_SYNC
    wait_until(lambda: fleet.sim.hosts("payments") == KEPT)
    wait_until(lambda: not fleet.keys("approvals/"))


def test_quarantine_goes_on_where_it_was(fleet):
    fleet.tune(quarantine="10m")
    start(fleet)
    fleet.sim.edit("payments", add=[{"host": "10.9.0.1"}])
    fleet["a"].daemon.wait_status("1 with a quarantine")
    assert fleet["a"].stop() == 0
    fleet.wait_owner("b")
    fleet["b"].daemon.wait_status("1 with a quarantine")
    # A member that is wanted again is enabled again, though another host had disabled it.
    fleet.roster(entry("payments", *KEPT, "10.9.0.1"))
    fleet["b"].daemon.wait_status("1 in sync")
    assert fleet.changers() == ["a", "b"]


def delete_one(fleet):
    """A deletes a member, and B becomes the owner."""
    fleet.sim.edit("payments", add=[{"host": "10.9.0.1"}])
    start(fleet)
    wait_until(lambda: len(deletions(fleet.sim)) == 1)


def test_an_undo_is_carried_out_by_the_owner(fleet):
    delete_one(fleet)
    assert fleet["a"].stop() == 0
    fleet.wait_owner("b")
    fleet.start("a")
    wait_until(lambda: "hosts/a" in fleet.keys("hosts/"))
    undone = fleet["a"].ctl("undo", "--last")
    assert undone.status == IN_SYNC, undone
    assert fleet.sim.hosts("payments") == sorted([*KEPT, "10.9.0.1"])
    assert fleet.changers() == ["a", "b"]
    # It stays so: the channel is paused on each host, and nothing is left of what was handed over.
    fleet["b"].daemon.wait_status("1 paused")
    assert fleet["b"].stop() == 0
    fleet.wait_owner("a")
    fleet["a"].daemon.wait_status("1 paused")
    assert fleet.sim.hosts("payments") == sorted([*KEPT, "10.9.0.1"])
    wait_until(lambda: not fleet.keys("undo/"))
    # The history of each host says when the instance was another's.
    told = fleet["a"].ctl("history").stdout
    assert "prod was b's from" in told and "10.9.0.1" in told, told
    other, = fleet["a"].ctl("history", "--json").report["other_owners"]
    assert (other["instance"], other["host"]) == ("prod", "b") and other["until"], other


def test_an_undo_whose_channel_was_resumed_is_not_begun(tmp_path):
    with contextlib.closing(make(tmp_path, lease="2m")) as fleet, ThreadPoolExecutor(1) as pool:
        delete_one(fleet)
        assert fleet["a"].stop() == 0
        fleet.wait_owner("b")
        fleet.start("a")
        wait_until(lambda: "hosts/a" in fleet.keys("hosts/"))
        fleet["b"].cut()
        undoing = pool.submit(fleet["a"].ctl, "undo", "--last")
        wait_until(lambda: fleet.keys("undo/"))
        assert fleet["a"].ctl("resume", "payments").status == IN_SYNC
        fleet["b"].heal()
        refused = undoing.result()
        assert refused.status == FAILED and "payments was resumed after the undo" in refused.stderr, refused
        assert "are paused now" not in refused.stderr, refused
        fleet["b"].daemon.wait_status("1 in sync")
        assert fleet.sim.hosts("payments") == KEPT and fleet.changers() == ["a"]


def test_an_undo_of_the_owner_pauses_on_all_hosts(fleet):
    delete_one(fleet)
    undone = fleet["a"].ctl("undo", "--last")
    assert undone.status == IN_SYNC, undone
    assert fleet.sim.hosts("payments") == sorted([*KEPT, "10.9.0.1"])
    wait_line(fleet["b"], "undo of")
    fleet["a"].kill()
    fleet.wait_owner("b")
    fleet["b"].daemon.wait_status("1 paused")
    assert fleet.changers() == ["a"]


def test_an_undo_of_a_pass_whose_host_is_gone(fleet):
    delete_one(fleet)
    name, = {key.split("/")[2].split("-", 1)[1] for key in fleet.keys("~intents/")}
    fleet["a"].kill()
    fleet.wait_owner("b")
    unknown = fleet["b"].ctl("undo", "--pass", "2026-01-01T00:00:00Z-1")
    assert unknown.status == FAILED and "in the last 7 days" in unknown.stderr, unknown
    undone = fleet["b"].ctl("undo", "--pass", name)
    assert undone.status == IN_SYNC, undone
    assert fleet.sim.hosts("payments") == sorted([*KEPT, "10.9.0.1"])
    fleet["b"].daemon.wait_status("1 paused")
    assert fleet.changers() == ["a", "b"]
