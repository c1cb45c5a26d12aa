# SPDX-License-Identifier: MIT
"""The guards of a whole pass: what is wrong in many channels at once is held, and approved as a whole."""

import json

from case import DRIFT, HELD, INVALID, IN_SYNC, channel, entry, mutations

KEPT = 8


def serve(case, channels, bad):
    """Channels that keep 8 members each, and lose so many."""
    names = [f"channel{n}" for n in range(channels)]
    sim = case.serve(*(channel(name, *(f"10.1.{n}.{k + 1}" for k in range(KEPT)), *(f"10.9.{n}.{k + 1}" for k in range(bad)))
                       for n, name in enumerate(names)))
    case.roster(*(entry(name, *(f"10.1.{n}.{k + 1}" for k in range(KEPT))) for n, name in enumerate(names)))
    return sim


def instance(result):
    assert len(json.loads(result.stdout)["instances"]) == 1
    return json.loads(result.stdout)["instances"][0]


def guards(row):
    return [(guard["name"], guard["planned"], guard["limit"]) for guard in row["guards"]]


def test_sixty_channels_that_lose_five_members_each_are_held_by_default(case):
    sim = serve(case, 60, 5)
    result = case.once()
    assert result.status == HELD and not mutations(sim)
    expected = [("max_deletes_total", 300, 25), ("max_channels", 60, 5)]
    assert guards(instance(result)) == expected and instance(result)["result"] == "held"
    assert all(guards(row) == expected and row["result"] == "held" for row in result.channels)
    assert "300 members in 60 channels are extra" in result.stderr
    assert instance(result)["digest"] in result.stderr and "and 280 more" in result.stderr


def test_at_the_defaults_it_passes(case):
    sim = serve(case, 5, 5)
    result = case.once()
    assert result.status == IN_SYNC and len(mutations(sim)) == 25
    assert instance(result) == {"name": "prod", "result": "converged", "digest": None, "guards": [], "error": None}


def test_both_may_be_off(case):
    sim = serve(case, 7, 5)
    case.tune(guards={"max_deletes_total": "off", "max_channels": "off"})
    assert case.once().status == IN_SYNC and len(mutations(sim)) == 35


def test_a_roster_has_no_say(case):
    serve(case, 1, 1)
    case.roster(entry("channel0", "10.1.0.1", guards={"max_channels": 1}))
    result = case.once()
    assert result.status == INVALID and "guards.max_channels" in result.stderr and "settings alone" in result.stderr


def test_the_digest_of_the_instance_approves_each_of_its_plans_once(case):
    sim = serve(case, 6, 2)
    digest = instance(case.dry())["digest"]
    shown = case.plan()
    assert digest in shown.stdout and "max_channels refuses" in shown.stdout and shown.status == HELD
    assert case.dry("--approve", digest).status == DRIFT
    result = case.once("--approve", digest)
    assert result.status == IN_SYNC and len(mutations(sim)) == 12 and "fits no plan" not in result.stderr


def test_the_digest_of_the_instance_is_of_exactly_these_plans(case):
    sim = serve(case, 6, 2)
    digest = instance(case.dry())["digest"]
    sim.edit("channel3", add=[{"host": "10.9.3.99"}])
    result = case.once("--approve", digest)
    assert result.status == HELD and not mutations(sim) and "fits no plan" in result.stderr


def test_one_plan_approved_passes_and_the_rest_waits(case):
    sim = serve(case, 6, 2)
    first = case.once()
    result = case.once("--approve", first.channel("channel4")["digest"])
    assert result.results()["channel4"] == "converged" and len(mutations(sim)) == 2
    assert sorted(set(result.results().values())) == ["converged", "held"]


def test_a_stalled_channel_delays_nobody_by_more_than_its_first_attempt(case):
    sim = serve(case, 3, 2)
    sim.faults([{"match": {"op": "list_members", "channel": "channel1"}, "times": -1, "then": {"status": 503}}])
    case.tune(retry={"attempts": 4, "base": "1h", "cap": "1h"}, limits={"pass_deadline": "3s"})
    result = case.once()
    assert result.results()["channel0"] == result.results()["channel2"] == "converged"
    assert len(mutations(sim)) == 4
