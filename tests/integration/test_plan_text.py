# SPDX-License-Identifier: MIT
"""What people read: the plan in words and signs, colour only where it is wanted, and no tricks on the terminal."""

import os
import pty
import re
import select
import unicodedata

import pytest

from case import DRIFT, FAILED, HELD, INVALID, channel, entry, identifier, program, row

PAYMENTS = channel("payments", "10.1.0.5", row("10.1.0.6", member_group_name="blue"), "10.1.0.9",
                   row("10.1.0.8", port=9090, member_group_name="green"), {"host": "2001:db8::9"}, "10.9.0.1")
ROSTER = entry("payments", "10.1.0.5", {"host": "10.1.0.6", "group": "blue"}, "10.1.0.7",
               {"host": "10.1.0.66", "port": 81, "group": "blue"}, ignore=[{"host": "10.9.0.0/16"}])
KEPT = [f"10.0.0.{i}" for i in range(1, 5)]
OFF = {"max_deletes": 100, "max_delete_percent": 100, "min_remaining": 0}


def serve(case, *faults, guards=None):
    sim = case.serve(PAYMENTS, faults=list(faults))
    case.roster(ROSTER)
    case.tune(guards=guards or OFF)
    return sim


def on_a_terminal(case, *argv, env=None, config=True):
    """What a command shows on a terminal, and its status; with -c unless told otherwise."""
    if config:
        case.write_settings()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(case.folder)
        os.execve(program(argv[0]), [*argv, *(["-c", str(case.config)] if config else [])],
                  case.environment({"TERM": "xterm", **(env or {})}))
    shown = b""
    while select.select([terminal], [], [], 30)[0]:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(terminal)
    return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def lines_with(text, sign):
    return [line.strip() for line in text.splitlines() if line.strip().startswith(sign + " ")]


def test_the_signs_and_what_stands_behind_them(case):
    serve(case)
    result = case.plan()
    assert result.status == DRIFT and result.stderr == ""
    assert "prod/payments: drift" in result.stdout and identifier("payments") not in result.stdout
    assert f"prod/payments ({identifier('payments')})" in case.plan("-v").stdout
    minus, missing, kept = (lines_with(result.stdout, sign) for sign in "-?=")
    assert len(minus) == 3 and len(missing) == 2 and len(kept) == 1
    assert any("10.1.0.9:8080" in line for line in minus)
    assert any("green" in line and "10.1.0.8:9090" in line for line in minus)
    assert any("[2001:db8::9]:8080" in line for line in minus)
    assert any("10.1.0.7:8080" in line for line in missing)
    assert any("blue" in line and "10.1.0.66:81" in line for line in missing)
    assert "2" in kept[0] and "1 ignored" in kept[0]
    assert "10.1.0.5" not in result.stdout, "what stays is a number"


def test_a_missing_member_points_to_its_twin(case):
    """The same host is deleted in one group or at one port and missed in another: most often a slip in the roster."""
    case.serve(channel("payments", "10.1.0.4", row("10.1.0.5", member_group_name="blue"), row("10.1.0.6", port=81),
                       row("10.1.0.7", member_group_name="blue")))
    case.roster(entry("payments", "10.1.0.4", {"host": "10.1.0.5", "group": "bleu"}, "10.1.0.6:82",
                      {"host": "10.1.0.6", "port": 81, "group": "blue"}, "10.1.0.7:83", "10.1.0.9"))
    case.tune(guards=OFF)
    for shown in case.plan().stdout, case.run("rosterd", "--once").stdout:
        assert sorted(lines_with(shown, "?")) == sorted([
            "? bleu/10.1.0.5:8080  missing (blue/10.1.0.5:8080 above differs in the group alone)",
            "? blue/10.1.0.6:81  missing (10.1.0.6:81 above differs in the group alone)",
            "? 10.1.0.6:82  missing (10.1.0.6:81 above differs in the port alone)",
            "? 10.1.0.7:83  missing (blue/10.1.0.7:8080 above differs in group and port)", "? 10.1.0.9:8080  missing"])


def test_the_plan_is_the_report_of_a_dry_run(case):
    sim = serve(case)
    assert case.plan().stdout == case.run("rosterd", "--once", "--dry-run").stdout
    reported = case.plan("--json").channel("payments")
    assert reported["digest"] in case.plan().stdout
    for extra in reported["extra"]:
        assert extra["id"] in case.plan("-v").stdout and extra["id"] not in case.plan().stdout
    assert {r["method"] for r in sim.requests()} == {"GET"}


def test_guards_are_shown_with_their_numbers(case):
    serve(case, guards={"max_deletes": 2, "max_delete_percent": 50, "min_remaining": 4})
    result = case.plan()
    assert result.status == HELD and "held" in result.stdout
    text = lines_with(result.stdout, "!")
    assert len(text) == 3
    for line, (name, planned, limit) in zip(text, (("max_deletes", 3, 2), ("max_delete_percent", 60, 50),
                                                   ("min_remaining", 3, 4))):
        assert name in line and re.search(rf"\b{planned}\b", line) and re.search(rf"\b{limit}\b", line)
    assert re.search(r"[0-9a-f]{64}", result.stdout)


def test_a_real_run_shows_what_became_of_each(case):
    serve(case, {"match": {"op": "delete_member", "member": "10.1.0.9"}, "times": 1, "then": {"status": 500}},
          {"match": {"op": "delete_member", "member": "10.1.0.8"}, "then": {"status": 400, "code": "APIG.2012",
                                                                         "message": "invalid parameter value"}})
    result = case.run("rosterd", "--once")
    minus = lines_with(result.stdout, "-")
    assert result.status == FAILED
    assert any("10.1.0.9:8080" in line and "deleted" in line and "2 attempts" in line for line in minus)
    assert any("10.1.0.8:9090" in line and "failed" in line for line in minus)
    assert "APIG.2012" in result.stdout and "invalid parameter value" in result.stdout


def test_an_error_is_shown_where_its_channel_is(case):
    case.serve(channel("payments", "10.1.0.5"))
    case.roster(entry("payments", "10.1.0.5"), entry("nowhere", "10.1.0.5"))
    result = case.plan()
    part = result.stdout.split("prod/nowhere")[1]
    assert result.status == FAILED and "failed" in part and "no channel with the name nowhere" in part
    assert "in sync" in result.stdout.split("prod/nowhere")[0]


def test_the_first_line_counts(case):
    serve(case)
    first = case.plan().stdout.splitlines()[0]
    assert "1 channel" in first and "3 extra" in first and "2 missing" in first and "dry run" in first


def test_channels_in_sync_are_only_counted(case):
    case.serve(PAYMENTS, *[channel(f"calm-{i}", "10.1.0.5") for i in range(40)])
    case.roster(ROSTER, *[entry(f"calm-{i}", "10.1.0.5") for i in range(40)])
    case.tune(guards=OFF)
    shown = case.plan().stdout
    assert "40 in sync" in shown.splitlines()[0] and "calm-" not in shown
    assert case.plan("-v").stdout.count("prod/calm-7 (") == 1


def many(case, **guards):
    """60 channels that lose five members each."""
    case.serve(*[channel(f"channel-{i}", *[f"10.0.{i}.{k}" for k in range(1, 12)]) for i in range(60)])
    case.roster(*[entry(f"channel-{i}", *[f"10.0.{i}.{k}" for k in range(1, 7)]) for i in range(60)])
    case.tune(guards={**OFF, **guards})


@pytest.mark.parametrize("guards", [{}, {"max_deletes": 2, "min_remaining": 8}])
def test_a_big_plan_is_readable(case, guards):
    """300 deletions in 60 channels: every one is shown, in few lines that fit; the summary has the channels alone."""
    many(case, **guards)
    shown, summary = case.plan().stdout, case.plan("--summary").stdout
    lines = shown.splitlines()
    assert len(lines) < 400 and max(map(len, lines)) <= 100
    assert len(summary.splitlines()) < 70 and shown.startswith(summary)
    for i in range(60):
        for k in range(7, 12):
            assert shown.count(f"- 10.0.{i}.{k}:8080") == 1
        assert f"prod/channel-{i} " in summary


def test_a_big_plan_of_every_kind_is_readable(case):
    """Additions, corrections and deletions that several guards hold: each has its sign, and none of what is deleted
    stands behind anything else."""
    addresses = [f"10.100.{100 + i}" for i in range(60)]
    case.serve(*[channel(f"orders-backend-{i:02}", *[f"{a}.{k}" for k in range(100, 110)], {"host": f"{a}.200", "weight": 1})
                 for i, a in enumerate(addresses)])
    case.roster(*[entry(f"orders-backend-{i:02}", *[f"{a}.{k}" for k in range(100, 108)], f"{a}.210", f"{a}.211",
                        {"host": f"{a}.200", "weight": 5}) for i, a in enumerate(addresses)])
    case.tune(mode="sync", guards={**OFF, "max_deletes": 1, "max_adds": 1, "max_delete_percent": 5})
    result = case.plan()
    lines = result.stdout.splitlines()
    assert result.status == HELD
    assert len(lines) < 400 and max(map(len, lines)) <= 100
    assert lines[:3] == ["60 channels: 60 held; members: 300 held, 120 missing, 60 changed (dry run: nothing was changed)", "",
                         lines[2]] and len(case.plan("--summary").stdout.splitlines()) < 70
    guards = [line.strip() for line in lines if line.startswith("  !")]
    assert guards == ["! refuses: max_deletes 2, limit 1; max_adds 3, limit 1; max_delete_percent 19, limit 5"] * 60
    for a in addresses:
        assert [line for line in lines if a in line] == [
            f"  + {a}.210:8080  + {a}.211:8080", f"  - {a}.108:8080  - {a}.109:8080  ~ {a}.200:8080  weight 1, roster 5"]


def test_an_instance_that_fails_is_one_line(case):
    """One cause is told once, and what was not read is not counted as none."""
    case.attach("dead", "http://127.0.0.1:1")
    case.secret("token", "T1")
    case.tune(retry={"attempts": 1})
    case.roster(*[entry(f"channel-{i}", "10.0.0.1") for i in range(60)])
    result = case.plan("--log-level", "err")
    lines = result.stdout.splitlines()
    assert result.status == FAILED and len(lines) == 2, result
    assert lines[0].startswith("60 channels: 60 failed; 60 channels not read") and "missing" not in lines[0]
    assert lines[1].startswith("dead: 60 channels could not be read: ") and "refused" in lines[1]
    one = case.plan("channel-3", "--log-level", "err")
    assert one.stderr == "" and one.stdout.splitlines()[3].endswith("..."), one


def display_width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def test_tables_go_by_what_is_seen(case):
    """A name in wide characters shifts no column."""
    wide = "\u652f\u4ed8\u670d\u52a1\u901a\u9053"
    case.serve(channel(wide, "10.1.0.5", "10.1.0.6"), channel("orders", "10.1.0.5", "10.1.0.6"))
    case.roster(entry(wide, "10.1.0.5"), entry("orders", "10.1.0.5"))
    case.tune(guards=OFF)
    for env in ({}, {"LC_ALL": "C"}):
        rows = [line for line in case.plan("--summary", env=env).stdout.splitlines() if "drift  " in line]
        assert len(rows) == 2 and wide in rows[0]
        assert len({display_width(row.split("drift")[0]) for row in rows}) == 1
        assert len({display_width(row.rstrip()) for row in rows}) == 1


def test_no_colour_where_there_is_no_terminal(case):
    serve(case)
    assert "\033" not in case.plan().stdout and "\033" not in case.run("rosterd", "--once", "--dry-run").stdout


def test_colour_on_a_terminal(case):
    serve(case)
    shown, status = on_a_terminal(case, "rosterctl", "plan")
    assert status == DRIFT and "\033[3" in shown and shown.count("\033[0m") >= 4
    plain = re.sub(r"\033\[[0-9;]*m", "", shown).replace("\r\n", "\n")
    assert plain == case.plan().stdout, "it is the same text in colours"


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_on_a_terminal_that_does_not_want_it(case, env):
    serve(case)
    shown, status = on_a_terminal(case, "rosterctl", "plan", env=env)
    assert status == DRIFT and "\033" not in shown


def test_json_on_a_terminal_has_no_colour(case):
    serve(case)
    shown, _ = on_a_terminal(case, "rosterctl", "plan", "--json")
    assert "\033" not in shown


TRICKS = "\033[2J\033]0;title\a\x7f\x9b31m\r\n\b\u202e"


def assert_harmless(text):
    """Lines of what can be seen: no control character of any kind, nor one that turns the reading order."""
    bad = [character for character in text.replace("\n", "")
           if ord(character) < 32 or 127 <= ord(character) < 160 or character in "\u202a\u202b\u202d\u202e\u2066\u2067"]
    assert not bad, ascii(text)


def test_what_the_service_says_does_not_steer_the_terminal(case):
    evil = {"raw": {"member_group_name": "gr" + TRICKS + "oup", "host": "10.1.0.9"}}
    sim = case.serve(channel("payments", "10.1.0.5", {"host": "10.1.0.9", **evil}),
                     channel("search", "10.2.0.1", "10.2.0.9", raw={"name": "sea" + TRICKS + "rch"}),
                     faults=[{"match": {"op": "delete_member"}, "then": {
                         "status": 403, "code": "APIG.1005", "message": "no" + TRICKS + "pe"}}])
    case.roster(entry("payments", "10.1.0.5"), entry(None, "10.2.0.1", id=identifier("search")))
    case.tune(guards=OFF)
    for result in (case.plan(), case.run("rosterd", "--once"),
                   case.run("rosterd", "--once", "--log-format", "json", "--log-level", "debug")):
        assert result.status in (DRIFT, FAILED)
        assert_harmless(result.stdout)
        assert_harmless(result.stderr)
    assert sim.requests("delete_member")


def test_tricks_in_json_are_escaped(case):
    case.serve(channel("payments", "10.1.0.5", {"host": "10.1.0.9", "raw": {"member_group_name": "a" + TRICKS}}))
    case.roster(entry("payments", "10.1.0.5"))
    result = case.dry()
    assert "\033" not in result.stdout
    assert result.channel("payments")["extra"][0]["group"] == "a" + TRICKS, "and the report is exact"


@pytest.mark.parametrize("text", [
    '- name: "pay\\e[31mments"\n    members: [10.1.0.5]',
    '- name: "pay\\x9b31mments"\n    members: [10.1.0.5]',
    '- name: payments\n    "\\e[31m\\x9b31mcolour": 1\n    members: ["10.1.0.5\\e[2J\\x9b2J", "\\u202e10.1.0.5"]',
])
def test_a_roster_does_not_steer_the_terminal(case, text):
    case.serve(channel("payments", "10.1.0.5"))
    case.write("rosters.yaml", f"version: 1\nchannels:\n  {text}\n")
    for result in case.plan(), case.check(), case.run("rosterd", "--once"):
        assert_harmless(result.stdout)
        assert_harmless(result.stderr)
    assert result.status in (FAILED, INVALID)


def test_a_plan_of_its_own_tells_nothing_twice(case):
    """Both outputs of a job in a pipeline come to the same eyes, though neither is a terminal."""
    case.serve(channel("payments", *KEPT, *[f"10.9.0.{i}" for i in range(1, 13)]), channel("odd", vpc_channel_type="reference"))
    case.roster(entry("payments", *KEPT), entry("odd", "10.0.0.1"), entry("gone", "10.0.0.1"))
    for extra in ([], ["--json"]):
        result = case.plan("--local", *extra)
        assert result.status == FAILED and result.stderr == "", result


def test_members_are_in_the_order_of_their_numbers(case):
    case.serve(channel("payments", *KEPT, "10.9.0.10", "10.9.0.9", "10.9.0.9:81", "10.9.0.100"))
    case.roster(entry("payments", *KEPT, "10.8.0.10", "10.8.0.9"))
    shown = case.plan("--local")
    members = [line.split()[1] for line in shown.stdout.splitlines() if line.startswith(("  - ", "  ? "))]
    assert members == ["10.9.0.9:81", "10.9.0.9:8080", "10.9.0.10:8080", "10.9.0.100:8080",
                       "10.8.0.9:8080", "10.8.0.10:8080"]
    report = case.dry().channel("payments")
    assert [f"{row['host']}:{row['port']}" for row in report["extra"] + report["missing"]] == members
