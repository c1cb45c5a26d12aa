# SPDX-License-Identifier: MIT
"""Few of many channels are found by lookups instead of the whole list, and whatever the service makes of a filter
leads to no other result."""

import pytest

from case import FAILED, IN_SYNC, channel, entry, identifier

MANY = 1703  # four pages
ODD = ["a b&c=d+e%2F", "zahlung-\u00fc\u4e2d", "Ch-7"]


def queries(sim):
    return [request["query"] for request in sim.requests("list_channels")]


def many(case, **parts):
    rest = [channel(f"ch-{n}") for n in range(MANY - len(ODD))]
    return case.serve(*rest, *(channel(name, "10.1.0.5") for name in ODD), **parts)


def test_names_of_any_text_are_looked_up_with_a_signature(case):
    sim = many(case, keys=[{"access": "AK", "secret": "SK", "project_id": "0123456789abcdef0123456789abcdef"}])
    case.secret("ak", "AK")
    case.secret("sk", "SK")
    case.settings["instances"]["prod"]["auth"] = {"method": "aksk", "access_key_file": "ak", "secret_key_file": "sk"}
    case.roster(entry(ODD[0], "10.1.0.5"), {"id": identifier(ODD[1]), "members": ["10.1.0.5"]})
    assert case.once().status == IN_SYNC
    assert queries(sim)[0] == "limit=500&offset=0"
    assert queries(sim)[1:] == ["limit=500&name=a%20b%26c%3Dd%2Be%252F&offset=0&precise_search=name",
                                f"id={identifier(ODD[1])}&limit=500&offset=0"]


@pytest.mark.parametrize("words, costs", [("exact", 1), ("prefix", 1), ("any_case", 5), ("ignored", 5), ("empty", 5),
                                          ("refused", 5)])
def test_no_filter_leads_to_another_result(case, words, costs):
    """Ch-7 is wanted, and ch-7 is there as well."""
    sim = many(case, channel_filter=words)
    case.roster(entry("Ch-7", "10.1.0.5"))
    result = case.once()
    assert result.status == IN_SYNC and result.channel("Ch-7")["id"] == identifier("Ch-7")
    assert len(queries(sim)) == costs
    case.roster(entry("ch-700000", "10.1.0.5"))
    result = case.once()
    assert result.status == FAILED
    assert "no channel with the name ch-700000" in result.channels[0]["error"]["message"]
    assert "limit=500&offset=1497" in queries(sim), "only a whole list says so"
