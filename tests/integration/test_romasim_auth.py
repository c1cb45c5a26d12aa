# SPDX-License-Identifier: MIT
"""The stand-in's credentials: tokens, signatures checked from what was really received, IAM, metadata."""

import datetime
import http.client
import json

import pytest

import sdksign
import sim
from sim import PREFIX, PROJECT

VECTORS = sim.ROOT / "tests" / "vectors" / "sdk-hmac-sha256.json"
CHANNEL = "a" * 32
MEMBERS = f"{PREFIX}/vpc-channels/{CHANNEL}/members"
JSON = {"Content-Type": "application/json"}
KEYS = [{"access": "AK", "secret": "SK"}, {"access": "TAK", "secret": "TSK", "security_token": "ST"},
        {"access": "OLD", "secret": "SK", "expires_in": 0}, {"access": "ELSE", "secret": "SK", "project_id": "e" * 32}]
USERS = [{"domain": "D", "name": "U", "password": "P", "projects": [PROJECT]}]


def vectors():
    return json.loads(VECTORS.read_text())["vectors"]


def make_state(**parts):
    made = sim.state([{"id": CHANNEL, "name": "payments", "members": [{"host": "10.1.0.1"}]}], keys=KEYS, users=USERS,
                     **parts)
    made["projects"].append({"id": "e" * 32, "name": "elsewhere"})
    return made


@pytest.fixture
def service():
    with sim.start(make_state()) as running:
        yield running


def ask(service, method, target, headers, body=b""):
    """(status, parsed body, headers); the headers are sent exactly as given."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text[:1] == b"{" else text.decode(), answer.headers
    finally:
        connection.close()


def signed(service, method="GET", path=MEMBERS, query=None, body=b"", sent=None, **options):
    """Signs and asks; `sent` are headers that change after signing."""
    headers = sdksign.sign(method, service.host, path, query, {**JSON, **options.pop("headers", {})}, body, **options)
    target = path + ("?" + sdksign.query_string(query) if query else "")
    status, answer, _ = ask(service, method, target, {**headers, **(sent or {})}, body)
    return status, answer.get("error_code") if isinstance(answer, dict) else None


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector["name"])
def test_the_signer_of_the_tests_agrees_with_the_vectors(vector):
    names = vector["signed_headers"].split(";")
    canonical = sdksign.canonical_request(vector["method"], vector["path"], vector["query"], vector["headers"], names,
                                          vector["body"].encode())
    assert canonical == vector["canonical_request"]
    assert sdksign.signature_of(canonical, vector["date"], vector["sk"]) == vector["signature"]


def test_vectors_are_accepted_at_their_time_and_refused_once_altered():
    for vector in vectors():
        parts = vector["path"].split("/")
        if "/instances/" not in vector["path"] or vector["path"].endswith("/"):
            continue
        then = datetime.datetime.strptime(vector["date"], "%Y%m%dT%H%M%S%z")
        skew = then - datetime.datetime.now(datetime.timezone.utc)
        state = {"clock_skew_seconds": int(skew.total_seconds()),
                 "keys": [{"access": vector["ak"], "secret": vector["sk"]}],
                 "instances": [{"prefix": parts[3], "project_id": parts[2], "instance_id": parts[5],
                                "channels": [{"id": parts[7], "members": []}]}]}
        target = vector["path"] + ("?" + sdksign.query_string(vector["query"]) if vector["query"] else "")
        with sim.start(state) as service:
            headers = {**vector["headers"], "Authorization": vector["authorization"]}
            good = ask(service, vector["method"], target, headers, vector["body"].encode())
            assert good[0] in (200, 404) and (good[0] == 200 or good[1]["error_code"] == "APIG.3024"), vector["name"]
            assert service.stats()["signature_failures"] == 0
            for altered in ({"host": "other"}, {"X-Project-Id": parts[2].upper()},
                            {"content-type": "application/json;"}):
                bad = ask(service, vector["method"], target, {**headers, **altered}, vector["body"].encode())
                assert (bad[0], bad[1]["error_code"]) == (401, "APIG.0301")
            assert service.stats()["signature_failures"] == 3


def test_right_signatures_are_accepted(service):
    assert signed(service) == (200, None)
    assert signed(service, query={"name": "a b+c/d~e*(ü)", "limit": "5", "offset": "0"}) == (200, None)
    assert signed(service, "POST", body=b'{"members":[{"host":"10.1.0.2"}]}') == (201, None)
    assert signed(service, headers={"X-Project-Id": PROJECT},
                  signed=("host", "x-sdk-date", "x-project-id", "content-type")) == (200, None)
    assert signed(service, signed=("x-sdk-date",)) == (200, None)
    assert service.stats()["signature_failures"] == 0


@pytest.mark.parametrize("change", [
    {"secret": "sk"},
    {"signed": ("host",)},
    {"sent": {"Host": "somewhere"}},
    {"headers": {"X-Project-Id": PROJECT}, "signed": ("x-sdk-date", "x-project-id"),
     "sent": {"X-Project-Id": "e" * 32}},
    {"sent": {"Authorization": "SDK-HMAC-SHA256 Access=AK,SignedHeaders=host;x-sdk-date,Signature=00"}},
    {"sent": {"X-Sdk-Content-Sha256": "0" * 64}},
])
def test_wrong_signatures_are_refused_and_counted(service, change):
    assert signed(service, **change) == (401, "APIG.0301")
    assert service.stats()["signature_failures"] == 1


def test_every_part_of_a_request_is_signed(service):
    body = b'{"members":[{"host":"h"}]}'
    headers = sdksign.sign("POST", service.host, MEMBERS, {}, JSON, body)
    for method, target, sent in (("PUT", MEMBERS, body), ("POST", MEMBERS + "/batch-enable", body),
                                 ("POST", MEMBERS + "?x=1", body), ("POST", MEMBERS, b'{"members":[{"host":"h"} ]}')):
        assert ask(service, method, target, headers, sent)[0] == 401
    assert ask(service, "POST", MEMBERS, headers, body)[0] == 201


def test_the_clock_may_be_off_by_15_minutes():
    with sim.start(make_state(clock_skew_seconds=3600)) as service:
        now = datetime.datetime.now(datetime.timezone.utc)
        for minutes, result in ((0, (401, "APIG.0303")), (44, (401, "APIG.0303")), (46, (200, None)),
                                (74, (200, None)), (76, (401, "APIG.0303"))):
            date = sdksign.date_of(now + datetime.timedelta(minutes=minutes))
            assert signed(service, date=date) == result
        assert service.stats()["signature_failures"] == 0
        date = ask(service, "GET", "/", {"Host": "x"})[2]["Date"]
        seen = datetime.datetime.strptime(date, "%a, %d %b %Y %H:%M:%S GMT")
        assert abs((seen - now.replace(tzinfo=None)).total_seconds() - 3600) < 60


def test_keys_that_are_unknown_expired_or_of_another_project(service):
    status, answer, _ = ask(service, "GET", MEMBERS, sdksign.sign("GET", service.host, MEMBERS, {}, JSON, access="NO"))
    assert (status, answer["error_code"]) == (401, "APIG.0301")
    assert "Get secretKey failed, ak:NO, err:ak not exist" in answer["error_msg"]
    assert signed(service, access="OLD") == (401, "APIG.0301")
    assert signed(service, access="ELSE") == (403, "APIG.0302")
    assert signed(service, headers={"X-Project-Id": "e" * 32}) == (403, "APIG.0302")


def test_temporary_keys_need_their_security_token(service):
    temporary = {"access": "TAK", "secret": "TSK"}
    assert signed(service, **temporary) == (401, "APIG.0301")
    assert signed(service, headers={"X-Security-Token": "no"}, **temporary) == (401, "APIG.0301")
    assert signed(service, headers={"X-Security-Token": "ST"}, **temporary) == (200, None)
    assert signed(service, headers={"X-Security-Token": "ST"},
                  signed=("host", "x-sdk-date", "x-security-token"), **temporary) == (200, None)
    assert signed(service, headers={"X-Security-Token": "ST"}) == (401, "APIG.0301")


def test_more_than_five_wrong_signatures_in_a_row_lock_the_key(service):
    for _ in range(5):
        assert signed(service, secret="no") == (401, "APIG.0301")
    assert signed(service) == (200, None)
    for _ in range(6):
        assert signed(service, secret="no") == (401, "APIG.0301")
    status, answer, _ = ask(service, "GET", MEMBERS, sdksign.sign("GET", service.host, MEMBERS, {}, JSON))
    assert status == 401 and "AK access failed to reach the limit,forbidden" in answer["error_msg"]
    assert service.stats()["signature_failures"] == 11


def test_tokens():
    tokens = [{"token": "T1", "project_id": PROJECT}, {"token": "OLD", "expires_in": 0},
              {"token": "E", "project_id": "e" * 32}]
    with sim.start(make_state()) as service:
        service.credentials(tokens=tokens)

        def token(text, **more):
            headers = {"Host": service.host, **JSON, **more, **({"X-Auth-Token": text} if text else {})}
            status, answer, _ = ask(service, "GET", MEMBERS, headers)
            return status, answer.get("error_code"), answer.get("error_msg", "").split(": ")[-1]

        assert token("T1") == (200, None, "")
        assert token(None) == (401, "APIG.0301", "x-auth-token not found")
        assert token("T2") == (401, "APIG.0301", "decrypt token fail")
        assert token("OLD") == (401, "APIG.0307", "the token must be updated")
        assert token("E")[:2] == (403, "APIG.0302")
        assert token("T1", Authorization="SDK-HMAC-SHA256 x")[:2] == (400, "APIG.0106")
        assert token("T" * 33000)[:2] == (494, "APIG.0201")
        assert token("T" * 32000)[:2] == (401, "APIG.0301")


def login(service, password="P", scope={"project": {"name": "cn-north-4"}}, query="?nocatalog=true", **user):
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": {
        "name": "U", "domain": {"name": "D"}, "password": password, **user}}}}}
    if scope:
        body["auth"]["scope"] = scope
    headers = {"Host": service.host, "Content-Type": "application/json;charset=utf8"}
    return ask(service, "POST", "/v3/auth/tokens" + query, headers, json.dumps(body).encode())


def test_a_password_gives_a_token_for_its_project(service):
    for scope in ({"project": {"name": "cn-north-4"}}, {"project": {"id": PROJECT}, "domain": {"name": "D"}}):
        status, body, headers = login(service, scope=scope)
        assert status == 201 and body["token"]["project"]["id"] == PROJECT and "catalog" not in body["token"]
        assert body["token"]["expires_at"].endswith("Z")
        token = headers["X-Subject-Token"]
        assert token.startswith("MII") and len(token) > 1000
        assert ask(service, "GET", MEMBERS, {"Host": "x", **JSON, "X-Auth-Token": token})[0] == 200
    assert "catalog" in login(service, query="")[1]["token"]
    unscoped = login(service, scope=None)[2]["X-Subject-Token"]
    assert ask(service, "GET", MEMBERS, {"Host": "x", **JSON, "X-Auth-Token": unscoped})[1]["error_code"] == "APIG.1003"
    assert service.stats()["logins"] == 4
    service.credentials(tokens=[])
    assert ask(service, "GET", MEMBERS, {"Host": "x", **JSON, "X-Auth-Token": token})[0] == 401


def test_logins_that_fail(service):
    assert login(service, scope={"project": {"name": "nowhere"}})[0] == 404
    assert login(service, scope={"project": {"name": "elsewhere"}})[0] == 403
    assert login(service, name="nobody")[1]["error_code"] == "IAM.0062"
    assert login(service, query="?x=1")[0] == 400
    for _ in range(5):
        status, body, _ = login(service, "wrong")
        assert (status, body["error_code"]) == (401, "IAM.0062")
    assert login(service)[1]["error_code"] == "IAM.0061"


def test_iam_can_fail_in_keystone_s_form():
    with sim.start(make_state(iam_error_form="keystone")) as service:
        status, body, _ = login(service, "wrong")
        assert (status, body["error"]["code"], body["error"]["title"]) == (401, 401, "Unauthorized")


def session(service, seconds="21600"):
    status, text, _ = ask(service, "PUT", "/meta-data/latest/api/token",
                          {"Host": "x", "X-Metadata-Token-Ttl-Seconds": seconds, "Content-Length": "0"})
    return status, text


def security_key(service, **headers):
    return ask(service, "GET", "/openstack/latest/securitykey", {"Host": "x", **headers})[:2]


@pytest.mark.parametrize("version, put, bare, with_token", [
    ("v1", 405, 200, 200), ("v2", 200, 401, 200), ("both", 200, 200, 200), ("none", 404, 404, 404)])
def test_metadata_versions(version, put, bare, with_token):
    with sim.start(make_state(agency={"metadata": version})) as service:
        status, token = session(service)
        assert (status, security_key(service)[0]) == (put, bare)
        assert security_key(service, **{"X-Metadata-Token": token.replace(" ", "")})[0] == with_token
        if version in ("v2", "both"):
            assert session(service, "0")[0] == session(service, "21601")[0] == 400
            assert security_key(service, **{"X-Metadata-Token": "no"})[0] == 401


def test_keys_of_the_agency_are_good_for_the_service():
    keys = [{"access": "M1", "secret": "S1", "security_token": "X1"}]
    with sim.start(make_state(agency={"metadata": "v1", "keys": keys})) as service:
        status, answer = security_key(service)
        credential = answer["credential"]
        assert (credential["access"], credential["securitytoken"]) == ("M1", "X1")
        assert signed(service, access="M1", secret="S1", headers={"X-Security-Token": "X1"}) == (200, None)


def test_keys_of_the_agency_rotate_and_both_are_good_meanwhile():
    with sim.start(make_state(agency={"metadata": "v1", "rotate_seconds": 1})) as service:
        first = second = security_key(service)[1]["credential"]
        while second == first:
            second = security_key(service)[1]["credential"]
        for key in (first, second):
            assert signed(service, access=key["access"], secret=key["secret"],
                          headers={"X-Security-Token": key["securitytoken"]}) == (200, None)


def test_a_host_without_agency_says_so():
    with sim.start(make_state(agency={"metadata": "v1", "keys": []})) as service:
        status, text = security_key(service)
        assert status == 401 and "agency must be configured" in text
