# SPDX-License-Identifier: MIT
"""rosterctl check: one line for each step on the way to a pass, and what to do where it ends."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile

import pytest

from case import FAILED, IN_SYNC, INVALID, PROJECT, USAGE, channel, entry, mutations, program
from daemon import NEVER, Daemon
from etcd import NEEDED, Etcd, free_port
from test_tls import make_authority, make_certificate

PAYMENTS = channel("payments", "10.1.0.5")
NOBODY = 65534

HOST = ["settings", "rosters", "proxies"]
WAY = ["secrets", "DNS", "TLS", "clock", "credential", "rights"]
END = ["state", "socket"]


def serve(case, **parts):
    sim = case.serve(PAYMENTS, **parts)
    case.roster(entry("payments", "10.1.0.5"))
    return sim


def check(case, *args, **settings):
    """The result; `lines` are {step: (ok | failed | not tried, text)}, an instance's as "NAME STEP"."""
    result = case.run("rosterctl", "check", *args, **settings)
    result.lines = {}
    for line in result.stdout.splitlines():
        step, rest = line.split(": ", 1)
        assert step not in result.lines, result
        result.lines[step] = tuple(rest.split(", ", 1))
    return result


def way(result, name="prod"):
    """What came of each step of an instance, in order."""
    return [(step.removeprefix(name + " "), word) for step, (word, _) in result.lines.items()
            if step.startswith(name + " ")]


def all_but(**others):
    return [(step, others.get(step, "ok")) for step in WAY]


def text(result, step):
    return result.lines[step][1]


def test_all_is_well(case):
    sim = serve(case)
    result = check(case)
    assert result.status == IN_SYNC and result.stderr == "", result
    assert list(result.lines) == HOST + ["prod " + step for step in WAY] + END
    assert {word for word, _ in result.lines.values()} == {"ok"}
    assert "1 instance, 1 channel, 1 member" in text(result, "settings")
    assert "it has 1" in text(result, "prod rights") and "no rosterd runs" in text(result, "socket")
    assert not mutations(sim) and [r["op"] for r in sim.requests() if r["op"]][-1:] == ["list_channels"]
    assert not case.state_dir.exists(), "nothing is made"
    assert "is made by the first start" in text(result, "state")


def test_it_sends_the_credential_to_the_list_of_channels_alone(case):
    sim = serve(case)
    check(case)
    first, second = sim.requests()
    assert "X-Auth-Token" not in first["headers"] and first["path"] == "/"
    assert "X-Auth-Token" in second["headers"] and second["op"] == "list_channels"


def test_a_daemon_answers(case):
    case.tune(interval=NEVER)
    serve(case)
    daemon = Daemon(case)
    daemon.wait_status("1 in sync", "next pass")
    result = check(case)
    assert result.status == IN_SYNC and "rosterd runs" in text(result, "socket"), result
    assert "can be written" in text(result, "state")


def test_json_says_the_same(case):
    serve(case)
    case.secret("token", "wrong")
    shown, result = check(case), case.run("rosterctl", "check", "--json")
    report = json.loads(result.stdout)
    assert result.status == shown.status == FAILED and report["result"] == "failed"
    assert [((c["instance"] or "") + " " + c["step"]).strip() for c in report["checks"]] == list(shown.lines)
    assert [c["result"] for c in report["checks"]] == [word for word, _ in shown.lines.values()]


def test_each_instance_goes_its_own_way(case):
    serve(case)
    serve(case, name="far").stop()
    case.roster(entry("payments", "10.1.0.5"), instance="prod")
    result = check(case)
    assert result.status == FAILED and way(result) == all_but()
    assert way(result, "far") == all_but(TLS="failed", clock="not tried", credential="not tried", rights="not tried")
    assert "connection refused" in text(result, "far TLS") and "TLS" in text(result, "far rights")
    alone = check(case, "--instance", "prod")
    assert alone.status == IN_SYNC and not way(alone, "far"), alone


def test_an_instance_that_is_not_there(case):
    serve(case)
    result = case.run("rosterctl", "check", "--instance", "pord")
    assert result.status == FAILED and "do you mean prod?" in result.stderr
    assert case.run("rosterctl", "check", "payments").status == USAGE


# ---- bad cases ----

def test_settings_that_are_wrong(case):
    serve(case)
    case.tune(intervall="60s")
    result = case.run("rosterctl", "check")
    assert result.status == INVALID and result.stdout == ""
    assert "intervall" in result.stderr and result.stderr == case.check().stderr


def test_no_roster_yet(case):
    sim = serve(case)
    case.settings["rosters"] = []
    result = check(case)
    assert result.status == FAILED and result.lines["rosters"][0] == "failed"
    assert "rosterctl export" in text(result, "rosters")
    assert way(result) == all_but() and len(sim.requests()) == 2


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_secrets_that_are_missing_or_open(case, mode):
    sim = serve(case)
    if mode == 0o600:
        (case.folder / "token").unlink()
    else:
        (case.folder / "token").chmod(mode)
    result = check(case)
    assert result.status == FAILED
    assert way(result) == all_but(secrets="failed", credential="not tried", rights="not tried")
    assert "auth.token_file" in text(result, "prod secrets") and "secrets" in text(result, "prod rights")
    assert len(sim.requests()) == 1, "the way to the service is tried all the same"


def test_files_of_http(case):
    """What the daemon would not start without; where nothing is shown, no line."""
    serve(case)
    assert "http" not in check(case).lines
    case.settings["http"] = {"listen": "127.0.0.1:9786"}
    assert check(case).lines["http"] == ("ok", "whoever reaches it may read")
    case.settings["http"]["token_file"] = "web.token"
    result = check(case)
    assert result.status == FAILED and result.lines["http"][0] == "failed"
    assert "http.token_file: no such file" in text(result, "http")
    case.secret("web.token", "T")
    assert check(case).lines["http"][0] == "ok"


def test_urls_of_notices(case):
    """Likewise; nobody is told anything."""
    serve(case)
    assert "notify" not in check(case).lines
    case.settings["notify"] = [{"format": "slack", "url_file": "chat.url"}]
    result = check(case)
    assert result.status == FAILED and result.lines["notify"][0] == "failed"
    assert "notify[0].url_file: no such file" in text(result, "notify")
    case.secret("chat.url", "http://chat.example/T0ps3cr3t")
    result = check(case)
    assert "http:// is for loopback addresses only" in text(result, "notify")
    assert "chat.example" not in result.stdout + result.stderr
    case.secret("chat.url", "https://chat.example/T0ps3cr3t")
    assert check(case).lines["notify"] == ("ok", "each URL can be read")


# ---- a fleet ----

def fleet(case, *endpoints, **keys):
    case.settings["fleet"] = {"etcd": {"endpoints": list(endpoints), **keys}}
    result = check(case)
    return result, {step: line for step, line in result.lines.items() if step.startswith("fleet")}


@NEEDED
def test_the_etcd_of_a_fleet(case, tmp_path):
    serve(case)
    etcd = Etcd(tmp_path)
    try:
        assert "fleet files" not in check(case).lines
        dead = f"http://127.0.0.1:{free_port()}"
        result, lines = fleet(case, etcd.url, dead)
        assert result.status == FAILED
        assert lines["fleet files"] == ("ok", "each file can be read")
        assert lines[f"fleet {etcd.url}"][0] == "ok" and lines[f"fleet {etcd.url}"][1].startswith("etcd 3.")
        assert lines[f"fleet {dead}"][0] == "failed" and dead in lines[f"fleet {dead}"][1]
        assert lines["fleet rights"][0] == "ok" and "by whoever reaches etcd" in lines["fleet rights"][1]

        # Users: one without a right is told how to get it, one with a wrong password that it is wrong.
        etcd.add_user("rosterd", "s3cret")
        etcd.ask_for_users()
        result, lines = fleet(case, etcd.url)
        assert lines["fleet rights"][0] == "failed" and "user" in lines["fleet rights"][1]
        result, lines = fleet(case, etcd.url, user="rosterd", password_file="etcd.password")
        assert lines["fleet files"][0] == "failed" and "fleet.etcd.password_file: no such file" in text(result, "fleet files")
        assert lines["fleet etcd"][0] == "not tried"
        case.secret("etcd.password", "s3cret")
        result, lines = fleet(case, etcd.url, user="rosterd", password_file="etcd.password")
        assert lines["fleet rights"][0] == "failed"
        assert "role grant-permission ROLE --prefix=true readwrite /rosterd/" in lines["fleet rights"][1]
        etcd.allow("rosterd", "READ")
        result, lines = fleet(case, etcd.url, user="rosterd", password_file="etcd.password")
        assert lines["fleet rights"][0] == "failed", "reading alone is not enough"
        etcd.allow("rosterd", "READWRITE")
        result, lines = fleet(case, etcd.url, user="rosterd", password_file="etcd.password")
        assert result.status == IN_SYNC, result
        assert lines["fleet rights"] == ("ok", "keys below /rosterd/ may be read and written")
        case.secret("etcd.password", "wr0ng")
        result, lines = fleet(case, etcd.url, user="rosterd", password_file="etcd.password")
        assert result.status == FAILED and "password" in str(lines)
        assert "wr0ng" not in result.stdout + result.stderr
    finally:
        etcd.close()


@NEEDED
def test_a_certificate_with_a_common_name(case, tmp_path):
    """Which etcd takes from everybody but from who asks over its gateway, and only until it asks for users."""
    serve(case)
    authority = make_authority(case.folder)
    cert, key = make_certificate(case.folder, authority, "IP:127.0.0.1")
    etcd = Etcd(tmp_path, tls=(cert, key, authority[0]))
    files = {"ca_file": "ca.pem", "cert_file": "server.pem", "key_file": "server.key"}
    try:
        result, lines = fleet(case, etcd.url, **files)
        assert result.status == IN_SYNC, result
        etcd.add_user("root", "r00t")
        etcd.ask("auth/enable")
        result, lines = fleet(case, etcd.url, **files)
        assert result.status == FAILED
        assert "subject alternative names alone, and no CN" in lines[f"fleet {etcd.url}"][1], result
        assert lines["fleet rights"][0] == "not tried"
        make_certificate(case.folder, authority, "IP:127.0.0.1", subject="/")
        case.secret("etcd.password", "r00t")
        result, lines = fleet(case, etcd.url, **files, user="root", password_file="etcd.password")
        assert result.status == IN_SYNC, result
        key.chmod(0o644)
        result, lines = fleet(case, etcd.url, **files)
        assert lines["fleet files"][0] == "failed" and "fleet.etcd.key_file" in lines["fleet files"][1]
    finally:
        etcd.close()


def test_no_name_server(case):
    serve(case)
    case.settings["instances"]["prod"]["endpoint"] = "https://roma.example.com"
    unshare = ["unshare", "--user", "--map-root-user", "--net"]
    if subprocess.run([*unshare, "true"], capture_output=True).returncode != 0:
        pytest.skip("no network of its own can be had here")
    result = check(case, wrap=unshare)
    assert result.status == FAILED
    assert way(result) == all_but(DNS="failed", TLS="not tried", clock="not tried", credential="not tried",
                                  rights="not tried")
    assert "no name server answers for roma.example.com" in text(result, "prod DNS")
    assert "/etc/resolv.conf" in text(result, "prod DNS") and "DNS" in text(result, "prod TLS")


def test_a_name_that_nobody_has(case):
    serve(case)
    case.settings["instances"]["prod"]["endpoint"] = "https://roma.invalid"
    result = check(case, env={"RES_OPTIONS": "timeout:1 attempts:1"})
    assert result.status == FAILED and result.lines["prod DNS"][0] == "failed"
    assert "roma.invalid" in text(result, "prod DNS")


def test_an_authority_that_is_not_trusted(case):
    sim = serve(case, tls=True)
    authority, _ = make_authority(case.folder)
    assert check(case).status == IN_SYNC
    sim.clear_requests()
    case.settings["instances"]["prod"]["ca_file"] = str(authority)
    result = check(case)
    assert result.status == FAILED and not sim.requests()
    assert way(result) == all_but(TLS="failed", clock="not tried", credential="not tried", rights="not tried")
    assert "not trusted" in text(result, "prod TLS") and str(authority) in text(result, "prod TLS")


@pytest.mark.parametrize("seconds, word", [(1200, "failed"), (-1200, "failed"), (120, "ok")])
def test_a_clock_that_is_off(case, seconds, word):
    serve(case, clock_skew_seconds=seconds)
    result = check(case)
    assert result.status == (FAILED if word == "failed" else IN_SYNC)
    assert way(result) == all_but(clock=word)
    if word == "failed":
        assert "correct this host's clock" in text(result, "prod clock") and "min" in text(result, "prod clock")


def test_signatures_suffer_from_a_clock_that_is_off(case):
    serve(case, clock_skew_seconds=1200, keys=[{"access": "AK1", "secret": "SK1", "project_id": PROJECT}])
    case.secret("ak", "AK1")
    case.secret("sk", "SK1")
    case.settings["instances"]["prod"]["auth"] = {"method": "aksk", "access_key_file": "ak", "secret_key_file": "sk"}
    result = check(case)
    assert way(result) == all_but(clock="failed", credential="failed", rights="not tried")
    assert "clock" in text(result, "prod credential")


def test_a_wrong_token(case):
    serve(case)
    case.secret("token", "a-wrong-token-nobody-knows")
    result = check(case)
    assert result.status == FAILED
    assert way(result) == all_but(credential="failed", rights="not tried")
    assert "401" in text(result, "prod credential") and "token_file" in text(result, "prod credential")
    assert "a-wrong-token" not in result.stdout + result.stderr


def test_a_wrong_project(case):
    serve(case)
    case.settings["instances"]["prod"]["project_id"] = "f" * 32
    result = check(case)
    assert result.status == FAILED and result.lines["prod TLS"][0] == "ok"
    broken = [step for step, word in way(result) if word == "failed"]
    assert broken in (["credential"], ["rights"])
    assert "project" in text(result, "prod " + broken[0])


def test_no_right_to_list(case):
    serve(case, faults=[{"match": {"op": "list_channels"}, "then": {
        "status": 403, "code": "APIG.1005", "message": "No permissions to request \u001b[31mthis\u001b[0m"}}])
    result = check(case)
    assert result.status == FAILED and way(result) == all_but(rights="failed")
    assert "APIG.1005" in text(result, "prod rights") and "the right to read" in text(result, "prod rights")
    assert "\x1b" not in result.stdout


def test_a_service_that_fails_says_nothing_of_the_credential(case):
    sim = serve(case, faults=[{"match": {"op": "list_channels"}, "then": {"status": 500, "code": "APIG.9999"}}])
    result = check(case)
    assert result.status == FAILED and way(result) == all_but(credential="not tried", rights="failed")
    assert len(sim.requests()) == 2, "one attempt"


# ---- a password ----

def log_in(case, password="secret-password-of-IAM"):
    sim = serve(case, tokens=[], users=[{"domain": "corp", "name": "robot", "password": "secret-password-of-IAM",
                                         "projects": [PROJECT]}])
    case.secret("password", password)
    case.settings["instances"]["prod"]["auth"] = {
        "method": "password", "iam_endpoint": sim.url, "domain": "corp", "user": "robot",
        "password_file": "password"}
    return sim


def test_a_login_is_tried(case):
    sim = log_in(case)
    result = check(case)
    assert result.status == IN_SYNC and way(result) == all_but(), result
    assert len(sim.requests("iam_token")) == 1 and len(sim.requests("list_channels")) == 1


def test_a_wrong_password(case):
    sim = log_in(case, "a-wrong-password-of-mine")
    result = check(case)
    assert result.status == FAILED and way(result) == all_but(credential="failed", rights="not tried")
    assert "domain, user, password_file" in text(result, "prod credential")
    assert "IAM" in text(result, "prod credential") and "a-wrong-password" not in result.stdout + result.stderr
    assert len(sim.requests("iam_token")) == 1


def test_a_password_that_a_pass_saw_refused_is_not_tried_again(case):
    sim = log_in(case, "a-wrong-password-of-mine")
    assert case.once().status == FAILED
    sim.clear_requests()
    result = check(case)
    assert result.lines["prod credential"][0] == "failed" and "no login" in text(result, "prod credential")
    assert not sim.requests("iam_token"), "five refusals lock the user"


def test_a_login_is_tried_though_the_service_is_gone(case):
    sim = log_in(case)
    case.settings["instances"]["prod"]["endpoint"] = "http://127.0.0.1:1"
    result = check(case)
    assert result.status == FAILED and len(sim.requests("iam_token")) == 1
    assert way(result) == all_but(TLS="failed", clock="not tried", credential="not tried", rights="not tried")


# ---- the host ----

@pytest.mark.parametrize("names", [["http_proxy"], ["https_proxy", "HTTPS_PROXY"], ["all_proxy", "ALL_PROXY"]])
def test_proxies_of_the_environment_stay_unused_and_are_told(case, names):
    serve(case)
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        url = f"http://user:hunter2@127.0.0.1:{proxy.getsockname()[1]}"
        result = check(case, env={name: url for name in names})
        proxy.settimeout(0)
        with pytest.raises(BlockingIOError):
            proxy.accept()
    assert result.status == IN_SYNC and result.lines["proxies"][0] == "ok", result
    assert all(name in text(result, "proxies") for name in names) and "not used" in text(result, "proxies")
    assert "hunter2" not in result.stdout + result.stderr
    assert "none is set" in text(check(case, env={name: "" for name in names}), "proxies")


def test_a_state_that_is_no_directory(case):
    serve(case)
    case.state_dir.write_text("")
    result = check(case)
    assert result.status == FAILED and result.lines["state"][0] == "failed" and way(result) == all_but()
    assert "not a directory" in text(result, "state") and "state_dir" in text(result, "state")


def test_a_state_below_nothing(case):
    serve(case)
    case.settings["state_dir"] = str(case.folder / "disk" / "state")
    result = check(case)
    assert result.status == FAILED and str(case.folder / "disk") in text(result, "state")


def test_a_damaged_state(case):
    serve(case)
    assert case.once().status == IN_SYNC
    (case.state_dir / "rosterd.db").write_bytes(b"no database at all" * 500)
    result = check(case)
    assert result.status == FAILED and result.lines["state"][0] == "failed"


def test_a_state_that_belongs_to_somebody_else(case):
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else")
    serve(case)
    case.state_dir.mkdir(mode=0o755)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        case.settings.update(state_dir=folder + "/state", control_socket=folder + "/c.sock")
        case.write_settings()
        for name in "rosterd.yaml", "rosters.yaml", "token":
            shutil.copy(case.folder / name, folder)
            shutil.chown(folder + "/" + name, NOBODY)
        os.mkdir(folder + "/state", 0o755)
        done = subprocess.run([shutil.copy(program("rosterctl"), folder), "check", "-c", folder + "/rosterd.yaml"],
                              capture_output=True, text=True, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/",
                              env=case.environment({"HOME": folder}))
    line, = [line for line in done.stdout.splitlines() if line.startswith("state: ")]
    assert done.returncode == FAILED and line.startswith("state: failed, "), done
    assert f"cannot be written by uid {NOBODY}" in line and "belongs to uid 0" in line
    assert "prod rights: ok" in done.stdout


LISTENER = """
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
listener.listen()
print("listens", flush=True)
sys.stdin.read()
"""


def test_a_socket_of_somebody_else(case):
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else")
    serve(case)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        case.tune(control_socket=folder + "/c.sock")
        stranger = subprocess.Popen([sys.executable, "-c", LISTENER, folder + "/c.sock"], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, text=True, user=NOBODY, cwd="/")
        try:
            assert stranger.stdout.readline() == "listens\n"
            result = check(case)
        finally:
            stranger.stdin.close()
            stranger.wait()
            stranger.stdout.close()
    assert result.status == FAILED and result.lines["socket"][0] == "failed", result
    assert str(NOBODY) in text(result, "socket") and way(result) == all_but()


def test_a_socket_that_was_left_behind(case):
    serve(case)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(case.settings["control_socket"])
    result = check(case)
    assert result.status == IN_SYNC and "no rosterd runs" in text(result, "socket")
