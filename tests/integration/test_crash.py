# SPDX-License-Identifier: MIT
"""Killed at any instant: the history holds every deletion that the service saw, and the roster is reached.

$ROSTERD_KILLS says how often (100), $ROSTERD_SEED repeats a run."""

import json
import os
import random
import subprocess
import time

import pytest

import sim as stand_in
from case import DRIFT, FAILED, IN_SYNC, channel, entry, identifier, mutations, row, wait_until

KILLS = int(os.environ.get("ROSTERD_KILLS", "100"))
SEED = int(os.environ.get("ROSTERD_SEED", "0")) or random.randrange(1, 1 << 30)
ROUND = 100  # kills over one state
KEPT = [f"10.0.0.{i}" for i in range(1, 4)]
CHANNELS = ["payments", "orders", "search"]


def history(case):
    done = case.run("rosterctl", "history", "--json")
    assert done.status == IN_SYNC, done
    return json.loads(done.stdout)["actions"]


def deleted_by_us(sim):
    """The ids of the members that the service deleted at a request."""
    return {request["member"] for request in sim.requests("delete_member") if request["status"] == 204}


def kill_after(running, seconds):
    """SIGKILL at that time, unless it has ended by then; whether it was killed."""
    try:
        running.process.wait(seconds)
        was_killed = False
    except subprocess.TimeoutExpired:
        running.process.kill()
        was_killed = True
    running.process.communicate()
    return was_killed


@pytest.mark.parametrize("number_of_round", range(-(-KILLS // ROUND)))
def test_killed_at_random_instants(case, number_of_round):
    chance = random.Random(SEED + number_of_round)
    print(f"ROSTERD_SEED={SEED}")
    kills = min(ROUND, KILLS - number_of_round * ROUND)
    case.tune(guards={"max_deletes": 1000, "max_delete_percent": 100, "max_deletes_total": "off"}, interval="1s")
    sim = case.serve(*[channel(name, *KEPT) for name in CHANNELS], change_ms=2)
    case.roster(*[entry(name, *KEPT) for name in CHANNELS])
    number = 0
    seen = set()
    killed = killed_in_doubt = rounds = 0
    # A kill means something between the first deletion and the end of a run: how long a run is here and now is
    # learnt from those that came to their end.
    whole = 0.05
    while killed < kills or killed_in_doubt <= kills // 20:
        rounds += 1
        assert rounds < 20 * kills, (SEED, "no kill comes in mid-deletion", killed, killed_in_doubt)
        for name in CHANNELS:
            added = [{"host": f"10.{9 + number // 60000}.{number // 250 % 240}.{number % 250 + k + 1}"}
                     for k in range(chance.randrange(1, 6))]
            number += 6
            sim.edit(name, add=added)
        running = case.start("rosterd", *chance.choice([["--once"], []]), "--log-level", "err")
        killed += kill_after(running, chance.uniform(0.0, 1.2 * whole))
        killed_in_doubt += any(action["outcome"] is None for action in history(case))
        # The next start: settles what is in doubt, and reaches the roster.
        begun = time.monotonic()
        done = case.once()
        whole = 0.8 * whole + 0.2 * (time.monotonic() - begun)
        assert done.status == IN_SYNC, (SEED, done)
        actions = history(case)
        assert all(action["outcome"] for action in actions), SEED
        seen |= deleted_by_us(sim)
        sim.clear_requests()
        by_outcome = {action["member"]["id"] for action in actions if action["outcome"] == "deleted"}
        assert seen <= by_outcome, (SEED, seen - by_outcome)
        for name in CHANNELS:
            assert sim.hosts(name) == KEPT, SEED


@pytest.fixture
def small_disk(case):
    """A state directory on a tmpfs of its own."""
    case.state_dir.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "rosterd-test", str(case.state_dir)],
                             capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("no tmpfs can be mounted here")
    yield case
    subprocess.run(["umount", "-l", str(case.state_dir)], check=True)


def fill(folder):
    """Takes the last byte, and the last inode as far as the file's size lets it."""
    with open(folder / "ballast", "ab", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass


def test_full_disk_deletes_nothing(small_disk):
    case = small_disk
    sim = case.serve(channel("payments", *KEPT, "10.9.0.1"))
    case.roster(entry("payments", *KEPT))
    fill(case.state_dir)
    done = case.once()
    assert done.status == FAILED and not mutations(sim)
    assert "disk full" in done.stderr or "No space left" in done.stderr


def test_disk_that_fills_up_deletes_nothing_more(small_disk):
    case = small_disk
    sim = case.serve(channel("payments", *KEPT, "10.9.0.1"))
    case.roster(entry("payments", *KEPT))
    assert case.once().status == IN_SYNC
    fill(case.state_dir)
    sim.edit("payments", add=[{"host": f"10.9.1.{i}"} for i in range(1, 4)])
    sim.clear_requests()
    done = case.once()
    assert done.status == FAILED and not mutations(sim), done
    (case.state_dir / "ballast").unlink()
    assert case.once().status == IN_SYNC
    assert sim.hosts("payments") == KEPT
    assert len([a for a in history(case) if a["outcome"] == "deleted"]) == 4


OTHER = "6a7b8c9d-0000-4000-8000-000000000002"


@pytest.mark.parametrize("stays", ["orders", "web"])
def test_what_was_under_way_in_a_channel_that_left_the_rosters_is_settled(case, stays):
    """Also where no channel of its instance is left in them."""
    state = stand_in.state([channel("payments", *KEPT, "10.0.0.9"), channel("orders", *KEPT)])
    state["instances"].append(stand_in.instance([channel("web", *KEPT)], instance_id=OTHER))
    sim = case.simulate(state)
    sim.faults([{"match": {"op": "delete_member"}, "then": {"effect": True, "stall": True}}])
    case.secret("token", "T1")
    case.attach("prod", sim)
    case.attach("other", sim, instance_id=OTHER)
    case.tune(rosters=["a.yaml", "b.yaml"], interval="1s")
    case.roster(entry("payments", *KEPT), file="a.yaml", instance="prod")
    case.roster(entry("web", *KEPT), file="b.yaml", instance="other")
    running = case.start("rosterd")
    wait_until(lambda: "10.0.0.9" not in sim.hosts("payments"), process=running)
    kill_after(running, 0)
    assert [action["outcome"] for action in history(case)] == [None]
    case.tune(rosters=["a.yaml"] if stays == "orders" else ["b.yaml"])
    case.roster(entry("orders", *KEPT), file="a.yaml", instance="prod")
    lists = len(sim.requests("list_members"))
    running = case.start("rosterd")
    wait_until(lambda: [action["outcome"] for action in history(case)] == ["deleted"], process=running)
    wait_until(lambda: len(sim.requests("list_members")) > lists + 3, process=running)
    read = [request for request in sim.requests("list_members")[lists:]
            if request["channel"] == identifier("payments")]
    assert len(read) == 1, "it is read once more, and never again"
    running.signal()
    assert running.finish().status == 0


@pytest.mark.parametrize("then", ["wanted", "observe"])
def test_a_list_that_lags_does_not_make_a_failure_of_it(case, then):
    """The member has gone and is listed for a while: nothing will delete it again, and time has to tell."""
    sim = case.serve(channel("payments", *KEPT, "10.0.0.9"), eventual_ms=3000,
                     faults=[{"match": {"op": "delete_member"}, "times": 1, "then": {"effect": True, "stall": True}}])
    case.roster(entry("payments", *KEPT))
    running = case.start("rosterd")
    wait_until(lambda: "10.0.0.9" not in sim.hosts("payments"), process=running)
    kill_after(running, 0)
    if then == "wanted":
        case.roster(entry("payments", *KEPT, "10.0.0.9"))
    else:
        case.tune(mode="observe")
    result = case.once()
    assert result.status == (DRIFT if then == "wanted" else IN_SYNC)
    assert [action["outcome"] for action in history(case)] == ["deleted"], "and so it can be undone"
    assert "deleted 10.0.0.9:8080" in result.stderr and "not listed any more" in result.stderr, "told by who learnt of it"


def test_a_deletion_that_a_signal_cut_off_is_told_twice(case):
    """By the run that did not hear of it, and by the one that finds out."""
    sim = case.serve(channel("payments", *KEPT, "10.0.0.9"),
                     faults=[{"match": {"op": "delete_member"}, "times": 1, "then": {"effect": True, "stall": True}}])
    case.roster(entry("payments", *KEPT))
    running = case.start("rosterd", "--once")
    wait_until(lambda: "10.0.0.9" not in sim.hosts("payments"), process=running)
    running.signal()
    ended = running.finish()
    assert ended.status == DRIFT and "could not delete 10.0.0.9:8080" in ended.stderr
    assert "its outcome is not known" in ended.stderr
    assert "deleted 10.0.0.9:8080" in case.once().stderr


def test_a_deletion_that_was_never_sent_is_not_ours(case):
    """Three are recorded, the first is under way when rosterd is killed; then somebody removes the others."""
    extras = [row(f"10.0.0.{n}", id=f"e{n}") for n in (7, 8, 9)]
    sim = case.serve(channel("payments", *KEPT, *extras), faults=[
        {"match": {"op": "delete_member"}, "times": -1, "then": {"delay_ms": 60000, "effect": True}}])
    case.roster(entry("payments", *KEPT))
    running = case.start("rosterd", "--once")
    wait_until(lambda: sim.requests("delete_member"), process=running)
    (sent,) = {request["member"] for request in sim.requests("delete_member")}
    running.process.kill()
    running.process.communicate()
    sim.faults([])
    sim.edit("payments", remove=[f"10.0.0.{n}" for n in (7, 8, 9) if f"e{n}" != sent])
    assert case.once().status == IN_SYNC
    outcomes = {action["member"]["id"]: action["outcome"] for action in history(case)}
    assert outcomes == {f"e{n}": "deleted" if f"e{n}" == sent else "gone" for n in (7, 8, 9)}
