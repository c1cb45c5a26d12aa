# SPDX-License-Identifier: MIT
"""How the daemon starts, and what keeps it from starting."""

import pathlib
import signal

from case import INVALID, LOCKED, channel, deletions, entry, mutations, wait_until
from daemon import NEVER, Daemon, outcomes

KEPT = ("10.1.0.5", "10.1.0.6", "10.1.0.7")
LIVE = channel("payments", *KEPT, "10.1.0.9")


def prepare(case, **settings):
    sim = case.serve(LIVE)
    case.roster(entry("payments", *KEPT))
    case.tune(**{"interval": NEVER, **settings})
    return sim


def test_it_says_what_it_serves(case):
    prepare(case)
    daemon = Daemon(case)
    daemon.wait_ready()
    row, = daemon.wait_line("STARTED")
    assert row["message"].endswith(": 1 channel of 1 instance")
    assert daemon.stop() == 0


def test_a_second_daemon_is_75_and_sends_nothing(case):
    sim = prepare(case)
    first = Daemon(case)
    first.wait_status("1 in sync")
    sim.clear_requests()
    second = Daemon(case)
    assert second.wait_end() == LOCKED
    assert not second.messages and not sim.requests()
    message = second.lines(level="err")[0]["message"]
    assert f"holds {case.state_dir}: ask that one with rosterctl (reconcile, approve)" in message
    if f":{(case.state_dir / 'lock').stat().st_ino} " in pathlib.Path("/proc/locks").read_text():
        assert f"another rosterd (pid {first.pid})" in message
    assert case.once().status == LOCKED
    assert first.stop() == 0
    assert case.once().status == 0, "the lock goes with its holder"


def test_the_lock_goes_with_a_killed_holder(case):
    prepare(case)
    first = Daemon(case)
    first.wait_status("1 in sync")
    first.signal(signal.SIGKILL)
    assert first.process.wait(30) == -signal.SIGKILL
    second = Daemon(case)
    second.wait_ready()
    assert second.stop() == 0


def test_a_dry_run_changes_nothing_records_nothing_and_holds_the_lock(case):
    sim = prepare(case)
    daemon = Daemon(case, "--dry-run")
    daemon.wait_status("1 with drift", "dry run")
    assert not mutations(sim) and len(sim.hosts("payments")) == 4
    assert sorted(path.name for path in case.state_dir.iterdir()) == ["lock"]
    assert Daemon(case).wait_end() == LOCKED
    assert Daemon(case, "--dry-run").wait_end() == LOCKED
    assert case.dry().status == 2, "one pass in dry run takes no lock"
    assert daemon.stop() == 0
    assert Daemon(case, "--dry-run").wait_ready()


def test_a_dry_run_stays_one_over_reloads(case):
    sim = prepare(case)
    daemon = Daemon(case, "--dry-run")
    daemon.wait_status("1 with drift", "next pass")
    for kept in KEPT, KEPT[:2]:
        # A reload asks for a pass, and the next reload would do away with one that has not begun.
        sim.clear_requests()
        case.roster(entry("payments", *kept))
        daemon.reload()
        wait_until(lambda: sim.requests("list_members"), process=daemon.process)
        daemon.wait_status("1 with drift", "dry run", "next pass", since=daemon.mark() - 1)
    assert not mutations(sim)


def test_every_error_is_told_at_the_start(case):
    prepare(case)
    case.write("rosters.yaml", "version: 1\nchannels:\n  - nmae: payments\n    colour: red\n    members: [10.1.0.5]\n")
    daemon = Daemon(case)
    assert daemon.wait_end() == INVALID
    messages = [row["message"] for row in daemon.lines("INVALID", "err")]
    assert [text for text in messages if "rosters.yaml:3:" in text and "nmae" in text], messages
    assert [text for text in messages if "rosters.yaml:4:" in text and "colour" in text], messages
    assert "rosterd does not start" in messages[-1]


def test_an_outage_at_the_start_ends_by_itself(case):
    """Neither a service that is down nor a state that waits for it ends the daemon."""
    sim = prepare(case, interval="1s")
    sim.faults([{"match": {"op": "list_channels"}, "times": 3, "then": {"status": 503}}])
    daemon = Daemon(case)
    daemon.wait_status("1 in sync")
    assert len(deletions(sim)) == 1
    assert daemon.stop() == 0


def test_it_goes_on_after_being_killed_in_mid_deletion(case):
    sim = prepare(case)
    sim.faults([{"match": {"op": "delete_member"}, "times": 1, "then": {"effect": True, "stall": True}}])
    daemon = Daemon(case)
    wait_until(lambda: deletions(sim), process=daemon.process)
    daemon.signal(signal.SIGKILL)
    daemon.process.wait(30)
    again = Daemon(case)
    again.wait_status("1 in sync")
    assert sim.hosts("payments") == sorted(KEPT)
    assert again.stop() == 0


def test_a_state_that_can_be_used_again_is_used(case):
    """Nothing is deleted without it, and everything that was due once it is there. Another place for it takes a
    restart, now as ever."""
    sim = prepare(case)
    case.state_dir.write_text("no directory")
    daemon = Daemon(case)
    daemon.wait_status("STATE unusable", "1 failed")
    assert len(sim.hosts("payments")) == 4
    case.tune(state_dir=str(case.folder / "elsewhere"))
    case.write_settings()
    daemon.wait_reload(1)
    case.state_dir.unlink()
    status = daemon.wait_status("1 in sync")
    assert "STATE" not in status
    assert sim.hosts("payments") == sorted(KEPT)
    assert outcomes(case) == ["deleted"] and not (case.folder / "elsewhere").exists()
    assert daemon.stop() == 0


def test_a_state_that_comes_back_while_a_roster_is_invalid_is_used(case):
    """The last good rosters are what passes go by, and they need nothing but the state."""
    sim = prepare(case)
    case.state_dir.write_text("no directory")
    daemon = Daemon(case)
    daemon.wait_status("STATE unusable", "1 failed")
    case.write("rosters.yaml", "version: 1\nchannels: {}\n")
    daemon.wait_status("INVALID")
    case.state_dir.unlink()
    daemon.wait_line("STATE", part="the state can be used again")
    assert "STATE" not in daemon.wait_status("INVALID", "1 in sync")
    assert sim.hosts("payments") == sorted(KEPT) and outcomes(case) == ["deleted"]
    assert daemon.stop() == 0


def test_a_state_that_comes_back_in_mid_pass_is_used_by_the_next(case):
    """The pass that began without it is not on record there."""
    sim = prepare(case)
    sim.faults([{"match": {"op": "list_members"}, "times": 1, "then": {"stall": True}}])
    case.tune(limits={"timeout": "15s"}, retry={"attempts": 2})
    case.state_dir.write_text("no directory")
    daemon = Daemon(case)
    wait_until(lambda: sim.requests("list_members"), process=daemon.process)
    case.state_dir.unlink()
    daemon.wait_line("STATE", part="the state can be used again")
    daemon.wait_status("1 in sync", since=daemon.mark())
    assert sim.hosts("payments") == sorted(KEPT) and outcomes(case) == ["deleted"]
    assert not [row for row in daemon.lines(level="err") if "pass" in row["message"]], daemon.text()
    assert daemon.stop() == 0
