# SPDX-License-Identifier: MIT
"""Credentials: every method, refusals that cost as little as can be, renewal in mid-pass, and secrecy."""

import pytest

import sim as stand_in
from case import DRIFT, FAILED, IN_SYNC, INVALID, channel, entry, identifier, wait_until
from daemon import Daemon

TOKEN = "MIItokenTOKENtokenTOKENtokenTOKEN0123456789"
ACCESS, SECRET, SECURITY = "AKIDAKIDAKIDAKID", "sk-SECRETSECRETSECRETSECRET-sk", "st-SECURITYSECURITYSECURITY-st"
PAYMENTS = channel("payments", "10.1.0.5", "10.1.0.9")
SEARCH = channel("search", "10.2.0.1", "10.2.0.9")
AKSK = {"method": "aksk", "access_key_file": "prod.ak", "secret_key_file": "prod.sk"}


def key(**fields):
    return {"access": ACCESS, "secret": SECRET, "project_id": stand_in.PROJECT, **fields}


def serve(case, auth, *faults, **parts):
    """Two channels with one extra each, and this auth in the settings."""
    sim = case.serve(PAYMENTS, SEARCH, faults=list(faults), token=TOKEN, **parts)
    case.roster(entry("payments", "10.1.0.5"), entry("search", "10.2.0.1"))
    case.settings["instances"]["prod"]["auth"] = auth
    case.secret("token", TOKEN + "\n")
    case.secret("prod.ak", ACCESS + "\n")
    case.secret("prod.sk", SECRET + "\n")
    case.secret("prod.st", SECURITY + "\n")
    return sim


METHODS = {
    "token": ({"method": "token", "token_file": "token"}, {}, {}),
    "aksk": (AKSK, {"keys": [key()]}, {}),
    "aksk with a security token": ({**AKSK, "security_token_file": "prod.st"},
                                   {"keys": [key(security_token=SECURITY)]}, {}),
    "environment": ({"method": "environment"}, {"keys": [key()]},
                    {"HUAWEICLOUD_SDK_AK": ACCESS, "HUAWEICLOUD_SDK_SK": SECRET}),
    "environment with a security token": ({"method": "environment"}, {"keys": [key(security_token=SECURITY)]},
                                          {"HUAWEICLOUD_SDK_AK": ACCESS, "HUAWEICLOUD_SDK_SK": SECRET,
                                           "HUAWEICLOUD_SDK_SECURITY_TOKEN": SECURITY}),
}


@pytest.mark.parametrize("method", METHODS)
def test_a_method_is_good_for_a_whole_pass(case, method):
    auth, parts, env = METHODS[method]
    sim = serve(case, auth, **parts)
    result = case.once(env=env)
    assert result.status == IN_SYNC and result.report["result"] == "converged"
    assert sim.hosts("payments") == ["10.1.0.5"] and sim.stats()["signature_failures"] == 0
    names = {name for r in sim.requests() for name in r["headers"]}
    assert ("X-Auth-Token" in names) != ("Authorization" in names), "never both"


@pytest.mark.parametrize("prefix", ["apic", "apigw"])
def test_signatures_are_good_for_both_prefixes(case, prefix):
    state = stand_in.state([PAYMENTS], keys=[key()])
    state["instances"][0]["prefix"] = prefix
    sim = case.simulate(state)
    case.attach("prod", sim, api=prefix, auth=AKSK)
    case.secret("prod.ak", ACCESS)
    case.secret("prod.sk", SECRET)
    case.roster(entry("payments", "10.1.0.5"))
    assert case.once().status == IN_SYNC and sim.stats()["signature_failures"] == 0


WRONG = {
    "a wrong token": ({"method": "token", "token_file": "token"}, {"tokens": []}, "decrypt token fail"),
    "an expired token": ({"method": "token", "token_file": "token"},
                         {"tokens": [{"token": TOKEN, "project_id": stand_in.PROJECT, "expires_in": -5}]}, "token"),
    "an unknown access key": (AKSK, {"keys": []}, "ak"),
    "a wrong secret key": (AKSK, {"keys": [key(secret="another")]}, "verify aksk signature fail"),
    "no security token": (AKSK, {"keys": [key(security_token=SECURITY)]}, "x-security-token"),
    "a wrong security token": ({**AKSK, "security_token_file": "prod.st"}, {"keys": [key(security_token="x" * 20)]},
                               "x-security-token"),
    "a key of another project": (AKSK, {"keys": [key(project_id="f" * 32)]}, "not authorized"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_credential_costs_one_request(case, what):
    auth, credentials, word = WRONG[what]
    sim = serve(case, auth)
    sim.credentials(**credentials)
    for n in range(1, 3):
        result = case.once()
        assert result.status == FAILED and set(result.results().values()) == {"failed"}
        assert len(sim.requests()) == n, "one request, and none is wasted on the other channel"
        for reported in result.channels:
            assert word in reported["error"]["message"] and reported["error"]["http"] in (401, 403)
            assert reported["error"]["request_id"]
    assert "prod" in result.stderr and result.stderr.count("error: ") <= 1, "it is told once"


def test_more_than_five_wrong_signatures_in_a_row_never_happen_in_a_pass(case):
    sim = serve(case, AKSK, keys=[key(secret="another")])
    case.once()
    assert sim.stats()["signature_failures"] == 1


def test_a_clock_that_is_wrong_is_named(case):
    sim = serve(case, AKSK, keys=[key()], clock_skew_seconds=3600)
    result = case.once()
    message = result.channel("payments")["error"]["message"]
    assert result.status == FAILED and len(sim.requests()) == 1
    assert "correct this host's clock" in message, message


def test_a_token_that_rotates_in_mid_pass_is_read_again(case):
    sim = serve(case, {"method": "token", "token_file": "token"},
                {"match": {"op": "list_members"}, "times": 2, "then": {"hold": True}})
    running = case.start("rosterd", "--once", "--json")
    wait_until(lambda: len(sim.requests("list_members")) == 2, process=running)
    sim.credentials(tokens=[{"token": TOKEN + "2", "project_id": stand_in.PROJECT}])
    case.secret("new", TOKEN + "2\n").rename(case.folder / "token")
    sim.release()
    result = running.finish()
    assert result.status == IN_SYNC and "renewed" in result.stderr
    refused = [r for r in sim.requests() if r["status"] == 401]
    assert 1 <= len(refused) <= 2, "each request is refused once at most"
    assert len([r for r in sim.requests("delete_member") if r["status"] == 204]) == 2
    assert result.outcomes("payments") == {"10.1.0.9:8080": "deleted"}


def test_a_token_that_is_revoked_and_not_renewed_stops_the_instance(case):
    sim = serve(case, {"method": "token", "token_file": "token"},
                {"match": {"op": "list_members", "channel": "payments"}, "then": {"hold": True}},
                {"match": {"op": "list_members", "channel": "search"}, "times": 1, "then": {"delay_ms": 4000}})
    # Without guards of a whole pass, no channel waits for another.
    case.tune(guards={"max_deletes_total": "off", "max_channels": "off"})
    running = case.start("rosterd", "--once", "--json")
    wait_until(lambda: len(sim.requests("list_members")) == 2, process=running)
    sim.credentials(tokens=[])
    sim.release()
    result = running.finish()
    assert result.status == FAILED
    assert len(sim.requests("delete_member")) == 1 and len(sim.hosts("payments")) == 2
    assert set(result.results().values()) == {"failed"}


def test_a_second_refusal_after_a_renewal_fails_the_instance(case):
    """The file changes, and the new token is no good either."""
    sim = serve(case, {"method": "token", "token_file": "token"},
                {"match": {"op": "list_channels"}, "times": 1, "then": {"hold": True}})
    sim.credentials(tokens=[])
    running = case.start("rosterd", "--once", "--json")
    wait_until(sim.requests, process=running)
    case.secret("new", "another-token").rename(case.folder / "token")
    sim.release()
    result = running.finish()
    assert result.status == FAILED and len(sim.requests()) == 2


# ---- rotation without restart ----


def daemon(case, env=None):
    case.tune(interval="1s")
    return Daemon(case, env=env)


def pass_goes_by(case, sim, service):
    """A new extra comes and is deleted."""
    sim.edit("payments", add=[{"host": "10.1.0.7"}])
    wait_until(lambda: sim.hosts("payments") == ["10.1.0.5"], 30, service)


def test_a_token_file_that_changes_is_read_before_the_next_pass(case):
    sim = serve(case, {"method": "token", "token_file": "token"})
    service = daemon(case)
    wait_until(lambda: sim.hosts("payments") == ["10.1.0.5"], 30, service)
    both = [{"token": TOKEN, "project_id": stand_in.PROJECT}, {"token": TOKEN + "2", "project_id": stand_in.PROJECT}]
    sim.credentials(tokens=both)
    case.secret("new", TOKEN + "2\n").rename(case.folder / "token")
    seen = len(sim.requests("list_channels"))
    wait_until(lambda: len(sim.requests("list_channels")) >= seen + 2, 30, service)
    sim.credentials(tokens=both[1:])
    pass_goes_by(case, sim, service)
    assert service.stop() == 0 and not [r for r in sim.requests() if r["status"] == 401]


def test_keys_that_rotate_are_read_before_the_next_pass(case):
    sim = serve(case, AKSK, keys=[key()])
    service = daemon(case)
    wait_until(lambda: sim.hosts("payments") == ["10.1.0.5"], 30, service)
    case.secret("new.ak", "ANOTHER").rename(case.folder / "prod.ak")
    case.secret("new.sk", "another-secret").rename(case.folder / "prod.sk")
    sim.credentials(keys=[key(access="ANOTHER", secret="another-secret")])
    pass_goes_by(case, sim, service)
    assert service.stop() == 0 and sim.stats()["signature_failures"] <= 1


def test_a_file_that_is_gone_or_open_leaves_the_token_in_use(case):
    sim = serve(case, {"method": "token", "token_file": "token"})
    service = daemon(case)
    wait_until(lambda: sim.hosts("payments") == ["10.1.0.5"], 30, service)
    (case.folder / "token").unlink()
    pass_goes_by(case, sim, service)
    sim.credentials(tokens=[])
    failed = service.wait_line("INSTANCE_FAILED")
    assert "cannot be renewed" in failed[0]["message"] and "no such file" in failed[0]["message"]
    sim.credentials(tokens=[{"token": "T3", "project_id": stand_in.PROJECT}])
    case.secret("token", "T3")
    pass_goes_by(case, sim, service)
    assert service.stop() == 0


def test_keys_that_are_refused_are_signed_with_once_a_pass(case):
    sim = serve(case, AKSK, keys=[key(secret="another")])
    service = daemon(case)
    wait_until(lambda: len(sim.requests()) >= 2, 30, service)
    assert service.stop() == 0
    assert {r["op"] for r in sim.requests()} == {"list_channels"}
    assert sim.stats()["signature_failures"] == len(sim.requests())


def test_the_environment_s_keys_outlive_a_reload_and_leave_the_process(case):
    sim = serve(case, {"method": "environment"}, keys=[key()])
    service = daemon(case, env={"HUAWEICLOUD_SDK_AK": ACCESS, "HUAWEICLOUD_SDK_SK": SECRET})
    wait_until(lambda: sim.hosts("payments") == ["10.1.0.5"], 30, service)
    service.reload()
    pass_goes_by(case, sim, service)
    with open(f"/proc/{service.pid}/environ", "rb") as file:
        assert SECRET.encode() not in file.read()
    assert service.stop() == 0


def test_secrets_of_the_environment_leave_it_where_files_are_used(case):
    """All that the vendor's SDKs know; what reads /proc/PID/environ finds none of them."""
    secrets = {"HUAWEICLOUD_SDK_AK": "env-ak", "HUAWEICLOUD_SDK_SK": "env-sk", "HUAWEICLOUD_SDK_SECURITY_TOKEN": "env-st"}
    serve(case, {"method": "aksk", "access_key_file": "ak", "secret_key_file": "sk"}, keys=[key()])
    case.secret("ak", ACCESS)
    case.secret("sk", SECRET)
    service = daemon(case, env=secrets)
    service.wait_ready()
    with open(f"/proc/{service.pid}/environ", "rb") as file:
        environment = file.read().decode()
    assert not [name for name, value in secrets.items() if value in environment]
    assert service.stop() == 0


# ---- files ----


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o440])
def test_a_secret_that_is_kept_well(case, mode):
    serve(case, {"method": "token", "token_file": "token"})
    case.secret("token", TOKEN, mode)
    assert case.dry().status == DRIFT


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o660, 0o620, 0o666, 0o646])
def test_a_secret_that_others_can_read_or_write_is_refused(case, mode):
    sim = serve(case, {"method": "token", "token_file": "token"})
    path = case.secret("token", TOKEN, mode)
    result = case.once()
    assert result.status == INVALID and result.stdout == "" and not sim.requests()
    assert str(path) in result.stderr and "mode" in result.stderr and result.stderr.count("\n") == 1
    assert case.check().status == IN_SYNC, "the check does not need it"


@pytest.mark.parametrize("text", ["", "\n", TOKEN + "\n\n", "two words", TOKEN + "\n" + TOKEN,
                                  "tok\u00e9n", "x\0y"])
def test_a_token_that_no_header_could_carry_is_refused(case, text):
    sim = serve(case, {"method": "token", "token_file": "token"})
    case.secret("token", text)
    result = case.once()
    assert result.status == INVALID and result.stdout == "" and not sim.requests()
    assert "instance prod: " in result.stderr and "token" in result.stderr and TOKEN not in result.stderr


def test_a_secret_that_is_missing_or_a_directory(case):
    serve(case, {"method": "token", "token_file": "nowhere"})
    result = case.once()
    assert result.status == INVALID and str(case.folder / "nowhere") in result.stderr
    (case.folder / "nowhere").mkdir(mode=0o700)
    assert case.once().status == INVALID


def test_the_environment_without_keys_is_invalid(case):
    sim = serve(case, {"method": "environment"})
    result = case.once(env={"HUAWEICLOUD_SDK_AK": ACCESS})
    assert result.status == INVALID and "HUAWEICLOUD_SDK_SK" in result.stderr and not sim.requests()


def test_a_relative_secret_is_looked_up_in_the_credentials_directory_first(case):
    sim = serve(case, {"method": "token", "token_file": "token"})
    case.secret("token", "the wrong one")
    given = case.folder / "credentials"
    given.mkdir()
    case.secret("credentials/token", TOKEN, 0o400)
    env = {"CREDENTIALS_DIRECTORY": str(given)}
    assert case.once(env=env).status == IN_SYNC
    (given / "token").unlink()
    case.secret("token", TOKEN)
    assert case.once(env=env).status == IN_SYNC, "then beside the settings"
    case.settings["instances"]["prod"]["auth"]["token_file"] = str(case.folder / "token")
    case.secret("credentials/token", "the wrong one")
    assert case.once(env=env).status == IN_SYNC, "an absolute path is what it says"
    assert not [r for r in sim.requests() if r["status"] == 401]


# ---- secrecy ----


def search(case, running, secrets):
    """Where any of the secrets stands but in its own file."""
    cmdline = open(f"/proc/{running.pid}/cmdline", "rb").read()
    result = running.finish()
    places = {"cmdline": cmdline, "stdout": result.stdout.encode(), "stderr": result.stderr.encode()}
    for path in case.folder.rglob("*"):
        if path.is_file() and path.name not in ("token", "prod.sk", "prod.st"):
            places[str(path)] = path.read_bytes()
    assert any("rosterd.db" in name for name in places)
    return result, [name for name, content in places.items() for secret in secrets if secret.encode() in content]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("output", [("--json",), ("--log-format", "json")])
def test_no_secret_shows_anywhere(case, method, output):
    auth, parts, env = METHODS[method]
    echo = f"you sent {TOKEN} {SECRET} {SECURITY}"
    serve(case, auth, {"match": {"op": "list_channels"}, "times": 1, "then": {"delay_ms": 200}},
          {"match": {"op": "delete_member", "channel": "payments"}, "times": 1, "then": {
              "status": 500, "code": "APIG.9999", "message": echo, "headers": {"X-Request-Id": TOKEN}}},
          {"match": {"op": "delete_member", "channel": "search"}, "then": {
              "status": 403, "code": "APIG.1005", "message": echo}}, **parts)
    running = case.start("rosterd", "--once", "--log-level", "debug", *output, env=env)
    mine = {"token": [TOKEN], "aksk": [SECRET], "environment": [SECRET]}[method.split()[0]]
    result, found = search(case, running, mine + ([SECURITY] if "security" in method else []))
    assert result.status == FAILED and "you sent" in result.stdout, "the message is shown, without the secret"
    assert found == []


def test_no_secret_shows_where_it_is_refused(case):
    sim = serve(case, {"method": "token", "token_file": "token"})
    sim.credentials(tokens=[])
    sim.faults([{"match": {"op": "list_channels"}, "then": {
        "status": 401, "code": "APIG.0301", "message": f"decrypt token fail: {TOKEN}", "delay_ms": 200}}])
    result, found = search(case, case.start("rosterd", "--once", "--json", "--log-level", "debug"), [TOKEN])
    assert found == [] and result.status == FAILED and "decrypt token fail" in result.stderr


def test_a_secret_in_the_settings_themselves_is_refused_without_repeating_it(case):
    serve(case, {"method": "token", "token": TOKEN})
    result = case.once()
    assert result.status == INVALID and "auth.token" in result.stderr and TOKEN not in result.stderr
    assert identifier("payments") not in result.stdout
