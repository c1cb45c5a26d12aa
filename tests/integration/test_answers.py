# SPDX-License-Identifier: MIT
"""What each answer to a deletion or a reading leads to (API.md sections 3.2 and 3.3): how many requests are
spent, what the report says, and the exit status."""

import email.utils
import time

import pytest

import sim as stand_in
from answers import CHANNEL, INSTANCE, MEMBER, RENEW, RETRY, ROWS, THROTTLE, WHICH
from case import INSTANCE as INSTANCE_ID
from case import DRIFT, FAILED, IN_SYNC, channel, deletions, entry, identifier, mutations

DELETE = {"op": "delete_member"}


def serve(case, *faults, extra=("10.1.0.8", "10.1.0.9")):
    """Two good members and two extras; a second channel that nothing is wrong with."""
    sim = case.serve(channel("payments", "10.1.0.5", "10.1.0.6", *extra), channel("search", "10.2.0.1", "10.2.0.9"),
                     faults=list(faults))
    case.roster(entry("payments", "10.1.0.5", "10.1.0.6"), entry("search", "10.2.0.1"))
    return sim


def on_payments(**then):
    return {"match": {**DELETE, "channel": "payments"}, "then": then}


def sent(sim, name="payments"):
    return len(deletions(sim, identifier(name)))


@pytest.mark.parametrize("prefix, code, status", ROWS)
def test_a_deletion_that_is_always_answered_so(case, prefix, code, status):
    kind = WHICH[code, status]
    full = f"{prefix}.{code}"
    sim = serve(case, on_payments(status=status, code=full))
    result = case.once()
    reported = result.channel("payments")
    first, second = (extra["outcome"] for extra in reported["extra"])
    # sends, outcome of the extra that was never tried, result of the other channel
    sends, untried, other = {RETRY: (8, "failed", "converged"), THROTTLE: (8, "failed", "converged"),
                             MEMBER: (2, "failed", "converged"), CHANNEL: (1, "skipped", "converged"),
                             INSTANCE: (1, "skipped", "failed"), RENEW: (1, "skipped", "failed")}[kind]
    assert sent(sim) == sends, result
    assert (first, second) == ("failed", untried), result
    assert reported["result"] == "failed" and result.status == FAILED
    assert (reported["error"]["http"], reported["error"]["code"]) == (status, full)
    assert reported["extra"][0]["attempts"] == (4 if kind in (RETRY, THROTTLE) else 1)
    if kind not in (INSTANCE, RENEW):
        assert result.channel("search")["result"] == other
    assert len(sim.hosts("payments")) == 4


@pytest.mark.parametrize("prefix, code, status", [row for row in ROWS if WHICH[row[1:]] in (RETRY, THROTTLE)])
def test_a_deletion_that_is_answered_so_once(case, prefix, code, status):
    sim = serve(case, {**on_payments(status=status, code=f"{prefix}.{code}"), "times": 1})
    result = case.once()
    assert result.status == IN_SYNC and sent(sim) == 3, result
    assert sorted(extra["attempts"] for extra in result.channel("payments")["extra"]) == [1, 2]
    assert set(result.outcomes("payments").values()) == {"deleted"}
    assert result.channel("payments")["error"] is None
    assert sim.hosts("payments") == ["10.1.0.5", "10.1.0.6"]


@pytest.mark.parametrize("prefix, code, status", [row for row in ROWS if row[1] != "3024"])
def test_a_list_that_is_always_answered_so(case, prefix, code, status):
    kind = WHICH[code, status]
    sim = serve(case, {"match": {"op": "list_members", "channel": "payments"},
                       "then": {"status": status, "code": f"{prefix}.{code}"}})
    result = case.once()
    assert result.status == FAILED and result.channel("payments")["result"] == "failed"
    asked = [r for r in sim.requests("list_members") if r["channel"] == identifier("payments")]
    assert len(asked) == (4 if kind in (RETRY, THROTTLE) else 1)
    assert sent(sim) == 0 and result.channel("payments")["live"] is None
    if kind not in (INSTANCE, RENEW):
        assert result.channel("search")["result"] == "converged"


CATALOG = [("APIG", "0308", 429), ("APIG", "9999", 500), ("APIG", "9008", 500), ("APIG", "1005", 403),
           ("APIG", "1005", 401), ("APIG", "1010", 401), ("APIG", "0101", 404), ("APIG", "3030", 404),
           ("APIG", "0613", 503), ("APIG", "2012", 400), ("APIC", "7701", 409), ("APIG", "0301", 401)]


@pytest.mark.parametrize("prefix, code, status", CATALOG)
def test_a_list_of_channels_that_is_always_answered_so(case, prefix, code, status):
    sim = serve(case, {"match": {"op": "list_channels"}, "then": {"status": status, "code": f"{prefix}.{code}"}})
    result = case.once()
    assert result.status == FAILED and set(result.results().values()) == {"failed"}
    asked = 4 if WHICH[code, status] in (RETRY, THROTTLE) else 1
    assert sim.stats()["per_op"] == {"list_channels": asked}


# ---- answers without a code that anybody knows ----

BARE = {400: MEMBER, 402: MEMBER, 403: CHANNEL, 404: CHANNEL, 405: MEMBER, 408: RETRY, 409: MEMBER, 410: MEMBER,
        429: THROTTLE, 500: RETRY, 501: MEMBER, 502: RETRY, 503: RETRY, 504: RETRY, 505: MEMBER, 302: MEMBER}


@pytest.mark.parametrize("status", BARE)
@pytest.mark.parametrize("body", ["", "<html>gone</html>", '{"error_code":"APIG.8765","error_msg":"news"}',
                                  '{"error_code":3024}', '{"error_code":"APIG.30240"}', '["APIG.3024"]'])
def test_an_answer_of_no_known_code_goes_by_its_status(case, status, body):
    sim = serve(case, on_payments(status=status, body=body))
    result = case.once()
    assert sent(sim) == {RETRY: 8, THROTTLE: 8, MEMBER: 2, CHANNEL: 1}[BARE[status]]
    assert result.outcomes("payments")["10.1.0.8:8080"] == "failed" and result.status == FAILED
    assert result.channel("search")["result"] == "converged"


SIX = [f"10.1.1.{n}" for n in range(1, 7)]


@pytest.mark.parametrize("status, body", [(200, "{}"), (200, ""), (202, ""), (201, '{"job_id": "1"}'),
                                          (206, "<html>"), (200, "null")])
def test_another_success_is_for_the_confirming_list_to_tell(case, status, body):
    sim = serve(case, on_payments(effect=True, status=status, body=body), extra=SIX)
    case.tune(guards={"max_delete_percent": 100})
    result = case.once()
    assert set(result.outcomes("payments").values()) == {"deleted"} and result.status == IN_SYNC, result
    assert sent(sim) == 6, "none of them is a failure, so that five do not end the pass"
    assert sim.hosts("payments") == ["10.1.0.5", "10.1.0.6"]
    assert result.channel("payments")["error"] is None and "failed" not in result.stderr


def test_another_success_without_an_effect_is_a_failure_in_the_end(case):
    sim = serve(case, on_payments(status=202, body='{"error_msg": ""}'), extra=SIX)
    case.tune(guards={"max_delete_percent": 100})
    result = case.once()
    assert set(result.outcomes("payments").values()) == {"failed"} and result.status == FAILED
    assert sent(sim) == 6 and len(sim.hosts("payments")) == 8
    assert result.channel("payments")["error"]["http"] == 202
    assert len([r for r in sim.requests("list_members") if r["channel"] == identifier("payments")]) == 5
    assert all(host in result.stderr for host in SIX), "the log names each of them"


TOLD = [("APIG.1005", CHANNEL), ("APIG.2012", MEMBER), ("APIG.9999", RETRY), ("APIG.9008", THROTTLE),
        ("APIG.1000", INSTANCE), ("APIG.4711", RETRY), ("APIG.1001", RENEW)]


@pytest.mark.parametrize("status", [200, 202])
@pytest.mark.parametrize("code, kind", TOLD)
def test_an_error_under_a_success_is_one(case, status, code, kind):
    sim = serve(case, on_payments(status=status, body=f'{{"error_code": "{code}", "error_msg": "not today"}}'))
    result = case.once()
    error = result.channel("payments")["error"]
    assert (error["http"], error["code"]) == (status, code) and "not today" in error["message"], result
    assert sent(sim) == {RETRY: 8, THROTTLE: 8, MEMBER: 2, CHANNEL: 1, INSTANCE: 1, RENEW: 1}[kind]
    assert result.status == FAILED and len(sim.hosts("payments")) == 4


@pytest.mark.parametrize("body", ['{"error": {"code": 403, "message": "keystone says no"}}', '{"error": "no"}',
                                  '{"error_msg": "no code"}'])
def test_an_error_without_a_code_under_a_success_is_one(case, body):
    sim = serve(case, on_payments(status=200, body=body))
    result = case.once()
    assert result.status == FAILED and "no" in result.channel("payments")["error"]["message"]
    assert sent(sim) == (1 if "403" in body else 8) and len(sim.hosts("payments")) == 4


# ---- gone, or deleted after all ----


def test_a_member_that_somebody_else_deleted_is_gone(case):
    sim = serve(case, {"match": {"op": "list_members", "channel": "payments"}, "times": 1, "then": {
        "after": {"remove_member": {"channel": "payments", "member": "10.1.0.8"}}}})
    result = case.once()
    assert result.outcomes("payments") == {"10.1.0.8:8080": "gone", "10.1.0.9:8080": "deleted"}
    assert result.status == IN_SYNC and sent(sim) == 2
    assert result.channel("payments")["result"] == "converged"


LOST = {"reset": {"reset": True}, "closed": {"close": True}, "500": {"status": 500}, "502": {"status": 502},
        "504 of the front gateway": {"status": 504, "code": "APIG.0203"}, "408": {"status": 408},
        "no answer in time": {"stall": True}}


@pytest.mark.parametrize("how", LOST)
def test_a_deletion_whose_answer_was_lost_was_ours(case, how):
    sim = serve(case, {**on_payments(effect=True, **LOST[how]), "times": 1})
    case.tune(limits={"timeout": "300ms"})
    result = case.once()
    assert result.status == IN_SYNC and set(result.outcomes("payments").values()) == {"deleted"}
    assert sent(sim) >= 3 and sim.hosts("payments") == ["10.1.0.5", "10.1.0.6"]
    assert "APIG.3024" in [d["code"] for d in deletions(sim)], "it was sent again, and found gone"


def test_a_deletion_that_had_its_effect_but_never_an_answer_is_found_by_the_confirming_list(case):
    serve(case, on_payments(effect=True, status=500), {"match": DELETE, "then": {"status": 500}})
    result = case.once()
    assert result.outcomes("payments") == {"10.1.0.8:8080": "deleted", "10.1.0.9:8080": "deleted"}


@pytest.mark.parametrize("status, code", [(400, "APIG.3024"), (403, "APIG.3024"), (404, "APIG.3023"),
                                          (404, "APIG.3025"), (404, "APIG.3030"), (404, "APIC.3024"),
                                          (404, "APIC.7302"), (404, "APIGW.0101"), (404, "ROMA.3024"),
                                          (404, "apig.3024")])
def test_what_only_looks_like_gone_is_not(case, status, code):
    serve(case, on_payments(status=status, code=code))
    result = case.once()
    assert "gone" not in result.outcomes("payments").values() and result.status == FAILED


# ---- the order of things ----


def test_five_failures_in_a_row_end_the_channel_and_a_success_starts_the_count_anew(case):
    bad = [f"10.1.1.{n}" for n in range(1, 10)]
    sim = case.serve(channel("payments", "10.1.0.5", *bad, "10.1.0.6"),
                     faults=[{"match": {**DELETE, "member": "10.1.1.5"}, "then": {"effect": True}},
                             {"match": DELETE, "then": {"status": 400, "code": "APIG.2012"}}])
    case.roster(entry("payments", "10.1.0.5", "10.1.0.6"))
    case.tune(guards={"max_delete_percent": 100})
    result = case.once()
    outcomes = [extra["outcome"] for extra in result.channel("payments")["extra"]]
    assert outcomes == ["failed"] * 4 + ["deleted"] + ["failed"] * 4 and result.status == FAILED
    sim.clear_requests()
    result = case.once()
    outcomes = [extra["outcome"] for extra in result.channel("payments")["extra"]]
    assert outcomes == ["failed"] * 5 + ["skipped"] * 3 and sent(sim) == 5
    assert "5 deletions failed in a row" in result.channel("payments")["error"]["message"]


def test_a_member_that_cannot_be_deleted_does_not_stop_the_next_one(case):
    sim = serve(case, {"match": {**DELETE, "member": "10.1.0.8"}, "then": {"status": 500}})
    result = case.once()
    assert result.outcomes("payments") == {"10.1.0.8:8080": "failed", "10.1.0.9:8080": "deleted"}
    assert sim.hosts("payments") == ["10.1.0.5", "10.1.0.6", "10.1.0.8"] and result.status == FAILED
    sim.clear_faults()
    assert case.once().status == IN_SYNC, "the next pass tries again"


def test_a_403_ends_its_channel_only(case):
    sim = serve(case, {**on_payments(status=403, code="APIG.1113"), "times": 1})
    result = case.once()
    assert result.results() == {"payments": "failed", "search": "converged"}
    assert sent(sim) == 1 and len(sim.hosts("payments")) == 4


@pytest.mark.parametrize("attempts", [1, 2, 7])
def test_attempts_are_counted_as_the_settings_say(case, attempts):
    sim = serve(case, on_payments(status=503), extra=("10.1.0.9",))
    case.tune(retry={"attempts": attempts})
    result = case.once()
    assert sent(sim) == attempts and result.channel("payments")["extra"][0]["attempts"] == attempts


# ---- when things are sent again ----


def gaps(requests):
    """Milliseconds from the end of each request to the beginning of the next."""
    return [after["t_ms"] - before["end_ms"] for before, after in zip(requests, requests[1:])]


def test_retries_wait_longer_each_time_up_to_the_cap(case):
    sim = serve(case, on_payments(status=500), extra=("10.1.0.9",))
    case.tune(retry={"attempts": 5, "base": "40ms", "cap": "120ms"})
    case.once()
    waits = gaps(deletions(sim, identifier("payments")))
    assert all(wait >= least for wait, least in zip(waits, [20, 40, 60, 60])), waits


@pytest.mark.parametrize("status, code", [(429, "APIG.0308"), (500, "APIG.9008")])
def test_throttling_waits_by_its_own_base(case, status, code):
    sim = serve(case, on_payments(status=status, code=code), extra=("10.1.0.9",))
    case.tune(retry={"attempts": 3, "base": "1ms", "cap": "1s", "throttle_base": "60ms"})
    case.once()
    waits = gaps(deletions(sim, identifier("payments")))
    assert waits[0] >= 30 and waits[1] >= 60, waits


@pytest.mark.parametrize("status, code", [(429, "APIG.0308"), (500, "APIG.9008"), (503, "APIG.0613")])
def test_retry_after_is_obeyed(case, status, code):
    sim = serve(case, {**on_payments(status=status, code=code, headers={"Retry-After": "1"}), "times": 1},
                extra=("10.1.0.9",))
    assert case.once().status == IN_SYNC
    assert gaps(deletions(sim, identifier("payments")))[0] >= 999


def test_retry_after_may_be_a_date(case):
    when = email.utils.formatdate(time.time() + 3, usegmt=True)
    sim = serve(case, {**on_payments(status=429, headers={"Retry-After": when}), "times": 1}, extra=("10.1.0.9",))
    assert case.once().status == IN_SYNC
    assert sent(sim) == 2 and time.time() >= email.utils.parsedate_to_datetime(when).timestamp()


@pytest.mark.parametrize("value", ["soon", "-5", "", "0", "1.5", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_retry_after_that_says_nothing_is_passed_over(case, value):
    sim = serve(case, {**on_payments(status=429, headers={"Retry-After": value}), "times": 1}, extra=("10.1.0.9",))
    case.tune(limits={"pass_deadline": "20s"})
    assert case.once().status == IN_SYNC and sent(sim) == 2


def early(sim, throttled, instance, seconds):
    """What an instance was sent although it had asked for this long a rest."""
    return [r for r in sim.requests() if instance in r["path"]
            and throttled["end_ms"] < r["t_ms"] < throttled["end_ms"] + 1000 * seconds - 5]


def test_a_throttled_instance_is_sent_nothing_meanwhile_and_another_is(case):
    other = "6a7b8c9d-0000-4000-8000-000000000002"
    state = stand_in.state([channel("payments", "10.1.0.5", "10.1.0.9"), channel("search", "10.2.0.1", "10.2.0.9")])
    state["instances"].append(stand_in.instance([channel("web", "10.3.0.1", "10.3.0.9")], instance_id=other))
    sim = case.simulate(state)
    case.secret("token", "T1")
    case.attach("prod", sim)
    case.attach("other", sim, instance_id=other)
    case.tune(rosters=["a.yaml", "b.yaml"])
    case.roster(entry("payments", "10.1.0.5"), entry("search", "10.2.0.1"), file="a.yaml", instance="prod")
    case.roster(entry("web", "10.3.0.1"), file="b.yaml", instance="other")
    sim.faults([{**on_payments(status=429, code="APIG.0308", headers={"Retry-After": "4"}, delay_ms=500), "times": 1},
                {"match": {"op": "list_members", "channel": "search"}, "times": 1, "then": {"delay_ms": 2500}},
                {"match": {"op": "list_channels", "path": other}, "times": 1, "then": {"delay_ms": 300}}])
    assert case.once().status == IN_SYNC
    throttled = next(r for r in sim.requests() if r["status"] == 429)
    assert not early(sim, throttled, INSTANCE_ID, 4), "not even what another channel finds out meanwhile"
    resumed = sim.requests()[-1]
    assert INSTANCE_ID in resumed["path"], "the other instance does not wait: it is done long before"
    assert len([r for r in sim.requests() if other in r["path"]]) == 4


def test_a_throttled_list_holds_the_instance_too(case):
    sim = serve(case, {"match": {"op": "list_members", "channel": "payments"}, "times": 1,
                       "then": {"status": 429, "code": "APIG.0308", "headers": {"Retry-After": "1"}}},
                {"match": {"op": "list_members", "channel": "search"}, "times": 1, "then": {"delay_ms": 300}})
    assert case.once().status == IN_SYNC
    throttled = next(r for r in sim.requests() if r["status"] == 429)
    assert all(r["op"] == "list_members" for r in early(sim, throttled, INSTANCE_ID, 1)), "the list on its way already"


def test_a_retry_after_longer_than_the_deadline_ends_as_drift(case):
    sim = serve(case, on_payments(status=429, code="APIG.0308", headers={"Retry-After": "3600"}))
    case.tune(limits={"pass_deadline": "1s"})
    result = case.once()
    assert result.status == DRIFT and sent(sim) == 1
    assert set(result.outcomes("payments").values()) == {"skipped"}
    assert len(mutations(sim)) <= 2
