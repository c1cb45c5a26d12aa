# SPDX-License-Identifier: MIT
"""Crowds at the listener: idle, slow, hostile. None delays a pass, and a scrape has its place among them."""

import contextlib
import resource
import socket
import threading

import pytest

import web
from case import wait_until
from test_control import ask
from test_web_tls import certify
from web import get, serve

CROWD = 1000

@pytest.fixture(autouse=True)
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 3 * CROWD)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


HEAD = b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n"

# What each of a crowd sends once it is connected.
KINDS = {
    "idle": b"",
    "half a request": HEAD,
    "garbage": bytes(range(256)) * 4,
    "no end of a line": b"G" * 8192,
    "pipelined": (HEAD + b"\r\n") * 40,
    "pipelined garbage": HEAD + b"\r\n" + b"\0\xff\r\n" * 100,
    "oversized headers": HEAD + b"".join(b"X-%d: %s\r\n" % (i, b"x" * 1000) for i in range(80)),
    "a body without end": b"POST /v1/pause HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 4096,
    "chunks": b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    "half of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100,
}

QUIET = ["idle", "half a request", "no end of a line", "half of TLS"]


class Crowd:
    """Connections that are open at once, as far as the other side lets them, of each kind in turn."""

    def __init__(self, port, *kinds):
        self.sockets = []
        for number in range(CROWD):
            one = socket.create_connection(("127.0.0.1", port), timeout=20)
            self.sockets.append(one)
            one.setblocking(False)
            with contextlib.suppress(OSError):
                one.sendall(KINDS[kinds[number % len(kinds)]])

    def is_open(self, one):
        try:
            while one.recv(65536):
                pass
            return False
        except BlockingIOError:
            return True
        except OSError:
            return False

    def count_open(self):
        return sum(self.is_open(one) for one in self.sockets)

    def close(self):
        for one in self.sockets:
            one.close()


@pytest.mark.parametrize("kinds", [["idle"], QUIET, list(KINDS)], ids=["idle", "quiet", "all"])
def test_a_crowd_delays_nobody(case, kinds):
    """Passes go on, whoever scrapes is served, and few of the crowd are left to be held."""
    daemon, port = serve(case, interval="1s")
    descriptors = daemon.descriptors()
    with contextlib.closing(Crowd(port, *kinds)) as crowd:
        lists = len(case.sims[0].requests("list_members"))
        for _ in range(5):
            assert get(port, "/livez").status == 200
            assert get(port).status == 200
        assert ask(case, "GET", "/v1/status")[0] == 200
        wait_until(lambda: len(case.sims[0].requests("list_members")) >= lists + 3, process=daemon.process)
        assert crowd.count_open() <= 12
        assert daemon.descriptors() <= descriptors + 12
    wait_until(lambda: daemon.descriptors() <= descriptors, process=daemon.process)
    assert daemon.stop() == 0


def test_a_crowd_with_tls(case):
    tls = certify(case)
    daemon, port = serve(case, interval="1s", cert_file="web.pem", key_file="web.key")
    descriptors = daemon.descriptors()
    with contextlib.closing(Crowd(port, *KINDS)) as crowd:
        lists = len(case.sims[0].requests("list_members"))
        for _ in range(3):
            assert get(port, "/livez", tls=tls).status == 200
        wait_until(lambda: len(case.sims[0].requests("list_members")) >= lists + 3, process=daemon.process)
        assert crowd.count_open() <= 12
    wait_until(lambda: daemon.descriptors() <= descriptors, process=daemon.process)
    assert daemon.stop() == 0


def test_a_slow_client_has_its_time_and_no_more(case):
    """Bytes that come one by one keep no connection: its time runs from its beginning."""
    daemon, port = serve(case)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
        ended = threading.Event()

        def dribble():
            with contextlib.suppress(OSError):
                slow.sendall(HEAD)
                while not ended.wait(0.2):
                    slow.sendall(b"X: y\r\n")

        thread = threading.Thread(target=dribble, daemon=True)
        thread.start()
        slow.settimeout(60)
        with contextlib.suppress(ConnectionResetError):
            assert slow.recv(65536) == b""
        ended.set()
        thread.join()
    assert get(port).status == 200
    assert daemon.process.poll() is None


def test_addresses_have_shares(case):
    """The crowd of one address takes no place of another's."""
    case.secret("web.token", web.TOKEN)
    port = web.free_port("0.0.0.0")
    daemon, port = serve(case, port=port)
    case.settings["http"].update(listen=f"0.0.0.0:{port}", token_file="web.token", plain=True)
    case.write_settings()
    daemon.reload()
    wait_until(lambda: not web.refused(port, "127.0.0.2"), process=daemon.process)
    few = [socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.3", 0)) for _ in range(3)]
    many = [socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.4", 0)) for _ in range(100)]
    assert get(port, "/livez").status == 200
    for one in few:
        one.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b" 200 " in one.recv(65536)
    for one in few + many:
        one.close()
