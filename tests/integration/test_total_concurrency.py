# SPDX-License-Identifier: MIT
"""Many instances at once: requests and connections are bounded over all of them (limits.total_concurrency), each has
its turn, and those that give no answer do not hold up the others."""

import pytest

from case import DRIFT, IN_SYNC, PROJECT, channel, entry, identifier, wait_until
from daemon import Daemon

NEVER = "24h"


def many(case, count, channels=4, extras=0, faults=(), auth=None, **parts):
    """`count` instances of one service, each at an address of its own, with some channels."""
    names = [f"i{n}" for n in range(count)]
    members = ["10.1.0.5", "10.1.0.6", *(f"10.1.1.{n + 1}" for n in range(extras))]
    state = {
        "projects": [{"id": PROJECT, "name": "cn-north-4"}],
        "tokens": [{"token": "T1", "project_id": PROJECT}],
        "instances": [{"prefix": "apic", "project_id": PROJECT, "instance_id": identifier(name),
                       "channels": [{**channel(f"{name}-{c}", *members)} for c in range(channels)]}
                      for name in names],
        "faults": list(faults), **parts,
    }
    sim = case.simulate(state, bind="0.0.0.0")
    case.secret("token", "T1")
    for number, name in enumerate(names):
        case.attach(name, f"http://127.0.1.{number + 1}:{sim.port}", instance_id=identifier(name),
                    **({"auth": auth(sim)} if auth else {}))
        case.roster(*(entry(f"{name}-{c}", *members[:2]) for c in range(channels)), instance=name,
                    file=f"rosters.d/{name}.yaml")
    case.tune(rosters=["rosters.d"])
    return sim


def silent(*names, **then):
    """Faults by which these instances answer nothing before they are released."""
    return [{"match": {"path": f"*/instances/{identifier(name)}/*"}, "then": then or {"hold": True}} for name in names]


def asked(sim, name):
    return sum(identifier(name) in request["path"] for request in sim.requests())


@pytest.mark.parametrize("total", [1, 5])
def test_no_more_at_once_than_the_settings_say(case, total):
    """And an instance keeps its connection for all that it has to send, though others wait for it."""
    sim = many(case, 12)
    case.tune(limits={"total_concurrency": total})
    assert case.once().status == IN_SYNC
    stats = sim.stats()
    assert stats["max_in_flight"] <= total and stats["max_connections"] <= total
    assert stats["requests"] == 12 * 5
    # The last ones find permits free, which they use at once, each with a connection of its own.
    assert stats["connections"] <= 12 + 2 * total, "they are closed for others, and not before"


def test_all_of_it_is_used(case):
    sim = many(case, 6, faults=[{"match": {"op": "list_channels"}, "times": 4, "then": {"hold": True}}])
    case.tune(limits={"total_concurrency": 4})
    running = case.start("rosterd", "--once")
    wait_until(lambda: sim.stats()["in_flight"] == 4, process=running)
    sim.release()
    assert running.finish().status == IN_SYNC
    assert sim.stats()["max_in_flight"] == 4


def test_a_daemon_is_bounded_over_all_its_passes(case):
    sim = many(case, 12, extras=1)
    case.tune(limits={"total_concurrency": 3}, interval=NEVER, guards={"max_channels": "off"})
    daemon = Daemon(case)
    wait_until(lambda: sim.stats()["effects"]["delete"] == 12 * 4, process=daemon)
    daemon.wait_status("48 in sync")
    stats = sim.stats()
    assert stats["max_in_flight"] <= 3 and stats["max_connections"] <= 3
    assert daemon.stop() == 0


@pytest.mark.parametrize("count", [1, 3])
def test_silent_instances_do_not_hold_up_the_others(case, count):
    """Those that say nothing have their share, and no more, while the others have something to send."""
    names = [f"i{n}" for n in range(count)]
    sim = many(case, 9, channels=6, faults=silent(*names))
    case.tune(limits={"total_concurrency": 4, "timeout": "10m"})
    running = case.start("rosterd", "--once", "--json")
    wait_until(lambda: sim.stats()["requests"] == count + (9 - count) * 7, process=running)
    assert sim.stats()["in_flight"] == count, "all others are through, and these are still awaited"
    sim.clear_faults()
    sim.release()
    assert running.finish().status == IN_SYNC
    assert sim.stats()["max_in_flight"] <= 4


def test_requests_for_credentials_are_counted(case):
    """Each instance asks IAM for a token of its own, all at the start."""
    sim = many(case, 10, users=[{"domain": "d", "name": "u", "password": "P1", "projects": [PROJECT]}],
               auth=lambda sim: {"method": "password", "iam_endpoint": f"http://127.0.0.1:{sim.port}", "domain": "d",
                                 "user": "u", "password_file": "password"})
    case.secret("password", "P1")
    case.tune(limits={"total_concurrency": 2})
    assert case.once().status == IN_SYNC
    stats = sim.stats()
    assert stats["logins"] == 10 and stats["max_in_flight"] <= 2 and stats["max_connections"] <= 2


def test_a_signal_ends_those_who_wait(case):
    """Instances that never had a turn say so, and nothing is assumed of them."""
    sim = many(case, 5, faults=silent("i0"))
    case.tune(limits={"total_concurrency": 1, "timeout": "10m"})
    running = case.start("rosterd", "--once", "--json")
    wait_until(lambda: sim.stats()["in_flight"] == 1 and asked(sim, "i0") == 1, process=running)
    running.signal()
    result = running.finish()
    assert result.status == DRIFT and {c["result"] for c in result.channels} == {"drift"}
    assert all("stopped by" in c["error"]["message"] for c in result.channels)
    assert sim.stats()["requests"] == 1, "nobody else had a turn"
