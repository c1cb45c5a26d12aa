# SPDX-License-Identifier: MIT
"""What a pass does with honest lists: classification, resolving, identity, ignoring, and economy."""

import pytest

import sim as stand_in
from case import DRIFT, FAILED, IN_SYNC, channel, deletions, entry, identifier, mutations, row

UNMANAGEABLE = {
    "reference": dict(vpc_channel_type="reference"),
    "microservice": dict(vpc_channel_type="microservice", type=3),
    "microservice by its type": dict(vpc_channel_type="", type=3),
    "builtin, but its type says microservice": dict(vpc_channel_type="builtin", type=3),
    "an unknown vpc_channel_type": dict(vpc_channel_type="nacos"),
    "an old private ELB channel": dict(vpc_channel_type="", type=1),
    "an unknown type": dict(vpc_channel_type="", type=9),
    "a group that refers to another channel": dict(member_groups=[
        {"member_group_name": "blue", "reference_vpc_channel_id": identifier("other")}]),
    "an unknown member_type": dict(raw={"member_type": "nacos"}),
}
MANAGEABLE = {
    "builtin": dict(vpc_channel_type="builtin", type=2),
    "server by its type": dict(vpc_channel_type="", type=2),
    "type 0": dict(vpc_channel_type="", type=0),
    "neither type": dict(omit=["vpc_channel_type", "type"]),
    "null types": dict(raw={"vpc_channel_type": None, "type": None}),
    "a group that refers to nothing": dict(member_groups=[
        {"member_group_name": "blue", "reference_vpc_channel_id": ""}]),
}


@pytest.mark.parametrize("kind", UNMANAGEABLE)
def test_a_channel_that_is_not_for_a_roster_is_left_alone(case, kind):
    sim = case.serve(channel("payments", "10.1.0.5", "10.1.0.9", **UNMANAGEABLE[kind]), channel("search", "10.2.0.1"))
    case.roster(entry("payments", "10.1.0.5"), entry("search", "10.2.0.1"))
    result = case.once()
    assert result.status == FAILED and result.report["result"] == "failed"
    reported = result.channel("payments")
    assert reported["result"] == "unmanageable" and reported["error"]["message"] and reported["extra"] == []
    assert result.channel("search")["result"] == "in_sync"
    assert not mutations(sim) and len(sim.requests("list_members")) == 1, "it is not even listed"


@pytest.mark.parametrize("kind", MANAGEABLE)
def test_a_server_channel_is_managed(case, kind):
    sim = case.serve(channel("payments", "10.1.0.5", "10.1.0.9", **MANAGEABLE[kind]))
    case.roster(entry("payments", "10.1.0.5"))
    assert case.once().status == IN_SYNC
    assert sim.hosts("payments") == ["10.1.0.5"]


def test_names_and_ids_resolve(case):
    sim = case.serve(channel("payments", "10.1.0.5", "10.1.0.9"), channel("search", "10.2.0.1", "10.2.0.9"),
                     channel("twins", "10.3.0.1", "10.3.0.9"),
                     channel("twins", "10.3.0.1", "10.3.0.9", id=identifier("second")))
    case.roster(entry("payments", "10.1.0.5"), entry(None, "10.2.0.1", id=identifier("search")),
                entry("twins", "10.3.0.1"), entry("nowhere", "10.4.0.1"), entry("PAYMENTS", "10.1.0.5"),
                entry(None, "10.4.0.1", id=identifier("nowhere")))
    result = case.once()
    assert result.status == FAILED
    assert [c["result"] for c in result.channels] == ["converged", "converged", "failed", "failed", "failed", "failed"]
    told = result.channel("twins")["error"]["message"]
    assert "2 channels named twins" in told and identifier("twins") in told and identifier("second") in told
    assert "did you mean payments?" in result.channel("PAYMENTS")["error"]["message"]
    assert "nowhere" in result.channel("nowhere")["error"]["message"]
    assert result.channel("search")["id"] == identifier("search"), "a channel named by its id is shown with its name"
    assert {d["channel"] for d in deletions(sim)} == {identifier("payments"), identifier("search")}
    assert len(sim.hosts("twins")) == 2


def test_twins_are_told_apart_by_id(case):
    sim = case.serve(channel("twins", "10.3.0.1", "10.3.0.9"),
                     channel("twins", "10.3.0.1", "10.3.0.9", id=identifier("second")))
    case.roster(entry(None, "10.3.0.1", id=identifier("second")))
    assert case.once().status == IN_SYNC
    assert {d["channel"] for d in deletions(sim)} == {identifier("second")}


def test_two_entries_for_one_channel_both_fail(case):
    sim = case.serve(channel("payments", "10.1.0.5", "10.1.0.9"), channel("search", "10.2.0.1", "10.2.0.9"))
    case.roster(entry("payments", "10.1.0.5"), entry(None, "10.1.0.5", "10.1.0.9", id=identifier("payments")),
                entry("search", "10.2.0.1"))
    result = case.once()
    assert [c["result"] for c in result.channels] == ["failed", "failed", "converged"]
    assert len(sim.hosts("payments")) == 2 and len(sim.requests("list_members")) == 2


@pytest.mark.parametrize("mode", ["observe", "prune", "add", "sync"])
def test_a_pass_in_sync_costs_one_request_a_channel_and_one_for_their_list(case, mode):
    names = [f"ch-{n}" for n in range(12)]
    blue = [{"member_group_name": "blue"}]
    case.tune(mode=mode)
    sim = case.serve(*(channel(name, row("10.1.0.5", weight=7, member_group_name="blue"), row("10.1.0.6", status=2),
                               member_groups=blue) for name in names))
    case.roster(*(entry(name, {"host": "10.1.0.5", "group": "blue", "weight": 7, "backup": False},
                        {"host": "10.1.0.6", "enabled": False}) for name in names))
    assert case.once().status == IN_SYNC
    assert sim.stats()["per_op"] == {"list_channels": 1, "list_members": 12}
    assert {r["query"] for r in sim.requests()} == {"limit=500&offset=0"}


def test_deletions_cost_one_request_each_and_one_to_confirm(case):
    sim = case.serve(channel("payments", "10.1.0.5", "10.1.0.6", "10.1.0.7", "10.1.0.8", "10.1.0.9"))
    case.roster(entry("payments", "10.1.0.5", "10.1.0.6", "10.1.0.7"))
    assert case.once().status == IN_SYNC
    assert sim.stats()["per_op"] == {"list_channels": 1, "list_members": 2, "delete_member": 2}
    assert [r["op"] for r in sim.requests()] == ["list_channels", "list_members", "delete_member", "delete_member",
                                                 "list_members"]
    assert sim.stats()["connections"] == 1, "one connection serves them all"


def test_additions_cost_one_request_each_and_one_to_confirm(case):
    case.tune(mode="sync")
    sim = case.serve(channel("payments", "10.1.0.5"))
    case.roster(entry("payments", "10.1.0.5", "10.1.0.6", "10.1.0.7"))
    assert case.once().status == IN_SYNC
    assert [r["op"] for r in sim.requests()] == ["list_channels", "list_members", "add_members", "add_members",
                                                 "list_members"]
    assert sim.stats()["connections"] == 1, "one connection serves them all"


@pytest.mark.parametrize("live, pages", [(500, 1), (501, 2), (999, 2), (1000, 3), (1203, 3)])
def test_long_lists_come_in_pages_of_500_that_begin_with_the_row_before(case, live, pages):
    hosts = [f"10.{n // 60000}.{n // 250 % 240}.{n % 250 + 1}" for n in range(live)]
    sim = case.serve(channel("payments", *hosts))
    case.roster(entry("payments", *hosts))
    result = case.once()
    assert result.status == IN_SYNC and result.channel("payments")["live"] == live
    assert [r["query"] for r in sim.requests("list_members")] == [f"limit=500&offset={499 * n}" for n in range(pages)]


def test_many_channels_are_resolved_from_pages_of_500(case):
    sim = case.serve(generate={"channels": 750, "members": 1, "name": "bench-%d"})
    case.roster(entry("bench-749", "10.29.60.1"), entry("bench-3", "10.29.60.1"))
    result = case.dry()
    assert result.channel("bench-749")["live"] == result.channel("bench-3")["live"] == 1
    assert [r["query"] for r in sim.requests("list_channels")] == ["limit=500&offset=0", "limit=500&offset=499"]
    assert len(sim.requests("list_members")) == 2


SAME = {
    "a port": ("10.1.0.5:8080", row("10.1.0.5", port=8080)),
    "the channel's port, not written": ("10.1.0.5", row("10.1.0.5", port=8080)),
    "port 0": ("10.1.0.5:8080", row("10.1.0.5", port=0)),
    "no port at all": ("10.1.0.5", row("10.1.0.5", omit=["port"])),
    "another port": ("10.1.0.5:9090", row("10.1.0.5", port=9090)),
    "IPv6 in another spelling": ("[2001:db8::1]:8080", {"host": "2001:0DB8:0:0:0:0:0:1"}),
    "IPv6 alone": ({"host": "[2001:DB8::1:0]"}, {"host": "2001:db8:0:0::1:0"}),
    "a name in another case": ("Node-7.Example.COM", {"host": "node-7.example.com"}),
    "a group": ({"host": "10.1.0.5", "group": "blue"}, row("10.1.0.5", member_group_name="blue")),
    "no group": ("10.1.0.5", row("10.1.0.5", raw={"member_group_name": None})),
}
DIFFERENT = {
    "another port": ("10.1.0.5:8080", row("10.1.0.5", port=9090)),
    "not the channel's port": ("10.1.0.5", row("10.1.0.5", port=9090)),
    "another host": ("10.1.0.5", row("10.1.0.50")),
    "another group": ({"host": "10.1.0.5", "group": "blue"}, row("10.1.0.5", member_group_name="green")),
    "a group for none": ({"host": "10.1.0.5", "group": "blue"}, row("10.1.0.5")),
    "none for a group": ("10.1.0.5", row("10.1.0.5", member_group_name="blue")),
    "a group in another case": ({"host": "10.1.0.5", "group": "blue"}, row("10.1.0.5", member_group_name="Blue")),
}


@pytest.mark.parametrize("what", SAME)
def test_the_same_member(case, what):
    wanted, live = SAME[what]
    sim = case.serve(channel("payments", live))
    case.roster(entry("payments", wanted))
    result = case.once()
    assert result.channel("payments")["result"] == "in_sync", result
    assert not mutations(sim)


@pytest.mark.parametrize("what", DIFFERENT)
def test_another_member(case, what):
    wanted, live = DIFFERENT[what]
    case.serve(channel("payments", live, "10.1.0.77"))
    case.roster(entry("payments", wanted, "10.1.0.77"))
    reported = case.dry().channel("payments")
    assert len(reported["extra"]) == 1 and len(reported["missing"]) == 1


def test_members_on_one_host_are_each_their_own(case):
    sim = case.serve(channel("payments", "10.1.0.5:80", "10.1.0.5:81", row("10.1.0.5", port=80, member_group_name="b"),
                             row("10.1.0.5", port=81, member_group_name="b")))
    case.roster(entry("payments", "10.1.0.5:81", {"host": "10.1.0.5", "port": 80, "group": "b"}))
    assert case.once().status == IN_SYNC
    assert sorted((m["member_group_name"], m["port"]) for m in sim.members("payments")) == [("", 81), ("b", 80)]


def test_ecs_channels_go_by_ecs_id(case):
    def vm(name, host="192.168.0.7", **fields):
        return {"ecs_id": name, "ecs_name": "n-" + name, "host": host, **fields}

    sim = case.serve(channel("vms", vm("vm-1", "192.168.0.1"), vm("vm-2", "192.168.0.2", port=81), vm("vm-9"),
                             member_type="ecs"))
    case.roster(entry("vms", {"ecs_id": "vm-1", "port": 8080}, {"ecs_id": "vm-2", "port": 81}))
    assert case.once().status == IN_SYNC
    assert sorted(m["ecs_id"] for m in sim.members("vms")) == ["vm-1", "vm-2"]


def test_a_roster_of_the_wrong_kind_fails_its_channel(case):
    sim = case.serve(channel("vms", {"ecs_id": "vm-1", "ecs_name": "n"}, member_type="ecs"),
                     channel("payments", "10.1.0.5"))
    case.roster(entry("vms", "10.1.0.5"), entry("payments", {"ecs_id": "vm-1"}))
    result = case.once()
    assert result.results() == {"vms": "failed", "payments": "failed"} and result.status == FAILED
    assert "ecs" in result.channel("vms")["error"]["message"]
    assert not mutations(sim)


def test_ignore_rules_of_the_wrong_kind_fail_their_channel(case):
    """They could match nobody: who is meant would be deleted, and nobody would notice."""
    sim = case.serve(channel("vms", {"ecs_id": "vm-1", "ecs_name": "n", "host": "10.9.0.1"},
                             {"ecs_id": "vm-9", "ecs_name": "n", "host": "10.9.0.2"}, member_type="ecs"),
                     channel("payments", "10.1.0.5", "10.1.0.9"))
    case.roster(entry("vms", {"ecs_id": "vm-1"}, ignore=[{"host": "10.9.0.0/16"}]),
                entry("payments", "10.1.0.5", ignore=[{"group": "blue"}, {"ecs_id": "vm-9"}]))
    result = case.once()
    assert result.results() == {"vms": "failed", "payments": "failed"} and result.status == FAILED
    assert "ignore[0] of the roster names a host" in result.channel("vms")["error"]["message"]
    assert "ignore[1] of the roster names the ecs_id vm-9" in result.channel("payments")["error"]["message"]
    assert not mutations(sim)
    case.roster(entry("vms", {"ecs_id": "vm-1"}, ignore=[{"ecs_id": "vm-9"}]),
                entry("payments", "10.1.0.5", ignore=[{"host": "10.1.0.9"}]))
    assert case.once().status == IN_SYNC and not mutations(sim)


def test_ignored_members_are_never_touched(case):
    sim = case.serve(channel("payments", "10.1.0.5", "10.9.1.1", "10.9.255.255:81", "10.10.0.1",
                             row("10.1.0.7", member_group_name="canary"), row("10.1.0.8", member_group_name="blue"),
                             "10.1.0.9:9999", {"host": "2001:db8::7"}, {"host": "2001:db9::7"}))
    case.roster(entry("payments", "10.1.0.5", "10.9.1.2", ignore=[
        {"host": "10.9.0.0/16"}, {"group": "canary"}, {"host": "10.1.0.9", "port": 9999}, {"host": "2001:db8::/32"},
        {"host": "10.1.0.8", "group": "green"}]))
    case.tune(guards={"max_delete_percent": 100})
    result = case.once()
    reported = result.channel("payments")
    assert result.status == DRIFT and reported["ignored"] == 5 and reported["live"] == 9
    assert [m["host"] for m in reported["missing"]] == ["10.9.1.2"], "desired, though an ignore rule matches it"
    assert sim.hosts("payments") == sorted(["10.1.0.5", "10.9.1.1", "10.9.255.255", "10.1.0.7", "10.1.0.9",
                                            "2001:db8::7"])


def test_an_empty_roster_empties_the_channel_only_where_the_guards_are_told(case):
    sim = case.serve(channel("payments", "10.1.0.5", "10.1.0.6"))
    case.roster(entry("payments", allow_empty=True))
    held = case.once()
    assert held.channel("payments")["result"] == "held"
    assert [g["name"] for g in held.channel("payments")["guards"]] == ["max_delete_percent", "min_remaining"]
    case.tune(guards={"max_delete_percent": 100, "min_remaining": 0})
    assert case.once().status == IN_SYNC and sim.hosts("payments") == []


def test_a_channel_that_no_roster_names_is_never_touched(case):
    sim = case.serve(channel("payments", "10.1.0.5", "10.1.0.9"), channel("search", "10.2.0.1", "10.2.0.9"))
    case.roster(entry("payments", "10.1.0.5"), entry("search", "10.2.0.1"))
    case.tune(mode="observe")
    assert case.once().status == DRIFT
    case.tune(mode="prune")
    case.roster(entry("payments", "10.1.0.5"))
    sim.clear_requests()
    assert case.once().status == IN_SYNC
    assert sim.hosts("search") == ["10.2.0.1", "10.2.0.9"]
    assert identifier("search") not in {r["channel"] for r in sim.requests()}


def test_a_roster_may_turn_prune_into_observe(case):
    sim = case.serve(channel("payments", "10.1.0.5", "10.1.0.9"), channel("search", "10.2.0.1", "10.2.0.9"))
    case.roster(entry("payments", "10.1.0.5", mode="observe"), entry("search", "10.2.0.1"))
    result = case.once()
    assert result.results() == {"payments": "drift", "search": "converged"} and result.status == DRIFT
    assert result.channel("payments")["mode"] == "observe"
    assert result.outcomes("payments") == {"10.1.0.9:8080": "planned"}
    assert len(sim.hosts("payments")) == 2


def test_several_instances_and_both_prefixes(case):
    other = "6a7b8c9d-0000-4000-8000-000000000002"
    both = stand_in.state([channel("payments", "10.1.0.5", "10.1.0.9")])
    both["instances"].append(stand_in.instance([channel("payments", "10.2.0.5", "10.2.0.9",
                                                        id=identifier("elsewhere"))],
                                               prefix="apigw", instance_id=other))
    sim = case.simulate(both)
    case.secret("token", "T1")
    case.attach("prod", sim)
    case.attach("gate", sim, api="apigw", instance_id=other)
    case.tune(rosters=["rosters.d"])
    case.roster(entry("payments", "10.1.0.5"), file="rosters.d/a.yaml", instance="prod")
    case.roster(entry("payments", "10.2.0.5"), file="rosters.d/b.yaml", instance="gate")
    result = case.once()
    assert result.status == IN_SYNC
    assert result.channel("gate/payments")["id"] == identifier("elsewhere")
    assert len(result.channels) == 2 and result.report["result"] == "converged"
    paths = {r["path"] for r in deletions(sim)}
    assert sorted(("/apigw/" in path, other in path) for path in paths) == [(False, False), (True, True)]


def test_one_instance_that_is_down_hides_nothing_of_another(case):
    sim = case.serve(channel("payments", "10.1.0.5", "10.1.0.9"))
    case.attach("dead", "http://127.0.0.1:1", instance_id="6a7b8c9d-0000-4000-8000-000000000002")
    case.tune(rosters=["a.yaml", "b.yaml"])
    case.roster(entry("payments", "10.1.0.5"), file="a.yaml", instance="prod")
    case.roster(entry("payments", "10.1.0.5"), file="b.yaml", instance="dead")
    result = case.once()
    assert result.status == FAILED
    assert result.channel("prod/payments")["result"] == "converged" and sim.hosts("payments") == ["10.1.0.5"]
    assert "127.0.0.1 port 1" in result.channel("dead/payments")["error"]["message"]
