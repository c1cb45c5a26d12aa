# SPDX-License-Identifier: MIT
"""What the state keeps of the last days, as the control socket tells it."""

import json
import signal
import sqlite3

import pytest

from case import channel, entry, identifier, row, wait_until
from daemon import NEVER, Daemon
from test_control import Local, ctl

HOUR_USEC = 3600 * 1000 * 1000
KEPT = ("10.1.0.5", "10.1.0.6", "10.1.0.7")


@pytest.fixture
def prepared(case):
    case.sim = case.serve(channel("payments", *KEPT, "10.1.0.9"), channel("search", *KEPT))
    case.roster(entry("payments", *KEPT), entry("search", *KEPT, "10.1.0.8"), entry("nowhere", "10.4.0.1"))
    case.tune(interval=NEVER)
    return case


def ask(case, query="", status=200):
    connection = Local(case)
    connection.request("GET", "/v1/samples" + query)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    assert answer.status == status, body
    return body


def samples(case, query=""):
    body = ask(case, query)
    assert body["complete"] is True
    return body["samples"]


def begin(case, *args):
    daemon = Daemon(case, *args)
    daemon.wait_status("next pass in")
    return daemon


def test_each_channel_that_is_known_has_one(prepared):
    begin(prepared)
    found = {row["name"]: row for row in samples(prepared)}
    assert set(found) == {"payments", "search"}, "which channel `nowhere` is, nobody knows"
    kept = found["payments"]
    assert kept.pop("time").endswith("Z")
    assert kept == {"instance": "prod", "channel": identifier("payments"), "name": "payments", "result": "converged",
                   "live": 3, "desired": 3, "extra": 0, "missing": 0, "changed": 0, "ignored": 0,
                   "quarantined": 0}, "as the pass left it"
    kept = found["search"]
    assert (kept["result"], kept["live"], kept["desired"], kept["missing"]) == ("drift", 3, 4, 1)


def test_a_channel_that_cannot_be_read_has_no_numbers(prepared):
    prepared.tune(retry={"attempts": 1})
    prepared.sim.faults([{"match": {"op": "list_members", "channel": identifier("search")}, "times": -1,
                          "then": {"status": 403, "code": "APIG.1005"}}])
    begin(prepared)
    kept, = samples(prepared, "?channel=search")
    assert (kept["result"], kept["live"], kept["extra"], kept["desired"]) == ("failed", None, None, 4)


def test_more_passes_add_none_and_a_kill_loses_none(prepared):
    daemon = begin(prepared)
    before = samples(prepared)
    for _ in range(3):
        assert ctl(prepared, "reconcile", "search").status == 2
    assert samples(prepared) == before
    daemon.signal(signal.SIGKILL)
    daemon.wait_end()
    begin(prepared)
    assert samples(prepared) == before
    assert samples(prepared, "?channel=prod/search&since=1h") == [row for row in before if row["name"] == "search"]
    assert samples(prepared, "?channel=elsewhere/search") == []


def test_a_day_is_told_where_no_time_is_asked_for(prepared):
    """And what held when it began."""
    daemon = begin(prepared)
    assert daemon.stop() == 0
    with sqlite3.connect(prepared.state_dir / "rosterd.db") as database:
        database.execute(f"UPDATE clock SET steady_usec = steady_usec + {25 * HOUR_USEC}")
        database.execute("INSERT INTO sample SELECT 0, channel, steady_usec - 1, time_usec, 'failed', desired, live, "
                         "extra, missing, changed, ignored, quarantined FROM sample ORDER BY id LIMIT 1")
    begin(prepared)
    told = [(row["name"], row["result"]) for row in samples(prepared)]
    assert sorted(told) == [("payments", "converged"), ("payments", "in_sync"), *[("search", "drift")] * 2]
    assert len(samples(prepared, "?since=2d")) == 5


def test_what_is_asked_wrongly_is_refused(prepared):
    begin(prepared)
    assert "since" in ask(prepared, "?since=whenever", 400)["error"]


def test_a_dry_run_keeps_none(prepared):
    begin(prepared, "--dry-run")
    assert samples(prepared) == []


def test_a_table_that_cannot_be_written_fails_no_pass(prepared):
    """Whatever is wrong with samples: deletions go on, and the log says it once."""
    daemon = begin(prepared)
    assert daemon.stop() == 0
    with sqlite3.connect(prepared.state_dir / "rosterd.db") as database:
        database.execute("DELETE FROM sample")
        database.execute("CREATE UNIQUE INDEX narrow ON sample (desired - desired)")
    daemon = begin(prepared)
    line, = daemon.wait_line("STATE", part="no samples are kept")
    assert line["level"] == "warning"
    prepared.sim.edit("payments", add=[row("10.1.0.9")])
    assert ctl(prepared, "reconcile", "payments").status == 0
    wait_until(lambda: sorted(prepared.sim.hosts("payments")) == sorted(KEPT))
    assert len(daemon.wait_line("STATE", part="no samples are kept")) == 1


def test_every_one_of_many_has_one(case):
    """They are kept in portions, a turn of the event loop each."""
    case.serve(generate={"channels": 450, "members": 1, "name": "c-%d"})
    case.roster(*(entry(f"c-{number}", f"10.{number % 240}.{number // 240 * 20}.1") for number in range(450)))
    case.tune(interval=NEVER)
    daemon = Daemon(case)
    daemon.wait_status("450 in sync")

    def kept():
        with sqlite3.connect(f"file:{case.state_dir}/rosterd.db?mode=ro", uri=True) as database:
            return database.execute("SELECT count(*) FROM sample").fetchone()[0]
    wait_until(lambda: kept() == 450, process=daemon.process)
    assert daemon.stop() == 0
