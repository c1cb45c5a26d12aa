# SPDX-License-Identifier: MIT
"""What every test of this folder gets."""

import ctypes
import os
import subprocess
import warnings
import zlib

import pytest

import case as cases

NEWNS = 0x00020000  # CLONE_NEWNS of <sched.h>
SERVICE = "/run/rosterd"  # where rosterctl looks for the service, whatever the settings


def pytest_sessionstart():
    """A rosterd of this machine's own is none of the tests': an empty folder hides it from all that they begin."""
    if not os.path.exists(SERVICE):
        return
    if ctypes.CDLL(None).unshare(NEWNS) != 0:
        warnings.warn("only root can hide the rosterd that runs here: tests without one of their own ask it", stacklevel=1)
        return
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "none", SERVICE], check=True)


@pytest.fixture
def case(tmp_path):
    """A folder, the stand-ins and the programs started in it; all of them end with the test."""
    made = cases.Case(tmp_path)
    yield made
    made.close()


@pytest.fixture
def no_search_for_leaks(monkeypatch):
    """For a program that a sanitizer could not search at its end."""
    monkeypatch.setenv("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")


def pytest_collection_modifyitems(items):
    """Workers take neighbours together, and the tests that wait longest are neighbours: all would wait for
    the last worker. The order must be the same in each."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: zlib.crc32(item.nodeid.encode()))
