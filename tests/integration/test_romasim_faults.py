# SPDX-License-Identifier: MIT
"""The stand-in's faults: each kind does what it says, once or as often as it says, and to nobody else."""

import http.client
import json
import socket
import threading

import pytest

import sim
from sim import HEADERS, PREFIX

CHANNEL = "a" * 32
OTHER = "b" * 32
CHANNELS = f"{PREFIX}/vpc-channels"
MEMBERS = f"{CHANNELS}/{CHANNEL}/members"


class Faulty:
    """A stand-in with one channel of five members, and a client for it."""

    def __init__(self):
        self.sim = sim.start(sim.state([
            {"id": CHANNEL, "name": "payments", "members": [{"host": f"10.1.0.{n}"} for n in range(1, 6)]},
            {"id": OTHER, "name": "other", "members": [{"host": "10.2.0.1"}]}]))
        self.ids = [row["id"] for row in self.sim.members("payments")]

    def rule(self, match, then, **more):
        self.sim.faults([{"match": match, "then": then, **more}])

    def ask(self, method="GET", path=MEMBERS, body=None, timeout=10):
        connection = self.sim.connection(timeout)
        try:
            connection.request(method, path, body, HEADERS)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            connection.close()

    def delete(self, n):
        return self.ask("DELETE", f"{MEMBERS}/{self.ids[n]}")[0]

    def json(self, query=""):
        return json.loads(self.ask(path=MEMBERS + query)[1])


def raw_request(target):
    head = [f"GET {target} HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in HEADERS.items())]
    return "\r\n".join([*head, "", ""]).encode()


@pytest.fixture
def faulty():
    made = Faulty()
    yield made
    assert made.sim.stop() == 0


def test_rules_apply_in_order_after_their_skip_and_as_often_as_they_say(faulty):
    faulty.rule({"op": "list_members"}, {"status": 503}, skip=1, times=1)
    faulty.rule({"op": "list_members"}, {"status": 502}, times=2)
    assert [faulty.ask()[0] for _ in range(5)] == [502, 503, 502, 200, 200]
    faulty.rule({"op": "list_members"}, {"status": 500})
    assert [faulty.ask()[0] for _ in range(3)] == [500, 500, 500]
    faulty.sim.clear_faults()
    assert faulty.ask()[0] == 200


@pytest.mark.parametrize("match", [
    {"method": "DELETE"}, {"op": "delete_member"}, {"channel": "payments", "method": "DELETE"},
    {"channel": CHANNEL, "op": "delete_member"},
    {"member": "10.1.0.2"}, {"path": "/members/"}, {"path": "/v2/*/members/?*"}])
def test_rules_choose_their_requests(faulty, match):
    faulty.rule(match, {"status": 500})
    assert faulty.delete(1) == 500
    assert faulty.ask()[0] == 200
    if match == {"member": "10.1.0.2"}:
        faulty.sim.faults([{"match": {"member": faulty.ids[2]}, "then": {"status": 502}}])
        assert (faulty.delete(0), faulty.delete(2)) == (204, 502)


def test_a_rule_for_one_page_or_one_channel_spares_the_others(faulty):
    faulty.rule({"op": "list_members", "offset": 2}, {"status": 500})
    faulty.rule({"channel": "other"}, {"status": 502})
    assert [faulty.ask(path=f"{MEMBERS}?limit=2&offset={n}")[0] for n in (0, 2, 4)] == [200, 500, 200]
    assert faulty.ask(path=MEMBERS.replace(CHANNEL, OTHER))[0] == 502


def test_rules_with_mistakes_are_refused(faulty):
    for rule in ({"match": {"operation": "x"}, "then": {"status": 500}}, {"then": {"statuss": 500}}, {"match": {}},
                 {"then": {"status": "500"}}, {"then": {"effect": False}}):
        with pytest.raises(ValueError):
            faulty.sim.faults([rule])


def test_another_answer_instead_of_the_operation(faulty):
    long_ago = "Thu, 01 Jan 1970 00:00:00 GMT"
    faulty.rule({"method": "DELETE"}, {"status": 429, "headers": {"Retry-After": "2", "Date": long_ago},
                                       "message": "policy user over ratelimit,limit:1,time:1 second"}, times=1)
    faulty.rule({"method": "DELETE"}, {"status": 404, "body": "<html>", "content_type": "text/html"}, times=1)
    faulty.rule({"method": "DELETE"}, {"status": 500, "code": "APIG.9008"}, times=1)
    faulty.rule({"op": "list_members"}, {"empty_200": True})
    path = f"{MEMBERS}/{faulty.ids[0]}"
    status, body, headers = faulty.ask("DELETE", path)
    assert (status, headers["Retry-After"]) == (429, "2") and headers.get_all("Date") == [long_ago]
    assert json.loads(body) == {"error_code": "APIG.0308", "request_id": headers["X-Request-Id"],
                                "error_msg": "policy user over ratelimit,limit:1,time:1 second"}
    status, body, headers = faulty.ask("DELETE", path)
    assert (status, body, headers["Content-Type"]) == (404, b"<html>", "text/html")
    assert json.loads(faulty.ask("DELETE", path)[1])["error_code"] == "APIG.9008"
    assert faulty.ask()[:2] == (200, b"")
    assert len(faulty.sim.members("payments")) == 5
    assert [row["code"] for row in faulty.sim.requests("delete_member")] == ["APIG.0308", None, "APIG.9008"]


@pytest.mark.parametrize("then", [{"status": 500}, {"reset": True}, {"close": True}])
def test_the_operation_may_take_place_and_its_answer_be_lost(faulty, then):
    faulty.rule({"method": "DELETE"}, {**then, "effect": True}, times=1)
    if "status" in then:
        assert faulty.delete(0) == 500
    else:
        with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
            faulty.delete(0)
    assert faulty.sim.hosts("payments") == ["10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5"]
    assert faulty.delete(0) == 404
    assert [row["applied"] for row in faulty.sim.requests("delete_member")] == [True, False]
    assert faulty.delete(1) == 204


def test_reset_is_a_reset_and_close_is_not(faulty):
    faulty.rule({}, {"reset": True}, times=1)
    faulty.rule({}, {"close": True}, times=1)
    request = raw_request(MEMBERS)
    for expected in (ConnectionResetError, None):
        with socket.create_connection(("127.0.0.1", faulty.sim.port), 10) as connection:
            connection.sendall(request)
            if expected:
                with pytest.raises(expected):
                    connection.recv(100)
            else:
                assert connection.recv(100) == b""
    assert [row["status"] for row in faulty.sim.requests()] == [None, None]


def test_an_answer_that_never_comes_holds_nobody_up(faulty):
    faulty.rule({"method": "DELETE"}, {"stall": True, "effect": True}, times=1)
    with pytest.raises(TimeoutError):
        faulty.ask("DELETE", f"{MEMBERS}/{faulty.ids[0]}", timeout=0.2)
    assert faulty.delete(0) == 404
    assert len(faulty.json()["members"]) == 4


def test_an_answer_is_held_until_it_is_released(faulty):
    faulty.rule({"method": "DELETE"}, {"hold": True}, times=1)
    answers = []
    asking = threading.Thread(target=lambda: answers.append(faulty.delete(0)))
    asking.start()
    while not faulty.sim.requests("delete_member"):
        pass
    assert faulty.delete(1) == 500, "the change is under way"
    assert not answers
    faulty.sim.release()
    asking.join()
    assert answers == [204] and faulty.delete(1) == 204


def test_a_delayed_change_is_under_way_until_it_is_answered(faulty):
    faulty.rule({"method": "DELETE"}, {"delay_ms": 1500}, times=1)
    with pytest.raises(TimeoutError):
        faulty.ask("DELETE", f"{MEMBERS}/{faulty.ids[0]}", timeout=0.05)
    assert faulty.delete(1) == 500
    while faulty.delete(1) == 500:
        pass
    first = faulty.sim.requests("delete_member")[0]
    assert first["end_ms"] - first["t_ms"] >= 1500
    # The client that gave up is no longer a request at the same time as its next one.
    assert faulty.sim.stats()["max_mutations_in_flight"] == {CHANNEL: 1}


def read_all(faulty, query=""):
    """The raw answer until the service closes or nothing more comes."""
    with socket.create_connection(("127.0.0.1", faulty.sim.port), 0.3) as connection:
        connection.sendall(raw_request(MEMBERS + query))
        data = b""
        try:
            while len(data) < 3_000_000:
                part = connection.recv(65536)
                if not part:
                    return data, "closed"
                data += part
        except TimeoutError:
            return data, "open"
    return data, "more"


def test_a_body_that_is_cut_off(faulty):
    whole = len(faulty.ask()[1])
    faulty.rule({}, {"truncate": 60})
    data, end = read_all(faulty)
    head, body = data.split(b"\r\n\r\n", 1)
    assert f"Content-Length: {whole}".encode() in head and len(body) == 60 and end == "closed"


def test_a_body_that_stalls(faulty):
    faulty.rule({}, {"stall_after": 60})
    data, end = read_all(faulty)
    assert len(data.split(b"\r\n\r\n", 1)[1]) == 60 and end == "open"
    faulty.sim.clear_faults()
    assert faulty.ask()[0] == 200


def test_a_body_that_drips_arrives_whole(faulty):
    whole = faulty.ask()[1]
    faulty.rule({}, {"drip": {"bytes": 200, "every_ms": 5}})
    assert faulty.ask()[1] == whole
    faulty.sim.clear_faults()
    faulty.rule({}, {"drip": {"bytes": 200, "every_ms": 5}, "chunked": True})
    assert faulty.ask()[1] == whole


def test_a_body_in_chunks(faulty):
    whole = faulty.ask()[1]
    faulty.rule({}, {"chunked": True})
    status, body, headers = faulty.ask()
    assert (body, headers["Transfer-Encoding"], headers["Content-Length"]) == (whole, "chunked", None)


def test_bodies_that_are_too_large(faulty):
    faulty.rule({}, {"oversize_bytes": 2000000}, times=1)
    faulty.rule({}, {"endless": True})
    _, body, headers = faulty.ask()
    assert len(body) == 2000000 and headers["Content-Length"] == "2000000" and json.loads(body)["total"] == 5
    assert read_all(faulty)[1] == "more"


@pytest.mark.parametrize("then, total, size, hosts", [
    ({"total_add": 2}, 7, 5, [1, 2, 3, 4, 5]),
    ({"size_add": -1}, 5, 4, [1, 2, 3, 4, 5]),
    ({"drop_rows": 2}, 5, 5, [1, 2, 3]),
    ({"repeat_row": True}, 5, 5, [1, 2, 3, 4, 1]),
    ({"drop_rows": 9, "json_patch": {"total": 0, "size": 0}}, 0, 0, []),
])
def test_lists_that_lie(faulty, then, total, size, hosts):
    faulty.rule({"op": "list_members"}, then, times=1)
    page = faulty.json()
    assert (page["total"], page["size"]) == (total, size)
    assert [int(row["host"].split(".")[-1]) for row in page["members"]] == hosts
    assert faulty.json()["total"] == len(faulty.json()["members"]) == 5


def test_rows_that_do_not_belong(faulty):
    faulty.rule({}, {"foreign_row": True}, times=1)
    faulty.rule({}, {"extra_rows": 2}, times=1)
    faulty.rule({}, {"raw_row": {"id": 5}}, times=1)
    faulty.rule({}, {"json_patch": {"members": None, "total": "5"}}, times=1)
    page = faulty.json()
    assert (page["total"], page["size"], len(page["members"])) == (6, 6, 6)
    assert page["members"][5]["vpc_channel_id"] != CHANNEL
    page = faulty.json()
    assert (page["total"], page["size"], len(page["members"])) == (5, 5, 7)
    assert len({row["id"] for row in page["members"]}) == 7
    page = faulty.json()
    assert (page["total"], page["members"][5]) == (6, {"id": 5})
    assert faulty.json() == {"total": "5", "size": 5, "members": None}


def test_rows_that_move_between_pages(faulty):
    hosts = lambda: [row["host"][-1] for n in (0, 2, 4) for row in faulty.json(f"?limit=2&offset={n}")["members"]]
    assert hosts() == ["1", "2", "3", "4", "5"]
    faulty.rule({}, {"shift": 1})
    assert hosts() == ["1", "2", "4", "5"]
    faulty.sim.clear_faults()
    faulty.rule({}, {"shift": -1})
    assert hosts() == ["1", "2", "2", "3", "4", "5"]


def test_people_act_behind_a_request(faulty):
    faulty.rule({"method": "DELETE"}, {"after": {"add_member": {"channel": "payments", "member": {"host": "10.1.0.1"}},
                                                 "remove_member": [{"channel": "payments", "member": "10.1.0.5"}]}})
    assert faulty.delete(0) == 204
    assert faulty.sim.hosts("payments") == ["10.1.0.1", "10.1.0.2", "10.1.0.3", "10.1.0.4"]
    assert faulty.sim.members("payments")[-1]["id"] not in faulty.ids


def test_one_of_those_who_ask(faulty):
    faulty.sim.credentials(tokens=[{"token": "T1", "who": "a"}, {"token": "T2", "who": "b"}, {"token": "T3"}])
    faulty.rule({"who": "b"}, {"status": 503})

    def ask(token):
        connection = faulty.sim.connection()
        connection.request("GET", MEMBERS, headers={**HEADERS, "X-Auth-Token": token})
        status = connection.getresponse().status
        connection.close()
        return status

    assert [ask(token) for token in ("T1", "T2", "T3")] == [200, 503, 200]
    assert [row["who"] for row in faulty.sim.requests()] == ["a", "b", None]


def test_faults_do_not_hide_wrong_credentials(faulty):
    faulty.rule({}, {"status": 503})
    connection = faulty.sim.connection()
    connection.request("GET", MEMBERS, headers={**HEADERS, "X-Auth-Token": "no"})
    assert connection.getresponse().status == 503
    connection.close()
    faulty.sim.clear_faults()
    faulty.rule({}, {"total_add": 1})
    connection = faulty.sim.connection()
    connection.request("GET", MEMBERS, headers={**HEADERS, "X-Auth-Token": "no"})
    assert connection.getresponse().status == 401
    connection.close()


def test_a_client_that_gave_up_is_not_in_flight(faulty):
    faulty.rule({"op": "list_members"}, {"stall": True}, times=3)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            faulty.ask(timeout=0.05)
    assert faulty.ask()[0] == 200
    assert faulty.sim.stats()["max_in_flight"] == 1
