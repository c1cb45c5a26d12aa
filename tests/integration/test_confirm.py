# SPDX-License-Identifier: MIT
"""Success is only what a second reading shows: lists that lag, members that stay, and people in between."""

from case import DRIFT, FAILED, IN_SYNC, channel, deletions, entry, identifier, row

ROSTER = entry("payments", "10.1.0.5", "10.1.0.6")


def serve(case, *faults, **settings):
    sim = case.serve(channel("payments", "10.1.0.5", "10.1.0.6", "10.1.0.8", "10.1.0.9"), faults=list(faults),
                     **settings)
    case.roster(ROSTER)
    return sim


def confirming(times=1, **then):
    """A fault for the list that follows the deletions."""
    return {"match": {"op": "list_members"}, "skip": 1, "times": times, "then": then}


def test_a_list_that_lags_behind_is_read_again(case):
    sim = serve(case, eventual_ms=600)
    result = case.once()
    assert result.status == IN_SYNC and result.channel("payments")["result"] == "converged"
    assert len(deletions(sim)) == 2, "what was deleted is not deleted again"
    lists = sim.requests("list_members")
    assert len(lists) == 3 and lists[2]["t_ms"] - lists[1]["end_ms"] >= 999, "looked for again after 1 s"


def test_a_member_that_stays_listed_is_failed_after_three_more_looks(case):
    sim = serve(case, eventual_ms=60000)
    result = case.once()
    reported = result.channel("payments")
    assert result.status == FAILED and reported["result"] == "failed"
    assert "still lists" in reported["error"]["message"] and "10.1.0." in reported["error"]["message"]
    lists = sim.requests("list_members")
    waits = [after["t_ms"] - before["end_ms"] for before, after in zip(lists[1:], lists[2:])]
    assert [wait >= least for wait, least in zip(waits, (999, 2999, 9999), strict=True)] == [True] * 3, waits
    assert len(deletions(sim)) == 2


def test_looking_again_keeps_no_other_channel_waiting(case):
    """The service says that it deleted, and did not."""
    sim = case.serve(channel("payments", "10.1.0.5", "10.1.0.9"), channel("search", "10.2.0.1", "10.2.0.9"),
                     faults=[{"match": {"op": "delete_member", "channel": "payments"}, "then": {"status": 204}}])
    case.roster(entry("payments", "10.1.0.5"), entry("search", "10.2.0.1"))
    case.tune(limits={"concurrency": 1, "pass_deadline": "3s"})
    result = case.once()
    assert result.status == DRIFT and result.channel("payments")["result"] == "drift", "the deadline came first"
    assert result.channel("search")["result"] == "converged", "it has its turn while the other waits"
    assert len(sim.hosts("payments")) == 2


def test_a_new_extra_seen_on_confirming_is_drift(case):
    sim = serve(case, {"match": {"op": "delete_member"}, "times": 1, "then": {
        "after": {"add_member": {"channel": "payments", "member": row("10.1.0.77")}}}})
    result = case.once()
    assert result.status == DRIFT and result.channel("payments")["result"] == "drift"
    assert set(result.outcomes("payments")) == {"10.1.0.8:8080", "10.1.0.9:8080"}, "the plan's extras, no others"
    assert "10.1.0.77" in sim.hosts("payments"), "nobody had planned that one"
    assert case.once().status == IN_SYNC


def test_a_deleted_address_that_came_back_with_another_id_is_drift(case):
    sim = serve(case, {"match": {"op": "delete_member"}, "times": 1, "skip": 1, "then": {
        "after": {"add_member": {"channel": "payments", "member": row("10.1.0.8", id="back")}}}})
    result = case.once()
    assert result.status == DRIFT and set(result.outcomes("payments").values()) == {"deleted"}
    assert [m["id"] for m in sim.members("payments") if m["host"] == "10.1.0.8"] == ["back"]


def test_a_member_that_went_missing_meanwhile_is_drift(case):
    serve(case, {"match": {"op": "delete_member"}, "times": 1, "then": {
        "after": {"remove_member": {"channel": "payments", "member": "10.1.0.6"}}}})
    result = case.once()
    reported = result.channel("payments")
    assert result.status == DRIFT and reported["result"] == "drift"
    assert reported["missing"] == [{"group": "", "host": "10.1.0.6", "port": 8080}]
    assert set(result.outcomes("payments").values()) == {"deleted"}


def test_a_channel_that_cannot_be_read_again_is_failed(case):
    sim = serve(case, confirming(times=-1, status=503))
    result = case.once()
    assert result.status == FAILED and result.channel("payments")["result"] == "failed"
    assert set(result.outcomes("payments").values()) == {"deleted"}
    assert result.channel("payments")["error"]["http"] == 503 and len(sim.requests("list_members")) == 5


def test_a_failed_deletion_whose_member_is_gone_on_confirming_has_succeeded(case):
    sim = serve(case, {"match": {"op": "delete_member", "member": "10.1.0.8"}, "times": 1,
                       "then": {"status": 500, "effect": True}},
                {"match": {"op": "delete_member"}, "times": 1, "then": {"status": 400}})
    case.tune(retry={"attempts": 1})
    result = case.once()
    outcomes = result.outcomes("payments")
    assert outcomes["10.1.0.8:8080"] == "deleted", "it may have been ours, and it is gone"
    assert outcomes["10.1.0.9:8080"] == "failed" and result.status == FAILED
    assert sim.hosts("payments") == ["10.1.0.5", "10.1.0.6", "10.1.0.9"]


def test_nothing_is_confirmed_where_nothing_was_deleted(case):
    sim = case.serve(channel("payments", "10.1.0.5", "10.1.0.6"))
    case.roster(ROSTER)
    assert case.once().status == IN_SYNC
    assert len([r for r in sim.requests("list_members") if r["channel"] == identifier("payments")]) == 1
