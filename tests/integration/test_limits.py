# SPDX-License-Identifier: MIT
"""How much at once and how fast, and how a pass ends before its time: deadline, signals, a locked or broken
state."""

import json
import os
import signal
import sqlite3

import pytest

from case import (DRIFT, FAILED, IN_SYNC, LOCKED, channel, deletions, entry, identifier, in_a_mount, mutations,
                  wait_until)


def many(case, count, extras=1, **state):
    """`count` channels, each with two good members and some extras."""
    served = [channel(f"ch-{n}", "10.1.0.5", "10.1.0.6", *(f"10.1.1.{m + 1}" for m in range(extras)))
              for n in range(count)]
    sim = case.serve(*served, **state)
    case.tune(guards={"max_deletes_total": "off", "max_channels": "off"})
    case.roster(*(entry(f"ch-{n}", "10.1.0.5", "10.1.0.6") for n in range(count)))
    case.tune(guards={"max_delete_percent": 100, "max_deletes": 100})
    return sim


def one(case, extras, **state):
    """One channel with many extras."""
    return many(case, 1, extras, **state)


def stop_while_deleting(case, sim, number=signal.SIGTERM, *args):
    """A pass that gets a signal while its first deletion is under way."""
    running = case.start("rosterd", "--once", "--json", *args)
    wait_until(lambda: deletions(sim), process=running)
    running.signal(number)
    return running.finish()


# ---- how much at once ----


@pytest.mark.parametrize("concurrency", [1, 3])
def test_no_more_channels_side_by_side_than_the_settings_say(case, concurrency):
    sim = many(case, 9, faults=[{"match": {"op": "list_members"}, "times": concurrency, "then": {"hold": True}}])
    case.tune(limits={"concurrency": concurrency})
    running = case.start("rosterd", "--once")
    wait_until(lambda: len(sim.requests("list_members")) == concurrency, process=running)
    sim.release()
    assert running.finish().status == IN_SYNC
    assert sim.stats()["max_in_flight"] == concurrency


def test_one_mutation_at_a_time_in_a_channel(case):
    sim = many(case, 4, extras=5, change_ms=10,
               faults=[{"match": {"op": "delete_member"}, "times": 4, "then": {"hold": True}}])
    running = case.start("rosterd", "--once")
    wait_until(lambda: len(deletions(sim)) == 4, process=running)
    sim.release()
    assert running.finish().status == IN_SYNC
    assert set(sim.stats()["max_mutations_in_flight"].values()) == {1}
    assert sim.stats()["per_op"]["delete_member"] == 20, "none met another and had to be sent again"
    assert sim.stats()["max_in_flight"] == 4, "but channels go side by side"


@pytest.mark.parametrize("per_second", [4, 10])
def test_no_more_requests_in_a_second_than_the_settings_say(case, per_second):
    """Where the machine is busy, less; or, of one that could not read them as they came, more in a row."""
    sim = many(case, 4)
    case.tune(limits={"requests_per_second": per_second})
    for _ in range(5):
        sim.clear_stats()
        assert case.once().status == IN_SYNC
        begun, = sim.stats()["max_begun_in_one_second"].values()
        if begun <= per_second:
            break
    assert per_second // 2 <= begun <= per_second


# ---- the deadline ----


def test_the_deadline_ends_a_pass_with_what_it_did(case):
    sim = one(case, 9, change_ms=400)
    case.tune(limits={"pass_deadline": "1s"})
    result = case.once()
    outcomes = [extra["outcome"] for extra in result.channel("ch-0")["extra"]]
    done = outcomes.count("deleted")
    assert result.status == DRIFT and result.channel("ch-0")["result"] == "drift"
    assert done >= 1 and outcomes == ["deleted"] * done + ["skipped"] * (9 - done)
    assert len(deletions(sim)) == done and len(sim.hosts("ch-0")) == 11 - done
    assert "deadline" in result.channel("ch-0")["error"]["message"]


def test_the_deadline_cuts_channels_that_had_no_turn(case):
    sim = many(case, 3, faults=[{"match": {"op": "list_members"}, "then": {"delay_ms": 700}}])
    case.tune(limits={"pass_deadline": "1s", "concurrency": 1})
    result = case.once()
    assert result.status == DRIFT and len(result.channels) == 3
    assert "in_sync" not in result.results().values() and not mutations(sim)[2:]


# ---- signals ----


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_deletion_in_flight_finish_and_skips_the_rest(case, number):
    sim = one(case, 4, change_ms=1500)
    result = stop_while_deleting(case, sim, number)
    outcomes = [extra["outcome"] for extra in result.channel("ch-0")["extra"]]
    assert result.status == DRIFT and outcomes == ["deleted", "skipped", "skipped", "skipped"]
    assert len(deletions(sim)) == 1 and deletions(sim)[0]["status"] == 204
    assert len(sim.hosts("ch-0")) == 5 and result.report["result"] == "drift"
    assert [row[0] for row in recorded(case)] == outcomes, "and it is recorded so"


def test_a_signal_while_a_stalled_service_is_awaited_does_not_wait_for_it(case):
    sim = one(case, 3, faults=[{"match": {"op": "delete_member"}, "then": {"stall": True, "effect": True}}])
    result = stop_while_deleting(case, sim)
    reported = result.channel("ch-0")
    assert result.status in (DRIFT, FAILED) and len(deletions(sim)) == 1
    assert [extra["outcome"] for extra in reported["extra"]][1:] == ["skipped", "skipped"]
    assert "not known" in reported["error"]["message"]
    assert [row[0] for row in recorded(case)] == [None, "skipped", "skipped"], "it stays undecided"


def test_a_signal_before_anything_was_read(case):
    sim = one(case, 3, faults=[{"match": {"op": "list_channels"}, "then": {"stall": True}}])
    running = case.start("rosterd", "--once", "--json")
    wait_until(sim.requests, process=running)
    running.signal()
    result = running.finish(30)
    assert result.status == DRIFT and result.channel("ch-0")["result"] == "drift"
    assert "SIGTERM" in result.channel("ch-0")["error"]["message"] and not mutations(sim)


def test_a_signal_while_a_retry_is_waited_for_ends_at_once(case):
    sim = one(case, 3, faults=[{"match": {"op": "delete_member"}, "then": {"status": 503}}])
    case.tune(retry={"base": "1h", "cap": "1h"})
    running = case.start("rosterd", "--once", "--json")
    wait_until(lambda: deletions(sim) and deletions(sim)[0]["status"], process=running)
    running.signal()
    result = running.finish(30)
    assert result.status in (DRIFT, FAILED) and len(deletions(sim)) == 1
    assert [extra["outcome"] for extra in result.channel("ch-0")["extra"]][1:] == ["skipped", "skipped"]


def test_the_next_pass_goes_on_where_a_signal_ended_one(case):
    sim = one(case, 4, change_ms=400)
    stop_while_deleting(case, sim)
    assert case.once().status == IN_SYNC and sim.hosts("ch-0") == ["10.1.0.5", "10.1.0.6"]


# ---- the state ----


def recorded(case):
    """Outcomes and members of the history, in order."""
    with sqlite3.connect(f"file:{case.state_dir}/rosterd.db?mode=ro", uri=True) as db:
        return db.execute("SELECT outcome, member FROM action ORDER BY id").fetchall()


def test_every_deletion_is_recorded_with_the_complete_member(case):
    sim = one(case, 2)
    before = {m["id"]: m for m in sim.members("ch-0")}
    assert case.once().status == IN_SYNC
    rows = recorded(case)
    assert [outcome for outcome, _ in rows] == ["deleted", "deleted"]
    for _, member in rows:
        assert json.loads(member) == before[json.loads(member)["id"]]


def test_channels_share_commits(case):
    """What is recorded by one commit bears one time; the end of the pass is another."""
    names = [f"ch-{i}" for i in range(200)]
    case.tune(guards={"max_deletes": 10, "max_delete_percent": 100, "max_deletes_total": "off", "max_channels": "off"},
              limits={"requests_per_second": 0})
    sim = case.serve(*(channel(name, "10.1.0.5", *(f"10.2.0.{n}" for n in range(10))) for name in names))
    case.roster(*(entry(name, "10.1.0.5") for name in names))
    assert case.once().status == IN_SYNC and len(deletions(sim)) == 2000
    with sqlite3.connect(f"file:{case.state_dir}/rosterd.db?mode=ro", uri=True) as db:
        assert db.execute("SELECT count(*) FROM action WHERE outcome = 'deleted'").fetchone()[0] == 2000
        assert db.execute("SELECT count(DISTINCT recorded_usec) + 1 FROM action").fetchone()[0] <= 200


def test_a_deletion_is_recorded_before_it_is_sent(case):
    sim = one(case, 2, faults=[{"match": {"op": "delete_member"}, "then": {"stall": True}}])
    running = case.start("rosterd", "--once")
    wait_until(lambda: deletions(sim), process=running)
    running.process.kill()
    assert [outcome for outcome, _ in recorded(case)] == [None, None]


def test_two_rosterds_on_two_states_and_two_on_one(case):
    sim = one(case, 2, faults=[{"match": {"op": "list_members"}, "times": 1, "then": {"stall": True}}])
    first = case.start("rosterd", "--once", "--json")
    wait_until(lambda: sim.requests("list_members"), process=first)
    assert case.once().status == LOCKED
    case.tune(state_dir=str(case.folder / "elsewhere"))
    assert case.once().status == IN_SYNC
    first.process.kill()
    first.process.communicate()
    case.tune(state_dir=str(case.state_dir))
    assert case.once().status == IN_SYNC, "a killed one leaves no lock"


def refuse_to_delete(case, sim, **settings):
    """A pass without a usable state: nothing is deleted, and everybody is told why; the result."""
    result = case.once(**settings)
    assert result.status == FAILED and not mutations(sim), result
    reported = result.channel("ch-0")
    assert reported["result"] == "failed" and reported["error"]["message"]
    assert set(result.outcomes("ch-0").values()) <= {"skipped", "planned"}
    assert str(case.state_dir) in result.stderr
    return result


def advise(result):
    """Whoever reads it knows what to do about it."""
    for part in (f"uid {os.geteuid()} can write", "state_dir in the settings", "StateDirectory="):
        assert part in result.stderr, result


@pytest.mark.parametrize("content", [b"this is no database", b"SQLite format 3\0" + b"\xff" * 4080, b"\0" * 8192])
def test_a_damaged_database_is_left_as_it_is(case, content):
    sim = one(case, 2)
    case.state_dir.mkdir(mode=0o700)
    database = case.state_dir / "rosterd.db"
    database.write_bytes(content)
    result = refuse_to_delete(case, sim)
    assert "damaged" in result.stderr and database.read_bytes() == content
    database.unlink()
    assert case.once().status == IN_SYNC


def test_a_page_of_the_database_that_is_damaged(case):
    sim = one(case, 2)
    assert case.once().status == IN_SYNC
    sim.edit("ch-0", add=[{"host": "10.1.1.7"}])
    sim.clear_requests()
    database = case.state_dir / "rosterd.db"
    good = database.read_bytes()
    bad = good[:4096] + b"\xa5" * (len(good) - 4096)
    database.write_bytes(bad)
    refuse_to_delete(case, sim)
    assert database.read_bytes() == bad


def test_a_state_directory_that_is_a_file(case):
    sim = one(case, 2)
    case.state_dir.write_text("a file")
    advise(refuse_to_delete(case, sim))
    dry = case.dry()
    assert "cannot be read" in dry.stderr and "state_dir in the settings" in dry.stderr, dry


def test_a_state_directory_below_one_that_is_not_there(case):
    sim = one(case, 2)
    case.state_dir = case.folder / "no" / "such" / "folder"
    case.tune(state_dir=str(case.state_dir))
    advise(refuse_to_delete(case, sim))


def test_a_full_disk(case):
    sim = one(case, 2)
    case.state_dir.mkdir()
    wrap = in_a_mount(f"mount -t tmpfs -o size=64k none {case.state_dir} && "
                      f"{{ head -c 65536 /dev/zero >{case.state_dir}/full || :; }} 2>/dev/null")
    result = refuse_to_delete(case, sim, wrap=wrap)
    assert "space" in result.stderr or "full" in result.stderr, result


def test_a_read_only_disk(case):
    sim = one(case, 2)
    assert case.once().status == IN_SYNC
    sim.edit("ch-0", add=[{"host": "10.1.1.7"}])
    sim.clear_requests()
    refuse_to_delete(case, sim, wrap=in_a_mount(
        f"mount --bind {case.state_dir} {case.state_dir} && mount -o remount,ro,bind {case.state_dir}"))


def test_a_directory_that_cannot_be_written(case):
    """Root may write anywhere, unless it gives that power up."""
    sim = one(case, 2)
    case.state_dir.mkdir(mode=0o500)
    powerless = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    refuse_to_delete(case, sim, wrap=powerless)
    assert list(case.state_dir.iterdir()) == []


def test_without_anything_to_delete_a_broken_state_is_still_a_failure(case):
    case.serve(channel("ch-0", "10.1.0.5"))
    case.roster(entry("ch-0", "10.1.0.5"))
    case.state_dir.write_text("a file")
    result = case.once()
    assert result.status == FAILED and result.channel("ch-0")["live"] == 1
    assert identifier("ch-0") == result.channel("ch-0")["id"]
