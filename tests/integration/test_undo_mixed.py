# SPDX-License-Identifier: MIT
"""Undo of passes of the mode sync: what was added is deleted, what was corrected gets its old fields."""

import json

import pytest

from case import DRIFT, FAILED, HELD, IN_SYNC, channel, entry, identifier, mutations, row, wait_until
from test_control import ctl, start, status_of
from test_undo import additions, fields, undo

OLD = [row("10.1.0.1", weight=7), row("10.1.0.2", is_backup=True, weight=0),
       row("10.1.0.3", status=2), row("10.1.0.4", member_group_name="blue", weight=33)]
STAYS = [row("10.2.0.1", weight=5), row("10.2.0.2", weight=9, is_backup=True), row("10.2.0.3", status=2)]
WANTED = [{"host": "10.2.0.1", "weight": 50}, {"host": "10.2.0.2", "backup": False},
          {"host": "10.2.0.3", "enabled": True, "weight": 2}]
NEW = ["10.3.0.1", {"host": "10.3.0.2", "weight": 4, "group": "blue"}]


@pytest.fixture
def synced(case):
    """A daemon whose first pass has added two members, corrected three and deleted four."""
    case.tune(mode="sync", settle="0s", guards={"max_delete_percent": 100})
    case.sim = case.serve(channel("payments", *OLD, *STAYS, member_groups=[{"member_group_name": "blue"}]))
    case.roster(entry("payments", *WANTED, *NEW))
    case.before = case.sim.members("payments")
    case.daemon = start(case)
    assert case.sim.hosts("payments") == ["10.2.0.1", "10.2.0.2", "10.2.0.3", "10.3.0.1", "10.3.0.2"]
    case.sim.clear_requests()
    return case


def history(case, *args):
    return json.loads(ctl(case, "history", "--json", *args).stdout)["actions"]


def outcomes(done, name="payments"):
    """By the member's host, what was done about it and what came of it."""
    rows, = [c["members"] for c in json.loads(done.stdout)["channels"] if c["name"] == name]
    return {r["member"]["host"]: (r["kind"], r["outcome"]) for r in rows}


DONE = {"10.1.0.1": ("add", "added"), "10.1.0.2": ("add", "added"), "10.1.0.3": ("add", "added"),
        "10.1.0.4": ("add", "added"), "10.2.0.1": ("correct", "corrected"), "10.2.0.2": ("correct", "corrected"),
        "10.2.0.3": ("correct", "corrected"), "10.3.0.1": ("delete", "deleted"), "10.3.0.2": ("delete", "deleted")}


def test_undo_of_a_mixed_pass_restores_every_field_of_every_member(synced):
    done = undo(synced, "--last")
    assert done.status == IN_SYNC, done
    assert outcomes(done) == DONE
    assert fields(synced.sim.members("payments")) == fields(synced.before)
    order = [request["method"] for request in mutations(synced.sim)]
    assert order == ["POST"] * 7 + ["DELETE"] * 2, "what goes out of service goes last"
    assert all(request["status"] in (201, 204) for request in mutations(synced.sim))
    assert ctl(synced, "reconcile").status == DRIFT and status_of(synced, "payments")["pause"]
    assert fields(synced.sim.members("payments")) == fields(synced.before), "it is paused"


def test_the_history_tells_each_change_of_the_undo(synced):
    first = history(synced)[0]["pass"]
    assert undo(synced, "--last").status == IN_SYNC
    rows = [action for action in history(synced) if action["undo_of"]]
    assert {action["undo_of"] for action in rows} == {first} and len({action["pass"] for action in rows}) == 1
    told = {(a["member"] or a["after"])["host"]: (a["kind"], a["outcome"]) for a in rows}
    assert told == DONE
    for action in rows:
        assert (action["member"] is None) == (action["kind"] == "add")
        assert (action["after"] is None) == (action["kind"] == "delete")
        assert action["http"] in (201, 204) and action["request_id"]
    corrected, = [a for a in rows if a["kind"] == "correct" and a["after"]["host"] == "10.2.0.3"]
    assert (corrected["member"]["status"], corrected["after"]["status"]) == (1, 2)
    lines = [line for line in ctl(synced, "history", "--since", "1h").stdout.splitlines() if rows[0]["pass"] in line]
    assert sorted(line.split()[2] for line in lines) == ["+"] * 4 + ["-"] * 2 + ["~"] * 3


def test_the_undo_is_a_pass_that_can_be_undone(synced):
    after = fields(synced.sim.members("payments"))
    assert undo(synced, "--last").status == IN_SYNC
    last = history(synced)[-1]
    done = undo(synced, "--pass", last["pass"])
    assert done.status == IN_SYNC, done
    assert fields(synced.sim.members("payments")) == after
    again = undo(synced, "--last", "--dry-run")
    assert json.loads(again.stdout)["undo"] == last["undo_of"], "never an undo"
    assert ctl(synced, "resume", "payments").status == IN_SYNC
    assert ctl(synced, "reconcile").status == IN_SYNC


def test_dry_run_shows_all_kinds_and_changes_nothing(synced):
    before = fields(synced.sim.members("payments"))
    shown = ctl(synced, "undo", "--last", "--dry-run")
    assert shown.status == IN_SYNC and " 9 members (dry run: nothing was changed)" in shown.stdout
    lines = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    for text in ("prod/payments + 10.1.0.1:8080 - planned", "prod/payments - 10.3.0.1:8080 - planned",
                 "prod/payments ~ 10.2.0.1:8080 weight 50 -> 5 planned",
                 "prod/payments ~ 10.2.0.3:8080 weight 2 -> 1, enabled true -> false planned",
                 "prod/payments ~ 10.2.0.2:8080 backup false -> true planned",
                 "prod/payments - blue/10.3.0.2:8080 - planned"):
        assert any(line.startswith(text) for line in lines), (text, shown.stdout)
    synced.daemon.signal()
    synced.daemon.finish()
    alone = undo(synced, "--last", "--dry-run")
    assert alone.status == IN_SYNC and set(outcomes(alone).values()) == {
        ("add", "planned"), ("correct", "planned"), ("delete", "planned")}
    assert not mutations(synced.sim) and fields(synced.sim.members("payments")) == before


def test_what_somebody_has_changed_since_is_left_alone_and_told(synced):
    synced.sim.edit("payments", remove=["10.3.0.1"], add=[row("10.3.0.1"), row("10.1.0.1", weight=70)],
                    edit=[{"member": "10.2.0.1", "weight": 51}, {"member": "10.3.0.2", "weight": 40}])
    done = ctl(synced, "undo", "--last")
    assert done.status == IN_SYNC, done
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    for member, outcome, reason in (
            ("- 10.3.0.1:8080", "changed", "it has another id"), ("+ 10.1.0.1:8080", "live", "it is live"),
            ("~ 10.2.0.1:8080", "changed", "its weight is 51, the pass left 50"),
            ("- blue/10.3.0.2:8080", "changed", "its weight is 40, the pass left 4")):
        line, = [line for line in lines if member + " " in line]
        assert f" {outcome} " in line and line.endswith(reason), line
    live = {member["host"]: member for member in synced.sim.members("payments")}
    assert (live["10.2.0.1"]["weight"], live["10.3.0.2"]["weight"], live["10.1.0.1"]["weight"]) == (51, 40, 70)
    assert live["10.2.0.2"]["is_backup"] is True and live["10.2.0.3"]["status"] == 2


def test_a_weight_that_the_service_chose_and_somebody_changed(synced):
    """The roster states none: the pass notes which one its member got, and a restart keeps that."""
    synced.daemon.signal()
    synced.daemon.finish()
    synced.daemon = start(synced)
    chosen, = [member["weight"] for member in synced.sim.members("payments") if member["host"] == "10.3.0.1"]
    synced.sim.edit("payments", edit=[{"member": "10.3.0.1", "weight": chosen + 6}])
    done = undo(synced, "--last")
    assert done.status == IN_SYNC and outcomes(done) == {**DONE, "10.3.0.1": ("delete", "changed")}
    reason, = [m["reason"] for c in json.loads(done.stdout)["channels"] for m in c["members"] if m["reason"]]
    assert reason.endswith(f"its weight is {chosen + 6}, the pass left {chosen}")


def test_min_remaining_holds_deletions_with_no_way_round(synced):
    synced.tune(guards={"max_delete_percent": 100, "min_remaining": 4})
    assert ctl(synced, "reconcile").status == IN_SYNC
    synced.sim.edit("payments", remove=["10.2.0.1", "10.2.0.2"])
    done = undo(synced, "--last")
    assert done.status == HELD, done
    rows, = json.loads(done.stdout)["channels"]
    assert json.loads(done.stdout)["result"] == "held"
    assert rows["guards"] == [{"name": "min_remaining", "planned": 3, "limit": 4}]
    held = {host for host, (_, outcome) in outcomes(done).items() if outcome == "held"}
    assert held == {"10.3.0.1", "10.3.0.2", "10.2.0.3"}
    live = {member["host"]: member["status"] for member in synced.sim.members("payments")}
    assert live["10.2.0.3"] == 1 and {"10.3.0.1", "10.3.0.2", "10.1.0.1"} <= set(live)
    assert {request["method"] for request in mutations(synced.sim)} == {"POST"}


def test_an_undo_needs_no_window_and_no_freeze_is_in_its_way(synced):
    synced.tune(freezes=[{"from": "2020-01-01T00:00:00Z", "to": "2099-01-01T00:00:00Z", "reason": "for ever"}])
    wait_until(lambda: ctl(synced, "reconcile").status == IN_SYNC)
    assert undo(synced, "--last").status == IN_SYNC
    assert fields(synced.sim.members("payments")) == fields(synced.before)


@pytest.mark.parametrize("method,number", [("POST", 1), ("POST", 6), ("DELETE", 1)])
def test_a_daemon_killed_in_the_midst_has_recorded_all_and_can_go_on(synced, method, number):
    """Whatever was under way took place, and nobody heard of it: later lists tell."""
    synced.sim.faults([{"match": {"method": method}, "skip": number - 1, "times": 1,
                        "then": {"stall": True, "effect": True}}])
    first = history(synced)[0]["pass"]
    waiting = synced.start("rosterctl", "undo", "--last")
    wait_until(lambda: len([r for r in mutations(synced.sim) if r["method"] == method]) == number)
    synced.daemon.process.kill()
    synced.daemon.finish()
    assert waiting.finish().status == FAILED
    rows = [action for action in history(synced) if action["undo_of"]]
    assert len(rows) == 9 and None in {action["outcome"] for action in rows}
    synced.sim.clear_faults()
    synced.daemon = start(synced)
    wait_until(lambda: not [a for a in history(synced) if a["outcome"] is None and a["kind"] == "delete"])
    assert undo(synced, "--pass", first).status == IN_SYNC
    assert fields(synced.sim.members("payments")) == fields(synced.before)


def test_an_undo_exchanges_in_a_full_channel(case):
    """A replacement in a channel at its quota is turned back within the quota."""
    old, new = [f"10.1.0.{i}" for i in range(1, 4)], [f"10.3.0.{i}" for i in range(1, 4)]
    case.tune(mode="sync", settle="0s", guards={"max_delete_percent": 100, "min_remaining": 2})
    case.sim = case.serve(channel("payments", *old, quota=3))
    case.roster(entry("payments", *new))
    case.daemon = start(case)
    wait_until(lambda: case.sim.hosts("payments") == new)
    done = undo(case, "--last")
    assert done.status == IN_SYNC, done
    assert case.sim.hosts("payments") == old
    assert [r for r in additions(case.sim) if r["status"] == 403], "it was full"


def test_a_group_that_is_no_more_is_not_created(synced):
    synced.sim.faults([{"match": {"op": "list_channels"}, "then": {"status": 200, "body": json.dumps({
        "total": 1, "size": 1, "vpc_channels": [{
            "id": identifier("payments"), "name": "payments", "port": 8080, "member_type": "ip",
            "vpc_channel_type": "builtin", "member_groups": []}]})}}])
    done = undo(synced, "--last")
    assert done.status == FAILED and "no group blue any more" in done.stdout, done
    assert not mutations(synced.sim)
