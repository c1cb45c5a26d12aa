# SPDX-License-Identifier: MIT
"""A real etcd of one member on loopback, for a test of its own."""

import base64
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import urllib.request

import pytest

import case as cases

NEEDED = pytest.mark.skipif(not shutil.which("etcd"), reason="NO ETCD: install etcd-server to test fleets")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def encode(text):
    return base64.b64encode(text.encode()).decode()


def decode(text):
    return base64.b64decode(text).decode()


class Etcd:
    """A running etcd of one member; `url` is where its clients ask. `tls`: (certificate, key, authorities), which asks
    for certificates of those authorities as well; by its own it is asked here."""

    def __init__(self, folder, tls=None, name="n1", peers=None):
        self.folder = pathlib.Path(folder) / f"etcd-{name}"
        self.port = free_port()
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        self.token = None
        self.is_frozen = False
        self.context = None
        peers = peers or {name: f"http://127.0.0.1:{free_port()}"}
        peer = peers[name]
        self.argv = ["etcd", "--name", name, "--data-dir", str(self.folder), "--listen-client-urls", self.url,
                     "--advertise-client-urls", self.url, "--listen-peer-urls", peer, "--initial-advertise-peer-urls",
                     peer, "--initial-cluster", ",".join(f"{one}={peers[one]}" for one in peers)]
        if tls:
            self.argv += ["--cert-file", tls[0], "--key-file", tls[1], "--trusted-ca-file", tls[2],
                          "--client-cert-auth"]
            self.context = ssl.create_default_context(cafile=tls[2])
            self.context.load_cert_chain(tls[0], tls[1])
        self.begin()
        if len(peers) == 1:
            self.wait()

    def begin(self):
        self.process = subprocess.Popen(self.argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**os.environ, "ETCD_UNSUPPORTED_ARCH": "arm64"})

    def wait(self):
        cases.wait_until(self.has_leader, process=self.process)

    def start(self):
        self.begin()
        self.wait()

    def has_leader(self):
        try:
            return self.ask("maintenance/status").get("leader", "0") != "0"
        except OSError:
            return False

    def ask(self, path, **body):
        request = urllib.request.Request(f"{self.url}/v3/{path}", json.dumps(body).encode())
        if self.token:
            request.add_header("Authorization", self.token)
        with urllib.request.urlopen(request, timeout=20, context=self.context) as answer:
            return json.load(answer)

    def keys(self, prefix="/rosterd/"):
        """What stands there: {key: value}."""
        rows = self.ask("kv/range", key=encode(prefix), range_end=encode(prefix[:-1] + chr(ord(prefix[-1]) + 1)))
        return {decode(row["key"]): decode(row.get("value", "")) for row in rows.get("kvs", [])}

    # ---- users ----

    def ask_for_users(self):
        """From now on; root may do all, and asks from here."""
        self.add_user("root", "r00t")
        self.ask("auth/enable")
        self.token = self.ask("auth/authenticate", name="root", password="r00t")["token"]

    def add_user(self, name, password):
        """With a role of that name."""
        self.ask("auth/role/add", name=name)
        self.ask("auth/user/add", name=name, password=password)
        self.ask("auth/user/grant", user=name, role=name)

    def allow(self, name, kind, prefix="/rosterd/"):
        """READ, WRITE or READWRITE."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        self.ask("auth/role/grant", name=name,
                 perm={"permType": kind, "key": encode(prefix), "range_end": encode(end)})

    def is_running(self):
        return self.process.poll() is None and not self.is_frozen

    def freeze(self):
        self.is_frozen = True
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.is_frozen = False
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def cluster(folder, count):
    """So many members that are one etcd."""
    peers = {f"n{number}": f"http://127.0.0.1:{free_port()}" for number in range(1, count + 1)}
    members = [Etcd(folder, name=name, peers=peers) for name in peers]
    for member in members:
        member.wait()
    return members
