# SPDX-License-Identifier: MIT
"""A member that undo added back and that vanishes again, though its channel is paused: somebody else deletes."""

import json

import pytest

from case import DRIFT, IN_SYNC, channel, deletions, entry, identifier
from daemon import NEVER, Daemon

KEPT = [f"10.0.0.{i}" for i in range(1, 5)]
EXTRAS = ["10.9.0.1", "10.9.0.2"]


def ctl(case, *args):
    return case.run("rosterctl", *args)


def warnings(case):
    return case.daemon.lines("VANISHED", "warning")


@pytest.fixture
def undone(case):
    """A daemon that has deleted two members, and has added them back."""
    case.tune(interval=NEVER, guards={"max_delete_percent": 100})
    case.sim = case.serve(channel("payments", *KEPT, *EXTRAS))
    case.roster(entry("payments", *KEPT))
    case.daemon = Daemon(case)
    case.daemon.wait_status("1 in sync", "next pass")
    assert len(deletions(case.sim)) == 2
    assert ctl(case, "undo", "--last").status == IN_SYNC
    assert case.sim.hosts("payments") == sorted(KEPT + EXTRAS)
    return case


def test_it_is_a_warning_of_its_own_once(undone):
    assert ctl(undone, "reconcile").status == DRIFT
    assert not warnings(undone), "nothing has vanished yet"
    undone.sim.edit("payments", remove=["10.9.0.1"])
    for _ in range(3):
        assert ctl(undone, "reconcile").status == DRIFT
    warning, = warnings(undone)
    assert "another writer: 10.9.0.1:8080" in warning["message"], warning
    assert (warning["ROSTERD_INSTANCE"], warning["ROSTERD_CHANNEL"]) == ("prod", "payments")
    undone.sim.edit("payments", remove=["10.9.0.2"])
    for _ in range(2):
        assert ctl(undone, "reconcile").status == IN_SYNC
    assert [row["ROSTERD_MEMBER"] for row in warnings(undone)] == ["10.9.0.1:8080", "10.9.0.2:8080"]


def test_a_restart_forgets_neither_what_was_added_nor_what_was_told(undone):
    undone.sim.edit("payments", remove=["10.9.0.1"])
    assert ctl(undone, "reconcile").status == DRIFT
    assert len(warnings(undone)) == 1
    undone.daemon.stop()
    undone.sim.edit("payments", remove=["10.9.0.2"])
    undone.daemon = Daemon(undone)
    undone.daemon.wait_line("VANISHED", part="10.9.0.2:8080")
    assert ctl(undone, "reconcile").status == IN_SYNC
    assert sum("10.9.0.2" in row["message"] for row in warnings(undone)) == 1
    assert not [row for row in warnings(undone)[1:] if "10.9.0.1" in row["message"]]


def test_what_rosterd_deletes_itself_or_goes_after_the_pause_is_no_warning(undone):
    undone.sim.edit("payments", remove=["10.9.0.2"])
    assert ctl(undone, "resume", "payments").status == IN_SYNC
    assert ctl(undone, "reconcile").status == IN_SYNC
    assert undone.sim.hosts("payments") == sorted(KEPT)
    assert ctl(undone, "pause", "payments", "--reason", "a look").status == IN_SYNC
    assert ctl(undone, "reconcile").status == IN_SYNC
    assert not warnings(undone)


def test_the_history_tells_of_deletions_and_of_what_undo_added(undone):
    actions = json.loads(ctl(undone, "history", "--json").stdout)["actions"]
    assert [(a["kind"], a["outcome"]) for a in actions] == [("delete", "deleted")] * 2 + [("add", "added")] * 2
    first, last = actions[0], actions[-1]
    assert first["undo_of"] is None and first["after"] is None and first["member"]["host"] in EXTRAS
    assert last["undo_of"] == first["pass"] != last["pass"]
    assert last["member"] is None and last["after"]["host"] in EXTRAS and last["attempts"] == 1
    assert first["roster"] == json.loads(ctl(undone, "status", "--json").stdout)["roster"]
    shown = ctl(undone, "history").stdout
    for host in EXTRAS:
        assert f"- {host}:8080  deleted" in shown and f"+ {host}:8080  added" in shown
    undone.sim.edit(identifier("payments"), remove=["10.9.0.1"])
    again = ctl(undone, "undo", "--last", "--json")
    assert again.status == IN_SYNC
    assert sorted(m["outcome"] for c in json.loads(again.stdout)["channels"] for m in c["members"]) == [
        "added", "live"]
