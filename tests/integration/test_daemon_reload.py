# SPDX-License-Identifier: MIT
"""Reload: what brings it about, what it says, and that nothing is half applied."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

from case import channel, entry, wait_until
from daemon import NEVER, Daemon, sanitized

KEPT = ("10.1.0.5", "10.1.0.6", "10.1.0.7")
LIVE = channel("payments", *KEPT, "10.1.0.8")
OLD = entry("payments", *KEPT, "10.1.0.8")
NEW = entry("payments", *KEPT)
STILL_SECONDS = 0.5  # after which a file counts as written


def start(case, *served, env=None, **settings):
    """A daemon in sync with the old roster, which passes again only when told."""
    sim = case.serve(*(served or (LIVE,)))
    case.tune(**{"interval": NEVER, **settings})
    if not (case.folder / "rosters.yaml").exists() and case.settings["rosters"] == ["rosters.yaml"]:
        case.roster(OLD)
    daemon = Daemon(case, env=env)
    daemon.wait_status("in sync", "next pass")
    assert len(sim.hosts("payments")) == 4
    return sim, daemon


# What stands beside rosters in a directory of them and is none.
NEIGHBOURS = (".hidden.yaml", "sync.log", "notes.txt", "b.yaml~", "a.yaml.lock", "0000.yaml.swp", "#0000.yaml#")


def wait_pruned(sim, daemon):
    """The new roster is in force: its pass has deleted what it no longer names."""
    wait_until(lambda: sim.hosts("payments") == sorted(KEPT), process=daemon.process)


# ---- what brings it about ----

def test_hangup(case):
    sim, daemon = start(case)
    case.roster(NEW)
    daemon.signal(signal.SIGHUP)
    wait_pruned(sim, daemon)
    assert daemon.stop() == 0


def test_hangup_with_nothing_changed_says_so(case):
    """Whoever sends it wants to know that it came."""
    _, daemon = start(case)
    before = len(daemon.lines())
    daemon.reload()
    row, = daemon.lines()[before:]
    assert row["level"] == "info" and "nothing has changed" in row["message"]
    assert daemon.stop() == 0


def test_a_roster_is_rewritten_in_place(case):
    sim, daemon = start(case)
    case.roster(NEW)
    wait_pruned(sim, daemon)
    daemon.wait_reload(1)


def test_a_roster_is_renamed_over(case):
    sim, daemon = start(case)
    case.roster(NEW, file="rosters.yaml.new")
    os.rename(case.folder / "rosters.yaml.new", case.folder / "rosters.yaml")
    wait_pruned(sim, daemon)


def test_the_settings_are_watched_as_well(case):
    sim = case.serve(LIVE)
    case.roster(NEW)
    case.tune(interval=NEVER, mode="observe")
    daemon = Daemon(case)
    daemon.wait_status("1 with drift", "next pass")
    case.tune(mode="prune")
    case.write_settings()
    wait_pruned(sim, daemon)
    assert [row for row in daemon.lines("RELOADED") if row["message"] == "reload: settings: changed"]


def directory_of(case, *entries, name="rosters.d"):
    """A roster directory with these entries, one file each."""
    folder = case.folder / name
    folder.mkdir(parents=True)
    for number, row in enumerate(entries):
        case.roster(row, file=f"{name}/{number:04}.yaml")
    return folder


def test_a_file_is_added_to_a_directory_and_removed_from_it(case):
    directory_of(case, OLD)
    case.tune(rosters=["rosters.d"])
    sim, daemon = start(case, LIVE, channel("search", "10.2.0.1", "10.2.0.2"))
    case.roster(entry("search", "10.2.0.1"), file="rosters.d/search.yml")
    wait_until(lambda: sim.hosts("search") == ["10.2.0.1"], process=daemon.process)
    os.unlink(case.folder / "rosters.d/search.yml")
    daemon.wait_line("RELOADED", part="channel prod/search: removed, no longer managed")
    daemon.wait_status("1 channel: 1 in sync", since=daemon.mark() - 1)
    assert len(sim.hosts("payments")) == 4


def test_names_that_are_no_rosters_change_nothing(case):
    directory_of(case, OLD)
    case.tune(rosters=["rosters.d"])
    sim, daemon = start(case)
    sim.clear_requests()
    for name in NEIGHBOURS:
        case.write(f"rosters.d/{name}", "nonsense: [")
    daemon.reload()
    assert daemon.reloads() == 1 and not daemon.lines(level="err")
    case.roster(NEW, file="rosters.d/0000.yaml")
    wait_pruned(sim, daemon)
    assert daemon.reloads() == 2, "they cause no reading"


def test_a_link_to_the_directory_is_swapped(case):
    directory_of(case, OLD, name="release-1")
    directory_of(case, NEW, name="release-2")
    os.symlink("release-1", case.folder / "rosters.d")
    case.tune(rosters=["rosters.d"])
    sim, daemon = start(case)
    os.symlink("release-2", case.folder / "rosters.new")
    os.rename(case.folder / "rosters.new", case.folder / "rosters.d")
    wait_pruned(sim, daemon)
    daemon.wait_reload(1)
    case.roster(OLD, file="release-1/0000.yaml")
    case.roster(OLD, file="release-2/0000.yaml")
    daemon.wait_reload(2)
    daemon.wait_status("1 with drift", since=daemon.mark() - 1)


def test_a_link_in_the_middle_of_the_path_is_swapped(case):
    directory_of(case, OLD, name="trees/1/etc/rosters")
    directory_of(case, NEW, name="trees/2/etc/rosters")
    os.symlink(case.folder / "trees/1", case.folder / "current")
    case.tune(rosters=["current/etc/rosters/"])
    sim, daemon = start(case)
    os.symlink(case.folder / "trees/2", case.folder / "current.new")
    os.rename(case.folder / "current.new", case.folder / "current")
    wait_pruned(sim, daemon)


def test_a_link_with_a_dot_in_the_directory_itself_is_swapped(case):
    """As Kubernetes lays a ConfigMap: the rosters are links through ..data, which is swapped."""
    directory_of(case, OLD, name="rosters.d/..1")
    directory_of(case, NEW, name="rosters.d/..2")
    os.symlink("..1", case.folder / "rosters.d/..data")
    os.symlink("..data/0000.yaml", case.folder / "rosters.d/0000.yaml")
    case.tune(rosters=["rosters.d"])
    sim, daemon = start(case)
    os.symlink("..2", case.folder / "rosters.d/..data_tmp")
    os.rename(case.folder / "rosters.d/..data_tmp", case.folder / "rosters.d/..data")
    wait_pruned(sim, daemon)
    daemon.wait_reload(1)


@pytest.mark.parametrize("rosters", ["rosters.d", "rosters.d/0*.yaml"])
def test_what_is_written_beside_rosters_does_not_put_a_change_off(case, rosters):
    """They are no rosters: somebody who writes them all the time writes nothing that counts."""
    directory_of(case, OLD)
    case.tune(rosters=[rosters])
    sim, daemon = start(case)
    case.roster(NEW, file="rosters.d/0000.yaml")

    def write_and_look():
        for name in NEIGHBOURS:
            case.write(f"rosters.d/{name}", "written again and again")
        return sim.hosts("payments") == sorted(KEPT)

    wait_until(write_and_look, process=daemon.process)
    assert daemon.reloads() == 1


def test_who_never_leaves_the_rosters_alone_is_told_of(case):
    """Once, with what is written, in the status as well; nothing is deleted meanwhile; and the change takes effect
    when it is still."""
    directory_of(case, OLD)
    case.tune(rosters=["rosters.d"], interval="1s")
    sim, daemon = start(case)
    case.roster(NEW, file="rosters.d/0000.yaml")
    sim.edit("payments", add=[{"host": "10.1.0.99"}])

    written = [time.monotonic()]
    gaps = []

    def is_as_before():
        """Unless the machine was so busy that the file was still for long enough."""
        return max(gaps) >= STILL_SECONDS or len(sim.hosts("payments")) == 5

    def write_and_look():
        gaps.append(time.monotonic() - written[-1])
        written.append(time.monotonic())
        case.roster(entry("payments", *KEPT, ignore=[{"group": "g"}]), file="rosters.d/0000.yaml")
        return [row for row in daemon.lines(level="warning") if "keep changing for 30 s" in row["message"]]

    told, = wait_until(write_and_look, 60, daemon.process)
    assert "rosters.d/0000.yaml" in told["message"] and is_as_before()

    def status_tells():
        write_and_look()
        return [m for m in daemon.messages if "0000.yaml keeps changing" in m.get("STATUS", "")]

    wait_until(status_tells, process=daemon.process)
    assert is_as_before()
    wait_pruned(sim, daemon)
    assert len(write_and_look()) == 1


@pytest.mark.parametrize("depth", ["rosters.d", "a/b/rosters.d"])
def test_a_directory_goes_away_and_comes_back(case, depth):
    """Also where a directory above it went: nothing is deleted meanwhile, and its return is noticed."""
    directory_of(case, OLD, name=depth)
    case.tune(rosters=[depth])
    sim, daemon = start(case)
    top = case.folder / pathlib.Path(depth).parts[0]
    os.rename(top, case.folder / "away")
    daemon.wait_status("INVALID")
    assert len(sim.hosts("payments")) == 4
    directory_of(case, NEW, name=depth)
    wait_pruned(sim, daemon)
    shutil.rmtree(case.folder / "away")


# Whoever sets a watch on a directory whose path ends as the file "gate" says waits until that file is gone.
GATE = """
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

int inotify_add_watch(int fd, const char *path, uint32_t mask);

static int is_held(const char *path)
{
    char end[256];
    int gate = open("gate", O_RDONLY);
    ssize_t size = gate < 0 ? -1 : read(gate, end, sizeof(end) - 1);

    if (gate >= 0)
        close(gate);
    return size > 0 && strlen(path) >= (size_t)size && memcmp(path + strlen(path) - size, end, (size_t)size) == 0;
}

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    int (*real)(int, const char *, uint32_t) = dlsym(RTLD_NEXT, "inotify_add_watch");

    for (; is_held(path); usleep(1000))
        close(open("held", O_CREAT | O_WRONLY, 0600));
    return real(fd, path, mask);
}
"""


class Gate:
    """Holds the daemon where it is about to watch a directory."""

    def __init__(self, case):
        self.path, self.held = case.folder / "gate", case.folder / "held"
        source, self.library = case.write("gate.c", "#define _GNU_SOURCE\n" + GATE), case.folder / "gate.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", self.library, source], check=True)

    @contextlib.contextmanager
    def hold(self, daemon, end, bring_about):
        """Within it the daemon waits, after `bring_about` has woken it."""
        self.held.unlink(missing_ok=True)
        self.path.with_suffix(".new").write_text(end)
        self.path.with_suffix(".new").rename(self.path)
        bring_about()
        wait_until(self.held.exists, process=daemon.process)
        yield
        self.path.unlink()


@pytest.mark.skipif(sanitized(), reason="a sanitizer must be loaded first")
@pytest.mark.parametrize("whole", [True, False], ids=["all of it", "its first part"])
def test_what_comes_between_a_look_and_the_watch_is_not_missed(case, whole):
    """A directory comes back, name by name, while the daemon is about to watch for the next name."""
    gate = Gate(case)
    directory_of(case, OLD, name="a/b/rosters.d")
    case.tune(rosters=["a/b/rosters.d"])
    sim, daemon = start(case, env={"LD_PRELOAD": str(gate.library)})
    top = case.folder / "a"
    os.rename(top, case.folder / "away")
    daemon.wait_status("INVALID")
    with gate.hold(daemon, "/a/", top.mkdir):
        (top / "b").mkdir()
        if whole:
            directory_of(case, NEW, name="a/b/rosters.d")
    if not whole:
        status = case.run("rosterctl", "status")
        assert "payments" in status.stdout, "the watch is set, and all is quiet"
        directory_of(case, NEW, name="a/b/rosters.d")
    wait_pruned(sim, daemon)


def git(folder, *args):
    subprocess.run(["git", "-c", "user.name=Rosters", "-c", "user.email=rosters@example.com",
                    "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false", *args],
                   cwd=folder, check=True, capture_output=True)


def test_a_checkout_of_many_files_is_one_reload(case):
    names = [f"channel-{n:03}" for n in range(200)]
    folder = directory_of(case, OLD, *(entry(name, "10.2.0.1", "10.2.0.2") for name in names))
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "two members")
    git(folder, "checkout", "-q", "-b", "next")
    for number, name in enumerate(names):
        case.roster(entry(name, "10.2.0.1"), file=f"rosters.d/{number + 1:04}.yaml")
    git(folder, "commit", "-q", "-a", "-m", "one member")
    git(folder, "checkout", "-q", "main")
    case.tune(rosters=["rosters.d"], guards={"max_deletes": 1, "max_deletes_total": 1000, "max_channels": 1000})
    sim, daemon = start(case, LIVE, *(channel(name, "10.2.0.1", "10.2.0.2") for name in names))
    begun = time.monotonic()
    git(folder, "checkout", "-q", "next")
    took = time.monotonic() - begun
    daemon.wait_status("201 channels: 201 in sync", "next pass", since=daemon.mark())
    # Where git itself is stopped for half a second, the files are still for as long.
    assert daemon.reloads() <= 1 + took // 0.5
    assert sum(len(sim.hosts(name)) for name in names) == len(names)


def test_what_changes_while_it_is_read_is_read_again(case):
    """Rewritten again and again without a pause long enough to be quiet: the last text is what counts."""
    sim, daemon = start(case)
    for number in range(300):
        case.roster(OLD if number % 2 == 0 else NEW)
        if number % 50 == 0:
            daemon.signal(signal.SIGHUP)
    wait_pruned(sim, daemon)


# ---- what it says ----

def test_a_named_difference(case):
    case.roster(OLD, entry("search", "10.2.0.1"), entry("mail", "10.3.0.1"))
    _, daemon = start(case, LIVE, channel("search", "10.2.0.1"), channel("mail", "10.3.0.1"),
                      channel("web", "10.4.0.1"), interval=NEVER)
    case.roster(OLD, entry("search", "10.2.0.1", "10.2.0.2"), entry("web", "10.4.0.1"))
    case.settings["instances"]["prod"]["auth"]["token_file"] = "other"
    case.secret("other", "T1")
    case.write_settings()
    daemon.wait_status("3 channels: 2 in sync, 1 with drift", "next pass", since=daemon.mark())
    said = [row for row in daemon.lines("RELOADED") if row["level"] == "info"]
    assert sorted((row["message"], row["ROSTERD_ACTION"]) for row in said) == [
        ("reload: channel prod/mail: removed, no longer managed", "removed"),
        ("reload: channel prod/search: changed", "changed"),
        ("reload: channel prod/web: added", "added"),
        ("reload: instance prod: changed", "changed")]
    assert [(row["ROSTERD_INSTANCE"], row["ROSTERD_CHANNEL"]) for row in said if "mail" in row["message"]] == [
        ("prod", "mail")]


def test_what_is_unchanged_is_told_to_who_debugs(case):
    case.serve(LIVE)
    case.roster(OLD)
    case.tune(interval=NEVER)
    daemon = Daemon(case, "--log-level", "debug")
    daemon.wait_status("1 in sync")
    daemon.reload()
    assert {row["message"] for row in daemon.lines("RELOADED")} == {
        "reload: settings: unchanged", "reload: instance prod: unchanged",
        "reload: channel prod/payments: unchanged",
        "reload: nothing has changed in settings and rosters, secrets are read again"}


def test_a_state_directory_changes_by_restart_only(case):
    sim, daemon = start(case)
    case.settings["state_dir"] = str(case.folder / "elsewhere")
    case.write_settings()
    case.roster(NEW)
    wait_pruned(sim, daemon)
    assert [row for row in daemon.lines(level="warning") if "state_dir changed" in row["message"]]
    assert not (case.folder / "elsewhere").exists()


def test_what_a_restart_changes_is_told_once_and_not_when_it_is_taken_back(case):
    """What counts is what is in force, not what was read last."""
    _, daemon = start(case)

    def told():
        return [row["message"] for row in daemon.lines(level="warning") if "takes a restart" in row["message"]]

    here, fixed = dict(case.settings), {"state_dir": "elsewhere", "control_socket": "c2.sock"}
    for settings in {**here, **{key: str(case.folder / name) for key, name in fixed.items()}}, here:
        case.settings = settings
        case.write_settings()
        daemon.reload()
        daemon.reload()
        assert told() == [f"reload: {key} changed: this takes a restart" for key in fixed]


def test_a_pattern_that_names_no_file_is_told_once(case):
    """Valid, for channels come from elsewhere, but hardly what was meant."""
    case.tune(rosters=["rosters.yaml", "teams/*.yaml"])
    (case.folder / "teams").mkdir()
    case.roster(OLD)
    _, daemon = start(case)

    def told():
        return [row["message"] for row in daemon.lines(level="warning") if "names no roster file" in row["message"]]

    assert len(told()) == 1 and told()[0].startswith(f"{case.config}:") and 'rosters[1]: "teams/*.yaml"' in told()[0]
    case.roster(entry("payments", *KEPT, "10.1.0.8", ignore=[{"group": "x"}]))
    daemon.wait_reload(1)
    assert len(told()) == 1
    case.tune(rosters=["rosters.yaml", "teams/*.yml"])
    case.write_settings()
    daemon.wait_reload(2)
    assert len(told()) == 2 and '"teams/*.yml"' in told()[1]
    dry = case.dry()
    assert dry.status == 0 and "names no roster file" in dry.stderr, dry
    checked = case.check()
    assert checked.status == 0 and checked.stderr.startswith(f"{case.config}:") and ": valid: " in checked.stdout


# ---- bad input ----

BAD = """version: 1
channels:
  - name: payments
    member: [10.1.0.5]
    colour: red
  - name: search
    members: [10.1.0.5, 10.1.0.5]
"""


def test_a_bad_roster_keeps_the_last_good_set_until_it_is_mended(case):
    sim, daemon = start(case, interval="1s")
    case.write("rosters.yaml", BAD)
    daemon.wait_status("INVALID")
    errors = daemon.lines("INVALID", "err")
    for part in ("channels[0].member:", "channels[0].colour:", "channels[1].members[1]:"):
        assert [row for row in errors if part in row["message"]], (part, errors)
    assert "the last good settings and rosters stay in force" in errors[-1]["message"]
    sim.clear_requests()
    sim.edit("payments", add=[{"host": "10.1.0.99"}])
    wait_until(lambda: "10.1.0.99" not in sim.hosts("payments"), process=daemon.process)
    assert len(sim.hosts("payments")) == 4, "it goes on with the last good set"
    mark = daemon.mark()
    case.roster(NEW)
    wait_pruned(sim, daemon)
    daemon.wait_line("RELOADED", part="valid again")
    daemon.wait(lambda m: "STATUS" in m and "INVALID" not in m["STATUS"], since=mark)
    assert daemon.stop() == 0


def test_a_bad_roster_that_is_put_back_as_it_was(case):
    sim, daemon = start(case)
    case.write("rosters.yaml", BAD)
    daemon.wait_status("INVALID")
    mark = daemon.mark()
    sim.clear_requests()
    case.roster(OLD)
    daemon.wait(lambda m: "in sync" in m.get("STATUS", "") and "INVALID" not in m["STATUS"], since=mark)
    daemon.wait_line("RELOADED", part="valid again")
    assert not sim.requests()


def test_a_secret_that_is_missing_on_reload_keeps_the_old_one(case):
    sim, daemon = start(case, interval="1s")
    case.settings["instances"]["prod"]["auth"]["token_file"] = "elsewhere"
    case.write_settings()
    assert "elsewhere" in daemon.wait_status("INVALID")
    sim.edit("payments", add=[{"host": "10.1.0.99"}])
    wait_until(lambda: "10.1.0.99" not in sim.hosts("payments"), process=daemon.process)
    case.secret("elsewhere", "T1")
    mark = daemon.mark()
    daemon.signal(signal.SIGHUP)
    daemon.wait(lambda m: "in sync" in m.get("STATUS", "") and "INVALID" not in m["STATUS"], since=mark)
    daemon.wait_line("RELOADED", part="valid again")


def test_a_channel_that_leaves_the_rosters_is_never_emptied(case):
    case.roster(OLD, entry("search", "10.2.0.1"))
    sim, daemon = start(case, LIVE, channel("search", "10.2.0.1"))
    sim.edit("search", add=[{"host": "10.2.0.9"}])
    case.roster(OLD)
    daemon.wait_status("1 channel: 1 in sync", "next pass")
    assert sim.hosts("search") == ["10.2.0.1", "10.2.0.9"]
