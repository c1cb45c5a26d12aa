# SPDX-License-Identifier: MIT
"""rosterd as a daemon under a service manager that is the test itself: what it notifies, what it logs."""

import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import uuid

import case as cases

IDS = dict(re.findall(r'#define MESSAGE_(\w+) "([0-9a-f]{32})"', (cases.ROOT / "daemon/log/message_ids.h").read_text()))

# Long enough that a pass which nobody asked for is a mistake, not chance.
NEVER = "24h"


def sanitized():
    """Whether the program under test carries a sanitizer, whose memory is none of its own."""
    return b"__asan_init" in pathlib.Path(cases.program("rosterd")).read_bytes()


class Daemon:
    """A running rosterd. `messages` are its notifications so far, each a dict."""

    def __init__(self, case, *args, env=None, watchdog_usec=None, wrap=()):
        self.case = case
        self.messages = []
        # An abstract name: the folder of a test may be too long a path for a socket.
        name = f"rosterd-test-{uuid.uuid4()}"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name)
        self.arrival = threading.Condition()
        self.seen = 0
        # Whoever notifies waits while ten notifications are unread: they are taken at once.
        self.receiver = threading.Thread(target=self._receive, daemon=True)
        self.receiver.start()
        extra = {"NOTIFY_SOCKET": "@" + name, **(env or {})}
        if watchdog_usec:
            extra["WATCHDOG_USEC"] = str(watchdog_usec)
        if case.settings is not None:
            case.write_settings()
        self.log_path = case.folder / f"{name}.log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [*wrap, cases.program("rosterd"), "-c", str(case.config), "--log-format", "json", *args],
                env=case.environment(extra), cwd=case.folder, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log)
        self.pid = self.process.pid
        case.running.append(self)

    def poll(self):
        return self.process.poll()

    # ---- notifications ----

    def _receive(self):
        while True:
            text = self.socket.recv(65536).decode()
            if text == "END":
                return
            with self.arrival:
                self.messages.append(dict(line.split("=", 1) for line in text.splitlines()))
                self.arrival.notify_all()

    def _end_receiving(self):
        """Takes what was notified before the end."""
        name = self.socket.getsockname()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"END", name)
        self.receiver.join()

    def read(self, seconds=0.0):
        """What was notified since the last call, waiting so long for the first of it."""
        with self.arrival:
            self.arrival.wait_for(lambda: len(self.messages) > self.seen, seconds)
            new = self.messages[self.seen:]
            self.seen = len(self.messages)
        return new

    def mark(self):
        """The number of messages until now, for `since`."""
        return len(self.messages)

    def wait(self, condition, since=0, seconds=60):
        """The first message from `since` on that fits."""
        end = cases.PACE.seconds() + seconds
        seen = since
        while True:
            has_ended = self.poll() is not None
            # More may arrive at any time: what is taken here, and no more, has been looked at.
            new = self.messages[seen:]
            for message in new:
                if condition(message):
                    return message
            seen += len(new)
            assert not has_ended, f"it ended with {self.poll()}: {self.text()}"
            assert cases.PACE.seconds() < end, f"it never came: {self.messages[since:]} {self.text()}"
            self.read(0.2)

    def wait_ready(self, since=0):
        return self.wait(lambda m: m.get("READY") == "1", since)

    def wait_status(self, *parts, since=0):
        """The first status with all these parts in it."""
        return self.wait(lambda m: all(part in m.get("STATUS", "") for part in parts), since)["STATUS"]

    def count(self, key):
        return sum(key in message for message in self.messages)

    def reloads(self):
        """How many reloads have begun; each must end before the next."""
        return self.count("RELOADING")

    def wait_reload(self, number):
        """Waits for the end of the reload of this number, from 1, and of those that came with it."""
        def done():
            kinds = [key for m in self.messages for key in ("RELOADING", "READY") if key in m]
            begun = kinds.count("RELOADING")
            return begun >= number and kinds == ["READY"] + ["RELOADING", "READY"] * begun
        cases.wait_until(done, process=self.process)

    # ---- the log ----

    def text(self):
        return self.log_path.read_text(errors="replace")

    def lines(self, kind=None, level=None):
        """The lines of the log, or those of one MESSAGE_ (its name) or level."""
        whole = self.text().rpartition("\n")[0]
        rows = [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
        return [row for row in rows if (kind is None or row.get("MESSAGE_ID") == IDS[kind])
                and level in (None, row["level"])]

    def wait_line(self, kind, count=1, part=""):
        """The lines of a kind once there are so many."""
        def found():
            rows = [row for row in self.lines(kind) if part in row["message"]]
            return rows if len(rows) >= count else None
        return cases.wait_until(found, process=self.process)

    # ---- signals and the end ----

    def signal(self, number):
        os.kill(self.pid, number)

    def reload(self):
        """SIGHUP, and its end."""
        number = self.reloads() + 1
        self.signal(signal.SIGHUP)
        self.wait_reload(number)

    def wait_end(self, seconds=300):
        status = self.process.wait(seconds)
        self._end_receiving()
        text = self.text()
        assert "Sanitizer" not in text and "runtime error:" not in text, text
        return status

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.wait_end()

    # ---- the process ----

    def proc(self, key):
        """A number of /proc/PID/status."""
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{key}:\s+(\d+)", text, re.M).group(1))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def undecided(case):
    """How many deletions the state holds without an outcome."""
    with sqlite3.connect(f"file:{case.state_dir}/rosterd.db?mode=ro", uri=True) as database:
        return database.execute("SELECT count(*) FROM action WHERE outcome IS NULL").fetchone()[0]


def outcomes(case):
    """The outcome of every deletion that the state holds."""
    with sqlite3.connect(f"file:{case.state_dir}/rosterd.db?mode=ro", uri=True) as database:
        return [row[0] for row in database.execute("SELECT outcome FROM action ORDER BY id")]
