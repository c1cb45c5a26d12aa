# SPDX-License-Identifier: MIT
"""Guards at their limits with their numbers, and approvals of exactly one plan, once."""

import pytest

from case import DRIFT, FAILED, HELD, IN_SYNC, channel, entry, mutations, row

OFF = {"max_deletes": 100, "max_delete_percent": 100, "min_remaining": 0, "confirm_passes": 1}


def serve(case, good, bad, *more, **entry_fields):
    """`good` members that belong and `bad` extras."""
    hosts = [f"10.1.0.{n + 1}" for n in range(good)]
    sim = case.serve(channel("payments", *hosts, *(f"10.1.1.{n + 1}" for n in range(bad)), *more))
    case.roster(entry("payments", *hosts, **({"allow_empty": True} if not good else {}), **entry_fields))
    case.tune(guards=dict(OFF))
    return sim


def guards(result):
    return [(guard["name"], guard["planned"], guard["limit"]) for guard in result.channel("payments")["guards"]]


# good members, extras, settings, the guards that refuse
LIMITS = {
    "max_deletes, just": (20, 10, {"max_deletes": 10}, []),
    "max_deletes, one too many": (20, 11, {"max_deletes": 10}, [("max_deletes", 11, 10)]),
    "max_deletes 0": (20, 1, {"max_deletes": 0}, [("max_deletes", 1, 0)]),
    "percent, just": (5, 5, {"max_delete_percent": 50}, []),
    "percent, one too many": (4, 5, {"max_delete_percent": 50}, [("max_delete_percent", 56, 50)]),
    "percent, a fraction above": (101, 102, {"max_deletes": 1000, "max_delete_percent": 50},
                                  [("max_delete_percent", 51, 50)]),
    "percent 0": (20, 1, {"max_delete_percent": 0}, [("max_delete_percent", 5, 0)]),
    "percent 100": (0, 3, {"max_delete_percent": 100}, []),
    "min_remaining, just": (3, 2, {"min_remaining": 3}, []),
    "min_remaining, one too few": (2, 2, {"min_remaining": 3}, [("min_remaining", 2, 3)]),
    "min_remaining of an empty roster": (0, 2, {"min_remaining": 1}, [("min_remaining", 0, 1)]),
    "all that can": (1, 11, {"max_deletes": 10, "max_delete_percent": 50, "min_remaining": 2, "confirm_passes": 2},
                     [("max_deletes", 11, 10), ("max_delete_percent", 92, 50), ("min_remaining", 1, 2),
                      ("confirm_passes", 1, 2)]),
    "the last two": (1, 1, {"min_remaining": 2, "confirm_passes": 3}, [("min_remaining", 1, 2),
                                                                      ("confirm_passes", 1, 3)]),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_guard_at_its_limit(case, name):
    good, bad, settings, refusing = LIMITS[name]
    sim = serve(case, good, bad)
    case.tune(guards=settings)
    dry = case.dry()
    assert guards(dry) == refusing, dry
    assert dry.status == (HELD if refusing else DRIFT), "a dry run evaluates them too"
    result = case.once()
    assert guards(result) == refusing and result.status == (HELD if refusing else IN_SYNC)
    assert result.channel("payments")["result"] == ("held" if refusing else "converged")
    if refusing:
        assert result.channel("payments")["guard"] == dict(zip(("name", "planned", "limit"), refusing[0]))
        assert not mutations(sim) and set(result.outcomes("payments").values()) == {"held"}
        assert f"{refusing[0][0]} refuses" in result.stderr and dry.channel("payments")["digest"] in result.stderr


def test_percent_is_of_the_live_members_that_are_not_ignored(case):
    serve(case, 4, 4, *(row(f"10.9.0.{n}") for n in range(1, 9)), ignore=[{"host": "10.9.0.0/16"}])
    case.tune(guards={"max_delete_percent": 49})
    assert guards(case.once()) == [("max_delete_percent", 50, 49)]
    case.tune(guards={"max_delete_percent": 50})
    assert case.once().status == IN_SYNC


def test_remaining_members_count_in_service_and_ignored_ones_too(case):
    serve(case, 0, 3, row("10.9.0.1"), row("10.9.0.2", status=2), row("10.9.0.3", omit=["status"]),
          ignore=[{"host": "10.9.0.0/16"}])
    case.tune(guards={"min_remaining": 3})
    assert guards(case.once()) == [("min_remaining", 2, 3)], "a member out of service does not count"
    case.tune(guards={"min_remaining": 2})
    assert case.once().status == IN_SYNC


def test_a_roster_may_be_stricter_and_not_laxer(case):
    sim = serve(case, 10, 3, guards={"max_deletes": 2})
    assert guards(case.once()) == [("max_deletes", 3, 2)] and not mutations(sim)
    case.tune(guards={"max_deletes": 1})
    result = case.once()
    assert result.status == 78 and "guards.max_deletes" in result.stderr and not mutations(sim)


@pytest.mark.parametrize("guard, value", [("max_deletes", 2), ("max_delete_percent", 20), ("min_remaining", 11),
                                          ("confirm_passes", 2)])
def test_every_guard_can_be_made_stricter_by_a_roster(case, guard, value):
    serve(case, 10, 3, guards={guard: value})
    result = case.once()
    assert result.status == HELD and [g[0] for g in guards(result)] == [guard]
    assert guards(result)[0][2] == value


def test_a_guard_holds_its_channel_only(case):
    sim = case.serve(channel("payments", "10.1.0.1", "10.1.1.1", "10.1.1.2"), channel("search", "10.2.0.1", "10.2.0.9"))
    case.roster(entry("payments", "10.1.0.1", guards={"max_deletes": 1}), entry("search", "10.2.0.1"))
    result = case.once()
    assert result.results() == {"payments": "held", "search": "converged"} and result.status == HELD
    assert len(sim.hosts("payments")) == 3


# ---- confirm_passes ----


def test_an_extra_must_be_seen_in_so_many_passes_in_a_row(case):
    sim = serve(case, 3, 1)
    case.tune(guards={"confirm_passes": 3})
    assert guards(case.once()) == [("confirm_passes", 1, 3)]
    assert guards(case.once()) == [("confirm_passes", 2, 3)]
    assert not mutations(sim)
    assert case.once().status == IN_SYNC and len(sim.hosts("payments")) == 3


def test_an_extra_that_was_away_for_a_pass_begins_anew(case):
    sim = serve(case, 3, 1)
    case.tune(guards={"confirm_passes": 2})
    assert guards(case.once()) == [("confirm_passes", 1, 2)]
    sim.edit("payments", remove=["10.1.1.1"])
    assert case.once().status == IN_SYNC
    sim.edit("payments", add=[row("10.1.1.1", id="again")])
    assert guards(case.once()) == [("confirm_passes", 1, 2)]
    assert case.once().status == IN_SYNC


def test_another_extra_waits_for_its_own_passes_and_holds_the_plan(case):
    sim = serve(case, 3, 1)
    case.tune(guards={"confirm_passes": 2})
    case.once()
    sim.edit("payments", add=[row("10.1.1.2")])
    assert guards(case.once()) == [("confirm_passes", 1, 2)] and not mutations(sim)
    assert case.once().status == IN_SYNC


def test_a_list_that_was_not_whole_and_a_dry_run_count_for_nothing(case):
    sim = serve(case, 3, 1)
    case.tune(guards={"confirm_passes": 2})
    assert guards(case.dry()) == [("confirm_passes", 1, 2)]
    assert guards(case.dry()) == [("confirm_passes", 1, 2)]
    sim.faults([{"match": {"op": "list_members"}, "times": 3, "then": {"drop_rows": 1}}])
    assert case.once().status == FAILED
    assert guards(case.once()) == [("confirm_passes", 1, 2)]
    assert case.dry().status == DRIFT, "it says what the next pass would do"
    assert case.once().status == IN_SYNC


# ---- fight ----


def test_an_identity_that_somebody_puts_back_is_fought_three_times(case):
    sim = serve(case, 3, 0)
    for n in range(3):
        sim.edit("payments", add=[row("10.1.1.1", id=f"back-{n}")])
        assert case.once().status == IN_SYNC
    sim.edit("payments", add=[row("10.1.1.1", id="back-3")])
    held = case.once()
    assert held.status == HELD and guards(held) == [("fight", 3, 3)]
    assert guards(case.dry()) == [("fight", 3, 3)]
    sim.edit("payments", add=[row("10.1.1.2")])
    assert guards(case.once()) == [("fight", 3, 3)], "another extra of the channel waits with it"
    sim.edit("payments", remove=["10.1.1.1"])
    assert case.once().status == IN_SYNC, "without it the rest goes"


def test_a_fight_is_about_one_identity(case):
    sim = serve(case, 3, 0)
    for n in range(5):
        sim.edit("payments", add=[row(f"10.1.1.1:{9000 + n}")])
        assert case.once().status == IN_SYNC


# ---- approval ----


def held(case, bad=3):
    sim = serve(case, 5, bad)
    case.tune(guards={"max_deletes": 1})
    return sim, case.once().channel("payments")["digest"]


def test_the_right_digest_lets_the_plan_pass_once(case):
    sim, digest = held(case)
    result = case.once("--approve", digest)
    assert result.status == IN_SYNC and len(result.deleted("payments")) == 3
    assert guards(result) == [] and len(sim.hosts("payments")) == 5


def test_the_digest_of_a_dry_run_is_good(case):
    sim = serve(case, 5, 3)
    case.tune(guards={"max_deletes": 1})
    digest = case.dry().channel("payments")["digest"]
    assert case.dry("--approve", digest).status == DRIFT, "a dry run tells what the approval would do"
    assert not mutations(sim)
    assert case.once("--approve", digest).status == IN_SYNC


def test_an_approval_passes_every_guard(case):
    sim = serve(case, 1, 5)
    case.tune(guards={"max_deletes": 1, "max_delete_percent": 10, "min_remaining": 2, "confirm_passes": 9})
    first = case.once()
    assert len(guards(first)) == 4
    assert case.once("--approve", first.channel("payments")["digest"]).status == IN_SYNC
    assert sim.hosts("payments") == ["10.1.0.1"]


@pytest.mark.parametrize("change", ["another extra", "an extra less", "another roster"])
def test_a_stale_digest_fits_nothing_and_is_no_error(case, change):
    sim, digest = held(case)
    if change == "another extra":
        sim.edit("payments", add=[row("10.1.1.9")])
    elif change == "an extra less":
        sim.edit("payments", remove=["10.1.1.1"])
    else:
        case.roster(entry("payments", "10.1.0.1", "10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5", "10.1.0.6"))
    result = case.once("--approve", digest)
    assert result.status == HELD and not mutations(sim)


def test_an_approval_lets_no_other_refusal_pass(case):
    """What was approved was held by max_deletes; that nothing would be left in service nobody was shown."""
    sim = serve(case, 1, 3)
    case.tune(guards={"max_deletes": 1, "min_remaining": 1})
    first = case.once()
    assert guards(first) == [("max_deletes", 3, 1)]
    sim.edit("payments", remove=["10.1.0.1"])
    result = case.once("--approve", first.channel("payments")["digest"])
    assert result.status == HELD and not mutations(sim) and "fits no plan" in result.stderr
    assert guards(result) == [("max_deletes", 3, 1), ("min_remaining", 0, 1)]
    approved = case.once("--approve", result.channel("payments")["digest"])
    assert len(approved.deleted("payments")) == 3, "with the numbers shown it passes"


def test_an_approval_of_members_left_is_of_that_number(case):
    sim = serve(case, 2, 1)
    case.tune(guards={"min_remaining": 3})
    first = case.once()
    assert guards(first) == [("min_remaining", 2, 3)]
    sim.edit("payments", remove=["10.1.0.1"])
    result = case.once("--approve", first.channel("payments")["digest"])
    assert result.status == HELD and guards(result) == [("min_remaining", 1, 3)] and not mutations(sim)


def test_a_digest_goes_by_what_the_instance_is_and_not_by_its_name(case):
    sim, digest = held(case)
    case.settings["instances"] = {"elsewhere": case.settings["instances"]["prod"]}
    assert case.once("--approve", digest).status == IN_SYNC and len(sim.hosts("payments")) == 5


def test_a_spent_digest_is_spent(case):
    sim, digest = held(case)
    again = sim.members("payments")[-3:]
    assert case.once("--approve", digest).status == IN_SYNC
    sim.edit("payments", add=[row(m["host"], id=m["id"]) for m in again])
    result = case.once("--approve", digest)
    assert result.channel("payments")["digest"] == digest, "it is the very same plan"
    assert result.status == HELD and "used already" in result.stderr
    assert len(sim.hosts("payments")) == 8


def test_an_approval_given_while_nothing_fits_is_kept_for_the_plan(case):
    sim, digest = held(case)
    sim.faults([{"match": {"op": "list_members"}, "times": 3, "then": {"drop_rows": 1}}])
    assert case.once("--approve", digest).status == FAILED
    assert case.once().status == IN_SYNC, "within its day the approval waits for its plan"


def test_several_approvals_and_a_foreign_one(case):
    sim = case.serve(channel("payments", "10.1.0.1", "10.1.1.1", "10.1.1.2"),
                     channel("search", "10.2.0.1", "10.2.1.1", "10.2.1.2"))
    case.roster(entry("payments", "10.1.0.1"), entry("search", "10.2.0.1"))
    case.tune(guards={**OFF, "max_deletes": 1})
    digests = [c["digest"] for c in case.dry().channels]
    one = case.once("--approve", "f" * 64, "--approve", digests[1])
    assert one.results() == {"payments": "held", "search": "converged"} and one.status == HELD
    assert case.once("--approve", digests[0], "--approve", "f" * 64).status == IN_SYNC
    assert sim.hosts("payments") == ["10.1.0.1"]
