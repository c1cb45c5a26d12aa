# SPDX-License-Identifier: MIT
"""The agency method: temporary keys of the host from its metadata service, both of its versions."""


import pytest

from case import FAILED, IN_SYNC, INVALID, channel, entry, wait_until
from daemon import Daemon

PAYMENTS = channel("payments", "10.1.0.5", "10.1.0.9")
SEARCH = channel("search", "10.2.0.1", "10.2.0.9")


def serve(case, *faults, agency=None, channels=(PAYMENTS, SEARCH), auth=None, **parts):
    sim = case.serve(*channels, faults=list(faults), agency={"metadata": "both", **(agency or {})}, **parts)
    case.roster(*[entry(c["name"], *[m["host"] for m in c["members"][:-1]]) for c in channels])
    case.settings["instances"]["prod"]["auth"] = {"method": "agency", "metadata_endpoint": sim.url, **(auth or {})}
    return sim


def asked(sim):
    return [(r["op"], r["status"]) for r in sim.requests() if r["op"] in ("metadata_token", "metadata")]


def error(result, name="payments"):
    return result.channel(name)["error"]


def signed(sim):
    return [r for r in sim.requests() if "Authorization" in r["headers"]]


@pytest.mark.parametrize("version, put", [("v1", 405), ("v2", 200), ("both", 200)])
def test_keys_of_either_version_are_good_for_a_whole_pass(case, version, put):
    sim = serve(case, agency={"metadata": version})
    result = case.once()
    assert result.status == IN_SYNC and result.report["result"] == "converged", result
    assert sim.hosts("payments") == ["10.1.0.5"] and sim.stats()["signature_failures"] == 0
    assert asked(sim) == [("metadata_token", put), ("metadata", 200)]
    assert all("X-Security-Token" in r["headers"] for r in signed(sim))


def test_a_service_without_version_2_may_say_404(case):
    sim = serve(case, {"match": {"op": "metadata_token"}, "then": {"status": 404, "body": "404", "content_type": "text/plain"}},
                agency={"metadata": "v1"})
    assert case.once().status == IN_SYNC
    assert asked(sim) == [("metadata_token", 404), ("metadata", 200)]


def test_a_host_without_an_agency_says_so(case):
    sim = serve(case, agency={"keys": []})
    result = case.once()
    assert result.status == FAILED and not signed(sim)
    assert "no agency" in error(result)["message"] and "bind one" in error(result)["message"]
    assert len(asked(sim)) == 2, "permanent: asked once"


def test_a_host_without_a_metadata_service(case):
    sim = serve(case, agency={"metadata": "none"})
    result = case.once()
    assert result.status == FAILED and len(sim.requests()) == 2
    assert error(result)["http"] == 404 and "metadata service" in error(result)["message"]


def test_a_metadata_service_that_is_out_of_reach(case):
    serve(case, auth={"metadata_endpoint": "http://127.0.0.1:1"})
    result = case.once()
    assert result.status == FAILED and "127.0.0.1 port 1" in error(result)["message"]


@pytest.mark.parametrize("endpoint", ["http://10.0.0.1", "http://169.254.169.253", "http://metadata.example.com"])
def test_plain_http_to_any_other_host_is_invalid(case, endpoint):
    serve(case, auth={"metadata_endpoint": endpoint})
    result = case.once()
    assert result.status == INVALID and "metadata_endpoint" in result.stderr


def test_no_proxy_is_asked(case):
    sim = serve(case)
    proxy = {name: "http://127.0.0.1:1" for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")}
    assert case.once(env=proxy).status == IN_SYNC and sim.requests()


def test_a_metadata_service_that_fails_for_a_moment_is_asked_again(case):
    sim = serve(case, {"match": {"op": "metadata_token"}, "times": 1, "then": {"status": 500, "body": ""}},
                {"match": {"op": "metadata"}, "times": 2, "then": {"status": 503, "body": ""}})
    assert case.once().status == IN_SYNC
    assert [status for _, status in asked(sim)] == [500, 200, 503, 503, 200]


def test_a_metadata_service_that_stalls_is_given_up_after_three_seconds(case):
    sim = serve(case, {"match": {"op": "metadata_token"}, "times": 1, "then": {"stall": True}})
    assert case.once().status == IN_SYNC and len(sim.requests("metadata_token")) == 2


def test_keys_that_expire_in_mid_pass_are_fetched_again(case):
    keys = [{"access": f"K{n}", "secret": f"S{n}", "security_token": f"T{n}", "expires_in": life}
            for n, life in enumerate([4, 3600])]
    # The first keys must be fetched before they are rotated, however slow the start is.
    sim = serve(case, {"match": {"op": "list_members"}, "times": 2, "then": {"delay_ms": 4500}},
                agency={"keys": keys, "rotate_seconds": 3})
    result = case.once()
    assert result.status == IN_SYNC, result
    assert len(sim.requests("metadata")) >= 2 and sim.stats()["signature_failures"] == 0
    assert [r["status"] for r in sim.requests("delete_member") if r["status"] != 401] == [204, 204]


def test_keys_that_the_service_refuses_are_used_once(case):
    """The metadata service has no others: nothing is signed with them again."""
    sim = serve(case, {"match": {"op": "list_channels"}, "then": {
        "status": 401, "code": "APIG.0301", "message": "verify aksk signature fail"}})
    result = case.once()
    assert result.status == FAILED and len(signed(sim)) == 1
    assert "agency" in error(result)["message"]


@pytest.mark.parametrize("body", [
    "", "[]", "{}", '{"credential": []}', '{"credential": {"access": "a", "secret": "b"}}',
    '{"credential": {"access": "a", "secret": 1, "securitytoken": "c"}}',
    '{"credential": {"access": "a b", "secret": "s", "securitytoken": "c"}}',
    '{"credential": {"access": "a", "secret": "s", "securitytoken": "c"}} x',
    '{"x": {"credential": {"access": "a", "secret": "s", "securitytoken": "c"}}}', "<html>"])
def test_odd_answers_are_no_keys(case, body):
    sim = serve(case, {"match": {"op": "metadata"}, "then": {"status": 200, "body": body}})
    result = case.once()
    assert result.status == FAILED and not signed(sim)
    assert "getting keys from the metadata service" in error(result)["message"]


def test_keys_among_other_things_and_with_escaped_slashes(case):
    sim = serve(case, {"match": {"op": "metadata"}, "then": {"status": 200, "body": """
        { "a" : [1, {"access": "x"}, true], "credential": {"securitytoken":"t\\/t","x":{"secret":"no"},
          "access":"AK1","secret":"s\\/k","expires_at":"2099-01-01T00:00:00.000000Z" } , "z":null}"""}},
                keys=[{"access": "AK1", "secret": "s/k", "security_token": "t/t"}])
    assert case.once().status == IN_SYNC and sim.stats()["signature_failures"] == 0


def test_a_daemon_fetches_once_for_many_passes(case):
    sim = serve(case)
    case.tune(interval="1s")
    service = Daemon(case)
    wait_until(lambda: len(sim.requests("list_channels")) >= 3, 30, service)
    service.reload()
    seen = len(sim.requests("list_channels"))
    wait_until(lambda: len(sim.requests("list_channels")) > seen, 30, service)
    assert service.stop() == 0 and len(sim.requests("metadata")) == 1


def test_a_daemon_fetches_rotated_keys_without_restart(case):
    keys = [{"access": f"K{n}", "secret": f"S{n}", "security_token": f"T{n}", "expires_in": 8} for n in range(20)]
    sim = serve(case, agency={"keys": keys, "rotate_seconds": 1})
    case.tune(interval="1s")
    service = Daemon(case)
    wait_until(lambda: len(sim.requests("metadata")) >= 4, 30, service)
    assert service.stop() == 0
    assert not [r for r in sim.requests() if r["status"] == 401]
    assert len(sim.requests("metadata_token")) == 1, "the session outlives the keys"


def test_a_session_that_is_no_longer_known_is_renewed(case):
    keys = [{"access": f"K{n}", "secret": f"S{n}", "security_token": f"T{n}", "expires_in": 2} for n in range(20)]
    sim = serve(case, {"match": {"op": "metadata"}, "skip": 1, "times": 1, "then": {
        "status": 401, "body": "401 Unauthorized: invalid token", "content_type": "text/plain"}},
                agency={"metadata": "v2", "keys": keys, "rotate_seconds": 1})
    case.tune(interval="1s")
    service = Daemon(case)
    wait_until(lambda: len(sim.requests("metadata_token")) >= 2, 30, service)
    seen = len(sim.requests("list_channels"))
    wait_until(lambda: len(sim.requests("list_channels")) > seen, 30, service)
    assert service.stop() == 0 and not service.lines("INSTANCE_FAILED")


@pytest.mark.parametrize("op, body, asks", [
    ("metadata", '{"error_code": "APIG.9999", "error_msg": "busy"}', 4),
    ("metadata", '{"error": {"code": 500, "message": "busy"}}', 1),
    ("metadata", '{"credential":{"access":"A1","secret":"S1","securitytoken":"T1"},"error_msg":"busy"}', 1),
    ("metadata_token", '{"error_code":"APIG.9999","error_msg":"busy"}', 4),
    ("metadata_token", '{"token":"x"}', 1)])
def test_an_error_under_a_success_gives_no_keys(case, op, body, asks):
    sim = serve(case, {"match": {"op": op}, "then": {"status": 200, "body": body}})
    result = case.once()
    assert result.status == FAILED and not signed(sim), result
    assert len([a for a in asked(sim) if a[0] == op]) == asks
    assert "S1" not in result.stdout + result.stderr
