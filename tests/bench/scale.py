#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Prints how rosterd stands at its limits, against romasim; it asserts nothing, for figures of time are the machine's.

scale.py [BUILD] [--memory] [--turns] [--instances] [--answers] [--state]; without one of them, all.
--memory: what 1,000,000 members cost a daemon, after passes and after reloads, and a command.
--turns: the longest turn of the event loop with 1,000,000 members: in passes, while a client asks, in a reload, and
with 60,000 deletions; and how often a client is answered during a pass.
--instances: requests and connections side by side, memory and turns, also in a reload of a changed set, of a daemon
over 300 and over 1,000 instances, the latter over TLS, too.
--answers: how big the answers are, and the daemon and rosterctl for them, with 100,000 extras and 100,000 missing; no
pass is under way but that of reconcile.
--state: a command in sync with 1,000,000 deletions in its history, against one with none."""
import contextlib
import pathlib
import resource
import signal
import sqlite3
import subprocess
import tempfile

import stand as stands

SHAPES = ((2000, 500), (100, 10000))


def show(what, *figures):
    print(f"  {what:44} " + "  ".join(figures), flush=True)


def mib(value):
    return f"{value:6.1f} MiB"


def show_memory(daemon, what):
    now, peak = daemon.memory()
    show(what, f"resident {mib(now)}", f"peak {mib(peak)}")
    daemon.forget_peak()


def show_turns(daemon, what):
    count, cpu, wall, over_5, over_20 = daemon.turns.take()
    show(what, f"longest {cpu:6.1f} ms of CPU, {wall:6.1f} ms", f"{over_20} over 20 ms, {over_5} over 5 ms of {count}")


def touch_one_file(daemon):
    """A comment more in one roster, and its reload: the set is the same, and yet it is read."""
    with open(daemon.stand.rosters()[0], "a", encoding="utf-8") as file:
        file.write("# changed\n")
    hang_up(daemon)


def change_one_file(daemon, member):
    """A member more in one roster: the daemon sees it, and all of its instances begin anew by the new set."""
    path = daemon.stand.rosters()[0]
    path.write_text(path.read_text(encoding="utf-8").replace("    members:\n", f"    members:\n      - {member}\n", 1),
                    encoding="utf-8")
    daemon.wait_text("the set of rosters is", 2)
    daemon.wait_passes(1)


def hang_up(daemon):
    count = daemon.text().count("reload: nothing has changed")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_text("reload: nothing has changed", count + 1)


def measure_memory(build):
    for channels, members in SHAPES:
        print(f"memory: {channels} channels of {members} members")
        with tempfile.TemporaryDirectory() as folder, stands.Stand(build, folder, channels, members) as stand:
            cpu, peak, status = stand.once()
            show("a command in sync", f"peak {mib(peak / 1024)}", f"{cpu:.2f} CPU s", f"status {status}")
            with stands.Daemon(stand) as daemon:
                daemon.wait_passes(1)
                show_memory(daemon, "the daemon in its first pass")
                daemon.wait_passes(2)
                show_memory(daemon, "after two more")
                touch_one_file(daemon)
                daemon.wait_passes(1)
                show_memory(daemon, "after a reload")


def ask_while(daemon, path, aim):
    """How often the daemon answers until so many pages were asked for."""
    count = 0
    while daemon.stand.count("list_members") < aim:
        daemon.check()
        for _ in range(5):
            daemon.ask(path)
            count += 1
    return count


def measure_turns(build):
    channels, members = SHAPES[0]
    print(f"turns of the loop: {channels} channels of {members} members")
    with tempfile.TemporaryDirectory() as folder, stands.Stand(build, folder, channels, members) as stand:
        with stands.Daemon(stand) as daemon:
            daemon.wait_passes(1)
            daemon.turns.take()
            daemon.wait_passes(2)
            show_turns(daemon, "two passes in sync")
            for path, name in (("/livez", "livez"), ("/v1/status?channel=bench-7", "status of a channel"),
                               ("/v1/status", "status"), ("/metrics", "metrics"), ("/", "page")):
                answers = ask_while(daemon, path, stand.count("list_members") + channels)
                show_turns(daemon, f"a pass, {name} asked {answers} times")
            hang_up(daemon)
            show_turns(daemon, "a reload in which nothing has changed")
            touch_one_file(daemon)
            show_turns(daemon, "a reload of one file of 200")
    with tempfile.TemporaryDirectory() as folder, stands.Stand(build, folder, 60, 10, 1000) as stand:
        with stands.Daemon(stand) as daemon:
            stands.wait_until(lambda: daemon.check() or stand.count("delete_member") >= 60000, "deletions")
            show_turns(daemon, "60,000 deletions in 60 channels")


def measure_instances(build):
    for instances, tls in ((300, False), (1000, False), (1000, True)):
        print(f"instances: {instances} of 20 channels of 10 members{', over TLS' if tls else ''}")
        with tempfile.TemporaryDirectory() as folder, \
                stands.Stand(build, folder, 20, 10, instances=instances, per_file=20, tls=tls, interval="1h") as stand:
            loaded = stands.measure([stand.build / "rosterd", "--check", "-c", stand.config])[1] / 1024
            with stands.Daemon(stand) as daemon:
                daemon.wait_passes(1)
                stats = stand.stats()
                show("first passes of all", f"{stats['connections']} connections made",
                     f"{daemon.cpu_seconds():.2f} CPU s")
                show("the program with its rosters alone (--check)", f"peak {mib(loaded)}")
                show_memory(daemon, "the daemon")
                show_turns(daemon, "turns")
                change_one_file(daemon, "10.252.0.1:8080")
                show_turns(daemon, "a reload of a changed set, and its first passes")
            with stands.Daemon(stand) as daemon:
                aim = stand.count("list_members") + 2 * instances
                stands.wait_until(lambda: daemon.check() or stand.count("list_members") >= aim, "passes under way")
                daemon.turns.take()
                change_one_file(daemon, "10.252.0.2:8080")
                show_turns(daemon, "the same, which stops a pass of each instance")


def measure_command(stand, program, *words):
    cpu, peak, status = stands.measure([stand.build / program, *words, "-c", stand.config])
    show(" ".join(word for word in (program, *words) if isinstance(word, str)), f"exit status {status}",
         f"{cpu:.2f} CPU s", f"peak {mib(peak / 1024)}")


def measure_answers(build):
    print("answers: 200 channels with 500 extras and 500 missing each")
    with tempfile.TemporaryDirectory() as folder, \
            stands.Stand(build, folder, 200, 10, extras=500, missing=500, mode="observe", interval="1h") as stand:
        with stands.Daemon(stand) as daemon:
            daemon.wait_passes(1)
            stands.wait_until(lambda: b'"result": null' not in daemon.ask("/v1/status")[1], "the first pass")
            show_memory(daemon, "the daemon")
            show_turns(daemon, "its first pass, the end included")
            for path in ("/v1/status", "/v1/status?channel=bench-7", "/v1/history", "/v1/samples", "/metrics", "/"):
                status, text = daemon.ask(path)
                show(path, f"{status}", f"{len(text):9} bytes")
                show_turns(daemon, "")
            for words in (["status"], ["status", "--json"], ["reconcile"], ["plan"], ["plan", "--json"],
                          ["plan", "--out", stand.folder / "plan.json"], ["channels", "--members"], ["export"]):
                measure_command(stand, "rosterctl", *words)
                show_turns(daemon, "")
            show_memory(daemon, "the daemon then")
        for words in (["rosterd", "--once"], ["rosterd", "--once", "--json"],
                      ["rosterctl", "plan", "--local", "--out", stand.folder / "plan.json"]):
            measure_command(stand, *words)


def fill_history(path, count):
    """As many rows before those in it: 2,000 deletions an hour, 50 a pass, in 20 channels by turns."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(action)")]
        given = {"id": "i", "pass": "'old-' || (i / 50)", "channel_id": "'channel-' || (i % 20)",
                 "channel_name": "'old-' || (i % 20)", "steady_usec": "0",
                 "recorded_usec": f"recorded_usec - 3600000000 - ({count} - i) * 1800000"}
        known = [row[1] for row in database.execute("PRAGMA table_info(pass)")]
        numbers = f"WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
        database.execute(f"UPDATE action SET id = id + {count}")
        if "last_action" in known:
            database.execute(f"UPDATE pass SET last_action = last_action + {count}")
        database.execute(f"{numbers}INSERT OR IGNORE INTO pass (id, started_usec) SELECT 'old-' || (i / 50), 1 FROM n")
        database.execute(f"{numbers}INSERT INTO action ({', '.join(columns)}) "
                         f"SELECT {', '.join(given.get(name, name) for name in columns)} FROM n CROSS JOIN "
                         "(SELECT * FROM action ORDER BY id DESC LIMIT 1)")
        if "last_action" in known:
            database.execute("UPDATE pass SET last_action = (SELECT max(id) FROM action WHERE pass = pass.id)")


def measure_history(stand):
    for words in (["history", "--since", "1h"], ["history", "--channel", "bench-7"], ["undo", "--last", "--dry-run"]):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([stand.build / "rosterctl", *words, "-c", stand.config], check=False,
                              stdout=subprocess.PIPE)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        show("rosterctl " + " ".join(words), f"{after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime:.3f} CPU s",
             f"{len(done.stdout):9} bytes", f"status {done.returncode}")


def measure_state(build):
    print("state: a command in sync, 20 channels of 10 members")
    with tempfile.TemporaryDirectory() as folder, stands.Stand(build, folder, 20, 10, extras=1) as stand:
        stand.once()
        for count in (0, 1000000):
            if count:
                fill_history(pathlib.Path(folder, "state", "rosterd.db"), count)
            first = stand.once()
            cpu, peak, status = min(stand.once() for _ in range(5))
            show(f"{count} deletions more in its history", f"{cpu:.3f} CPU s (the first time {first[0]:.3f})",
                 f"peak {mib(peak / 1024)}", f"status {status}")
            measure_history(stand)


PARTS = {"--memory": measure_memory, "--turns": measure_turns, "--instances": measure_instances,
         "--answers": measure_answers, "--state": measure_state}


if __name__ == "__main__":
    stands.run_parts(PARTS)
