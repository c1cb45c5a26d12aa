# SPDX-License-Identifier: MIT
"""Modes add and sync against the stand-in: what the service saw, in its order, and what is told of it."""

import json

import pytest

from case import (DRIFT, FAILED, HELD, IN_SYNC, INVALID, channel, deletions, entry, extras, mutations, row,
                  wait_until)
from daemon import Daemon

OLD, NEW = ["10.1.0.1", "10.1.0.2"], ["10.1.0.3", "10.1.0.4"]
ROUND = {"settle": "0s", "guards": {"max_delete_percent": 100}}


def additions(sim):
    return sim.requests("add_members")


def bodies(sim):
    """The one member of each POST, in order."""
    rows = [json.loads(request["body"]) for request in additions(sim)]
    assert all(list(body) == ["members"] and len(body["members"]) == 1 for body in rows)
    return [body["members"][0] for body in rows]


def kinds(sim):
    """What requests of ours did to members, in order."""
    return [(effect["kind"], effect.get("host") or effect.get("ecs_id")) for effect in sim.effects()
            if effect["request"] is not None]


def added(reported):
    return {f"{member.get('host', member.get('ecs_id'))}:{member['port']}": member["outcome"]
            for member in reported["added"]}


def corrected(reported):
    return {member["host"]: member["outcome"] for member in reported["changed"]}


def history(case):
    done = case.run("rosterctl", "history", "--json")
    assert done.status == IN_SYNC, done
    return json.loads(done.stdout)["actions"]


def told(case):
    """The history's kinds and outcomes by the member's host, the oldest first."""
    rows = [(action["kind"], (action["member"] or action["after"])["host"], action["outcome"])
            for action in history(case)]
    return sorted(rows)


def replace(case, mode="sync", **service):
    """Two old members, and a roster of two new ones."""
    case.tune(mode=mode, **ROUND)
    sim = case.serve(channel("payments", *OLD), **service)
    case.roster(entry("payments", *NEW))
    return sim


# ---- add ----


def test_add_adds_what_is_missing_and_leaves_extras(case):
    sim = replace(case, mode="add")
    result = case.once()
    reported = result.channel("payments")
    assert (result.status, reported["result"], reported["mode"]) == (DRIFT, "drift", "add")
    assert reported["added"][0] == {"group": "", "host": "10.1.0.3", "port": 8080, "outcome": "added", "attempts": 1}
    assert added(reported) == {"10.1.0.3:8080": "added", "10.1.0.4:8080": "added"}
    assert extras(reported) == {"10.1.0.1:8080": "skipped", "10.1.0.2:8080": "skipped"}
    assert reported["missing"] == [] and deletions(sim) == []
    assert sim.hosts("payments") == OLD + NEW
    assert "added 10.1.0.3:8080" in result.stderr


def test_extras_in_add_are_outside_the_guards_and_the_digest(case):
    case.tune(mode="add", guards={"max_deletes": 0, "min_remaining": 50, "max_delete_percent": 0})
    case.serve(channel("payments", *OLD))
    case.roster(entry("payments", *NEW))
    digest = case.dry().channel("payments")["digest"]
    sim = case.sims[0]
    sim.edit("payments", add=[{"host": "10.9.0.1"}])
    assert case.dry().channel("payments")["digest"] == digest
    assert set(added(case.once().channel("payments")).values()) == {"added"}


def test_a_second_pass_is_in_sync_and_asks_no_more_than_prune(case):
    sim = replace(case)
    first = case.once()
    assert (first.status, first.channel("payments")["result"]) == (IN_SYNC, "converged")
    sim.clear_requests()
    second = case.once()
    assert (second.status, second.channel("payments")["result"]) == (IN_SYNC, "in_sync")
    assert second.channel("payments")["added"] == [] and second.channel("payments")["digest"] is None
    asked = [request["op"] for request in sim.requests()]
    sim.clear_requests()
    case.tune(mode="prune")
    assert case.once().status == IN_SYNC
    assert asked == [request["op"] for request in sim.requests()] == ["list_channels", "list_members"]


# ---- sync ----


def test_sync_makes_before_it_breaks(case):
    sim = replace(case)
    case.tune(settle="300ms")
    sim.clear_stats()
    result = case.once()
    reported = result.channel("payments")
    assert (result.status, reported["result"]) == (IN_SYNC, "converged")
    assert kinds(sim) == [("add", "10.1.0.3"), ("add", "10.1.0.4"), ("delete", "10.1.0.1"), ("delete", "10.1.0.2")]
    assert set(added(reported).values()) == {"added"} and set(extras(reported).values()) == {"deleted"}
    last, first = additions(sim)[-1], deletions(sim)[0]
    listed = [r["end_ms"] for r in sim.requests("list_members") if last["end_ms"] <= r["t_ms"] < first["t_ms"]]
    assert first["t_ms"] - listed[0] >= 300, "settle begins when the additions are listed"
    assert len(listed) == 2, "and the list is read again at its end"
    assert sim.in_service("payments") == (2, 2), "never fewer than before"


def test_the_plan_shows_all_that_would_be_done(case):
    case.tune(mode="sync", **ROUND)
    sim = case.serve(channel("payments", row("10.1.0.1", weight=4), "10.1.0.2"))
    case.roster(entry("payments", {"host": "10.1.0.1", "weight": 7}, "10.1.0.3"))
    result = case.plan()
    assert result.status == DRIFT
    lines = result.stdout.splitlines()
    for line in "  + 10.1.0.3:8080", "  - 10.1.0.2:8080", "  ~ 10.1.0.1:8080  weight 4, roster 7":
        assert line in lines, result
    assert "1 extra, 1 to add, 1 to correct, 1 missing, 1 changed" in lines[1], "too wide for the first"
    reported = case.dry().channel("payments")
    assert set(added(reported).values()) | set(extras(reported).values()) | set(corrected(reported).values()) == {
        "planned"}
    assert reported["digest"] in result.stdout
    assert mutations(sim) == [] and history(case) == []


def test_a_dry_run_and_observe_send_nothing(case):
    sim = replace(case)
    reported = case.dry().channel("payments")
    assert set(added(reported).values()) == {"planned"} and len(reported["missing"]) == 2
    case.roster(entry("payments", *NEW, mode="observe"))
    reported = case.once().channel("payments")
    assert (reported["mode"], reported["result"], reported["added"]) == ("observe", "drift", [])
    assert mutations(sim) == []


@pytest.mark.parametrize("milder, done", [("prune", ["delete"]), ("add", ["add"]), ("observe", [])])
def test_a_roster_may_be_milder_than_sync(case, milder, done):
    case.tune(mode="sync", **ROUND)
    sim = case.serve(channel("payments", "10.1.0.1", "10.1.0.2"))
    case.roster(entry("payments", "10.1.0.1", "10.1.0.3", mode=milder))
    result = case.once()
    assert (result.status, result.channel("payments")["mode"]) == (DRIFT, milder)
    assert [kind for kind, _ in kinds(sim)] == done


@pytest.mark.parametrize("mode, stronger", [("prune", "sync"), ("prune", "add"), ("add", "sync"), ("add", "prune"),
                                            ("observe", "add")])
def test_a_roster_is_never_stronger_than_the_settings(case, mode, stronger):
    sim = replace(case, mode=mode)
    case.roster(entry("payments", *NEW, mode=stronger))
    result = case.check()
    assert result.status == INVALID and f"mode not allowed: {stronger} where the settings say {mode}" in result.stderr, result
    assert case.once().status == INVALID and sim.requests() == []


# ---- what is sent ----


def test_an_addition_sends_what_the_roster_states(case):
    case.tune(mode="add", **ROUND)
    groups = [{"member_group_name": "blue"}, {"member_group_name": "green", "member_group_weight": 30}]
    sim = case.serve(channel("payments", "10.1.0.1", member_groups=groups))
    case.roster(entry("payments", "10.1.0.1", "10.1.0.2", {"host": "10.1.0.3", "port": 81, "weight": 5, "group": "blue"},
                      {"host": "10.1.0.4", "backup": True, "enabled": False},
                      {"host": "10.1.0.5", "group": "green", "weight": 5}))
    assert case.once().status == IN_SYNC
    assert {body["host"]: body for body in bodies(sim)} == {
        "10.1.0.2": {"host": "10.1.0.2", "port": 8080},
        "10.1.0.3": {"host": "10.1.0.3", "port": 81, "member_group_name": "blue", "weight": 5},
        "10.1.0.4": {"host": "10.1.0.4", "port": 8080, "is_backup": True, "status": 2},
        "10.1.0.5": {"host": "10.1.0.5", "port": 8080, "member_group_name": "green"}}, "no weight where the group has one"


def test_ecs_members_are_added_with_their_names(case):
    case.tune(mode="sync", **ROUND)
    sim = case.serve(channel("vms", {"ecs_id": "vm-1", "ecs_name": "one"}, member_type="ecs"))
    case.roster(entry("vms", {"ecs_id": "vm-2", "ecs_name": "two"}, {"ecs_id": "vm-3", "port": 81}))
    result = case.once()
    assert (result.status, added(result.channel("vms"))) == (IN_SYNC, {"vm-2:8080": "added", "vm-3:81": "added"})
    assert bodies(sim) == [{"ecs_id": "vm-2", "ecs_name": "two", "port": 8080},
                           {"ecs_id": "vm-3", "ecs_name": "vm-3", "port": 81}]
    assert kinds(sim) == [("add", "vm-2"), ("add", "vm-3"), ("delete", "vm-1")]


@pytest.mark.parametrize("left_out", ["reset", "kept"])
def test_a_correction_sends_the_complete_member(case, left_out):
    case.tune(mode="sync", **ROUND)
    sim = case.serve(channel("payments", row("10.1.0.1", weight=4, is_backup=True, status=2, port=81),
                             row("10.1.0.2", weight=9, is_backup=True), row("10.1.0.3", weight=9, status=2)),
                     left_out_fields=left_out)
    case.roster(entry("payments", {"host": "10.1.0.1", "port": 81, "weight": 7},
                      {"host": "10.1.0.2", "backup": False}, {"host": "10.1.0.3", "enabled": True}))
    result = case.once()
    assert (result.status, result.channel("payments")["result"]) == (IN_SYNC, "converged")
    assert set(corrected(result.channel("payments")).values()) == {"corrected"}
    sent = {body["host"]: body for body in bodies(sim)}
    plain = {"port": 8080, "is_backup": False, "status": 1}
    for host, fields in (("10.1.0.1", {"weight": 7, "port": 81, "is_backup": True, "status": 2}),
                         ("10.1.0.2", {**plain, "weight": 9}), ("10.1.0.3", {**plain, "weight": 9})):
        assert {key: sent[host].get(key) for key in fields} == fields
    assert all("id" not in body for body in sent.values())
    assert [(member["weight"], member["is_backup"], member["status"]) for member in sim.members("payments")] == [
        (7, True, 2), (9, False, 1), (9, False, 1)], "what is not stated stays as it is"
    assert {effect["host"]: effect["fields"] for effect in sim.effects()} == {
        "10.1.0.1": ["weight"], "10.1.0.2": ["is_backup"], "10.1.0.3": ["status"]}


def test_weights_of_groups_are_neither_compared_nor_sent(case):
    case.tune(mode="sync", **ROUND)
    groups = [{"member_group_name": "blue", "member_group_weight": 30}]
    sim = case.serve(channel("payments", row("10.1.0.1", member_group_name="blue"),
                             row("10.1.0.2", member_group_name="blue"), member_groups=groups))
    case.roster(entry("payments", {"host": "10.1.0.1", "group": "blue", "weight": 5},
                      {"host": "10.1.0.2", "group": "blue", "weight": 5, "backup": True}))
    assert case.once().status == IN_SYNC
    sent, = bodies(sim)
    assert sent["host"] == "10.1.0.2" and sent["is_backup"] is True and "weight" not in sent
    assert case.once().channel("payments")["result"] == "in_sync"


@pytest.mark.parametrize("mode", ["add", "sync"])
def test_a_group_that_is_not_there_fails_the_channel(case, mode):
    case.tune(mode=mode, **ROUND)
    groups = [{"member_group_name": "blue"}, {"member_group_name": "green"}]
    sim = case.serve(channel("payments", "10.1.0.1", "10.1.0.2", member_groups=groups),
                     channel("other", "10.2.0.1"), missing_group="created")
    case.roster(entry("payments", "10.1.0.1", {"host": "10.1.0.3", "group": "red"}), entry("other", "10.2.0.1"))
    result = case.once()
    reported = result.channel("payments")
    assert (result.status, result.results()) == (FAILED, {"payments": "failed", "other": "in_sync"})
    for name in "red", "blue", "green":
        assert name in reported["error"]["message"]
    assert mutations(sim) == [] and history(case) == []


# ---- answers ----


def test_nothing_is_deleted_where_an_addition_failed(case):
    sim = replace(case, faults=[{"match": {"op": "add_members", "member": "10.1.0.3"},
                                 "then": {"status": 400, "code": "APIG.2015"}}])
    result = case.once()
    reported = result.channel("payments")
    assert (result.status, reported["result"]) == (FAILED, "failed")
    assert added(reported) == {"10.1.0.3:8080": "failed", "10.1.0.4:8080": "added"}
    assert set(extras(reported).values()) == {"skipped"} and deletions(sim) == []
    assert "APIG.2015" in reported["error"]["message"] and "could not add 10.1.0.3:8080" in result.stderr
    assert [m["host"] for m in reported["missing"]] == ["10.1.0.3"]
    sim.clear_faults()
    assert case.once().status == IN_SYNC and sim.hosts("payments") == NEW


def test_a_server_error_is_sent_again(case):
    sim = replace(case, faults=[{"match": {"op": "add_members", "member": "10.1.0.3"}, "times": 2,
                                 "then": {"status": 500}}])
    reported = case.once().channel("payments")
    assert reported["result"] == "converged" and added(reported)["10.1.0.3:8080"] == "added"
    assert [member["attempts"] for member in reported["added"]] == [3, 1]
    assert kinds(sim) == [("add", "10.1.0.3"), ("add", "10.1.0.4"), ("delete", "10.1.0.1"), ("delete", "10.1.0.2")]


@pytest.mark.parametrize("then", [{"reset": True}, {"close": True}, {"status": 500}, {"status": 202}])
def test_an_answer_that_is_lost_is_found_out(case, then):
    sim = replace(case, faults=[{"match": {"op": "add_members"}, "times": 1, "then": {**then, "effect": True}}],
                  repeated_add="taken")
    result = case.once()
    assert (result.status, result.channel("payments")["result"]) == (IN_SYNC, "converged"), result
    assert sim.hosts("payments") == NEW and len(sim.members("payments")) == 2
    assert [kind for kind, _, _ in told(case)] == ["add", "add", "delete", "delete"]
    assert {outcome for _, _, outcome in told(case)} == {"added", "deleted"}


def test_a_list_that_shows_additions_late_is_waited_for(case):
    sim = replace(case, eventual_add_ms=700)
    result = case.once()
    assert (result.status, result.channel("payments")["result"]) == (IN_SYNC, "converged"), result
    assert [kind for kind, _ in kinds(sim)] == ["add", "add", "delete", "delete"]


# ---- guards, pause, history ----


def test_max_adds_holds_everything_until_it_is_approved(case):
    sim = replace(case)
    case.tune(guards={"max_adds": 1})
    result = case.once()
    reported = result.channel("payments")
    assert (result.status, reported["result"]) == (HELD, "held")
    assert reported["guards"] == [{"name": "max_adds", "planned": 2, "limit": 1}]
    assert set(added(reported).values()) == set(extras(reported).values()) == {"held"}
    assert mutations(sim) == []
    assert case.once("--approve", reported["digest"]).channel("payments")["result"] == "converged"
    assert sim.hosts("payments") == NEW


def test_an_approval_is_of_the_whole_plan(case):
    sim = replace(case)
    case.tune(guards={"max_adds": 1})
    digest = case.once().channel("payments")["digest"]
    sim.edit("payments", add=[{"host": "10.9.0.1"}])
    reported = case.once("--approve", digest).channel("payments")
    assert reported["result"] == "held" and reported["digest"] != digest and mutations(sim) == []


def test_max_deletes_counts_members_to_be_disabled(case):
    case.tune(mode="add", settle="0s", guards={"max_deletes": 0, "max_delete_percent": 100})
    sim = case.serve(channel("payments", "10.1.0.1", "10.1.0.2"))
    case.roster(entry("payments", "10.1.0.1", {"host": "10.1.0.2", "enabled": False}))
    reported = case.once().channel("payments")
    assert reported["result"] == "held" and reported["guards"][0]["name"] == "max_deletes"
    assert corrected(reported) == {"10.1.0.2": "held"} and mutations(sim) == []


def test_the_history_tells_members_as_they_were_and_as_they_were_sent(case):
    case.tune(mode="sync", **ROUND)
    sim = case.serve(channel("payments", row("10.1.0.1", weight=4), "10.1.0.2"))
    case.roster(entry("payments", {"host": "10.1.0.1", "weight": 7}, "10.1.0.3"))
    before = {member["host"]: member["id"] for member in sim.members("payments")}
    assert case.once().status == IN_SYNC
    actions = {action["kind"]: action for action in history(case)}
    assert {kind: action["outcome"] for kind, action in actions.items()} == {
        "add": "added", "correct": "corrected", "delete": "deleted"}
    assert actions["add"]["member"] is None
    assert actions["add"]["after"] == {"host": "10.1.0.3", "port": 8080}
    assert (actions["correct"]["member"]["id"], actions["correct"]["member"]["weight"]) == (before["10.1.0.1"], 4)
    assert actions["correct"]["after"]["weight"] == 7
    assert actions["delete"]["member"]["id"] == before["10.1.0.2"] and actions["delete"]["after"] is None
    text = case.run("rosterctl", "history").stdout
    lines = [" ".join(line.split()[2:5]) for line in text.splitlines()[1:]]
    assert lines == ["+ 10.1.0.3:8080 added", "~ 10.1.0.1:8080 corrected", "- 10.1.0.2:8080 deleted"], text


def test_a_sync_can_be_undone(case):
    sim = replace(case)
    assert case.once().status == IN_SYNC
    case.tune(interval="24h")
    daemon = Daemon(case)
    daemon.wait_status("1 in sync")
    result = case.run("rosterctl", "undo", "--last")
    assert result.status == IN_SYNC, result
    assert sim.hosts("payments") == OLD, "what was added is deleted again"
    assert daemon.stop() == 0


def test_a_pause_between_additions_and_deletions_keeps_the_extras(case):
    sim = replace(case)
    case.tune(settle="10m", interval="24h")
    daemon = Daemon(case)
    wait_until(lambda: sim.hosts("payments") == OLD + NEW, process=daemon)
    assert case.run("rosterctl", "pause", "payments", "--reason", "holiday").status == IN_SYNC
    daemon.wait_status("paused")
    assert deletions(sim) == [] and sim.hosts("payments") == OLD + NEW
    assert daemon.stop() == 0
    assert {(kind, outcome) for kind, _, outcome in told(case)} == {("add", "added"), ("delete", "skipped")}


def test_a_stop_between_additions_and_deletions_keeps_the_extras(case):
    sim = replace(case)
    case.tune(settle="10m", interval="24h")
    daemon = Daemon(case)
    daemon.wait_line("ADDED", 2)
    assert daemon.stop() == 0
    assert deletions(sim) == [] and sim.hosts("payments") == OLD + NEW
    assert {(kind, outcome) for kind, _, outcome in told(case)} == {("add", "added"), ("delete", "skipped")}


def test_a_roster_that_wants_an_extra_again_keeps_it(case):
    """Written while additions take effect."""
    sim = replace(case)
    case.tune(settle="10m", interval="24h")
    daemon = Daemon(case)
    daemon.wait_line("ADDED", 2)
    case.roster(entry("payments", *OLD, *NEW))
    daemon.wait_status("1 in sync")
    assert deletions(sim) == [] and sim.hosts("payments") == OLD + NEW
    assert daemon.stop() == 0


def test_killed_before_an_addition_is_confirmed(case):
    sim = replace(case, faults=[{"match": {"op": "add_members"}, "times": 1, "then": {"effect": True, "stall": True}}])
    case.tune(interval="24h")
    daemon = Daemon(case)
    wait_until(lambda: "10.1.0.3" in sim.hosts("payments"), process=daemon)
    daemon.process.kill()
    daemon.process.wait()
    assert {(action["kind"], action["outcome"]) for action in history(case)} >= {("add", None)}
    result = case.once("--log-format", "json")
    assert result.status == IN_SYNC and sim.hosts("payments") == NEW, result
    ids = {member["host"]: member["id"] for member in sim.members("payments")}
    line = next(line for line in map(json.loads, result.stderr.splitlines())
                if line.get("ROSTERD_MEMBER") == "10.1.0.3:8080")
    assert line["ROSTERD_ACTION"] == "added" and ids["10.1.0.3"] in line["message"], "told by who learnt of it"
    assert case.once().status == IN_SYNC
    assert ("add", "10.1.0.3", "added") in told(case), "what the service did is in the history"
    assert kinds(sim).count(("add", "10.1.0.3")) == 1
    assert None not in {action["outcome"] for action in history(case)}, "nor is anything of the killed run left open"


def test_killed_before_an_addition_came_to_the_service(case):
    sim = replace(case, faults=[{"match": {"op": "add_members"}, "times": 1, "then": {"stall": True}}])
    case.tune(interval="24h")
    daemon = Daemon(case)
    wait_until(lambda: additions(sim), process=daemon)
    daemon.process.kill()
    daemon.process.wait()
    for _ in range(2):
        assert case.once().status == IN_SYNC and sim.hosts("payments") == NEW
    assert ("add", "10.1.0.3", "added") in told(case)


def test_additions_and_corrections_are_logged_with_their_kinds(case):
    case.tune(mode="sync", interval="24h", **ROUND)
    case.serve(channel("payments", row("10.1.0.1", weight=4, id="aa01"), row("10.1.0.2", id="aa02")),
               faults=[{"match": {"op": "add_members", "member": host}, "then": {"status": 400, "code": "APIG.2015"}}
                       for host in ("10.1.0.2", "10.1.0.4")])
    case.roster(entry("payments", {"host": "10.1.0.1", "weight": 7}, {"host": "10.1.0.2", "weight": 7}, *NEW))
    daemon = Daemon(case)
    for kind, action, member in (("ADDED", "added", "10.1.0.3:8080"), ("ADD_FAILED", "failed", "10.1.0.4:8080"),
                                 ("CORRECTED", "corrected", "10.1.0.1:8080"),
                                 ("CORRECT_FAILED", "failed", "10.1.0.2:8080")):
        line = daemon.wait_line(kind)[0]
        assert member in line["message"] and (line["ROSTERD_MEMBER"], line["ROSTERD_ACTION"]) == (member, action)
    assert daemon.stop() == 0


def test_another_writer_who_undoes_additions_is_noticed(case):
    """The fourth addition of one identity within an hour is held."""
    case.tune(mode="add", **ROUND)
    sim = case.serve(channel("payments", "10.1.0.1"))
    case.roster(entry("payments", "10.1.0.1", "10.1.0.3"))
    for _ in range(3):
        assert case.once().status == IN_SYNC
        sim.edit("payments", remove=["10.1.0.3"])
    reported = case.once().channel("payments")
    assert reported["result"] == "held" and [guard["name"] for guard in reported["guards"]] == ["fight"]
