# SPDX-License-Identifier: MIT
"""What every test of this folder gets."""

import os
import zlib

import pytest

import case as cases


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
