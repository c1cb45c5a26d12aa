# SPDX-License-Identifier: MIT
"""The packages of the commit that is checked out, made once, and a Debian to install them in."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "integration"), str(ROOT / "tests" / "systemd")]

import packages as made  # noqa: E402  (after the path to what it needs)


@pytest.fixture(scope="session")
def clone(tmp_path_factory):
    """A clone, as whoever makes packages has it."""
    return made.clone(tmp_path_factory.mktemp("first") / "rosterd")


@pytest.fixture(scope="session")
def deb(clone):
    return made.Built(clone, "deb")


@pytest.fixture(scope="session")
def rpm(clone):
    return made.Built(clone, "rpm")


@pytest.fixture(scope="session")
def debian(tmp_path_factory):
    """The root of a Debian 12 with nothing but systemd, fresh from its archive."""
    root = tmp_path_factory.mktemp("debian") / "root"
    made.debootstrap("bookworm", root, "systemd", "systemd-sysv", "curl")
    yield root
    # Nothing of it is mounted any more, or this would reach what is mounted.
    assert str(root) not in pathlib.Path("/proc/self/mounts").read_text()
    shutil.rmtree(root)


def pytest_configure(config):
    """The folder that sessions of pytest share is closed by each to all but its user; others build packages, too."""
    if os.geteuid() == 0 and not config.option.basetemp:
        config.option.basetemp = tempfile.mkdtemp(prefix="rosterd-packages.")


def pytest_sessionfinish(session, exitstatus):
    """What failed stays to be looked at."""
    folder = session.config.option.basetemp
    if exitstatus == 0 and folder:
        assert folder not in pathlib.Path("/proc/self/mounts").read_text()
        shutil.rmtree(folder)


def pytest_sessionstart():
    if os.geteuid() != 0:
        pytest.exit("only root can make a Debian to install packages in", 1)
    subprocess.run(["make", "--no-print-directory", "-s", "all", "romasim"], cwd=ROOT, check=True)
