# SPDX-License-Identifier: MIT
"""Pauses of a channel, an instance, and all: each holds by itself; what an instance is called does not matter."""

import json
import os
import pwd
import re
import signal

import pytest

from case import DRIFT, IN_SYNC, channel, deletions, entry, wait_until
from daemon import NEVER
from test_control import ask, ctl, start, status, status_of

KEPT = [f"10.0.0.{i}" for i in range(1, 5)]
EXTRA = "10.9.0.1"


@pytest.fixture
def two(case):
    """A daemon over two instances in sync; their next passes come by being asked for."""
    case.tune(interval=NEVER)
    case.services = {name: case.serve(channel("payments", *KEPT), channel("orders", *KEPT), name=name)
                 for name in ("prod", "test")}
    for name in case.services:
        case.roster(entry("payments", *KEPT), entry("orders", *KEPT), file=f"{name}.yaml", instance=name)
    case.tune(rosters=[f"{name}.yaml" for name in case.services])
    case.daemon = start(case)
    return case


def add_extras(case):
    for service in case.services.values():
        for name in ("payments", "orders"):
            service.edit(name, add=[{"host": EXTRA}])


def results(case):
    """After a pass, what each instance's channels came to."""
    ctl(case, "reconcile")
    found = {}
    for row in status(case)["channels"]:
        found.setdefault(row["instance"], set()).add(row["result"])
    return found


def test_a_pause_of_an_instance_holds_for_all_that_it_has(two):
    code, told = ask(two, "POST", "/v1/pause", {"instance": "prod", "reason": "a move"})
    assert (code, told["paused"], told["scope"], told["instance"]) == (200, True, "instance", "prod")
    add_extras(two)
    assert results(two) == {"prod": {"paused"}, "test": {"converged"}}
    assert not deletions(two.services["prod"]) and len(deletions(two.services["test"])) == 2
    for body, says in (({"all": True}, "it is not paused: "), ({"instance": "test"}, "it is not paused: "),
                       ({"channel": "test/payments"}, "it is not paused: "),
                       ({"channel": "prod/payments"}, "the pause of instance prod holds it (a move)")):
        code, told = ask(two, "POST", "/v1/resume", body)
        assert code == 409 and says in told["error"], (body, told)
    assert results(two)["prod"] == {"paused"}, "only its own scope ends it"
    assert ask(two, "POST", "/v1/resume", {"instance": "prod"})[0] == 200
    assert results(two)["prod"] == {"converged"}


def test_a_pause_of_all_holds_everywhere(two):
    code, told = ask(two, "POST", "/v1/pause", {"all": True, "reason": "a freeze"})
    assert (code, told["paused"], told["scope"]) == (200, True, "all")
    assert ask(two, "POST", "/v1/pause", {"channel": "test/orders", "reason": "more"})[0] == 200
    add_extras(two)
    assert results(two) == {"prod": {"paused"}, "test": {"paused"}}
    for body in ({"instance": "prod"}, {"instance": "test"}, {"channel": "prod/payments"}):
        code, told = ask(two, "POST", "/v1/resume", body)
        assert code == 409 and "the pause of all instances holds it (a freeze)" in told["error"], told
    assert results(two) == {"prod": {"paused"}, "test": {"paused"}}
    assert not any(deletions(service) for service in two.services.values())
    code, told = ask(two, "POST", "/v1/resume", {"all": True})
    assert code == 200 and [row["name"] for row in told["holding"]] == ["orders"]
    assert results(two) == {"prod": {"converged"}, "test": {"converged", "paused"}}


def test_scopes_on_the_command_line(two):
    """`resume` ends the pause of the scope named, and says what still holds there."""
    assert ctl(two, "pause", "--instance", "prod", "--reason", "a move").stdout == (
        "instance prod: paused, without end: a move\n")
    assert ctl(two, "pause", "--all", "--reason", "a freeze").stdout == "all instances: paused, without end: a freeze\n"
    assert ctl(two, "pause", "prod/orders", "--reason", "more").stdout == "prod/orders: paused, without end: more\n"
    add_extras(two)
    assert results(two) == {"prod": {"paused"}, "test": {"paused"}}
    done = ctl(two, "resume", "--all")
    assert done.status == IN_SYNC and done.stdout.splitlines()[0] == "all instances: resumed"
    assert sorted(done.stdout.splitlines()[1:]) == [
        "still holding: instance prod: paused, without end: a move",
        "still holding: prod/orders: paused, without end: more"]
    assert results(two) == {"prod": {"paused"}, "test": {"converged"}}
    done = ctl(two, "resume", "prod/orders")
    assert done.stdout == "prod/orders: resumed\nstill holding: instance prod: paused, without end: a move\n"
    assert ctl(two, "resume", "--instance", "prod").stdout == "instance prod: resumed\n"
    assert results(two)["prod"] == {"converged"}


def test_scopes_are_said_one_at_a_time(two):
    for body in ({}, {"all": False}, {"all": True, "instance": "prod"}, {"all": "yes"},
                 {"channel": "prod/orders", "instance": "prod"}):
        assert ask(two, "POST", "/v1/pause", {**body, "reason": "x"})[0] == 400, body
    assert ask(two, "POST", "/v1/pause", {"instance": "prud", "reason": "x"})[0] == 404


def test_an_instance_keeps_pauses_and_history_under_a_new_name(case):
    """`prod` in the settings becomes `production`: it is the same instance of the service."""
    case.tune(interval=NEVER)
    sim = case.serve(channel("payments", *KEPT, EXTRA), channel("orders", *KEPT))
    case.roster(entry("payments", *KEPT), entry("orders", *KEPT))
    daemon = start(case)
    assert [row["host"] for row in sim.members("payments")] == KEPT
    assert ctl(case, "pause", "prod/payments", "--reason", "a look").status == IN_SYNC
    assert ask(case, "POST", "/v1/pause", {"instance": "prod", "reason": "a move"})[0] == 200
    case.settings["instances"]["production"] = case.settings["instances"].pop("prod")
    case.write_settings()
    daemon.signal(signal.SIGHUP)
    wait_until(lambda: {row["instance"] for row in status(case)["channels"]} == {"production"}, process=daemon)
    for name in ("payments", "orders"):
        sim.edit(name, add=[{"host": "10.9.0.2"}])
    sim.clear_requests()
    assert ctl(case, "reconcile").status == DRIFT
    assert {row["result"] for row in status(case)["channels"]} == {"paused"}
    actions = json.loads(ctl(case, "history", "--json", "--channel", "production/payments").stdout)["actions"]
    assert [(a["instance"], a["member"]["host"]) for a in actions] == [("production", EXTRA)]
    assert ask(case, "POST", "/v1/resume", {"instance": "production"})[0] == 200
    assert ctl(case, "reconcile").status == DRIFT
    assert status_of(case, "payments")["pause"]["reason"] == "a look" and status_of(case, "orders")["pause"] is None
    assert [row["channel"] for row in deletions(sim)] == [status_of(case, "orders")["id"]]
    assert ctl(case, "resume", "production/payments").status == IN_SYNC


def test_a_pause_tells_what_it_replaced(two):
    """Whoever pauses again learns which pause is lost by it: its reason, its end, and who had set it."""
    who = pwd.getpwuid(os.getuid()).pw_name
    first = ctl(two, "pause", "prod/orders", "--reason", "move to zone b", "--for", "2h")
    until = re.search(r"until (\S+): ", first.stdout).group(1)
    again = ctl(two, "pause", "prod/orders", "--reason", "lunch", "--for", "5m")
    assert again.stdout.splitlines()[1:] == [
        f"in place of: prod/orders: paused until {until}: move to zone b (by {who})"]
    code, told = ask(two, "POST", "/v1/pause", {"channel": "prod/orders", "reason": "third"})
    assert code == 200 and [row["reason"] for row in told["replaced"]] == ["lunch"]
    assert told["replaced"][0]["uid"] == os.getuid() and told["uid"] == os.getuid()
    # Others, which stand beside it, are not replaced.
    assert ask(two, "POST", "/v1/pause", {"all": True, "reason": "a freeze"})[1]["replaced"] == []
    two.daemon.signal(signal.SIGTERM)
    assert f"(in place of the pause until {until}: move to zone b) by uid" in two.daemon.finish().stderr


def test_an_undo_tells_which_pause_it_replaced(two):
    add_extras(two)
    results(two)
    ctl(two, "pause", "prod/orders", "--reason", "move to zone b")
    who = pwd.getpwuid(os.getuid()).pw_name
    undone = ctl(two, "undo", "--last", "--channel", "prod/orders")
    assert f"in place of: prod/orders: paused, without end: move to zone b (by {who})\n" in undone.stdout


def test_a_wider_pause_is_shown_as_such_at_each_channel(two):
    ctl(two, "pause", "--all", "--reason", "a freeze")
    assert {row["pause"]["scope"] for row in status(two)["channels"]} == {"all"}
    table = ctl(two, "status").stdout
    assert table.count("paused with all instances: a freeze, without end") == 4
    ctl(two, "resume", "--all")
    ctl(two, "pause", "--instance", "prod", "--reason", "a move")
    ctl(two, "pause", "test/orders", "--reason", "more")
    table = ctl(two, "status").stdout
    assert table.count("paused with its instance: a move") == 2 and table.count("    paused: more") == 1
    assert "  paused with its instance: a move, without end" in ctl(two, "status", "prod/orders").stdout
    report = json.loads(ctl(two, "reconcile", "--json").stdout)
    scopes = {f"{row['instance']}/{row['name']}": (row["pause"] or {}).get("scope") for row in report["channels"]}
    assert scopes == {"prod/payments": "instance", "prod/orders": "instance", "test/orders": "channel",
                      "test/payments": None}
