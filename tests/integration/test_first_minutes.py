# SPDX-License-Identifier: MIT
"""The first ten minutes of README.md, command by command, with 60 channels of 40 members; then the mistake that
README tells of, in the daemon."""

import os
import re
import subprocess

import pytest

import case as cases
from case import DRIFT, HELD, IN_SYNC, channel, mutations
from daemon import Daemon

CHANNELS, MEMBERS = 60, 40
TEAMS = ["payments", "search", "billing", "orders", "users", "media"]
MISTAKES, LINES = 10, 5


def blocks():
    """What README.md tells a newcomer to type."""
    section = re.search(r"## The first ten minutes\n(.*?)\n## ", (cases.ROOT / "README.md").read_text(), re.S).group(1)
    return re.findall(r"```sh\n(.*?)```", section, re.S)


class Newcomer:
    """A shell in the newcomer's folder, its programs on the PATH, the endpoint and ids those of the stand-in."""

    def __init__(self, case):
        self.case = case
        self.sim = case.simulate(cases.stand_in.state(
            [channel(f"{TEAMS[i % len(TEAMS)]}-{i:02}", *[f"10.{i}.0.{j + 1}:8080" for j in range(MEMBERS)])
             for i in range(CHANNELS)]))
        self.bin = case.folder / "bin"
        self.bin.mkdir()
        for name in "rosterd", "rosterctl":
            (self.bin / name).symlink_to(os.path.abspath(cases.program(name)))
        self.folder = case.folder / "gateway"
        case.config = self.folder / "rosterd.yaml"
        case.settings = None

    def type(self, text):
        """What the commands print; those that tell of drift or a guard exit with it. (status, stdout)"""
        for told, real in (("https://roma.cn-north-4.myhuaweicloud.com", self.sim.url),
                           ("0123456789abcdef0123456789abcdef", cases.PROJECT),
                           ("6a7b8c9d-0000-4000-8000-000000000001", cases.INSTANCE),
                           ("{method: aksk, access_key_file: prod.ak, secret_key_file: prod.sk}",
                            "{method: token, token_file: prod.token}")):
            text = text.replace(told, real)
        environment = self.case.environment({
            "PATH": f"{self.bin}:{os.environ['PATH']}", "HOME": str(self.case.folder),
            "XDG_STATE_HOME": str(self.case.folder / "state-home"), "STATE_DIRECTORY": str(self.case.state_dir),
            "RUNTIME_DIRECTORY": str(self.case.folder),
            "ROSTERD_CONFIG": str(self.case.config),
            **{f"GIT_{who}_{what}": "newcomer@example.org" for who in ("AUTHOR", "COMMITTER")
               for what in ("NAME", "EMAIL")}})
        done = subprocess.run(["sh", "-eu"], input=text, env=environment, text=True, capture_output=True, timeout=300,
                              cwd=self.folder if self.folder.exists() else self.case.folder)
        assert "Sanitizer" not in done.stderr, done
        return done.returncode, done.stdout


@pytest.fixture
def newcomer(case):
    return Newcomer(case)


def lose_lines(folder):
    """Five members go from each of ten rosters; the rosters as they were."""
    before = {}
    for path in sorted(folder.glob("*.yaml"))[:MISTAKES]:
        before[path] = path.read_text()
        lines = before[path].splitlines(keepends=True)
        path.write_text("".join(lines[:-LINES]))
    return before


def totals(text):
    return text.splitlines()[0].removesuffix(" (dry run: nothing was changed)")


def test_from_a_key_to_sync(newcomer, case):
    begin, aboard, prune, sync = blocks()
    assert newcomer.type(begin)[0] == IN_SYNC
    (newcomer.folder / "prod.token").write_text("T1")
    (newcomer.folder / "prod.token").chmod(0o600)
    status, text = newcomer.type(aboard)
    assert status == IN_SYNC
    assert f"{CHANNELS} channels: {CHANNELS} in no roster, 0 unmanageable\n" in text
    assert f"{CHANNELS} channels: {CHANNELS} in sync; members: 0 missing" in text
    rosters = newcomer.folder / "rosters.d"
    assert len(list(rosters.iterdir())) == CHANNELS
    assert "prod.token" not in newcomer.type("git ls-files")[1]
    assert newcomer.type("git status --short")[1] == ""

    daemon = Daemon(case, env={"STATE_DIRECTORY": str(case.state_dir), "RUNTIME_DIRECTORY": str(case.folder)})
    daemon.wait_ready()
    before = lose_lines(rosters)
    status, text = newcomer.type("rosterctl plan")
    assert status == DRIFT and totals(text) == "60 channels: 10 drift, 50 in sync; members: 50 extra, 0 missing"
    for path, roster in before.items():
        path.write_text(roster)
    assert newcomer.type(prune)[0] == IN_SYNC

    before = lose_lines(rosters)
    status, text = newcomer.type("rosterctl plan")
    assert status == HELD and len(text.splitlines()) < 120
    lines = text.splitlines()
    assert totals(text) == "60 channels: 10 held, 50 in sync; members: 50 held, 0 missing"
    assert lines[1:4] == ["prod: held as a whole",
                          "  ! max_deletes_total refuses: 50 deletions planned in the instance, limit 25",
                          "  ! max_channels refuses: 10 channels with deletions planned, limit 5"]
    status, text = newcomer.type("rosterctl plan --format markdown")
    assert status == HELD and text.startswith("**60 channels: 10 held") and text.count("<details>") == MISTAKES
    assert newcomer.type("rosterctl reconcile")[0] == HELD
    assert newcomer.type("rosterctl status --exit-code")[0] == HELD
    for path, roster in before.items():
        path.write_text(roster)
    assert newcomer.type("rosterctl reconcile")[0] == IN_SYNC
    assert newcomer.type(sync)[0] == IN_SYNC
    assert newcomer.type("rosterctl reconcile && rosterctl status --exit-code")[0] == IN_SYNC
    assert not mutations(newcomer.sim), "nothing of all this was to be changed"
    assert daemon.stop() == 0
