# SPDX-License-Identifier: MIT
"""The pipelines of daemon/PIPELINES.md and the hook of pre-commit, run as they stand there."""

import os
import re
import subprocess

import pytest
import yaml

import case as cases
from case import FAILED, HELD, IN_SYNC, INVALID, ROOT, channel, entry, program

GITHUB, GITLAB, HOOK = [yaml.safe_load(block) for block in
                        re.findall(r"```yaml\n(.*?)```", (ROOT / "daemon/PIPELINES.md").read_text(), re.S)]
BLUE = ["10.1.0.5", "10.1.0.6", "10.1.0.7"]
# Keeps what it was given: its words, and the file of the comment or what stood on its standard input.
FAKE = """#!/bin/sh
printf '%s\\n' "$*" >> said
case $* in *--edit-last*) exit 1 ;; *--config*) cat >> stdin ;; esac
cp plan.out comment.md
"""


@pytest.fixture
def folder(case):
    """Where the steps run: rosterctl is the one that is tested, gh and curl are not."""
    (case.folder / "bin").mkdir()
    (case.folder / "bin/rosterctl").symlink_to(program("rosterctl"))
    for name in "gh", "curl":
        path = case.write(f"bin/{name}", FAKE)
        path.chmod(0o755)
    return case.folder


def step(case, script, **environment):
    """A step as the runners run it."""
    case.write_settings()
    path = f"{case.folder}/bin:{os.environ['PATH']}"
    done = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], cwd=case.folder,
                          env=case.environment({"PATH": path, **environment}), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    return cases.Result(done.returncode, done.stdout, done.stderr)


def github(case, job):
    return step(case, GITHUB["jobs"][job]["steps"][-1]["run"], PULL="https://github.example.com/a/b/pull/1")


def gitlab(case, job):
    [script] = GITLAB[job]["script"]
    return step(case, script, CI_API_V4_URL="https://gitlab.example.com/api/v4", CI_PROJECT_ID="7",
                CI_MERGE_REQUEST_IID="3", ROSTERD_COMMENT_TOKEN="glpat-secret")


# What is live, what the roster wants, and the status of the step on GitHub and on GitLab.
PLANS = {
    "in sync": (BLUE, BLUE, IN_SYNC, IN_SYNC),
    "drift": ([*BLUE, "10.1.0.9"], BLUE, IN_SYNC, IN_SYNC),
    "held": ([*BLUE, *(f"10.1.1.{number}" for number in range(20))], BLUE, IN_SYNC, HELD),
}


@pytest.mark.parametrize("runner", [github, gitlab])
@pytest.mark.parametrize("kind", PLANS)
def test_a_plan_is_a_comment_and_drift_fails_nothing(case, folder, kind, runner):
    live, wanted, on_github, on_gitlab = PLANS[kind]
    case.serve(channel("payments", *live))
    case.roster(entry("payments", *wanted))
    result = runner(case, "plan")
    assert result.status == (on_github if runner is github else on_gitlab), result
    assert (folder / "comment.md").read_text() == case.plan("--local", "--format", "markdown").stdout != ""
    assert ("::warning::" in result.stdout) == (kind == "held" and runner is github)
    if runner is gitlab:
        assert "secret" not in (folder / "said").read_text() and "glpat-secret" in (folder / "stdin").read_text()
        assert "/api/v4/projects/7/merge_requests/3/notes" in (folder / "said").read_text()
    assert GITLAB["plan"]["allow_failure"]["exit_codes"] == [HELD]


@pytest.mark.parametrize("runner", [github, gitlab])
def test_a_plan_that_failed_is_a_comment_and_fails(case, folder, runner):
    case.serve(channel("payments", *BLUE))
    case.roster(entry("nowhere", *BLUE))
    assert runner(case, "plan").status == FAILED
    assert "nowhere" in (folder / "comment.md").read_text()


@pytest.mark.parametrize("runner", [github, gitlab])
def test_without_a_plan_there_is_no_comment(case, folder, runner):
    case.serve(channel("payments", *BLUE))
    case.roster(entry("payments", *BLUE, colour="red"))
    result = runner(case, "plan")
    assert result.status == INVALID and "colour" in result.stderr and not (folder / "said").exists()


def test_validating_tells_each_mistake_beside_its_line(case, folder):
    case.serve(channel("payments", *BLUE))
    case.roster(entry("payments", *BLUE))
    assert github(case, "validate").status == gitlab(case, "validate").status == IN_SYNC
    assert (folder / "validate.json").read_text() == "[]\n"
    case.roster(entry("payments", *BLUE, colour="red"))
    result = github(case, "validate")
    assert result.status == INVALID and result.stdout.startswith("::error file=rosters.yaml,line=")
    result = gitlab(case, "validate")
    assert result.status == INVALID and "colour" in result.stderr
    assert '"path": "rosters.yaml"' in (folder / GITLAB["validate"]["artifacts"]["reports"]["codequality"]).read_text()


# ---- pre-commit ----

def git(folder, *args):
    subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-C", folder, *args], check=True,
                   capture_output=True)


def commit_all(folder):
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")


def pre_commit(case, *args):
    environment = case.environment({"PATH": f"{case.folder}/bin:{os.environ['PATH']}",
                                    "PRE_COMMIT_HOME": str(case.folder / "cache")})
    done = subprocess.run(["/usr/bin/pre-commit", *args], cwd=case.folder / "teams", env=environment,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_hook_checks_what_is_committed(case, folder):
    case.write("rosterd/.pre-commit-hooks.yaml", (ROOT / ".pre-commit-hooks.yaml").read_text())
    commit_all(folder / "rosterd")
    head = subprocess.run(["git", "-C", folder / "rosterd", "rev-parse", "HEAD"], capture_output=True, text=True,
                          check=True).stdout.strip()
    config = {"repos": [{**HOOK["repos"][0], "repo": str(folder / "rosterd"), "rev": head}]}
    case.attach("prod", "https://roma.example.com")
    case.write_settings()
    case.write("teams/rosterd.yaml", case.config.read_text())
    case.write("teams/.pre-commit-config.yaml", yaml.safe_dump(config))
    case.write("teams/other/a.yaml", "no: roster")
    case.roster(entry("payments", *BLUE), file="teams/rosters.d/a b.yaml")
    commit_all(folder / "teams")
    assert pre_commit(case, "validate-manifest", str(folder / "rosterd/.pre-commit-hooks.yaml")) == (0, "")
    status, said = pre_commit(case, "run", "--all-files")
    assert status == 0 and "Passed" in said, said
    case.roster(entry("payments", *BLUE, mode="sync"), file="teams/rosters.d/a b.yaml")
    git(folder / "teams", "add", "-A")
    status, said = pre_commit(case, "run")
    assert status == 1 and "a b.yaml:" in said and "mode not allowed" in said and "1 error in 1 of 2 files" in said
