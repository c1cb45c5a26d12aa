# SPDX-License-Identifier: MIT
"""Metrics: what they tell after each kind of pass, of reload, pause and undo, and where they can be had."""

import contextlib
import http.client
import json
import shutil
import socket
import stat
import subprocess
import time

import pytest

import exposition
import sim as stand_in
import web
from case import DRIFT, FAILED, HELD, IN_SYNC, INVALID, channel, entry, identifier, wait_until
from daemon import NEVER, Daemon
from exposition import Metrics, scrape

KEPT = ("10.1.0.5", "10.1.0.6", "10.1.0.7")
NO_DAEMON = 69
CHANNELS = ("rosterd_channel_last_list_timestamp_seconds", "rosterd_channel_last_in_sync_timestamp_seconds",
            "rosterd_channel_result", "rosterd_channel_members", "rosterd_channel_paused")


def begin(case, *args, live=None, roster=None, status="next pass", **settings):
    """A daemon that makes a pass at its start, and then when it is asked to."""
    case.sim = case.serve(*(live or [channel("payments", *KEPT)]))
    case.roster(*(roster or [entry("payments", *KEPT)]))
    case.tune(**{"interval": NEVER, "settle": "0s", **settings})
    case.daemon = Daemon(case, *args)
    case.daemon.wait_status(status)
    return case.daemon


def pass_now(case, status):
    done = case.run("rosterctl", "reconcile")
    assert done.status == status, done
    return scrape(case)


def members(metrics, name="payments"):
    return {which: metrics.value("rosterd_channel_members", gateway="prod", channel=name, set=which)
            for which in metrics.label("rosterd_channel_members", "set", channel=name)}


def result(metrics, name="payments"):
    return metrics.label("rosterd_channel_result", "result", channel=name)


def changes(metrics, name="payments"):
    """{(kind, outcome): count} of what was changed."""
    found = {}
    for key, value in metrics.samples.get("rosterd_changes_total", {}).items():
        labels = dict(key)
        if labels["channel"] == name and value:
            found[labels["kind"], labels["outcome"]] = value
    return found


def requests(metrics, operation):
    return {code: metrics.value("rosterd_api_requests_total", gateway="prod", operation=operation, code=code)
            for code in metrics.label("rosterd_api_requests_total", "code", operation=operation)}


def named(metrics):
    """Every channel that anything is told of."""
    return {dict(key)["channel"] for samples in metrics.samples.values() for key in samples if "channel" in dict(key)}


# ---- passes ----

def test_what_a_pass_finds_and_deletes(case):
    begin(case, live=[channel("payments", *KEPT, "10.1.0.98", "10.1.0.99")],
          roster=[entry("payments", *KEPT, ignore=[{"host": "10.1.0.98"}])])
    metrics = scrape(case)
    exposition.check(metrics.text)
    assert members(metrics) == {"live": 4, "desired": 3, "extra": 0, "missing": 0, "changed": 0, "ignored": 1,
                                "quarantined": 0}
    assert result(metrics) == ["converged"] and changes(metrics) == {("delete", "deleted"): 1}
    assert metrics.value("rosterd_passes_total", gateway="prod", result="converged") == 1
    assert sum(metrics.find("rosterd_passes_total")) == 1
    assert requests(metrics, "list_channels") == {"200": 1} and requests(metrics, "list_members") == {"200": 2}
    assert requests(metrics, "delete_member") == {"204": 1}
    assert metrics.value("rosterd_api_request_duration_seconds_count", operation="list_members") == 2
    assert 0 < metrics.value("rosterd_api_request_duration_seconds_sum", operation="list_members") < 60
    assert metrics.value("rosterd_pass_duration_seconds_count", gateway="prod") == 1
    assert metrics.value("rosterd_failed_passes") == 0 and metrics.value("rosterd_owner", gateway="prod") == 1
    assert metrics.value("rosterd_config_valid") == 1 and metrics.value("rosterd_state_usable") == 1
    assert metrics.value("rosterd_channel_paused", channel="payments") == 0
    when = metrics.value("rosterd_last_pass_timestamp_seconds")
    assert metrics.value("rosterd_channel_last_list_timestamp_seconds") == when
    assert metrics.value("rosterd_channel_last_in_sync_timestamp_seconds") == when
    assert metrics.value("rosterd_config_last_load_timestamp_seconds") < when
    assert metrics.value("process_start_time_seconds") < metrics.value("rosterd_config_last_load_timestamp_seconds")
    shown = json.loads(case.run("rosterctl", "status", "--json").stdout)
    assert metrics.label("rosterd_roster_info", "digest") == [shown["roster"]["digest"]]
    assert metrics.label("rosterd_build_info", "version") == [shown["version"]]
    metrics = pass_now(case, IN_SYNC)
    assert result(metrics) == ["in_sync"] and metrics.value("rosterd_passes_total", result="in_sync") == 1
    assert case.daemon.stop() == 0


def test_before_the_first_pass_nothing_is_told_that_is_not_known(case):
    case.serve(channel("payments", *KEPT), faults=[{"match": {"op": "list_channels"}, "then": {"hold": True}}])
    case.roster(entry("payments", *KEPT))
    case.tune(interval=NEVER)
    daemon = Daemon(case)
    daemon.wait_ready()
    metrics = scrape(case)
    exposition.check(metrics.text)
    assert members(metrics) == {"desired": 3} and result(metrics) == []
    assert metrics.value("rosterd_channel_last_list_timestamp_seconds", channel="payments") == 0
    assert metrics.value("rosterd_last_pass_timestamp_seconds", gateway="prod") == 0
    assert metrics.value("rosterd_changes_total", channel="payments", kind="delete", outcome="deleted") == 0, \
        "what begins with 1 has not risen"
    assert changes(metrics) == {}


def test_additions_and_corrections(case):
    begin(case, mode="sync", live=[channel("payments", "10.1.0.5", {"host": "10.1.0.6", "weight": 1})],
          roster=[entry("payments", "10.1.0.5", {"host": "10.1.0.6", "weight": 7}, "10.1.0.7", "10.1.0.8")])
    metrics = scrape(case)
    assert changes(metrics) == {("add", "added"): 2, ("correct", "corrected"): 1}
    assert members(metrics) == {"live": 4, "desired": 4, "extra": 0, "missing": 0, "changed": 0, "ignored": 0,
                                "quarantined": 0}
    assert requests(metrics, "add_members") == {"201": 3}


def test_drift_that_is_only_observed(case):
    begin(case, mode="observe", live=[channel("payments", *KEPT[:2], "10.1.0.98", "10.1.0.99")])
    metrics = scrape(case)
    assert result(metrics) == ["drift"] and changes(metrics) == {}
    assert members(metrics) == {"live": 4, "desired": 3, "extra": 2, "missing": 1, "changed": 0, "ignored": 0,
                                "quarantined": 0}
    assert metrics.value("rosterd_channel_last_in_sync_timestamp_seconds") == 0


def test_a_dry_run_tells_what_it_finds(case):
    begin(case, "--dry-run", live=[channel("payments", *KEPT, "10.1.0.99")])
    metrics = scrape(case)
    assert result(metrics) == ["drift"] and members(metrics)["extra"] == 1 and changes(metrics) == {}


def test_what_is_sent_again_and_what_fails(case):
    begin(case)
    case.sim.faults([{"match": {"op": "list_members"}, "times": 2, "then": {"status": 500, "code": "APIG.9999"}}])
    metrics = pass_now(case, IN_SYNC)
    assert requests(metrics, "list_members") == {"200": 2, "500": 2}
    assert metrics.value("rosterd_api_retries_total", operation="list_members") == 2
    listed = metrics.value("rosterd_channel_last_list_timestamp_seconds")
    case.sim.faults([{"match": {"op": "list_members"}, "then": {"status": 503}}])
    for number in (1, 2):
        metrics = pass_now(case, FAILED)
        assert metrics.value("rosterd_failed_passes", gateway="prod") == number
    assert result(metrics) == ["failed"] and metrics.value("rosterd_passes_total", result="failed") == 2
    assert metrics.value("rosterd_channel_last_list_timestamp_seconds") == listed
    assert members(metrics)["live"] == 3, "as the last whole list had it"
    assert requests(metrics, "list_members")["503"] == 8, "twice four attempts"
    assert metrics.value("rosterd_api_retries_total", operation="list_members") == 2 + 2 * 3
    case.sim.clear_faults()
    metrics = pass_now(case, IN_SYNC)
    assert metrics.value("rosterd_failed_passes") == 0
    assert metrics.value("rosterd_channel_last_list_timestamp_seconds") > listed


def test_requests_without_an_answer(case):
    begin(case, limits={"timeout": "3s"}, retry={"attempts": 1})
    case.sim.faults([{"match": {"op": "list_members"}, "times": 1, "then": {"stall": True}},
                     {"match": {"op": "list_members"}, "times": 1, "then": {"reset": True}}])
    pass_now(case, FAILED)
    metrics = pass_now(case, FAILED)
    assert requests(metrics, "list_members") == {"200": 1, "timeout": 1, "lost": 1}
    assert metrics.value("rosterd_api_request_duration_seconds_sum", operation="list_members") >= 3
    case.sim.stop()
    metrics = pass_now(case, FAILED)
    assert requests(metrics, "list_channels")["not_sent"] == 1
    assert metrics.value("rosterd_api_request_duration_seconds_count", operation="list_channels") == sum(
        requests(metrics, "list_channels").values()) - 1, "what was not sent took no time"


def test_a_deletion_that_fails_and_one_that_somebody_else_made(case):
    begin(case)
    case.sim.edit("payments", add=[{"host": "10.1.0.98"}])
    case.sim.faults([{"match": {"op": "delete_member"}, "times": 1,
                      "then": {"status": 404, "code": "APIG.3024", "effect": True}}])
    assert changes(pass_now(case, IN_SYNC)) == {("delete", "gone"): 1}
    case.sim.edit("payments", add=[{"host": "10.1.0.99"}])
    case.sim.faults([{"match": {"op": "delete_member"}, "then": {"status": 403, "code": "APIG.1005"}}])
    metrics = pass_now(case, FAILED)
    assert changes(metrics) == {("delete", "failed"): 1, ("delete", "gone"): 1}
    assert requests(metrics, "delete_member") == {"403": 1, "404": 1}
    assert members(metrics)["extra"] == 1 and members(metrics)["live"] == 4


def test_requests_that_people_ask_for_count_and_are_no_pass(case):
    begin(case)
    assert case.run("rosterctl", "plan").status == IN_SYNC
    metrics = scrape(case)
    assert requests(metrics, "list_channels") == {"200": 2} and requests(metrics, "list_members") == {"200": 2}
    assert sum(metrics.find("rosterd_passes_total")) == 1


def test_a_guard_is_told_while_it_holds(case):
    begin(case, guards={"max_deletes": 0})
    case.sim.edit("payments", add=[{"host": "10.1.0.99"}])
    metrics = pass_now(case, HELD)
    exposition.check(metrics.text)
    assert result(metrics) == ["held"] and members(metrics)["extra"] == 1
    assert metrics.label("rosterd_channel_guard_held", "guard", channel="payments") == ["max_deletes"]
    case.sim.edit("payments", remove=["10.1.0.99"])
    metrics = pass_now(case, IN_SYNC)
    assert "rosterd_channel_guard_held" not in metrics.samples


def test_quarantine_is_counted_apart(case):
    begin(case, quarantine="1h")
    case.sim.edit("payments", add=[{"host": "10.1.0.99"}])
    metrics = pass_now(case, DRIFT)
    assert changes(metrics) == {("disable", "disabled"): 1} and result(metrics) == ["quarantined"]
    assert members(metrics)["quarantined"] == 1 and members(metrics)["extra"] == 0
    case.roster(entry("payments", *KEPT, "10.1.0.99"))
    metrics = pass_now(case, IN_SYNC)
    assert changes(metrics) == {("disable", "disabled"): 1, ("enable", "enabled"): 1}
    assert members(metrics)["quarantined"] == 0


# ---- pauses, undo ----

def test_a_pause_shows_at_once_and_until_it_ends(case):
    begin(case, live=[channel("payments", *KEPT), channel("search", "10.2.0.1")],
          roster=[entry("payments", *KEPT), entry("search", "10.2.0.1")])

    def paused():
        metrics = scrape(case)
        return [metrics.value("rosterd_channel_paused", channel=name) for name in ("payments", "search")]
    assert paused() == [0, 0]
    for scope, shown in (("payments", [1, 0]), (f"{identifier('search')}", [0, 1]), ("--instance=prod", [1, 1]),
                         ("--all", [1, 1])):
        assert case.run("rosterctl", "pause", scope, "--reason", "move").status == 0
        assert paused() == shown, scope
        assert case.run("rosterctl", "resume", scope).status == 0
        assert paused() == [0, 0], scope
    case.roster(entry("payments", *KEPT, paused="move"), entry("search", "10.2.0.1"))
    case.daemon.reload()
    assert paused() == [1, 0]


def test_an_undo_is_counted_and_pauses(case):
    begin(case, live=[channel("payments", *KEPT, "10.1.0.99")])
    assert case.run("rosterctl", "undo", "--last").status == IN_SYNC
    metrics = scrape(case)
    assert changes(metrics) == {("delete", "deleted"): 1, ("add", "added"): 1}
    assert metrics.value("rosterd_channel_paused", channel="payments") == 1
    metrics = pass_now(case, DRIFT)
    assert result(metrics) == ["paused"] and members(metrics)["extra"] == 1 and members(metrics)["live"] == 4


# ---- reloads ----

def assert_no_counter_fell(before, after, but=()):
    gone = {name for name, _ in before.counters()} - {name for name, _ in after.counters()}
    assert not gone
    for (name, key), value in before.counters().items():
        if dict(key).get("channel") not in but:
            assert after.counters().get((name, key), 0) >= value, (name, key)


def test_a_reload_goes_on_counting_and_a_channel_that_leaves_takes_all_along(case):
    live = [channel("payments", *KEPT, "10.1.0.99"), channel("search", "10.2.0.1", "10.2.0.2", "10.2.0.99")]
    search = entry("search", "10.2.0.1", "10.2.0.2")
    begin(case, live=live, roster=[entry("payments", *KEPT), search])
    before = scrape(case)
    assert changes(before) == changes(before, "search") == {("delete", "deleted"): 1}
    # By its id from now on, and the next pass is held back until all was looked at.
    case.sim.faults([{"match": {"op": "list_channels"}, "then": {"hold": True}}])
    case.roster(entry("payments", *KEPT, id=identifier("payments")), search)
    case.daemon.reload()
    after = scrape(case)
    assert_no_counter_fell(before, after)
    assert named(after) == {"payments", "search"}
    assert members(after) == members(before) and result(after) == result(before)
    assert after.value("rosterd_last_pass_timestamp_seconds") == before.value("rosterd_last_pass_timestamp_seconds")
    assert after.value("rosterd_config_last_load_timestamp_seconds") > before.value(
        "rosterd_config_last_load_timestamp_seconds")
    case.sim.clear_faults()
    case.sim.release()
    case.daemon.wait_status("2 in sync")
    case.roster(search)
    case.daemon.reload()
    left = scrape(case)
    assert_no_counter_fell(after, left, but=["payments"])
    assert named(left) == {"search"} and changes(left, "search") == {("delete", "deleted"): 1}
    assert left.value("rosterd_api_requests_total", operation="delete_member", code="204") == 2
    exposition.check(left.text)


def test_a_channel_that_is_renamed_at_the_service_changes_its_label(case):
    live = channel("payments", *KEPT, "10.1.0.99")
    begin(case, live=[live], roster=[entry("", *KEPT, id=live["id"])])
    assert changes(scrape(case)) == {("delete", "deleted"): 1}
    assert case.run("rosterctl", "pause", "payments", "--reason", "x").status == 0
    row, = stand_in.Client(case.sim).json("GET", stand_in.PREFIX + "/vpc-channels")["vpc_channels"]
    case.sim.faults([{"match": {"op": "list_channels"},
                      "then": {"json_patch": {"vpc_channels": [{**row, "name": "billing"}]}}}])
    metrics = pass_now(case, IN_SYNC)
    assert named(metrics) == {"billing"} and changes(metrics, "billing") == {("delete", "deleted"): 1}
    assert metrics.value("rosterd_channel_paused", channel="billing") == 1, "the pause knows its id"


def test_an_instance_that_is_called_otherwise_goes_on_counting(case):
    begin(case, live=[channel("payments", *KEPT, "10.1.0.99")])
    case.settings["instances"] = {"north": case.settings["instances"]["prod"]}
    case.write_settings()
    case.daemon.reload()
    metrics = scrape(case)
    assert metrics.label("rosterd_owner", "gateway") == ["north"]
    assert metrics.value("rosterd_changes_total", gateway="north", kind="delete", outcome="deleted") == 1


def test_invalid_rosters_show_and_the_last_good_ones_go_on(case):
    begin(case)
    before = scrape(case)
    case.write("rosters.yaml", "version: 1\nchannels: [{nome: payments}]\n")
    case.daemon.reload()
    metrics = scrape(case)
    assert metrics.value("rosterd_config_valid") == 0 and result(metrics) == ["in_sync"]
    assert metrics.value("rosterd_config_last_load_timestamp_seconds") == before.value(
        "rosterd_config_last_load_timestamp_seconds")
    case.roster(entry("payments", *KEPT))
    case.daemon.reload()
    assert scrape(case).value("rosterd_config_valid") == 1


def test_a_state_that_cannot_be_used_shows(case):
    begin(case)
    path, taken = case.state_dir / "rosterd.db", case.folder / "taken.db"
    path.rename(taken)
    case.sim.edit("payments", add=[{"host": "10.1.0.99"}])
    metrics = pass_now(case, FAILED)
    assert metrics.value("rosterd_state_usable") == 0 and metrics.value("rosterd_failed_passes") == 1
    assert changes(metrics) == {} and members(metrics)["extra"] == 1
    taken.rename(path)
    metrics = pass_now(case, IN_SYNC)
    assert metrics.value("rosterd_state_usable") == 1 and changes(metrics) == {("delete", "deleted"): 1}


# ---- what channels are called ----

def test_names_stand_as_they_are(case):
    names = ['quo"te', "back\\slash", "two\nlines", "\u6e20\u9053", "brace{}", "a=b,c"]
    begin(case, live=[channel(name, *KEPT) for name in (*names, "steers\x1b[2J")],
          roster=[entry("", *KEPT, id=identifier(name)) for name in (*names, "steers\x1b[2J")])
    metrics = scrape(case)
    assert named(metrics) == {*names, "steers<U+001B>[2J"}
    exposition.check(metrics.text)


def test_a_name_that_two_channels_have_gives_way_to_ids(case):
    live = [channel("payments", *KEPT, id=identifier("one")), channel("payments", *KEPT, id=identifier("two")),
            channel("search", "10.2.0.1")]
    begin(case, live=live, roster=[entry("", *KEPT, id=live[0]["id"]), entry("", *KEPT, id=live[1]["id"]),
                                   entry("search", "10.2.0.1")])
    metrics = scrape(case)
    assert named(metrics) == {live[0]["id"], live[1]["id"], "search"}
    exposition.check(metrics.text)


def test_a_channel_that_is_not_there_is_called_as_the_roster_calls_it(case):
    begin(case, roster=[entry("payments", *KEPT), entry("nowhere", *KEPT), entry("", *KEPT, id=identifier("none"))])
    metrics = scrape(case)
    assert named(metrics) == {"payments", "nowhere", identifier("none")} and result(metrics, "nowhere") == ["failed"]
    assert members(metrics, "nowhere") == {"desired": 3}


def test_the_same_name_in_two_instances(case):
    other = "11111111-2222-4333-8444-555555555555"
    sim = case.serve(instances=[stand_in.instance([channel("payments", *KEPT)]),
                                stand_in.instance([channel("payments", "10.9.0.1")], instance_id=other)])
    case.attach("test", sim, instance_id=other)
    case.roster(entry("payments", *KEPT), file="rosters.d/a.yaml", instance="prod")
    case.roster(entry("payments", "10.9.0.1"), file="rosters.d/b.yaml", instance="test")
    case.tune(rosters=["rosters.d"], interval=NEVER)
    Daemon(case).wait_status("2 in sync")
    metrics = scrape(case)
    assert metrics.value("rosterd_channel_members", gateway="prod", channel="payments", set="live") == 3
    assert metrics.value("rosterd_channel_members", gateway="test", channel="payments", set="live") == 1
    assert case.run("rosterctl", "pause", "test/payments", "--reason", "x").status == 0
    metrics = scrape(case)
    assert metrics.value("rosterd_channel_paused", gateway="prod") == 0
    assert metrics.value("rosterd_channel_paused", gateway="test") == 1


# ---- credentials ----

def test_a_token_of_iam_expires_and_one_that_is_not_to_be_had_is_counted(case):
    user = {"domain": "ACCOUNT", "name": "roster", "password": "right", "token_seconds": 3600}
    case.sim = case.serve(channel("payments", *KEPT), users=[user])
    case.secret("password", "right")
    case.settings["instances"]["prod"]["auth"] = {
        "method": "password", "iam_endpoint": case.sim.url, "domain": "ACCOUNT", "user": "roster",
        "password_file": "password"}
    case.roster(entry("payments", *KEPT))
    case.tune(interval=NEVER)
    case.daemon = Daemon(case)
    case.daemon.wait_status("1 in sync")
    metrics = scrape(case)
    left = metrics.value("rosterd_credential_expiry_timestamp_seconds", gateway="prod") - time.time()
    assert 3000 < left <= 3601 and metrics.value("rosterd_credential_failures_total", gateway="prod") == 0
    case.daemon.reload()
    assert scrape(case).value("rosterd_credential_expiry_timestamp_seconds") is not None, "it is still the same"
    case.sim.faults([{"match": {"op": "list_channels"}, "then": {"status": 401, "code": "APIG.1002"}},
                     {"match": {"op": "iam_token"}, "then": {"status": 403}}])
    for number in (1, 2, 3):
        metrics = pass_now(case, FAILED)
        assert metrics.value("rosterd_credential_failures_total", gateway="prod") == number
    case.daemon.reload()
    assert scrape(case).value("rosterd_credential_failures_total", gateway="prod") >= 3


def test_a_token_of_a_file_has_no_end_that_is_known(case):
    begin(case)
    case.sim.faults([{"match": {"op": "list_channels"}, "then": {"status": 401, "code": "APIG.1002"}}])
    metrics = pass_now(case, FAILED)
    assert "rosterd_credential_expiry_timestamp_seconds" not in metrics.samples
    assert metrics.value("rosterd_credential_failures_total", gateway="prod") == 1, "there is no other"
    assert requests(metrics, "list_channels")["401"] == 1


# ---- where it can be had ----

def get(case, method="GET", path="/metrics"):
    connection = http.client.HTTPConnection("rosterd")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(case.settings["control_socket"])
    with contextlib.closing(connection):
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read().decode()


def test_the_socket_tcp_and_rosterctl_say_the_same(case):
    port = web.free_port()
    begin(case, http={"listen": f"127.0.0.1:{port}"})
    shown = web.get(port, "/metrics")
    status, kind, text = get(case)
    assert shown.status == 200 and shown.headers["Content-Type"] == kind
    assert Metrics(shown.text).lasting() == Metrics(text).lasting()
    assert status == 200 and kind == "text/plain; version=0.0.4; charset=utf-8"
    assert Metrics(text).lasting() == scrape(case).lasting()
    assert get(case, "POST")[0] == 405
    assert case.daemon.stop() == 0
    done = case.run("rosterctl", "metrics")
    assert done.status == NO_DAEMON and not done.stdout and "no rosterd runs" in done.stderr


def test_rosterctl_prints_nothing_that_would_steer_a_terminal(case):
    """Whoever answers on the socket."""
    begin(case)
    case.daemon.stop()
    path = case.settings["control_socket"]
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        running = case.start("rosterctl", "metrics")
        peer, _ = server.accept()
        with peer:
            peer.recv(4096)
            body = b"rosterd_owner 1\x1b[2J\n"
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        done = running.finish()
    assert done.status == FAILED and not done.stdout and "no rosterd" in done.stderr


def written(path):
    return Metrics(path.read_text())


def lines_of(daemon, level):
    return [row["message"] for row in daemon.lines(level=level) if row["message"].startswith("metrics_file: ")]


def test_the_file_is_replaced_after_each_pass(case):
    folder = case.folder / "textfile"
    folder.mkdir()
    path = folder / "rosterd.prom"
    begin(case, metrics_file=str(path))
    wait_until(path.exists)
    assert written(path).lasting() == scrape(case).lasting()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [entry.name for entry in folder.iterdir()] == ["rosterd.prom"]
    inode, kept = path.stat().st_ino, path.open()
    pass_now(case, IN_SYNC)
    wait_until(lambda: written(path).value("rosterd_passes_total", result="in_sync") == 2)
    assert path.stat().st_ino != inode and Metrics(kept.read()), "whoever has the old one open reads all of it"
    kept.close()
    other = folder / "other.prom"
    case.tune(metrics_file=str(other))
    case.write_settings()
    case.daemon.reload()
    wait_until(other.exists)
    assert lines_of(case.daemon, "warning") == []


def test_a_directory_that_vanishes_is_one_warning(case):
    folder = case.folder / "textfile"
    folder.mkdir()
    path = folder / "rosterd.prom"
    begin(case, metrics_file=str(path), interval="1s")
    wait_until(path.exists)
    shutil.rmtree(folder)
    wait_until(lambda: lines_of(case.daemon, "warning"), process=case.daemon)
    ended = scrape(case).value("rosterd_passes_total", result="in_sync")
    wait_until(lambda: scrape(case).value("rosterd_passes_total", result="in_sync") > ended + 2, process=case.daemon)
    line, = lines_of(case.daemon, "warning")
    assert str(path) in line and "No such file or directory" in line
    folder.mkdir()
    wait_until(path.exists, process=case.daemon)
    wait_until(lambda: lines_of(case.daemon, "notice"), process=case.daemon)
    assert len(lines_of(case.daemon, "notice")) == 1 and case.daemon.stop() == 0


def test_a_full_disk_leaves_what_was_there(case):
    folder = case.folder / "textfile"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "rosterd-test", folder], check=False,
                      capture_output=True).returncode != 0:
        pytest.skip("no tmpfs can be mounted here")
    try:
        path = folder / "rosterd.prom"
        begin(case, metrics_file=str(path), interval="1s")
        wait_until(path.exists)
        with contextlib.suppress(OSError), open(folder / "filler", "wb", buffering=0) as filler:
            while True:
                filler.write(b"x" * 4096)
        wait_until(lambda: lines_of(case.daemon, "warning"), process=case.daemon)
        line, = lines_of(case.daemon, "warning")
        assert "No space left" in line and written(path).value("rosterd_config_valid") == 1
        assert sorted(entry.name for entry in folder.iterdir()) == ["filler", "rosterd.prom"]
        (folder / "filler").unlink()
        wait_until(lambda: lines_of(case.daemon, "notice"), process=case.daemon)
        assert case.daemon.stop() == 0
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("path", ["/tmp/", "/tmp/.hidden", "metrics.prom"])
def test_a_path_that_names_no_file_is_an_error(case, path):
    case.serve(channel("payments", *KEPT))
    case.roster(entry("payments", *KEPT))
    case.tune(metrics_file=path)
    done = case.check()
    assert done.status == INVALID and "metrics_file: " in done.stderr, done


# ---- how many ----

def test_500_channels(case):
    live = [channel(f"channel-{number}", f"10.1.{number // 250}.{number % 250}") for number in range(500)]
    begin(case, live=live, roster=[entry(c["name"], c["members"][0]["host"]) for c in live], status="500 in sync")
    metrics = scrape(case)
    exposition.check(metrics.text)
    assert len(named(metrics)) == 500 and all(len(metrics.samples[name]) >= 500 for name in CHANNELS)


# ---- what is written about them ----

def test_the_manual_has_each_metric_with_its_labels(case):
    begin(case, guards={"max_deletes": 0}, live=[channel("payments", *KEPT, "10.1.0.99")])
    found = exposition.shown(scrape(case))
    # What a static token does not have.
    found["rosterd_credential_expiry_timestamp_seconds"].add("gateway")
    assert found == exposition.told()
