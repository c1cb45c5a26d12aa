# SPDX-License-Identifier: MIT
"""What lies on disk and is not read yet: nothing is changed at the service by the set of before, whether the
kernel tells of changes or not."""

import ctypes
import os
import select
import signal
import subprocess
import threading
import time

import pytest

from case import DRIFT, IN_SYNC, INVALID, channel, deletions, entry, mutations, wait_until
from daemon import NEVER, Daemon

KEPT = tuple(f"10.1.0.{n}" for n in range(1, 7))
EXTRAS = tuple(f"10.1.0.{n}" for n in range(91, 97))
LIVE = channel("payments", *KEPT, *EXTRAS)
FEW, ALL = entry("payments", *KEPT), entry("payments", *KEPT, *EXTRAS)

SLOW_LIST = {"match": {"op": "list_members"}, "times": 1, "then": {"delay_ms": 1500}}


def slow_deletions(milliseconds=300):
    return {"match": {"op": "delete_member"}, "times": -1, "then": {"delay_ms": milliseconds, "effect": True}}


class Beside(threading.Thread):
    """Does something again and again until it is stopped."""

    def __init__(self, action, seconds=0.2):
        super().__init__(daemon=True)
        self.action, self.seconds, self.ended = action, seconds, threading.Event()

    def run(self):
        while not self.ended.is_set():
            self.action()
            self.ended.wait(self.seconds)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()


def begin(case, *faults, rosters=("rosters.d",), **settings):
    """A daemon whose first pass has six members to delete."""
    sim = case.serve(LIVE, faults=list(faults))
    case.roster(FEW, file="rosters.d/a.yaml")
    case.tune(rosters=list(rosters), **{"interval": NEVER, **settings})
    return sim


# ---- from the first sign of a change ----

@pytest.mark.parametrize("neighbour", ["sync.log", "b.yaml~", "a.yaml.lock", ".a.yaml.swp"])
def test_a_neighbour_that_is_written_all_the_time_puts_no_reload_off(case, neighbour):
    """The new roster wants what the old one does not: nothing of it is deleted."""
    sim = begin(case, slow_deletions())
    daemon = Daemon(case)
    wait_until(lambda: deletions(sim), process=daemon.process)
    with Beside(lambda: case.write(f"rosters.d/{neighbour}", f"{time.time()}")):
        case.roster(ALL, file="rosters.d/a.yaml")
        sent = len(deletions(sim))
        daemon.wait_line("RELOADED", part="channel prod/payments: changed")
    daemon.wait_status("1 with drift", "next pass")
    assert len(deletions(sim)) <= sent + 1, "one may have been on its way"


def test_a_checkout_that_goes_on_holds_changes_as_long(case):
    """Rosters of others are written for a while: not one deletion meanwhile, reads go on."""
    sim = begin(case, slow_deletions())
    daemon = Daemon(case)
    wait_until(lambda: deletions(sim), process=daemon.process)
    other = iter(range(10000))
    case.roster(entry("web", "10.9.0.1"), file="rosters.d/other.yaml")
    sent = len(deletions(sim))
    end = time.monotonic() + 3
    with Beside(lambda: case.write("rosters.d/other.yaml", f"version: 1\nchannels: []\n# {next(other)}\n"), 0.1):
        wait_until(lambda: time.monotonic() > end, process=daemon.process)
        assert len(deletions(sim)) <= sent + 1
        case.roster(ALL, file="rosters.d/a.yaml")
    daemon.wait_line("RELOADED", part="channel prod/payments: changed")
    daemon.wait_status("1 with drift", "next pass")
    assert len(deletions(sim)) <= sent + 1


@pytest.mark.parametrize("how", ["link", "directory", "settings"])
def test_any_way_to_change_the_set_stops_deletions(case, how):
    """A link that is swapped, a directory that is renamed, settings that name another."""
    sim = case.serve(LIVE, faults=[slow_deletions(500)])
    case.roster(FEW, file="one/a.yaml")
    case.roster(ALL, file="two/a.yaml")
    if how == "link":
        os.symlink("one", case.folder / "rosters.d")
    elif how == "directory":
        os.rename(case.folder / "one", case.folder / "rosters.d")
    case.tune(rosters=["one" if how == "settings" else "rosters.d"], interval=NEVER)
    daemon = Daemon(case)
    wait_until(lambda: deletions(sim), process=daemon.process)
    if how == "link":
        os.symlink("two", case.folder / "new")
        os.rename(case.folder / "new", case.folder / "rosters.d")
    elif how == "directory":
        os.rename(case.folder / "rosters.d", case.folder / "one")
        os.rename(case.folder / "two", case.folder / "rosters.d")
    else:
        text = case.config.read_text().replace('"one"', '"two"')
        case.write("rosterd.yaml.new", text)
        os.rename(case.folder / "rosterd.yaml.new", case.config)
    sent = len(deletions(sim))
    daemon.wait_status("1 with drift", "next pass")
    assert len(deletions(sim)) <= sent + 1


def test_what_is_found_without_effect_lets_deletions_go_on(case):
    """A name that came and went, a file that was rewritten as it was."""
    sim = begin(case, slow_deletions())
    daemon = Daemon(case)
    wait_until(lambda: deletions(sim), process=daemon.process)
    case.write("rosters.d/new.yaml", "")
    os.unlink(case.folder / "rosters.d/new.yaml")
    case.roster(FEW, file="rosters.d/a.yaml")
    daemon.wait_status("1 in sync")
    assert sim.hosts("payments") == sorted(KEPT) and len(deletions(sim)) == len(EXTRAS)


def test_an_invalid_set_lets_the_last_good_one_go_on(case):
    sim = begin(case, slow_deletions())
    daemon = Daemon(case)
    wait_until(lambda: deletions(sim), process=daemon.process)
    case.write("rosters.d/a.yaml", "version: 1\nchannels: {}\n")
    daemon.wait_status("INVALID", "1 in sync")
    assert sim.hosts("payments") == sorted(KEPT)


def test_a_file_dated_ahead_holds_nothing_for_ever(case):
    """A clock that was wrong, or a careless copy: being still is observed, not calculated."""
    sim = begin(case)
    path = case.folder / "rosters.d/a.yaml"
    ahead = time.time() + 86400 * 365
    os.utime(path, (ahead, ahead))
    daemon = Daemon(case)
    daemon.wait_status("1 in sync")
    assert sim.hosts("payments") == sorted(KEPT)
    case.roster(entry("payments", *KEPT[:5]), file="rosters.d/a.yaml")
    os.utime(path, (ahead, ahead))
    wait_until(lambda: sim.hosts("payments") == sorted(KEPT[:5]), process=daemon.process)


# ---- where nothing tells of changes ----

# A mount laid over a directory from elsewhere: no event comes of it, and none of what is below.
SILENT = ["unshare", "--mount", "--propagation", "private"]


def silently(daemon, *command):
    """Runs a command among the daemon's mounts."""
    subprocess.run(["nsenter", "-t", str(daemon.pid), "-m", "--", *map(str, command)], check=True)


@pytest.fixture
def mounts():
    if subprocess.run([*SILENT, "mount", "-t", "tmpfs", "none", "/mnt"], check=False,
                      stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("needs to mount")


def lay_over(case, daemon, *entries):
    """Another directory is mounted over the rosters, with these."""
    case.roster(*entries, file="over/a.yaml")
    silently(daemon, "mount", "--bind", case.folder / "over", case.folder / "rosters.d")


def test_a_mount_laid_over_is_read_before_the_next_pass(case, mounts):
    sim = begin(case, interval="1s")
    case.roster(ALL, file="rosters.d/a.yaml")
    daemon = Daemon(case, wrap=SILENT)
    daemon.wait_status("1 in sync")
    lay_over(case, daemon, FEW)
    wait_until(lambda: sim.hosts("payments") == sorted(KEPT), process=daemon.process)
    daemon.wait_reload(1)


def test_a_mount_laid_over_is_read_before_the_first_change(case, mounts):
    """It came after the pass had begun; not one member that it wants is deleted."""
    sim = begin(case, SLOW_LIST)
    daemon = Daemon(case, wrap=SILENT)
    wait_until(lambda: sim.requests("list_members"), process=daemon.process)
    lay_over(case, daemon, ALL)
    daemon.wait_status("1 in sync")
    assert not mutations(sim) and daemon.reloads() == 1


def test_without_an_inotify_instance_it_runs_and_compares(case):
    """One warning that names the sysctl; a change is read before the next pass."""
    sim = begin(case, interval="1s")
    case.roster(ALL, file="rosters.d/a.yaml")
    daemon = Daemon(case, wrap=without_inotify())
    daemon.wait_status("1 in sync")
    told = [row["message"] for row in daemon.lines(level="warning")]
    assert len([text for text in told if "fs.inotify.max_user_instances" in text]) == 1, told
    case.roster(FEW, file="rosters.d/a.yaml")
    wait_until(lambda: sim.hosts("payments") == sorted(KEPT), process=daemon.process)
    assert len([row for row in daemon.lines(level="warning") if "inotify" in row["message"]]) == 1
    assert daemon.stop() == 0


def without_inotify():
    """A command's prefix: in a user namespace of its own there may be no instance at all."""
    prefix = ["unshare", "--user", "--map-root-user", "--",
              "sh", "-c", 'echo 0 >/proc/sys/user/max_inotify_instances && exec "$@"', "sh"]
    if subprocess.run([*prefix, "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("needs a user namespace")
    return prefix


# ---- --once ----

def test_once_begins_again_with_what_changed_while_it_read(case):
    sim = begin(case, SLOW_LIST)
    running = case.start("rosterd", "--once", "--json")
    wait_until(lambda: sim.requests("list_members"), process=running)
    case.roster(entry("payments", *KEPT, *EXTRAS[1:]), file="rosters.d/a.yaml")
    result = running.finish()
    assert result.status == IN_SYNC and result.deleted("payments") == [f"{EXTRAS[0]}:8080"], result
    assert len(deletions(sim)) == 1 and "begins again" in result.stderr


def test_once_gives_up_when_the_files_change_again_and_again(case):
    """Nothing is sent by a set that is not the one on disk."""
    sim = begin(case, {**SLOW_LIST, "times": -1, "then": {"delay_ms": 700}})
    running = case.start("rosterd", "--once", "--json")
    seen = 0
    def listed():
        return running.poll() is not None or len(sim.requests("list_members")) > seen

    while running.poll() is None:
        wait_until(listed)
        seen = len(sim.requests("list_members"))
        if running.poll() is None:
            case.roster(entry("payments", *KEPT, ignore=[{"group": f"g{seen}"}]), file="rosters.d/a.yaml")
    result = running.finish()
    assert result.status == DRIFT and set(result.outcomes("payments").values()) == {"skipped"}, result
    assert not mutations(sim) and seen >= 3


def test_once_is_refused_what_became_invalid_while_it_read(case):
    sim = begin(case, SLOW_LIST)
    running = case.start("rosterd", "--once", "--json")
    wait_until(lambda: sim.requests("list_members"), process=running)
    case.write("rosters.d/a.yaml", "version: 1\nchannels: {}\n")
    result = running.finish()
    assert result.status == INVALID and not mutations(sim) and result.stdout == ""


# ---- at the start ----

LIBC = ctypes.CDLL(None, use_errno=True)
IN_CLOSE_NOWRITE = 0x10


def reading(path):
    """What waits until somebody has read a file from now on."""
    events = LIBC.inotify_init1(os.O_CLOEXEC)
    assert events >= 0 and LIBC.inotify_add_watch(events, os.fsencode(path), IN_CLOSE_NOWRITE) >= 0

    def wait():
        assert select.select([events], [], [], 60)[0], "nobody has read it"
        os.close(events)
    return wait


def halves(case, name="rosters.d/a.yaml", last=ALL):
    """Writes a roster in two halves, the second when called."""
    path = case.roster(last, file=name)
    text = path.read_text()
    cut = text.index(EXTRAS[0]) - 1
    path.write_text(text[:cut].rstrip().rstrip(",") + "\n]}]}\n")

    def finish():
        path.write_text(text)
    return finish


@pytest.mark.parametrize("how", ["once", "daemon"])
def test_a_half_written_roster_is_not_taken_at_the_start(case, how):
    """Valid as it is, and naming half of the members; the rest comes while the program starts, and before it has read
    what is live, however slow this machine is."""
    sim = case.serve(LIVE, faults=[{"match": {"op": "list_members"}, "times": 1, "then": {"hold": True}}])
    case.tune(rosters=["rosters.d"], interval=NEVER, guards={"max_deletes": 100, "max_delete_percent": 100,
                                                             "max_deletes_total": "off", "max_channels": "off"})
    finish = halves(case)
    wait_read = reading(case.folder / "rosters.d/a.yaml")
    running = case.start("rosterd", "--once", "--json") if how == "once" else Daemon(case)
    wait_read()
    finish()
    wait_until(lambda: sim.requests("list_members"), process=running)
    sim.release()
    if how == "once":
        assert running.finish().status == IN_SYNC
    else:
        running.wait_status("1 in sync")
    assert not mutations(sim)


@pytest.mark.parametrize("how", ["once", "daemon"])
@pytest.mark.parametrize("what", ["empty directory", "no directory", "half a file"])
def test_an_invalid_set_may_become_valid_at_the_start(case, how, what):
    sim = case.serve(LIVE)
    case.tune(rosters=["rosters.d"], interval=NEVER)
    if what != "no directory":
        (case.folder / "rosters.d").mkdir()
    if what == "half a file":
        case.write("rosters.d/a.yaml", "version: 1\nchannels:\n  - nam")
    case.write_settings()
    if how == "daemon":
        running = Daemon(case)
        errors = running.text
    else:
        log = case.write("once.log", "")
        running = case.start("rosterd", "--once", "--json", wrap=["sh", "-c", 'exec "$@" 2>"$0"', log])
        errors = log.read_text
    said = "may be on its way" if what == "no directory" else "may be half-written"
    wait_until(lambda: said in errors(), process=running)
    case.roster(FEW, file="rosters.d/a.yaml")
    if how == "daemon":
        running.wait_status("1 in sync")
    else:
        result = running.finish()
        assert result.status == IN_SYNC, result
    assert sim.hosts("payments") == sorted(KEPT)


def test_validate_answers_at_once(case):
    """It is about the files as they are."""
    begin(case)
    case.write("rosters.d/a.yaml", "version: 1\nchannels: {}\n")
    result = case.check()
    assert result.status == INVALID and "half-written" not in result.stderr


def test_a_signal_ends_a_start_that_waits(case):
    """It waits for three seconds: where the signal came later than that, another start is tried."""
    begin(case)
    case.write("rosters.d/a.yaml", "version: 1\nchannels: {}\n")

    def stopped():
        daemon = Daemon(case)
        wait_until(lambda: "may be half-written" in daemon.text() or daemon.poll() is not None)
        daemon.process.send_signal(signal.SIGTERM)
        status = daemon.wait_end()
        assert "may be half-written" in daemon.text() and status in (0, INVALID), (status, daemon.text())
        return status == 0

    assert any(stopped() for _ in range(5))
