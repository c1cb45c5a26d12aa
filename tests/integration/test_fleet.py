# SPDX-License-Identifier: MIT
"""Two hosts of a fleet, in short: one makes passes, the other stands by until that one stops or dies. The rest of
what a fleet must bear is in tests/fleet (make check-fleet)."""

import contextlib
import os
import pty
import select

import pytest

import etcd
import fleet as fleets
from case import LOCKED, channel, entry, program, wait_until

pytestmark = etcd.NEEDED

KEPT = [f"10.0.0.{i}" for i in range(1, 5)]


@pytest.fixture
def fleet(tmp_path):
    made = fleets.Fleet(tmp_path, {"prod": [channel("payments", *KEPT, "10.9.0.1")]}, hosts=("a", "b", "c"),
                        handover="10m")
    made.roster(entry("payments", *KEPT))
    yield made
    made.close()


def wait_in_sync(fleet):
    wait_until(lambda: fleet.sim.hosts("payments") == KEPT)


def test_one_host_makes_passes_and_the_next_one_takes_over(fleet):
    fleet.start("a")
    fleet.wait_owner("a")
    wait_in_sync(fleet)
    fleet.start("b")
    fleet["b"].daemon.wait_status("1 channel: 1 on standby")
    fleet.sim.edit("payments", add=[{"host": "10.9.0.2"}])
    wait_in_sync(fleet)
    assert fleet.changers() == ["a"] and not fleet.requests("b")

    # Whoever asks elsewhere is told where.
    told = fleet["b"].ctl("reconcile")
    assert told.status == LOCKED and "instance prod is a's" in told.stderr, told
    once = fleet["c"].case.once()
    assert once.status == LOCKED and "instance prod is a's" in once.stderr and not once.stdout, once
    assert not fleet.requests("c")

    # What stops cleanly hands over at once: neither the lease nor `handover` is waited for.
    assert fleet["a"].stop() == 0
    fleet.wait_owner("b")
    fleet.sim.edit("payments", add=[{"host": "10.9.0.3"}])
    wait_in_sync(fleet)
    assert fleet.changers() == ["a", "b"]
    assert fleet["b"].ctl("reconcile").status == 0
    assert fleet["b"].stop() == 0

    # A pass of a command has all instances for its time.
    fleet.sim.edit("payments", add=[{"host": "10.9.0.4"}])
    once = fleet["c"].case.once()
    assert once.status == 0 and once.deleted("payments") == ["10.9.0.4:8080"], once
    assert not fleet.keys("owner/") and fleet.changers() == ["a", "b", "c"]


def test_a_pass_on_a_terminal_ends_though_etcd_is_silent(fleet):
    """Its line of progress is shown each second, also while its instances are given back in vain."""
    fleet.roster(entry("payments", *KEPT, "10.9.0.1"))
    fleet.sim.faults([{"match": {"op": "list_members"}, "then": {"delay_ms": 400}}])
    case = fleet["a"].case
    case.write_settings()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(program("rosterd"), ["rosterd", "--once", "-c", str(case.config)], case.environment({"TERM": "xterm"}))
    wait_until(lambda: fleet.requests("a"))
    fleet["a"].cut("held")
    shown = ""
    with contextlib.suppress(OSError):  # when it ends
        while select.select([terminal], [], [], 60)[0]:
            shown += os.read(terminal, 65536).decode()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) >= 0, shown
    assert "1 channel: 1 in sync" in shown
    os.close(terminal)
