# SPDX-License-Identifier: MIT
"""On the wire: whom rosterd trusts, what it refuses, and that nothing leads a credential astray."""

import contextlib
import pathlib
import socket
import ssl
import subprocess
import threading

import pytest

import sim as stand_in
from case import DRIFT, FAILED, IN_SYNC, INVALID, channel, entry, mutations, wait_until
from daemon import Daemon

PAYMENTS = channel("payments", "10.1.0.5", "10.1.0.9")
ROSTER = entry("payments", "10.1.0.5")


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_authority(folder):
    """A private authority: (certificate, key)."""
    cert, key = folder / "ca.pem", folder / "ca.key"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
            "-out", cert, "-days", "2", "-subj", "/CN=Test authority")
    return cert, key


def make_certificate(folder, authority, names, subject="/CN=server"):
    """A server's certificate from that authority: (certificate, key)."""
    cert, key, request, extra = (folder / f"server.{end}" for end in ("pem", "key", "csr", "ext"))
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
            "-out", request, "-subj", subject)
    extra.write_text(f"subjectAltName={names}\n")
    openssl("x509", "-req", "-in", request, "-CA", authority[0], "-CAkey", authority[1], "-CAcreateserial",
            "-out", cert, "-days", "2", "-extfile", extra)
    return cert, key


@contextlib.contextmanager
def server(handle):
    """A server on a port of its own that gives each connection to `handle`; yields the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(10)
                    handle(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def test_a_private_authority_is_trusted_by_ca_file(case, monkeypatch):
    authority = make_authority(case.folder)
    pair = make_certificate(case.folder, authority, "IP:127.0.0.1")
    monkeypatch.setattr(stand_in, "make_certificate", lambda folder: tuple(map(str, pair)))
    sim = case.serve(PAYMENTS, tls=True)
    sim.ca = str(authority[0])
    case.settings["instances"]["prod"]["ca_file"] = str(authority[0])
    case.roster(ROSTER)
    assert case.once().status == IN_SYNC
    assert sim.hosts("payments") == ["10.1.0.5"] and sim.stats()["requests"] == 4
    assert sim.stats()["connections"] == 1, "one for the whole pass"


def test_an_authority_that_nobody_named_is_not_trusted(case):
    sim = case.serve(PAYMENTS, tls=True)
    del case.settings["instances"]["prod"]["ca_file"]
    case.roster(ROSTER)
    result = case.once()
    message = result.channel("payments")["error"]["message"]
    assert result.status == FAILED and "not trusted" in message and "ca_file" in message
    assert sim.stats()["requests"] == 0


def test_another_authority_is_not_trusted(case):
    sim = case.serve(PAYMENTS, tls=True)
    authority = make_authority(case.folder)
    case.settings["instances"]["prod"]["ca_file"] = str(authority[0])
    case.roster(ROSTER)
    result = case.once()
    assert result.status == FAILED and str(authority[0]) in result.channel("payments")["error"]["message"]
    assert sim.stats()["requests"] == 0


def test_a_certificate_for_another_name_is_refused(case, monkeypatch):
    authority = make_authority(case.folder)
    pair = make_certificate(case.folder, authority, "DNS:roma.example.com,IP:127.0.0.2")
    monkeypatch.setattr(stand_in, "make_certificate", lambda folder: tuple(map(str, pair)))
    case.serve(PAYMENTS, tls=True)
    case.settings["instances"]["prod"]["ca_file"] = str(authority[0])
    case.roster(ROSTER)
    result = case.once()
    message = result.channel("payments")["error"]["message"]
    assert result.status == FAILED and "for another name" in message and "endpoint" in message


@pytest.mark.parametrize("text", [None, "no certificate", ""])
def test_a_ca_file_that_cannot_be_read_is_named(case, text):
    case.serve(PAYMENTS, tls=True)
    path = case.folder / "broken.pem"
    if text is not None:
        path.write_text(text)
    case.settings["instances"]["prod"]["ca_file"] = str(path)
    case.roster(ROSTER)
    result = case.once()
    assert result.status in (FAILED, INVALID) and str(path) in result.stderr + result.stdout


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_tls_1_1_is_refused(case):
    cert, key = stand_in.make_certificate(case.folder)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old.load_cert_chain(cert, key)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    spoken = []

    def handle(connection):
        with old.wrap_socket(connection, server_side=True) as secured:
            spoken.append(secured.version())
            secured.recv(65536)

    with server(handle) as port:
        lax = ssl.create_default_context(cafile=cert)
        lax.set_ciphers("ALL:@SECLEVEL=0")
        lax.minimum_version = ssl.TLSVersion.TLSv1
        with socket.create_connection(("127.0.0.1", port)) as plain:
            with lax.wrap_socket(plain, server_hostname="127.0.0.1") as secured:
                assert secured.version() == "TLSv1.1", "who is lax may speak it"
        case.secret("token", "T1")
        case.attach("prod", f"https://127.0.0.1:{port}", ca_file=cert)
        case.roster(ROSTER)
        result = case.once()
    assert result.status == FAILED and spoken == ["TLSv1.1"]
    assert "TLS" in result.channel("payments")["error"]["message"] or "SSL" in result.stdout


def test_plain_http_is_refused_on_any_but_a_loopback_address(case):
    case.roster(ROSTER)
    case.secret("token", "T1")
    for endpoint in ("http://roma.example.com", "http://10.0.0.1", "http://169.254.169.254", "http://[2001:db8::1]",
                     "http://127.0.0.1.example.com", "http://0.0.0.0"):
        case.attach("prod", endpoint)
        result = case.check()
        assert result.status == INVALID and "endpoint" in result.stderr, endpoint
        assert case.once().status == INVALID
    for endpoint in "http://127.0.0.1:8080", "http://127.9.9.9", "http://[::1]:80", "https://roma.example.com":
        case.attach("prod", endpoint)
        assert case.check().status == IN_SYNC, endpoint


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(case, status):
    astray = case.simulate(stand_in.state([PAYMENTS]))
    sim = case.serve(PAYMENTS)
    path = f"{astray.url}/v2/{stand_in.PROJECT}/apic/instances/{stand_in.INSTANCE}/vpc-channels"
    sim.faults([{"match": {"op": "list_channels"}, "then": {
        "status": status, "body": "", "headers": {"Location": path}}}])
    case.roster(ROSTER)
    result = case.once()
    message = result.channel("payments")["error"]["message"]
    assert result.status == FAILED and str(status) in message and "redirect" in message
    assert astray.stats()["requests"] == 0 and astray.stats()["connections"] == 0, "no token follows"
    assert not mutations(sim)


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_proxies_of_the_environment_are_ignored(case, name):
    seen = []
    with server(lambda connection: seen.append(connection.recv(100))) as port:
        sim = case.serve(PAYMENTS, tls=name.lower().startswith("https"))
        case.roster(ROSTER)
        result = case.once(env={name: f"http://127.0.0.1:{port}", "no_proxy": ""})
    assert result.status == IN_SYNC and seen == [] and sim.hosts("payments") == ["10.1.0.5"]


def test_a_server_that_speaks_no_http(case):
    def greet(connection):
        connection.sendall(b"220 mail.example.com ESMTP\r\n")
        connection.recv(100)

    with server(greet) as port:
        case.secret("token", "T1")
        case.attach("prod", f"http://127.0.0.1:{port}")
        case.roster(ROSTER)
        result = case.once()
    assert result.status == FAILED and result.channel("payments")["error"]["message"]


def test_plain_http_spoken_to_a_tls_port_and_the_other_way_round(case):
    secured = case.serve(PAYMENTS, tls=True)
    case.attach("prod", secured.url.replace("https", "http"))
    case.roster(ROSTER)
    assert case.once().status == FAILED
    plain = case.simulate(stand_in.state([PAYMENTS]))
    case.attach("prod", plain.url.replace("http", "https"))
    result = case.once()
    assert result.status == FAILED and plain.stats()["requests"] == 0
    case.attach("prod", plain)
    assert case.dry().status == DRIFT


# ---- ca_file and the environment ----


def test_a_relative_ca_file_stands_beside_the_settings(case, tmp_path_factory):
    """In a working directory of its own, where a foreign file of the name lies."""
    sim = case.serve(PAYMENTS, tls=True)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (case.folder / "trust.pem").write_bytes(pathlib.Path(sim.ca).read_bytes())
    make_authority(elsewhere)[0].rename(elsewhere / "trust.pem")
    case.settings["instances"]["prod"]["ca_file"] = "trust.pem"
    case.roster(ROSTER)
    assert case.once(wrap=("env", "-C", str(elsewhere))).status == IN_SYNC
    (case.folder / "trust.pem").rename(case.folder / "kept.pem")
    (elsewhere / "trust.pem").write_bytes(pathlib.Path(sim.ca).read_bytes())
    sim.clear_requests()
    result = case.once(wrap=("env", "-C", str(elsewhere)))
    assert result.status == FAILED and str(case.folder / "trust.pem") in result.stdout + result.stderr
    assert not sim.requests(), "the token goes to nobody for whom another directory vouches"


def test_a_replaced_ca_file_counts_for_kept_connections(case):
    sim = case.serve(PAYMENTS, tls=True)
    trust = case.folder / "trust.pem"
    trust.write_bytes(pathlib.Path(sim.ca).read_bytes())
    case.settings["instances"]["prod"]["ca_file"] = "trust.pem"
    case.tune(interval="1s")
    case.roster(ROSTER)
    daemon = Daemon(case)
    wait_until(lambda: len(sim.requests("list_channels")) >= 2, process=daemon)
    other = case.folder / "other"
    other.mkdir()
    make_authority(other)[0].rename(trust)
    wait_until(lambda: "is not trusted" in daemon.text(), process=daemon)
    trust.write_bytes(pathlib.Path(sim.ca).read_bytes())
    sim.clear_requests()
    wait_until(lambda: sim.requests("list_members"), process=daemon, seconds=60)


def test_the_environment_of_libraries_is_without_effect(case):
    case.serve(PAYMENTS, tls=True)
    case.roster(ROSTER)
    keys, openssl_settings = case.folder / "keys.log", case.folder / "openssl.cnf"
    openssl_settings.write_text("openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = old\n"
                                "[old]\nMaxProtocol = TLSv1.1\n")
    environment = {"SSLKEYLOGFILE": str(keys), "OPENSSL_CONF": str(openssl_settings), "OPENSSL_MODULES": "/nowhere",
                   "SSL_CERT_FILE": "/nowhere", "SSL_CERT_DIR": "/nowhere", "https_proxy": "http://127.0.0.1:1",
                   "ALL_PROXY": "http://127.0.0.1:1", "CURL_CA_BUNDLE": "/nowhere", "NETRC": "/nowhere"}
    assert case.once(env=environment).status == IN_SYNC
    assert not keys.exists()


@pytest.mark.parametrize("name", ["HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_SECURITY_TOKEN"])
def test_keys_of_the_environment_leave_it_whichever_method_is_used(case, name):
    case.serve(PAYMENTS)
    case.roster(ROSTER)
    daemon = Daemon(case, env={name: "not-to-be-left-there"})
    daemon.wait_ready()
    assert b"not-to-be-left-there" not in pathlib.Path(f"/proc/{daemon.pid}/environ").read_bytes()


def test_openssls_words_come_with_a_remedy(case):
    with server(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")) as port:
        case.serve(PAYMENTS)
        case.settings["instances"]["prod"]["endpoint"] = f"https://127.0.0.1:{port}"
        case.roster(ROSTER)
        result = case.once()
    message = result.channel("payments")["error"]["message"]
    assert "TLS" in message and "this port does not speak TLS" in message and "error:0A" not in message
