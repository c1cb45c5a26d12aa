# SPDX-License-Identifier: MIT
"""Too few file descriptors: whatever it is that cannot be opened, the message says why and what to raise."""

import os

import pytest

from case import DRIFT, FAILED, INVALID, channel, entry, mutations

PLACES = ("the state in", "the event loop", "set up signals", "the HTTP client", "auth.token_file", "cannot connect")


@pytest.mark.usefixtures("no_search_for_leaks")  # which needs descriptors
def test_however_few_there_are_the_message_says_it(case):
    names = ("payments", "web", "api")
    sim = case.serve(*(channel(name, "10.1.0.1", "10.1.0.2") for name in names))
    case.roster(*(entry(name, "10.1.0.1") for name in names), file="rosters.d/a.yaml")
    case.tune(rosters=["rosters.d"], mode="observe")
    case.write_settings()
    for path in (case.folder / "rosters.d/a.yaml", case.folder / "rosters.d", case.config):
        os.utime(path, (1, 1))
    places, number = set(), 4
    while True:
        result = case.run("rosterd", "--once", "--json", wrap=["prlimit", f"--nofile={number}:{number}"])
        lines = [line for line in result.stderr.splitlines() if "cannot" in line]
        if result.status == DRIFT and not lines:
            break
        assert result.status in (FAILED, INVALID, DRIFT) or "shared libraries" in result.stderr, result
        for line in lines:
            assert "oo many open files" in line and "LimitNOFILE=" in line or "shared libraries" in line, line
        places |= {place for place in PLACES if any(place in line for line in lines)}
        number += 1
        assert number < 64, places
    # Which number lets all but a connection be opened depends on how many are open for a moment just then.
    assert places | {"cannot connect"} == set(PLACES) and not mutations(sim)
