# SPDX-License-Identifier: MIT
"""Change windows and freezes: outside of them a channel is read and reported, never changed."""

import json
import re
from datetime import datetime, timedelta, timezone

from case import DRIFT, IN_SYNC, INVALID, USAGE, channel, deletions, entry, mutations, wait_until
from daemon import NEVER, Daemon

KEPT = ("10.1.0.1", "10.1.0.2", "10.1.0.3")
LIVE = channel("payments", *KEPT, "10.1.0.91")
OUTSIDE = "outside the change window"
ALWAYS = {"from": "00:00", "to": "24:00", "zone": "Europe/Berlin"}


def minute(ahead):
    return (datetime.now(timezone.utc) + timedelta(minutes=ahead)).strftime("%H:%M")


def later():
    """A window that opens in some hours."""
    return {"from": minute(6 * 60), "to": minute(7 * 60)}


def moment(**ahead):
    return (datetime.now(timezone.utc) + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


def serve(case, **fields):
    sim = case.serve(LIVE)
    case.roster(entry("payments", *KEPT, **fields))
    return sim


def test_outside_its_window_a_channel_is_reported_like_a_paused_one(case):
    sim = serve(case)
    window = later()
    case.settings["windows"] = [window]
    done = case.once()
    payments = done.channel("payments")
    assert done.status == DRIFT and payments["result"] == "paused" and mutations(sim) == []
    assert payments["pause"]["reason"] == OUTSIDE
    assert re.fullmatch(rf"20..-..-..T{window['from']}:00Z", payments["pause"]["until"])
    assert [extra["outcome"] for extra in payments["extra"]] == ["planned"] and payments["digest"]
    text = case.run("rosterctl", "plan").stdout
    assert f"paused: {OUTSIDE}, until {payments['pause']['until']}" in text


def test_inside_both_windows_a_channel_is_changed(case):
    sim = serve(case, windows=[later(), ALWAYS])
    case.settings["windows"] = [{**ALWAYS, "days": ["mon-fri", "sat-sun"]}]
    assert case.once().status == IN_SYNC and sim.hosts("payments") == sorted(KEPT)


def test_a_channel_in_sync_shows_its_closed_window(case):
    case.serve(channel("payments", *KEPT))
    case.roster(entry("payments", *KEPT, windows=[later()]))
    done = case.once()
    assert done.status == IN_SYNC
    assert done.channel("payments")["result"] == "in_sync"
    assert done.channel("payments")["pause"]["reason"] == OUTSIDE


def test_a_freeze_tells_its_reason_and_its_end(case):
    sim = serve(case, freezes=[{"from": "2020-01-01T00:00:00Z", "to": "2999-01-01T00:00:00Z", "reason": "year end"}])
    done = case.once()
    assert done.status == DRIFT and mutations(sim) == []
    assert done.channel("payments")["pause"] == {"scope": "window", "reason": "year end",
                                                 "until": "2999-01-01T00:00:00Z"}


def test_guards_are_evaluated_outside_the_window(case):
    serve(case, guards={"max_deletes": 0}, windows=[later()])
    payments = case.once().channel("payments")
    assert payments["result"] == "paused"
    assert payments["guard"] == {"name": "max_deletes", "planned": 1, "limit": 0}


def test_approve_now_opens_a_closed_window_once(case):
    sim = serve(case, guards={"max_deletes": 0}, windows=[later()])
    digest = case.once().channel("payments")["digest"]
    waiting = case.once("--approve", digest)
    assert waiting.status == DRIFT and waiting.channel("payments")["result"] == "paused" and mutations(sim) == []
    assert case.once("--approve", digest, "--now").status == IN_SYNC
    assert len(deletions(sim)) == 1 and sim.hosts("payments") == sorted(KEPT)


def test_approve_now_opens_no_freeze_and_no_pause(case):
    freeze = {"from": moment(hours=-1), "to": moment(hours=1)}
    sim = serve(case, windows=[later()])
    digest = case.once().channel("payments")["digest"]
    case.roster(entry("payments", *KEPT, freezes=[freeze]))
    frozen = case.once("--approve", digest, "--now").channel("payments")
    assert frozen["pause"] == {"scope": "window", "reason": "a freeze", "until": freeze["to"]} and mutations(sim) == []
    case.roster(entry("payments", *KEPT, paused="a move"))
    assert case.once("--approve", digest, "--now").channel("payments")["result"] == "paused"
    assert mutations(sim) == []


def test_now_goes_with_an_approval(case):
    serve(case)
    assert case.run("rosterd", "--once", "--now").status == USAGE
    assert case.run("rosterctl", "status", "--now").status == USAGE


def test_clocks_that_are_apart_close_windows_and_nothing_else(case):
    sim = case.serve(LIVE, clock_skew_seconds=600)
    case.roster(entry("payments", *KEPT, windows=[ALWAYS]))
    done = case.once()
    pause = done.channel("payments")["pause"]
    assert done.status == DRIFT and mutations(sim) == []
    assert "more than 5 minutes apart" in pause["reason"] and pause["until"] is None
    case.roster(entry("payments", *KEPT))
    assert case.once().status == IN_SYNC


def test_windows_that_never_meet_are_warned_of(case):
    """Once for the settings, or else for each channel that they concern."""
    case.serve(LIVE)
    monday, tuesday = ({"days": [day], "from": "10:00", "to": "12:00", "zone": "UTC"} for day in ("mon", "tue"))
    case.roster(entry("payments", *KEPT, windows=[tuesday]), entry("orders", *KEPT, windows=[monday]))
    case.tune(windows=[monday])
    found = case.run("rosterctl", "validate")
    assert found.status == IN_SYNC and found.stderr.count("\n") == 1, found
    assert "rosters.yaml:" in found.stderr and "no change window of this channel opens within a year" in found.stderr
    assert case.once().stderr.count("no change window") == 1
    case.tune(freezes=[{"from": "2000-01-01T00:00:00Z", "to": "2999-01-01T00:00:00Z", "reason": "the end"}])
    case.write_settings()
    found = case.run("rosterctl", "validate")
    assert found.stderr.count("no change window opens within a year") == 1 == found.stderr.count("\n"), found
    assert "rosterd.yaml: " in found.stderr


def test_an_unknown_zone_is_an_error_that_names_its_file(case):
    serve(case, windows=[{**ALWAYS, "zone": "Europe/Berlln"}])
    refused = case.run("rosterctl", "validate")
    assert refused.status == INVALID
    assert 'unknown zone: "Europe/Berlln"' in refused.stderr
    assert "/usr/share/zoneinfo/Europe/Berlln" in refused.stderr


def test_the_daemon_acts_when_the_window_opens(case):
    """The interval is longer than any test: the pass at the opening is due by the window, the first of several."""
    sim = case.serve(channel("orders", *KEPT), LIVE)
    case.roster(entry("orders", *KEPT, windows=[later()]),
                entry("payments", *KEPT, windows=[{"from": minute(1), "to": minute(60)}]))
    case.tune(interval=NEVER)
    daemon = Daemon(case)
    daemon.wait_status("next pass")
    said = json.loads(case.run("rosterctl", "status", "--json").stdout)["channels"][1]
    assert said["name"] == "payments"
    if said["pause"]:
        assert said["pause"]["reason"] == OUTSIDE and said["next_opening"] == said["pause"]["until"]
    wait_until(lambda: deletions(sim), seconds=180, process=daemon.process)
    daemon.wait_status("2 in sync", "next pass")


def test_the_daemon_takes_an_approval_that_opens_the_window(case):
    sim = serve(case, windows=[later()])
    case.tune(interval=NEVER)
    daemon = Daemon(case)
    daemon.wait_status("1 paused", "next pass")
    shown = case.run("rosterctl", "status", "payments").stdout
    assert OUTSIDE in shown and "its change window opens next at" in shown
    said = json.loads(case.run("rosterctl", "status", "--json").stdout)["channels"][0]
    assert said["pause"]["until"] == said["next_opening"]
    approved = case.run("rosterctl", "approve", said["digest"], "--now")
    assert approved.status == IN_SYNC and "also where its change window is closed" in approved.stdout
    assert case.run("rosterctl", "reconcile", "payments").status == IN_SYNC
    assert len(deletions(sim)) == 1
    assert case.run("rosterctl", "undo", "--last").status == IN_SYNC
    assert len(sim.hosts("payments")) == 4
