# SPDX-License-Identifier: MIT
"""What GitHub's and GitLab's own programs make of the pipelines in daemon/PIPELINES.md, and of what validate writes
for them, where npm has such a program."""

import json
import re
import subprocess

import jsonschema
import pytest

import npm
from case import IN_SYNC, INVALID, ROOT
from test_validate import BAD, GOOD, report, validate

GITHUB, GITLAB = re.findall(r"```yaml\n(.*?)```", (ROOT / "daemon/PIPELINES.md").read_text(), re.S)[:2]
# Node wants the ending of each file that a module imports, which the parser's files leave out.
ENDINGS = """
export async function resolve(name, context, next) {
  if (!name.startsWith(".")) return next(name, context);
  for (const ending of ["", ".js", "/index.js"])
    try { return await next(name + ending, context); } catch (error) { if (ending === "/index.js") throw error; }
}
"""
WORKFLOW = """
import {parseWorkflow, NoOperationTraceWriter, convertWorkflowTemplate} from "@actions/workflow-parser";
import fs from "fs";
const file = {name: "rosters.yaml", content: fs.readFileSync(process.argv[2], "utf8")};
const parsed = parseWorkflow(file, new NoOperationTraceWriter());
const template = await convertWorkflowTemplate(parsed.context, parsed.value);
console.log(JSON.stringify({errors: parsed.context.errors.getErrors().map(error => error.message),
                            jobs: (template.jobs || []).map(job => [job.id, job.steps.length])}));
"""
CORE = """
const core = require("@actions/core");
for (const {command, message, properties} of JSON.parse(require("fs").readFileSync(process.argv[2], "utf8")))
  core[command](message, properties);
"""


@pytest.fixture
def workflow(tmp_path):
    """The parser of GitHub's own editor and language server."""
    modules = npm.package("@actions/workflow-parser")
    (tmp_path / "endings.mjs").write_text(ENDINGS)
    (tmp_path / "parse.mjs").write_text(WORKFLOW)
    (tmp_path / "node_modules").symlink_to(modules)

    def parse(text):
        (tmp_path / "workflow.yaml").write_text(text)
        done = subprocess.run(["node", "--no-warnings", "--experimental-loader", "./endings.mjs", "parse.mjs", "workflow.yaml"],
                              cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    return parse


def test_github_takes_the_workflow(workflow):
    assert workflow(GITHUB) == {"errors": [], "jobs": [["validate", 2], ["plan", 2]]}
    wrong = GITHUB
    for old, new in (("  contents: read\njobs", "  content: read\njobs"), ("github.repository\n", "github.repository ==\n"),
                     ("- run: roster", "- ran: roster")):
        assert old in wrong
        wrong = wrong.replace(old, new, 1)
    told = " ".join(workflow(wrong)["errors"])
    assert all(word in told for word in ("'content'", "expression", "'ran'")), told


def gitlab(folder, text):
    """What runs pipelines of GitLab on one's own machine, which has GitLab's schema of them."""
    script = npm.package("gitlab-ci-local") / "gitlab-ci-local/src/index.js"
    (folder / ".gitlab-ci.yml").write_text(text)
    for command in (["init", "-q"], ["remote", "add", "origin", "git@gitlab.example.com:a/b.git"],
                    ["-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run(["git", "-C", folder, *command], capture_output=True)
    done = subprocess.run(["node", script, "--list-json"], cwd=folder, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_gitlab_takes_the_pipeline(tmp_path):
    status, listed, said = gitlab(tmp_path, GITLAB)
    assert status == 0, said
    assert [(job["name"], job["allow_failure"]) for job in json.loads(listed)] == [
        ("validate", False), ("plan", {"exit_codes": [3]})]
    status, _, said = gitlab(tmp_path, GITLAB.replace("when: always", "when: sometimes"))
    assert status != 0 and "artifacts.when" in said


ODD = "a,b:c%d 'e' 支付.yaml"


def test_github_is_told_in_the_words_of_its_own_toolkit(case):
    """Line for line and byte for byte, of names and texts that have to be escaped."""
    odd = BAD.replace("colour: red", "'col%3Aour,%25': red") + "      - 'a::b%0Ac'\n"
    case.write(ODD, odd)
    result = validate(case, "--format", "github", ODD)
    told = report(case, ODD)["problems"]
    assert result.status == INVALID and len(told) > 2
    script, annotations = case.write("core.js", CORE), case.write("annotations.json", json.dumps([
        {"command": problem["severity"], "message": f"{problem['key']}: {problem['message']}",
         "properties": {"file": problem["file"], "startLine": problem["line"], "startColumn": problem["column"]}}
        for problem in told]))
    written = npm.run("@actions/core", script, annotations)
    assert written.returncode == 0 and written.stdout.count("%25") > 2, written
    assert result.stdout.splitlines()[:-1] == written.stdout.splitlines()


# docs.gitlab.com, "Code Quality report format".
CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "location", "severity"],
        "properties": {
            "description": {"type": "string", "pattern": r"^[^\n]+$"},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]+$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {"path": {"type": "string", "pattern": r"^(?!\./)[^/]"},
                               "lines": {"type": "object", "required": ["begin"],
                                         "properties": {"begin": {"type": "integer", "minimum": 1}}}},
            },
        },
    },
}


def test_gitlab_gets_what_its_manual_asks_for(case):
    case.write(ODD, BAD)
    case.write("good.yaml", GOOD)
    result = validate(case, "--format", "gitlab", f"./{ODD}", "good.yaml", "nowhere.yaml")
    jsonschema.validate(result.report, CODE_QUALITY)
    assert result.status == INVALID and {v["location"]["path"] for v in result.report} == {ODD, "nowhere.yaml"}
    assert len({v["fingerprint"] for v in result.report}) == len(result.report) > 2
    assert validate(case, "--format", "gitlab", "good.yaml").status == IN_SYNC
