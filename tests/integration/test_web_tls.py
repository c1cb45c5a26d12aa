# SPDX-License-Identifier: MIT
"""TLS of the listener: what it shows, what it takes, and that a new certificate needs no reload."""

import socket
import ssl

import pytest

import web
from case import INVALID, channel, entry, wait_until
from daemon import Daemon
from test_tls import make_authority, make_certificate
from web import TOKEN, bearer, get, serve


def certify(case, names="IP:127.0.0.1,DNS:localhost"):
    """A certificate and its key beside the settings: the context of a client who trusts it."""
    authority = make_authority(case.folder)
    cert, key = make_certificate(case.folder, authority, names)
    cert.rename(case.folder / "web.pem")
    key.rename(case.folder / "web.key")
    (case.folder / "web.key").chmod(0o600)
    return ssl.create_default_context(cafile=authority[0])


def shown_certificate(port):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection, \
            context.wrap_socket(connection) as wrapped:
        return wrapped.getpeercert(binary_form=True)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_is_shown_over_tls(case):
    tls = certify(case)
    case.secret("web.token", TOKEN)
    daemon, port = serve(case, token_file="web.token", cert_file="web.pem", key_file="web.key")
    assert get(port, "/livez", tls=tls).status == 200
    assert get(port, tls=tls).status == 401
    assert get(port, tls=tls, **bearer()).json["channels"][0]["name"] == "payments"
    assert "TLS" in daemon.text()
    # Nobody is answered in the clear, nor by a protocol that is broken.
    assert web.raw(port, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").find("200 OK") < 0
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection, pytest.raises(OSError):
        old.wrap_socket(connection)
    assert get(port, "/livez", tls=tls).status == 200


def test_a_new_certificate_counts_without_a_reload(case):
    """Those that are connected already go on with the one before."""
    tls = certify(case)
    daemon, port = serve(case, cert_file="web.pem", key_file="web.key")
    first = shown_certificate(port)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection, \
            tls.wrap_socket(connection, server_hostname="localhost") as early:
        certify(case)
        wait_until(lambda: shown_certificate(port) != first, process=daemon.process)
        early.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b" 200 " in early.recv(65536)
    assert daemon.reloads() == 0
    # One that cannot be used is told once, and the one before stays.
    second = shown_certificate(port)
    (case.folder / "web.pem").write_text("no certificate")

    def told_of():
        shown_certificate(port)
        return [row for row in daemon.lines() if "cannot be used" in row["message"]]
    assert wait_until(told_of, process=daemon.process)[0]["level"] == "err"
    assert shown_certificate(port) == second
    assert len(told_of()) == 1
    certify(case)
    wait_until(lambda: shown_certificate(port) != second, process=daemon.process)
    assert "works again" in daemon.text()


def test_tls_begins_and_ends_with_a_reload(case):
    daemon, port = serve(case)
    tls = certify(case)
    case.settings["http"].update(cert_file="web.pem", key_file="web.key")
    case.write_settings()
    daemon.reload()

    def answers(**how):
        try:
            return get(port, "/livez", **how).status == 200
        except OSError:
            return False
    wait_until(lambda: answers(tls=tls), process=daemon.process)
    del case.settings["http"]["cert_file"], case.settings["http"]["key_file"]
    case.write_settings()
    daemon.reload()
    wait_until(answers, process=daemon.process)


@pytest.mark.parametrize("name, mode", [("web.key", 0o640), ("web.key", 0o644), ("web.key", None), ("web.pem", None)])
def test_files_at_the_start(case, name, mode):
    certify(case)
    if mode is None:
        (case.folder / name).unlink()
    else:
        (case.folder / name).chmod(mode)
    case.serve(channel("payments", "10.1.0.5"))
    case.roster(entry("payments", "10.1.0.5"))
    port = web.free_port()
    case.settings["http"] = {"listen": f"127.0.0.1:{port}", "cert_file": "web.pem", "key_file": "web.key"}
    daemon = Daemon(case)
    if mode == 0o640:
        daemon.wait_ready()
        assert shown_certificate(port)
    else:
        assert daemon.wait_end() == INVALID
        assert ("http.key_file" if name == "web.key" else "http.cert_file") in daemon.text()


def test_a_reload_without_its_files_is_refused(case):
    tls = certify(case)
    daemon, port = serve(case, cert_file="web.pem", key_file="web.key")
    case.settings["http"]["key_file"] = "other.key"
    case.write_settings()
    daemon.reload()
    assert "http.key_file: no such file" in get(port, tls=tls).json["invalid"]
    assert str(case.folder) + "/other.key" not in get(port, tls=tls).text
