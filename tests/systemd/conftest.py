# SPDX-License-Identifier: MIT
"""One machine for all tests of this folder; each test begins with a rosterd that never ran there."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import machine as machines  # noqa: E402  (after the path to what it needs)
import service as services  # noqa: E402


@pytest.fixture(scope="session")
def machine(tmp_path_factory):
    staged = tmp_path_factory.mktemp("staged")
    staged.chmod(0o755)
    machines.stage(staged)
    try:
        made = machines.Machine(staged)
    except machines.CannotBoot as error:
        pytest.skip(f"NO REAL SYSTEMD HERE: {error}")
    made.run("systemd-sysusers")
    made.run("journalctl", "--update-catalog")
    yield made
    made.stop()


@pytest.fixture
def service(machine):
    made = services.Service(machine)
    yield made
    made.close()
