# SPDX-License-Identifier: MIT
"""Quarantine against the stand-in: an extra is disabled, and deleted when it was so for long enough."""

import datetime
import json
import random
import sqlite3

import pytest

from case import DRIFT, FAILED, HELD, IN_SYNC, channel, deletions, entry, extras, mutations, row, wait_until
from daemon import Daemon

KEPT = ["10.0.0.1", "10.0.0.2"]
EXTRA = "10.9.0.1"


def switches(sim):
    """Which members were disabled and enabled at a request of ours, in order."""
    for request in sim.requests("disable_members") + sim.requests("enable_members"):
        body = json.loads(request["body"])
        assert list(body) == ["member_ids"] and len(body["member_ids"]) == 1, body
    return [(effect["kind"], effect["host"]) for effect in sim.effects()
            if effect["request"] is not None and effect["kind"] in ("enable", "disable")]


def status_of(sim, host, name="payments"):
    return {member["host"]: member["status"] for member in sim.members(name)}[host]


def history(case):
    done = case.run("rosterctl", "history", "--json")
    assert done.status == IN_SYNC, done
    return [(action["kind"], action["outcome"]) for action in json.loads(done.stdout)["actions"]]


def quarantined(case, span="1h", wanted=KEPT, mode="prune", **service):
    """A channel with an extra, and a quarantine."""
    case.tune(mode=mode, quarantine=span, interval="24h", settle="0s")
    sim = case.serve(channel("payments", *KEPT, row(EXTRA, id="e1")), **service)
    case.roster(entry("payments", *wanted))
    return sim


def enter(case, sim):
    result = case.once()
    assert (result.status, result.channel("payments")["result"]) == (DRIFT, "quarantined"), result
    assert switches(sim) == [("disable", EXTRA)] and deletions(sim) == []
    return result


def let_time_pass(case, seconds):
    """What the state has seen of it; no program runs."""
    with sqlite3.connect(case.state_dir / "rosterd.db") as database:
        database.execute("UPDATE quarantine SET passed_usec = passed_usec + ?", (int(seconds * 1e6),))


def forget_history(case):
    """So that nothing is a fight; what is undecided stays."""
    if (case.state_dir / "rosterd.db").exists():
        with sqlite3.connect(case.state_dir / "rosterd.db") as database:
            database.execute("DELETE FROM action WHERE outcome IS NOT NULL")


# ---- in, and out ----


def test_an_extra_is_disabled_and_told_with_its_end(case):
    sim = quarantined(case)
    before = datetime.datetime.now(datetime.timezone.utc)
    reported = enter(case, sim).channel("payments")
    assert extras(reported) == {f"{EXTRA}:8080": "quarantined"}
    until = datetime.datetime.fromisoformat(reported["extra"][0]["until"].replace("Z", "+00:00"))
    assert until >= before + datetime.timedelta(minutes=59)
    assert (reported["live"], reported["guards"], reported["error"]) == (3, [], None)
    assert status_of(sim, EXTRA) == 2
    assert history(case) == [("disable", "disabled")]
    again = case.once()
    assert (again.status, again.channel("payments")["result"]) == (DRIFT, "quarantined")
    assert len(mutations(sim)) == 1
    plan = case.plan()
    assert plan.status == DRIFT and "quarantined until" in plan.stdout, plan


def test_it_is_deleted_by_the_first_pass_after_its_time(case):
    sim = quarantined(case)
    enter(case, sim)
    let_time_pass(case, 3500)
    assert case.once().status == DRIFT and deletions(sim) == []
    let_time_pass(case, 101)
    result = case.once()
    assert result.status == IN_SYNC and sim.hosts("payments") == KEPT, result
    assert extras(result.channel("payments")) == {f"{EXTRA}:8080": "deleted"}
    assert history(case) == [("disable", "disabled"), ("delete", "deleted")]


def test_a_daemon_wakes_when_the_time_is_over(case):
    """The next pass but for that is a day away."""
    sim = quarantined(case, span="2s")
    daemon = Daemon(case)
    daemon.wait_line("DISABLED")
    wait_until(lambda: sim.hosts("payments") == KEPT, process=daemon)
    daemon.wait_status("1 in sync")
    assert daemon.stop() == 0
    effects = [(effect["kind"], effect["host"]) for effect in sim.effects() if effect["request"] is not None]
    assert effects == [("disable", EXTRA), ("delete", EXTRA)]


@pytest.mark.parametrize("mode", ["prune", "sync"])
def test_what_the_next_commit_wants_again_was_never_deleted(case, mode):
    """Quarantined by a wrong roster, enabled within one pass by the next, whatever guards and windows say."""
    sim = quarantined(case, mode=mode)
    enter(case, sim)
    let_time_pass(case, 7200)
    case.tune(guards={"max_deletes": 0, "max_adds": 0, "min_remaining": 3},
              windows=[{"days": "mon", "from": "00:00", "to": "00:01"}])
    case.roster(entry("payments", *KEPT, EXTRA))
    result = case.once()
    reported = result.channel("payments")
    assert (result.status, reported["result"]) == (IN_SYNC, "converged"), result
    changed = reported["changed"]
    assert [(member["host"], member["fields"], member["outcome"]) for member in changed] == [
        (EXTRA, {"enabled": {"live": False, "roster": True}}, "corrected")]
    assert status_of(sim, EXTRA) == 1 and deletions(sim) == []
    assert history(case) == [("disable", "disabled"), ("enable", "enabled")]
    assert case.once().status == IN_SYNC and len(mutations(sim)) == 2


def test_a_reload_enables_at_once_what_its_roster_wants_again(case):
    sim = quarantined(case)
    daemon = Daemon(case)
    daemon.wait_line("DISABLED")
    case.roster(entry("payments", *KEPT, EXTRA))
    daemon.wait_line("ENABLED")
    daemon.wait_status("1 in sync")
    assert daemon.stop() == 0
    assert status_of(sim, EXTRA) == 1 and deletions(sim) == []


@pytest.mark.parametrize("how", ["ignored", "add"])
def test_what_is_not_to_be_deleted_any_more_is_enabled(case, how):
    sim = quarantined(case, mode="sync")
    enter(case, sim)
    case.roster(entry("payments", *KEPT, **({"ignore": [{"host": "10.9.0.0/16"}]} if how == "ignored"
                                            else {"mode": "add"})))
    result = case.once()
    assert result.status == (IN_SYNC if how == "ignored" else DRIFT), result
    assert switches(sim) == [("disable", EXTRA), ("enable", EXTRA)]


@pytest.mark.parametrize("how", ["observe", "dry run", "pause", "paused", "freeze"])
def test_what_holds_it_shows_it(case, how):
    sim = quarantined(case)
    enter(case, sim)
    if how == "pause":
        daemon = Daemon(case)
        daemon.wait_ready()
        assert case.run("rosterctl", "pause", "--all", "--reason", "for a test").status == 0
        assert daemon.stop() == 0
    more = {"observe": {"mode": "observe"}, "paused": {"paused": "for a test"}}.get(how, {})
    case.roster(entry("payments", *KEPT, EXTRA, **more))
    if how == "freeze":
        case.tune(freezes=[{"from": "2020-01-01T00:00:00Z", "to": "2199-01-01T00:00:00Z", "reason": "for a test"}])
    result = case.once(*(["--dry-run"] if how == "dry run" else []))
    assert result.status == DRIFT, result
    reported = result.channel("payments")
    assert reported["result"] == ("paused" if how in ("pause", "paused", "freeze") else "drift")
    assert [(member["fields"], member["outcome"]) for member in reported["changed"]] == [
        ({"enabled": {"live": False, "roster": True}}, "planned")]
    assert status_of(sim, EXTRA) == 2
    plan = case.plan()
    assert f"~ {EXTRA}:8080" in plan.stdout and "enabled false, roster true" in plan.stdout, plan


# ---- whose it is ----


def test_what_somebody_had_disabled_waits_too_and_is_never_enabled(case):
    case.tune(mode="prune", quarantine="1h")
    sim = case.serve(channel("payments", *KEPT, row(EXTRA, status=2)))
    case.roster(entry("payments", *KEPT))
    result = case.once()
    assert (result.status, extras(result.channel("payments"))) == (DRIFT, {f"{EXTRA}:8080": "quarantined"})
    assert mutations(sim) == [] and history(case) == []
    case.roster(entry("payments", *KEPT, EXTRA))
    result = case.once()
    assert (result.status, result.channel("payments")["disabled"]) == (IN_SYNC, 1) and mutations(sim) == []
    case.roster(entry("payments", *KEPT))
    assert case.once().status == DRIFT
    let_time_pass(case, 3601)
    assert case.once().status == IN_SYNC and sim.hosts("payments") == KEPT


def test_a_lost_state_starts_the_wait_again_and_owns_nothing(case):
    sim = quarantined(case)
    enter(case, sim)
    let_time_pass(case, 7200)
    for path in case.state_dir.glob("rosterd.db*"):
        path.unlink()
    result = case.once()
    assert (result.status, result.channel("payments")["result"]) == (DRIFT, "quarantined")
    assert deletions(sim) == [] and len(switches(sim)) == 1
    case.roster(entry("payments", *KEPT, EXTRA))
    assert case.once().channel("payments")["disabled"] == 1
    assert status_of(sim, EXTRA) == 2, "nobody knows who disabled it"


def test_who_enables_it_by_hand_begins_its_time_anew_and_fights(case):
    sim = quarantined(case)
    enter(case, sim)
    for count in (2, 3):
        let_time_pass(case, 7200)
        sim.edit("payments", enable=[EXTRA])
        result = case.once()
        assert result.channel("payments")["result"] == "quarantined", result
        assert switches(sim) == [("disable", EXTRA)] * count and deletions(sim) == []
        assert case.once().status == DRIFT
    sim.edit("payments", enable=[EXTRA])
    result = case.once()
    reported = result.channel("payments")
    assert (result.status, [guard["name"] for guard in reported["guards"]]) == (HELD, ["fight"])


def test_who_enables_it_and_wants_it_owns_it(case):
    """What somebody switches after that is theirs."""
    sim = quarantined(case)
    enter(case, sim)
    let_time_pass(case, 120)
    sim.edit("payments", enable=[EXTRA])
    case.roster(entry("payments", *KEPT, EXTRA))
    assert case.once().status == IN_SYNC
    sim.edit("payments", disable=[EXTRA])
    result = case.once()
    assert (result.status, result.channel("payments")["disabled"]) == (IN_SYNC, 1)
    assert len(mutations(sim)) == 1


def test_who_deletes_it_by_hand_ends_it(case):
    sim = quarantined(case)
    enter(case, sim)
    sim.edit("payments", remove=[EXTRA])
    assert case.once().status == IN_SYNC
    sim.edit("payments", add=[row(EXTRA, id="e2")])
    result = case.once()
    assert result.channel("payments")["result"] == "quarantined"
    assert switches(sim) == [("disable", EXTRA)] * 2 and deletions(sim) == []


# ---- held ----


@pytest.mark.parametrize("how", ["paused", "window", "guard"])
def test_what_holds_the_deletion_lets_the_time_run_on(case, how):
    sim = quarantined(case)
    enter(case, sim)
    if how == "paused":
        case.roster(entry("payments", *KEPT, paused="for a test"))
    elif how == "window":
        case.tune(windows=[{"days": "mon", "from": "00:00", "to": "00:01"}])
    else:
        case.tune(guards={"min_remaining": 3})
    let_time_pass(case, 3601)
    result = case.once()
    assert result.channel("payments")["result"] == ("held" if how == "guard" else "paused"), result
    assert deletions(sim) == []
    case.roster(entry("payments", *KEPT))
    case.tune(windows=None, guards={"min_remaining": 1})
    case.settings.pop("windows")
    assert case.once().status == IN_SYNC and sim.hosts("payments") == KEPT


def test_guards_count_who_enters_and_not_who_leaves(case):
    case.tune(mode="prune", quarantine="1h", guards={"max_deletes": 2, "max_delete_percent": 100})
    more = [f"10.9.0.{n}" for n in (1, 2, 3)]
    sim = case.serve(channel("payments", *KEPT, *more))
    case.roster(entry("payments", *KEPT))
    held = case.once()
    assert held.status == HELD and set(extras(held.channel("payments")).values()) == {"held"}
    assert mutations(sim) == []
    result = case.once("--approve", held.channel("payments")["digest"])
    assert result.channel("payments")["result"] == "quarantined"
    case.tune(guards={"max_deletes": 0, "max_delete_percent": 0, "max_deletes_total": 0, "max_channels": 0,
                      "confirm_passes": 3})
    let_time_pass(case, 3601)
    assert case.once().status == IN_SYNC and sim.hosts("payments") == KEPT


def test_a_longer_quarantine_counts_at_once_and_a_shorter_one_later(case):
    sim = quarantined(case)
    enter(case, sim)
    own = case.roster(entry("payments", *KEPT, quarantine="2h"))
    own.write_text(own.read_text().replace('"2h"', "2h"))
    let_time_pass(case, 3601)
    assert case.once().status == DRIFT
    case.roster(entry("payments", *KEPT))
    case.tune(quarantine="1s")
    assert case.once().status == DRIFT and deletions(sim) == []
    case.settings.pop("quarantine")
    assert case.once().channel("payments")["result"] == "quarantined"
    let_time_pass(case, 3600)
    assert case.once().status == IN_SYNC and sim.hosts("payments") == KEPT


# ---- what goes wrong ----


@pytest.mark.parametrize("effect", [True, False])
@pytest.mark.parametrize("op", ["disable_members", "enable_members"])
def test_killed_while_it_is_switched(case, op, effect):
    """The list tells the next start what became of it."""
    fault = {"match": {"op": op}, "times": 1, "then": {"effect": effect, "stall": True}}
    sim = quarantined(case, faults=[fault])
    if op == "enable_members":
        enter(case, sim)
        case.roster(entry("payments", *KEPT, EXTRA))
    daemon = Daemon(case)
    wait_until(lambda: sim.requests(op), process=daemon)
    if effect:
        wait_until(lambda: len(switches(sim)) == (2 if op == "enable_members" else 1), process=daemon)
    daemon.process.kill()
    daemon.process.wait()
    if op == "disable_members":
        result = case.once()
        assert result.channel("payments")["result"] == "quarantined", result
        assert switches(sim) == [("disable", EXTRA)] and ("disable", "disabled") in history(case)
        case.roster(entry("payments", *KEPT, EXTRA))
    assert case.once().status == IN_SYNC
    assert status_of(sim, EXTRA) == 1 and deletions(sim) == []
    assert ("enable", "enabled") in history(case)


def test_one_that_was_recorded_and_never_sent_is_not_ours(case):
    """Two are recorded, the first is under way at the kill; then somebody disables both."""
    case.tune(mode="prune", quarantine="1h")
    more = [row(f"10.9.0.{n}", id=f"e{n}") for n in (1, 2)]
    sim = case.serve(channel("payments", *KEPT, *more), faults=[
        {"match": {"op": "disable_members"}, "times": 1, "then": {"stall": True}}])
    case.roster(entry("payments", *KEPT))
    running = case.start("rosterd", "--once")
    wait_until(lambda: sim.requests("disable_members"), process=running)
    (sent,) = json.loads(sim.requests("disable_members")[0]["body"])["member_ids"]
    running.process.kill()
    running.process.communicate()
    sim.edit("payments", disable=["10.9.0.1", "10.9.0.2"])
    assert case.once().channel("payments")["result"] == "quarantined"
    case.roster(entry("payments", *KEPT, "10.9.0.1", "10.9.0.2"))
    assert case.once().channel("payments")["disabled"] == 1
    assert {member["id"]: member["status"] for member in sim.members("payments") if member["id"] in ("e1", "e2")} == {
        sent: 1, "e1" if sent == "e2" else "e2": 2}


def test_killed_at_random_instants(case):
    """However often: nothing is enabled that was not disabled by us, what the roster wants comes back, and what
    the history says is what the service saw."""
    chance = random.Random(7)
    case.tune(mode="prune", quarantine="1h", guards={"max_delete_percent": 100, "max_deletes": 100})
    more = [f"10.9.0.{n}" for n in range(1, 7)]
    sim = case.serve(channel("payments", *KEPT, *more, row("10.8.0.1", status=2)), change_ms=2)
    for number in range(24):
        wanted = more if number % 2 else []
        case.roster(entry("payments", *KEPT, *wanted, *(["10.8.0.1"] if number % 2 else [])))
        running = case.start("rosterd", "--once", "--log-level", "err")
        try:
            running.process.wait(chance.uniform(0.0, 0.12))
        except Exception:  # pylint: disable=broad-except
            running.process.kill()
        running.process.communicate()
        forget_history(case)
        done = case.once()
        assert done.channel("payments")["result"] == ("quarantined" if not wanted else "converged") or (
            done.status == IN_SYNC and wanted), (number, done)
        assert all(status_of(sim, host) == (1 if wanted else 2) for host in more), number
        assert status_of(sim, "10.8.0.1") == 2
        assert None not in [outcome for _, outcome in history(case)]
    assert deletions(sim) == []


def test_a_refusal_fails_the_channel_and_begins_no_time(case):
    sim = quarantined(case, faults=[{"match": {"op": "disable_members"}, "times": 1,
                                     "then": {"status": 403, "code": "APIG.1005"}}])
    result = case.once()
    assert (result.status, extras(result.channel("payments"))) == (FAILED, {f"{EXTRA}:8080": "failed"})
    assert history(case) == [("disable", "failed")]
    enter(case, sim)


@pytest.mark.parametrize("then", [{"status": 500, "code": "APIG.9999"}, {"effect": True, "reset": True}])
def test_what_may_pass_is_sent_again(case, then):
    sim = quarantined(case, faults=[{"match": {"op": "disable_members"}, "times": 1, "then": then}],
                      repeated_switch="refused" if "effect" in then else "taken")
    result = case.once()
    assert result.channel("payments")["result"] == "quarantined", result
    assert result.channel("payments")["extra"][0]["attempts"] == 2
    assert history(case) == [("disable", "disabled")]
    case.roster(entry("payments", *KEPT, EXTRA))
    assert case.once().status == IN_SYNC and status_of(sim, EXTRA) == 1


@pytest.mark.parametrize("unknown", ["refused", "ignored"])
def test_a_member_that_goes_as_it_is_disabled(case, unknown):
    """What the service says of an id that nobody has is not known; the list tells."""
    sim = quarantined(case, faults=[{"match": {"op": "disable_members"}, "times": 1, "then": {"hold": True}}],
                      unknown_member=unknown)
    running = case.start("rosterd", "--once", "--json")
    wait_until(lambda: sim.requests("disable_members"), process=running)
    sim.edit("payments", remove=[EXTRA])
    sim.release()
    result = running.finish()
    assert (result.status, extras(result.channel("payments"))) == (IN_SYNC, {f"{EXTRA}:8080": "gone"}), result
    assert history(case) == [("disable", "gone")]


def test_an_undo_of_its_deletion_brings_it_back_enabled(case):
    """As it was before it was disabled."""
    sim = quarantined(case)
    enter(case, sim)
    let_time_pass(case, 3601)
    assert case.once().status == IN_SYNC and sim.hosts("payments") == KEPT
    daemon = Daemon(case)
    daemon.wait_ready()
    assert case.run("rosterctl", "undo", "--last").status == 0
    assert daemon.stop() == 0
    assert status_of(sim, EXTRA) == 1


def test_an_undo_of_the_pass_that_disabled_enables_again(case):
    """The channel is paused then, so that no pass disables it again."""
    sim = quarantined(case)
    enter(case, sim)
    daemon = Daemon(case)
    daemon.wait_status("next pass")
    done = case.run("rosterctl", "undo", "--last", "--dry-run")
    assert done.status == IN_SYNC and f"~ {EXTRA}:8080" in done.stdout and "enabled false -> true" in done.stdout, done
    assert status_of(sim, EXTRA) == 2
    done = case.run("rosterctl", "undo", "--last", "--json")
    assert done.status == IN_SYNC, done
    member, = json.loads(done.stdout)["channels"][0]["members"]
    assert (member["kind"], member["outcome"]) == ("enable", "enabled")
    assert member["fields"] == {"enabled": {"from": False, "to": True}}
    assert status_of(sim, EXTRA) == 1 and deletions(sim) == []
    assert daemon.stop() == 0
    assert case.once().channel("payments")["result"] == "paused" and status_of(sim, EXTRA) == 1
    assert sorted(history(case)) == [("disable", "disabled"), ("enable", "enabled")]


def test_an_undo_enables_nobody_whom_somebody_else_has_disabled(case):
    """Enabled and disabled again by hand: the state has no more part in it."""
    sim = quarantined(case)
    enter(case, sim)
    case.tune(guards={"max_deletes": 0})
    sim.edit("payments", enable=[EXTRA])
    assert case.once().status == HELD
    let_time_pass(case, 61)
    assert case.once().status == HELD
    sim.edit("payments", disable=[EXTRA])
    daemon = Daemon(case)
    daemon.wait_ready()
    done = case.run("rosterctl", "undo", "--last", "--json")
    assert done.status == IN_SYNC, done
    member, = json.loads(done.stdout)["channels"][0]["members"]
    assert (member["outcome"], member["reason"]) == ("changed", "it is not in quarantine any more")
    assert daemon.stop() == 0 and status_of(sim, EXTRA) == 2


# ---- a channel that leaves ----


def test_a_channel_that_left_the_rosters_is_told_once_and_stands_in_status(case):
    case.tune(mode="prune", quarantine="1h", interval="1s")
    sim = case.serve(channel("payments", *KEPT, EXTRA), channel("orders", *KEPT))
    case.roster(entry("payments", *KEPT), entry("orders", *KEPT))
    assert case.once().status == DRIFT
    case.roster(entry("orders", *KEPT))
    let_time_pass(case, 7200)
    daemon = Daemon(case)
    line = daemon.wait_line("QUARANTINE_LEFT")[0]
    assert "payments" in line["message"] and EXTRA in line["message"]
    status = json.loads(case.run("rosterctl", "status", "--json").stdout)
    assert [(left["instance"], left["name"], left["members"]) for left in status["other_quarantined"]] == [
        ("prod", "payments", [f"{EXTRA}:8080"])]
    assert "payments" in case.run("rosterctl", "status").stdout
    assert daemon.stop() == 0
    again = case.once()
    assert "left the rosters" not in again.stderr, "it is told once"
    assert status_of(sim, EXTRA) == 2 and len(mutations(sim)) == 1
    case.roster(entry("orders", *KEPT), entry("payments", *KEPT, EXTRA))
    assert case.once().status == IN_SYNC and status_of(sim, EXTRA) == 1
