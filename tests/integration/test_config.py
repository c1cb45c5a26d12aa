# SPDX-License-Identifier: MIT
"""Settings and rosters through the programs: what --check and validate say and how they exit."""

import os
import re
import subprocess

import pytest

import case as cases

# The settings and the roster of the documentation, whole.
SETTINGS = """\
version: 1
instances:
  prod:
    endpoint: https://roma.cn-north-4.myhuaweicloud.com
    api: apic
    project_id: 0123456789abcdef0123456789abcdef
    instance_id: 6a7b8c9d-0000-4000-8000-000000000001
    auth:
      method: aksk
      access_key_file: prod.ak
      secret_key_file: prod.sk
    ca_file: /etc/rosterd/ca.pem
mode: prune
interval: 60s
rosters: [rosters.d]
retry: {attempts: 4, base: 1s, cap: 30s, throttle_base: 5s}
limits: {concurrency: 8, requests_per_second: 20, connect_timeout: 15s, timeout: 60s, pass_deadline: 10m}
guards: {max_deletes: 10, max_delete_percent: 50, min_remaining: 1, confirm_passes: 1}
state_dir: /var/lib/rosterd
"""

ROSTER = """\
version: 1
instance: prod
channels:
  - name: payments
    mode: prune
    members:
      - 10.1.0.5:8080
      - {host: 10.1.0.6, port: 8080, group: blue}
      - {ecs_id: 9a5b0c2e-3f41-4a44-8a53-8c4b2f0a5d11, port: 8080}
    ignore:
      - {host: 10.9.0.0/16}
      - {group: canary}
    guards: {max_deletes: 2}
  - id: 56a7d7358e1b42459c9d730d65b14e59
    allow_empty: true
    members: []
"""

PLACE = re.compile(r"[^:]+:[1-9][0-9]*:[1-9][0-9]*: ")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rosters.d").mkdir()
    (tmp_path / "rosterd.yaml").write_text(SETTINGS)
    (tmp_path / "rosters.d" / "a.yaml").write_text(ROSTER)
    return tmp_path


def run(folder, name, *arguments, **environment):
    kept = {key: value for key, value in os.environ.items() if key not in cases.UNWANTED}
    return subprocess.run([cases.program(name), *arguments], cwd=folder, env={**kept, **environment},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)


def check(folder):
    return run(folder, "rosterd", "--check", "-c", "rosterd.yaml")


def refused(folder):
    """The lines of a check that must refuse, each with its place."""
    result = check(folder)
    assert (result.returncode, result.stdout) == (cases.INVALID, ""), result
    lines = result.stderr.splitlines()
    assert lines and all(PLACE.match(line) for line in lines), result.stderr
    return lines


def test_the_documented_example_is_valid(folder):
    result = check(folder)
    assert (result.returncode, result.stderr) == (cases.IN_SYNC, ""), result


def test_validate_is_the_same(folder):
    assert run(folder, "rosterctl", "validate", "-c", "rosterd.yaml").returncode == cases.IN_SYNC
    (folder / "rosters.d" / "a.yaml").write_text(ROSTER.replace("members: []", "members: [a b, 1.2]"))
    result = run(folder, "rosterctl", "validate", "-c", "rosterd.yaml")
    assert result.returncode == cases.INVALID and result.stdout == ""
    assert result.stderr == check(folder).stderr + "2 errors in 1 of 2 files\n"
    assert len(result.stderr.splitlines()) == 3


def test_the_environment_names_the_settings(folder):
    (folder / "rosterd.yaml").rename(folder / "other.yaml")
    assert run(folder, "rosterd", "--check", ROSTERD_CONFIG="other.yaml").returncode == cases.IN_SYNC
    missing = run(folder, "rosterd", "--check", ROSTERD_CONFIG="missing.yaml")
    assert (missing.returncode, missing.stdout) == (cases.INVALID, "")
    assert missing.stderr == "missing.yaml: cannot be read: No such file or directory\n"


# What is changed in the settings, and what is said of it.
SETTINGS_MISTAKES = [
    ("version: 1\n", "version: 2\n",
     "rosterd.yaml:1:10: version: out of range: 2, must be 1"),
    ("mode: prune\n", "",
     "rosterd.yaml:1:1: mode: missing, must be prune (delete extras), add (add what is missing, correct what differs), "
     "sync (both) or observe (only report them)"),
    ("mode: prune\n", "mode: purge\n",
     'rosterd.yaml:13:7: mode: unknown value: "purge", did you mean prune? Must be prune (delete extras), '
     'add (add what is missing, correct what differs), sync (both) or observe (only report them)'),
    ("interval: 60s", "interval: 500ms",
     "rosterd.yaml:14:11: interval: out of range: 500ms, must be 1s to 1d (units: ms, s, m, h, d, w)"),
    ("interval: 60s", "intreval: 60s",
     'rosterd.yaml:14:1: intreval: unknown key, did you mean "interval"?'),
    ("attempts: 4", "attempts: 0",
     "rosterd.yaml:16:19: retry.attempts: out of range: 0, must be 1 to 20"),
    ("concurrency: 8", "concurrency: eight",
     'rosterd.yaml:17:23: limits.concurrency: not a whole number: "eight", must be 1 to 64'),
    ("https://roma", "http://roma",
     'rosterd.yaml:4:15: instances.prod.endpoint: credentials in the clear, must begin with https:// '
     '("http://roma.cn-north-4.myhuaweicloud.com")'),
    ("      secret_key_file: prod.sk\n", "",
     "rosterd.yaml:9:7: instances.prod.auth.secret_key_file: missing, the method aksk takes "
     "access_key_file, secret_key_file, security_token_file (optional)"),
    ("method: aksk", "method: token\n      token_file: t",
     "rosterd.yaml:11:7: instances.prod.auth.access_key_file: not a key of the method token, which "
     "takes token_file"),
    ("rosters: [rosters.d]", "rosters: [missing.d]",
     "rosterd.yaml:15:11: rosters[0]: missing.d: cannot be read: No such file or directory"),
    ("state_dir: /var", "state_dir: var",
     'rosterd.yaml:19:12: state_dir: not an absolute path: "var/lib/rosterd", must be one that begins with /'),
    ("mode: prune", "mode: observe",
     "rosters.d/a.yaml:5:11: channels[0].mode: mode not allowed: prune where the settings say observe, must be "
     "observe or left out (a roster can only be milder)"),
    ("max_deletes: 10", "max_deletes: 1",
     "rosters.d/a.yaml:13:27: channels[0].guards.max_deletes: laxer than the settings: 2 where they say 1, must be 1 "
     "or less (a roster can only be stricter)"),
]


@pytest.mark.parametrize("old, new, expected", SETTINGS_MISTAKES)
def test_mistakes_in_the_settings(folder, old, new, expected):
    assert old in SETTINGS
    (folder / "rosterd.yaml").write_text(SETTINGS.replace(old, new, 1))
    assert expected in refused(folder)


# The same of the roster; here it is all that is said.
ROSTER_MISTAKES = [
    ("instance: prod", "instance: prd",
     'a.yaml:2:11: instance: unknown instance: "prd", did you mean "prod"?'),
    ("10.1.0.5:8080", "10.1.0.5:80800",
     'a.yaml:7:9: channels[0].members[0]: not a port after the colon: "10.1.0.5:80800", must be 1 to 65535 (or 0, '
     "or no colon: the channel's own port)"),
    ("10.1.0.5:8080", "2001:db8::8:8080",
     'a.yaml:7:9: channels[0].members[0]: address without brackets: "2001:db8::8:8080" has more than one colon, write '
     '"[2001:db8::8]:8080" or "[2001:db8::8:8080]" (the channel\'s own port)'),
    ("host: 10.1.0.6,", "host: 2001:db8::8:8080,",
     'a.yaml:8:16: channels[0].members[1].host: address without brackets: "2001:db8::8:8080" has more than one colon, '
     'write "[2001:db8::8]" and port: 8080 or "[2001:db8::8:8080]"'),
    ("10.1.0.5:8080", "10.1.0.6:8080\n      - {group: blue, host: '[::ffff:10.1.0.6]', port: 8080}",
     "a.yaml:9:9: channels[0].members[2]: duplicate member (first on line 8), keep one of them"),
    ("group: blue", "group: blue, group: green",
     "a.yaml:8:51: channels[0].members[1].group: duplicate key (first on line 8), keep one of them"),
    ("allow_empty: true", "allow_empty: false",
     "a.yaml:16:14: channels[1].members: empty, must list members (or, to delete them all, stand with "
     "allow_empty: true)"),
    ("- {group: canary}", "- {}",
     "a.yaml:12:9: channels[0].ignore[1]: empty rule, would ignore every member; must have one at least "
     "of host, port, group and ecs_id"),
    ("name: payments", "name: &name payments",
     "a.yaml:4:11: channels[0].name: anchor, remove it"),
    ("name: payments", "name: !!str payments",
     "a.yaml:4:11: channels[0].name: tag, remove it"),
    ("members: []\n", "members: []\n---\n",
     "a.yaml:17:1: second document, must be one in a file"),
    ("id: 56a7d7358e1b42459c9d730d65b14e59", "name: payments",
     'a.yaml:14:5: channels[1]: duplicate channel: "payments" (first in '
     "rosters.d/a.yaml:4:5), keep one of them"),
    ("version: 1\n", "version: 1\nendpoint: https://example.com\n",
     "a.yaml:2:1: endpoint: unknown key, must be one of: version, instance, channels"),
]


@pytest.mark.parametrize("old, new, expected", ROSTER_MISTAKES)
def test_mistakes_in_a_roster(folder, old, new, expected):
    assert old in ROSTER
    (folder / "rosters.d" / "a.yaml").write_text(ROSTER.replace(old, new, 1))
    assert refused(folder) == ["rosters.d/" + expected]


def test_all_mistakes_of_all_files_are_told(folder):
    settings = SETTINGS.replace("interval: 60s", "interval: 1").replace("attempts: 4", "attempts: 99")
    (folder / "rosterd.yaml").write_text(settings)
    (folder / "rosters.d" / "a.yaml").write_text(ROSTER.replace("port: 8080", "port: http"))
    (folder / "rosters.d" / "b.yaml").write_text("version: 1\nchannels: [\n")
    (folder / "rosters.d" / "c.yml").write_bytes(b"version: 1 # \xff\n")
    assert [line.split(": ")[0] for line in refused(folder)] == [
        "rosterd.yaml:14:11", "rosterd.yaml:16:19", "rosters.d/a.yaml:8:32", "rosters.d/a.yaml:9:62",
        "rosters.d/b.yaml:3:1", "rosters.d/c.yml:1:14"]


def test_a_channel_listed_in_two_files(folder):
    (folder / "rosters.d" / "b.yaml").write_text("version: 1\nchannels: [{name: payments, members: [a]}]\n")
    assert refused(folder) == ['rosters.d/b.yaml:2:12: channels[0]: duplicate channel: "payments" (first in '
                               "rosters.d/a.yaml:4:5), keep one of them"]


def test_a_password_in_an_endpoint_is_not_repeated(folder):
    (folder / "rosterd.yaml").write_text(SETTINGS.replace("https://", "https://user:hunter2@"))
    assert "hunter2" not in "".join(refused(folder))


def test_invalid_files_end_every_command_alike(folder):
    (folder / "rosters.d" / "a.yaml").write_text("channels: 5\n")
    told = check(folder).stderr
    for name, arguments in (("rosterd", ["--once", "--json"]), ("rosterd", []), ("rosterctl", ["plan"])):
        result = run(folder, name, *arguments, "-c", "rosterd.yaml")
        assert (result.returncode, result.stdout) == (cases.INVALID, ""), (name, arguments)
        assert all(line in result.stderr for line in told.splitlines()), (name, arguments)


def test_no_line_is_printed_twice_and_no_secret_at_all(folder):
    """By any command that reads the settings; the key of a secret is told, and what it is not."""
    (folder / "rosterd.yaml").write_text(SETTINGS.replace("access_key_file: prod.ak", "access_key: hunter2hunter2"))
    (folder / "rosters.d" / "a.yaml").write_text(ROSTER.replace("port: 8080", "port: 18446744073709551619"))
    for name, arguments in (("rosterd", ["--check"]), ("rosterd", ["--once"]), ("rosterctl", ["validate"]),
                            ("rosterctl", ["plan"])):
        result = run(folder, name, *arguments, "-c", "rosterd.yaml")
        lines = [line for line in result.stderr.splitlines() if PLACE.search(line)]
        assert result.returncode == cases.INVALID and "hunter2" not in result.stderr + result.stdout
        assert any("access_key: unknown key, secrets do not stand in YAML" in line for line in lines)
        assert any("port: out of range: 18446744073709551619, must be 0 to 65535" in line for line in lines)
        assert len(lines) == len(set(lines)), lines
