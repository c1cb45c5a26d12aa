# SPDX-License-Identifier: MIT
"""A file system whose server is gone: whoever touches it waits for ever. The daemon does not: it says which
file does not answer, deletes nothing meanwhile, reads on, answers, and ends when it is told to."""

import contextlib
import ctypes
import os
import signal

import pytest

from case import DRIFT, FAILED, IN_SYNC, channel, deletions, entry, mutations, wait_until
from daemon import NEVER, Daemon

KEPT, EXTRA = ("10.1.0.1", "10.1.0.2"), "10.1.0.9"
LIVE = channel("payments", *KEPT, EXTRA)
WANTED, FEWER = entry("payments", *KEPT, EXTRA), entry("payments", *KEPT)
SLOW_LIST = {"match": {"op": "list_members"}, "times": 1, "then": {"delay_ms": 1500}}

# A search stops every thread first, and one that waits for a dead file system cannot be stopped.
pytestmark = pytest.mark.usefixtures("no_search_for_leaks")

LIBC = ctypes.CDLL(None, use_errno=True)
DETACH = 2


@contextlib.contextmanager
def dead(folder):
    """Lays a FUSE over a folder that nobody serves; ends it, whereupon the folder answers again."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        server = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        pytest.skip("needs /dev/fuse")
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0"
    if LIBC.mount(b"dead", os.fsencode(folder), b"fuse", 0, options.encode()) != 0:
        os.close(server)
        pytest.skip("needs to mount")
    mounted = True

    def revive():
        nonlocal mounted
        if mounted:
            LIBC.umount2(os.fsencode(folder), DETACH)
            os.close(server)
        mounted = False
    try:
        yield revive
    finally:
        revive()


def begin(case, roster, *faults, **settings):
    sim = case.serve(LIVE, faults=list(faults))
    case.roster(roster, file="rosters.d/a.yaml")
    case.tune(rosters=["rosters.d"], **{"interval": "1s", **settings})
    return sim


def once(case):
    """rosterd --once, and how to read what it has said so far."""
    log = case.folder / "once.log"
    running = case.start("rosterd", "--once", "--json", wrap=["sh", "-c", 'exec "$@" 2>"$0"', log])
    return running, lambda: log.read_text() if log.exists() else ""


def said(daemon, text):
    return [row for row in daemon.lines(level="warning") if "does not answer" in row["message"] and text in row["message"]]


def test_passes_go_on_and_nothing_is_deleted(case):
    """The roster that it lies on may want less or more by now; the watchdog is fed, for nothing is stuck."""
    sim = begin(case, FEWER, interval=NEVER)
    sim.faults([SLOW_LIST])
    daemon = Daemon(case, watchdog_usec=600000)
    wait_until(lambda: sim.requests("list_members"), process=daemon.process)
    with dead(case.folder / "rosters.d") as revive:
        daemon.wait_status("rosters.d", "does not answer", "nothing is added or deleted")
        fed = daemon.count("WATCHDOG")
        wait_until(lambda: daemon.count("WATCHDOG") >= fed + 3, process=daemon.process)
        assert not mutations(sim)
        wait_until(lambda: said(daemon, f"{case.folder}/rosters.d"), process=daemon.process)
        status = case.run("rosterctl", "status")
        assert status.status == IN_SYNC and "payments" in status.stdout, status
        plan = case.plan()
        assert plan.status == 1 and "rosters.d does not answer" in plan.stderr, plan
        revive()
        wait_until(lambda: sim.hosts("payments") == sorted(KEPT), process=daemon.process)
    assert len(said(daemon, "")) == 1, "once"
    assert daemon.stop() == 0


def test_a_stop_and_a_reload_end(case):
    sim = begin(case, WANTED)
    daemon = Daemon(case)
    daemon.wait_status("1 in sync")
    with dead(case.folder / "rosters.d"):
        daemon.reload()
        daemon.wait_status("does not answer")
        count = len(sim.requests("list_members"))
        wait_until(lambda: len(sim.requests("list_members")) > count, process=daemon.process)
        assert daemon.stop() == 0


def test_settings_that_do_not_answer(case):
    """The folder of the settings, the rosters, the secrets and the authorities; the state is elsewhere."""
    sim = begin(case, WANTED)
    elsewhere = case.folder.parent / f"{case.folder.name}.state"
    elsewhere.mkdir()
    case.tune(state_dir=str(elsewhere), control_socket=str(elsewhere / "c.sock"))
    daemon = Daemon(case)
    daemon.wait_status("1 in sync")
    with dead(case.folder):
        count = len(sim.requests("list_members"))
        wait_until(lambda: len(sim.requests("list_members")) > count + 1, process=daemon.process)
        daemon.wait_status("does not answer", "1 in sync")
        daemon.signal(signal.SIGTERM)
        daemon.process.wait(60)
    assert daemon.wait_end() == 0 and not mutations(sim)


def test_a_secret_that_does_not_answer_stays_in_use(case):
    sim = begin(case, FEWER)
    (case.folder / "secrets").mkdir()
    case.settings["instances"]["prod"]["auth"]["token_file"] = str(case.secret("secrets/token", "T1"))
    daemon = Daemon(case)
    wait_until(lambda: sim.hosts("payments") == sorted(KEPT), process=daemon.process)
    with dead(case.folder / "secrets"):
        count = len(sim.requests("list_members"))
        wait_until(lambda: len(sim.requests("list_members")) > count + 2, process=daemon.process)
        assert len(said(daemon, "secrets/token")) == 1
        daemon.wait_status("1 in sync", since=daemon.mark() - 1)
        assert daemon.stop() == 0


@pytest.mark.parametrize("how", ["once", "daemon"])
def test_a_start_waits_and_a_signal_ends_it(case, how):
    sim = begin(case, WANTED)
    case.write_settings()
    with dead(case.folder / "rosters.d"):
        if how == "daemon":
            running = Daemon(case)
            wait_until(lambda: "rosters.d does not answer" in running.text(), process=running.process)
            assert running.stop() == 0
        else:
            running, errors = once(case)
            wait_until(lambda: "rosters.d does not answer" in errors(), process=running)
            running.signal(signal.SIGTERM)
            assert running.finish().status == DRIFT
    assert not sim.requests()


def test_once_deletes_nothing_by_what_stopped_answering(case):
    sim = begin(case, FEWER, SLOW_LIST)
    running, errors = once(case)
    wait_until(lambda: sim.requests("list_members"), process=running)
    with dead(case.folder / "rosters.d") as revive:
        wait_until(lambda: "begins again" in errors(), process=running)
        assert not mutations(sim)
        revive()
        result = running.finish()
    assert result.status == IN_SYNC and len(deletions(sim)) == 1, result


# ---- the state and the control socket ----

@pytest.mark.parametrize("how", [(), ("--once",), ("--once", "--dry-run")], ids=" ".join)
def test_a_state_that_does_not_answer_ends_a_start(case, how):
    """With one error that names it, and not with silence."""
    sim = begin(case, FEWER)
    with dead(case.state_dir):
        done = case.run("rosterd", *how, seconds=600)
        assert done.status == FAILED, done
        assert f"{case.state_dir}" in done.stderr and "does not answer" in done.stderr
        assert done.stderr.count("does not answer") == 1
    assert not sim.requests()


def test_a_running_daemon_says_that_its_state_does_not_answer(case):
    """And its watchdog is not fed: the service manager starts it anew."""
    sim = begin(case, WANTED)
    daemon = Daemon(case, watchdog_usec=600000)
    daemon.wait_status("1 in sync")
    with dead(case.state_dir) as revive:
        sim.edit("payments", add=[{"host": "10.9.9.9"}])
        wait_until(lambda: said_late(daemon), process=daemon.process)
        assert not mutations(sim)
        daemon.read()
        assert not any("WATCHDOG" in message for message in daemon.read(3.0)), "fifteen times its span"
        revive()
        wait_until(lambda: sim.hosts("payments") == sorted([*KEPT, EXTRA]), process=daemon.process)
    assert any("answers again" in row["message"] for row in daemon.lines(level="notice"))
    assert len(said_late(daemon)) == 1 and daemon.stop() == 0


def said_late(daemon):
    return [row for row in daemon.lines(level="err") if f"{daemon.case.state_dir}" in row["message"]
            and "does not answer" in row["message"]]


@pytest.mark.parametrize("what", ["settings", "socket", "state"])
def test_rosterctl_says_what_does_not_answer(case, what):
    begin(case, WANTED)
    (case.folder / "conf").mkdir()
    case.config = case.folder / "conf" / "rosterd.yaml"
    place = {"settings": case.folder / "conf", "socket": case.folder / "run", "state": case.state_dir}[what]
    case.tune(control_socket=str(case.folder / "run" / "c.sock"))
    case.write_settings()
    case.settings = None
    with dead(place):
        done = case.run("rosterctl", "history", seconds=600)
        assert done.status == FAILED and done.stdout == "", done
        assert str(place) in done.stderr and "does not answer" in done.stderr and done.stderr.count("\n") == 1


# ---- where metrics are written ----

def test_metrics_that_cannot_be_written_hold_no_pass(case):
    folder = case.folder / "textfile"
    with dead(folder):
        sim = begin(case, WANTED, metrics_file=str(folder / "rosterd.prom"))
        daemon = Daemon(case)
        wait_until(lambda: len(sim.requests("list_channels")) > 3, process=daemon.process)
        line, = said(daemon, "metrics_file: ")
        assert "rosterd.prom cannot be written" in line["message"]
        assert daemon.stop() == 0
