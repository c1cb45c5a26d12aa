# SPDX-License-Identifier: MIT
"""What the service manager is told (sd_notify(3)) in every state of the daemon's life."""

import signal
import subprocess
import time

import pytest

from case import INVALID, channel, entry, wait_until
from daemon import NEVER, Daemon, sanitized

KEPT = ("10.1.0.5", "10.1.0.6", "10.1.0.7")
LIVE = channel("payments", *KEPT, "10.1.0.9")
ROSTER = entry("payments", *KEPT)


def prepare(case, *served, **settings):
    sim = case.serve(*(served or (LIVE,)))
    case.roster(ROSTER)
    case.tune(**{"interval": NEVER, **settings})
    return sim


# ---- READY ----

def test_ready_once_settings_are_valid_and_the_loop_runs(case):
    sim = prepare(case)
    daemon = Daemon(case)
    daemon.wait_ready()
    assert "STATUS" in daemon.messages[0], "whoever asks right after the start sees a status"
    daemon.wait_status("1 in sync")
    assert sim.hosts("payments") == sorted(KEPT), "the first pass began at once"
    assert daemon.stop() == 0


@pytest.mark.parametrize("what", ["a roster", "the settings", "no settings", "no secret", "an open secret"])
def test_never_ready_when_invalid(case, what):
    sim = prepare(case)
    if what == "a roster":
        case.roster(entry("payments", "10.1.0.5", "10.1.0.5"))
    elif what == "the settings":
        case.tune(mode="delete")
    elif what == "no secret":
        (case.folder / "token").unlink()
    elif what == "an open secret":
        (case.folder / "token").chmod(0o644)
    args = ["-c", "/nonexistent/rosterd.yaml"] if what == "no settings" else []
    daemon = Daemon(case, *args)
    assert daemon.wait_end() == INVALID
    assert not daemon.messages
    assert daemon.lines(level="err"), "it says why"
    assert not sim.requests()


def test_ready_though_the_service_is_down(case):
    sim = prepare(case)
    sim.stop()
    daemon = Daemon(case)
    daemon.wait_ready()
    daemon.wait_status("1 failed", "next pass in")
    assert daemon.stop() == 0


# ---- STATUS ----

def test_status_of_a_channel_in_sync(case):
    prepare(case)
    daemon = Daemon(case)
    status = daemon.wait_status("1 channel: 1 in sync")
    assert "oldest whole list" in status and "never" not in status
    assert "next pass in" in status and "(as of " in status
    assert len(status) < 300 and "failed" not in status


# What is served, how the roster and the settings differ, what the status says.
STATES = {
    "drift": (LIVE, {}, {"mode": "observe"}, ["1 with drift"]),
    "held": (LIVE, {"guards": {"max_deletes": 0}}, {}, ["1 held", "prod/payments: held by max_deletes"]),
    "unmanageable": (channel("payments", vpc_channel_type="microservice", type=3), {}, {},
                     ["1 failed", "prod/payments"]),
    "no such channel": (channel("search", "10.2.0.1"), {}, {}, ["1 failed", "prod/payments"]),
}


@pytest.mark.parametrize("name", STATES)
def test_status_names_what_wants_a_person(case, name):
    served, fields, settings, parts = STATES[name]
    prepare(case, served, **settings)
    case.roster(entry("payments", *KEPT, **fields))
    daemon = Daemon(case)
    daemon.wait_status(*parts)


def test_status_of_several_channels_counts_each(case):
    prepare(case, LIVE, channel("search", "10.2.0.1"), channel("mail", "10.3.0.1"), mode="observe")
    case.roster(ROSTER, entry("search", "10.2.0.1"), entry("mail", "10.3.0.1"), entry("nowhere", "10.4.0.1"))
    daemon = Daemon(case)
    daemon.wait_status("4 channels: 2 in sync, 1 with drift, 1 failed", "prod/nowhere", "(some never)")


def test_status_before_anything_was_read(case):
    sim = prepare(case)
    sim.faults([{"match": {"op": "list_channels"}, "times": -1, "then": {"stall": True}}])
    daemon = Daemon(case)
    status = daemon.wait_status("1 not read yet", "a pass begins")
    assert "oldest" not in status
    wait_until(lambda: sim.requests("list_channels"))
    mark = daemon.mark()
    case.write("rosters.yaml", "nonsense")
    daemon.reload()
    daemon.wait_status("1 not read yet", "a pass is under way", since=mark)
    assert daemon.stop() == 0


def test_status_of_an_outage_tells_the_error(case):
    sim = prepare(case, retry={"attempts": 1})
    sim.faults([{"match": {"op": "list_channels"}, "times": -1,
                 "then": {"status": 503, "code": "APIG.9999", "message": "back soon"}}])
    daemon = Daemon(case)
    assert "back soon" in daemon.wait_status("1 failed", "prod/payments")


def test_status_keeps_the_age_of_lists_over_a_reload(case):
    """In an outage that age is what tells for how long nobody has looked."""
    sim = prepare(case, retry={"attempts": 1})
    daemon = Daemon(case)
    daemon.wait_status("1 in sync", "oldest whole list")
    sim.faults([{"match": {"op": "list_channels"}, "times": -1, "then": {"status": 503}}])
    case.roster(entry("mail", "10.3.0.1"), ROSTER)
    daemon.reload()
    daemon.wait_status("2 channels: 2 failed", "oldest whole list", "(some never)")


def test_status_of_invalid_rosters_until_they_are_mended(case):
    prepare(case)
    daemon = Daemon(case)
    daemon.wait_status("1 in sync")
    case.write("rosters.yaml", "version: 1\nchannels: [{nmae: payments}]\n")
    daemon.signal(signal.SIGHUP)
    status = daemon.wait_status("INVALID")
    assert "rosters.yaml:2" in status and "1 channel: 1 in sync" in status, "and still how the channels are"
    mark = daemon.mark()
    case.roster(ROSTER)
    daemon.signal(signal.SIGHUP)
    assert "INVALID" not in daemon.wait_status("1 in sync", "next pass", since=mark)


def test_status_of_a_dry_run(case):
    sim = prepare(case)
    daemon = Daemon(case, "--dry-run")
    daemon.wait_status("dry run", "1 with drift")
    assert not [request for request in sim.requests() if request["method"] != "GET"]


def test_status_of_a_state_that_cannot_be_used(case):
    sim = prepare(case)
    case.state_dir.write_text("no directory")
    daemon = Daemon(case)
    daemon.wait_ready()
    status = daemon.wait_status("STATE unusable, nothing is changed", "1 failed")
    assert status.startswith("STATE"), "before the counts, so that a narrow terminal shows it"
    assert len(sim.hosts("payments")) == 4
    assert daemon.stop() == 0


# ---- RELOADING ----

@pytest.mark.parametrize("good", [True, False])
def test_reloading_with_its_time_and_ready_after(case, good):
    prepare(case)
    daemon = Daemon(case)
    daemon.wait_status("1 in sync")
    if not good:
        case.write("rosters.yaml", "version: 2\n")
    before = time.monotonic_ns() // 1000
    daemon.signal(signal.SIGHUP)
    message = daemon.wait(lambda m: "RELOADING" in m)
    after = time.monotonic_ns() // 1000
    assert message["RELOADING"] == "1", "both in one message"
    assert before <= int(message["MONOTONIC_USEC"]) <= after
    daemon.wait_ready(since=daemon.messages.index(message))
    daemon.wait_reload(1)
    assert daemon.poll() is None
    assert daemon.stop() == 0


# ---- STOPPING ----

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping(case, number):
    prepare(case)
    daemon = Daemon(case)
    daemon.wait_status("1 in sync")
    daemon.signal(number)
    assert daemon.wait_end() == 0
    assert [m["STOPPING"] for m in daemon.messages if "STOPPING" in m] == ["1"]
    assert "stopped by " + number.name in daemon.text()
    assert daemon.lines("STOPPING")


# ---- WATCHDOG ----

def wait_fed(daemon, times=4):
    """Waits until the watchdog has been fed so often from now on."""
    goal = daemon.count("WATCHDOG") + times
    wait_until(lambda: daemon.count("WATCHDOG") >= goal, process=daemon.process)


def test_the_watchdog_is_fed_while_nothing_is_to_be_done(case):
    sim = prepare(case)
    daemon = Daemon(case, watchdog_usec=300000)
    daemon.wait_status("1 in sync")
    sim.clear_requests()
    wait_fed(daemon)
    assert not sim.requests(), "and that costs no request"


def test_the_watchdog_is_not_fed_where_there_is_none(case):
    prepare(case)
    daemon = Daemon(case)
    daemon.wait_status("1 in sync")
    assert daemon.stop() == 0
    assert daemon.count("WATCHDOG") == 0


def test_a_long_retry_after_is_progress(case):
    sim = prepare(case)
    sim.faults([{"match": {"op": "list_members"}, "times": -1,
                 "then": {"status": 429, "code": "APIG.0308", "headers": {"Retry-After": "200"}}}])
    daemon = Daemon(case, watchdog_usec=300000)
    wait_until(lambda: sim.requests("list_members"), process=daemon.process)
    wait_fed(daemon)
    assert len(sim.requests("list_members")) == 1, "it waits as it was told"
    assert daemon.stop() == 0


def test_an_unanswered_request_is_progress_until_its_timeout(case):
    sim = prepare(case)
    sim.faults([{"match": {"op": "list_members"}, "times": -1, "then": {"stall": True}}])
    daemon = Daemon(case, watchdog_usec=300000)
    wait_until(lambda: sim.requests("list_members"), process=daemon.process)
    wait_fed(daemon)


def test_a_stopped_loop_does_not_feed_the_watchdog(case):
    prepare(case)
    daemon = Daemon(case, watchdog_usec=150000)
    daemon.wait_status("1 in sync")
    wait_fed(daemon, 2)
    daemon.signal(signal.SIGSTOP)
    wait_until(lambda: open(f"/proc/{daemon.pid}/stat", encoding="ascii").read().split()[2] == "T")
    daemon.read()
    assert daemon.read(1.0) == [], "twenty times the span in which it would be fed"
    daemon.signal(signal.SIGCONT)
    wait_fed(daemon, 2)
    assert daemon.stop() == 0


DEAF = """
struct CURLMsg *curl_multi_info_read(void *multi, int *left);
struct CURLMsg *curl_multi_info_read(void *multi, int *left)
{
    (void)multi;
    *left = 0;
    return 0;
}
"""


@pytest.mark.skipif(sanitized(), reason="a sanitizer must be loaded first")
def test_a_pass_that_hears_of_no_answer_does_not_feed_the_watchdog(case):
    """A bug of our own or a library's: the loop turns, but no transfer ever ends, by its timeout neither."""
    source, library = case.write("deaf.c", DEAF), case.folder / "deaf.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    sim = prepare(case, limits={"timeout": "100ms", "connect_timeout": "100ms"})
    daemon = Daemon(case, watchdog_usec=300000, env={"LD_PRELOAD": str(library)})
    wait_until(lambda: sim.requests(), process=daemon.process)
    wait_fed(daemon, 2)

    def starves():
        """Nothing in the time of twenty meals."""
        daemon.read()
        return not any("WATCHDOG" in message for message in daemon.read(3.0))
    daemon.wait_line("STUCK")
    wait_until(starves, process=daemon.process)
    said = daemon.lines("STUCK")
    assert len(said) == 1 and said[0]["level"] == "err", "and it says so before it is killed"
