# SPDX-License-Identifier: MIT
"""What the benchmarks are made against: romasim with channels in bulk, rosters that want them, and rosterd as a
command and as a daemon. Hosts are those that romasim generates (tests/romasim/generate.c), extras apart."""
import contextlib
import http.client
import json
import mmap
import os
import pathlib
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROJECT, TOKEN = "0" * 32, "bench-token"
GUARDS = ("guards: {max_deletes: 100000, max_delete_percent: 100, max_adds: 100000, max_deletes_total: off, "
          "max_channels: off}")
SECONDS_MAX = 600
AUTHORITIES = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")


def instance_id(number):
    return f"6a7b8c9d-0000-4000-8000-{number + 1:012}"


def wait_until(condition, what):
    """What is awaited here has no time that it must take, but an end."""
    end = time.monotonic() + SECONDS_MAX
    while not (found := condition()):
        if time.monotonic() > end:
            sys.exit(f"bench: {what}: it never came")
        time.sleep(0.02)
    return found


class Stand:
    """`instances` of `channels` with `members` each, and `extras` that no roster wants; each roster file holds
    the channels of `per_file`, and wants `missing` members more for each. With `tls` the service's authority is one
    among those of the system."""

    def __init__(self, build, folder, channels, members, extras=0, missing=0, instances=1, per_file=10, concurrency=8,
                 tls=False, **settings):
        self.build, self.folder = pathlib.Path(build), pathlib.Path(folder)
        self.channels, self.members, self.extras, self.missing = channels, members, extras, missing
        self.instances, self.per_file, self.concurrency, self.settings = instances, per_file, concurrency, settings
        self.tls, self.context = tls, ssl.create_default_context() if tls else None
        self.service = self.url = None

    def make_authority(self):
        """romasim's arguments for TLS, and the file that rosterd trusts."""
        certificate, key, bundle = (self.folder / name for name in ("cert.pem", "key.pem", "ca.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                        "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        bundle.write_bytes(AUTHORITIES.read_bytes() + certificate.read_bytes())
        self.context.load_verify_locations(certificate)
        return ["--tls", f"{certificate},{key}"]

    def __enter__(self):
        generate = {"channels": self.channels, "members": self.members, "name": "bench-%d", "extras": self.extras}
        state = {"projects": [{"id": PROJECT, "name": "bench"}],
                 "tokens": [{"token": TOKEN, "project_id": PROJECT, "expires_in": 86400}],
                 "keys": [{"access": "AK", "secret": "SK", "project_id": PROJECT}],
                 "instances": [{"prefix": "apic", "project_id": PROJECT, "instance_id": instance_id(number),
                                "generate": generate} for number in range(self.instances)]}
        path, port = self.folder / "state.json", self.folder / "port"
        path.write_text(json.dumps(state), encoding="utf-8")
        port.unlink(missing_ok=True)
        self.service = subprocess.Popen([self.build / "tests/romasim/romasim", "--port", "0", "--state", path,
                                         "--port-file", port, "--quiet",
                                         *(self.make_authority() if self.tls else [])], stdout=subprocess.DEVNULL)
        wait_until(lambda: port.exists() and port.stat().st_size or self.service.poll() is not None,
                   "the stand-in service")
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{port.read_text().strip()}"
        # In a process of its own: what is started from here must not inherit its peak memory.
        subprocess.run([sys.executable, "-c", "import sys; sys.path.insert(0, sys.argv[1]); import stand\n"
                        "stand.write_files(*sys.argv[2:4], *map(int, sys.argv[4:]))", ROOT / "tests/bench",
                        self.folder, self.url, str(self.instances), str(self.channels), str(self.members),
                        str(self.missing), str(self.per_file), str(self.concurrency)], check=True)
        with open(self.folder / "rosterd.yaml", "a", encoding="utf-8") as file:
            for key, value in {"mode": "prune", "interval": "1s", **self.settings}.items():
                file.write(f"{key}: {value}\n")
        # rosterd would wait for files that were written just now (SOURCES_STILL_USEC).
        wait_until(lambda: time.time() - os.stat(self.config).st_mtime > 1, "files at rest")
        return self

    def __exit__(self, *_):
        self.service.terminate()
        self.service.wait()

    @property
    def config(self):
        return self.folder / "rosterd.yaml"

    def rosters(self):
        return sorted((self.folder / "rosters").iterdir())

    def stats(self):
        with urllib.request.urlopen(self.url + "/_sim/stats", context=self.context) as answer:
            return json.load(answer)

    def clear_stats(self):
        urllib.request.urlopen(urllib.request.Request(self.url + "/_sim/stats", method="DELETE"),
                               context=self.context).close()

    def count(self, operation):
        return self.stats()["per_op"].get(operation, 0)

    def once(self, *arguments):
        """(CPU seconds, peak KiB, exit status) of one run of rosterd --once."""
        return measure([self.build / "rosterd", "--once", "-c", self.config, "--log-level", "err", *arguments])


def write_files(folder, url, instances, channels, members, missing, per_file, concurrency):
    folder = pathlib.Path(folder)
    (folder / "rosters").mkdir(exist_ok=True)
    for number in range(instances):
        for first in range(0, channels, per_file):
            write_roster(folder / "rosters" / f"{number:04}-{first:06}.yaml", number,
                         range(first, min(first + per_file, channels)), members, missing)
    authority = ", ca_file: ca.pem" if url.startswith("https:") else ""
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(TOKEN, encoding="utf-8")
    with open(folder / "rosterd.yaml", "w", encoding="utf-8") as file:
        file.write("version: 1\ninstances:\n")
        for number in range(instances):
            file.write(f'  i{number}: {{endpoint: "{url}", project_id: "{PROJECT}", '
                       f"instance_id: {instance_id(number)}, auth: {{method: token, token_file: token}}{authority}}}\n")
        file.write(f"rosters: [rosters]\nlimits: {{concurrency: {concurrency}, requests_per_second: 0}}\n{GUARDS}\n"
                   f"state_dir: {folder}/state\ncontrol_socket: {folder}/control.sock\n")


def write_roster(path, instance, channels, members, missing):
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"version: 1\ninstance: i{instance}\nchannels:\n")
        for channel in channels:
            file.write(f"  - name: bench-{channel}\n    members:\n")
            for number in range(members):
                file.write(f"      - 10.{channel % 240}.{channel // 240 * 20 + number // 250 % 250}."
                           f"{number % 250 + 1}:8080\n")
            for number in range(missing):
                file.write(f"      - 10.251.{number // 250}.{number % 250 + 1}:8080\n")


def measure(command):
    """(CPU seconds, peak KiB, exit status) of one finished command."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss, process.returncode


class Turns:
    """How long the turns of a daemon's event loop were (turns.c)."""

    FORM = struct.Struct("5Q")

    def __init__(self, path):
        path.write_bytes(bytes(self.FORM.size))
        with open(path, "r+b") as file:
            self.bytes = mmap.mmap(file.fileno(), self.FORM.size)

    def take(self):
        """(turns, CPU ms of the longest, ms of the longest, turns over 5 ms of CPU, over 20) since the last call."""
        count, cpu, wall, over_5, over_20 = self.FORM.unpack(self.bytes[:])
        self.bytes[:] = bytes(self.FORM.size)
        return count, cpu / 1e6, wall / 1e6, over_5, over_20


class Daemon:
    """rosterd as a daemon on a stand, its turns measured."""

    def __init__(self, stand, *arguments):
        self.stand = stand
        self.turns = Turns(stand.folder / "turns")
        preload = stand.build / "tests/bench/turns.so"
        environment = {**os.environ, "LD_PRELOAD": str(preload), "ROSTERD_TURNS": str(stand.folder / "turns")}
        self.log = open(stand.folder / "log", "w+", encoding="utf-8")
        self.process = subprocess.Popen([stand.build / "rosterd", "-c", stand.config, *arguments], stderr=self.log,
                                        env=environment)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.log.close()

    def check(self):
        if self.process.poll() is not None:
            sys.exit(f"bench: the daemon ended with {self.process.returncode}: {self.text()[-1000:]}")

    def memory(self):
        """(resident now, at its peak) in MiB."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return tuple(int(re.search(rf"^{key}:\s+(\d+)", text, re.M).group(1)) / 1024 for key in ("VmRSS", "VmHWM"))

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def cpu_seconds(self):
        """Of the thread of the loop."""
        return int(pathlib.Path(f"/proc/{self.process.pid}/schedstat").read_text().split()[0]) / 1e9

    def text(self):
        return pathlib.Path(self.log.name).read_text(errors="replace")

    def wait_text(self, part, count=1):
        wait_until(lambda: self.check() or self.text().count(part) >= count, part)

    def ask(self, path, method="GET", body=None):
        """(status, bytes) of the control socket's answer."""
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(SECONDS_MAX)
        connection.sock.connect(str(self.stand.folder / "control.sock"))
        with contextlib.closing(connection):
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def wait_passes(self, count):
        """Until the lists of so many more passes have been read: a pass's metrics would cost more than the pass."""
        pages = self.stand.instances * self.stand.channels * -(-(self.stand.members + self.stand.extras) // 500)
        aim = self.stand.count("list_members") + count * pages
        wait_until(lambda: self.check() or self.stand.count("list_members") >= aim, "passes")


def run_parts(parts):
    """The main of a bench: those of its parts that are named, or all, with the programs of a build."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    chosen = [word for word in sys.argv[1:] if word.startswith("-")]
    unknown = [word for word in chosen if word not in parts]
    if unknown:
        sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {unknown[0]} is none of {' '.join(parts)}")
    for word in chosen or parts:
        parts[word](pathlib.Path(words[0] if words else ROOT / "build").resolve())
