# SPDX-License-Identifier: MIT
"""A real systemd of the test's own, without a virtual machine: the file system of this one, or another, under an
overlay that keeps nothing, booted as a container. Its mounts live in a namespace of their own, and go with it."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import uuid

import case as cases
import sim as stand_in

TOOLS = ("systemd-nspawn", "nsenter", "unshare", "setpriv", "systemctl", "curl", "git")
# What might wait for a network that is not there.
MASKED = ("systemd-networkd-wait-online", "NetworkManager-wait-online", "ifupdown-wait-online", "networking",
          "connman-wait-online")
LAUNCH = """
set -eu
mount -t tmpfs -o mode=0755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=$4,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
# Nothing that a rosterd has left on this machine.
rm -rf "$1/root/etc/rosterd" "$1/root/var/lib/rosterd" "$1/root/var/lib/private/rosterd" \
    "$1/root/var/lib/rosterd-git" "$1/root/etc/systemd/system/"rosterd* "$1/root/etc/machine-id"
cp -a --no-preserve=ownership "$2/." "$1/root/"
echo "$3" >"$1/root/etc/machine-id"
exec systemd-nspawn --quiet --boot --register=no --keep-unit --private-network --console=pipe \
    --system-call-filter=bpf -D "$1/root" -- --unit=basic.target
"""
CGROUPS = pathlib.Path("/sys/fs/cgroup")


class CannotBoot(Exception):
    """Why this machine cannot boot another."""


def wait_until(condition, seconds=30, what="it never came"):
    """The condition's value once it has one; each look is a program of its own, so no faster than it can be had."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.05)


def leftovers():
    """The control groups that systemd-nspawn makes below its own, and leaves."""
    names = ("payload", "supervisor")
    return {path for name in names for path in (*CGROUPS.glob(name), *CGROUPS.glob(f"*/{name}"))}


class Machine:
    """A booted systemd. stop() ends it."""

    def __init__(self, staged, lower="/"):
        missing = [tool for tool in TOOLS if not shutil.which(tool)]
        if missing:
            raise CannotBoot("not installed: " + ", ".join(missing))
        if os.geteuid() != 0:
            raise CannotBoot("only root can boot a container")
        for name in MASKED:
            unit = staged / f"etc/systemd/system/{name}.service"
            unit.parent.mkdir(parents=True, exist_ok=True)
            unit.symlink_to("/dev/null")
        self.folder = tempfile.TemporaryDirectory(prefix="rosterd-machine-")
        self.before = leftovers()
        root = pathlib.Path(self.folder.name, "machine")
        root.mkdir()
        self.console = pathlib.Path(self.folder.name, "console")
        with open(self.console, "wb") as console:
            self.process = subprocess.Popen(
                # Whatever ends the tests ends the machine.
                ["setpriv", "--pdeathsig", "TERM", "unshare", "--mount", "--propagation", "private",
                 "sh", "-c", LAUNCH, "-", str(root), str(staged), uuid.uuid4().hex, str(lower)],
                cwd="/", stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT,
                env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"})
        self.leader = None
        try:
            self._wait_booted()
        except CannotBoot:
            self.stop()
            raise

    def _find_leader(self):
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        comm = pathlib.Path(f"/proc/{self.process.pid}/comm").read_text().strip()
        children = pathlib.Path(path).read_text().split()
        if comm == "systemd-nspawn" and children and \
                pathlib.Path(f"/proc/{children[0]}/comm").read_text().strip() == "systemd":
            self.leader = children[0]
        return self.leader

    def _why(self):
        text = self.console.read_text(errors="replace").strip()
        return "; ".join(text.splitlines()[-3:]) or "it said nothing"

    def _wait_booted(self):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise CannotBoot(f"systemd-nspawn ended with {self.process.returncode}: {self._why()}")
            try:
                if (self.leader or self._find_leader()) and self.text(
                        "systemctl", "is-system-running", check=False).strip() in ("running", "degraded"):
                    return
            except (OSError, subprocess.TimeoutExpired):
                pass
            time.sleep(0.05)
        raise CannotBoot(f"systemd is not up after a minute: {self._why()}")

    def stop(self):
        if self.leader and self.process.poll() is None:
            os.kill(int(self.leader), signal.SIGRTMIN + 4)  # systemd(1): power off
        elif self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for path in sorted(leftovers() - self.before, reverse=True):
            for inner in sorted((p for p in path.rglob("*") if p.is_dir()), reverse=True):
                inner.rmdir()
            path.rmdir()
        self.folder.cleanup()

    # ---- commands and files ----

    def run(self, *argv, check=True, stdin=None, seconds=60):
        done = subprocess.run(["nsenter", "-t", self.leader, "-a", *map(str, argv)], cwd="/", input=stdin or "",
                              capture_output=True, text=True, timeout=seconds)
        assert not check or done.returncode == 0, f"{argv}: {done.returncode} {done.stdout}{done.stderr}"
        return done

    def text(self, *argv, **settings):
        return self.run(*argv, **settings).stdout

    def write(self, path, text, mode="644"):
        self.run("mkdir", "-p", str(pathlib.PurePath(path).parent))
        self.run("sh", "-c", 'cat >"$1.new" && chmod "$2" "$1.new" && mv "$1.new" "$1"', "-", path, mode, stdin=text)

    # ---- units ----

    def show(self, name, unit="rosterd"):
        """A property of a unit."""
        return self.text("systemctl", "show", "-P", name, unit).strip()

    def journal(self, *match):
        """The journal's entries, as dicts."""
        self.run("journalctl", "--sync")
        lines = self.text("journalctl", "-o", "json", "--no-pager", *match).splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


class InnerSim(stand_in.Sim):
    """The stand-in as a service of the machine, steered from outside."""

    PORT = 8470
    started = 0  # so far: a unit that was stopped just now may still be loaded, and its name taken

    def __init__(self, machine, channels, faults=()):
        InnerSim.started += 1
        self.unit = f"romasim-{InnerSim.started}"
        self.machine, self.port, self.ca = machine, self.PORT, None
        self.url = f"http://127.0.0.1:{self.port}"
        machine.write("/run/romasim.json", json.dumps(stand_in.state(list(channels), faults=list(faults))))
        machine.run("systemd-run", "--quiet", "--collect", f"--unit={self.unit}",
                    "/usr/local/bin/romasim", "--port", self.port, "--state", "/run/romasim.json",
                    "--port-file", "/run/romasim.port")
        wait_until(lambda: machine.run("test", "-s", "/run/romasim.port", check=False).returncode == 0)

    def stop(self):
        self.machine.run("systemctl", "stop", self.unit, check=False)
        self.machine.run("rm", "-f", "/run/romasim.port")

    def _admin(self, method, path, body=None):
        data = ["--data-binary", "@-"] if body is not None else []
        text = self.machine.text("curl", "-sS", "--fail-with-body", "-X", method, *data, f"{self.url}/_sim/{path}",
                                 stdin=json.dumps(body) if body is not None else None)
        return json.loads(text) if text else None


def stage(folder):
    """What the machine has beyond this one: rosterd installed below /usr, and the stand-in."""
    build = pathlib.Path(cases.program("rosterd")).parent
    subprocess.run(["make", "--no-print-directory", "-s", f"B={os.path.relpath(build, cases.ROOT)}", "install",
                    f"DESTDIR={folder}", "PREFIX=/usr"], cwd=cases.ROOT, check=True,
                   env={**os.environ, "MAKEFLAGS": ""}, stdout=subprocess.DEVNULL)
    local = folder / "usr/local/bin"
    local.mkdir(parents=True)
    shutil.copy(stand_in.binary(), local / "romasim")
