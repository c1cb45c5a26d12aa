# SPDX-License-Identifier: MIT
"""The state's files removed, replaced or destroyed under a running daemon: nothing is deleted any more."""

import json
import shutil
import sqlite3
import time

import pytest

from case import FAILED, IN_SYNC, LOCKED, channel, entry, identifier
from daemon import NEVER, Daemon, outcomes, undecided

KEPT = [f"10.0.0.{i}" for i in range(1, 9)]
FILES = ("rosterd.db", "rosterd.db-wal", "rosterd.db-shm", "lock")


@pytest.fixture
def served(case):
    """A daemon that has deleted once, whose passes come by being asked for."""
    case.sim = case.serve(channel("payments", *KEPT, "10.9.0.1"))
    case.roster(entry("payments", *KEPT))
    case.tune(interval=NEVER)
    case.daemon = Daemon(case)
    case.daemon.wait_status("1 in sync", "next pass")
    assert outcomes(case) == ["deleted"]
    case.sim.clear_requests()
    return case


def add_extra(case, address):
    case.sim.edit(identifier("payments"), add=[{"host": address}])


def ctl(case, *args):
    return case.run("rosterctl", *args)


def status(case):
    return json.loads(ctl(case, "status", "--json").stdout)


def deletions(case):
    return [row for row in case.sim.requests() if row["method"] == "DELETE"]


def assert_nothing_is_deleted(case, part):
    add_extra(case, "10.9.0.2")
    assert ctl(case, "reconcile").status == FAILED
    assert not deletions(case)
    shown = status(case)
    assert part in shown["state_error"], shown
    assert part in shown["channels"][0]["error"]["message"], shown
    rows = [row for row in case.daemon.lines("STATE", "err") if part in row["message"]]
    assert len(rows) == 1 and "restart rosterd" in rows[0]["message"] or "stop rosterd" in rows[0]["message"]
    case.daemon.wait_status("STATE unusable, nothing is changed")


@pytest.mark.parametrize("name", FILES)
def test_a_file_moved_and_moved_back(served, name):
    path, aside = served.state_dir / name, served.folder / "aside"
    path.rename(aside)
    assert_nothing_is_deleted(served, f"{name} was removed while rosterd runs")
    assert served.once().status == LOCKED, "whatever is left of the files"
    aside.rename(path)
    assert ctl(served, "reconcile").status == IN_SYNC and len(deletions(served)) == 1
    assert status(served)["state_error"] is None
    assert served.daemon.stop() == 0
    assert outcomes(served) == ["deleted", "deleted"] and undecided(served) == 0


@pytest.mark.parametrize("name", FILES)
def test_a_file_replaced_by_a_copy_of_itself(served, name):
    path, copy = served.state_dir / name, served.folder / "copy"
    shutil.copy2(path, copy)
    copy.rename(path)
    assert_nothing_is_deleted(served, f"{name} was replaced while rosterd runs")
    assert served.once().status == LOCKED


def test_all_files_removed_until_a_restart(served):
    for name in FILES:
        (served.state_dir / name).unlink()
    assert_nothing_is_deleted(served, "was removed while rosterd runs")
    assert served.once().status == LOCKED, "the directory is locked, too"
    refused = ctl(served, "pause", "payments", "--reason", "x")
    assert refused.status == FAILED and "was removed" in refused.stderr, refused
    served.daemon.stop()
    again = Daemon(served)
    again.wait_status("1 in sync", "next pass")
    assert len(deletions(served)) == 1 and outcomes(served) == ["deleted"]
    assert again.stop() == 0


def test_the_directory_is_moved_and_a_copy_put_in_its_place(served):
    moved = served.folder / "moved"
    served.state_dir.rename(moved)
    assert_nothing_is_deleted(served, "the directory was removed while rosterd runs")
    shutil.copytree(moved, served.state_dir)
    assert "the directory was replaced" in status(served)["state_error"]
    assert ctl(served, "reconcile").status == FAILED and not deletions(served)
    shutil.rmtree(served.state_dir)
    moved.rename(served.state_dir)
    assert ctl(served, "reconcile").status == IN_SYNC and len(deletions(served)) == 1


@pytest.mark.parametrize("byte", (b"\0", b"\xff", b"x"))
def test_pages_destroyed_under_the_daemon(served, byte):
    """Its cache is sound, but what it records there is recorded nowhere."""
    for name in ("rosterd.db", "rosterd.db-wal"):
        with open(served.state_dir / name, "r+b") as file:
            file.write(byte * (served.state_dir / name).stat().st_size)
    assert_nothing_is_deleted(served, "damaged")


def test_the_database_emptied_under_the_daemon(served):
    with open(served.state_dir / "rosterd.db", "r+b") as file:
        file.truncate(0)
    assert_nothing_is_deleted(served, "damaged")


def passes_cannot_begin(case):
    """The state names no pass any more, for ten minutes."""
    with sqlite3.connect(case.state_dir / "rosterd.db") as database:
        rows = [(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + i)) + f"-{2 ** 32 - 1}",)
                for i in range(600)]
        database.executemany("INSERT INTO pass (id, started_usec) VALUES (?, 0)", rows)
    database.close()


def test_who_waits_for_a_pass_that_cannot_begin_is_told(served):
    """With the reason, at once: the next pass may never come."""
    passes_cannot_begin(served)
    for args in ((), ("payments",), ("--json",)):
        told = ctl(served, "reconcile", *args)
        assert told.status == FAILED, told
        assert "prod: no pass can begin: " in told.stderr and "impossible number" in told.stderr, told
    with sqlite3.connect(served.state_dir / "rosterd.db") as database:
        database.execute("DELETE FROM pass WHERE started_usec = 0")
    database.close()
    assert ctl(served, "reconcile").status == IN_SYNC
