# SPDX-License-Identifier: MIT
"""The stand-in service itself: it must be stateful, and stricter than any client likes."""

import json
import socket
import subprocess
import threading

import pytest

import sim
from sim import INSTANCE, PREFIX, PROJECT

CHANNEL = "a" * 32
OTHER = "b" * 32
CHANNELS = f"{PREFIX}/vpc-channels"
MEMBERS = f"{CHANNELS}/{CHANNEL}/members"


class Client(sim.Client):
    """A client with an eye on one channel."""

    def rows(self, query="limit=500"):
        return self.json("GET", f"{MEMBERS}?{query}")["members"]


def channels(count=5, **more):
    return [
        {"id": CHANNEL, "name": "payments", "port": 8080,
         "member_groups": [{"member_group_name": "blue", "member_group_weight": 10}],
         "members": [{"host": f"10.1.0.{n}"} for n in range(1, count + 1)], **more},
        {"id": OTHER, "name": "payments-old", "port": 9090, "members": []},
    ]


@pytest.fixture
def client():
    with sim.start(sim.state(channels())) as service:
        yield Client(service)


def test_the_example_of_the_help_is_served():
    shown = subprocess.run([sim.binary(), "--help"], check=True, capture_output=True, text=True).stdout
    example = json.loads(shown.split("For example: ")[1].split("\n\n")[0])
    with sim.start(example) as service:
        assert service.hosts("payments") == ["10.1.0.5", "10.1.0.6"]
        assert len(sim.Client(service).json("GET", f"{CHANNELS}?limit=500")["vpc_channels"]) == 1
    assert max(map(len, shown.splitlines())) <= 100


def test_requests_without_one_host_are_refused(client):
    for hosts in (b"", b"Host: a\r\nHost: b\r\n"):
        with socket.create_connection(("127.0.0.1", client.sim.port), 10) as raw:
            raw.sendall(f"GET {MEMBERS} HTTP/1.1\r\nX-Auth-Token: T1\r\nContent-Type: application/json\r\n"
                        "Connection: close\r\n".encode() + hosts + b"\r\n")
            assert raw.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_a_member_has_all_documented_fields(client):
    row = client.rows()[0]
    assert row.pop("id") and row.pop("create_time").endswith("Z")
    assert row == {"host": "10.1.0.1", "weight": 1, "is_backup": False, "member_group_name": "", "status": 1,
                   "port": 8080, "ecs_id": "10.1.0.1", "ecs_name": "10.1.0.1", "vpc_channel_id": CHANNEL,
                   "member_group_id": ""}


def test_every_answer_has_a_date_and_its_own_request_id(client):
    answers = [client.ask("GET", path)[0] for path in (CHANNELS, PREFIX, "/nothing", MEMBERS + "?limit=0")]
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == 4
    assert all(answer.headers["Date"].endswith("GMT") for answer in answers)


@pytest.mark.parametrize("path, status, code", [
    ("/nothing", 404, "APIG.0101"),
    (MEMBERS + "/", 404, "APIG.0101"),
    (CHANNELS.replace("apic", "apigw"), 404, "APIG.0101"),
    (CHANNELS.replace(INSTANCE, "nobody"), 404, "APIG.3030"),
    (CHANNELS.replace(PROJECT, "f" * 32), 404, "APIG.3030"),
    (f"{CHANNELS}/{'c' * 32}/members", 404, "APIG.3023"),
    (f"{CHANNELS}/a.b/members", 400, "APIG.2012"),
    (f"{CHANNELS}/%2e%2e/members", 400, "APIG.2012"),
    (f"{CHANNELS}/%zz/members", 400, "APIG.0201"),
    (MEMBERS + "?limit=0", 400, "APIG.2012"),
    (MEMBERS + "?limit=501", 400, "APIG.2012"),
    (MEMBERS + "?limit=ten", 400, "APIG.2012"),
    (MEMBERS + "?offset=-1", 400, "APIG.2012"),
    (MEMBERS + "?offset=", 400, "APIG.2012"),
    (MEMBERS + "?page=1", 400, "APIG.2012"),
    (MEMBERS + "?limit=1&limit=2", 400, "APIG.2012"),
    (MEMBERS + "?precise_search=host", 400, "APIG.2012"),
])
def test_what_is_asked_wrongly_is_refused(client, path, status, code):
    assert client.status("GET", path) == (status, code)


def test_wrong_methods_bodies_and_content_types_are_refused(client):
    member = f"{MEMBERS}/{client.rows()[0]['id']}"
    assert client.status("GET", member) == (404, "APIG.0101")
    assert client.status("PATCH", MEMBERS) == (404, "APIG.0101")
    assert client.status("DELETE", member, b"{}") == (400, "APIG.2000")
    assert client.status("DELETE", member + "?force=1") == (400, "APIG.2012")
    for kind in (None, "text/plain", "application/jsonx"):
        headers = {"X-Auth-Token": "T1", **({"Content-Type": kind} if kind else {})}
        assert client.status("DELETE", member, headers=headers) == (400, "APIG.2000")
    assert len(client.rows()) == 5


def test_front_door_errors_carry_their_request_id(client):
    answer, text = client.ask("GET", "/nothing")
    assert json.loads(text)["request_id"] == answer.headers["X-Request-Id"]
    assert "request_id" not in json.loads(client.ask("GET", MEMBERS + "?limit=0")[1])


def test_pages_are_whole_and_in_stable_order():
    bulk = {"channels": 2, "members": 1030, "name": "bench-%d", "extras": 3}
    with sim.start(sim.state([], generate=bulk)) as service:
        client = Client(service)
        listed = client.json("GET", CHANNELS)
        assert [row["name"] for row in listed["vpc_channels"]] == ["bench-0", "bench-1"]
        path = f"{CHANNELS}/{listed['vpc_channels'][1]['id']}/members"
        pages = [client.json("GET", f"{path}?limit=500&offset={offset}") for offset in (0, 500, 1000, 1500)]
        assert [(page["total"], page["size"], len(page["members"])) for page in pages] == [
            (1033, 500, 500), (1033, 500, 500), (1033, 33, 33), (1033, 0, 0)]
        rows = [row for page in pages for row in page["members"]]
        assert len({row["id"] for row in rows}) == 1033
        assert [row["host"] for row in rows[-3:]] == ["10.250.0.1", "10.250.0.2", "10.250.0.3"]
        assert client.json("GET", path)["size"] == 20


def test_members_are_filtered_fuzzily_unless_precise(client):
    client.sim.edit("payments", add=[{"host": "10.1.0.11", "member_group_name": "blue"}])
    assert len(client.rows("name=10.1.0.1")) == 2
    assert len(client.rows("name=10.1.0.1&precise_search=name")) == 1
    blue = client.rows("member_group_name=blue")
    assert [row["host"] for row in blue] == ["10.1.0.11"]
    assert client.rows(f"member_group_id={blue[0]['member_group_id']}") == blue


def test_channels_are_filtered(client):
    names = lambda query: [row["name"] for row in client.json("GET", f"{CHANNELS}?{query}")["vpc_channels"]]
    assert names("name=payments") == ["payments", "payments-old"]
    assert names("name=payments&precise_search=name") == ["payments"]
    assert names("member_host=10.1.0.3") == ["payments"]
    assert names(f"id={OTHER}") == ["payments-old"]
    assert names("vpc_channel_type=reference") == []
    assert client.json("GET", f"{CHANNELS}/{CHANNEL}")["members"][0]["host"] == "10.1.0.1"
    assert client.json("GET", PREFIX)["status"] == "Running"


def test_deleting_needs_no_second_time(client):
    member = client.rows()[2]["id"]
    answer, text = client.ask("DELETE", f"{MEMBERS}/{member}")
    assert (answer.status, text) == (204, b"")
    assert client.status("DELETE", f"{MEMBERS}/{member}") == (404, "APIG.3024")
    assert client.sim.hosts("payments") == ["10.1.0.1", "10.1.0.2", "10.1.0.4", "10.1.0.5"]
    assert client.json("GET", MEMBERS)["total"] == 4


def test_adding_is_an_upsert_and_ids_are_never_used_again(client):
    before = client.rows()[0]
    body = {"members": [{"host": "10.1.0.1", "port": 8080, "weight": 7}, {"host": "10.1.0.1", "weight": 9},
                        {"host": "10.1.0.1", "port": 1},
                        {"host": "10.1.0.9", "member_group_name": "blue", "weight": 3}]}
    answer = client.json("POST", MEMBERS, body)
    assert (answer["total"], answer["size"]) == (3, 3)
    assert [(row["port"], row["weight"]) for row in answer["members"]] == [(8080, 7), (1, 1), (8080, 10)]
    assert answer["members"][0]["id"] == before["id"]
    client.ask("DELETE", f"{MEMBERS}/{before['id']}")
    again = client.json("POST", MEMBERS, {"members": [{"host": "10.1.0.1"}]})["members"][0]
    assert again["id"] != before["id"]


@pytest.mark.parametrize("member, status, code", [
    ({"host": "10.1.0.8", "weight": 10001}, 400, "APIG.2004"),
    ({"port": 80}, 400, "APIG.2001"),
    ({"host": "10.1.0.8", "port": 70000}, 400, "APIG.2025"),
    ({"host": "10.1.0.8", "port": "80"}, 400, "APIG.2000"),
    ({"host": "10.1.0.8 "}, 400, "APIG.2015"),
    ({"host": "10.1.0.8", "status": 3}, 400, "APIG.2012"),
    ({"host": "10.1.0.8", "id": "x"}, 400, "APIG.2000"),
    ({"host": "10.1.0.8", "member_group_name": "nobody"}, 404, "APIG.3022"),
])
def test_members_that_are_wrong_are_not_added(client, member, status, code):
    assert client.status("POST", MEMBERS, {"members": [{"host": "10.1.0.7"}, member]}) == (status, code)
    assert len(client.rows()) == 5


def test_bodies_must_be_strict_json(client):
    for body in (b"", b"[]", b'{"members":[{"host":"10.1.0.7"},]}', b'{"members":[]} x', b'{"member":[]}'):
        assert client.status("POST", MEMBERS, body)[0] == 400
    assert client.status("PUT", MEMBERS, {}) == (400, "APIG.2001")


def test_a_quota_bounds_additions():
    with sim.start(sim.state(channels(), quota=6)) as service:
        client = Client(service)
        assert client.status("POST", MEMBERS, {"members": [{"host": "10.1.0.1"}, {"host": "10.1.0.7"}]})[0] == 201
        assert client.status("POST", MEMBERS, {"members": [{"host": "10.1.0.8"}]}) == (403, "APIG.3110")


def test_overwriting_replaces_everything_or_one_group(client):
    client.json("POST", MEMBERS, {"members": [{"host": "10.2.0.1", "member_group_name": "blue"}]})
    client.json("PUT", MEMBERS, {"member_group_name": "blue", "members": [
        {"host": "10.2.0.2", "member_group_name": "blue"}, {"host": "10.2.0.3"}]})
    assert client.sim.hosts("payments")[-2:] == ["10.1.0.5", "10.2.0.2"]
    client.json("PUT", MEMBERS, {"members": [{"host": "10.1.0.1"}]})
    assert client.sim.hosts("payments") == ["10.1.0.1"]


def test_members_are_switched_off_and_on(client):
    ids = [row["id"] for row in client.rows()[:2]]
    assert client.status("POST", f"{MEMBERS}/batch-disable", {"member_ids": ids}) == (204, None)
    assert [row["status"] for row in client.rows()] == [2, 2, 1, 1, 1]
    assert client.status("POST", f"{MEMBERS}/batch-enable", {"member_ids": ids[:1]}) == (204, None)
    assert [row["status"] for row in client.rows()] == [1, 2, 1, 1, 1]
    assert client.status("POST", f"{MEMBERS}/batch-enable", {"member_ids": ["x"]}) == (404, "APIG.3024")
    assert client.status("POST", f"{MEMBERS}/batch-enable", {}) == (400, "APIG.2001")


def test_groups_come_change_and_go(client):
    groups = f"{CHANNELS}/{CHANNEL}/member-groups"
    made = client.json("POST", groups, {"member_groups": [{"member_group_name": "green"}]})["member_groups"][0]
    path = f"{groups}/{made['member_group_id']}"
    assert client.json("PUT", path, {"member_group_name": "red", "member_group_weight": 5})["member_group_weight"] == 5
    assert client.json("GET", path)["member_group_name"] == "red"
    assert client.json("GET", groups)["total"] == 2
    assert client.status("DELETE", path) == (204, None)
    assert client.status("GET", path) == (404, "APIG.3022")


def test_a_reference_channel_cannot_be_changed():
    groups = [{"member_group_name": "g", "reference_vpc_channel_id": OTHER}]
    for kind in ({"vpc_channel_type": "reference"}, {"member_groups": groups}):
        with sim.start(sim.state(channels(**kind))) as service:
            client = Client(service)
            member = client.rows()[0]["id"]
            assert client.status("DELETE", f"{MEMBERS}/{member}") == (403, "APIG.3471")
            assert client.status("POST", MEMBERS, {"members": [{"host": "h"}]}) == (403, "APIG.3471")


def test_ecs_channels_need_ecs_ids():
    ecs = {"id": CHANNEL, "name": "vm", "member_type": "ecs", "members": [{"ecs_id": "e-1", "ecs_name": "one"}]}
    with sim.start(sim.state([ecs])) as service:
        client = Client(service)
        assert [(row["ecs_id"], row["ecs_name"]) for row in client.rows()] == [("e-1", "one")]
        assert client.status("POST", MEMBERS, {"members": [{"host": "10.1.0.1"}]}) == (400, "APIG.2001")
        assert client.status("POST", MEMBERS, {"members": [{"ecs_id": "e-2", "ecs_name": "two"}]}) == (201, None)


def test_odd_rows_are_as_the_state_gives_them():
    odd = channels(0, raw={"vpc_channel_type": None}, omit=["type"])
    odd[0]["members"] = [{"host": "h", "raw": {"port": "80", "new": [1]}, "omit": ["status"]}, {"raw": {"id": 7}}]
    with sim.start(sim.state(odd)) as service:
        client = Client(service)
        first, second = client.rows()
        assert first["port"] == "80" and first["new"] == [1] and "status" not in first
        assert second["id"] == 7
        row = client.json("GET", f"{CHANNELS}?id={CHANNEL}")["vpc_channels"][0]
        assert row["vpc_channel_type"] is None and "type" not in row


def side_by_side(*calls):
    results = [None] * len(calls)

    def run(n):
        results[n] = calls[n]()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_concurrent_changes_of_one_channel_are_refused_and_other_requests_go_on():
    with sim.start(sim.state(channels(), change_ms=600)) as service:
        client = Client(service)
        ids = [row["id"] for row in client.rows()]
        barrier = threading.Barrier(4)

        def change(path, body=None):
            barrier.wait()
            return client.status("POST" if body else "DELETE", path, body)

        results = side_by_side(
            lambda: change(f"{MEMBERS}/{ids[0]}"), lambda: change(f"{MEMBERS}/{ids[1]}"),
            lambda: change(MEMBERS.replace(CHANNEL, OTHER), {"members": [{"host": "h"}]}),
            lambda: (barrier.wait(), client.status("GET", MEMBERS))[1])
        assert sorted(results[:2], key=str) == [(204, None), (500, "APIG.9999")]
        assert results[2:] == [(201, None), (200, None)]
        assert len(client.sim.members("payments")) == 4
        assert service.stats()["max_mutations_in_flight"] == {CHANNEL: 2, OTHER: 1}
        assert sorted(row["applied"] for row in service.requests("delete_member")) == [False, True]
        ends = {row["op"]: row["end_ms"] - row["t_ms"] for row in service.requests()}
        assert ends["add_members"] >= 600 > ends["list_members"]
        assert client.status("DELETE", f"{MEMBERS}/{ids[2]}") == (204, None)


def test_deleted_members_linger_in_lists():
    with sim.start(sim.state(channels(), eventual_ms=60000)) as service:
        client = Client(service)
        member = client.rows()[0]["id"]
        assert client.status("DELETE", f"{MEMBERS}/{member}") == (204, None)
        assert client.json("GET", MEMBERS)["total"] == 5
        assert service.hosts("payments") == ["10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5"]
        assert client.status("DELETE", f"{MEMBERS}/{member}") == (404, "APIG.3024")
    with sim.start(sim.state(channels(), eventual_ms=1)) as service:
        client = Client(service)
        client.ask("DELETE", f"{MEMBERS}/{client.rows()[0]['id']}")
        while client.json("GET", MEMBERS)["total"] != 4:
            pass
