# SPDX-License-Identifier: MIT
"""Exit statuses, usage and help: what scripts see of rosterd and rosterctl before any JSON."""

import re

import pytest

import case as cases
from case import DRIFT, FAILED, HELD, IN_SYNC, INVALID, LOCKED, USAGE, channel, entry, wait_until

EXTRA = channel("payments", "10.1.0.5", "10.1.0.6", "10.1.0.9")
ROSTER = entry("payments", "10.1.0.5", "10.1.0.6")


def prepare(case, served, *entries, **settings):
    sim = case.serve(*served)
    case.roster(*entries)
    case.tune(**settings)
    return sim


# name, channels served, roster, settings, statuses of (--once, dry run)
STATUSES = {
    "in sync": ([channel("payments", "10.1.0.5")], [entry("payments", "10.1.0.5")], {}, IN_SYNC, IN_SYNC),
    "an extra": ([EXTRA], [ROSTER], {}, IN_SYNC, DRIFT),
    "a missing member": ([channel("payments", "10.1.0.5")], [ROSTER], {}, DRIFT, DRIFT),
    "observe": ([EXTRA], [ROSTER], {"mode": "observe"}, DRIFT, DRIFT),
    "a guard": ([EXTRA], [ROSTER], {"guards": {"max_deletes": 0}}, HELD, HELD),
    "no such channel": ([EXTRA], [entry("search", "10.1.0.5")], {}, FAILED, FAILED),
    "unmanageable": ([channel("payments", vpc_channel_type="microservice", type=3)], [ROSTER], {}, FAILED, FAILED),
}


@pytest.mark.parametrize("name", STATUSES)
def test_a_pass_ends_with_the_status_of_what_it_found(case, name):
    served, entries, settings, once, dry = STATUSES[name]
    prepare(case, served, *entries, **settings)
    assert case.dry().status == dry
    assert case.plan().status == dry
    assert case.run("rosterd", "--once", "--dry-run").status == dry
    result = case.once()
    assert result.status == once, result
    assert result.report["channels"], "the report comes before the program ends"


def test_failure_outranks_a_guard_outranks_drift_outranks_sync(case):
    prepare(case, [EXTRA, channel("search", "10.2.0.1"), channel("mail", "10.3.0.1"),
                   channel("web", "10.4.0.1", "10.4.0.9", "10.4.0.8")],
            ROSTER, entry("search", "10.2.0.1"))
    assert case.once().status == IN_SYNC
    case.roster(ROSTER, entry("search", "10.2.0.1"), entry("mail", "10.3.0.1", "10.3.0.2"))
    assert case.once().status == DRIFT
    case.roster(ROSTER, entry("mail", "10.3.0.1", "10.3.0.2"),
                entry("web", "10.4.0.1", guards={"max_deletes": 1}))
    assert case.once().status == HELD
    case.roster(ROSTER, entry("nowhere", "10.9.0.1"), entry("mail", "10.3.0.1", "10.3.0.2"),
                entry("web", "10.4.0.1", guards={"max_deletes": 1}))
    assert case.once().status == FAILED


@pytest.mark.parametrize("command", [("rosterd", "--once"), ("rosterd", "--once", "--json"), ("rosterd", "--check"),
                                     ("rosterctl", "plan"), ("rosterctl", "plan", "--json"), ("rosterctl", "validate")])
def test_invalid_rosters_are_78_with_nothing_on_stdout(case, command):
    sim = prepare(case, [EXTRA], entry("payments", "10.1.0.5", "10.1.0.5", colour="red"))
    result = case.run(*command)
    assert result.status == INVALID and result.stdout == ""
    assert "channels[0].colour" in result.stderr and "channels[0].members[1]" in result.stderr
    assert not sim.requests(), "the service is not even asked"


def test_settings_that_are_not_there_are_78(case):
    result = case.run("rosterd", "--once", "-c", "/nonexistent/rosterd.yaml", config=False)
    assert result.status == INVALID and result.stdout == "" and "/nonexistent/rosterd.yaml" in result.stderr


def test_a_missing_secret_is_78_for_a_pass_and_nothing_to_the_check(case):
    sim = prepare(case, [EXTRA], ROSTER)
    (case.folder / "token").unlink()
    for result in case.once(), case.plan():
        assert result.status == INVALID and result.stdout == "" and "token_file" in result.stderr
    assert case.check().status == IN_SYNC
    assert case.run("rosterctl", "validate").status == IN_SYNC
    assert not sim.requests()


def test_the_check_talks_to_nobody(case):
    sim = prepare(case, [EXTRA], ROSTER)
    for result in case.check(), case.run("rosterctl", "validate"):
        assert result.status == IN_SYNC and "valid" in result.stdout and result.stderr == ""
    assert not sim.requests() and not case.state_dir.exists()


def test_a_second_rosterd_is_75_and_sends_nothing(case):
    sim = prepare(case, [EXTRA, channel("search", "10.2.0.1")], ROSTER)
    sim.faults([{"match": {"op": "list_members"}, "times": 1, "then": {"stall": True}}])
    first = case.start("rosterd", "--once", "--json")
    wait_until(lambda: sim.requests("list_members"), process=first)
    before = len(sim.requests())
    second = case.once()
    assert second.status == LOCKED and second.stdout == "" and "another rosterd" in second.stderr
    assert str(case.state_dir) in second.stderr
    assert len(sim.requests()) == before and first.poll() is None


def test_settings_are_found_in_the_environment(case):
    prepare(case, [EXTRA], ROSTER)
    case.write_settings()
    named = {"ROSTERD_CONFIG": str(case.config)}
    assert case.run("rosterd", "--once", "--dry-run", config=False, env=named).status == DRIFT
    assert case.run("rosterctl", "plan", config=False, env=named).status == DRIFT
    lost = {"ROSTERD_CONFIG": "/nonexistent"}
    assert case.run("rosterctl", "plan", env=lost).status == DRIFT, "-c goes before the environment"


DIGEST = "0" * 64
MISTAKES = {
    "an unknown option": (["rosterd", "--onec"], "--onec"),
    "an unknown letter": (["rosterd", "-x"], "-x"),
    "a word too many": (["rosterd", "--once", "now"], "now"),
    "an option without its value": (["rosterd", "--once", "--log-level"], "--log-level"),
    "a value that is not wanted": (["rosterd", "--once=yes"], "--once"),
    "no such level": (["rosterd", "--once", "--log-level", "loud"], "loud"),
    "no such format": (["rosterd", "--once", "--log-format", "xml"], "xml"),
    "two things at once": (["rosterd", "--once", "--check"], "--check"),
    "--json alone": (["rosterd", "--json"], "--json"),
    "--json with --check": (["rosterd", "--check", "--json"], "--json"),
    "--approve alone": (["rosterd", "--approve", DIGEST], "--approve"),
    "--approve what is no digest": (["rosterd", "--once", "--approve", "payments"], "payments"),
    "--approve a short digest": (["rosterd", "--once", "--approve", DIGEST[:-1]], DIGEST[:-1]),
    "a dry check": (["rosterd", "--check", "--dry-run"], "--dry-run"),
    "no command": (["rosterctl"], "command"),
    "no such command": (["rosterctl", "plna"], "plna"),
    "an option of another program": (["rosterctl", "plan", "--once"], "--once"),
    "a word behind the command": (["rosterctl", "history", "payments"], "payments"),
    "no such format of validate": (["rosterctl", "validate", "--format", "xml"], "xml"),
    "an empty file": (["rosterctl", "validate", ""], "FILE"),
    "a format of another command": (["rosterctl", "history", "--format", "json"], "--format"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_usage_error_is_one_line_that_names_the_mistake(case, name):
    argv, mistake = MISTAKES[name]
    result = case.run(*argv, config=False)
    assert result.status == USAGE and result.stdout == ""
    assert result.stderr.count("\n") == 1 and result.stderr.endswith("\n"), result
    assert mistake in result.stderr and result.stderr.startswith(argv[0] + ": ")


@pytest.mark.parametrize("name", ["rosterd", "rosterctl"])
def test_help_is_one_screen_on_stdout(case, name):
    for argv in ["--help"], ["-h"]:
        result = case.run(name, *argv, config=False)
        lines = result.stdout.splitlines()
        assert result.status == 0 and result.stderr == ""
        assert 5 < len(lines) <= 24 and max(map(len, lines)) <= 80
        assert name in lines[0] and "\t" not in result.stdout
    every = {"rosterd": ["--config", "--once", "--approve", "--json", "--dry-run", "--check", "--log-level",
                         "--log-format", "--version", "--help"],
             "rosterctl": ["plan", "validate", "--config", "--json"]}
    assert all(word in result.stdout for word in every[name])


@pytest.mark.parametrize("name", ["rosterd", "rosterctl"])
def test_the_version_is_one_line(case, name):
    result = case.run(name, "--version", config=False)
    assert result.status == 0 and result.stderr == ""
    news = (cases.ROOT / "NEWS").read_text().split()
    assert re.fullmatch(rf"{name} {re.escape(news[1])}( \(commit [0-9a-f]{{12}}\))?\n", result.stdout), result.stdout


@pytest.mark.parametrize("name", ["rosterd", "rosterctl"])
def test_help_and_version_need_no_settings(case, name):
    result = case.run(name, "--help", "-c", "/nonexistent", config=False)
    assert result.status == 0 and result.stdout
