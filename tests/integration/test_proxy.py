# SPDX-License-Identifier: MIT
"""instances.X.proxy: what goes through a proxy, what never does, and what its refusals come to."""

import contextlib
import json
import socket
import threading

import pytest

import network
import sim as stand_in
from case import FAILED, IN_SYNC, INVALID, PROJECT, channel, deletions, entry, mutations, wait_until
from daemon import NEVER, Daemon
from test_check import WAY, check, text, way
from test_tls import make_authority, make_certificate

PAYMENTS = channel("payments", "10.1.0.5", "10.1.0.9")
ROSTER = entry("payments", "10.1.0.5")
NAME = "roma.example.test"
USER = "robot:pass:word-of-the-proxy"


class Proxy:
    """A proxy by script. All its tunnels lead to one port of this host, whatever they were asked for. `answer` is what
    it says to a CONNECT instead: bytes, then it closes, or None, nothing."""

    TUNNEL = "tunnel"

    def __init__(self, port):
        self.port, self.answer = port, self.TUNNEL
        self.heads, self.open = [], []
        self.left = 0  # tunnels that the client ended
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.open.append(client)
                threading.Thread(target=self._handle, args=[client], daemon=True).start()

    def _handle(self, client):
        head = b""
        with contextlib.suppress(OSError):
            while b"\r\n\r\n" not in head:
                part = client.recv(4096)
                if not part:
                    return
                head += part
            self.heads.append(head.decode())
            answer = self.answer
            if answer == self.TUNNEL:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self._join(client)
            elif answer is not None:
                client.sendall(answer)
                client.shutdown(socket.SHUT_RDWR)
                client.close()

    def _join(self, client):
        service = socket.create_connection(("127.0.0.1", self.port))
        self.open.append(service)
        threading.Thread(target=self._copy, args=[service, client], daemon=True).start()
        self._copy(client, service)
        self.left += 1

    @staticmethod
    def _copy(source, sink):
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                sink.sendall(part)
        for one in source, sink:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def cut(self):
        """Closes every tunnel."""
        for one in self.open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self.open.clear()

    def close(self):
        self.cut()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture
def far(case, monkeypatch):
    """A service with a name that only a proxy knows, behind the proxy `case.proxy`."""
    authority = make_authority(case.folder)
    pair = make_certificate(case.folder, authority, f"IP:127.0.0.1,DNS:{NAME}")
    monkeypatch.setattr(stand_in, "make_certificate", lambda folder: tuple(map(str, pair)))
    case.sim = case.serve(PAYMENTS, tls=True)
    case.sim.ca = str(authority[0])
    case.proxy = Proxy(case.sim.port)
    case.settings["instances"]["prod"].update(endpoint=f"https://{NAME}", ca_file=str(authority[0]),
                                              proxy=case.proxy.url)
    case.roster(ROSTER)
    yield case
    case.proxy.close()


def use_password(case, text=USER):
    case.secret("proxy.pw", text + "\n")
    case.settings["instances"]["prod"]["proxy_password_file"] = "proxy.pw"


def message(result):
    error = result.channel("payments")["error"]
    assert error["http"] is None and error["code"] is None and error["request_id"] is None, error
    return error["message"]


def refusal(status, headers=""):
    return f"HTTP/1.1 {status} No\r\n{headers}Content-Length: 9\r\n\r\n<b>no</b>".encode()


# ---- a real proxy ----

def serve_beyond(case, monkeypatch, *channels, **parts):
    """A stand-in on the address of a private network."""
    authority = make_authority(case.folder)
    pair = make_certificate(case.folder, authority, f"IP:127.0.0.1,IP:{network.ADDRESS}")
    monkeypatch.setattr(stand_in, "make_certificate", lambda folder: tuple(map(str, pair)))
    sim = stand_in.Sim(stand_in.state(list(channels), **parts), tls=True, bind="0.0.0.0")
    case.sims.append(sim)
    sim.ca = str(authority[0])
    sim.place = f"{network.ADDRESS}:{sim.port}"
    case.secret("token", "T1")
    case.attach("prod", f"https://{sim.place}", ca_file=sim.ca)
    case.roster(ROSTER)
    return sim


@pytest.fixture
def beyond(case, monkeypatch):
    with network.private(network.ADDRESS, "169.254.169.254"):
        case.sim = serve_beyond(case, monkeypatch, PAYMENTS, tokens=[{"token": "T1", "project_id": PROJECT}],
                                users=[{"domain": "corp", "name": "robot", "password": "P1", "projects": [PROJECT]}],
                                agency={"metadata": "both"})
        case.proxies = []
        yield case
        for proxy in case.proxies:
            proxy.stop()
        for sim in case.sims:
            sim.stop()


def tinyproxy(case, user=None, port=3128):
    proxy = network.Tinyproxy(case.folder, user, port)
    case.proxies.append(proxy)
    case.settings["instances"]["prod"]["proxy"] = proxy.url
    return proxy


@pytest.mark.parametrize("user", [None, "robot:password-of-the-proxy"])
def test_a_pass_through_tinyproxy(beyond, user):
    proxy = tinyproxy(beyond, user)
    if user:
        use_password(beyond, user)
    result = beyond.once()
    assert result.status == IN_SYNC and result.deleted("payments") == ["10.1.0.9:8080"], result
    assert proxy.tunnels() == [beyond.sim.place], "one tunnel, kept"
    assert not any("roxy" in name for r in beyond.sim.requests() for name in r["headers"])


def test_tinyproxy_wants_a_password(beyond):
    proxy = tinyproxy(beyond, "robot:password-of-the-proxy")
    said = message(beyond.once())
    assert f"the proxy {network.ADDRESS} port 3128" in said and "407" in said and "proxy_password_file" in said
    use_password(beyond, "robot:another")
    said = message(beyond.once())
    assert "answered 40" in said and "does not take the user and the password" in said and "another" not in said
    assert not beyond.sim.requests() and proxy.tunnels()


def test_tinyproxy_that_is_gone(beyond):
    tinyproxy(beyond).stop()
    result = beyond.once()
    assert result.status == FAILED and not beyond.sim.requests()
    assert f"cannot connect to the proxy {network.ADDRESS} port 3128: connection refused" in message(result)


def test_tinyproxy_leads_to_iam_as_well(beyond):
    proxy = tinyproxy(beyond)
    beyond.settings["instances"]["prod"]["auth"] = {
        "method": "password", "iam_endpoint": f"https://{beyond.sim.place}", "domain": "corp", "user": "robot",
        "password_file": "password"}
    beyond.secret("password", "P1")
    assert beyond.once().status == IN_SYNC
    assert len(beyond.sim.requests("iam_token")) == 1
    assert set(proxy.tunnels()) == {beyond.sim.place} and beyond.sim.stats()["connections"] == len(proxy.tunnels())
    proxy.stop()
    beyond.sim.clear_requests()
    result = beyond.once()
    assert "getting a token from IAM" in message(result) and "the proxy" in message(result)
    assert not beyond.sim.requests()


def test_tinyproxy_never_leads_to_the_metadata_service(beyond):
    state = stand_in.state([], agency={"metadata": "both"})
    with stand_in.Sim(state, bind="169.254.169.254", port=80):
        # Keys of another stand-in: the service refuses them, which is not what is asked here.
        proxy = tinyproxy(beyond)
        beyond.settings["instances"]["prod"]["auth"] = {"method": "agency"}
        result = beyond.once()
    assert result.status == FAILED and any("Authorization" in r["headers"] for r in beyond.sim.requests()), result
    assert set(proxy.tunnels()) == {beyond.sim.place}


def test_another_proxy_counts_from_a_reload_on(beyond):
    beyond.tune(interval="1s")
    first = tinyproxy(beyond)
    daemon = Daemon(beyond)
    daemon.wait_status("1 in sync")
    second = tinyproxy(beyond, port=3129)
    beyond.write_settings()
    wait_until(second.tunnels, process=daemon)
    was = len(first.tunnels())
    first.stop()
    beyond.sim.clear_requests()
    assert beyond.run("rosterctl", "reconcile").status == IN_SYNC
    assert beyond.sim.requests("list_members") and len(first.tunnels()) == was
    del beyond.settings["instances"]["prod"]["proxy"]
    beyond.write_settings()
    assert beyond.run("rosterctl", "reconcile").status == IN_SYNC
    second.stop()
    assert beyond.run("rosterctl", "reconcile").status == IN_SYNC
    assert daemon.stop() == 0


# ---- what it is told ----

def test_a_proxy_learns_where_to_and_nothing_else(far):
    use_password(far)
    result = far.once()
    assert result.status == IN_SYNC and far.sim.hosts("payments") == ["10.1.0.5"], result
    head, = far.proxy.heads
    names = sorted(line.split(":")[0].lower() for line in head.splitlines()[1:] if line)
    assert head.startswith(f"CONNECT {NAME}:443 HTTP/1.1\r\n")
    assert names == ["host", "proxy-authorization", "proxy-connection"]
    # Base64 of USER: the password is all that stands behind the first colon.
    assert "Proxy-Authorization: Basic cm9ib3Q6cGFzczp3b3JkLW9mLXRoZS1wcm94eQ==" in head
    assert not any("roxy" in name for r in far.sim.requests() for name in r["headers"])


def test_nobody_between_is_trusted(far):
    authority, _ = make_authority(far.folder / "..")
    far.settings["instances"]["prod"]["ca_file"] = str(authority)
    result = far.once()
    assert result.status == FAILED and "not trusted" in message(result) and not far.sim.requests()


def test_the_environment_names_no_proxy(far):
    del far.settings["instances"]["prod"]["proxy"]
    far.settings["instances"]["prod"]["endpoint"] = far.sim.url
    far.tune(interval=NEVER)
    environment = {name: far.proxy.url for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY",
                                                    "HTTPS_PROXY", "ALL_PROXY")}
    assert far.once(env=environment).status == IN_SYNC
    daemon = Daemon(far, env=environment)
    daemon.wait_status("1 in sync", "next pass")
    assert daemon.stop() == 0 and not far.proxy.heads


def test_the_environment_makes_no_exceptions(far):
    assert far.once(env={"no_proxy": "*", "NO_PROXY": NAME}).status == IN_SYNC and far.proxy.heads


@pytest.mark.parametrize("tls", [True, False])
def test_loopback_is_never_asked_through_a_proxy(case, tls):
    sim = case.serve(PAYMENTS, tls=tls)
    case.settings["instances"]["prod"]["proxy"] = "http://127.0.0.1:1"
    case.roster(ROSTER)
    assert case.once().status == IN_SYNC and sim.hosts("payments") == ["10.1.0.5"]


# ---- what it refuses ----

@pytest.mark.parametrize("answer, words", [
    (refusal(407, "Proxy-Authenticate: Basic realm=x\r\n"), ["answered 407", "proxy_password_file"]),
    (refusal(401), ["answered 401", "proxy_password_file"]),
    (refusal(403), ["answered 403", "its rules forbid it", "allow CONNECT"]),
    (refusal(404), ["answered 404", "takes CONNECT"]),
    (refusal(302, "Location: https://elsewhere.example\r\n"), ["answered 302", "takes CONNECT"]),
    (refusal(502), ["answered 502", "it did not get there itself"]),
    (refusal(503, "Retry-After: 3000\r\n"), ["answered 503"]),
    (b"SSH-2.0-OpenSSH_9.2\r\n", ["did not let us through"]),
    (b"", ["did not let us through"]),
], ids=["407", "401", "403", "404", "302", "502", "503", "no proxy", "closed"])
def test_a_refusal_is_the_proxys_and_was_not_sent(far, answer, words):
    far.proxy.answer = answer
    result = far.once()
    said = message(result)
    assert result.status == FAILED and not far.sim.requests()
    assert "the proxy 127.0.0.1 port " in said and f"{NAME} port 443" in said, said
    assert all(word in said for word in words), said
    assert "<b>" not in result.stdout + result.stderr
    assert len(far.proxy.heads) == 4, "all attempts"


def test_a_proxy_that_is_silent(far):
    far.proxy.answer = None
    far.tune(limits={"connect_timeout": "300ms", "timeout": "60s"}, retry={"attempts": 2})
    result = far.once()
    assert result.status == FAILED and len(far.proxy.heads) == 2 and not far.sim.requests()
    assert "did not let us through" in message(result) and "within 300 ms" in message(result)


def test_a_proxy_that_nobody_knows(far):
    far.settings["instances"]["prod"]["proxy"] = "http://proxy.invalid:3128"
    result = far.once(env={"RES_OPTIONS": "timeout:1 attempts:1"})
    assert "cannot find the address of the proxy proxy.invalid" in message(result)


def test_a_proxy_that_comes_back_is_a_retry(far):
    far.proxy.answer = refusal(503)
    far.tune(retry={"attempts": 20, "base": "50ms", "cap": "50ms"})
    running = far.start("rosterd", "--once", "--json")
    wait_until(lambda: len(far.proxy.heads) >= 2, process=running)
    far.proxy.answer = Proxy.TUNNEL
    result = running.finish()
    assert result.status == IN_SYNC and far.sim.hosts("payments") == ["10.1.0.5"], result


def test_a_deletion_that_a_proxy_refuses_was_not_sent(far):
    far.sim.edit("payments", add=[{"host": "10.1.0.10"}])
    far.tune(guards={"max_delete_percent": 100})
    far.sim.faults([{"match": {"op": "delete_member"}, "then": {"hold": True, "status": 500}}])
    running = far.start("rosterd", "--once", "--json")
    wait_until(lambda: deletions(far.sim), process=running)
    far.proxy.answer = refusal(403)
    far.proxy.cut()
    far.sim.release()
    result = running.finish()
    assert result.status == FAILED and set(result.outcomes("payments").values()) == {"failed"}, result
    assert len(deletions(far.sim)) == 1, "nothing came through after the first"
    _, second = json.loads(far.run("rosterctl", "history", "--json").stdout)["actions"]
    assert (second["outcome"], second["http"], second["code"], second["attempts"]) == ("failed", None, None, 4), second
    far.proxy.answer = Proxy.TUNNEL
    far.sim.clear_faults()
    result = far.once()
    assert result.status == IN_SYNC and set(result.outcomes("payments").values()) == {"deleted"}, result


# ---- its password ----

def test_the_password_is_told_nowhere(far):
    use_password(far)
    far.proxy.answer = refusal(407)
    shown = [far.once("--log-level", "debug"), far.plan(), far.run("rosterctl", "check"),
             far.run("rosterctl", "check", "--json"), far.check()]
    far.tune(interval=NEVER)
    daemon = Daemon(far, "--log-level", "debug")
    daemon.wait_status("1 failed", "next pass")
    shown += [far.run("rosterctl", "status", *args) for args in ([], ["--json"], ["payments"])]
    assert daemon.stop() == 0
    told = daemon.text() + "".join(one.stdout + one.stderr for one in shown)
    assert "proxy_password_file" in told and "the proxy" in told
    assert "word-of-the-proxy" not in told and "cm9ib3Q6" not in told
    for path in far.state_dir.iterdir():
        assert b"word-of-the-proxy" not in path.read_bytes()


def test_a_new_password_counts_as_soon_as_the_old_one_is_refused(far):
    use_password(far)
    far.tune(interval=NEVER, retry={"attempts": 20, "base": "100ms", "cap": "100ms"})
    far.proxy.answer = refusal(407)
    daemon = Daemon(far)
    wait_until(lambda: len(far.proxy.heads) >= 2, process=daemon)
    use_password(far, "robot:newer")
    wait_until(lambda: "cm9ib3Q6bmV3ZXI=" in far.proxy.heads[-1], process=daemon)
    far.proxy.answer = Proxy.TUNNEL
    daemon.wait_status("1 in sync")
    assert daemon.stop() == 0 and far.sim.hosts("payments") == ["10.1.0.5"]


def test_a_new_password_counts_from_the_next_pass_on(far):
    use_password(far)
    far.tune(interval=NEVER)
    daemon = Daemon(far)
    daemon.wait_status("1 in sync", "next pass")
    assert far.run("rosterctl", "reconcile").status == IN_SYNC and len(far.proxy.heads) == 1, "the tunnel is kept"
    use_password(far, "robot:newer")
    assert far.run("rosterctl", "reconcile").status == IN_SYNC
    assert len(far.proxy.heads) == 2 and "cm9ib3Q6bmV3ZXI=" in far.proxy.heads[-1], "no tunnel of the old one"
    wait_until(lambda: far.proxy.left == 1, process=daemon)
    use_password(far, "nobody may read this one")
    assert far.run("rosterctl", "reconcile").status == IN_SYNC, "what was read before is still good"
    assert daemon.stop() == 0 and "nobody may" not in daemon.text()


@pytest.mark.parametrize("content, mode, words", [
    (USER, 0o644, ["mode"]), ("word-of-the-proxy", 0o600, ["user:password"]), (":word-of-the-proxy", 0o600, ["user:password"]),
    (None, 0o600, ["no such file"]),
], ids=["open", "no colon", "no user", "missing"])
def test_a_password_that_cannot_be_used(far, content, mode, words):
    use_password(far, content or "")
    if content is None:
        (far.folder / "proxy.pw").unlink()
    else:
        (far.folder / "proxy.pw").chmod(mode)
    result = far.once()
    assert result.status == INVALID and result.stdout == "", result
    assert "instance prod: proxy_password_file" in result.stderr and all(word in result.stderr for word in words)
    assert "word-of-the-proxy" not in result.stderr and not far.proxy.heads
    assert far.check().status == IN_SYNC, "--check needs no secrets"
    result = check(far)
    assert way(result)[:3] == [("secrets", "failed"), ("DNS", "ok"), ("proxy", "not tried")], result
    assert "word-of-the-proxy" not in result.stdout + result.stderr


def test_credentials_of_the_unit_hold_the_password(far):
    use_password(far, "robot:of-the-settings")
    folder = far.folder / "credentials"
    folder.mkdir()
    (folder / "proxy.pw").write_text(USER)
    (folder / "proxy.pw").chmod(0o600)
    assert far.once(env={"CREDENTIALS_DIRECTORY": str(folder)}).status == IN_SYNC
    assert "cm9ib3Q6cGFzczp3b3JkLW9mLXRoZS1wcm94eQ==" in far.proxy.heads[0]


# ---- settings ----

@pytest.mark.parametrize("keys, words", [
    ({"proxy": "http://robot:hunter2@proxy.example.com:3128"}, ["proxy", "proxy_password_file"]),
    ({"proxy": "robot:hunter2@proxy.example.com"}, ["proxy", "proxy_password_file"]),
    ({"proxy": "https://proxy.example.com:3128"}, ["must be http://HOST:PORT"]),
    ({"proxy": "proxy.example.com:3128"}, ["must be http://HOST:PORT"]),
    ({"proxy": "http://proxy.example.com"}, ["no port"]),
    ({"proxy": "http://proxy.example.com:3128/x"}, ["path"]),
    ({"proxy": ["http://proxy.example.com:3128"]}, ["proxy"]),
    ({"proxy": None, "proxy_password_file": "p"}, ["proxy"]),
    ({"proxy_password_file": "p", "proxy": ""}, ["proxy"]),
])
def test_settings_that_are_wrong(far, keys, words):
    far.settings["instances"]["prod"].update(keys)
    result = far.check()
    assert result.status == INVALID and all(word in result.stderr for word in words), result
    assert "hunter2" not in result.stdout + result.stderr


def test_a_password_without_a_proxy(far):
    del far.settings["instances"]["prod"]["proxy"]
    far.settings["instances"]["prod"]["proxy_password_file"] = "p"
    result = far.check()
    assert result.status == INVALID and "instances.prod.proxy_password_file: there is no proxy" in result.stderr


# ---- rosterctl check ----

THROUGH = WAY[:2] + ["proxy"] + WAY[2:]


def test_check_goes_through(far):
    use_password(far)
    result = check(far)
    assert result.status == IN_SYNC and way(result) == [(step, "ok") for step in THROUGH], result
    assert "lets us through" in text(result, "prod proxy") and "127.0.0.1" in text(result, "prod DNS")


def test_check_says_that_the_proxy_refuses(far):
    far.proxy.answer = refusal(403)
    result = check(far)
    assert result.status == FAILED
    assert way(result) == [("secrets", "ok"), ("DNS", "ok"), ("proxy", "failed")] + [(s, "not tried") for s in WAY[2:]]
    assert "answered 403" in text(result, "prod proxy") and "proxy" in text(result, "prod TLS")
    assert len(far.proxy.heads) == 1, "once"


def test_check_says_what_fails_behind_the_proxy(far):
    authority, _ = make_authority(far.folder / "..")
    far.settings["instances"]["prod"]["ca_file"] = str(authority)
    result = check(far)
    assert way(result)[2:4] == [("proxy", "ok"), ("TLS", "failed")] and "not trusted" in text(result, "prod TLS")


def test_check_says_that_a_proxy_is_not_used(case):
    case.serve(PAYMENTS)
    case.settings["instances"]["prod"]["proxy"] = "http://127.0.0.1:1"
    case.roster(ROSTER)
    result = check(case)
    assert result.status == IN_SYNC and "not used" in text(result, "prod proxy"), result
