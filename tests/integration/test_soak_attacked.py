# SPDX-License-Identifier: MIT
"""A long life on a bad machine: somebody writes beside the rosters all the time, the disk turns read-only, nobody
reads the log, the wall clock is stepped, the service fails. Nothing that is wanted is deleted, nothing that is
paused, and everything that was sent is recorded.

$ROSTERD_SOAK_MINUTES says how long (0.1), $ROSTERD_SEED repeats what happens."""

import itertools
import mmap
import os
import random
import signal
import sqlite3
import struct
import subprocess
import threading
import time

import pytest

import case as cases
from case import channel, entry, wait_until
from daemon import Daemon, sanitized

MINUTES = float(os.environ.get("ROSTERD_SOAK_MINUTES", "0.1"))
SEED = int(os.environ.get("ROSTERD_SEED", "0")) or random.randrange(1, 1 << 30)
KEPT = [f"10.1.0.{number}" for number in range(1, 21)]
DAY = 86400
STEPS = [3600, -3600, 2 * DAY, -2 * DAY, 400 * DAY, -400 * DAY, 0]
OUTAGES = [{"status": 503}, {"reset": True}, {"status": 500, "code": "APIG.9999"}, {"truncate": 20}, {"stall": True},
           {"effect": True, "reset": True}, {"effect": True, "stall": True}]
NEIGHBOURS = ("sync.log", "b.yaml~", "a.yaml.lock", ".a.yaml.swp", "README")


@pytest.fixture(scope="module")
def preloaded(tmp_path_factory):
    library = tmp_path_factory.mktemp("machine") / "machine.so"
    subprocess.run(["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-O1", "-fPIC", "-shared", "-o", library,
                    cases.ROOT / "tests/soak/machine.c", "-ldl"], check=True)
    return library


class Machine:
    """What the program is told of the clock and of the disk."""

    def __init__(self, folder):
        self.path = folder / "machine"
        self.path.write_bytes(b"\0" * mmap.PAGESIZE)
        with open(self.path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def step(self, seconds):
        self.memory[0:8] = struct.pack("q", seconds)

    def read_only(self, whether):
        self.memory[8:16] = struct.pack("q", int(whether))


class Thread(threading.Thread):
    def __init__(self, work):
        super().__init__(daemon=True)
        self.ending = threading.Event()
        self.work = work
        self.start()

    def run(self):
        while not self.ending.is_set():
            self.work()

    def end(self):
        self.ending.set()
        self.join()


class Life:
    def __init__(self, case, preloaded):
        self.case, self.chance = case, random.Random(SEED)
        self.machine = Machine(case.folder)
        self.sim = case.serve(channel("payments", *KEPT), channel("orders", "10.2.0.1"))
        self.wanted, self.serial = list(KEPT), 0
        case.settings["rosters"] = ["rosters/*.yaml"]
        self.write()
        case.tune(interval="1s", guards={"max_deletes": 100000, "max_delete_percent": 100, "max_deletes_total": "off"},
                  retry={"attempts": 2, "base": "50ms", "cap": "200ms"},
                  limits={"timeout": "1s", "connect_timeout": "1s"})
        self.listen()
        self.daemon = Daemon(case, env={"LD_PRELOAD": str(preloaded), "MACHINE": str(self.machine.path)},
                             wrap=("sh", "-c", f'exec "$@" 2>{self.pipe}', "sh"))
        self.daemon.wait_status("2 in sync")
        paused = case.run("rosterctl", "pause", "orders", "--for", "24h", "--reason", "soak")
        assert paused.status == 0, paused
        self.sim.edit("orders", add=[{"host": "10.2.0.9"}])
        numbers = itertools.count()
        self.neighbour = Thread(lambda: self.disturb(next(numbers)))

    def listen(self):
        """The journal: it reads what the daemon says but while it is stopped."""
        self.pipe = self.case.folder / "journal"
        os.mkfifo(self.pipe)
        self.reading = threading.Event()
        self.reading.set()
        self.log = b""
        end = os.open(self.pipe, os.O_RDWR | os.O_NONBLOCK)
        def take():
            self.reading.wait(1)
            try:
                if self.reading.is_set():
                    self.log = (self.log + os.read(end, 65536))[-(1 << 20):]
            except BlockingIOError:
                time.sleep(0.02)
        self.journal = Thread(take)

    def disturb(self, number):
        path = self.case.folder / "rosters" / NEIGHBOURS[number % len(NEIGHBOURS)]
        path.write_text(f"{number}\n")
        if number % 3 == 0:
            path.unlink()
        time.sleep(0.1)

    def write(self):
        """Sometimes in place, sometimes by a rename."""
        if self.chance.random() < 0.5:
            self.case.roster(entry("payments", *self.wanted), entry("orders", "10.2.0.1"), file="rosters/a.yaml")
            return
        self.case.roster(entry("payments", *self.wanted), entry("orders", "10.2.0.1"), file="rosters/a.yaml.new")
        os.rename(self.case.folder / "rosters/a.yaml.new", self.case.folder / "rosters/a.yaml")

    # ---- what happens ----

    def address(self, net):
        self.serial += 1
        return f"10.{net}.{self.serial // 250 % 250}.{self.serial % 250 + 1}"

    def grow(self):
        """Somebody adds a member as documented: to the roster, then to the channel at once."""
        self.wanted.append(self.address(3))
        self.write()
        self.sim.edit("payments", add=[{"host": self.wanted[-1]}])

    def shrink(self):
        """The members that grew are no longer wanted: what is deleted now is meant."""
        self.wanted = list(KEPT)
        self.write()

    def drift(self):
        self.sim.edit("payments", add=[{"host": self.address(9)}])

    def outage(self):
        self.sim.faults([{"match": {}, "times": -1, "then": self.chance.choice(OUTAGES)}])
        self.spell()
        self.sim.clear_faults()

    def broken(self):
        """The last good set stays in force: that may be one from before a member grew."""
        self.wanted = list(KEPT)
        self.case.write("rosters/a.yaml", "version: 1\nchannels: [{nmae: payments, members: [x y]}]\n")
        self.spell()
        self.write()

    def read_only(self):
        self.machine.read_only(True)
        self.drift()
        self.spell()
        self.machine.read_only(False)

    def journal_stops(self):
        self.reading.clear()
        self.drift()
        self.spell()
        self.reading.set()

    def clock(self):
        self.machine.step(self.chance.choice(STEPS))

    def spell(self):
        time.sleep(self.chance.uniform(0.2, 2.5))

    def live(self, seconds):
        end = time.monotonic() + seconds
        happenings = [self.grow, self.shrink, self.drift, self.outage, self.broken, self.read_only, self.journal_stops,
                      self.clock]
        while time.monotonic() < end:
            self.chance.choice(happenings)()
            self.check()
            time.sleep(self.chance.uniform(0, 0.5))

    # ---- what must hold ----

    def check(self):
        assert self.daemon.poll() is None, self.log[-3000:]
        gone = set(self.wanted) - set(self.sim.hosts("payments"))
        assert not gone, f"members that are wanted are gone: {gone}\n{self.log.decode()[-9000:]}"
        assert self.sim.hosts("orders") == ["10.2.0.1", "10.2.0.9"], "a paused channel changed"

    def recover(self):
        """Everything works again, and what is there too much goes: one member at least."""
        self.drift()
        self.write()
        wait_until(lambda: self.sim.hosts("payments") == sorted(self.wanted), 90, self.daemon.process)
        wait_until(lambda: None not in self.recorded().values(), 90, self.daemon.process)

    def recorded(self):
        with sqlite3.connect(f"file:{self.case.state_dir / 'rosterd.db'}?mode=ro", uri=True) as database:
            return dict(database.execute("SELECT member_id, outcome FROM action WHERE kind = 'delete'"))

    def end(self):
        self.neighbour.end()
        self.reading.set()
        self.daemon.signal(signal.SIGTERM)
        assert self.daemon.process.wait(60) == 0, self.log[-3000:]
        self.journal.end()


@pytest.mark.skipif(sanitized(), reason="a sanitizer must be loaded first, and so must the bad machine")
def test_a_bad_machine_costs_no_member_and_no_record(case, preloaded):
    print(f"ROSTERD_SEED={SEED}")
    life = Life(case, preloaded)
    life.live(MINUTES * 60)
    life.recover()
    life.check()
    sent = {request["member"] for request in cases.deletions(life.sim)}
    recorded = life.recorded()
    print(f"{MINUTES} minutes, {life.daemon.reloads()} reloads, {len(sent)} members deleted, {len(recorded)} recorded")
    assert sent and sent <= set(recorded), f"deletions without a record: {sent - set(recorded)}"
    life.end()
