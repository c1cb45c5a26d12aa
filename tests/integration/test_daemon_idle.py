# SPDX-License-Identifier: MIT
"""What a daemon costs while nothing is to be done, and that it costs no more after months."""

import time

import pytest

from case import channel, entry, wait_until
from daemon import NEVER, Daemon, sanitized


def addresses(count):
    return [f"10.{number // 62500 + 1}.{number // 250 % 250}.{number % 250 + 1}" for number in range(count)]


def start(case, count=3, **settings):
    watchdog = settings.pop("watchdog_usec", None)
    sim = case.serve(channel("payments", *addresses(count)))
    case.roster(entry("payments", *addresses(count)))
    case.tune(**{"interval": NEVER, **settings})
    daemon = Daemon(case, watchdog_usec=watchdog)
    daemon.wait_status("1 in sync", "next pass")
    return sim, daemon


def test_between_passes_nothing_wakes_it_and_nothing_is_asked(case):
    sim, daemon = start(case)
    sim.clear_requests()

    def wakes(seconds):
        """How often it was woken in a span; there is no event to wait for where none may come."""
        before = daemon.proc("voluntary_ctxt_switches")
        time.sleep(seconds)
        return daemon.proc("voluntary_ctxt_switches") - before

    wait_until(lambda: wakes(0.5) == 0)
    assert wakes(2) == 0
    assert not sim.requests()


def test_the_watchdog_is_all_that_wakes_it(case):
    _, daemon = start(case, watchdog_usec=600000)
    fed, before = daemon.count("WATCHDOG"), daemon.proc("voluntary_ctxt_switches")
    wait_until(lambda: daemon.count("WATCHDOG") >= fed + 8, process=daemon.process)
    woken = daemon.proc("voluntary_ctxt_switches") - before
    assert woken <= 2 * (daemon.count("WATCHDOG") - fed)


def test_files_beside_the_watched_ones_wake_nobody_for_long(case):
    """A name that no roster has costs a glance, not a reload."""
    sim, daemon = start(case)
    sim.clear_requests()
    for number in range(100):
        case.write(f"notes-{number}.yaml", "nonsense: [")
    case.roster(entry("payments", *addresses(2)), file="rosters.yaml.draft")
    daemon.reload()
    assert daemon.reloads() == 1 and not daemon.lines(level="err")


@pytest.mark.skipif(sanitized(), reason="a sanitizer's memory is not the program's")
def test_memory_and_descriptors_do_not_grow(case):
    sim, daemon = start(case, 1000)

    def cycle(times):
        for _ in range(times):
            sim.clear_requests()
            daemon.reload()
            wait_until(lambda: len(sim.requests("list_members")) >= 2, process=daemon.process)

    def settled():
        daemon.wait_status("1 in sync", "next pass", since=daemon.mark() - 1)
        return daemon.proc("VmRSS"), daemon.descriptors()

    cycle(20)
    memory, descriptors = settled()
    cycle(100)
    later, descriptors_later = settled()
    assert later < 1.05 * memory, "100 passes and reloads later"
    assert descriptors_later <= descriptors + 2, "but for a connection under way"
    assert daemon.proc("VmHWM") < 18 * 1024, "18 MiB with 1,000 members"


@pytest.mark.skipif(sanitized(), reason="a sanitizer's memory is not the program's")
def test_memory_does_not_grow_by_outages_and_bad_rosters(case):
    sim, daemon = start(case, 1000, retry={"attempts": 1})
    sim.faults([{"match": {"op": "list_members"}, "times": -1, "then": {"status": 503}}])

    def cycle(times):
        for number in range(times):
            if number % 2:
                case.write("rosters.yaml", "version: 1\nchannels: [{nmae: payments, members: [x y]}]\n")
            else:
                case.roster(entry("payments", *addresses(1000)))
            daemon.reload()

    cycle(20)
    memory, descriptors = daemon.proc("VmRSS"), daemon.descriptors()
    cycle(100)
    assert daemon.proc("VmRSS") < 1.05 * memory
    assert daemon.descriptors() <= descriptors + 2, "but for a connection under way"
