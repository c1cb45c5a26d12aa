# SPDX-License-Identifier: MIT
"""Several hosts on one service: etcd members, links to them that can be cut or held, a rosterd for each host, and
what the service and etcd saw of them."""

import json
import os
import select
import signal
import socket
import subprocess
import threading

import case as cases
import etcd
from daemon import Daemon

PREFIX = "/rosterd/"


class Link:
    """A way to one address, of one host: open, held (connected, and nothing goes through) or cut (refused)."""

    def __init__(self, port):
        self.target = port
        self.state, self.pairs = "open", []
        self.lock = threading.Lock()
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.wake = socket.socketpair()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def set(self, state):
        with self.lock:
            self.state = state
        self.wake[1].send(b"x")

    def close(self):
        self.set("closed")
        self.thread.join()

    def _drop(self, pair):
        for one in pair:
            one.close()
        self.pairs.remove(pair)

    def _accept(self):
        try:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.target), timeout=1)
        except OSError:
            try:
                client.close()
            except UnboundLocalError:
                pass
            return
        self.pairs.append((client, server))

    def _pass(self, one, other, pair):
        try:
            data = one.recv(65536)
            if data:
                other.sendall(data)
                return
        except OSError:
            pass
        self._drop(pair)

    def _run(self):
        while True:
            with self.lock:
                state = self.state
            if state in ("cut", "closed"):
                for pair in list(self.pairs):
                    self._drop(pair)
            if state == "closed":
                break
            ends = {one: (other, pair) for pair in self.pairs for one, other in (pair, pair[::-1])}
            watched = [self.wake[0], self.listener, *(ends if state == "open" else ())]
            for one in select.select(watched, [], [])[0]:
                if one is self.wake[0]:
                    one.recv(4096)
                elif one is self.listener and state == "cut":
                    one.accept()[0].close()
                elif one is self.listener:
                    self._accept()
                elif one.fileno() >= 0:
                    self._pass(one, *ends[one])
        for one in (self.listener, *self.wake):
            one.close()


class Host:
    """One rosterd: its folder, its rosters, its links to the members of etcd."""

    def __init__(self, fleet, name):
        self.fleet, self.name = fleet, name
        folder = fleet.folder / name
        folder.mkdir()
        self.case = cases.Case(folder)
        self.links = [Link(member.port) for member in fleet.members]
        self.case.secret("token", f"T-{name}")
        self.case.settings["fleet"] = {"etcd": {"endpoints": [link.url for link in self.links]}, "host": name,
                                       **fleet.timing}
        self.daemon = None

    def start(self, *args):
        self.daemon = Daemon(self.case, *args)
        self.daemon.wait_ready()
        return self.daemon

    def cut(self, state="cut"):
        for link in self.links:
            link.set(state)

    def heal(self):
        self.cut("open")

    def kill(self):
        self.daemon.signal(signal.SIGKILL)
        self.daemon.process.wait()

    def freeze(self):
        self.daemon.signal(signal.SIGSTOP)

    def thaw(self):
        self.daemon.signal(signal.SIGCONT)

    def stop(self):
        return self.daemon.stop()

    def ctl(self, *args):
        return self.case.run("rosterctl", *args)

    def said(self, part):
        """The lines of its log with that part."""
        return [row["message"] for row in self.daemon.lines() if part in row["message"]]

    def wait_said(self, part, count=1):
        return cases.wait_until(lambda: len(self.said(part)) >= count and self.said(part))

    def close(self):
        if self.daemon and self.daemon.poll() is None:
            self.thaw()
        self.case.close()
        for link in self.links:
            link.close()


class Fleet:
    """`instances`: {name: channels} at the service, each instance with an id of its own."""

    def __init__(self, folder, instances, hosts=("a", "b"), members=1, lease="5s", handover="0s"):
        self.folder = folder
        self.timing = {"lease": lease, "handover": handover}
        self.members = etcd.cluster(folder, members)
        self.instances = instances
        self.ids = ids = {name: f"6a7b8c9d-0000-4000-8000-{number:012d}" for number, name in enumerate(instances)}
        state = {"projects": [{"id": cases.PROJECT, "name": "cn-north-4"}],
                 "tokens": [{"token": f"T-{host}", "project_id": cases.PROJECT, "who": host} for host in hosts],
                 "instances": [cases.stand_in.instance(channels, instance_id=ids[name])
                               for name, channels in instances.items()]}
        self.sim = cases.stand_in.Sim(state)
        self.hosts = {name: Host(self, name) for name in hosts}
        for host in self.hosts.values():
            for name in instances:
                host.case.attach(name, self.sim, instance_id=ids[name])
            host.case.tune(interval="1s", limits={"timeout": "2s", "connect_timeout": "1s"},
                           guards={"max_deletes": 1000, "max_delete_percent": 100, "max_deletes_total": "off",
                                   "max_channels": "off"})
        self.history = OwnerHistory(self.members)

    def __getitem__(self, name):
        return self.hosts[name]

    def roster(self, *entries, hosts=None, **fields):
        """The same rosters on all hosts, or on some."""
        for name in hosts or self.hosts:
            self.hosts[name].case.roster(*entries, **fields)

    def tune(self, **sections):
        for host in self.hosts.values():
            host.case.tune(**sections)

    def start(self, *names):
        for name in names or self.hosts:
            self.hosts[name].start()

    # ---- what etcd has ----

    def keys(self, folder=""):
        def found():
            try:
                return [self.member().keys(PREFIX + folder)]
            except OSError:  # it has no leader, or hangs
                return None
        rows, = cases.wait_until(found, 300)
        return {key[len(PREFIX):]: json.loads(value) for key, value in rows.items()}

    def member(self):
        return next(member for member in self.members if member.is_running())

    def owners(self):
        """{instance's name: host}; those that nobody owns are not in it."""
        found = {}
        for value in self.keys("owner/").values():
            found.update({name: value["host"] for name in self.ids if self.ids[name] in value["instance"]})
        return found

    def lease_of(self, name):
        """The lease on which the host's keys hang."""
        key = etcd.encode(f"{PREFIX}hosts/{name}")
        return self.member().ask("kv/range", key=key)["kvs"][0]["lease"]

    def take_by_force(self, name):
        """Puts another owner where one is, without asking."""
        (key, value), = self.keys("owner/").items()
        kept = {"key": etcd.encode(PREFIX + key), "value": etcd.encode(json.dumps({**value, "host": name}))}
        self.member().ask("kv/deleterange", key=kept["key"])
        self.member().ask("kv/put", **kept)

    def owner(self):
        """Of the one instance; None."""
        return next(iter(self.owners().values()), None)

    def wait_owner(self, *names):
        return cases.wait_until(lambda: self.owner() if self.owner() in (names or self.hosts) else None)

    # ---- what the service saw ----

    def changes(self, who=None):
        """The changes in the order of their coming."""
        return [row for row in self.sim.requests() if row["method"] != "GET" and who in (None, row["who"])]

    def channels_of(self):
        """{part of an instance's key: the ids of its channels}"""
        return {self.ids[name]: {cases.identifier(one["name"]) for one in channels}
                for name, channels in self.instances.items()}

    def changers(self, channels=None):
        """Who made them, in some channels or all, without repetitions: ["a", "b"] is a take-over."""
        found = []
        for row in self.changes():
            if row["who"] not in found[-1:] and (channels is None or row["channel"] in channels):
                found.append(row["who"])
        return found

    def judge(self):
        """No change came after a newer owner's first: of each instance, who made changes follows who owned it, and
        each was made known before by the one who made it, under a token that grows."""
        known = {}  # the tokens under which a host made a change of a member known; of all additions, None
        for intent in self.keys("~intents/").values():
            for change in intent["changes"]:
                member = None if change["kind"] in ("add", "correct") else change["member_id"]
                known.setdefault((intent["host"], intent["channel_id"], member), set()).add(intent["token"])
        token = {}
        for row in self.changes():
            tokens = [one for one in known.get((row["who"], row["channel"], row["member"]), ())
                      if one >= token.get(row["channel"], 0)]
            assert tokens, f"stale, or not made known: {row}"
            token[row["channel"]] = min(tokens)
        for key, ids in self.channels_of().items():
            hosts = iter(self.history.hosts(key))
            assert all(who in hosts for who in self.changers(ids)), (self.changers(ids), self.history.hosts(key))

    def requests(self, who):
        return [row for row in self.sim.requests() if row["who"] == who]

    def close(self):
        for host in self.hosts.values():
            host.close()
        self.sim.stop()
        self.history.close()
        for member in self.members:
            member.close()


class OwnerHistory:
    """Every owner that an instance had, in order: (revision of the key's making, key, host)."""

    def __init__(self, members):
        self.endpoints = ",".join(member.url for member in members)
        self.tenures = []
        self.next, self.is_closed = 1, False
        self._watch()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _watch(self):
        self.process = subprocess.Popen(
            ["etcdctl", "--endpoints", self.endpoints, "watch", "--prefix", "--rev", str(self.next), "-w", "json",
             PREFIX + "owner/"], env={**os.environ, "ETCDCTL_API": "3"}, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)

    def _read(self):
        """etcd ends a watch while it has no leader: it goes on behind what was seen."""
        while not self.is_closed:
            for line in self.process.stdout:
                for event in json.loads(line).get("Events") or ():
                    self._take(event.get("type"), event["kv"])
            self.process.wait()
            self.process.stdout.close()
            if not self.is_closed:
                self._watch()

    def _take(self, kind, key):
        self.next = max(self.next, key["mod_revision"] + 1)
        if kind not in ("DELETE", 1):
            value = json.loads(etcd.decode(key["value"]))
            self.tenures.append((key["create_revision"], value["instance"], value["host"]))

    def hosts(self, part=""):
        """Of instances with that part in their key."""
        return [host for _, key, host in sorted(self.tenures) if part in key]

    def close(self):
        self.is_closed = True
        while self.thread.is_alive():
            self.process.kill()
            self.thread.join(0.1)
