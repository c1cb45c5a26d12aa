# SPDX-License-Identifier: MIT
"""A bad time for a fleet: hosts stand still, die and come back, are cut off; members of etcd are stopped and hang;
answers are slow or none; rosters are pushed, late on some hosts; people add, pause and undo. No change is stale, each
was made known in etcd and recorded by whoever made it, no more than is wanted is ever deleted, and in the end all is
in sync.

$ROSTERD_SOAK_MINUTES says how long (0.5), $ROSTERD_SEED repeats what happens as far as clocks let it."""

import collections
import json
import os
import random
import sqlite3
import time

import pytest

import etcd
from case import PACE, channel, entry, wait_until

pytestmark = etcd.NEEDED

MINUTES = float(os.environ.get("ROSTERD_SOAK_MINUTES", "0.5"))
SEED = int(os.environ.get("ROSTERD_SEED", "0")) or random.randrange(1, 1 << 30)
HOSTS = ("a", "b", "c")
CHANNELS = {"one": ["one-1", "one-2"], "two": ["two-1"], "three": ["three-1", "three-2"]}
KEPT = [f"10.0.0.{number}" for number in range(1, 9)]


class Storm:
    def __init__(self, make):
        print(f"seed {SEED}")
        self.chance = random.Random(SEED)
        self.fleet = make({name: [channel(one, *KEPT) for one in names] for name, names in CHANNELS.items()},
                          hosts=HOSTS, members=3, handover="3s")
        self.fleet.tune(mode="sync", settle="0s")
        self.serial, self.spare = 0, []
        self.counts = collections.Counter()
        self.push(HOSTS)
        self.fleet.start()
        wait_until(lambda: len(self.fleet.owners()) == len(CHANNELS))

    def names(self):
        return [one for names in CHANNELS.values() for one in names]

    def addresses(self, net, count):
        """New ones: what comes and goes more than twice an hour is held, for somebody is fighting."""
        self.serial += count
        return [f"{net}.{number // 250}.{number % 250 + 1}" for number in range(self.serial - count, self.serial)]

    # ---- what happens ----

    def push(self, hosts=None):
        """New rosters, on some of the hosts; those that come later are the same for all."""
        self.spare = [*self.chance.sample(self.spare, len(self.spare) // 2), *self.addresses("10.5", 3)]
        for name in hosts or self.chance.sample(HOSTS, self.chance.randrange(1, 4)):
            case = self.fleet[name].case
            for instance, names in CHANNELS.items():
                case.roster(*(entry(one, *KEPT, *self.spare) for one in names), instance=instance, file=f"{instance}.yaml")
            case.tune(rosters=[f"{instance}.yaml" for instance in CHANNELS])

    def drift(self):
        for one in self.names():
            if self.chance.random() < 0.5:
                self.fleet.sim.edit(one, add=[{"host": host} for host in self.addresses("10.9", 1)])

    def freeze(self, host):
        host.freeze()
        time.sleep(self.chance.uniform(0.2, 8))
        host.thaw()

    def kill(self, host):
        host.kill()
        time.sleep(self.chance.uniform(0, 6))
        host.start()

    def stop(self, host):
        assert host.stop() == 0
        time.sleep(self.chance.uniform(0, 3))
        host.start()

    def cut(self, host):
        host.cut(self.chance.choice(["cut", "held"]))
        time.sleep(self.chance.uniform(0.5, 9))
        host.heal()

    def slow(self, host):
        then = self.chance.choice([{"delay_ms": self.chance.randrange(100, 1500)}, {"hold": True}, {"stall": True},
                                   {"status": 500, "code": "APIG.9999"}, {"reset": True, "effect": True}])
        self.fleet.sim.faults([{"match": {"op": self.chance.choice(["delete_member", "add_members"]),
                                          "who": host.name}, "times": 4, "then": then}])
        time.sleep(self.chance.uniform(0.5, 3))
        self.fleet.sim.clear_faults()
        self.fleet.sim.release()

    def member(self, _):
        member = self.chance.choice(self.fleet.members)
        if self.chance.random() < 0.5:
            member.freeze()
            time.sleep(self.chance.uniform(0.5, 6))
            member.thaw()
        else:
            member.stop()
            time.sleep(self.chance.uniform(0.5, 4))
            member.start()

    def quorum(self, _):
        for member in self.fleet.members[:2]:
            member.freeze()
        time.sleep(self.chance.uniform(1, 9))
        for member in self.fleet.members[:2]:
            member.thaw()

    def undo(self, host):
        """Whatever it was, and whether or not it could be had: the pause that comes with it ends."""
        self.counts["undone"] += host.ctl("undo", "--last").status == 0
        self.resume()

    def pause(self, host):
        self.counts["paused"] += host.ctl("pause", "--all", "--reason", "storm").status == 0
        time.sleep(self.chance.uniform(0, 2))
        self.resume()

    def resume(self):
        def over():
            for name in HOSTS:
                for one in [["--all"], *([instance] for instance in self.names())]:
                    self.fleet[name].ctl("resume", *one)
            return not self.fleet.keys("pauses/")
        wait_until(over, 300)

    def live(self, seconds):
        end = time.monotonic() + seconds
        deeds = [self.freeze, self.freeze, self.kill, self.stop, self.cut, self.slow, self.slow, self.member, self.quorum,
                 self.undo, self.pause]
        while time.monotonic() < end:
            if self.chance.random() < 0.3:
                self.push()
            self.drift()
            deed = self.chance.choice(deeds)
            self.counts[deed.__name__] += 1
            deed(self.fleet[self.chance.choice(HOSTS)])
            for host in self.fleet.hosts.values():
                assert host.daemon.poll() is None, host.daemon.text()[-4000:]

    # ---- the end ----

    def wanted(self):
        roster = json.loads((self.fleet["a"].case.folder / "one.yaml").read_text())
        return sorted(roster["channels"][0]["members"])

    def calm_down(self):
        self.push(HOSTS)
        self.drift()
        self.resume()
        wait_until(self.is_in_sync, 300)

    def is_in_sync(self):
        """With what undos have made a fight of, and who owns it now, approved by somebody."""
        if all(self.fleet.sim.hosts(one) == self.wanted() for one in self.names()):
            return True
        for host in self.fleet.hosts.values():
            status = host.ctl("status", "--json")
            for row in json.loads(status.stdout or "{}").get("channels", ()):
                if row["result"] == "held" and row["digest"]:
                    self.counts["approved"] += host.ctl("approve", row["digest"], "--yes").status == 0
        time.sleep(1)
        return False

    def recorded(self):
        """(channel's id, member's id, kind) of all changes in each host's own history."""
        found = {}
        for name in HOSTS:
            with sqlite3.connect(f"file:{self.fleet[name].case.state_dir}/rosterd.db?mode=ro", uri=True) as database:
                found[name] = set(database.execute("SELECT channel_id, member_id, kind FROM action"))
        return found

    def judge(self):
        self.fleet.judge()
        recorded = self.recorded()
        for row in self.fleet.changes():
            if row["op"] == "delete_member":
                assert (row["channel"], row["member"], "delete") in recorded[row["who"]], row
        deleted = {effect["host"] for effect in self.fleet.sim.effects() if effect["kind"] == "delete"}
        assert not deleted & set(KEPT), "what every roster wants was deleted"


def test_a_storm(make):
    storm = Storm(make)
    begun = PACE.seconds()
    storm.live(MINUTES * 60)
    storm.calm_down()
    storm.judge()
    changes = storm.fleet.changes()
    print(f"{PACE.seconds() - begun:.0f} s, {len(changes)} changes by {collections.Counter(row['who'] for row in changes)}, "
          f"{len(storm.fleet.history.hosts())} ownerships, {dict(storm.counts)}")
    assert len(storm.fleet.changers()) > 1 or MINUTES < 1
