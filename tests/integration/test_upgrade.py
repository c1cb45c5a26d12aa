# SPDX-License-Identifier: MIT
"""A state that rosterd 0.1 left, as of the tree of its time: everything it promised holds on.

In state_0_1.sql, payments lost two members, which an undo put back; search lost one by an approval, and the run
was killed while a second deletion was under way; orders is paused."""

import pathlib
import re
import sqlite3
import time

import pytest

from case import DRIFT, FAILED, IN_SYNC, channel, entry, mutations
from daemon import Daemon

DUMP = pathlib.Path(__file__).with_name("state_0_1.sql").read_text()
MADE_USEC = int(re.search(r"17\d{14}", DUMP).group())


@pytest.fixture
def upgraded(case):
    """The state as if it had been left an hour ago."""
    shift = int(time.time() * 1e6) - 3_600_000_000 - MADE_USEC
    case.state_dir.mkdir(mode=0o700)
    database = sqlite3.connect(case.state_dir / "rosterd.db")
    database.executescript(re.sub(r"\b17\d{14}\b", lambda found: str(int(found.group()) + shift), DUMP))
    database.close()
    (case.state_dir / "rosterd.db").chmod(0o600)
    sim = case.serve(channel("payments", "10.1.0.5", "10.1.0.6", "10.1.0.8", "10.1.0.9"),
                     channel("search", "10.2.0.1"), channel("orders", "10.3.0.1", "10.3.0.2", "10.3.0.3"))
    case.roster(entry("payments", "10.1.0.5", "10.1.0.6"), entry("search", "10.2.0.1"),
                entry("orders", "10.3.0.1", "10.3.0.2"))
    return sim


def history(case):
    """What stands in it: (channel, host, kind, outcome)."""
    done = case.run("rosterctl", "history", "--json")
    assert done.status == IN_SYNC, done
    return sorted((row["name"], row["member"]["host"], row["kind"], row["outcome"]) for row in done.report["actions"])


def test_pauses_hold_and_what_was_under_way_is_found_out(upgraded, case):
    refused = case.run("rosterctl", "history")
    assert refused.status == FAILED and "version 1, of an older rosterd: start rosterd once" in refused.stderr
    done = case.once()
    assert done.status == DRIFT, done
    assert done.results() == {"payments": "paused", "search": "in_sync", "orders": "paused"}
    assert done.channel("orders")["pause"]["reason"] == "move to zone b"
    assert done.channel("payments")["pause"]["reason"].startswith("undo of 20")
    assert not mutations(upgraded)
    assert history(case) == [("payments", "10.1.0.8", "delete", "deleted"), ("payments", "10.1.0.9", "delete", "deleted"),
                             ("search", "10.2.0.2", "delete", "deleted"), ("search", "10.2.0.3", "delete", "deleted")]


def test_what_it_did_can_be_undone(upgraded, case):
    assert case.once().status == DRIFT
    actions = {row["member"]["host"]: row["action"] for row in case.run("rosterctl", "history", "--json").report["actions"]}
    done = case.run("rosterctl", "undo", "--action", actions["10.2.0.3"], "--dry-run")
    assert done.status == IN_SYNC and "prod/search  + 10.2.0.3:8080" in done.stdout, done
    daemon = Daemon(case)
    daemon.wait_ready()
    done = case.run("rosterctl", "undo", "--action", actions["10.2.0.3"])
    assert done.status == IN_SYNC, done
    assert "10.2.0.3" in upgraded.hosts("search")
    assert daemon.stop() == 0
