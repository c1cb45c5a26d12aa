# SPDX-License-Identifier: MIT
"""A daemon that ends, or reads other settings, while people wait until etcd has what they said: they are told what is
known of it and what is not, and nothing of it is lost."""

import signal

import pytest

import etcd
from case import FAILED, IN_SYNC, channel, deletions, entry, wait_until

pytestmark = etcd.NEEDED

KEPT = [f"10.0.0.{i}" for i in range(1, 5)]
EXTRA = "10.9.0.1"


def begin(make, *hosts, **how):
    fleet = make({"prod": [channel("payments", *KEPT)]}, hosts=hosts or ("a",), **how)
    fleet.roster(entry("payments", *KEPT))
    fleet.start("a")
    fleet.wait_owner("a")
    fleet["a"].daemon.wait_status("1 in sync")
    return fleet


def ask(host, *args):
    """rosterctl, which waits for an answer."""
    return host.case.start("rosterctl", *args)


def end_at_once(host):
    """A second signal has it await nothing."""
    host.daemon.signal(signal.SIGTERM)
    host.daemon.wait(lambda message: message.get("STOPPING") == "1")
    host.daemon.signal(signal.SIGTERM)
    assert host.daemon.wait_end() == IN_SYNC


def wait_pause(host, word="work on it"):
    wait_until(lambda: word in host.ctl("status", "--json").stdout)


def thaw_and_start(fleet):
    fleet.members[0].thaw()
    fleet.start("a")
    fleet.wait_owner("a")


@pytest.mark.parametrize("is_at_once", [True, False])
def test_a_pause_that_waits_for_etcd_outlives_the_daemon(make, is_at_once):
    fleet = begin(make, lease="20s")
    fleet.members[0].freeze()
    pause = ask(fleet["a"], "pause", "payments", "--reason", "work on it")
    wait_pause(fleet["a"])
    if is_at_once:
        end_at_once(fleet["a"])
        told = pause.finish()
        assert told.status == FAILED and "the pause is kept on this host" in told.stderr, told
        assert "is not known" in told.stderr, told
    else:
        assert fleet["a"].stop() == IN_SYNC
        told = pause.finish()
        assert told.status == FAILED and "on this host" in told.stderr, told
    fleet.sim.edit("payments", add=[{"host": EXTRA}])
    thaw_and_start(fleet)
    fleet["a"].daemon.wait_status("1 paused")
    wait_until(lambda: fleet.keys("pauses/"))
    assert not deletions(fleet.sim)


def test_what_else_waits_for_etcd_is_told_to_be_unknown(make):
    fleet = begin(make, lease="20s")
    assert fleet["a"].ctl("pause", "payments", "--reason", "work on it").status == IN_SYNC
    fleet.members[0].freeze()
    before = fleet["a"].daemon.descriptors()
    waiting = {"resume": ask(fleet["a"], "resume", "payments"), "approve": ask(fleet["a"], "approve", "0" * 64)}
    wait_until(lambda: fleet["a"].daemon.descriptors() >= before + 2)
    assert fleet["a"].ctl("status").status is not None, "what came before it was read"
    end_at_once(fleet["a"])
    for name, what in (("resume", "whether etcd has ended the pause is not known"),
                       ("approve", "whether etcd has the approval is not known")):
        told = waiting[name].finish()
        assert told.status == FAILED and what in told.stderr, (name, told)
    # An etcd that goes on may take what was sent to it, or find that nobody waits for it: then the pause holds.
    thaw_and_start(fleet)
    wait_until(lambda: "hosts/a" in fleet.keys("hosts/"))
    wait_until(lambda: ("work on it" in fleet["a"].ctl("status", "--json").stdout) == bool(fleet.keys("pauses/")))


def test_an_undo_that_waits_for_etcd_says_what_is_left(make):
    fleet = begin(make, lease="20s")
    fleet.sim.edit("payments", add=[{"host": EXTRA}])
    wait_until(lambda: deletions(fleet.sim))
    fleet["a"].daemon.wait_status("1 in sync")
    fleet.members[0].freeze()
    undo = ask(fleet["a"], "undo", "--last")
    wait_pause(fleet["a"], "undo of")
    end_at_once(fleet["a"])
    told = undo.finish()
    assert told.status == FAILED and "nothing is undone" in told.stderr, told
    assert "the channels of the undo are paused now" in told.stderr, told
    thaw_and_start(fleet)
    wait_pause(fleet["a"], "undo of")
    wait_until(lambda: fleet.keys("pauses/"))
    assert fleet.sim.hosts("payments") == KEPT


def test_other_settings_take_nothing_from_who_waits(make):
    fleet = begin(make, lease="20s")
    fleet.members[0].freeze()
    pause = ask(fleet["a"], "pause", "payments", "--reason", "work on it")
    wait_pause(fleet["a"])
    fleet.tune(interval="2s")
    fleet["a"].case.write_settings()
    fleet["a"].daemon.reload()
    fleet.members[0].thaw()
    told = pause.finish()
    assert told.status == IN_SYNC and "work on it" in told.stdout, told
    wait_until(lambda: fleet.keys("pauses/"))


def test_a_drain_without_etcd_is_told_to_be_under_way_and_ends_in_time(make):
    fleet = begin(make, "a", "b")
    fleet.start("b")
    wait_until(lambda: "hosts/b" in fleet.keys("hosts/"))
    fleet.members[0].freeze()
    told = fleet["a"].ctl("fleet", "drain")
    assert told.status == IN_SYNC and "gives 1 instance away" in told.stdout, told
    assert fleet["a"].stop() == IN_SYNC
    fleet.members[0].thaw()
    fleet.wait_owner("b")
