# SPDX-License-Identifier: MIT
"""The stand-in's changes of members: added, updated, switched on and off; strict, switchable where the service is
not documented, as faulty as deletions, and told to tests."""

import http.client
import json
import subprocess
import threading

import pytest

import sim
from sim import INSTANCE, PREFIX

CHANNEL, OTHER = "a" * 32, "b" * 32
CHANNELS = f"{PREFIX}/vpc-channels"
MEMBERS = f"{CHANNELS}/{CHANNEL}/members"
GROUPS = f"{CHANNELS}/{CHANNEL}/member-groups"
ENABLE, DISABLE = f"{MEMBERS}/batch-enable", f"{MEMBERS}/batch-disable"


class Client(sim.Client):
    """A client with an eye on one channel."""

    def rows(self):
        return self.json("GET", f"{MEMBERS}?limit=500")["members"]

    def row(self, host):
        return next(row for row in self.rows() if row["host"] == host)

    def post(self, *members):
        return self.status("POST", MEMBERS, {"members": list(members)})

    def posted(self, *members):
        """The members of the 201 answer by host."""
        rows = self.json("POST", MEMBERS, {"members": list(members)})["members"]
        return {row["host"]: row for row in rows}

    def switch(self, path, *ids):
        return self.status("POST", path, {"member_ids": list(ids)})


def service(**settings):
    return sim.start(sim.state([
        {"id": CHANNEL, "name": "payments", "port": 8080,
         "member_groups": [{"member_group_name": "blue", "member_group_weight": 10}, {"member_group_name": "green"}],
         "members": [{"host": f"10.1.0.{n}", "weight": 5, "is_backup": n == 3} for n in range(1, 4)]},
        {"id": OTHER, "name": "other", "members": [{"host": "10.2.0.1"}, {"host": "10.2.0.2"}]}], **settings))


@pytest.fixture
def client():
    with service() as running:
        yield Client(running)


def ecs_service():
    return sim.start(sim.state([{"id": CHANNEL, "name": "vm", "member_type": "ecs",
                                 "members": [{"ecs_id": "e-1", "ecs_name": "one", "weight": 5}]}]))


# ---- the address, and what an update makes of the rest ----


def test_an_address_is_group_host_and_port(client):
    before = {row["host"]: row["id"] for row in client.rows()}
    assert client.posted({"host": "10.1.0.1", "port": 8080})["10.1.0.1"]["id"] == before["10.1.0.1"]
    for other in ({"host": "10.1.0.1", "port": 8081}, {"host": "10.1.0.1", "member_group_name": "green"}):
        assert client.posted(other)["10.1.0.1"]["id"] not in before.values()
    assert len(client.rows()) == 5


def test_an_address_is_group_ecs_id_and_port():
    with ecs_service() as running:
        client = Client(running)
        first = client.rows()[0]["id"]
        body = {"members": [{"ecs_id": "e-1", "ecs_name": "renamed"},
                            {"ecs_id": "e-1", "ecs_name": "one", "port": 81}, {"ecs_id": "e-2", "ecs_name": "two"}]}
        rows = client.json("POST", MEMBERS, body)["members"]
        assert [(row["id"] == first, row["ecs_id"], row["ecs_name"], row["port"]) for row in rows] == [
            (True, "e-1", "renamed", 80), (False, "e-1", "one", 81), (False, "e-2", "two", 80)]
        assert running.effects()[0]["fields"] == ["weight", "ecs_name"]
        for member in ({"ecs_name": "x"}, {"ecs_id": "e-3"}, {"ecs_id": "", "ecs_name": "x"}):
            assert client.post(member) == (400, "APIG.2001")
        for member in ({"ecs_id": "e 3", "ecs_name": "x"}, {"ecs_id": "e-3", "ecs_name": "x" * 65},
                       {"ecs_id": "e" * 256, "ecs_name": "x"}):
            assert client.post(member) == (400, "APIG.2011")


@pytest.mark.parametrize("word, weight, status, backup", [("reset", 1, 1, False), ("kept", 5, 2, True)])
def test_fields_that_an_update_leaves_out_are_reset_or_kept(word, weight, status, backup):
    with service(left_out_fields=word) as running:
        client = Client(running)
        client.switch(DISABLE, client.row("10.1.0.3")["id"])
        client.post({"host": "10.1.0.3"})
        row = client.row("10.1.0.3")
        assert (row["weight"], row["status"], row["is_backup"]) == (weight, status, backup)
        client.post({"host": "10.1.0.3", "weight": 7, "status": 2, "is_backup": True})
        row = client.row("10.1.0.3")
        assert (row["weight"], row["status"], row["is_backup"]) == (7, 2, True)
        assert client.posted({"host": "10.1.0.9"})["10.1.0.9"]["weight"] == 1


def test_a_missing_group_is_refused_or_created(client):
    assert client.post({"host": "10.1.0.9", "member_group_name": "red"}) == (404, "APIG.3022")
    client.sim.switch(missing_group="created")
    assert client.post({"host": "10.1.0.9", "weight": -1, "member_group_name": "red"}) == (400, "APIG.2004")
    assert client.json("GET", GROUPS)["total"] == 2
    made = client.posted({"host": "10.1.0.9", "member_group_name": "red"})["10.1.0.9"]
    shown = client.json("GET", f"{GROUPS}?member_group_name=red")["member_groups"]
    assert [row["member_group_id"] for row in shown] == [made["member_group_id"]]


def test_the_answer_has_the_posted_members_or_all(client):
    assert list(client.posted({"host": "10.1.0.9"})) == ["10.1.0.9"]
    client.sim.switch(add_answer="all")
    answer = client.json("POST", MEMBERS, {"members": [{"host": "10.1.0.8"}]})
    assert (answer["total"], answer["size"], len(answer["members"])) == (5, 5, 5)


def test_a_groups_own_weight_is_its_members(client):
    assert client.posted({"host": "10.1.0.9", "member_group_name": "blue", "weight": 3})["10.1.0.9"]["weight"] == 10
    assert client.posted({"host": "10.1.0.8", "member_group_name": "green", "weight": 3})["10.1.0.8"]["weight"] == 3
    blue = client.json("GET", f"{GROUPS}?member_group_name=blue")["member_groups"][0]
    client.json("PUT", f"{GROUPS}/{blue['member_group_id']}", {"member_group_name": "blue", "member_group_weight": 20})
    assert client.row("10.1.0.9")["weight"] == 20
    client.sim.edit("payments", groups=[{"member_group_name": "green", "member_group_weight": 30}])
    assert client.row("10.1.0.8")["weight"] == 30
    assert [row["request"] is None for row in client.sim.effects() if row["kind"] == "update"] == [False, True]


@pytest.mark.parametrize("word, weight", [("none", 3), ("given", 0)])
def test_a_groups_weight_of_0_is_none_or_given(word, weight):
    with service(zero_group_weight=word) as running:
        running.edit("payments", groups=[{"member_group_name": "green", "member_group_weight": 0}])
        added = Client(running).posted({"host": "10.1.0.8", "member_group_name": "green", "weight": 3})
        assert added["10.1.0.8"]["weight"] == weight


def test_port_0_is_listed_as_the_channels_or_as_0(client):
    assert client.posted({"host": "10.1.0.1", "port": 0})["10.1.0.1"]["port"] == 8080
    client.sim.switch(zero_port="kept")
    assert client.posted({"host": "10.1.0.9"})["10.1.0.9"]["port"] == 0
    client.post({"host": "10.1.0.9", "port": 8080})
    assert len(client.rows()) == 4, "it is the same address"


# ---- refusals ----


@pytest.mark.parametrize("member, status, code", [
    ({"host": "10.1.0.8", "weight": -1}, 400, "APIG.2004"),
    ({"host": "10.1.0.8", "weight": 10 ** 12}, 400, "APIG.2004"),
    ({"host": "10.1.0.8", "port": -1}, 400, "APIG.2025"),
    ({"host": "10.1.0.8", "port": 2 ** 31}, 400, "APIG.2025"),
    ({"host": "10.1.0.8", "status": 0}, 400, "APIG.2012"),
    ({"host": ""}, 400, "APIG.2001"),
    ({"ecs_id": "e-1", "ecs_name": "x"}, 400, "APIG.2001"),
    ({"host": "h" * 65}, 400, "APIG.2015"),
    ({"host": 5}, 400, "APIG.2000"),
    ({"host": None}, 400, "APIG.2000"),
    ({"host": "10.1.0.8", "weight": None}, 400, "APIG.2000"),
    ({"host": "10.1.0.8", "weight": 1.5}, 400, "APIG.2000"),
    ({"host": "10.1.0.8", "is_backup": 1}, 400, "APIG.2000"),
    ({"host": "10.1.0.8", "status": True}, 400, "APIG.2000"),
    ({"host": "10.1.0.8", "create_time": "2024-01-02T03:04:05Z"}, 400, "APIG.2000"),
    ("10.1.0.8", 400, "APIG.2000"),
])
def test_additions_that_are_wrong_change_nothing(client, member, status, code):
    assert client.post({"host": "10.1.0.1", "weight": 9}, member) == (status, code)
    assert [row["weight"] for row in client.rows()] == [5, 5, 5]
    assert client.sim.effects() == []


def test_bodies_of_additions_hold_members_and_nothing_else(client):
    for body in ({}, {"members": None}):
        assert client.status("POST", MEMBERS, body) == (400, "APIG.2001")
    for body in ({"members": {}}, {"members": [{"host": "h"}], "member_group_name": ""}, [], b"", b"{"):
        assert client.status("POST", MEMBERS, body) == (400, "APIG.2000")
    assert client.post() == (400, "APIG.2012")
    client.sim.switch(posted_max=1)
    assert client.post({"host": "h"}, {"host": "i"}) == (400, "APIG.2012")
    assert client.post({"host": "h"}) == (201, None)


def test_hosts_are_any_or_ipv4_addresses(client):
    assert client.post({"host": "2001:db8::1"}) == client.post({"host": "web.example"}) == (201, None)
    client.sim.switch(hosts="ipv4")
    for host in ("2001:db8::2", "db.example", "10.1.0.256"):
        assert client.post({"host": host}) == (400, "APIG.2015")
    assert client.post({"host": "10.1.0.255"}) == (201, None)


def test_a_channel_may_have_a_quota_of_its_own(client):
    client.sim.switch(quota=4)
    assert client.post({"host": "10.1.0.4"}, {"host": "10.1.0.5"}) == (403, "APIG.3110")
    client.sim.switch(channel="payments", quota=5)
    assert client.post({"host": "10.1.0.4"}, {"host": "10.1.0.5"}) == (201, None)
    assert client.post({"host": "10.1.0.6"}) == (403, "APIG.3110")
    assert client.post({"host": "10.1.0.5", "weight": 2}) == (201, None), "an update needs no room"
    client.ask("DELETE", f"{MEMBERS}/{client.rows()[0]['id']}")
    assert client.post({"host": "10.1.0.6"}) == (201, None)
    client.sim.switch(channel="payments", quota=2)
    assert client.post({"host": "10.1.0.6", "weight": 3}) == (201, None), "more than the quota are there already"
    client.sim.switch(channel="payments", quota=None)
    client.sim.switch(quota=0)
    assert client.post({"host": "10.1.0.7"}) == (201, None)


def test_a_deleted_member_that_lists_still_show_needs_no_room():
    with service(quota=3, eventual_ms=600000) as running:
        client = Client(running)
        client.ask("DELETE", f"{MEMBERS}/{client.rows()[0]['id']}")
        assert client.post({"host": "10.1.0.9"}) == (201, None)
        assert len(client.rows()) == 4 and len(running.members("payments")) == 3


def test_quotas_are_shown(client):
    path = f"{PREFIX}/project/configs"
    values = lambda: {row["config_name"]: (row["config_value"], row["used"])
                      for row in client.json("GET", path + "?limit=500")["configs"]}
    assert values() == {"VPC_NUM_LIMIT": ("200", 2), "VPC_INSTANCE_NUM_LIMIT": ("10", 3)}
    client.sim.switch(quota=7)
    assert values()["VPC_INSTANCE_NUM_LIMIT"][0] == "7"
    client.sim.switch(configs="absent")
    assert client.status("GET", path) == (404, "APIG.0101")


def test_repetitions_are_taken_or_refused(client):
    same = {"host": "10.1.0.1", "weight": 5}
    member = client.row("10.1.0.1")["id"]
    assert client.post(same) == (201, None) and client.switch(ENABLE, member) == (204, None)
    client.sim.switch(repeated_add="refused")
    assert client.post(same) == (400, "APIG.3309") and client.switch(ENABLE, member) == (204, None)
    assert client.post(same, {"host": "10.1.0.9"}) == client.post({**same, "weight": 6}) == (201, None)
    client.sim.switch(repeated_add="taken", repeated_switch="refused")
    assert client.post(same) == (201, None) and client.switch(ENABLE, member) == (400, "APIG.3309")
    assert client.switch(DISABLE, member) == (204, None)
    assert client.switch(DISABLE, member) == (400, "APIG.3309")


def test_reference_channels_take_no_change():
    reference = {"id": CHANNEL, "name": "ref", "vpc_channel_type": "reference", "members": [{"host": "10.1.0.1"}]}
    with sim.start(sim.state([reference])) as running:
        client = Client(running)
        member = client.rows()[0]["id"]
        assert client.post({"host": "10.1.0.9"}) == (403, "APIG.3471")
        assert client.switch(ENABLE, member) == client.switch(DISABLE, member) == (403, "APIG.3471")


def test_switching_takes_exactly_its_body(client):
    ids = [row["id"] for row in client.rows()]
    for path in (ENABLE, DISABLE):
        for body in ({"members": ids}, {"member_ids": None}, {}):
            assert client.status("POST", path, body) == (400, "APIG.2001"), body
        for body in ({"member_ids": ids, "members": ids}, {"member_ids": []}, {"member_ids": ids[0]},
                     {"member_ids": [5]}, {"member_ids": [None]}, {"member_ids": [""]}, {"member_ids": ["a b"]},
                     {"member_ids": ["x" * 65]}):
            assert client.status("POST", path, body) == (400, "APIG.2012"), body
        for body in ([], b"", b"{"):
            assert client.status("POST", path, body) == (400, "APIG.2000"), body
        assert client.switch(path.replace(CHANNEL, "c" * 32), ids[0]) == (404, "APIG.3023")
    assert client.sim.effects() == []
    client.sim.switch(batch_max=2)
    assert client.switch(DISABLE, *ids) == (400, "APIG.2012")
    assert client.switch(DISABLE, *ids[:2]) == (204, None)


def test_unknown_members_to_switch_are_refused_or_ignored(client):
    member = client.row("10.1.0.1")["id"]
    for path in (DISABLE, ENABLE):
        assert client.switch(path, member, "f" * 32) == (404, "APIG.3024")
    assert client.row("10.1.0.1")["status"] == 1
    client.sim.switch(unknown_member="ignored")
    assert client.switch(DISABLE, member, "f" * 32) == client.switch(DISABLE, "f" * 32) == (204, None)
    assert client.row("10.1.0.1")["status"] == 2


# ---- groups ----


def test_the_channel_list_tells_of_groups(client):
    row = client.json("GET", f"{CHANNELS}?id={CHANNEL}")["vpc_channels"][0]
    assert "members" not in row
    groups = {group["member_group_name"]: group for group in row["member_groups"]}
    assert groups["blue"]["member_group_weight"] == 10 and "member_group_weight" not in groups["green"]
    listed = client.json("GET", GROUPS)["member_groups"]
    assert {group["member_group_name"]: group for group in listed} == groups
    for word, shown in (("null", None), ("zero", 0)):
        client.sim.switch(no_group_weight=word)
        listed = client.json("GET", f"{GROUPS}?member_group_name=gre")["member_groups"]
        assert [group["member_group_weight"] for group in listed] == [shown]


def test_groups_are_paged_and_filtered(client):
    names = lambda query: [row["member_group_name"] for row in client.json("GET", f"{GROUPS}?{query}")["member_groups"]]
    assert names("limit=1") == ["blue"] and names("limit=1&offset=1") == ["green"]
    assert names("member_group_name=e") == ["blue", "green"]
    assert names("member_group_name=e&precise_search=member_group_name") == []
    assert names("dict_code=x") == [] and names("dict_code=") == ["blue", "green"]
    assert client.status("GET", f"{GROUPS}?limit=501") == (400, "APIG.2012")


@pytest.mark.parametrize("word, hosts", [("with_members", []), ("without_members", ["10.1.0.9"])])
def test_members_of_a_deleted_group_go_with_it_or_leave_it(word, hosts):
    with service(deleted_group=word) as running:
        client = Client(running)
        group = client.posted({"host": "10.1.0.9", "member_group_name": "green"})["10.1.0.9"]["member_group_id"]
        assert client.status("DELETE", f"{GROUPS}/{group}") == (204, None)
        left = [row for row in client.rows() if row["host"] == "10.1.0.9"]
        assert [row["host"] for row in left] == hosts and {row["member_group_name"] for row in left} <= {""}


# ---- faults, by kind of request ----

KINDS = ("add_members", "enable_members", "disable_members", "delete_member")


class Each:
    """One request of each kind, and whether it took place."""

    def __init__(self, running):
        self.client = Client(running)
        self.sim = running
        self.ids = {row["host"]: row["id"] for row in self.client.rows()}
        running.edit("payments", disable=["10.1.0.2"])
        running.clear_effects()

    def send(self, op):
        if op == "add_members":
            return self.client.post({"host": "10.1.0.9"})
        if op == "enable_members":
            return self.client.switch(ENABLE, self.ids["10.1.0.2"])
        if op == "disable_members":
            return self.client.switch(DISABLE, self.ids["10.1.0.1"])
        return self.client.status("DELETE", f"{MEMBERS}/{self.ids['10.1.0.3']}")

    def happened(self):
        return [row["kind"] for row in self.sim.effects()]


KIND_OF = dict(zip(KINDS, ("add", "enable", "disable", "delete")))
SUCCESS = {op: (201 if op == "add_members" else 204, None) for op in KINDS}


@pytest.fixture
def each():
    with service() as running:
        yield Each(running)


@pytest.mark.parametrize("op", KINDS)
def test_a_fault_for_one_kind_spares_the_others(each, op):
    each.sim.faults([{"match": {"op": op}, "then": {"status": 500}, "skip": 0, "times": 2},
                     {"match": {"op": op}, "then": {"status": 429, "headers": {"Retry-After": "1"}}, "times": 1}])
    others = [kind for kind in KINDS if kind != op]
    assert [each.send(kind) for kind in others] == [SUCCESS[kind] for kind in others]
    assert [each.send(op) for _ in range(4)] == [
        (500, "APIG.9999"), (500, "APIG.9999"), (429, "APIG.0308"), SUCCESS[op]]
    assert each.happened() == [KIND_OF[kind] for kind in (*others, op)]


@pytest.mark.parametrize("op", KINDS)
@pytest.mark.parametrize("effect", [True, False])
@pytest.mark.parametrize("then", [{"status": 500}, {"reset": True}, {"close": True}, {"status": 202}])
def test_answers_are_lost_with_or_without_their_effect(each, op, effect, then):
    each.sim.faults([{"match": {"op": op}, "then": {**then, "effect": effect}, "times": 1}])
    if "status" in then:
        assert each.send(op)[0] == then["status"]
    else:
        with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
            each.send(op)
    assert each.happened() == ([KIND_OF[op]] if effect else [])
    again = each.send(op)
    assert again == ((404, "APIG.3024") if op == "delete_member" and effect else SUCCESS[op])


@pytest.mark.parametrize("op", KINDS)
def test_a_change_under_way_excludes_changes_of_every_kind(each, op):
    each.sim.faults([{"match": {"op": op}, "then": {"hold": True}, "times": 1}])
    answers = []
    asking = threading.Thread(target=lambda: answers.append(each.send(op)))
    asking.start()
    while not each.happened():
        pass
    assert [each.send(kind) for kind in KINDS] == [(500, "APIG.9999")] * 4
    assert each.client.status("POST", MEMBERS.replace(CHANNEL, OTHER), {"members": [{"host": "h"}]}) == (201, None)
    assert each.happened() == [KIND_OF[op], "add"]
    each.sim.release()
    asking.join()
    assert answers == [SUCCESS[op]]


def test_faults_find_the_members_in_a_body(each):
    each.sim.faults([{"match": {"member": "10.1.0.9", "method": "POST"}, "then": {"status": 500}},
                     {"match": {"member": each.ids["10.1.0.1"], "op": "disable_members"}, "then": {"status": 502}},
                     {"match": {"member": "10.1.0.2", "op": "enable_members"}, "then": {"status": 503}}])
    assert [each.send(op)[0] for op in KINDS] == [500, 503, 502, 204]
    assert each.client.post({"host": "10.1.0.8"}) == (201, None)
    assert each.client.switch(DISABLE, each.ids["10.1.0.2"]) == (204, None)
    with pytest.raises(ValueError):
        each.sim.faults([{"match": {"op": "add_member"}, "then": {"status": 500}}])


def test_an_answer_to_an_addition_may_lie(each):
    each.sim.faults([{"match": {"op": "add_members"}, "then": {"drop_rows": 1}, "times": 1},
                     {"match": {"op": "add_members"}, "then": {"foreign_row": True}, "times": 1},
                     {"match": {"op": "add_members"}, "then": {"truncate": 20, "effect": True}, "times": 1}])
    body = {"members": [{"host": "10.1.0.9"}]}
    assert each.client.json("POST", MEMBERS, body)["members"] == []
    assert each.client.json("POST", MEMBERS, body)["members"][1]["vpc_channel_id"] != CHANNEL
    with pytest.raises(http.client.IncompleteRead):
        each.client.ask("POST", MEMBERS, body)


@pytest.mark.parametrize("setting, op", [("eventual_add_ms", "add_members"), ("eventual_update_ms", "update"),
                                         ("eventual_switch_ms", "disable_members"), ("eventual_ms", "delete_member")])
def test_lists_are_late_by_kind_of_change(each, setting, op):
    shown = lambda: {(row["host"], row["weight"], row["status"]) for row in each.client.rows()}
    send = lambda kind: each.client.post({"host": "10.1.0.1", "weight": 9}) if kind == "update" else each.send(kind)
    each.sim.switch(**{setting: 600000})
    before = shown()
    assert send(op)[0] in (201, 204)
    assert shown() == before
    details = each.client.json("GET", f"{CHANNELS}/{CHANNEL}")["members"]
    assert {(row["host"], row["weight"], row["status"]) for row in details} == before
    truth = {(row["host"], row["weight"], row["status"]) for row in each.sim.members("payments")}
    assert truth != before
    for kind in {"update", *KINDS} - {op, "enable_members"}:
        assert send(kind)[0] in (201, 204)
    assert shown() != before, "the others are not late"


@pytest.mark.parametrize("setting", ["eventual_add_ms", "eventual_update_ms", "eventual_switch_ms"])
def test_lists_catch_up(each, setting):
    each.sim.switch(**{setting: 1})
    each.client.post({"host": "10.1.0.9"}, {"host": "10.1.0.1", "weight": 9})
    each.send("disable_members")
    truth = {row["host"]: row for row in each.sim.members("payments")}
    while {row["host"]: row for row in each.client.rows()} != truth:
        pass


# ---- what tests are told ----


def test_the_log_tells_bodies_and_effects(client):
    ids = {row["host"]: row["id"] for row in client.rows()}
    client.post({"host": "10.1.0.1", "weight": 5}, {"host": "10.1.0.2", "weight": 6, "is_backup": True},
                {"host": "10.1.0.9", "member_group_name": "green", "port": 81})
    client.switch(DISABLE, ids["10.1.0.1"])
    client.switch(ENABLE, ids["10.1.0.1"])
    client.ask("DELETE", f"{MEMBERS}/{ids['10.1.0.3']}")
    client.post({"host": "10.1.0.9", "weight": -1})
    changes = [row for row in client.sim.requests() if row["method"] != "GET"]
    assert [[effect["kind"] for effect in row["effects"]] for row in changes] == [
        ["update", "update", "add"], ["disable"], ["enable"], ["delete"], []]
    assert [row["applied"] for row in changes] == [True, True, True, True, False]
    same, corrected, added = changes[0]["effects"]
    assert same["fields"] == [] and corrected["fields"] == ["weight", "is_backup"]
    assert {key: added[key] for key in ("channel", "host", "port", "group")} == {
        "channel": CHANNEL, "host": "10.1.0.9", "port": 81, "group": "green"}
    assert json.loads(changes[1]["body"]) == {"member_ids": [ids["10.1.0.1"]]}
    assert changes[3]["body"] is None
    effects = client.sim.effects("a" * 32)
    assert [row["kind"] for row in effects] == ["update", "update", "add", "disable", "enable", "delete"]
    assert [row["request"] for row in effects] == [changes[n]["n"] for n in (0, 0, 0, 1, 2, 3)]
    stats = client.sim.stats()
    assert stats["effects"] == {"add": 1, "update": 2, "enable": 1, "disable": 1, "delete": 1}
    assert stats["per_op"]["add_members"] == 2
    client.sim.clear_effects()
    assert client.sim.effects() == []


def test_bodies_of_logins_are_not_logged():
    user = {"domain": "d", "name": "u", "password": "hush-hush", "projects": [sim.PROJECT]}
    with service(users=[user]) as running:
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": {
            "name": "u", "password": "hush-hush", "domain": {"name": "d"}}}}, "scope": {"project": {"id": sim.PROJECT}}}}
        sim.Client(running).ask("POST", "/v3/auth/tokens", body)
        assert len(running.requests("iam_token")) == 1 and "hush-hush" not in json.dumps(running.requests())


def test_the_fewest_members_in_service_are_remembered(client):
    ids = [row["id"] for row in client.rows()]
    client.switch(DISABLE, *ids[:2])
    client.switch(ENABLE, *ids[:2])
    client.ask("DELETE", f"{MEMBERS}/{ids[2]}")
    assert client.sim.in_service("payments") == (2, 1) and client.sim.in_service("other") == (2, 2)
    assert client.sim.stats()["least_in_service"] == {CHANNEL: 1}
    client.post({"host": "10.1.0.9"}, {"host": "10.1.0.8", "status": 2})
    client.sim.clear_stats()
    assert client.sim.in_service("payments") == (3, 3) and client.sim.stats()["least_in_service"] == {}
    client.json("PUT", MEMBERS, {"members": [{"host": "10.3.0.1"}, {"host": "10.3.0.2"}, {"host": "10.3.0.3"}]})
    assert client.sim.in_service("payments") == (3, 3), "one request replaced them all"
    client.sim.edit("payments", disable=["10.3.0.1"])
    assert client.sim.in_service("payments") == (2, 2)


def test_a_deleted_member_that_lists_still_show_is_not_in_service():
    with service(eventual_ms=600000) as running:
        client = Client(running)
        client.ask("DELETE", f"{MEMBERS}/{client.rows()[0]['id']}")
        assert running.in_service("payments") == (2, 2)


# ---- people ----


def test_people_change_members(client):
    ids = {row["host"]: row["id"] for row in client.rows()}
    client.sim.switch(eventual_ms=600000, eventual_add_ms=600000, eventual_update_ms=600000, eventual_switch_ms=600000)
    client.sim.edit("payments", add=[{"host": "10.1.0.9", "weight": 4}], remove=["10.1.0.1"],
                    disable=["10.1.0.2:8080"], edit=[{"member": ids["10.1.0.3"], "weight": 8, "is_backup": False}])
    assert [(row["host"], row["weight"], row["status"], row["is_backup"]) for row in client.rows()] == [
        ("10.1.0.2", 5, 2, False), ("10.1.0.3", 8, 1, False), ("10.1.0.9", 4, 1, False)]
    client.sim.edit("payments", enable=[ids["10.1.0.2"]])
    assert [(row["request"], row["kind"], row.get("fields")) for row in client.sim.effects()] == [
        (None, "delete", None), (None, "add", None), (None, "update", ["weight", "is_backup"]),
        (None, "disable", None), (None, "enable", None)]
    stats = client.sim.stats()
    assert sum(stats["effects"].values()) == 0
    assert stats["edits"] == {"add": 1, "update": 1, "enable": 1, "disable": 1, "delete": 1}
    for wrong in ({"edit": [{"member": "10.1.0.2", "wait": 8}]}, {"enable": [5]}, {"groups": [{}]}):
        with pytest.raises(ValueError):
            client.sim.edit("payments", **wrong)


def test_people_change_members_behind_a_request(client):
    client.sim.faults([{"match": {"op": "add_members"}, "times": 1, "then": {"after": {
        "disable_member": {"channel": "payments", "member": "10.1.0.1"},
        "edit_member": {"channel": "payments", "member": {"member": "10.1.0.2", "weight": 77}},
        "enable_member": [{"channel": "payments", "member": "10.1.0.9"}],
        "set_group": {"channel": "payments",
                      "group": {"member_group_name": "green", "member_group_weight": 60}}}}}])
    client.post({"host": "10.1.0.9", "member_group_name": "green", "status": 2})
    assert {row["host"][-1]: (row["weight"], row["status"]) for row in client.rows()} == {
        "1": (5, 2), "2": (77, 1), "3": (5, 1), "9": (60, 1)}


# ---- settings ----


def test_settings_are_shown_changed_and_explained(client):
    shown = client.sim.settings()
    assert shown.pop("instance_id") == INSTANCE
    page = subprocess.run([sim.binary(), "--help"], check=True, capture_output=True, text=True).stdout
    assert set(shown) <= set(page.replace(",", " ").split())
    client.sim.switch(left_out_fields="kept", quota=10)
    assert client.sim.settings() == {"instance_id": INSTANCE, **shown, "left_out_fields": "kept", "quota": 10}
    for wrong in ({"left_out_fields": "dropped"}, {"quota": -1}, {"quota": "10"}, {"quotas": 10},
                  {"channel": "nobody", "quota": 1}, {"channel": "payments", "page_max": 1}, {"instance": "x"}):
        with pytest.raises(ValueError):
            client.sim.switch(**wrong)
    assert client.sim.settings()["left_out_fields"] == "kept"
