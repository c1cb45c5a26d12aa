# SPDX-License-Identifier: MIT
"""Who is told of what: begin and end of conditions, in each format, over kills, storms and receivers that fail."""

import contextlib
import json
import pathlib
import re
import signal
import sqlite3

import pytest

from case import (DRIFT, HELD, INVALID, IN_SYNC, channel, entry, identifier, row, wait_until)
from daemon import NEVER, Daemon
from receiver import TOKEN, Receiver
from test_control import ctl, status

KEPT = ("10.1.0.5", "10.1.0.6", "10.1.0.7")
EXTRA = tuple(f"10.9.0.{i}" for i in range(1, 25))
ALL = ["held", "failed", "invalid", "missing", "drift", "changed"]


@pytest.fixture
def told(case):
    """A channel in sync and one whose guard holds 24 extras; `add` puts a receiver into the settings."""
    case.sim = case.serve(channel("payments", *KEPT), channel("orders", *KEPT, *EXTRA))
    case.roster(entry("payments", *KEPT), entry("orders", *KEPT, guards={"max_deletes": 3}))
    case.tune(interval=NEVER, retry={"attempts": 1}, notify=[])
    receivers = []

    def add(kind="cloudevents", **fields):
        name = f"{kind}{len(receivers)}.url"
        receivers.append(Receiver(case, name, kind))
        case.settings["notify"].append({"format": kind, "url_file": name, "when": ALL, **fields})
        return receivers[-1]
    case.add = add
    yield case
    for receiver in receivers:
        receiver.close()
        assert not receiver.wrong, receiver.wrong


def begin(case, *args, **settings):
    daemon = Daemon(case, *args, **settings)
    daemon.wait_status("next pass in")
    return daemon


def reconcile(case, channel_name="payments", exit_status=IN_SYNC):
    assert ctl(case, "reconcile", channel_name).status == exit_status


def notify_state(case, number=0):
    return status(case)["notify"][number]


def shown(case, daemon):
    """All that may be looked at."""
    texts = [daemon.text(), json.dumps(daemon.messages), json.dumps(status(case)), ctl(case, "status").stdout,
             ctl(case, "history", "--json").stdout]
    texts += [path.read_bytes().decode("latin-1") for path in pathlib.Path(case.state_dir).iterdir() if path.is_file()]
    return "\n".join(texts)


# ---- formats ----

@pytest.mark.parametrize("kind", ["cloudevents", "slack", "feishu", "dingtalk"])
def test_a_guard_that_holds_is_told_with_numbers_members_and_the_command(told, kind):
    receiver = told.add(kind)
    begin(told)
    receiver.wait(1)
    digest = next(c for c in status(told)["channels"] if c["name"] == "orders")["digest"]
    text = receiver.texts()[0].replace("\\", "")
    assert "max_deletes refuses: 24 deletions planned, limit 3" in text
    assert "10.9.0.1:8080" in text and "10.9.0.20:8080" in text and "10.9.0.21:8080" not in text
    assert "and 4 more" in text
    assert f"rosterctl approve {digest[:12]}" in text and digest[:13] not in text
    told.roster(entry("payments", *KEPT), entry("orders", *KEPT, *EXTRA))
    reconcile(told, "orders")
    receiver.wait(2)
    assert "since 2" in receiver.texts()[1]
    wait_until(lambda: notify_state(told)["waiting"] == 0)
    state = notify_state(told)
    assert state["format"] == kind and state["last_taken"] and not state["error"], state


def test_a_cloud_event_says_what_programs_need(told):
    receiver = told.add()
    begin(told)
    event, = receiver.wait(1)
    assert event["type"] == "rosterd.held.begins" and event["subject"] == "prod/orders"
    data = event["data"]
    assert (data["kind"], data["phase"], data["instance"], data["channel"]) == ("held", "begins", "prod", "orders")
    assert data["channel_id"] == identifier("orders") and data["since"]
    assert {"name": "max_deletes", "planned": 24, "limit": 3} in data["guards"]
    assert data["members"][0] == {"sign": "-", "channel": None, "member": "10.9.0.1:8080"}
    assert len(data["members"]) == 20 and data["members_left_out"] == 4
    assert re.fullmatch("rosterctl approve [0-9a-f]{12}", data["approve"])


@pytest.mark.parametrize("kind", ["cloudevents", "slack", "feishu", "dingtalk"])
def test_names_stay_text(told, kind):
    """The receiver refuses what would be a mention, a link or a sign of its own."""
    receiver = told.add(kind, when=["failed"])
    told.roster(entry('<at user_id="all">x</at>', *KEPT), entry("a*b_[c](http://x)<!channel>&@all", *KEPT),
                entry("payments", *KEPT))
    begin(told)
    receiver.wait(2)


# ---- conditions ----

def test_conditions_begin_and_end_once_whatever_the_text(told):
    receiver = told.add()
    told.roster(entry("payments", *KEPT))
    daemon = begin(told)
    for code in ("APIG.1", "APIG.2"):
        told.sim.faults([{"match": {"op": "list_channels"}, "times": -1, "then": {"status": 503, "code": code}}])
        reconcile(told, exit_status=1)
    told.sim.clear_faults()
    reconcile(told)
    reconcile(told)
    receiver.wait(2, daemon)
    assert receiver.events() == [("failed.begins", "prod"), ("failed.ends", "prod")]
    assert receiver.said[0]["data"]["error"]["code"] == "APIG.1"


def test_a_held_channel_that_cannot_be_read_is_held_still(told):
    receiver = told.add()
    begin(told)
    told.sim.faults([{"match": {"op": "list_members", "channel": identifier("orders")}, "times": -1,
                      "then": {"status": 403, "code": "APIG.1005"}}])
    reconcile(told, "orders", 1)
    told.sim.clear_faults()
    reconcile(told, "orders", HELD)
    receiver.wait(3)
    assert receiver.events() == [("held.begins", "prod/orders"), ("failed.begins", "prod/orders"),
                                 ("failed.ends", "prod/orders")]


def test_missing_members_and_what_was_changed(told):
    receiver = told.add()
    told.roster(entry("payments", *KEPT, "10.1.0.8"))
    told.sim.edit("payments", add=[row("10.9.0.1")])
    begin(told)
    receiver.wait(2)
    assert sorted(receiver.events()) == [("changed.happened", "prod"), ("missing.begins", "prod/payments")]
    changed = next(e for e in receiver.said if e["type"] == "rosterd.changed.happened")["data"]
    assert changed["changes"]["deleted"] == 1 and changed["pass"]
    assert changed["members"] == [{"sign": "-", "channel": "payments", "member": "10.9.0.1:8080"}]
    told.sim.edit("payments", add=[row("10.1.0.8")])
    reconcile(told)
    receiver.wait(3)
    assert receiver.events()[2] == ("missing.ends", "prod/payments")


def test_drift_is_told_after_three_passes_over_restarts(told):
    receiver = told.add()
    told.tune(mode="observe")
    told.roster(entry("payments", *KEPT))
    told.sim.edit("payments", add=[row("10.9.0.1")])
    daemon = begin(told)
    reconcile(told, exit_status=DRIFT)
    assert receiver.asked == 0
    daemon.signal(signal.SIGKILL)
    daemon.wait_end()
    begin(told)
    receiver.wait(1)
    assert receiver.events() == [("drift.begins", "prod/payments")]
    told.sim.edit("payments", remove=["10.9.0.1"])
    reconcile(told)
    receiver.wait(2)
    assert receiver.events()[1] == ("drift.ends", "prod/payments")


def test_refused_rosters_are_told_and_that_they_are_valid_again(told):
    receiver = told.add(when=["invalid"])
    daemon = begin(told)
    told.write("rosters.yaml", "version: 1\nchannels: [{nmae: payments}]\n")
    daemon.reload()
    receiver.wait(1)
    told.roster(entry("payments", *KEPT))
    daemon.reload()
    receiver.wait(2)
    assert receiver.events() == [("invalid.begins", None), ("invalid.ends", None)]
    assert "rosters.yaml:2" in receiver.said[0]["data"]["text"]


def count(case, table):
    with contextlib.closing(sqlite3.connect(f"file:{case.state_dir}/rosterd.db?mode=ro", uri=True)) as database:
        return database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_what_leaves_rosters_and_settings_ends(told):
    """Once, for each notifier by itself; one that is removed is told nothing more, and its outbox is dropped."""
    receiver, other = told.add(when=["held"]), told.add("slack", when=["held"])
    other.always = (500, b"no", {})
    daemon = begin(told)
    receiver.wait(1)
    wait_until(lambda: other.asked == 1)
    told.settings["notify"].pop()
    told.write_settings()
    told.roster(entry("payments", *KEPT))
    daemon.reload()
    receiver.wait(2)
    assert receiver.events() == [("held.begins", "prod/orders"), ("held.ends", "prod/orders")]
    assert "left the rosters" in receiver.said[1]["data"]["text"]
    wait_until(lambda: count(told, "notice") == 0, process=daemon.process)
    assert daemon.stop() == 0
    assert (count(told, "notice"), count(told, "condition")) == (0, 0)
    assert other.asked == 1 and not other.said


def age(case, table, column, seconds):
    """Makes what the state knows that much older."""
    with contextlib.closing(sqlite3.connect(case.state_dir / "rosterd.db")) as database, database:
        database.execute("UPDATE clock SET steady_usec = steady_usec + ?", (seconds * 1000000,))
        assert database.execute(f"SELECT count(*) FROM {table} WHERE {column} > 0").fetchone() != (0,)


def test_what_lasts_is_told_again_each_repeat(told):
    receiver = told.add(when=["held"], repeat="6h")
    daemon = begin(told)
    receiver.wait(1)
    for hours in (5, 1):
        wait_until(lambda: notify_state(told)["waiting"] == 0)
        assert daemon.stop() == 0
        age(told, "condition", "told_steady_usec", hours * 3600)
        daemon = begin(told)
    receiver.wait(2)
    assert receiver.events() == [("held.begins", "prod/orders"), ("held.lasts", "prod/orders")]


# ---- delivery ----

TROUBLES = {
    "429": ((429, b"slow", {"Retry-After": "1"}), "answered 429"),
    "302": ((302, b"", {"Location": "http://127.0.0.1:1/"}), "answered 302, which is not followed"),
    "500": ((500, b"", {}), "answered 500"),
    "cut": ("cut", "the connection ended before it answered"),
    "huge": ((200, b"x" * 200000, {}), "its answer is too big"),
}
REFUSALS = {
    "slack": ((200, b"invalid_token", {}), 'answered 200 without "ok"'),
    "feishu": ((200, b'{"code":19024,"msg":"Key Words Not Found","data":{}}', {}),
               "answered 200 with code 19024: Key Words Not Found"),
    "dingtalk": ((200, b'{"errcode":310000,"errmsg":"keywords not in content"}', {}),
                 "answered 200 with errcode 310000: keywords not in content"),
}


@pytest.mark.parametrize("name", [*TROUBLES, *REFUSALS])
def test_what_is_not_taken_is_sent_again(told, name):
    kind = name if name in REFUSALS else "cloudevents"
    answer, why = {**TROUBLES, **REFUSALS}[name]
    receiver = told.add(kind, when=["held"])
    receiver.always = answer
    daemon = begin(told)
    wait_until(lambda: notify_state(told)["error"])
    state = notify_state(told)
    assert state["error"] == why and state["waiting"] == 1 and state["last_failed"] and not state["last_taken"]
    assert why in ctl(told, "status").stdout
    receiver.always = None
    line = daemon.wait_line("NOTICE")[0]
    assert why in line["message"] and line["level"] == "warning"
    receiver.wait(1)
    daemon.wait_line("NOTICE", part="taken again")
    assert receiver.asked >= 2 and len(receiver.said) == 1


def test_a_word_for_success_beside_other_words_is_none(told):
    receiver = told.add("feishu", when=["held"])
    receiver.answers = [(200, b"<html>ok</html>", {}), (200, b"{}", {}), (200, b'{"code":"0"}', {})]
    receiver.always = (200, b'{"StatusCode":0}', {})
    begin(told)
    wait_until(lambda: notify_state(told)["waiting"] == 0, 90)
    assert receiver.asked == 4


def test_an_id_is_the_same_each_time_also_after_a_kill(told):
    """SIGKILL after it was kept and before it was taken: it is sent by the next run, and told once."""
    receiver = told.add(when=["held"])
    seen = []
    check = receiver.check
    receiver.check = lambda *args: seen.append(check(*args)) or seen[-1]
    receiver.answers = ["silence"]
    daemon = begin(told)
    wait_until(lambda: seen)
    daemon.signal(signal.SIGKILL)
    daemon.wait_end()
    begin(told)
    receiver.wait(1)
    assert seen[0] == seen[1], "byte for byte"
    assert len(seen) == 2
    wait_until(lambda: notify_state(told)["waiting"] == 0)
    assert receiver.events() == [("held.begins", "prod/orders")]


def test_a_silent_receiver_delays_no_pass(told):
    receiver = told.add()
    receiver.always = "silence"
    begin(told)
    wait_until(lambda: receiver.asked == 1)
    told.sim.edit("payments", add=[row("10.9.0.1")])
    reconcile(told)
    assert told.sim.hosts("payments") == sorted(KEPT)
    assert receiver.asked == 1, "one after the other"


def test_a_storm_is_one_summary(told):
    names = [f"channel-{i:03}" for i in range(40)]
    told.sim = told.serve(*[channel(name, *KEPT) for name in names], name="storm")
    told.roster(entry("payments", *KEPT), instance="prod")
    told.roster(*[entry(name, *KEPT, "10.1.0.8") for name in names], file="storm.yaml", instance="storm")
    told.settings["rosters"].append("storm.yaml")
    receiver = told.add(when=["missing"])
    begin(told)
    event, = receiver.wait(1)
    assert event["type"] == "rosterd.summary" and "subject" not in event
    assert event["data"]["counts"] == [{"kind": "missing", "phase": "begins", "count": 40}]
    assert len(event["data"]["subjects"]) == 20 and "and 20 more" in event["data"]["text"]
    wait_until(lambda: notify_state(told)["waiting"] == 0)
    assert len(receiver.said) == 1


# ---- the secret ----

def test_the_url_is_nowhere(told):
    """Also where the receiver's own words repeat it, and where it cannot be reached."""
    receiver, gone = told.add("dingtalk"), told.add("slack")
    gone.close()
    receiver.always = (200, json.dumps({"errcode": 1, "errmsg": f"no such token {TOKEN}"}).encode(), {})
    daemon = begin(told, "--log-level", "debug")
    wait_until(lambda: notify_state(told, 0)["error"] and notify_state(told, 1)["error"])
    assert notify_state(told, 0)["error"] == "answered 200 with errcode 1"
    assert notify_state(told, 1)["error"] == "no connection could be made"
    text = shown(told, daemon)
    assert "max_deletes" in text
    for part in (TOKEN, TOKEN[:12], "/hook/", str(gone.port), str(receiver.port)):
        assert part not in text, part


BAD = {
    "http": ("http://chat.example/x", 0o600, "http:// is for loopback addresses only"),
    "like loopback": ("http://127.0.0.1.example/x", 0o600, "http:// is for loopback addresses only"),
    "other": ("ftp://127.0.0.1/x", 0o600, "holds no URL"),
    "user": ("https://me:you@chat.example/x", 0o600, "holds a user"),
    "space": ("https://chat.example/x y", 0o600, "holds a space"),
    "open": ("https://chat.example/x", 0o644, "notify[0].url_file"),
    "none": (None, 0o600, "no such file"),
}


@pytest.mark.parametrize("name", BAD)
def test_an_url_that_may_not_be_used_is_refused_at_start_and_reload(told, name):
    url, mode, why = BAD[name]
    told.add()
    good = (told.folder / "cloudevents0.url").read_text()
    daemon = begin(told)
    (told.folder / "cloudevents0.url").unlink()
    if url:
        told.secret("cloudevents0.url", url, mode)
    daemon.reload()
    assert any(why in line["message"] for line in daemon.lines(level="err"))
    assert why in status(told)["invalid"]
    assert daemon.stop() == 0
    daemon = Daemon(told)
    assert daemon.wait_end() == INVALID
    assert any(why in line["message"] for line in daemon.lines(level="err"))
    assert "chat.example" not in daemon.text()
    told.secret("cloudevents0.url", good)
    assert told.check().status == IN_SYNC, "--check needs no secret"


def test_a_dry_run_tells_nobody(told):
    receiver = told.add()
    begin(told, "--dry-run")
    reconcile(told, "payments")
    assert receiver.asked == 0
