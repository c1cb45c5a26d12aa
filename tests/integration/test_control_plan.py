# SPDX-License-Identifier: MIT
"""Plans that the running daemon makes, who sees what is held, and approvals by sight."""

import json
import os
import pty
import select
import shutil
import signal
import subprocess

import pytest

from case import DRIFT, FAILED, ROOT, HELD, INVALID, IN_SYNC, channel, deletions, entry, identifier, program, wait_until
from test_control import KEPT, ask, ctl, status, status_of

EXTRAS = [f"10.9.1.{i}" for i in range(1, 21)]


@pytest.fixture
def service(case):
    """A daemon whose secrets are its own, as with LoadCredential=, over a channel that a guard holds."""
    case.sim = case.serve(channel("payments", *KEPT), channel("orders", *KEPT, *EXTRAS))
    case.roster(entry("payments", *KEPT), entry("orders", *KEPT))
    case.tune(interval="24h")
    case.credentials = case.folder / "credentials"
    case.credentials.mkdir()
    shutil.move(case.folder / "token", case.credentials / "token")
    case.daemon = case.start("rosterd", env={"CREDENTIALS_DIRECTORY": str(case.credentials)})
    wait_until(lambda: ctl(case, "status").status == IN_SYNC, process=case.daemon)
    wait_until(lambda: all(c["result"] for c in status(case)["channels"]), process=case.daemon)
    return case


def test_the_plan_is_made_with_the_daemons_credentials(service):
    before = status(service)["instances"][0]
    result = service.plan()
    assert result.status == HELD and result.stderr == "", result
    assert all(f"- {host}:8080" in result.stdout for host in EXTRAS)
    assert service.plan("--json").channel("orders")["digest"] == status_of(service, "orders")["digest"]
    local = service.plan("--local")
    assert local.status == INVALID and "token" in local.stderr and local.stdout == ""
    assert status(service)["instances"][0] == before, "no pass was made, and none was put off"
    assert not deletions(service.sim)


def test_other_settings_are_not_the_daemons(service):
    """A copy of the settings is another file: rosterctl reads it, and its secrets, itself."""
    shutil.copy(service.credentials / "token", service.folder / "token")
    os.chmod(service.folder / "token", 0o600)
    copy = shutil.copy(service.config, service.folder / "copy.yaml")
    code, told = ask(service, "POST", "/v1/plan", {"settings": {"device": 1, "inode": 1}})
    assert code == 421 and "another settings file" in told["error"]
    result = service.run("rosterctl", "plan", "-c", copy, config=False)
    assert result.status == HELD and "- 10.9.1.1:8080" in result.stdout


def test_without_a_daemon_rosterctl_makes_the_plan(service):
    service.daemon.signal()
    service.daemon.finish()
    assert service.plan().status == INVALID
    shutil.copy(service.credentials / "token", service.folder / "token")
    os.chmod(service.folder / "token", 0o600)
    assert service.plan().status == HELD


def test_a_plan_of_some_channels(service):
    """All are read, for guards of a pass look at all; shown and judged are those that were asked for. By rosterctl alike."""
    shutil.copy(service.credentials / "token", service.folder / "token")
    os.chmod(service.folder / "token", 0o600)
    for local in ([], ["--local"]):
        one = service.plan("prod/payments", *local)
        assert one.status == IN_SYNC and one.stdout.startswith("1 channel: 1 in sync"), one
        assert service.plan("orders", "--json", *local).results() == {"orders": "held"}
        both = service.plan("payments", identifier("orders"), "--json", *local)
        assert both.status == HELD and set(both.results()) == {"payments", "orders"}
        wrong = service.plan("orders", "ordres", *local)
        assert wrong.status == FAILED and wrong.stdout == "" and "ordres: no channel" in wrong.stderr
    assert ask(service, "POST", "/v1/plan", {"channels": ["a\nb"]})[0] == 400


def test_status_goes_on_to_be_shown(service):
    watching = service.start("rosterctl", "status", "--watch")
    shown = ""
    while shown.count("rosterd ") < 2:
        shown += watching.process.stdout.readline()
    watching.signal(signal.SIGTERM)  # a shell's background job ignores SIGINT
    watching.finish()
    assert "prod/orders" in shown


def test_a_secret_that_came_is_seen_by_the_next_reconcile(service):
    """No change of settings or rosters tells of it, and nobody sends SIGHUP."""
    service.settings["instances"]["prod"]["auth"]["token_file"] = "other"
    service.write_settings()
    for _ in range(2):
        done = ctl(service, "reconcile")
        assert done.status == INVALID and "other" in done.stderr, done
    shutil.copy(service.credentials / "token", service.credentials / "other")
    assert ctl(service, "reconcile").status == HELD
    assert status(service)["invalid"] is None


def test_one_plan_at_a_time_beside_a_pass(service):
    """A plan that a silent service delays keeps no pass waiting, and no reload; another plan is refused."""
    asked = len(service.sim.requests("list_members"))
    service.sim.faults([{"match": {"op": "list_members"}, "then": {"hold": True}, "times": 2}])
    plan = service.start("rosterctl", "plan")
    wait_until(lambda: len(service.sim.requests("list_members")) == asked + 2, process=plan)
    code, told = ask(service, "POST", "/v1/plan", {})
    assert code == 503 and "another plan" in told["error"]
    assert ctl(service, "reconcile", "payments").status == IN_SYNC
    service.roster(entry("payments", *KEPT), entry("orders", *KEPT, *EXTRAS))
    service.daemon.signal(signal.SIGHUP)
    done = plan.finish()
    assert done.status == IN_SYNC and "2 in sync" in done.stdout, done


def test_readers_may_ask_for_a_plan(service):
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else")
    folder, name = os.path.split(service.settings["control_socket"])
    os.chmod(folder, 0o755)
    os.chmod(service.settings["control_socket"], 0o666)
    service.settings["control_socket"] = name
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.chdir(folder)  # the folders above it are root's alone
        os.setresuid(65534, 65534, 65534)
        os.write(write, json.dumps(ask(service, "POST", "/v1/plan", {})[0]).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert json.loads(os.read(read, 4096)) == 200


# ---- what is held ----

def test_status_of_a_channel_shows_its_members(service):
    shown = ctl(service, "status", "orders").stdout
    assert all(f"- {host}:8080" in shown for host in EXTRAS)
    assert "max_deletes refuses: 20 deletions planned, limit 10" in shown
    assert status_of(service, "orders")["digest"] in shown and "prod/payments" not in shown
    only = json.loads(ctl(service, "status", "orders", "--json").stdout)["channels"]
    assert [c["name"] for c in only] == ["orders"] and len(only[0]["extra"]) == 20
    first = ctl(service, "status").stdout.splitlines()[0]
    assert first.startswith("2 channels: 1 held, 1 in sync") and "20 held" in first
    problems = ctl(service, "status", "--problems").stdout
    assert "prod/orders" in problems and "prod/payments" not in problems


def test_status_exits_like_a_pass_where_asked(service):
    assert ctl(service, "status").status == IN_SYNC
    assert ctl(service, "status", "--exit-code").status == HELD
    assert ctl(service, "status", "payments", "--exit-code").status == IN_SYNC
    service.write("rosters.yaml", "channels: [")
    wait_until(lambda: ctl(service, "status", "--exit-code").status == INVALID)
    assert ctl(service, "status").status == IN_SYNC


def test_an_approval_shows_what_it_lets_pass(service):
    digest = status_of(service, "orders")["digest"]
    assert ctl(service, "approve", digest[:11]).status == 64
    unknown = ctl(service, "approve", ("0" if digest[0] != "0" else "1") + digest[1:20])
    assert unknown.status == FAILED and "knows no plan" in unknown.stderr and "approved" not in unknown.stdout
    done = ctl(service, "approve", digest[:12], "--yes")
    assert done.status == IN_SYNC and all(f"- {host}:8080" in done.stdout for host in EXTRAS)
    assert "approved: the next pass may carry out exactly this plan of prod/orders" in done.stdout
    told = json.loads(ctl(service, "approve", digest, "--yes", "--json").stdout)
    assert told["approved"] is True and told["digest"] == digest
    assert ctl(service, "reconcile").status == IN_SYNC
    assert len(deletions(service.sim)) == 20


def test_an_approval_that_waits_is_shown(service):
    """What it waits for, until when, and how not to wait; and not after its pass."""
    digest = status_of(service, "orders")["digest"]
    next_pass = status(service)["instances"][0]["next_pass"]
    assert status_of(service, "orders")["approved"] is False and "approved" not in ctl(service, "status").stdout
    said = ctl(service, "approve", digest).stdout
    assert f"the next pass begins at {next_pass[:16]}" in said and "rosterctl reconcile has one begin at once" in said
    assert status_of(service, "orders")["approved"] is True
    waits = f"approved: waits for the next pass at {next_pass[:16]}"
    for shown in (ctl(service, "status").stdout, ctl(service, "status", "orders").stdout):
        assert waits in shown and "rosterctl reconcile has one begin at once" in shown
    ctl(service, "pause", "orders", "--reason", "lunch")
    assert "approved: waits for the end of its pause" in ctl(service, "status").stdout
    ctl(service, "resume", "orders")
    assert ctl(service, "reconcile").status == IN_SYNC and len(deletions(service.sim)) == 20
    # What was carried out is no plan any more.
    for shown in (ctl(service, "status").stdout, ctl(service, "status", "orders").stdout):
        assert "approved" not in shown and "digest" not in shown and "converged" in shown


def test_what_another_mode_would_meet_is_shown(service):
    service.roster(entry("payments", *KEPT), entry("orders", *KEPT, mode="observe"))
    assert ctl(service, "reconcile").status == DRIFT
    for shown in (ctl(service, "status").stdout, ctl(service, "status", "orders").stdout, service.plan().stdout):
        assert "max_deletes would refuse: 20 deletions planned, limit 10" in shown
    assert [guard["name"] for guard in status_of(service, "orders")["guards"]][0] == "max_deletes"


def test_an_id_that_the_service_has_not_told_is_not_called_unknown(case):
    """A roster names its channels; while the list of channels cannot be read, their ids are not known."""
    sim = case.serve(channel("payments", *KEPT))
    case.roster(entry("payments", *KEPT))
    case.tune(interval="24h")
    sim.faults([{"match": {"op": "list_channels"}, "then": {"status": 403, "code": "APIG.1005", "message": "no right"}}])
    running = case.start("rosterd")
    wait_until(lambda: ctl(case, "status").status == IN_SYNC, process=running)
    wait_until(lambda: status(case)["channels"][0]["result"], process=running)
    for command in (["status"], ["plan"], ["plan", "--local"], ["pause", "--reason", "x"]):
        done = ctl(case, command[0], identifier("payments"), *command[1:])
        assert done.status == FAILED and "which ids those of prod have" in done.stderr and "no right" in done.stderr, done
    assert "which ids" not in ctl(case, "plan", "paymens").stderr
    sim.clear_faults()
    assert ctl(case, "plan", identifier("payments")).status == IN_SYNC


@pytest.mark.parametrize("answer, wanted", [(b"n\n", FAILED), (b"\n", FAILED), (b"y\n", IN_SYNC)])
def test_an_approval_asks_on_a_terminal(service, answer, wanted):
    digest = status_of(service, "orders")["digest"]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(program("rosterctl"), ["rosterctl", "approve", digest, "-c", str(service.config)],
                  service.environment({"TERM": "dumb"}))
    shown = b""
    while b"[y/N]" not in shown:
        assert select.select([terminal], [], [], 30)[0], shown
        shown += os.read(terminal, 65536)
    assert b"- 10.9.1.1:8080" in shown
    os.write(terminal, answer)
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == wanted
    assert ctl(service, "reconcile").status == (IN_SYNC if wanted == IN_SYNC else HELD)


def test_a_plan_that_a_dry_run_showed_can_be_approved(service):
    """Its pass comes only tomorrow: what somebody has just been shown is known."""
    service.sim.edit("orders", add=[{"host": "10.9.2.1"}])
    digest = service.plan("--json").channel("orders")["digest"]
    assert digest != status_of(service, "orders")["digest"]
    done = ctl(service, "approve", digest[:12])
    assert done.status == IN_SYNC and "- 10.9.2.1:8080" in done.stdout
    assert ctl(service, "reconcile").status == IN_SYNC and len(deletions(service.sim)) == 21


@pytest.fixture
def whole(case):
    """A daemon over 60 channels that lose a member each: their instance is held as a whole."""
    case.sim = case.serve(*[channel(f"channel{n}", *KEPT, "10.9.0.1") for n in range(60)])
    case.roster(*[entry(f"channel{n}", *KEPT) for n in range(60)])
    case.tune(interval="24h")
    case.daemon = case.start("rosterd", "--log-format", "json")
    wait_until(lambda: ctl(case, "status").status == IN_SYNC, process=case.daemon)
    wait_until(lambda: all(c["result"] for c in status(case)["channels"]), process=case.daemon)
    return case


def test_what_holds_a_whole_instance_is_told_once(whole):
    shown = {"status": ctl(whole, "status"), "reconcile": ctl(whole, "reconcile"), "plan": whole.plan()}
    for command, done in shown.items():
        assert done.stdout.count("max_deletes_total refuses: 60 ") == 1, (command, done.stdout)
        assert done.stdout.count("max_channels refuses: 60 ") == 1
        assert done.stdout.count(status(whole)["instances"][0]["digest"]) == 1
    assert shown["plan"].status == shown["reconcile"].status == HELD
    whole.daemon.signal()
    rows = [json.loads(line) for line in whole.daemon.finish().stderr.splitlines()]
    held = [row["message"] for row in rows if "refuses" in row["message"]]
    assert len(held) == 1 and "60 members in 60 channels" in held[0] and "and 40 more" in held[0]


def test_an_instance_is_approved_by_its_digest(whole):
    """Shown with all its members first, in one piece; spent by the pass that it lets go."""
    digest = status(whole)["instances"][0]["digest"]
    assert digest == json.loads(ctl(whole, "reconcile", "--json").stdout)["instances"][0]["digest"]
    done = ctl(whole, "approve", digest[:12])
    assert done.status == IN_SYNC and done.stdout.startswith("prod: held as a whole\n")
    assert done.stdout.count("- 10.9.0.1:8080") == 60
    assert "approved: the next pass may carry out exactly these plans of prod, once, within 24 h\n" in done.stdout
    assert "approved: waits for the next pass at" in ctl(whole, "status").stdout
    assert ctl(whole, "reconcile").status == IN_SYNC and len(deletions(whole.sim)) == 60
    again = ctl(whole, "approve", digest)
    assert again.status == FAILED and "knows no plan" in again.stderr
    assert status(whole)["instances"][0]["digest"] is None and status(whole)["instances"][0]["guards"] == []


def test_an_approval_of_an_instance_is_of_exactly_its_plans(whole):
    digest = status(whole)["instances"][0]["digest"]
    assert ctl(whole, "approve", digest).status == IN_SYNC
    whole.sim.edit("channel7", add=[{"host": "10.9.0.2"}])
    assert ctl(whole, "reconcile").status == HELD and not deletions(whole.sim)


def test_a_name_that_fits_nothing_suggests_one(service):
    for typed in ("paymens", "PAYMENTS", "prod/payment"):
        done = ctl(service, "status", typed)
        assert done.status == FAILED and "do you mean payments?" in done.stderr
    assert "rosterctl status lists them" in ctl(service, "status", "something-else").stderr
    assert "do you mean payments?" in ctl(service, "undo", "--last", "--channel", "paymens").stderr
    nobody = ctl(service, "undo", "--last", "--channel", "nosuch").stderr
    assert "the history holds no change there; nosuch: no channel" in nobody and "rosterctl status" in nobody
    assert "which have prod\n" in ctl(service, "pause", "--instance", "prd", "--reason", "x").stderr
    service.daemon.signal()
    service.daemon.finish()
    offline = ctl(service, "undo", "--last", "--channel", "nosuch", "--dry-run",
                  env={"CREDENTIALS_DIRECTORY": str(service.credentials)}).stderr
    assert "nosuch: no channel of the rosters has this name or id; rosterctl plan -v lists them" in offline


def test_a_name_that_fits_several_lists_them(case):
    case.serve(channel("payments", *KEPT), name="east")
    case.attach("west", case.sims[0], instance_id="6a7b8c9d-0000-4000-8000-000000000002")
    case.tune(mode="observe")
    case.roster(entry("payments", *KEPT), file="rosters.yaml", instance="east")
    case.roster(entry("payments", *KEPT), file="west.yaml", instance="west")
    case.tune(rosters=["rosters.yaml", "west.yaml"])
    running = case.start("rosterd")
    wait_until(lambda: ctl(case, "status").status == IN_SYNC, process=running)
    wait_until(lambda: status(case)["channels"][0]["result"], process=running)
    done = ctl(case, "status", "payments")
    assert done.status == FAILED
    assert f"east/{identifier('payments')}" in done.stderr and "west/" in done.stderr


# ---- what changed on disk first ----

def test_reconcile_and_plan_answer_for_what_lies_on_disk(service):
    """Right after an edit, before it could be noticed: the new roster counts, and an invalid one is told."""
    service.roster(entry("payments", *KEPT), entry("orders", *KEPT, *EXTRAS))
    done = ctl(service, "reconcile", "--json")
    assert done.status == IN_SYNC and done.results() == {"payments": "in_sync", "orders": "in_sync"}
    service.roster(entry("payments", *KEPT), entry("orders", *KEPT, *EXTRAS[1:]))
    assert service.plan("--json").channel("orders")["desired"] == len(KEPT) + len(EXTRAS) - 1
    service.write("rosters.yaml", "version: 1\nchannel: []\n")
    for command in ("reconcile", "plan"):
        done = ctl(service, command)
        assert done.status == INVALID and done.stdout == ""
        assert "rosters.yaml:2:1: " in done.stderr and "the last good ones stay in force" in done.stderr
