# SPDX-License-Identifier: MIT
"""A dry run and an observing pass change nothing: not the service, not a file, not a lock."""

import pytest

from case import DRIFT, FAILED, HELD, IN_SYNC, channel, entry, mutations, row, wait_until

PAYMENTS = channel("payments", "10.1.0.5", "10.1.0.6", "10.1.0.9")
ROSTER = entry("payments", "10.1.0.5", "10.1.0.6")

DRY = {
    "rosterd --once --dry-run --json": ("rosterd", "--once", "--dry-run", "--json"),
    "rosterd --dry-run --once": ("rosterd", "--dry-run", "--once"),
    "rosterctl plan": ("rosterctl", "plan"),
    "rosterctl plan --json": ("rosterctl", "plan", "--json"),
}


def serve(case, *faults):
    sim = case.serve(PAYMENTS, faults=list(faults))
    case.roster(ROSTER)
    case.write_settings()
    return sim


@pytest.mark.parametrize("command", DRY)
def test_nothing_but_reads_leaves_the_machine_and_no_file_is_made(case, command):
    sim = serve(case)
    before = case.files()
    result = case.run(*DRY[command])
    assert result.status == DRIFT
    assert {r["method"] for r in sim.requests()} == {"GET"} and len(sim.hosts("payments")) == 3
    assert case.files() == before and not case.state_dir.exists()


@pytest.mark.parametrize("command", DRY)
def test_an_existing_state_is_read_and_left_as_it_is(case, command):
    sim = serve(case)
    assert case.once().status == IN_SYNC
    sim.edit("payments", add=[row("10.1.0.8")])
    before, content = case.files(), (case.state_dir / "rosterd.db").read_bytes()
    assert case.run(*DRY[command]).status == DRIFT
    assert case.files() == before and (case.state_dir / "rosterd.db").read_bytes() == content


def test_it_works_while_another_rosterd_holds_the_state(case):
    sim = serve(case, {"match": {"op": "delete_member"}, "times": 1, "then": {"delay_ms": 1500}})
    running = case.start("rosterd", "--once", "--json")
    wait_until(lambda: mutations(sim), process=running)
    for command in DRY.values():
        assert case.run(*command).status in (IN_SYNC, DRIFT)
    assert running.finish().status == IN_SYNC
    assert len(mutations(sim)) == 1


def test_a_dry_run_tells_what_a_real_run_would_do(case):
    sim = case.serve(PAYMENTS, channel("many", "10.2.0.1", "10.2.0.2", "10.2.0.3"), channel("sync", "10.3.0.1"),
                     channel("away", "10.4.0.1"), channel("pods", vpc_channel_type="microservice"))
    case.roster(ROSTER, entry("many", "10.2.0.1", guards={"max_deletes": 1}), entry("sync", "10.3.0.1"),
                entry("away", "10.4.0.1", "10.4.0.2"), entry("pods", "10.5.0.1"))
    dry, real = case.dry(), case.once()
    assert dry.results() == {"payments": "drift", "many": "held", "sync": "in_sync", "away": "drift",
                             "pods": "unmanageable"}
    assert real.results() == {**dry.results(), "payments": "converged"}
    assert dry.outcomes("payments") == {"10.1.0.9:8080": "planned"}
    assert set(dry.outcomes("many").values()) == {"held"}
    assert [c["digest"] for c in dry.channels] == [c["digest"] for c in real.channels]
    assert dry.status == real.status == FAILED and len(mutations(sim)) == 1


def test_a_guard_would_hold(case):
    serve(case)
    case.tune(guards={"max_deletes": 0})
    assert case.dry().status == HELD and case.plan().status == HELD


def test_a_dry_run_with_a_damaged_state_leaves_it_alone(case):
    sim = serve(case)
    case.state_dir.mkdir()
    (case.state_dir / "rosterd.db").write_bytes(b"no database" * 100)
    before = case.files()
    result = case.dry()
    assert result.status == FAILED and "damaged" in result.stderr
    assert case.files() == before and not mutations(sim)


def test_a_state_below_a_folder_that_is_not_there_does_not_matter(case):
    serve(case)
    case.tune(state_dir="/nonexistent/state")
    assert case.dry().status == DRIFT


@pytest.mark.parametrize("setting", ["settings", "roster"])
def test_observing_never_deletes(case, setting):
    sim = serve(case)
    if setting == "settings":
        case.tune(mode="observe")
    else:
        case.roster({**ROSTER, "mode": "observe"})
    for _ in range(2):
        result = case.once()
        assert result.status == DRIFT and result.channel("payments")["mode"] == "observe"
        assert result.outcomes("payments") == {"10.1.0.9:8080": "planned"}
    assert case.once("--approve", result.channel("payments")["digest"]).status == DRIFT
    assert not mutations(sim) and len(sim.hosts("payments")) == 3


def test_observing_in_sync_is_in_sync(case):
    case.serve(channel("payments", "10.1.0.5", "10.1.0.6"))
    case.roster(ROSTER)
    case.tune(mode="observe")
    assert case.once().status == IN_SYNC
