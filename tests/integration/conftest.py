# SPDX-License-Identifier: MIT
"""What every test of this folder gets."""

import pytest

import case as cases


@pytest.fixture
def case(tmp_path):
    """A folder, the stand-ins and the programs started in it; all of them end with the test."""
    made = cases.Case(tmp_path)
    yield made
    made.close()
