# SPDX-License-Identifier: MIT
"""The password method: one login for a pass, renewal, and what IAM refuses is not tried again."""

import os
import sqlite3

import pytest

import sim as stand_in
from case import FAILED, IN_SYNC, INVALID, channel, entry, wait_until
from daemon import Daemon

PASSWORD = 'pass"word\\ of 30 characters \u00fc'
PAYMENTS = channel("payments", "10.1.0.5", "10.1.0.9")
SEARCH = channel("search", "10.2.0.1", "10.2.0.9")


def user(**fields):
    return {"domain": "ACCOUNT", "name": "roster", "password": PASSWORD, **fields}


def serve(case, *faults, users=None, channels=(PAYMENTS, SEARCH), auth=None, tls=False, **parts):
    sim = case.serve(*channels, faults=list(faults), users=[user()] if users is None else users, tls=tls, **parts)
    case.roster(*[entry(c["name"], *[m["host"] for m in c["members"][:-1]]) for c in channels])
    case.secret("password", PASSWORD + "\n")
    case.settings["instances"]["prod"]["auth"] = {
        "method": "password", "iam_endpoint": sim.url, "domain": "ACCOUNT", "user": "roster",
        "password_file": "password", **(auth or {})}
    return sim


def logins(sim):
    return sim.requests("iam_token")


def error(result, name="payments"):
    return result.channel(name)["error"]


# ---- good ----


@pytest.mark.parametrize("scope", [{}, {"project_name": "cn-north-4"}])
def test_one_login_is_good_for_a_whole_pass(case, scope):
    sim = serve(case, auth=scope)
    result = case.once()
    assert result.status == IN_SYNC and result.report["result"] == "converged", result
    assert sim.hosts("payments") == ["10.1.0.5"] and sim.hosts("search") == ["10.2.0.1"]
    assert sim.stats()["logins"] == len(logins(sim)) == 1
    assert "nocatalog" in logins(sim)[0]["query"]
    assert "renewed" not in result.stderr


def test_the_private_authority_serves_iam_too(case):
    sim = serve(case, tls=True)
    assert case.once().status == IN_SYNC and sim.stats()["logins"] == 1
    del case.settings["instances"]["prod"]["ca_file"]
    result = case.once()
    assert result.status == FAILED and "certificate" in error(result)["message"]
    assert sim.stats()["logins"] == 1


def test_plain_http_to_another_host_is_invalid(case):
    serve(case, auth={"iam_endpoint": "http://iam.example.com"})
    result = case.once()
    assert result.status == INVALID and "iam_endpoint" in result.stderr


def test_a_token_that_is_revoked_in_mid_pass_is_renewed_once(case):
    sim = serve(case, {"match": {"op": "list_members"}, "times": 2, "then": {"hold": True}})
    running = case.start("rosterd", "--once", "--json")
    wait_until(lambda: len(sim.requests("list_members")) == 2, process=running)
    sim.credentials(tokens=[])
    sim.release()
    result = running.finish()
    assert result.status == IN_SYNC, result
    assert sim.stats()["logins"] == 2 and "renewed" in result.stderr
    assert 1 <= len([r for r in sim.requests() if r["status"] == 401]) <= 2
    assert len([r for r in sim.requests("delete_member") if r["status"] == 204]) == 2
    assert result.outcomes("payments") == {"10.1.0.9:8080": "deleted"}


def test_a_token_that_expires_in_mid_pass_is_renewed(case):
    """It lives two seconds, the pass longer: nothing is lost, nothing is done twice."""
    sim = serve(case, {"match": {"op": "list_members"}, "times": 2, "then": {"delay_ms": 2500}},
                users=[user(token_seconds=2)])
    result = case.once()
    assert result.status == IN_SYNC, result
    assert sim.stats()["logins"] >= 2
    answers = [r["status"] for r in sim.requests("delete_member")]
    assert answers.count(204) == 2 and set(answers) <= {204, 401}, "the next may have expired on its way as well"


def test_a_token_is_renewed_ahead_of_its_end(case):
    """Between half of its life and its end, with the old one in use meanwhile: no request is refused."""
    many = [channel(f"chan-{n}", "10.1.0.1", "10.1.0.9") for n in range(14)]
    sim = serve(case, {"match": {"op": "list_members"}, "then": {"delay_ms": 500}}, channels=many,
                users=[user(token_seconds=8)])
    case.tune(limits={"concurrency": 1}, guards={"max_channels": "off"})
    result = case.once()
    assert result.status == IN_SYNC, result
    assert sim.stats()["logins"] >= 2 and not [r for r in sim.requests() if r["status"] == 401]


def test_two_thousand_requests_wait_for_one_login(case):
    many = [channel(f"chan-{n}", "10.1.0.1") for n in range(2000)]
    sim = case.serve(*many, users=[user()])
    case.roster(*[entry(c["name"], "10.1.0.1") for c in many])
    case.secret("password", PASSWORD)
    case.settings["instances"]["prod"]["auth"] = {
        "method": "password", "iam_endpoint": sim.url, "domain": "ACCOUNT", "user": "roster",
        "password_file": "password"}
    case.tune(limits={"concurrency": 64})
    sim.faults([{"match": {"op": "iam_token"}, "then": {"delay_ms": 300}},
                {"match": {"op": "list_members"}, "times": 64, "then": {"delay_ms": 400}}])
    running = case.start("rosterd", "--once", "--json")
    wait_until(lambda: sim.stats()["per_op"].get("list_members", 0) >= 64, process=running)
    sim.credentials(tokens=[])
    result = running.finish()
    assert result.status == IN_SYNC
    assert sim.stats()["logins"] == 2, "the first, and one for all that were refused"
    assert sim.stats()["per_op"]["list_members"] <= 2000 + 128


# ---- refused ----


@pytest.mark.parametrize("form", ["iam", "keystone"])
def test_a_wrong_password_costs_one_login_a_pass(case, form):
    sim = serve(case, iam_error_form=form)
    case.secret("password", "no-such-password")
    result = case.once()
    assert result.status == FAILED and len(sim.requests()) == len(logins(sim)) == 1
    assert set(result.results().values()) == {"failed"}
    message = error(result)["message"]
    assert "username or password is wrong" in message and "password_file" in message, message
    assert error(result)["http"] == 401
    assert error(result)["code"] == ("IAM.0062" if form == "iam" else None)
    assert "refused and cannot" not in message


@pytest.mark.parametrize("what, scope, status", [("missing", "nowhere", 404), ("closed", "elsewhere", 403)])
def test_a_project_that_is_not_the_user_s(case, what, scope, status):
    sim = serve(case, auth={"project_name": scope}, users=[user(projects=["cn-north-4"])],
                projects=[{"id": stand_in.PROJECT, "name": "cn-north-4"}, {"id": "e" * 32, "name": "elsewhere"}])
    result = case.once()
    assert result.status == FAILED and len(sim.requests()) == 1
    assert error(result)["http"] == status and "getting a token from IAM" in error(result)["message"]


def test_a_service_that_refuses_every_token_sees_two_requests(case):
    sim = serve(case, {"match": {"op": "list_channels"}, "then": {"status": 401, "code": "APIG.0301", "message": "no"}})
    result = case.once()
    assert result.status == FAILED and len(sim.requests("list_channels")) == 2 and len(logins(sim)) == 2


def test_iam_that_throttles_is_obeyed(case):
    sim = serve(case, {"match": {"op": "iam_token"}, "times": 2, "then": {
        "status": 429, "code": "IAM.0012", "message": "5 times per 60 seconds", "headers": {"Retry-After": "1"}}})
    result = case.once()
    assert result.status == IN_SYNC and len(logins(sim)) == 3
    assert result.stderr.count("5 times per 60 seconds; sending again in 1 s") == 2, "the wait is told"


@pytest.mark.parametrize("then", [{"status": 500, "code": "IAM.0006", "message": "internal"}, {"status": 503},
                                  {"reset": True}, {"close": True}])
def test_iam_that_fails_for_a_moment_is_asked_again(case, then):
    sim = serve(case, {"match": {"op": "iam_token"}, "times": 2, "then": then})
    result = case.once()
    assert result.status == IN_SYNC, result
    assert len(logins(sim)) == 3


def test_iam_that_stays_down_fails_the_pass(case):
    sim = serve(case, {"match": {"op": "iam_token"}, "then": {"status": 503}})
    result = case.once()
    assert result.status == FAILED and len(sim.requests()) == 4
    assert "given up after 4 attempts" in error(result)["message"]


@pytest.mark.parametrize("then", [
    {"status": 201, "body": "{}"},
    {"status": 201, "body": "{}", "headers": {"X-Subject-Token": "two words"}},
    {"status": 307, "body": "", "headers": {"Location": "http://127.0.0.1:1/"}}])
def test_an_odd_answer_of_iam_is_no_token(case, then):
    sim = serve(case, {"match": {"op": "iam_token"}, "then": then})
    result = case.once()
    assert result.status == FAILED and len(sim.requests()) == 1
    assert "getting a token from IAM" in error(result)["message"]


def test_a_missing_or_open_password_file_is_invalid(case):
    sim = serve(case)
    (case.folder / "password").chmod(0o644)
    assert case.once().status == INVALID
    (case.folder / "password").unlink()
    result = case.once()
    assert result.status == INVALID and "password_file" in result.stderr and not sim.requests()
    assert case.check().status == IN_SYNC


# ---- the daemon ----


def daemon(case, *args, interval="1s"):
    case.tune(interval=interval)
    return Daemon(case, *args)


def test_a_daemon_logs_in_once_for_many_passes_and_reloads(case):
    sim = serve(case)
    service = daemon(case)
    wait_until(lambda: len(sim.requests("list_channels")) >= 3, 30, service)
    service.reload()
    seen = len(sim.requests("list_channels"))
    wait_until(lambda: len(sim.requests("list_channels")) > seen, 30, service)
    assert service.stop() == 0 and sim.stats()["logins"] == 1


def expect_one_try(sim, service):
    """Passes and reloads go by: five tries would lock the user."""
    wait_until(lambda: logins(sim), 30, service)
    service.wait_line("INSTANCE_FAILED")
    for _ in range(6):
        service.reload()
        service.wait_status("failed")
    assert len(sim.requests()) == 1


def test_a_wrong_password_is_tried_once_until_its_file_changes(case):
    sim = serve(case)
    case.secret("password", "no-such-password")
    service = daemon(case)
    expect_one_try(sim, service)
    case.secret("new", PASSWORD).rename(case.folder / "password")
    service.reload()
    wait_until(lambda: sim.hosts("payments") == ["10.1.0.5"], 30, service)
    assert service.stop() == 0
    wrong, *right = [login["code"] for login in logins(sim)]
    assert wrong == "IAM.0062" and right and not any(right), "the reload may abandon the first right one"


def test_a_rotated_password_needs_no_restart(case):
    """The file changes first; the token that is held stays good until IAM says otherwise."""
    sim = serve(case)
    service = daemon(case)
    wait_until(lambda: sim.hosts("payments") == ["10.1.0.5"], 30, service)
    case.secret("new", "rotated").rename(case.folder / "password")
    sim.credentials(users=[user(password="rotated")], tokens=[])
    sim.edit("payments", add=[{"host": "10.1.0.7"}])
    wait_until(lambda: sim.hosts("payments") == ["10.1.0.5"], 30, service)
    assert service.stop() == 0 and sim.stats()["logins"] == 2
    assert len(logins(sim)) == 2, "no wrong password was sent"


def test_a_locked_user_is_left_alone(case):
    sim = serve(case, {"match": {"op": "iam_token"}, "then": {
        "status": 401, "code": "IAM.0061", "message": "The user is locked."}})
    service = daemon(case)
    expect_one_try(sim, service)
    assert service.stop() == 0


# ---- refused, and another run ----

def test_a_refused_password_is_not_sent_by_the_next_run_either(case):
    """A timer that runs --once would lock the user: what is kept is which file it was, not what it held."""
    sim = serve(case)
    case.secret("password", "no-such-password")
    first = case.once()
    assert first.status == FAILED and "until password_file holds another password" in first.stderr
    for again in (case.once(), case.plan(), case.once()):
        assert again.status == FAILED and "as it was when IAM refused it at 20" in again.stdout + again.stderr, again
    assert len(logins(sim)) == 1
    assert b"no-such-password" not in b"".join(path.read_bytes() for path in case.state_dir.iterdir() if path.is_file())
    os.utime(case.folder / "password")
    assert case.once().status == FAILED and len(logins(sim)) == 2, "whoever touches it wants it tried"
    case.secret("password", PASSWORD)
    assert case.once().status == IN_SYNC and sim.stats()["logins"] == 1
    assert case.once().status == IN_SYNC and sim.stats()["logins"] == 2


def test_another_user_is_not_refused_with_it(case):
    sim = serve(case)
    case.settings["instances"]["prod"]["auth"]["user"] = "nobody"
    assert case.once().status == FAILED
    case.settings["instances"]["prod"]["auth"]["user"] = "roster"
    assert case.once().status == IN_SYNC and sim.stats()["logins"] == 1


def test_a_lock_outlives_the_run(case):
    sim = serve(case, {"match": {"op": "iam_token"}, "times": 1, "then": {
        "status": 401, "code": "IAM.0061", "message": "The user is locked."}})
    assert case.once().status == FAILED
    again = case.once()
    assert again.status == FAILED and "the user is locked" in again.stderr and len(logins(sim)) == 1
    with sqlite3.connect(case.state_dir / "rosterd.db") as database:
        database.execute("UPDATE refusal SET until_usec = until_usec - 15 * 60 * 1000000, "
                         "until_steady_usec = until_steady_usec - 15 * 60 * 1000000")
    assert case.once().status == IN_SYNC, "a quarter of an hour later"


def test_a_dry_run_keeps_nothing_and_says_so(case):
    sim = serve(case)
    case.secret("password", "no-such-password")
    assert "nothing keeps the next one from it" in case.plan().stdout
    assert "nothing keeps the next one from it" in case.plan().stdout
    assert len(logins(sim)) == 2


# ---- an error under the status of a success ----


@pytest.mark.parametrize("body, asked", [
    ('{"error_code": "IAM.0006", "error_msg": "busy"}', 4), ('{"error_code": "IAM.0062", "error_msg": "wrong"}', 1),
    ('{"error": {"code": 401, "message": "wrong", "title": "Unauthorized"}}', 1), ('{"error_code": "IAM.4711"}', 1)])
def test_a_login_that_tells_an_error_is_none(case, body, asked):
    sim = serve(case, {"match": {"op": "iam_token"},
                       "then": {"status": 201, "body": body, "headers": {"X-Subject-Token": "not-to-be-used"}}})
    result = case.once()
    assert result.status == FAILED and len(logins(sim)) == asked, result
    assert not sim.requests("list_channels"), "what came with an error is not used"
    assert error(result)["http"] == 201


def test_a_password_that_is_not_utf8_costs_no_login(case):
    sim = serve(case)
    path = case.folder / "password"
    path.write_bytes("geheim-\u00fc".encode("latin-1"))
    result = case.once()
    assert result.status == INVALID and not logins(sim), result
    assert "not UTF-8" in result.stderr and str(path) in result.stderr and "geheim" not in result.stderr
