# SPDX-License-Identifier: MIT
"""Many instances on three hosts: who has how many, and what etcd is asked while nothing changes hands."""

import collections
import re
import time
import urllib.request

import etcd
from case import channel, entry, wait_until

pytestmark = etcd.NEEDED

INSTANCES, MOST = 200, 80
LEASE_SECONDS = 12
KEPT = ("10.0.0.1", "10.0.0.2")


def asked(fleet):
    """Requests so far, by method, and messages of renewals."""
    with urllib.request.urlopen(f"{fleet.member().url}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    found = collections.Counter()
    for count, method, value in re.findall(
            r'grpc_server_(handled|msg_received)_total\{.*?grpc_method="(\w+)".*?\} (\S+)', text):
        if (count == "msg_received") == (method == "LeaseKeepAlive"):
            found[method] += int(float(value))
    return found


def passes(fleet):
    """Passes that ended so far, on all hosts that run."""
    total = 0
    for host in fleet.hosts.values():
        text = host.ctl("metrics").stdout
        total += sum(int(value) for value in re.findall(r"^rosterd_passes_total\{.*\} (\d+)$", text, re.M))
    return total


def test_two_hundred_instances_on_three_hosts(make):
    names = [f"gate{number:03}" for number in range(INSTANCES)]
    fleet = make({name: [channel(f"{name}-channel", *KEPT, "10.9.0.1")] for name in names}, hosts=("a", "b", "c"),
                 lease=f"{LEASE_SECONDS}s")
    for host in fleet.hosts.values():
        host.case.settings["fleet"]["max_instances"] = MOST
        for name in names:
            host.case.roster(entry(f"{name}-channel", *KEPT), instance=name, file=f"rosters.d/{name}.yaml")
        host.case.tune(rosters=["rosters.d"], interval="20s", limits={"timeout": "5s", "total_concurrency": 50})
    fleet.start()
    wait_until(lambda: len(fleet.owners()) == INSTANCES, 300)
    assert all(count <= MOST for count in collections.Counter(fleet.owners().values()).values())
    wait_until(lambda: all(fleet.sim.hosts(f"{name}-channel") == list(KEPT) for name in names), 300)
    # Nothing changes hands, and nothing is changed: records, renewals, and nothing else.
    before, passed, begun = asked(fleet), passes(fleet), time.monotonic()
    owners = fleet.owners()
    wait_until(lambda: passes(fleet) >= passed + 2 * INSTANCES, 300)
    after, made = asked(fleet) - before, passes(fleet) - passed
    seconds = time.monotonic() - begun
    assert fleet.owners() == owners
    hosts = len(fleet.hosts)
    assert INSTANCES <= after["Txn"] <= made + INSTANCES, (after, made)
    assert 0 < after["LeaseKeepAlive"] <= hosts * (seconds / (LEASE_SECONDS / 4) + 2), (after, seconds)
    # What this test asks for itself, and a watch that is begun anew.
    assert after["Put"] == after["LeaseGrant"] == after["DeleteRange"] == 0, after
    # Where one dies, the others take what they have room for, and no more.
    fleet["c"].kill()
    wait_until(lambda: sorted(collections.Counter(fleet.owners().values()).items()) == [("a", MOST), ("b", MOST)], 300)
    fleet.start("c")
    wait_until(lambda: len(fleet.owners()) == INSTANCES, 300)
    assert max(collections.Counter(fleet.owners().values()).values()) == MOST
    fleet.judge()
