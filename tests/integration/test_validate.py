# SPDX-License-Identifier: MIT
"""rosterctl validate FILE...: rosters alone, for people, scripts, pre-commit and pipelines."""

import json
import os
import re
import resource
import subprocess

import pytest

from case import FAILED, IN_SYNC, INVALID, ROOT, entry, program
from test_plan_text import on_a_terminal

UNCHECKED = "; not checked against settings, which -c FILE names: instance, mode, quarantine, guards"
GOOD = "version: 1\nchannels:\n  - name: payments\n    members: [10.1.0.5, '10.1.0.6:80']\n"
BAD = """\
version: 1
instance: prod
channels:
  - name: payments
    colour: red
    members:
      - 10.1.0.5:8o80
      - 10.1.0.6
"""


def validate(case, *args, **settings):
    """Of files; without -c unless it is among the arguments."""
    return case.run("rosterctl", "validate", *args, **{"config": False, **settings})


def report(case, *args):
    """The answer in JSON."""
    result = validate(case, "--format", "json", *args)
    assert result.stderr == "" and result.status == (IN_SYNC if result.report["valid"] else INVALID), result
    return result.report


def test_valid_rosters_are_counted_and_what_is_unchecked_is_said(case):
    case.write("a.yaml", GOOD)
    case.write("b.yaml", GOOD.replace("payments", "search"))
    result = validate(case, "a.yaml", "b.yaml")
    assert (result.status, result.stderr) == (IN_SYNC, "")
    assert result.stdout == f"no errors in 2 files: 2 channels, 4 members{UNCHECKED}\n"


def test_mistakes_are_lines_on_stderr_with_totals_at_the_end(case):
    case.write("bad.yaml", BAD)
    for number in range(13):
        case.write(f"good{number}.yaml", GOOD.replace("payments", f"channel-{number}"))
    result = validate(case, "bad.yaml", *(f"good{number}.yaml" for number in range(13)))
    assert (result.status, result.stdout) == (INVALID, "")
    first, second, totals = result.stderr.splitlines()
    assert first.startswith("bad.yaml:5:5: channels[0].colour: unknown key, ")
    assert second.startswith("bad.yaml:7:9: channels[0].members[0]: ")
    assert totals == f"2 errors in 1 of 14 files{UNCHECKED}"


def test_settings_and_their_rosters_have_totals_as_well(case):
    case.attach("prod", "https://roma.example.com")
    case.roster(entry("payments", "10.1.0.5", colour="red"))
    result = case.run("rosterctl", "validate")
    assert result.status == INVALID and result.stdout == ""
    assert result.stderr.splitlines()[1:] == ["1 error in 1 of 2 files"]
    case.roster(entry("payments", "10.1.0.5"))
    result = case.run("rosterctl", "validate")
    assert (result.status, result.stderr) == (IN_SYNC, "")
    assert result.stdout == f"{case.config}: valid: 1 instance, 1 channel, 1 member\n"


# ---- with and without settings ----

STRICT = {"mode": "observe", "quarantine": "1h", "guards": {"max_deletes": 5}}
LAX = [("mode", "prune"), ("quarantine", "1m"), ("guards", {"max_deletes": 6})]


def lax(case, key, value):
    text = json.dumps({"version": 1, "channels": [entry("payments", "10.1.0.5", **{key: value})]}, indent=1)
    case.write("a.yaml", re.sub(r'"(1m)"', r"\1", text))


@pytest.mark.parametrize("key, value", LAX)
def test_what_needs_settings_is_checked_with_c_alone(case, key, value):
    lax(case, key, value)
    assert validate(case, "a.yaml").status == IN_SYNC
    case.attach("prod", "https://roma.example.com")
    case.tune(**STRICT)
    result = validate(case, "a.yaml", config=True)
    assert result.status == INVALID and f"channels[0].{key}" in result.stderr
    assert result.stderr.splitlines()[-1] == "1 error in 1 of 2 files", "all is checked"


def test_the_environment_names_no_settings_for_files(case):
    lax(case, "mode", "prune")
    case.attach("prod", "https://roma.example.com")
    case.tune(mode="observe")
    case.write_settings()
    assert validate(case, "a.yaml", env={"ROSTERD_CONFIG": str(case.config)}).status == IN_SYNC


def test_an_instance_must_be_one_of_the_settings(case):
    case.write("a.yaml", GOOD.replace("channels:", "instance: prdo\nchannels:"))
    assert validate(case, "a.yaml").status == IN_SYNC
    case.attach("prod", "https://roma.example.com")
    result = validate(case, "a.yaml", config=True)
    assert result.status == INVALID and 'unknown instance: "prdo", did you mean "prod"?' in result.stderr
    case.attach("test", "https://test.example.com")
    case.write("a.yaml", GOOD)
    result = validate(case, "a.yaml", config=True)
    assert result.status == INVALID and "instance: missing" in result.stderr


def test_rosters_that_the_settings_name_are_not_read(case):
    case.attach("prod", "https://roma.example.com")
    case.write("rosters.yaml", "broken: [")
    case.write("a.yaml", GOOD)
    result = validate(case, "a.yaml", config=True)
    assert (result.status, result.stderr) == (IN_SYNC, "")
    assert result.stdout == "no errors in 2 files: 1 channel, 2 members\n"


def test_mistakes_of_the_settings_are_told_as_well(case):
    case.own_settings("version: 1\nmode: purge\ninstances: {}\n")
    case.write("a.yaml", BAD)
    result = validate(case, "a.yaml", config=True)
    assert result.status == INVALID and "rosterd.yaml:2:7: mode: " in result.stderr
    assert result.stderr.splitlines()[-1] == "4 errors in 2 of 2 files"


def test_a_channel_listed_twice_is_found_across_files(case):
    case.write("a.yaml", GOOD)
    case.write("b.yaml", GOOD)
    result = validate(case, "a.yaml", "b.yaml")
    assert result.status == INVALID
    assert 'b.yaml:3:5: channels[0]: duplicate channel: "payments" (first in a.yaml:3:5)' in result.stderr
    case.write("a.yaml", GOOD.replace("channels:", "instance: prod\nchannels:"))
    case.write("b.yaml", GOOD.replace("channels:", "instance: test\nchannels:"))
    assert validate(case, "a.yaml", "b.yaml").status == IN_SYNC
    case.write("b.yaml", GOOD.replace("channels:", "instance: prod\nchannels:"))
    assert validate(case, "a.yaml", "b.yaml").status == INVALID


def test_a_file_given_twice_is_read_once(case):
    case.write("a.yaml", GOOD)
    os.symlink("a.yaml", case.folder / "link.yaml")
    result = validate(case, "a.yaml", "./a.yaml", "link.yaml")
    assert result.stdout == f"no errors in 1 file: 1 channel, 2 members{UNCHECKED}\n", result


# ---- files of all kinds ----

@pytest.mark.parametrize("name", ["-x.yaml", "two words.yaml", "a\nb.yaml", "\x1b[31m.yaml", "[ab]*.yaml", "日本.yaml",
                                  "'quoted\".yaml", "a:b,c%0A.yaml", "no ending"])
def test_names_are_names(case, name):
    case.write(name, GOOD)
    case.write("other.yaml", GOOD.replace("payments", "search"))
    assert validate(case, "--", "other.yaml", name).stdout.startswith("no errors in 2 files")
    case.write(name, BAD)
    result = validate(case, "--", "other.yaml", name)
    assert result.status == INVALID and len(result.stderr.splitlines()) == 3, result
    assert "\x1b" not in result.stderr
    [bad] = {problem["file"] for problem in report(case, "--", "other.yaml", name)["problems"]}
    assert bad == name
    shown = validate(case, "--format", "github", "--", name).stdout
    assert len(shown.splitlines()) == 3 and "\x1b" not in shown


UNREADABLE = {
    "missing": ("nowhere.yaml", "nowhere.yaml: cannot be read: No such file or directory"),
    "empty": ("empty.yaml", "empty.yaml:1:1: empty, must be a map of keys"),
    "a directory without rosters": ("folder", "folder: no roster in it, must have *.yaml or *.yml"),
    "a pipe": ("pipe", "pipe: cannot be read: not a regular file"),
    "no UTF-8": ("latin", "latin:1:4: not UTF-8, must be text in UTF-8"),
    "settings": ("settings", "settings:3:1: instances: unknown key, "),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_roster_is_said_and_the_rest_is_read(case, kind):
    name, line = UNREADABLE[kind]
    case.write("empty.yaml", "")
    (case.folder / "folder").mkdir()
    os.mkfifo(case.folder / "pipe")
    (case.folder / "latin").write_bytes(b"ab \xe9")
    case.write("settings", "version: 1\nmode: prune\ninstances: {}\nchannels: []\n")
    case.write("bad.yaml", BAD)
    result = validate(case, name, "bad.yaml")
    assert result.status == INVALID and result.stdout == ""
    lines = result.stderr.splitlines()
    assert any(each.startswith(line) for each in lines), result
    assert sum(each.startswith("bad.yaml:") for each in lines) == 2
    assert re.fullmatch(rf"\d errors in 2 of 2 files{re.escape(UNCHECKED)}", lines[-1])
    for style in "json", "github", "gitlab":
        other = validate(case, "--format", style, name, "bad.yaml")
        assert other.status == INVALID and other.stderr == "" and name in other.stdout


def test_the_settings_themselves_are_no_roster(case):
    case.attach("prod", "https://roma.example.com")
    result = validate(case, "rosterd.yaml", config=True)
    assert result.status == INVALID and "rosterd.yaml: the settings file itself, must be a roster" in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_without_permission(case):
    case.write("a.yaml", GOOD).chmod(0)
    assert "a.yaml: cannot be read: Permission denied" in validate(case, "a.yaml").stderr


def test_a_directory_is_its_rosters(case):
    case.write("rosters.d/a.yaml", GOOD)
    case.write("rosters.d/b.yml", BAD.replace("payments", "search"))
    case.write("rosters.d/.hidden.yaml", "no")
    case.write("rosters.d/README", "no")
    result = validate(case, "rosters.d")
    assert result.stderr.splitlines()[-1] == f"2 errors in 1 of 2 files{UNCHECKED}", result


def test_hundreds_of_files_need_no_descriptors(case):
    names = [f"{number}.yaml" for number in range(400)]
    for name in names:
        case.write(name, GOOD.replace("payments", f"channel {name}"))
    limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))}
    done = subprocess.run([program("rosterctl"), "validate", *names], cwd=case.folder, env=case.environment(),
                          capture_output=True, text=True, check=False, **limit)
    assert (done.returncode, done.stderr) == (IN_SYNC, "")
    assert done.stdout.startswith("no errors in 400 files: 400 channels, 800 members")


def test_an_output_that_cannot_be_written_is_a_failure(case):
    case.write("a.yaml", BAD)
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([program("rosterctl"), "validate", "--format", "json", "a.yaml"], cwd=case.folder,
                              env=case.environment(), stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == FAILED and b"No space left" in done.stderr


# ---- carets ----

def carets(case, *args):
    text, status = on_a_terminal(case, "rosterctl", "validate", *args, config=False)
    assert status == INVALID, text
    return text.replace("\r\n", "\n").split("\n")


def test_a_terminal_shows_the_line_with_a_caret(case):
    case.write("a.yaml", BAD)
    lines = carets(case, "a.yaml")
    assert lines[1:3] == ["        colour", "        ^"], "what an unknown key holds may be a secret"
    assert lines[4:6] == ["          - 10.1.0.5:8o80", "            ^"]
    assert lines[6] == f"2 errors in 1 of 1 file{UNCHECKED}"


def test_a_caret_stands_below_its_place_whatever_is_wide_or_long(case):
    case.write("a.yaml", "version: 1\nchannels:\n  - {name: 支付渠道, members: [a b]}\n")
    lines = carets(case, "a.yaml")
    assert lines[1:3] == ["      - {name: 支付渠道, members: [a b]}", "    " + " " * 31 + "^"]
    many = ", ".join(f"10.1.0.{number}" for number in range(200))
    case.write("a.yaml", f"version: 1\nchannels:\n  - {{name: payments, members: [{many}, a b, {many}]}}\n")
    line, caret = carets(case, "a.yaml")[1:3]
    assert len(line) <= 120 and line.startswith("    ...") and line.endswith("...")
    assert line[caret.index("^"):].startswith("a b, "), (line, caret)
    case.write("a.yaml", "version: 1\r\nchannels:\r\n  - name: payments\r\n    members: [\x85, \"\\e\"]\r\n")
    assert all("\x85" not in line and "\x1b" not in line for line in carets(case, "a.yaml"))


SECRETS = {
    "a secret in the place of its file": "instances: {prod: {auth: {method: token, token: hunter2}}}",
    "a key that is not known": "instances: {prod: {auth: {method: token, tokn: hunter2, x: 1}}}",
    "below a key that is not known": "instances:\n  prod:\n    auth:\n      methd: token\n      passwd_: hunter2",
    "a text for a map": "instances: {prod: {auth: hunter2}}",
    "a password in an endpoint": "instances: {prod: {endpoint: 'https://me:hunter2@roma.example.com'}}",
    "a password in an endpoint of etcd": "fleet: {etcd: {endpoints: ['https://me:hunter2@10.0.0.1:2379']}}",
    "a password of etcd": "fleet: {etcd: {password: hunter2}}",
    "a text that is much too long": f"instances: {{prod: {{auth: {{method: token, token_file: hunter2{'x' * 4096}}}}}}}",
}


@pytest.mark.parametrize("kind", SECRETS)
def test_no_line_shows_what_may_be_a_secret(case, kind):
    case.own_settings(f"version: 1\nmode: prune\n{SECRETS[kind]}\n")
    text = "\n".join(carets(case, "-c", "rosterd.yaml"))
    assert "hunter2" not in text, text


@pytest.mark.parametrize("text", ["hunter2", "@hunter2", "hunter2: 'x", "[hunter2", "-----BEGIN KEY-----\nhunter2: %\n"])
def test_a_file_of_a_secret_is_not_shown(case, text):
    case.write("prod.sk", text)
    mistake, totals, end = carets(case, "prod.sk")
    assert mistake.startswith("prod.sk:") and "hunter2" not in mistake
    assert totals == f"1 error in 1 of 1 file{UNCHECKED}" and end == ""


# ---- for scripts ----

def test_json_has_the_parts_of_each_mistake(case):
    case.write("a.yaml", BAD)
    found = report(case, "a.yaml")
    problems = found.pop("problems")
    assert found == {"valid": False, "files": 1, "files_with_errors": 1, "errors": 2, "errors_not_shown": 0,
                     "unchecked": ["instance", "mode", "quarantine", "guards"]}
    assert [(p["severity"], p["file"], p["line"], p["column"], p["key"]) for p in problems] == [
        ("error", "a.yaml", 5, 5, "channels[0].colour"), ("error", "a.yaml", 7, 9, "channels[0].members[0]")]
    assert problems[0]["message"].startswith("unknown key, must be one of: name, id, ")
    missing = report(case, "nowhere.yaml")["problems"][0]
    assert (missing["line"], missing["column"], missing["key"]) == (None, None, None)


def test_json_of_what_is_valid_has_the_warnings(case):
    case.attach("prod", "https://roma.example.com")
    case.tune(freezes=[{"from": "2020-01-01T00:00:00Z", "to": "2900-01-01T00:00:00Z"}])
    case.roster(entry("payments", "10.1.0.5"))
    found = case.run("rosterctl", "validate", "--format", "json")
    assert found.status == IN_SYNC and found.report["valid"] and found.report["unchecked"] == []
    assert [problem["severity"] for problem in found.report["problems"]] == ["warning"]
    assert "::warning file=" in case.run("rosterctl", "validate", "--format", "github").stdout
    assert case.run("rosterctl", "validate", "--format", "gitlab").report[0]["severity"] == "minor"


def test_of_very_many_mistakes_the_rest_is_counted(case):
    case.write("a.yaml", "version: 1\nchannels:\n  - name: payments\n    members:\n" + "      - a b\n" * 10050)
    found = report(case, "a.yaml")
    assert (found["errors"], found["errors_not_shown"], len(found["problems"])) == (10050, 50, 10000)
    assert validate(case, "a.yaml").stderr.splitlines()[-2:] == [
        "50 more problems are not shown", f"10050 errors in 1 of 1 file{UNCHECKED}"]
    assert "::error::50 more problems are not shown\n" in validate(case, "--format", "github", "a.yaml").stdout
    violations = validate(case, "--format", "gitlab", "a.yaml").report
    assert len({violation["fingerprint"] for violation in violations}) == 10001
    assert violations[-1]["description"] == "50 more problems are not shown"


def unescape(text):
    """What the runner makes of a property (actions/runner, ActionCommand.cs)."""
    for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, character)
    return text


@pytest.mark.parametrize("name", ["a.yaml", "sub/a:b,c=d.yaml", "100%.yaml", "two\nlines.yaml", "%0A.yaml"])
def test_github_takes_back_what_was_written(case, name):
    case.write(name, BAD.replace("colour", '"co%lour::x"'))
    result = validate(case, "--format", "github", "./" + name)
    assert (result.status, result.stderr) == (INVALID, "")
    first, second, totals = result.stdout.splitlines()
    command = re.fullmatch(r"::error ([^:]*)::(.*)", first)
    properties = dict(part.split("=", 1) for part in command[1].split(","))
    assert {key: unescape(value) for key, value in properties.items()} == {"file": name, "line": "5", "col": "5"}
    assert unescape(command[2]).startswith("channels[0].co%lour::x: unknown key, ")
    assert second.startswith("::error ") and totals == f"2 errors in 1 of 1 file{UNCHECKED}"


def test_pipelines_have_files_by_where_they_began(case):
    """Both take no other name of a file for one of the repository, and settings are often named by a variable."""
    case.attach("prod", "https://roma.example.com")
    case.tune(rosters=["rosters.d"])
    case.write("rosters.d/a.yaml", BAD)
    for style, words in (("gitlab", '"path": "rosters.d/a.yaml"'), ("github", "::error file=rosters.d/a.yaml,line=5")):
        assert words in case.run("rosterctl", "validate", "--format", style).stdout
        assert words in validate(case, "--format", style, str(case.folder / "rosters.d/a.yaml")).stdout
    other = case.folder.parent / (case.folder.name + "x")
    other.mkdir()
    (other / "a.yaml").write_text(BAD)
    assert f"file={other}/a.yaml," in validate(case, "--format", "github", str(other / "a.yaml")).stdout


def test_gitlab_has_a_violation_for_each(case):
    case.write("a.yaml", BAD)
    violations = validate(case, "--format", "gitlab", "./a.yaml", "nowhere.yaml").report
    for violation in violations:
        assert set(violation) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert violation["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert re.fullmatch("[0-9a-f]{64}", violation["fingerprint"]) and violation["check_name"]
    places = [(v["location"]["path"], v["location"]["lines"]["begin"]) for v in violations]
    assert places == [("nowhere.yaml", 1), ("a.yaml", 5), ("a.yaml", 7)]
    case.write("a.yaml", GOOD)
    result = validate(case, "--format", "gitlab", "a.yaml")
    assert result.status == IN_SYNC and result.report == []


def test_fingerprints_differ_and_outlive_lines_that_move(case):
    twice = BAD.replace("- 10.1.0.6\n", "- 10.1.0.6\n      - 10.1.0.6\n") + "      - &a 1\n      - &b 1\n"
    case.write("a.yaml", twice)
    before = [v["fingerprint"] for v in validate(case, "--format", "gitlab", "a.yaml").report]
    case.write("a.yaml", "# moved\n\n" + twice)
    assert [v["fingerprint"] for v in validate(case, "--format", "gitlab", "a.yaml").report] == before
    assert len(set(before)) == len(before) > 3
    case.write("b.yaml", twice)
    other = [v["fingerprint"] for v in validate(case, "--format", "gitlab", "b.yaml").report]
    assert not set(other) & set(before)
