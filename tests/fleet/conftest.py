# SPDX-License-Identifier: MIT
"""Fleets of real hosts on a real etcd."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import fleet as fleets  # noqa: E402  (after the path to what it needs)


@pytest.fixture
def make(tmp_path):
    """Makes a fleet, which ends with the test."""
    made = []

    def begin(*args, **how):
        made.append(fleets.Fleet(tmp_path, *args, **how))
        return made[-1]

    yield begin
    for one in made:
        one.close()
