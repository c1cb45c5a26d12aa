# SPDX-License-Identifier: MIT
"""Answers that grow with what there is: each is told whole, or says what it leaves out, in bounded memory."""

import contextlib
import json
import re
import signal
import sqlite3
import subprocess

import case as cases
import pytest
from case import DRIFT, FAILED, HELD, IN_SYNC, channel, entry, wait_until
from daemon import sanitized

KEPT = ("10.1.0.1", "10.1.0.2")
CHANGES = 12000

# What both programs take with a handful of rows is 10 to 20 MB.
PEAK_MAX_KB = 64 * 1024


def ctl(case, *args, **settings):
    return case.run("rosterctl", *args, **settings)


def peak_kb(process):
    return int(re.search(r"VmHWM:\s+(\d+) kB", open(f"/proc/{process.pid}/status", encoding="ascii").read())[1])


@pytest.fixture(name="long_lived")
def fixture_long_lived(case):
    """A daemon with a history of CHANGES deletions: one that it made, and copies of it."""
    case.tune(guards={"max_delete_percent": 100})
    case.sim = case.serve(channel("payments", *KEPT, "10.9.0.1"))
    case.roster(entry("payments", *KEPT))
    assert case.run("rosterd", "--once").status == IN_SYNC
    with contextlib.closing(sqlite3.connect(case.state_dir / "rosterd.db")) as database, database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(action)") if row[1] != "id"]
        database.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {CHANGES}) "
            f"INSERT INTO action (id, {', '.join(columns)}) SELECT i, {', '.join(columns)} FROM action, n "
            "WHERE action.id = 1")
    case.daemon = case.start("rosterd", "--log-level", "err")
    wait_until(lambda: ctl(case, "status").status == IN_SYNC, process=case.daemon)
    return case


def begin_history(case, *args):
    """rosterctl under way: its output is read as the test goes on."""
    return subprocess.Popen([cases.program("rosterctl"), "history", "-c", str(case.config), *args],
                            env=case.environment({}), cwd=case.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)


def test_a_long_history_is_printed_as_it_comes(long_lived):
    """While half of it is printed, rosterctl has not kept it; in the end it is whole, in one table."""
    reading = begin_history(long_lived, "--json")
    text = ""
    while len(text) < CHANGES * 300:
        text += reading.stdout.read(1 << 16)
    assert sanitized() or peak_kb(reading) < PEAK_MAX_KB
    text += reading.stdout.read()
    assert reading.wait() == IN_SYNC
    assert [a["action"] for a in json.loads(text)["actions"]] == list(range(1, CHANGES + 1))
    lines = ctl(long_lived, "history").stdout.splitlines()
    assert lines[0].startswith("TIME ") and len(lines) == CHANGES + 1
    assert len({line.index("prod/payments") for line in lines[1:]}) == 1, "all pages have the same columns"
    assert sanitized() or peak_kb(long_lived.daemon) < PEAK_MAX_KB


def test_who_reads_no_further_ends_rosterctl_without_a_word(long_lived):
    shell = f"{cases.program('rosterctl')} history -c {long_lived.config} | head -n 2; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], env=long_lived.environment({}), capture_output=True, text=True,
                          check=False)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("TIME ") and "10.9.0.1" in lines[1]
    assert lines[2:] == [str(128 + signal.SIGPIPE)] and done.stderr == ""


def test_history_that_breaks_off_is_no_history(long_lived):
    readings = [begin_history(long_lived), begin_history(long_lived, "--json")]
    first = [reading.stdout.readline() for reading in readings]
    long_lived.daemon.signal(signal.SIGKILL)
    for reading, line in zip(readings, first):
        rest, error = reading.stdout.read(), reading.stderr.read()
        assert reading.wait() == FAILED
        assert "what is shown is not the whole history: " in error
        assert rest.count("10.9.0.1") < CHANGES
        with pytest.raises(json.JSONDecodeError):
            json.loads(line + rest)


def test_history_by_path_and_by_files(long_lived):
    """The newest in one answer, or page by page; the files are read page by page likewise."""
    def get(query):
        return json.loads(subprocess.check_output(["curl", "-sf", "--unix-socket", long_lived.settings["control_socket"],
                                                   f"http://rosterd/v1/history?{query}"]))

    def numbers(page):
        return [action["action"] for action in page["actions"]]

    assert numbers(get("")) == list(range(CHANGES - 9999, CHANGES + 1))
    assert numbers(get("limit=3&before=100")) == [97, 98, 99]
    page = get("after=100&limit=3")
    assert (numbers(page), page["complete"], page["next"]) == ([101, 102, 103], False, 103)
    page = get(f"after={CHANGES - 2}&limit=3")
    assert (len(numbers(page)), page["complete"], page["next"]) == (2, True, None)
    assert get("after=0&channel=orders") == {"actions": [], "unknown_channel": True, "complete": True, "next": None}
    long_lived.daemon.signal()
    long_lived.daemon.finish()
    done = ctl(long_lived, "history", "--json")
    assert numbers(json.loads(done.stdout)) == list(range(1, CHANGES + 1))


def test_an_undo_of_many_changes_is_told_whole(long_lived):
    done = ctl(long_lived, "undo", "--last", "--dry-run", "--json")
    members = json.loads(done.stdout)["channels"][0]["members"]
    assert [member["action"] for member in members] == list(range(1, CHANGES + 1))
    assert sanitized() or peak_kb(long_lived.daemon) < PEAK_MAX_KB


def test_an_undo_is_told_whole_though_the_rosters_change_before_it_ends(long_lived):
    """The new ones take effect between two parts of the answer."""
    long_lived.sim.faults([{"match": {"method": "GET"}, "then": {"delay_ms": 700}}])
    long_lived.sim.clear_requests()
    undoing = long_lived.start("rosterctl", "undo", "--last", "--dry-run", "--json")
    wait_until(long_lived.sim.requests, process=undoing)
    long_lived.roster(entry("payments", *KEPT, "10.9.9.9"))
    long_lived.daemon.signal(signal.SIGHUP)
    done = undoing.finish()
    assert done.status == IN_SYNC, done
    members = json.loads(done.stdout)["channels"][0]["members"]
    assert [member["action"] for member in members] == list(range(1, CHANGES + 1))
    wait_until(lambda: ask_status(long_lived)["channels"][0]["desired"] == 3, process=long_lived.daemon)


# ---- members ----

MANY = 4000


@pytest.fixture(name="flooded")
def fixture_flooded(case):
    """A channel of MANY extra members and MANY missing ones, which guards hold; and a small one."""
    case.serve(channel("flood", *KEPT, *(f"10.{100 + i // 60000}.{i // 240 % 250}.{i % 240}" for i in range(MANY))),
               channel("payments", *KEPT))
    case.roster(entry("flood", *KEPT, *(f"10.{50 + i // 60000}.{i // 240 % 250}.{i % 240}" for i in range(MANY))),
                entry("payments", *KEPT, "10.9.9.9"))
    case.daemon = case.start("rosterd", "--log-level", "err")
    wait_until(lambda: ctl(case, "status").status == IN_SYNC, process=case.daemon)
    wait_until(lambda: all(c["result"] for c in ask_status(case)["channels"]), process=case.daemon)
    return case


def ask_status(case, *args):
    done = ctl(case, "status", "--json", *args)
    assert done.status == IN_SYNC, done
    return json.loads(done.stdout)


def test_status_counts_what_it_leaves_out(flooded):
    """The first rows of each list, how many more and what they come to; the small channel as ever."""
    status = ask_status(flooded)
    flood, payments = status["channels"]
    assert (len(flood["extra"]), len(flood["missing"])) == (1000, 1000)
    assert flood["more"] == {"missing": {"rows": MANY - 1000},
                             "extra": {"rows": MANY - 1000, "outcomes": {"held": MANY - 1000}}}
    assert "more" not in payments and len(payments["missing"]) == 1
    text = ctl(flooded, "status").stdout
    assert f"{MANY} held" in text and f"{MANY + 1} missing" in text
    row = next(line.split() for line in text.splitlines() if line.startswith("prod/flood"))
    assert row[1:7] == ["held", "prune", str(MANY + 2), str(MANY + 2), str(MANY), str(MANY)]
    done = ctl(flooded, "reconcile")
    assert done.status == HELD, done
    assert f"and {MANY - 1000} more extra, {MANY - 1000} more missing: rosterctl status prod/flood shows them all" \
        in done.stdout
    done = ctl(flooded, "reconcile", "--json")
    assert done.status == HELD and done.channel("flood")["more"]["extra"]["rows"] == MANY - 1000


def test_status_of_a_channel_and_plan_leave_nothing_out(flooded):
    flood = ask_status(flooded, "flood")["channels"][0]
    assert "more" not in flood
    assert (len({e["host"] for e in flood["extra"]}), len({m["host"] for m in flood["missing"]})) == (MANY, MANY)
    lines = ctl(flooded, "status", "flood").stdout.splitlines()
    assert sum(line.startswith("  - 10.") for line in lines) == MANY
    assert sum(line.startswith("  ? 10.") for line in lines) == MANY
    done = ctl(flooded, "plan", "--json")
    assert done.status == HELD, done
    assert (len(done.channel("flood")["extra"]), len(done.channel("flood")["missing"])) == (MANY, MANY)
    assert "more" not in done.channel("flood")
    done = ctl(flooded, "approve", flood["digest"], "--yes")
    assert done.status == IN_SYNC and done.stdout.count("\n  - 10.") == MANY, "all that is approved is shown"


def test_an_answer_is_shown_where_the_disk_for_it_is_full(flooded):
    folder = flooded.folder / "small"
    folder.mkdir()
    done = flooded.run("rosterctl", "plan", "--json", env={"TMPDIR": str(folder)},
                       wrap=cases.in_a_mount(f"mount -t tmpfs -o size=128k none {folder}"))
    assert done.status == HELD, done
    assert (len(done.channel("flood")["extra"]), len(done.channel("flood")["missing"])) == (MANY, MANY)


# ---- many channels ----

CHANNELS, EACH = 20, 600


def crowd(network):
    return [f"10.{network + i // 60000}.{i // 240 % 250}.{i % 240}" for i in range(EACH)]


@pytest.fixture(name="crowded")
def fixture_crowded(case):
    """CHANNELS channels, each with EACH members too many, and as many missing."""
    case.tune(mode="observe", interval="1h", limits={"requests_per_second": 0})
    case.serve(*(channel(f"crowd-{i}", *KEPT, *crowd(100)) for i in range(CHANNELS)))
    case.roster(*(entry(f"crowd-{i}", *KEPT, *crowd(50)) for i in range(CHANNELS)))
    case.daemon = case.start("rosterd", "--log-level", "err")
    wait_until(lambda: ctl(case, "status").status == IN_SYNC, process=case.daemon)
    return case


def run_measured(case, *args):
    """What rosterctl prints, which must be more than a pipe holds, and the memory that it has taken when it begins."""
    reading = subprocess.Popen([cases.program("rosterctl"), *args, "-c", str(case.config)], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=case.environment({}), cwd=case.folder, text=True)
    first = reading.stdout.read(1)
    peak = peak_kb(reading)
    text = first + reading.stdout.read()
    assert reading.wait() in (IN_SYNC, DRIFT), reading.stderr.read()
    return text, peak


def test_ten_times_the_members_take_no_more_of_rosterctl(crowded):
    for words, sign in ((["plan", "--json"], '"outcome": "planned"'), (["plan", "--local", "-v"], "\n  - 10.1"),
                        (["export", "--fields"], "- {host: 10.1")):
        few, few_kb = run_measured(crowded, *words, *(f"crowd-{i}" for i in range(CHANNELS // 10)))
        many, many_kb = run_measured(crowded, *words)
        assert few.count(sign) >= CHANNELS // 10 * EACH and many.count(sign) == 10 * few.count(sign)
        assert sanitized() or many_kb < 1.3 * few_kb, f"{words}: {few_kb} kB, then {many_kb} kB"


def test_members_of_all_channels_are_listed_as_they_come(crowded):
    text, peak = run_measured(crowded, "channels", "--members")
    assert text.count("\n    10.") == CHANNELS * (EACH + len(KEPT))
    assert sanitized() or peak < PEAK_MAX_KB // 2
    assert sanitized() or peak_kb(crowded.daemon) < PEAK_MAX_KB
