# SPDX-License-Identifier: MIT
"""Instances that change hands: by a death, by a drain, by settings; and who may have how many."""

import pytest

import etcd
from case import channel, entry, wait_until

pytestmark = etcd.NEEDED

KEPT = [f"10.0.0.{i}" for i in range(1, 5)]


def wait_in_sync(fleet):
    wait_until(lambda: fleet.sim.hosts("payments") == KEPT)


def test_after_a_death_the_next_one_waits_and_sees_twice(make):
    """Within the lease of the dead one and its own handover; it reads at once."""
    fleet = make({"prod": [channel("payments", *KEPT)]}, handover="5s")
    fleet.roster(entry("payments", *KEPT))
    fleet.start("a")
    fleet.wait_owner("a")
    fleet.start("b")
    fleet["b"].daemon.wait_status("1 on standby")
    fleet.sim.edit("payments", add=[{"host": "10.9.0.1"}])
    wait_in_sync(fleet)
    fleet["a"].kill()
    fleet.sim.edit("payments", add=[{"host": "10.9.0.2"}])
    fleet.wait_owner("b")
    wait_until(lambda: len([row for row in fleet.requests("b") if row["op"] == "list_members"]) >= 2)
    assert not fleet.changes("b"), "the answer to what the dead one sent may be still to come"
    fleet["b"].daemon.wait_status("held by handover")
    wait_in_sync(fleet)
    assert fleet.changers() == ["a", "b"]
    fleet.judge()


def test_three_instances_of_which_a_host_may_have_two(make):
    names = ("one", "two", "three")
    fleet = make({name: [channel(f"{name}-channel", *KEPT, "10.9.0.1")] for name in names})
    for host in fleet.hosts.values():
        host.case.settings["fleet"]["max_instances"] = 2
        for name in names:
            host.case.roster(entry(f"{name}-channel", *KEPT), instance=name, file=f"{name}.yaml")
        host.case.tune(rosters=[f"{name}.yaml" for name in names])
    fleet.start("a")
    wait_until(lambda: len(fleet.owners()) == 2)
    fleet.start("b")
    wait_until(lambda: len(fleet.owners()) == 3)
    assert sorted(fleet.owners().values()) == ["a", "a", "b"]
    wait_until(lambda: all(fleet.sim.hosts(f"{name}-channel") == KEPT for name in names))
    fleet["a"].kill()
    wait_until(lambda: sorted(fleet.owners().values()) == ["b", "b"])
    fleet.start("a")
    wait_until(lambda: sorted(fleet.owners().values()) == ["a", "b", "b"])
    fleet.judge()


def test_a_reload_gives_away_what_is_gone_and_takes_what_is_new(make):
    fleet = make({"one": [channel("payments", *KEPT)], "two": [channel("orders", *KEPT, "10.9.0.1")]}, hosts=("a",))
    case = fleet["a"].case
    second = case.settings["instances"].pop("two")
    case.roster(entry("payments", *KEPT))
    fleet.start("a")
    wait_until(lambda: fleet.owners() == {"one": "a"})
    case.settings["instances"]["two"] = second
    case.roster(entry("payments", *KEPT), instance="one")
    case.roster(entry("orders", *KEPT), instance="two", file="two.yaml")
    case.tune(rosters=["rosters.yaml", "two.yaml"])
    case.write_settings()
    fleet["a"].daemon.reload()
    wait_until(lambda: fleet.owners() == {"one": "a", "two": "a"})
    wait_until(lambda: fleet.sim.hosts("orders") == KEPT)
    first = case.settings["instances"].pop("one")
    case.tune(rosters=["two.yaml"])
    case.write_settings()
    fleet["a"].daemon.reload()
    case.settings["instances"]["one"] = first
    wait_until(lambda: fleet.owners() == {"two": "a"})
    fleet["a"].daemon.wait_line("FLEET_GIVES")
    fleet.judge()


def test_another_fleet_in_the_settings_takes_a_restart(make):
    fleet = make({"prod": [channel("payments", *KEPT)]}, hosts=("a",))
    fleet.roster(entry("payments", *KEPT))
    fleet.start("a")
    fleet.wait_owner("a")
    fleet["a"].daemon.wait_status("1 in sync")
    fleet["a"].case.settings["fleet"]["handover"] = "1m"
    fleet["a"].case.settings["guards"]["max_deletes"] = 0
    fleet["a"].case.write_settings()
    fleet["a"].daemon.reload()
    fleet.sim.edit("payments", add=[{"host": "10.9.0.1"}])
    fleet["a"].daemon.wait_status("held by max_deletes")
    fleet["a"].daemon.reload()
    assert len(fleet["a"].said("fleet changed: this takes a restart")) == 1
    assert fleet.owner() == "a"


def test_a_dry_run_stands_in_nobody_s_way(make):
    fleet = make({"prod": [channel("payments", *KEPT, "10.9.0.1")]})
    fleet.roster(entry("payments", *KEPT))
    fleet.start("a")
    fleet.wait_owner("a")
    wait_in_sync(fleet)
    fleet["b"].start("--dry-run")
    fleet["b"].daemon.wait_status("1 in sync")
    assert list(fleet.keys("hosts/")) == ["hosts/a"]
    assert fleet["b"].case.plan("--local").status == 0
    fleet["a"].kill()
    wait_until(lambda: not fleet.owner())
    fleet["b"].stop()
