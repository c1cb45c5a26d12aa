# SPDX-License-Identifier: MIT
"""Undo: deleted members come back as they were, and stay."""

import json
import signal
import subprocess
import time

import pytest

from case import DRIFT, FAILED, IN_SYNC, channel, entry, identifier, mutations, row, wait_until
from daemon import sanitized
from test_control import KEPT, ask, ctl, start, status_of

NO_DAEMON = 69
LAG_SECONDS = 60
FIELDS = ("host", "ecs_id", "ecs_name", "port", "weight", "is_backup", "status", "member_group_name")
ODD = [row("10.9.0.1", weight=7, status=2), row("10.9.0.2:81", is_backup=True, weight=0),
       row("10.9.0.3", member_group_name="blue", weight=33), {"host": "2001:db8::7", "weight": 10000}]


def fields(members):
    return sorted(json.dumps({key: member.get(key) for key in FIELDS}) for member in members)


def additions(sim):
    return [request for request in sim.requests() if request["method"] == "POST"]


@pytest.fixture
def pruned(case):
    """A daemon that has deleted members of all kinds in two channels."""
    ecs = [{"ecs_id": f"ecs-{i}", "ecs_name": f"name {i}", "weight": i} for i in range(1, 4)]
    case.tune(guards={"max_delete_percent": 100})
    case.sim = case.serve(
        channel("payments", *KEPT, *ODD, member_groups=[{"member_group_name": "blue"}]),
        channel("machines", *ecs, member_type="ecs"))
    case.roster(entry("payments", *KEPT), entry("machines", {"ecs_id": "ecs-1"}))
    case.before = {name: case.sim.members(name) for name in ("payments", "machines")}
    case.daemon = start(case)
    assert len(case.sim.members("payments")) == 4 and len(case.sim.members("machines")) == 1
    case.sim.clear_requests()
    return case


def undo(case, *args):
    done = ctl(case, "undo", "--json", *args)
    done.rows = [(c["name"], m["outcome"]) for c in json.loads(done.stdout or '{"channels": []}')["channels"]
                 for m in c["members"]]
    return done


def test_every_member_comes_back_equal_in_all_fields(pruned):
    done = undo(pruned, "--last")
    assert done.status == IN_SYNC, done
    assert {outcome for _, outcome in done.rows} == {"added"} and len(done.rows) == 6
    for name in ("payments", "machines"):
        assert fields(pruned.sim.members(name)) == fields(pruned.before[name])
    assert {request["method"] for request in mutations(pruned.sim)} == {"POST"}
    assert all(request["status"] == 201 for request in additions(pruned.sim)), "two changes of a channel at once"


def test_channels_are_paused_first_and_stay_so(pruned):
    last_pass = json.loads(ctl(pruned, "history", "--json").stdout)["actions"][-1]["pass"]
    undo(pruned, "--last")
    for name in ("payments", "machines"):
        assert status_of(pruned, name)["pause"] == {
            "scope": "channel", "reason": f"undo of {last_pass}", "until": None}
    assert ctl(pruned, "reconcile").status == DRIFT
    assert fields(pruned.sim.members("payments")) == fields(pruned.before["payments"])


def test_it_says_what_is_paused_now(pruned):
    """Also where a member failed or was live again."""
    pruned.sim.faults([{"match": {"method": "POST", "channel": "payments"},
                        "then": {"status": 403, "code": "APIG.1005"}}])
    shown = ctl(pruned, "undo", "--last", "--dry-run").stdout
    assert "Paused" not in shown and shown.startswith("undo of 2")
    assert " members (dry run: nothing was changed)\n" in shown.split("CHANNEL")[0]
    for status_wanted in (FAILED, IN_SYNC, IN_SYNC):
        done = ctl(pruned, "undo", "--last")
        assert done.status == status_wanted and "Paused now, without end" in done.stdout
        for name in ("payments", "machines"):
            assert f"    rosterctl resume prod/{name}\n" in done.stdout
        pruned.sim.clear_faults()
    assert ctl(pruned, "resume", "prod/payments").status == IN_SYNC


def added(case):
    """What the history says of additions that were sent, as the files have it."""
    done = ctl(case, "history", "--json")
    assert done.status == IN_SYNC, done
    rows = json.loads(done.stdout)["actions"]
    return [(a["name"], a["outcome"]) for a in rows
            if a["kind"] == "add" and a["outcome"] != "skipped"]


def test_an_undo_cut_short_says_what_is_paused(pruned):
    """And the history what was sent: what became of it, the next list tells."""
    pruned.sim.faults([{"match": {"method": "POST"}, "then": {"stall": True, "effect": True}}])
    waiting = pruned.start("rosterctl", "undo", "--last")
    wait_until(lambda: len(additions(pruned.sim)) == 2)
    pruned.daemon.signal()
    pruned.daemon.finish()
    done = waiting.finish()
    assert done.status == FAILED and "aused now" in done.stdout + done.stderr
    assert sorted(added(pruned)) == [("machines", None), ("payments", None)]
    assert "not decided" in ctl(pruned, "history").stdout
    arrived = [r["channel"] for r in additions(pruned.sim)]
    pruned.sim.clear_faults()
    pruned.daemon = start(pruned)
    assert sorted(arrived) == sorted(identifier(name) for name in ("payments", "machines"))
    assert sorted(added(pruned)) == [("machines", "added"), ("payments", "added")]
    pruned.daemon.signal()
    assert pruned.daemon.finish().stderr.count("undo: added back") == 2


def test_a_daemon_killed_during_an_undo_has_recorded_what_it_sent(pruned):
    pruned.sim.faults([{"match": {"method": "POST", "channel": "payments"}, "times": 1, "then": {"stall": True}}])
    begun = time.monotonic()
    waiting = pruned.start("rosterctl", "undo", "--last")
    wait_until(lambda: [r for r in additions(pruned.sim) if r["channel"] == identifier("payments")])
    pruned.daemon.process.kill()
    pruned.daemon.finish()
    assert waiting.finish().status == FAILED
    assert ("payments", None) in added(pruned)
    pruned.daemon = start(pruned)
    assert ctl(pruned, "reconcile").status in (IN_SYNC, DRIFT), "the other channel's addition may have been sent"
    outcomes = dict(added(pruned))
    is_lagging = time.monotonic() - begun < LAG_SECONDS
    assert outcomes["payments"] is None or not is_lagging, "it is not listed, and a list may lag for a minute"
    assert outcomes["payments"] in (None, "failed")


def test_what_cannot_be_recorded_is_not_added(pruned):
    """The state goes away between the pauses and the first addition: told as such, and nothing is sent."""
    pruned.sim.faults([{"match": {"op": "list_members"}, "times": 2, "then": {"delay_ms": 1000}}])
    before = len(pruned.sim.requests("list_members"))
    waiting = pruned.start("rosterctl", "undo", "--last")
    wait_until(lambda: len(pruned.sim.requests("list_members")) > before)
    (pruned.state_dir / "rosterd.db").rename(pruned.folder / "elsewhere.db")
    done = waiting.finish()
    assert done.status == FAILED and "; nothing was added" in done.stdout, done
    assert not additions(pruned.sim)
    pruned.daemon.signal()
    ended = pruned.daemon.finish().stderr
    assert "err: undo of " in ended and "; nothing was added" in ended


def test_undoing_twice_changes_nothing_more(pruned):
    assert undo(pruned, "--last").status == IN_SYNC
    pruned.sim.clear_requests()
    again = undo(pruned, "--last")
    assert again.status == IN_SYNC and {outcome for _, outcome in again.rows} == {"live"}
    assert not mutations(pruned.sim)


def test_what_is_live_again_is_left_alone(pruned):
    pruned.sim.edit("payments", add=[{"host": "10.9.0.1", "weight": 99}])
    done = undo(pruned, "--last")
    assert sorted(outcome for name, outcome in done.rows if name == "payments") == ["added"] * 3 + ["live"]
    live = [m for m in pruned.sim.members("payments") if m["host"] == "10.9.0.1"]
    assert [m["weight"] for m in live] == [99]


def test_one_action_and_one_pass(pruned):
    actions = json.loads(ctl(pruned, "history", "--json", "--channel", "payments").stdout)["actions"]
    one = actions[0]
    done = undo(pruned, "--action", str(one["action"]))
    assert done.rows == [("payments", "added")]
    assert one["member"]["host"] in pruned.sim.hosts("payments")
    assert status_of(pruned, "machines")["pause"] is None
    assert undo(pruned, "--pass", one["pass"]).status == IN_SYNC
    assert fields(pruned.sim.members("payments")) == fields(pruned.before["payments"])


@pytest.mark.parametrize("name", ["payments", "prod/payments", identifier("payments")])
def test_of_one_channel(pruned, name):
    """The last pass that changed something there; the others are left as they are. By the files alike."""
    done = undo(pruned, "--last", "--channel", name, "--dry-run")
    assert {channel_name for channel_name, _ in done.rows} == {"payments"} and len(done.rows) == 4
    pruned.daemon.signal()
    pruned.daemon.finish()
    assert undo(pruned, "--last", "--channel", name, "--dry-run").rows == done.rows
    pruned.daemon = start(pruned)
    assert undo(pruned, "--last", "--channel", name).status == IN_SYNC
    assert fields(pruned.sim.members("payments")) == fields(pruned.before["payments"])
    assert len(pruned.sim.members("machines")) == 1 and status_of(pruned, "machines")["pause"] is None
    assert "holds no change" in undo(pruned, "--last", "--channel", "elsewhere").stderr


def test_dry_run_changes_nothing_with_a_daemon_and_without(pruned):
    done = undo(pruned, "--last", "--dry-run")
    assert done.status == IN_SYNC and {outcome for _, outcome in done.rows} == {"planned"}
    assert status_of(pruned, "payments")["pause"] is None
    pruned.daemon.signal()
    pruned.daemon.finish()
    alone = undo(pruned, "--last", "--dry-run")
    assert alone.status == IN_SYNC and json.loads(alone.stdout) == json.loads(done.stdout)
    assert not mutations(pruned.sim)
    refused = ctl(pruned, "undo", "--last")
    assert refused.status == NO_DAEMON and refused.stderr.count("\n") == 1


def test_retry_as_with_deletions(pruned):
    pruned.sim.faults([
        {"match": {"method": "POST"}, "times": 2, "then": {"status": 500, "code": "APIG.9999"}},
        {"match": {"method": "POST"}, "times": 1, "then": {"reset": True, "effect": True}},
    ])
    assert undo(pruned, "--last").status == IN_SYNC
    assert fields(pruned.sim.members("payments")) == fields(pruned.before["payments"])


def test_refusal_is_told_and_other_channels_go_on(pruned):
    pruned.sim.faults([{"match": {"method": "POST", "channel": "payments"},
                        "then": {"status": 403, "code": "APIG.1005"}}])
    done = undo(pruned, "--last")
    assert done.status == FAILED
    rows = {c["name"]: c for c in json.loads(done.stdout)["channels"]}
    assert rows["payments"]["error"]["code"] == "APIG.1005" and rows["machines"]["error"] is None
    assert {outcome for name, outcome in done.rows if name == "machines"} == {"added"}
    assert len([r for r in additions(pruned.sim) if r["channel"] == identifier("payments")]) == 1


def test_service_that_only_says_so(pruned):
    """201, and the member is not there: that is no success."""
    pruned.sim.faults([{"match": {"method": "POST", "channel": "machines"},
                        "then": {"status": 201, "body": "{}", "effect": False}}])
    done = ctl(pruned, "undo", "--last")
    assert done.status == FAILED and "does not list it" in done.stdout


def test_pass_under_way_makes_room(pruned):
    """An undo does not wait for a pass that goes on deleting: the pass sends nothing more."""
    pruned.sim.edit("payments", add=[{"host": f"10.9.5.{i}"} for i in range(1, 9)])
    pruned.sim.faults([{"match": {"op": "delete_member"}, "then": {"delay_ms": 2000, "effect": True, "status": 204}}])
    waiting = pruned.start("rosterctl", "reconcile")
    wait_until(lambda: pruned.sim.requests("delete_member"))
    first = json.loads(ctl(pruned, "history", "--json").stdout)["actions"][0]
    assert undo(pruned, "--pass", first["pass"]).status == IN_SYNC
    waiting.finish()
    assert len(pruned.sim.requests("delete_member")) < 8
    assert set(row["host"] for row in pruned.before["payments"]) <= set(pruned.sim.hosts("payments"))


def test_a_pass_that_an_undo_cuts_short_is_no_outage(pruned):
    """What the last whole pass said stays; who waits for a pass gets the one that follows."""
    number = json.loads(ctl(pruned, "history", "--json", "--channel", "machines").stdout)["actions"][-1]["action"]
    before = status_of(pruned, "payments")
    lists = len(pruned.sim.requests("list_members"))
    pruned.sim.faults([{"match": {"op": "list_members"}, "times": 2, "then": {"delay_ms": 1500}}])
    waiting = pruned.start("rosterctl", "reconcile", "--json")
    wait_until(lambda: len(pruned.sim.requests("list_members")) >= lists + 2, process=waiting)
    undoing = pruned.start("rosterctl", "undo", "--action", number)
    assert undoing.finish().status == IN_SYNC
    result = waiting.finish()
    assert result.status == DRIFT and result.channel("machines")["result"] == "paused", "it is one too many now"
    assert result.channel("payments")["result"] == "in_sync", "and not what was cut short"
    assert status_of(pruned, "payments")["desired"] == before["desired"]
    pruned.daemon.signal()
    ended = pruned.daemon.finish()
    assert "cannot be read" not in ended.stderr and "none of its channels" not in ended.stderr, ended.stderr


def test_a_change_of_rosters_waits_for_the_undo_under_way(pruned):
    """It is asked for once, and what it did not add nobody would add any more."""
    pruned.sim.faults([{"match": {"method": "POST"}, "then": {"delay_ms": 500, "effect": True, "status": 201}}])
    undoing = pruned.start("rosterctl", "undo", "--last", "--json")
    wait_until(lambda: additions(pruned.sim), process=undoing)
    code, told = ask(pruned, "POST", "/v1/undo", {"last": True})
    assert code == 409 and "another undo is under way" in told["error"]
    pruned.roster(entry("payments", *KEPT, "10.9.0.1"), entry("machines", {"ecs_id": "ecs-1"}))
    pruned.daemon.signal(signal.SIGHUP)
    done = undoing.finish()
    assert done.status == IN_SYNC, done
    assert {m["outcome"] for c in done.channels for m in c["members"]} == {"added"}
    wait_until(lambda: status_of(pruned, "payments")["desired"] == 5, process=pruned.daemon)
    for name in ("payments", "machines"):
        assert fields(pruned.sim.members(name)) == fields(pruned.before[name])
        assert status_of(pruned, name)["result"] == "paused"


def test_nothing_to_undo(case):
    case.serve(channel("payments", *KEPT))
    case.roster(entry("payments", *KEPT))
    start(case)
    for args, says in ((("--last",), "holds no change"), (("--pass", "x"), "no change of pass x"),
                       (("--action", "7"), "no change 7")):
        done = ctl(case, "undo", *args)
        assert done.status == FAILED and says in done.stderr, done
    for body in ({}, {"last": True, "action": 3}, {"last": "yes"}, {"action": 0}, {"pass": ""}):
        assert ask(case, "POST", "/v1/undo", body)[0] == 400, body


def test_observed_channel_is_not_changed(pruned):
    pruned.roster(entry("payments", *KEPT, mode="observe"), entry("machines", {"ecs_id": "ecs-1"}))
    pruned.daemon.signal(signal.SIGHUP)
    wait_until(lambda: status_of(pruned, "payments")["mode"] == "observe")
    done = ctl(pruned, "undo", "--last")
    assert done.status == FAILED and "only observed" in done.stderr
    assert not mutations(pruned.sim)


def test_dry_run_daemon_undoes_nothing(pruned):
    pruned.daemon.signal()
    pruned.daemon.finish()
    pruned.daemon = start(pruned, "--dry-run")
    assert ctl(pruned, "undo", "--last").status == FAILED
    assert undo(pruned, "--last", "--dry-run").status == IN_SYNC
    assert not mutations(pruned.sim)


def test_channel_that_left_the_rosters(pruned):
    pruned.roster(entry("payments", *KEPT))
    pruned.daemon.signal(signal.SIGHUP)
    wait_until(lambda: len(json.loads(ctl(pruned, "status", "--json").stdout)["channels"]) == 1)
    assert undo(pruned, "--last").status == IN_SYNC
    assert fields(pruned.sim.members("machines")) == fields(pruned.before["machines"])


def others(case):
    return json.loads(ctl(case, "status", "--json").stdout)["other_pauses"]


@pytest.mark.parametrize("by", ["machines", "prod/machines", "id", "prod/id"])
def test_pause_of_a_channel_that_left_the_rosters_is_seen_and_ended(pruned, by):
    """Every undo leaves one, and it would hold if the channel came back."""
    assert undo(pruned, "--last").status == IN_SYNC
    assert others(pruned) == []
    pruned.roster(entry("payments", *KEPT))
    pruned.daemon.signal(signal.SIGHUP)
    wait_until(lambda: len(json.loads(ctl(pruned, "status", "--json").stdout)["channels"]) == 1)
    number = identifier("machines")
    row, = others(pruned)
    assert (row["instance"], row["name"], row["id"]) == ("prod", "machines", number)
    assert row["pause"]["reason"].startswith("undo of ") and row["pause"]["until"] is None
    shown = ctl(pruned, "status").stdout.splitlines()[-1]
    assert f"prod/machines (id {number}): undo of " in shown and shown.endswith(", without end"), shown
    assert ctl(pruned, "resume", "machine").status == FAILED
    done = ctl(pruned, "resume", by.replace("id", number))
    assert done.status == IN_SYNC and done.stdout == "prod/machines: resumed\n", done
    assert others(pruned) == [] and "in no roster" not in ctl(pruned, "status").stdout
    assert status_of(pruned, "payments")["pause"], "the other pause stays"
    again = ctl(pruned, "resume", by.replace("id", number))
    assert again.status == FAILED and "no channel of the rosters has this name or id" in again.stderr


def test_pause_by_name_of_a_channel_that_left_the_rosters(case):
    """No pass has found its id: there is only the name. In several instances, it takes the instance's."""
    lists = {"match": {"op": "list_channels"}, "then": {"status": 403, "code": "APIG.0304"}}
    for name in ("prod", "test"):
        case.serve(channel("payments", *KEPT), channel("orders", *KEPT), name=name, faults=[lists])
    names = ("prod", "test")
    for name in names:
        case.roster(entry("payments", *KEPT), entry("orders", *KEPT), file=f"{name}.yaml", instance=name)
    case.tune(rosters=[f"{name}.yaml" for name in names])
    daemon = start(case)
    for name in names:
        assert ctl(case, "pause", f"{name}/payments", "--reason", "not now", "--for", "2h").status == IN_SYNC
        case.roster(entry("orders", *KEPT), file=f"{name}.yaml", instance=name)
    daemon.signal(signal.SIGHUP)
    wait_until(lambda: len(others(case)) == 2)
    assert sorted((row["instance"], row["name"], row["id"]) for row in others(case)) == [
        ("prod", "payments", None), ("test", "payments", None)]
    unclear = ctl(case, "resume", "payments")
    assert unclear.status == FAILED and "say instance/name" in unclear.stderr
    assert ctl(case, "resume", "test/payments").status == IN_SYNC
    assert ctl(case, "resume", "payments").status == IN_SYNC
    assert others(case) == []


def test_pause_by_name_and_by_id_is_one(case):
    """Of a channel that nothing was ever deleted of: the history does not know what it is called."""
    lists = {"match": {"op": "list_channels"}, "times": 1, "then": {"status": 403, "code": "APIG.0304"}}
    case.serve(channel("payments", *KEPT), channel("orders", *KEPT), faults=[lists])
    case.roster(entry("payments", *KEPT), entry("orders", *KEPT))
    daemon = start(case)
    assert ctl(case, "pause", "payments", "--reason", "not now").status == IN_SYNC
    assert ctl(case, "reconcile").status == IN_SYNC
    assert ctl(case, "pause", "payments", "--reason", "not now").status == IN_SYNC
    case.roster(entry("orders", *KEPT))
    daemon.signal(signal.SIGHUP)
    wait_until(lambda: others(case))
    assert [(row["name"], row["id"]) for row in others(case)] == [("payments", identifier("payments"))]
    assert ctl(case, "resume", "payments").status == IN_SYNC
    assert others(case) == []


def test_many_members_in_a_signed_request(case):
    """Bodies are signed as well."""
    state_keys = {"keys": [{"access": "AK", "secret": "SK", "project_id": "0123456789abcdef0123456789abcdef"}]}
    members = [f"10.8.0.{i}" for i in range(1, 101)]
    case.tune(guards={"max_deletes": 500, "max_delete_percent": 100, "max_deletes_total": "off"})
    sim = case.serve(channel("payments", *KEPT, *members), **state_keys)
    case.secret("ak", "AK")
    case.secret("sk", "SK")
    case.attach("prod", sim, auth={"method": "aksk", "access_key_file": "ak", "secret_key_file": "sk"})
    case.roster(entry("payments", *KEPT))
    start(case)
    assert sim.hosts("payments") == KEPT
    assert undo(case, "--last").status == IN_SYNC
    assert sim.hosts("payments") == sorted(KEPT + members)


def test_the_history_has_the_answer_to_an_addition(pruned):
    ctl(pruned, "undo", "--last", "--channel", "payments")
    added = [row for row in json.loads(ctl(pruned, "history", "--json").stdout)["actions"] if row["kind"] == "add"]
    assert len(added) == 4 and all(row["http"] == 201 and row["request_id"] for row in added), added
    lines = [line for line in ctl(pruned, "history").stdout.splitlines() if " + " in line]
    assert len(lines) == 4 and all(" added " in line and " 201 " in line for line in lines)


BROKEN_LOOP = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

static int is_broken(void)
{
    errno = EBADF;
    return access(getenv("BROKEN_LOOP"), F_OK) == 0;
}

int epoll_wait(int fd, struct epoll_event *events, int count, int timeout)
{
    int (*real)(int, struct epoll_event *, int, int) = dlsym(RTLD_NEXT, "epoll_wait");

    return is_broken() ? (errno = EBADF, -1) : real(fd, events, count, timeout > 50 || timeout < 0 ? 50 : timeout);
}

int epoll_pwait2(int fd, struct epoll_event *events, int count, const struct timespec *timeout, const sigset_t *mask)
{
    struct timespec most = {0, 50000000};
    int (*real)(int, struct epoll_event *, int, const struct timespec *, const sigset_t *) =
        dlsym(RTLD_NEXT, "epoll_pwait2");

    if (timeout && timeout->tv_sec == 0 && timeout->tv_nsec < most.tv_nsec)
        most = *timeout;
    return is_broken() ? (errno = EBADF, -1) : real(fd, events, count, &most, mask);
}
"""


@pytest.mark.skipif(sanitized(), reason="a sanitizer must be loaded first")
def test_an_event_loop_that_fails_in_an_undo_ends_the_daemon_in_order(case):
    source, library, broken = case.write("loop.c", BROKEN_LOOP), case.folder / "loop.so", case.folder / "broken"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    sim = case.serve(channel("payments", *KEPT, "10.9.0.1"))
    case.roster(entry("payments", *KEPT))
    running = case.start("rosterd", env={"LD_PRELOAD": str(library), "BROKEN_LOOP": str(broken)})
    wait_until(lambda: ctl(case, "status").status == IN_SYNC, process=running)
    wait_until(lambda: sim.hosts("payments") == KEPT, process=running)
    sim.faults([{"match": {"op": "add_members"}, "then": {"hold": True}}])
    asking = case.start("rosterctl", "undo", "--last")
    wait_until(lambda: additions(sim), process=running)
    broken.touch()
    done = running.finish()
    assert done.status == FAILED and "Bad file descriptor" in done.stderr, done
    asking.finish()
