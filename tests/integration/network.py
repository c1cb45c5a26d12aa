# SPDX-License-Identifier: MIT
"""A network of a test's own, with an address that is not loopback, and the real tinyproxy in it."""

import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import socket
import subprocess

import pytest

import case as cases

NEWNET = 0x40000000  # CLONE_NEWNET of <sched.h>
ADDRESS = "192.0.2.10"  # RFC 5737: nobody's


@contextlib.contextmanager
def private(*addresses):
    """Whatever this thread begins in here has a network of its own, with these addresses on its loopback device."""
    libc = ctypes.CDLL(None, use_errno=True)
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if not shutil.which("ip") or libc.unshare(NEWNET) != 0:
            pytest.skip("NO NETWORK OF ITS OWN: the tests with a real proxy need root and ip(8)")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        for address in addresses:
            subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)
        yield
    finally:
        assert libc.setns(before, NEWNET) == 0
        os.close(before)


class Tinyproxy:
    """A running tinyproxy on ADDRESS, which lets through to any port; `user` is user:password."""

    def __init__(self, folder, user=None, port=3128):
        self.log_path = pathlib.Path(folder) / f"tinyproxy-{port}.log"
        config = self.log_path.with_suffix(".conf")
        lines = [f"Port {port}", f"Listen {ADDRESS}", "Timeout 60", f'LogFile "{self.log_path}"', "LogLevel Info",
                 f"Allow {ADDRESS}", "Allow 127.0.0.1"]
        if user:
            lines.append("BasicAuth " + user.replace(":", " ", 1))
        config.write_text("\n".join(lines) + "\n")
        self.url = f"http://{ADDRESS}:{port}"
        self.process = subprocess.Popen(["tinyproxy", "-d", "-c", str(config)], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        cases.wait_until(lambda: self.listens(port), process=self.process)

    @staticmethod
    def listens(port):
        with socket.socket() as one:
            return one.connect_ex((ADDRESS, port)) == 0

    def tunnels(self):
        """Where it was asked for tunnels to, in order."""
        return re.findall(r"Request .*: CONNECT (\S+) HTTP", self.log_path.read_text())

    def stop(self):
        # A SIGTERM that comes before tinyproxy waits for connections is not noticed until the next one.
        self.process.kill()
        self.process.wait()
