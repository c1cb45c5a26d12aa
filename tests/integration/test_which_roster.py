# SPDX-License-Identifier: MIT
"""Which set of rosters is in force: its digest, by what it says, and its commit."""

import json
import os
import re
import shutil
import subprocess

from case import IN_SYNC, channel, entry, wait_until
from daemon import NEVER, Daemon

KEPT = ("10.1.0.5", "10.1.0.6", "10.1.0.7")


def git(folder, *args):
    return subprocess.run(["git", "-c", "user.name=Rosters", "-c", "user.email=rosters@example.com", "-c",
                           "init.defaultBranch=main", "-c", "commit.gpgsign=false", *args], cwd=folder, check=True,
                          capture_output=True, text=True).stdout.strip()


def commit(folder):
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "--allow-empty", "-m", "rosters")
    return git(folder, "rev-parse", "HEAD")


def serve(case):
    return case.serve(channel("payments", *KEPT), channel("search", "10.2.0.1"))


def of(case):
    """What a pass says of its set."""
    result = case.once()
    assert result.status == IN_SYNC, result
    return result.report["roster"]


def test_the_digest_is_of_what_is_said(case):
    """Not of files, their order or notation; each value is in it."""
    serve(case)
    case.tune(rosters=["rosters.d"])
    case.roster(entry("payments", *KEPT), entry("search", "10.2.0.1"), file="rosters.d/a.yaml")
    first = of(case)
    assert re.fullmatch("[0-9a-f]{64}", first["digest"]) and first["head"] is None
    os.unlink(case.folder / "rosters.d/a.yaml")
    case.roster(entry("search", "10.2.0.1"), file="rosters.d/1.yaml")
    case.roster(entry("payments", *reversed(KEPT)), file="rosters.d/2.yaml")
    assert of(case)["digest"] == first["digest"]
    case.roster(entry("payments", *KEPT, guards={"max_deletes": 1}), file="rosters.d/2.yaml")
    second = of(case)["digest"]
    assert second != first["digest"]
    case.roster(entry("payments", *KEPT, ignore=[{"group": "g"}]), file="rosters.d/2.yaml")
    assert of(case)["digest"] not in (first["digest"], second)


def test_the_head_is_that_of_git(case):
    """Loose, packed, detached, and of another work tree; none where files stand in two."""
    serve(case)
    case.tune(rosters=["clone/rosters"])
    case.roster(entry("payments", *KEPT), entry("search", "10.2.0.1"), file="clone/rosters/a.yaml")
    clone = case.folder / "clone"
    head = commit(clone)
    assert of(case)["head"] == head
    git(clone, "pack-refs", "--all")
    assert of(case)["head"] == head
    git(clone, "checkout", "-q", "--detach")
    assert of(case)["head"] == head
    git(clone, "worktree", "add", "-q", "-b", "other", "../other")
    case.tune(rosters=["other/rosters"])
    assert of(case)["head"] == head
    shutil.rmtree(case.folder / "other/rosters")
    case.roster(entry("payments", *KEPT), file="other/rosters/a.yaml")
    case.roster(entry("search", "10.2.0.1"), file="loose.yaml")
    case.tune(rosters=["other/rosters", "loose.yaml"])
    assert of(case)["head"] is None


def test_a_damaged_git_directory_says_nothing(case):
    serve(case)
    case.tune(rosters=["clone"])
    case.roster(entry("payments", *KEPT), entry("search", "10.2.0.1"), file="clone/a.yaml")
    commit(case.folder / "clone")
    for text in "", "ref: ../../token\n", "ref: refs/../../token\n", "ref: refs/heads/none\n", "x" * 5000:
        case.write("clone/.git/HEAD", text)
        assert of(case)["head"] is None


def test_status_and_log_tell_it(case):
    serve(case)
    case.tune(rosters=["clone"], interval=NEVER)
    case.roster(entry("payments", *KEPT), entry("search", "10.2.0.1"), file="clone/a.yaml")
    head = commit(case.folder / "clone")
    daemon = Daemon(case)
    daemon.wait_status("2 in sync")
    roster = json.loads(case.run("rosterctl", "status", "--json").stdout)["roster"]
    assert roster["head"] == head
    assert [row for row in daemon.lines() if roster["digest"] in row["message"] and head in row["message"]]
    case.roster(entry("payments", *KEPT, "10.1.0.9"), entry("search", "10.2.0.1"), file="clone/a.yaml")
    daemon.wait_status("1 with drift")
    after = json.loads(case.run("rosterctl", "status", "--json").stdout)["roster"]
    assert after["digest"] != roster["digest"]
    assert [row for row in daemon.lines() if after["digest"] in row["message"]]


def test_errors_cite_where_the_roster_stands_by_now(case):
    """Moved with the same content: no pass is disturbed, and messages name the new file."""
    case.serve(channel("payments", *KEPT))
    case.tune(rosters=["one"], interval="1s")
    case.roster(entry("payments", *KEPT), entry("nowhere", "10.9.0.1"), file="one/a.yaml")
    daemon = Daemon(case)
    daemon.wait_status("1 in sync", "1 failed")

    def cited():
        text = case.run("rosterctl", "status", "--json").stdout
        rows = [row for row in json.loads(text)["channels"] if row["name"] == "nowhere"]
        return (rows[0]["error"] or {}).get("message", "")

    assert "one/a.yaml:" in cited()
    (case.folder / "two").mkdir()
    os.rename(case.folder / "one/a.yaml", case.folder / "two/b.yaml")
    case.tune(rosters=["two"])
    case.write_settings()
    wait_until(lambda: "two/b.yaml:" in cited(), process=daemon.process)
