# SPDX-License-Identifier: MIT
"""Starting, steering and questioning the stand-in service (tests/romasim) from tests."""

import http.client
import json
import os
import pathlib
import ssl
import subprocess
import tempfile
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROJECT = "0123456789abcdef0123456789abcdef"
INSTANCE = "6a7b8c9d-0000-4000-8000-000000000001"
PREFIX = f"/v2/{PROJECT}/apic/instances/{INSTANCE}"
HEADERS = {"X-Auth-Token": "T1", "Content-Type": "application/json"}


def binary():
    """The stand-in's program: $ROMASIM, else what the Makefile builds."""
    named = os.environ.get("ROMASIM")
    if named:
        return named
    built = ROOT / "build" / "tests" / "romasim"
    return str(built / "romasim" if built.is_dir() else built)


# What a state has beside its instances; the rest is the instance's (`romasim --help` explains all).
STATE_KEYS = {"clock_skew_seconds", "projects", "tokens", "keys", "users", "agency", "instances", "faults",
              "iam_error_form", "key_lock_seconds", "user_lock_seconds"}


def instance(channels, **settings):
    """An instance of the state file with the usual ids."""
    return {"prefix": "apic", "project_id": PROJECT, "instance_id": INSTANCE, "channels": channels, **settings}


def state(channels, token="T1", **parts):
    """A state with one instance, its project, and one token for it; the parts are the state's or the instance's."""
    settings = {key: parts.pop(key) for key in set(parts) - STATE_KEYS}
    return {
        "projects": [{"id": PROJECT, "name": "cn-north-4"}],
        "tokens": [{"token": token, "project_id": PROJECT}],
        "instances": [instance(channels, **settings)],
        **parts,
    }


def make_certificate(folder):
    """A self-signed certificate for 127.0.0.1: (certificate file, key file)."""
    cert, key = str(pathlib.Path(folder) / "sim.crt"), str(pathlib.Path(folder) / "sim.key")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return cert, key


class Sim:
    """A running stand-in. Use as a context manager, or call stop(). It ends with the thread that started it."""

    def __init__(self, state_dict, tls=False, log=None, bind=None, port=0):
        self._folder = tempfile.TemporaryDirectory(prefix="romasim-")
        argv = [binary(), "--state", "-", "--port", str(port), *(["--bind", bind] if bind else [])]
        self.ca = None
        if tls:
            self.ca, key = make_certificate(self._folder.name)
            argv += ["--tls", f"{self.ca},{key}"]
        if log:
            argv += ["--log", str(log)]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            self.process.stdin.write(json.dumps(state_dict))
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        line = self.process.stdout.readline()
        if not line.startswith("romasim listening on "):
            self.process.kill()
            self.process.wait()
            self._folder.cleanup()
            raise RuntimeError("romasim did not start")
        self.url = line.split()[-1]
        self.port = urllib.parse.urlsplit(self.url).port
        self.host = f"127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        status = self.stop()
        if kind is None and status != 0:
            raise RuntimeError(f"romasim ended with {status}")

    def stop(self):
        """Ends the stand-in; its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process.stdout.close()
        self._folder.cleanup()
        return status

    def connection(self, timeout=10):
        """A connection to the service for a test that is itself the client."""
        if self.ca:
            context = ssl.create_default_context(cafile=self.ca)
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def _admin(self, method, path, body=None):
        connection = self.connection(30)
        try:
            connection.request(method, "/_sim/" + path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise ValueError(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text) if text else None

    def requests(self, op=None):
        """The requests so far in the order of their coming, or only those of one operation."""
        rows = self._admin("GET", "requests")["requests"]
        return [row for row in rows if op is None or row["op"] == op]

    def clear_requests(self):
        self._admin("DELETE", "requests")

    def faults(self, rules):
        """Appends rules."""
        self._admin("POST", "faults", rules)

    def clear_faults(self):
        self._admin("DELETE", "faults")

    def release(self):
        """Lets go of the answers that a fault with "hold" keeps back."""
        self._admin("POST", "release")

    def state(self):
        """Everything that is there: {"instances": [{..., "channels": [{..., "members": [...]}]}]}."""
        return self._admin("GET", "state")

    def members(self, channel):
        """The members that are really there now (never those that only lag behind in lists)."""
        return self._admin("GET", "members?channel=" + urllib.parse.quote(channel, safe=""))["members"]

    def hosts(self, channel):
        """The hosts of members(), sorted."""
        return sorted(row["host"] for row in self.members(channel))

    def edit(self, channel, add=(), remove=(), **more):
        """People change members: `add` are members of the state file's form, `remove`, `enable` and `disable` hosts,
        host:port or ids, `edit` fields to change beside a "member", `groups` a "member_group_name" and its
        "member_group_weight"."""
        changes = {key: list(value) for key, value in more.items()}
        self._admin("POST", "members", {"channel": channel, "add": list(add), "remove": list(remove), **changes})

    def switch(self, **settings):
        """Changes how the service behaves from now on: settings of the instance, or `channel` and its `quota`."""
        self._admin("POST", "settings", settings)

    def settings(self):
        """How the first instance behaves."""
        return self._admin("GET", "settings")["instances"][0]

    def effects(self, channel=None):
        """What became of members, in order: kind (add, update, enable, disable, delete), channel (its id), member,
        host or ecs_id, port, group, the fields of an update, and the number of the request, None for people."""
        rows = self._admin("GET", "effects")["effects"]
        return [row for row in rows if channel is None or row["channel"] == channel]

    def clear_effects(self):
        self._admin("DELETE", "effects")

    def in_service(self, channel):
        """(members that are there and enabled, the fewest that ever were since clear_stats())"""
        row = self._admin("GET", "members?channel=" + urllib.parse.quote(channel, safe=""))
        return row["in_service"], row["least_in_service"]

    def credentials(self, **lists):
        """Replaces tokens=, keys= or users=; replacing tokens revokes those issued by IAM too."""
        self._admin("POST", "credentials", lists)

    def stats(self):
        return self._admin("GET", "stats")

    def clear_stats(self):
        self._admin("DELETE", "stats")


def start(state_dict, tls=False, log=None):
    """A running Sim."""
    return Sim(state_dict, tls, log)


class Client:
    """Asks a stand-in for what it holds, a connection for each request; `headers` stand for the usual ones."""

    def __init__(self, service):
        self.sim = service

    def ask(self, method, path, body=None, headers=None):
        connection = self.sim.connection()
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        try:
            connection.request(method, path, body, HEADERS if headers is None else headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def status(self, method, path, body=None, headers=None):
        """(status, error code)"""
        answer, text = self.ask(method, path, body, headers)
        code = None
        if text.startswith(b"{"):
            code = json.loads(text).get("error_code")
        return answer.status, code

    def json(self, method, path, body=None):
        answer, text = self.ask(method, path, body)
        assert answer.status in (200, 201), text
        return json.loads(text)
