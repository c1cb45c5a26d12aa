# SPDX-License-Identifier: MIT
"""`paused:` in a roster: the channel is read and reported, never changed, on every host."""

import json
import signal

from case import (DRIFT, FAILED, IN_SYNC, channel, deletions, entry, mutations, wait_until)
from daemon import NEVER, Daemon

KEPT = ("10.1.0.1", "10.1.0.2")
LIVE = channel("payments", *KEPT, "10.1.0.91")
MOVE = {"reason": "move to zone b", "until": "2999-12-24T19:00:00+01:00"}


def test_a_paused_channel_is_reported_and_not_changed(case):
    sim = case.serve(LIVE, channel("orders", *KEPT))
    case.roster(entry("payments", *KEPT, paused=MOVE), entry("orders", *KEPT, paused="no end"))
    done = case.once()
    report = done.report
    assert done.status == DRIFT
    payments, orders = report["channels"]
    assert (payments["result"], payments["pause"]) == (
        "paused", {"scope": "roster", "reason": "move to zone b", "until": "2999-12-24T18:00:00Z"})
    assert [extra["outcome"] for extra in payments["extra"]] == ["planned"]
    assert (orders["result"], orders["pause"]) == (
        "in_sync", {"scope": "roster", "reason": "no end", "until": None})
    assert mutations(sim) == []
    text = case.run("rosterctl", "plan").stdout
    assert "move to zone b, until 2999-12-24T18:00:00Z" in text and "10.1.0.91" in text


def test_a_pause_that_is_over_pauses_nothing(case):
    sim = case.serve(LIVE)
    case.roster(entry("payments", *KEPT, paused={**MOVE, "until": "2020-01-01T00:00:00Z"}))
    done = case.once()
    report = done.report
    assert done.status == IN_SYNC and report["channels"][0]["pause"] is None
    assert sim.hosts("payments") == sorted(KEPT)


def test_a_channel_that_cannot_be_read_shows_its_pause(case):
    case.serve(LIVE, faults=[{"match": {"op": "list_members"}, "times": -1,
                              "then": {"status": 403, "code": "APIG.1005"}}])
    case.roster(entry("payments", *KEPT, paused=MOVE))
    done = case.once()
    report = done.report
    assert done.status == FAILED
    assert report["channels"][0]["pause"]["reason"] == "move to zone b"


def test_a_pause_in_the_roster_takes_effect_in_mid_pass_and_ends_there(case):
    """A reload that only changes `paused:` counts; rosterctl cannot end it, and says where it stands."""
    kept = [f"10.1.0.{n}" for n in range(1, 7)]
    live = channel("payments", *kept, *(f"10.1.0.9{n}" for n in range(6)))
    sim = case.serve(live, faults=[{"match": {"op": "delete_member"}, "times": -1,
                                    "then": {"delay_ms": 400, "effect": True}}])
    case.roster(entry("payments", *kept))
    case.tune(interval=NEVER)
    daemon = Daemon(case)
    wait_until(lambda: deletions(sim), process=daemon.process)
    file = case.roster(entry("payments", *kept, paused=MOVE))
    daemon.signal(signal.SIGHUP)
    daemon.wait_status("1 paused", "next pass")
    gone = len(deletions(sim))
    assert gone < 6
    said = json.loads(case.run("rosterctl", "status", "--json").stdout)["channels"][0]
    assert said["result"] == "paused" and said["pause"]["reason"] == "move to zone b"
    line = next(n for n, text in enumerate(file.read_text().splitlines(), 1) if '"paused"' in text)
    refused = case.run("rosterctl", "resume", "payments")
    assert refused.status == FAILED and f"{file}:{line}" in refused.stderr
    assert case.run("rosterctl", "pause", "payments", "--reason", "me too").status == IN_SYNC
    refused = case.run("rosterctl", "resume", "payments")
    assert refused.status == FAILED and f"{file}:{line}" in refused.stderr
    assert "its pause by rosterctl has ended, but it is paused by the roster" in refused.stderr
    assert case.run("rosterctl", "reconcile").status == DRIFT and len(deletions(sim)) == gone
    case.roster(entry("payments", *kept))
    daemon.signal(signal.SIGHUP)
    wait_until(lambda: sim.hosts("payments") == sorted(kept), process=daemon.process)


def test_of_two_pauses_the_longer_one_is_shown(case):
    """Whoever reads it wants to know until when nothing happens."""
    case.serve(channel("payments", *KEPT), channel("orders", *KEPT), channel("users", *KEPT))
    case.roster(entry("payments", *KEPT, paused=MOVE), entry("orders", *KEPT, paused="no end"), entry("users", *KEPT))
    case.tune(interval=NEVER)
    daemon = Daemon(case)
    daemon.wait_status("next pass")

    def shown():
        found = json.loads(case.run("rosterctl", "status", "--json").stdout)["channels"]
        return {c["name"]: c["pause"] and (c["pause"]["reason"], c["pause"]["until"]) for c in found}
    by_roster = {"payments": ("move to zone b", "2999-12-24T18:00:00Z"), "orders": ("no end", None), "users": None}
    assert shown() == by_roster
    for name in by_roster:
        assert case.run("rosterctl", "pause", name, "--reason", "an hour", "--for", "1h").status == IN_SYNC
    now = shown()
    assert now.pop("users")[0] == "an hour" and now == {name: by_roster[name] for name in ("payments", "orders")}
    for name in by_roster:
        assert case.run("rosterctl", "pause", name, "--reason", "for ever").status == IN_SYNC
    assert shown() == {**by_roster, "payments": ("for ever", None), "users": ("for ever", None)}
    assert daemon.stop() == 0
