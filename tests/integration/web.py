# SPDX-License-Identifier: MIT
"""The listener over TCP as a client meets it."""

import base64
import contextlib
import http.client
import json
import socket

from case import channel, entry, wait_until
from daemon import NEVER, Daemon

TOKEN = "web-TOKENTOKENTOKEN"

# What everything over HTTP says of itself.
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
           "Referrer-Policy": "no-referrer"}


def free_port(address="127.0.0.1"):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.text = response.status, response.headers, response.read().decode()

    @property
    def json(self):
        return json.loads(self.text)

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.text}"


def connect(port, address="127.0.0.1", tls=None):
    if tls:
        return http.client.HTTPSConnection(address, port, timeout=20, context=tls)
    return http.client.HTTPConnection(address, port, timeout=20)


def get(port, path="/v1/status", method="GET", tls=None, address="127.0.0.1", **headers):
    with contextlib.closing(connect(port, address, tls)) as connection:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return Answer(connection.getresponse())


def bearer(token=TOKEN):
    return {"Authorization": f"Bearer {token}"}


def basic(password=TOKEN, user="whoever"):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def raw(port, text, seconds=20):
    """What comes back on a connection, to its end."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        connection.sendall(text.encode() if isinstance(text, str) else text)
        parts = []
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65536):
                parts.append(part)
        return b"".join(parts).decode(errors="replace")


def serve(case, *args, port=None, interval=NEVER, env=None, limits=(), **http):
    """A daemon that shows itself, with one channel that a pass has read: (daemon, port)."""
    port = port or free_port()
    case.serve(channel("payments", "10.1.0.5"))
    case.roster(entry("payments", "10.1.0.5"))
    case.settings["interval"] = interval
    case.settings["http"] = {"listen": f"127.0.0.1:{port}", **http}
    daemon = Daemon(case, *args, env=env, wrap=limits)
    daemon.wait_ready()
    daemon.wait_status("1 in sync")
    return daemon, port


def refused(port, address="127.0.0.1"):
    try:
        socket.create_connection((address, port), timeout=5).close()
    except OSError:
        return True
    return False


def wait_for_line(daemon, part):
    return wait_until(lambda: [row for row in daemon.lines() if part in row["message"]], process=daemon.process)
