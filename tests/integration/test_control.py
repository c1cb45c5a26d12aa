# SPDX-License-Identifier: MIT
"""The control socket of the running daemon, asked by rosterctl and by hand."""

import http.client
import json
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from datetime import datetime, timedelta, timezone

import pytest

from case import (DRIFT, FAILED, HELD, IN_SYNC, USAGE, channel, deletions, entry, identifier, mutations, program,
                  wait_until)

NO_DAEMON = 69
KEPT = [f"10.0.0.{i}" for i in range(1, 5)]


@pytest.fixture
def daemon(case):
    """A daemon over two channels: one has an extra member, the other so many that a guard holds them."""
    case.sim = case.serve(channel("payments", *KEPT, "10.9.0.1"),
                          channel("orders", *KEPT, *[f"10.9.1.{i}" for i in range(1, 21)]))
    case.roster(entry("payments", *KEPT), entry("orders", *KEPT))
    case.daemon = start(case)
    return case


def start(case, *args):
    running = case.start("rosterd", *args)
    wait_until(lambda: ctl(case, "status").status == IN_SYNC, process=running)
    wait_until(lambda: all(c["result"] for c in status(case)["channels"]), process=running)
    return running


def ctl(case, *args, **settings):
    return case.run("rosterctl", *args, **settings)


def status(case):
    done = ctl(case, "status", "--json")
    assert done.status == IN_SYNC, done
    return json.loads(done.stdout)


def status_of(case, name):
    return next(c for c in status(case)["channels"] if c["name"] == name)


class Local(http.client.HTTPConnection):
    """A connection to the daemon's socket."""

    def __init__(self, case, timeout=30):
        super().__init__("rosterd", timeout=timeout)
        self.place = case.settings["control_socket"]

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.place)


def ask(case, method, path, body=None):
    """(status, object)"""
    connection = Local(case)
    text = json.dumps(body) if isinstance(body, (dict, list)) else body
    connection.request(method, path, text)
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


def test_status_shows_each_channel(daemon):
    payments, orders = status_of(daemon, "payments"), status_of(daemon, "orders")
    assert (payments["result"], payments["live"], payments["desired"]) == ("converged", 5, 4)
    assert orders["result"] == "held"
    assert orders["guard"] == {"name": "max_deletes", "planned": 20, "limit": 10}
    assert len(orders["digest"]) == 64 and orders["listed"] and orders["pause"] is None
    text = ctl(daemon, "status").stdout
    assert "prod/orders" in text and "max_deletes refuses: 20 deletions planned, limit 10" in text
    assert "max_deletes refuses: 20 deletions planned, limit 10" in case_plan(daemon)
    assert orders["digest"] in text and "\033" not in text


def case_plan(case):
    return case.run("rosterctl", "plan").stdout


def test_status_tells_the_last_error(daemon):
    daemon.sim.faults([{"match": {"op": "list_members"}, "then": {"status": 403, "code": "APIG.1005"}}])
    assert ctl(daemon, "reconcile", "payments").status == FAILED
    failed = status_of(daemon, "payments")
    assert failed["error"]["code"] == "APIG.1005" and failed["error"]["http"] == 403
    assert failed["listed"]


def test_status_shows_all_else_where_the_pauses_cannot_be_read(daemon):
    daemon.daemon.signal()
    daemon.daemon.finish()
    daemon.daemon = start(daemon, "--dry-run")
    assert status(daemon)["pauses_error"] is None
    (daemon.state_dir / "rosterd.db").write_bytes(b"x" * 8192)
    assert "rosterd.db is damaged" in status(daemon)["pauses_error"]
    assert status_of(daemon, "orders")["result"] == "held"
    text = ctl(daemon, "status").stdout
    assert "which channels are paused is not known: " in text and "max_deletes refuses" in text


def history(case, *args):
    done = ctl(case, "history", "--json", *args)
    assert done.status == IN_SYNC, done
    return json.loads(done.stdout)


def test_history_is_told_by_daemon_and_by_files(daemon):
    told = history(daemon)
    action = told["actions"][0]
    assert len(told["actions"]) == 1
    assert set(action) == {"action", "pass", "time", "instance", "channel", "name", "kind", "member", "after", "undo_of",
                           "roster", "digest", "mode", "outcome", "http", "code", "request_id", "attempts"}
    assert (action["outcome"], action["http"], action["name"], action["mode"]) == ("deleted", 204, "payments",
                                                                                  "prune")
    assert action["member"]["host"] == "10.9.0.1" and action["member"]["weight"] == 1
    text = ctl(daemon, "history")
    assert text.status == IN_SYNC and "10.9.0.1:8080" in text.stdout, text
    assert history(daemon, "--channel", "orders") == {"actions": []}
    assert history(daemon, "--channel", "prod/payments", "--since", "1h") == told
    daemon.daemon.signal()
    assert daemon.daemon.finish().status == 0
    assert history(daemon) == told


@pytest.mark.parametrize("asked_by", ["daemon", "files"])
def test_history_since(daemon, asked_by):
    """A duration, a day, or a time with its offset; by the daemon and from the files alike."""
    if asked_by == "files":
        daemon.daemon.signal()
        daemon.daemon.finish()
    in_an_hour = (datetime.now(timezone.utc) + timedelta(hours=1)).isoformat(timespec="seconds")
    for since, expected in (("36500d", 1), ("2w", 1), ("yesterday", 1), ("1970-01-01", 1),
                            ("1970-01-01T01:00:00+01:00", 1), ("0s", 0)):
        told = ctl(daemon, "history", "--json", "--since", since)
        assert (told.status, len(json.loads(told.stdout)["actions"])) == (IN_SYNC, expected), since
    assert "in the future" in ctl(daemon, "history", "--since", in_an_hour).stderr


def test_history_of_a_channel_that_nobody_knows(daemon):
    """A misspelt name is told from a channel where nothing was deleted."""
    def ask_history(name, *args):
        done = ctl(daemon, "history", "--channel", name, *args)
        assert done.status == IN_SYNC
        return done.stderr

    def check():
        for name in ("paymens", "other/payments", "prod/paymens"):
            assert ask_history(name) == (f"rosterctl: {name}: no channel of this name or id is in the history or in "
                                         "the rosters, do you mean payments?\n")
        assert ask_history("x").endswith("the rosters; rosterctl status lists those of the rosters\n")
        for name in ("payments", "orders", "prod/orders", identifier("payments")):
            assert ask_history(name, "--json") == ""
        assert ask_history("payments", "--since", "1s") == "", "it is in the history, if not of this second"
        assert json.loads(ctl(daemon, "history", "--json", "--channel", "x").stdout) == {"actions": [],
                                                                                       "unknown_channel": True}

    check()
    daemon.daemon.signal()
    daemon.daemon.finish()
    check()
    daemon.write("rosters.yaml", "channels: {")
    assert ask_history("paymens") == "", "who knows what would be in the rosters"


def test_history_comes_in_pages(case):
    members = [f"10.8.{i // 250}.{i % 250 + 1}" for i in range(2100)]
    case.tune(guards={"max_deletes": 5000, "max_delete_percent": 100, "max_deletes_total": "off"})
    case.serve(channel("payments", *KEPT, *members))
    case.roster(entry("payments", *KEPT))
    running = case.start("rosterd", "--log-level", "err")
    wait_until(lambda: ctl(case, "status").status == IN_SYNC, process=running)
    wait_until(lambda: status(case)["channels"][0]["result"] == "converged", process=running)
    actions = json.loads(ctl(case, "history", "--json").stdout)["actions"]
    assert [a["action"] for a in actions] == list(range(1, 2101))
    assert {a["member"]["host"] for a in actions} == set(members)


def test_paused_channel_is_read_and_never_changed(daemon):
    said = ctl(daemon, "pause", "payments", "--reason", "maintenance", "--for", "2h")
    assert said.status == IN_SYNC and "maintenance" in said.stdout
    daemon.sim.edit("payments", add=[{"host": "10.9.0.7"}])
    done = ctl(daemon, "reconcile", "payments", "--json")
    assert done.status == DRIFT and done.channel("payments")["result"] == "paused"
    assert "10.9.0.7" in daemon.sim.hosts("payments")
    shown = status_of(daemon, "payments")
    assert shown["pause"]["reason"] == "maintenance" and shown["pause"]["until"]
    assert "paused: maintenance, until " in ctl(daemon, "status").stdout
    assert ctl(daemon, "resume", "prod/payments").status == IN_SYNC
    assert ctl(daemon, "reconcile", "payments").status == IN_SYNC
    assert "10.9.0.7" not in daemon.sim.hosts("payments")
    again = ctl(daemon, "resume", "payments")
    assert again.status == FAILED and "it is not paused: rosterctl status shows what is" in again.stderr


def test_pause_is_shown_where_nothing_is_extra(daemon):
    ctl(daemon, "pause", "payments", "--reason", "just so")
    done = ctl(daemon, "reconcile", "payments", "--json")
    assert done.status == IN_SYNC
    assert done.channel("payments")["pause"] == {"scope": "channel", "reason": "just so", "until": None}


def test_pause_outlives_the_daemon(daemon):
    assert ctl(daemon, "pause", "orders", "--reason", "kept").status == IN_SYNC
    daemon.daemon.process.kill()
    daemon.daemon.finish()
    daemon.daemon = start(daemon)
    assert status_of(daemon, "orders")["result"] == "paused"
    assert status_of(daemon, "orders")["pause"]["reason"] == "kept"


def test_a_pause_by_name_holds_where_the_roster_goes_by_id(case):
    sim = case.serve(channel("payments", *KEPT, "10.9.0.1"),
                     faults=[{"match": {"op": "list_channels"}, "times": 3, "then": {"status": 503}}])
    case.roster(entry("payments", *KEPT))
    case.tune(interval="1s", retry={"base": "1s", "cap": "1s"})
    running = case.start("rosterd")
    wait_until(lambda: ctl(case, "pause", "payments", "--reason", "hands off").status == IN_SYNC, process=running)
    wait_until(lambda: status_of(case, "payments")["result"] == "paused", process=running)
    case.roster(entry("payments", *KEPT, id=identifier("payments")))
    lists = len(sim.requests("list_members"))
    wait_until(lambda: len(sim.requests("list_members")) >= lists + 3, process=running)
    assert "10.9.0.1" in sim.hosts("payments") and not mutations(sim)
    assert status_of(case, "payments")["pause"]["reason"] == "hands off"
    assert ctl(case, "resume", identifier("payments")).status == IN_SYNC
    wait_until(lambda: "10.9.0.1" not in sim.hosts("payments"), process=running)


def test_what_an_instance_fails_by_is_told_once(case):
    case.attach("dead", "http://127.0.0.1:1")
    case.secret("token", "T1")
    case.tune(retry={"attempts": 1})
    case.roster(*[entry(name, "10.0.0.1") for name in ("payments", "orders", "search")])
    running = case.start("rosterd")
    wait_until(lambda: "cannot be read" in ctl(case, "status").stdout, process=running)
    shown = ctl(case, "status").stdout
    assert shown.count("refused") == 1 and "dead: 3 channels could not be read: " in shown, shown
    assert all(f"dead/{name} " in shown for name in ("payments", "orders", "search"))


def test_pause_is_shown_while_the_channel_fails(daemon):
    """Also where a daemon that started in an outage has never known the channel's id."""
    ctl(daemon, "pause", "payments", "--reason", "on my way")
    daemon.sim.faults([{"match": {"op": "list_channels"}, "then": {"status": 403, "code": "APIG.0304"}}])
    for _ in range(2):
        assert ctl(daemon, "reconcile").status == FAILED
        shown = status_of(daemon, "payments")
        assert shown["result"] == "failed"
        assert shown["pause"] == {"scope": "channel", "reason": "on my way", "until": None}
        assert "paused: on my way, without end" in ctl(daemon, "status").stdout
        daemon.daemon.signal()
        daemon.daemon.finish()
        daemon.daemon = start(daemon)
    assert ctl(daemon, "resume", "payments").status == IN_SYNC, "its name is enough"
    assert status_of(daemon, "payments")["pause"] is None
    daemon.sim.clear_faults()
    ctl(daemon, "reconcile")
    assert status_of(daemon, "payments")["pause"] is None
    assert ctl(daemon, "resume", "payments").status == FAILED, "nothing of it is left"


def test_what_is_not_known_is_no_zero(case):
    case.serve(channel("payments", *KEPT), faults=[{"match": {"op": "list_members"},
                                                    "then": {"status": 403, "code": "APIG.1005"}}])
    case.roster(entry("payments", *KEPT))
    start(case)
    row = next(line.split() for line in ctl(case, "status").stdout.splitlines() if line.startswith("prod/payments"))
    assert row == ["prod/payments", "failed", "prune", "-", "4", "-", "-", "-"]


def test_who_asked_for_a_change_is_logged(daemon):
    daemon.daemon.signal()
    daemon.daemon.finish()
    daemon.daemon = start(daemon, "--log-format", "json")
    ctl(daemon, "pause", "payments", "--reason", "move", "--for", "2h")
    ctl(daemon, "pause", "orders", "--reason", "no end")
    ctl(daemon, "resume", "payments")
    digest = status_of(daemon, "orders")["digest"]
    ctl(daemon, "approve", digest)
    ctl(daemon, "approve", "f" * 64)
    ctl(daemon, "reconcile", "prod/payments")
    ctl(daemon, "reconcile")
    ctl(daemon, "undo", "--last", "--dry-run")
    ctl(daemon, "status")
    ctl(daemon, "resume", "nobody")
    daemon.daemon.signal()
    rows = [json.loads(line) for line in daemon.daemon.finish().stderr.splitlines()]
    rows = [row for row in rows if "ROSTERD_UID" in row]
    uid = str(os.getuid())
    assert {(row["level"], row["ROSTERD_UID"]) for row in rows} == {("notice", uid)}
    assert all(f"by uid {uid}" in row["message"] for row in rows)
    assert [row["ROSTERD_ACTION"] for row in rows] == ["pause", "pause", "resume", "approve", "reconcile",
                                                       "reconcile", "undo"]
    assert rows[0]["ROSTERD_REASON"] == "move" and rows[0]["ROSTERD_CHANNEL"] == "payments"
    assert rows[0]["message"].startswith("prod/payments: paused until 2") and "move" in rows[0]["message"]
    assert rows[1]["message"] == f"prod/orders: paused, without end, by uid {uid}: no end"
    assert (rows[3]["ROSTERD_DIGEST"], rows[3]["ROSTERD_CHANNEL"]) == (digest, "orders")
    assert rows[4]["ROSTERD_CHANNEL"] == "payments" and "ROSTERD_CHANNEL" not in rows[5]
    assert rows[6]["ROSTERD_PASS"] in rows[6]["message"]


def test_pause_before_any_pass_could_read_the_channel(case):
    """Nothing can be read: the channel's id is not known, and its name has to do."""
    sim = case.serve(channel("payments", *KEPT, "10.9.0.1"),
                     faults=[{"match": {"op": "list_channels"}, "then": {"status": 403, "code": "APIG.0304"}}])
    case.roster(entry("payments", *KEPT))
    start(case)
    assert ctl(case, "pause", "payments", "--reason", "not now").status == IN_SYNC
    sim.clear_faults()
    assert ctl(case, "reconcile").status == DRIFT
    assert status_of(case, "payments")["result"] == "paused" and not deletions(sim)
    assert ctl(case, "resume", "payments").status == IN_SYNC
    assert ctl(case, "reconcile").status == IN_SYNC
    assert len(deletions(sim)) == 1


def test_approval_lets_the_plan_pass_once(daemon):
    assert ctl(daemon, "reconcile", "orders").status == HELD
    digest = status_of(daemon, "orders")["digest"]
    said = ctl(daemon, "approve", digest)
    assert said.status == IN_SYNC and "exactly this plan of prod/orders, once" in said.stdout
    daemon.sim.faults([{"match": {"op": "delete_member"}, "times": 1, "then": {"status": 403, "code": "APIG.1005"}}])
    assert ctl(daemon, "reconcile", "orders").status == FAILED
    assert ctl(daemon, "reconcile", "orders").status == HELD, "it is spent, whatever came of it"
    assert status_of(daemon, "orders")["digest"] == digest
    assert ctl(daemon, "approve", digest).status == IN_SYNC, "whoever says it again means it"
    assert ctl(daemon, "reconcile", "orders").status == IN_SYNC
    assert daemon.sim.hosts("orders") == KEPT


def test_an_approval_that_fits_no_plan_is_refused(daemon):
    """Whoever gave it would believe that it lets something pass. By curl as by rosterctl."""
    for args in (["0" * 64], ["1" * 64, "--json"], ["2" * 12]):
        said = ctl(daemon, "approve", *args)
        assert said.status == FAILED and said.stdout == "" and said.stderr.count("\n") == 1
        assert "knows no plan with this digest" in said.stderr and "rosterctl plan" in said.stderr
    code, told = ask(daemon, "POST", "/v1/approve", {"digest": "0" * 64})
    assert code == 404 and "knows no plan" in told["error"]


def test_reconcile_waits_for_a_pass_that_begins_after_it(daemon):
    """A pass is under way and has read its list when the request comes: its result would not do."""
    daemon.sim.faults([{"match": {"op": "list_members", "channel": "payments"}, "times": 1, "then": {"hold": True}}])
    first = daemon.start("rosterctl", "reconcile", "--json")
    wait_until(lambda: status(daemon)["instances"][0]["pass_under_way"])
    daemon.sim.edit("payments", add=[{"host": "10.9.0.9"}])
    descriptors = f"/proc/{daemon.daemon.process.pid}/fd"
    before = len(os.listdir(descriptors))
    waiting = daemon.start("rosterctl", "reconcile", "--json")
    wait_until(lambda: len(os.listdir(descriptors)) > before, process=waiting)
    daemon.sim.release()
    second = waiting.finish()
    assert first.finish().report["pass"] != second.report["pass"]
    assert second.outcomes("payments") in ({"10.9.0.9:8080": "deleted"}, {})
    assert daemon.sim.hosts("payments") == KEPT


def test_reload_does_not_lose_who_waits(daemon):
    daemon.sim.faults([{"match": {"op": "list_members", "channel": "payments"}, "times": 1,
                        "then": {"delay_ms": 2000}}])
    waiting = daemon.start("rosterctl", "reconcile", "--json")
    wait_until(lambda: status(daemon)["instances"][0]["pass_under_way"])
    daemon.roster(entry("payments", *KEPT, "10.0.0.99"), entry("orders", *KEPT))
    daemon.daemon.signal(1)
    done = waiting.finish()
    assert done.status == HELD and done.channel("payments")["desired"] == 5


def test_invalid_rosters_do_not_hide_the_daemon(daemon):
    daemon.write("rosters.yaml", "channels: {")
    wait_until(lambda: status(daemon)["invalid"])
    assert "INVALID" in ctl(daemon, "status").stdout
    daemon.daemon.signal()
    daemon.daemon.finish()
    assert ctl(daemon, "history").status == IN_SYNC


def test_who_waits_is_told_of_the_end(daemon):
    daemon.sim.faults([{"match": {"op": "list_members"}, "times": 1, "then": {"stall": True}}])
    waiting = daemon.start("rosterctl", "reconcile")
    wait_until(lambda: status(daemon)["instances"][0]["pass_under_way"])
    daemon.daemon.signal()
    assert daemon.daemon.finish().status == 0
    told = waiting.finish()
    assert told.status == FAILED and "rosterd is ending" in told.stderr


def test_without_a_daemon(case):
    case.serve(channel("payments", *KEPT))
    case.roster(entry("payments", *KEPT))
    for args in (["status"], ["pause", "payments", "--reason", "x"], ["resume", "payments"],
                 ["approve", "f" * 64], ["reconcile"]):
        done = ctl(case, *args)
        assert done.status == NO_DAEMON and done.stdout == "", args
        assert done.stderr.count("\n") == 1 and "no rosterd runs here" in done.stderr
        assert "; start it, or say where it is with " in done.stderr
    assert json.loads(ctl(case, "history", "--json").stdout) == {"actions": []}
    done = ctl(case, "undo", "--last")
    assert done.status == NO_DAEMON and "undo needs the running rosterd" in done.stderr and "--dry-run" in done.stderr
    done = ctl(case, "status", "--socket", "/nowhere/c.sock")
    assert done.status == NO_DAEMON and "there is no socket at /nowhere/c.sock" in done.stderr


def test_socket_of_a_killed_daemon_is_replaced(daemon):
    daemon.daemon.process.kill()
    daemon.daemon.finish()
    assert os.path.exists(daemon.settings["control_socket"])
    assert ctl(daemon, "status").status == NO_DAEMON
    daemon.daemon = start(daemon)
    daemon.daemon.signal()
    daemon.daemon.finish()
    assert not os.path.exists(daemon.settings["control_socket"])


def test_what_is_no_socket_stays(case):
    case.serve(channel("payments", *KEPT, "10.9.0.1"))
    case.roster(entry("payments", *KEPT))
    place = case.write("precious", "text")
    case.tune(control_socket=str(place))
    running = case.start("rosterd")
    wait_until(lambda: case.sims[0].hosts("payments") == KEPT, process=running)
    running.signal()
    done = running.finish()
    assert done.status == 0 and place.read_text() == "text" and "something else is there" in done.stderr


def test_socket_is_for_its_group(daemon):
    assert stat.S_IMODE(os.stat(daemon.settings["control_socket"]).st_mode) == 0o660


def test_a_socket_that_is_closed_to_us_says_who_may(case):
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else")
    with tempfile.TemporaryDirectory() as folder:
        place = folder + "/c.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(place)
            os.chmod(folder, 0o755)
            os.chmod(place, 0o660)
            command = shutil.copy(program("rosterctl"), folder)
            done = subprocess.run([command, "status", "--socket", place], capture_output=True, text=True,
                                  check=False, user=65534, group=65534, extra_groups=[])
    assert done.returncode == FAILED and done.stderr.count("\n") == 1
    for word in ("Permission denied", "root and rosterd's own user", "the socket's group may read"):
        assert word in done.stderr


@pytest.fixture
def shared(case):
    """A daemon whose socket is open to everybody, as to a group with other members."""
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else")
    case.serve(channel("payments", *KEPT))
    case.roster(entry("payments", *KEPT))
    with tempfile.TemporaryDirectory() as folder:
        case.tune(control_socket=folder + "/c.sock")
        case.daemon = start(case)
        os.chmod(folder, 0o755)
        os.chmod(folder + "/c.sock", 0o666)
        yield case


def test_only_root_and_the_daemons_user_may_change(shared):
    """The kernel tells who asks."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.setresuid(65534, 65534, 65534)
        rows = [ask(shared, "POST", "/v1/" + path, {})[0] for path in ("pause", "resume", "approve", "reconcile")]
        rows += [ask(shared, "GET", "/v1/" + path)[0] for path in ("status", "history")]
        os.write(write, json.dumps(rows).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert json.loads(os.read(read, 4096)) == [403] * 4 + [200] * 2


@pytest.mark.parametrize("method, path, body, status_wanted, says", [
    ("GET", "/v1/nothing", None, 404, "no such path"),
    ("GET", "/nothing", None, 404, "no such path"),
    ("POST", "/v1/status", {}, 405, "takes GET"),
    ("GET", "/v1/pause", None, 405, "takes POST"),
    ("DELETE", "/v1/history", None, 405, "takes GET"),
    ("POST", "/v1/pause", "{", 400, "no JSON object"),
    ("POST", "/v1/pause", "[]", 400, "no JSON object"),
    ("POST", "/v1/pause", "{} {}", 400, "no JSON object"),
    ("POST", "/v1/pause", "[" * 4000, 400, "no JSON object"),
    ("POST", "/v1/pause", {"channel": "payments"}, 400, "reason: missing"),
    ("POST", "/v1/pause", {"reason": "x"}, 400, "channel: missing (or say instance, or all)"),
    ("POST", "/v1/pause", {"channel": 7, "reason": "x"}, 400, "channel: of another type"),
    ("POST", "/v1/pause", {"channel": "payments", "reason": "x" * 2000}, 400, "1 to 1024 bytes"),
    ("POST", "/v1/pause", {"channel": "payments", "reason": "x", "for": "soon"}, 400, "for: not a duration"),
    ("POST", "/v1/pause", {"channel": "nobody", "reason": "x"}, 404, "nobody"),
    ("POST", "/v1/resume", {"channel": "payments", "more": 1}, 400, "more: unknown key"),
    ("POST", "/v1/pause", {"all": True, "instance": "prod", "reason": "x"}, 400, "say one of channel, instance"),
    ("POST", "/v1/pause", {"instance": "nowhere", "reason": "x"}, 404, "nowhere: no instance of the settings"),
    ("POST", "/v1/plan", {"channels": "payments"}, 400, "channels: not a list"),
    ("POST", "/v1/plan", {"channels": ["payments", ""]}, 400, "channels[1]: not a name or an id"),
    ("POST", "/v1/plan", {"channels": ["a\nb"]}, 400, "channels[0]: not a name or an id"),
    ("POST", "/v1/plan", {"channels": [7]}, 400, "channels[0]: not a name or an id"),
    ("POST", "/v1/plan", {"channels": ["payments", "nobody"]}, 404, "nobody: no channel of the rosters"),
    ("POST", "/v1/plan", {"settings": "rosterd.yaml"}, 400, "settings: not an object"),
    ("POST", "/v1/plan", {"settings": {"device": 1, "inode": 1}}, 421, "another settings file"),
    ("POST", "/v1/undo", {"last": True, "pass": "p"}, 400, "say one of last, pass and action"),
    ("POST", "/v1/undo", {"pass": "p" * 200}, 404, "no change of pass ppp"),
    ("POST", "/v1/undo", {"last": True, "channel": "nobody"}, 404, "holds no change"),
    ("POST", "/v1/approve", {"digest": "abc"}, 400, "is no digest"),
    ("POST", "/v1/reconcile", {"channel": "nobody"}, 404, "nobody"),
    ("GET", "/v1/history?since=never", None, 400, "since: not a time before now"),
    ("GET", "/v1/history?limit=-1", None, 400, "limit: should be"),
    ("POST", "/v1/pause", " " * 70000, 413, "65536 bytes at most"),
], ids=lambda value: str(value)[:24])
def test_requests_that_are_refused(daemon, method, path, body, status_wanted, says):
    code, told = ask(daemon, method, path, body)
    assert (code, list(told)) == (status_wanted, ["error"])
    assert says in told["error"] and "\n" not in told["error"]


@pytest.mark.parametrize("args", [
    ["pause", "payments"], ["pause", "--reason", "x"], ["pause", "a", "b", "--reason", "x"], ["resume"],
    ["approve"], ["approve", "abc"], ["undo"], ["undo", "--last", "--action", "3"], ["undo", "--action", "x"],
    ["history", "--since", "tomorrow"], ["history", "--since", "213503982d"],
    ["history", "--since", "2999-01-01"], ["pause", "payments", "--reason", "x", "--for", "213503982d"],
    ["pause", "payments", "--reason", "x", "--for", "18446744073709551616ms"],
    ["status", "--since", "1h"], ["history", "x"], ["pause", "a", "--all", "--reason", "x"],
    ["resume", "--instance", "a", "--all"], ["status", "--all"], ["undo", "--channel", "a"], ["plan", ""],
    ["status", "--watch", "--exit-code"], ["plan", "--last"], ["plan", "--local", "--socket", "/x"],
    ["undo", "--last", "--channel", ""], ["history", "--channel="], ["reconcile", "--channel", ""],
    ["undo", "--pass", ""], ["resume", "--instance", ""],
    ["pause", "payments", "--reason", "x", "--for", "0s"], ["validate", "--json"], ["nonsense"],
])
def test_usage(case, args):
    case.serve(channel("payments", *KEPT))
    case.roster(entry("payments", *KEPT))
    done = ctl(case, *args)
    assert done.status == USAGE and done.stdout == "" and done.stderr.count("\n") == 1, done


def test_dry_run_daemon_answers_and_records_nothing(daemon):
    daemon.daemon.signal()
    daemon.daemon.finish()
    daemon.daemon = start(daemon, "--dry-run")
    refused = ctl(daemon, "pause", "orders", "--reason", "x")
    assert refused.status == FAILED and "dry run" in refused.stderr
    assert status(daemon)["dry_run"] is True
    assert ctl(daemon, "history").status == IN_SYNC
    assert ctl(daemon, "reconcile", "orders").status == HELD
    said = ctl(daemon, "approve", status_of(daemon, "orders")["digest"])
    assert said.status == IN_SYNC and "prod/orders" in said.stdout and "for this run only" in said.stdout
    assert ctl(daemon, "reconcile", "orders").status == DRIFT


def other_settings(case, **changes):
    """Settings of another set-up on the same host, which name no control_socket."""
    settings = {key: value for key, value in case.settings.items() if key != "control_socket"}
    case.config, own = case.folder / "other.yaml", case.config
    case.settings, kept = {**settings, **changes}, case.settings
    case.write_settings()
    case.config, case.settings, other = own, kept, case.config
    return other


def test_a_common_socket_leads_to_no_other_daemon(case):
    """What $RUNTIME_DIRECTORY leads to is any daemon's: with another state_dir it is refused, not obeyed."""
    case.serve(channel("payments", *KEPT, "10.9.0.1"))
    case.roster(entry("payments", *KEPT))
    folder = case.folder / "run space"
    env = {"RUNTIME_DIRECTORY": str(folder)}
    link = case.folder / "link"
    link.symlink_to(case.state_dir)
    del case.settings["control_socket"]
    running = case.start("rosterd", env=env)
    wait_until(lambda: ctl(case, "status", env=env).status == IN_SYNC, process=running)
    for command in ["status"], ["pause", "payments", "--reason", "x"], ["history"], ["undo", "--last"]:
        other = other_settings(case, state_dir=str(case.folder / "other state"))
        refused = case.run("rosterctl", *command, "-c", other, env=env, config=False)
        assert refused.status == FAILED and refused.stdout == "" and refused.stderr.count("\n") == 1, refused
        for word in (str(case.state_dir), "other%20state", f"pid {running.pid}", "--socket", "control_socket:"):
            assert word in refused.stderr, word
    for directory in (case.state_dir, link, str(case.state_dir) + "/."):
        same = other_settings(case, state_dir=str(directory))
        assert case.run("rosterctl", "status", "-c", same, env=env, config=False).status == IN_SYNC
    other = other_settings(case, state_dir=str(case.folder / "other"))
    named = case.run("rosterctl", "status", "-c", other, "--socket", folder / "control.sock", config=False)
    assert named.status == IN_SYNC, "whoever names the socket means it"
    case.settings["control_socket"] = str(folder / "control.sock")
    assert ask(case, "GET", "/v1/status")[0] == 200
    assert not json.loads(ctl(case, "status", "--json").stdout)["channels"][0]["pause"]


def test_stuck_and_hostile_clients_never_delay_a_pass(daemon):
    """200 connections that say nothing, half of something, too much, or do not read: passes go on."""
    place = daemon.settings["control_socket"]
    daemon.tune(interval="1s")
    daemon.write_settings()
    daemon.daemon.signal(1)
    wait_until(lambda: len(daemon.sim.requests("list_channels")) > 3)
    talk = [b"", b"GET /v1/sta", b"POST /v1/pause HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{",
            b"GET /v1/status HTTP/1.1\r\n" + b"X: " + b"y" * 60000, b"\x00\xff" * 1000,
            b"GET /v1/history HTTP/1.1\r\nHost: x\r\n\r\n" * 50]
    clients = []
    for number in range(200):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.setblocking(False)
        try:
            client.connect(place)
            client.send(talk[number % len(talk)])
        except OSError:
            pass
        clients.append(client)
    before = len(daemon.sim.requests("list_channels"))

    def passes_while_poked():
        for client in clients[:50]:
            try:
                client.send(b"z")
            except OSError:
                pass
        return len(daemon.sim.requests("list_channels")) >= before + 5

    wait_until(passes_while_poked, process=daemon.daemon.process)
    assert daemon.daemon.poll() is None
    # Those that were let in are disconnected when their time is up, and a person gets in again.
    assert ctl(daemon, "status", seconds=300).status == IN_SYNC
    for client in clients:
        client.close()
    assert ctl(daemon, "reconcile", "payments").status == IN_SYNC
