# SPDX-License-Identifier: MIT
"""A folder of its own for a test: settings, rosters, secrets, state, and the real programs run in it."""

import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

import pytest

import sim as stand_in

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROJECT, INSTANCE = stand_in.PROJECT, stand_in.INSTANCE

IN_SYNC, FAILED, DRIFT, HELD, USAGE, LOCKED, INVALID = 0, 1, 2, 3, 64, 75, 78

# What of the caller's environment would change what the programs do.
UNWANTED = ("ROSTERD_CONFIG", "CREDENTIALS_DIRECTORY", "STATE_DIRECTORY", "RUNTIME_DIRECTORY", "XDG_STATE_HOME",
            "NO_COLOR", "http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY",
            "no_proxy", "NO_PROXY", "JOURNAL_STREAM", "NOTIFY_SOCKET")

DEFAULTS = {
    "version": 1,
    "mode": "prune",
    "rosters": ["rosters.yaml"],
    "retry": {"attempts": 4, "base": "1ms", "cap": "5ms", "throttle_base": "1ms"},
    "limits": {"requests_per_second": 0},
}


def program(name):
    """$ROSTERD or $ROSTERCTL, else what the Makefile builds."""
    return os.environ.get(name.upper()) or str(ROOT / "build" / name)


def identifier(text):
    """32 hex digits, always the same for the same text."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def row(address, **fields):
    """A member of the stand-in's state: "host" or "host:port"."""
    host, _, port = address.partition(":")
    return {"host": host, **({"port": int(port)} if port else {}), **fields}


def channel(name, *members, **fields):
    """A channel of the stand-in's state: a server channel on port 8080, its members rows or addresses."""
    rows = [row(member) if isinstance(member, str) else member for member in members]
    return {"id": identifier(name), "name": name, "port": 8080, "member_type": "ip",
            "vpc_channel_type": "builtin", "members": rows, **fields}


def entry(name, *members, **fields):
    """A channel of a roster."""
    named = {} if "id" in fields else {"name": name}
    return {**named, "members": list(members), **fields}


def extras(report_channel):
    """The extras of a reported channel as {"host:port": outcome}."""
    return {f"{extra.get('host', extra.get('ecs_id'))}:{extra['port']}": extra["outcome"]
            for extra in report_channel["extra"]}


class Pace(threading.Thread):
    """A clock of the time that this machine gives to whoever waits: it goes slower where processors and the disk
    are busy with other work, as the programs do."""

    TICK = 0.02

    def __init__(self):
        super().__init__(daemon=True)
        self.ticks = 0
        self.file = tempfile.TemporaryFile()
        self.start()

    def run(self):
        while True:
            time.sleep(self.TICK)
            if self.ticks % 10 == 0:
                self.file.seek(0)
                self.file.write(b"x" * 4096)
                os.fsync(self.file.fileno())
            self.ticks += 1

    def seconds(self):
        return self.ticks * self.TICK


PACE = Pace()


def wait_until(condition, seconds=60, process=None):
    """Waits for what another process is about to do; its value. The bound is for what never comes."""
    end = PACE.seconds() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert process is None or process.poll() is None, "the program ended early"
        assert PACE.seconds() < end, "it never came"
        time.sleep(0.005)


class Result:
    """What a run left: its status and both outputs."""

    def __init__(self, status, stdout, stderr):
        self.status, self.stdout, self.stderr = status, stdout, stderr
        assert "Sanitizer" not in stderr and "runtime error:" not in stderr, stderr

    def __repr__(self):
        return f"status {self.status}\n{self.stdout}\n{self.stderr}"

    @property
    def report(self):
        return json.loads(self.stdout)

    @property
    def channels(self):
        return self.report["channels"]

    def channel(self, name):
        """The one reported channel of this name, or of instance/name."""
        rows = [c for c in self.channels if name in (c["name"], c["id"], f"{c['instance']}/{c['name']}")]
        assert len(rows) == 1, self
        return rows[0]

    def results(self):
        return {c["name"]: c["result"] for c in self.channels}

    def outcomes(self, name):
        return extras(self.channel(name))

    def deleted(self, name):
        return sorted(address for address, outcome in self.outcomes(name).items() if outcome == "deleted")


class Running:
    """A program under way."""

    def __init__(self, argv, environment, folder):
        self.process = subprocess.Popen(argv, env=environment, cwd=folder, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.pid = self.process.pid

    def poll(self):
        return self.process.poll()

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def finish(self, seconds=300):
        try:
            stdout, stderr = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            stdout, stderr = self.process.communicate()
            raise AssertionError(f"it did not end: {stdout}{stderr}") from None
        return Result(self.process.returncode, stdout, stderr)


def in_a_mount(script):
    """A command that runs the rest in mounts of its own, or a skip where that is not allowed."""
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
        pytest.skip("SKIPPED: a full or read-only disk needs the right to mount one")
    return ["unshare", "-m", "sh", "-c", script + ' && exec "$@"', "sh"]


class Case:
    """Settings are a dict in `settings` until the next run; instances, rosters and secrets are added by calls."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.state_dir = self.folder / "state"
        self.config = self.folder / "rosterd.yaml"
        self.settings = json.loads(json.dumps(DEFAULTS))
        self.settings["state_dir"] = str(self.state_dir)
        self.settings["control_socket"] = str(self.folder / "c.sock")
        self.settings["instances"] = {}
        self.sims = []
        self.running = []

    def close(self):
        for running in self.running:
            if running.poll() is None:
                running.process.kill()
                running.process.communicate()
        for sim in self.sims:
            sim.stop()

    # ---- the service ----

    def serve(self, *channels, name="prod", tls=False, faults=(), **parts):
        """Starts a stand-in with these channels and adds it to the settings; the Sim."""
        sim = self.simulate(stand_in.state(list(channels), faults=list(faults), **parts), tls)
        self.secret("token", "T1")
        self.attach(name, sim)
        return sim

    def simulate(self, state, tls=False, **how):
        """Starts a stand-in without naming it in the settings."""
        sim = stand_in.Sim(state, tls, **how)
        self.sims.append(sim)
        return sim

    def attach(self, name, sim, **fields):
        """An instance of the settings."""
        instance = {"endpoint": getattr(sim, "url", sim), "project_id": PROJECT, "instance_id": INSTANCE,
                    "auth": {"method": "token", "token_file": "token"}}
        if getattr(sim, "ca", None):
            instance["ca_file"] = sim.ca
        instance.update(fields)
        self.settings["instances"][name] = instance
        return instance

    # ---- files ----

    def secret(self, name, text, mode=0o600):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def roster(self, *entries, file="rosters.yaml", **fields):
        return self.write(file, json.dumps({"version": 1, **fields, "channels": list(entries)}, indent=1))

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def tune(self, **sections):
        """Changes keys of the settings; maps are merged."""
        for key, value in sections.items():
            if isinstance(value, dict):
                self.settings.setdefault(key, {}).update(value)
            else:
                self.settings[key] = value

    def write_settings(self):
        """The settings as YAML: JSON is some of it, but for durations, which must not stand in quotes."""
        text = re.sub(r'"(\d+(ms|s|m|h|d))"', r"\1", json.dumps(self.settings, indent=1))
        if not self.config.exists() or self.config.read_text() != text:
            self.config.write_text(text)

    def own_settings(self, text):
        self.config.write_text(text)
        self.settings = None

    def files(self):
        """Every file below the folder with its size and time of change."""
        return {str(path.relative_to(self.folder)): (path.stat().st_size, path.stat().st_mtime_ns)
                for path in self.folder.rglob("*")}

    # ---- the programs ----

    def environment(self, extra=None):
        environment = {key: value for key, value in os.environ.items()
                       if key not in UNWANTED and not key.startswith("HUAWEICLOUD_")}
        environment["HOME"] = str(self.folder)
        environment.update(extra or {})
        return environment

    def start(self, name, *args, env=None, config=True, wrap=()):
        """Starts a program in the folder, with -c unless told otherwise, behind the command `wrap`."""
        if self.settings is not None:
            self.write_settings()
        argv = [*wrap, program(name), *map(str, args), *(["-c", str(self.config)] if config else [])]
        running = Running(argv, self.environment(env), self.folder)
        self.running.append(running)
        return running

    def run(self, name, *args, seconds=300, **settings):
        return self.start(name, *args, **settings).finish(seconds)

    def once(self, *args, **settings):
        return self.run("rosterd", "--once", "--json", *args, **settings)

    def dry(self, *args, **settings):
        return self.once("--dry-run", *args, **settings)

    def plan(self, *args, **settings):
        return self.run("rosterctl", "plan", *args, **settings)

    def check(self, **settings):
        return self.run("rosterd", "--check", **settings)


def mutations(sim):
    """Every request that was not a mere reading."""
    return [request for request in sim.requests() if request["method"] != "GET"]


def deletions(sim, host_channel=None):
    return [request for request in sim.requests("delete_member")
            if host_channel in (None, request["channel"])]
