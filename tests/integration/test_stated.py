# SPDX-License-Identifier: MIT
"""What a roster states of a member beyond its identity: compared, reported, never sent in prune."""

import re

from case import DRIFT, IN_SYNC, INVALID, channel, deletions, entry, mutations, row, wait_until


def changed(reported):
    return {f"{member.get('host', member.get('ecs_id'))}:{member['port']}": member["fields"]
            for member in reported["changed"]}


def test_each_field_is_compared_and_reported(case):
    sim = case.serve(channel("payments", row("10.1.0.5", id="aa05", weight=1), row("10.1.0.6", is_backup=True),
                             row("10.1.0.7", status=2), row("10.1.0.8", weight=9, is_backup=True, status=2)))
    case.roster(entry("payments", {"host": "10.1.0.5", "weight": 5}, {"host": "10.1.0.6", "backup": False},
                      {"host": "10.1.0.7", "enabled": True},
                      {"host": "10.1.0.8", "weight": 9, "backup": True, "enabled": False}))
    result = case.once()
    reported = result.channel("payments")
    assert (result.status, reported["result"]) == (DRIFT, "drift")
    assert reported["changed"][0] == {"id": "aa05", "group": "", "host": "10.1.0.5", "port": 8080,
                                      "fields": {"weight": {"live": 1, "roster": 5}}, "outcome": "skipped"}
    assert changed(reported) == {
        "10.1.0.5:8080": {"weight": {"live": 1, "roster": 5}},
        "10.1.0.6:8080": {"backup": {"live": True, "roster": False}},
        "10.1.0.7:8080": {"enabled": {"live": False, "roster": True}}}
    assert reported["added"] == [] and reported["disabled"] == 0 and reported["digest"] is None
    assert mutations(sim) == [], "prune corrects nothing"


def test_observe_plans_what_prune_skips(case):
    case.serve(channel("payments", row("10.1.0.5", weight=1)))
    case.roster(entry("payments", {"host": "10.1.0.5", "weight": 5}, mode="observe"))
    reported = case.once().channel("payments")
    assert [member["outcome"] for member in reported["changed"]] == ["planned"] and reported["result"] == "drift"


def test_what_is_not_stated_is_not_managed(case):
    case.serve(channel("payments", row("10.1.0.5", weight=77, is_backup=True, status=2),
                       row("10.1.0.6", weight=3)))
    case.roster(entry("payments", "10.1.0.5", {"host": "10.1.0.6", "backup": False}))
    result = case.once()
    reported = result.channel("payments")
    assert (result.status, reported["result"], reported["changed"]) == (IN_SYNC, "in_sync", [])
    assert reported["disabled"] == 1, "shown, and no drift"


def test_fields_that_a_row_lacks(case):
    bare = {"omit": ["weight", "is_backup", "status"]}
    case.serve(channel("payments", row("10.1.0.5", **bare), row("10.1.0.6", **bare)))
    case.roster(entry("payments", {"host": "10.1.0.5", "weight": 5, "backup": False, "enabled": True},
                      {"host": "10.1.0.6", "backup": True, "enabled": False}))
    reported = case.once().channel("payments")
    assert changed(reported) == {"10.1.0.6:8080": {"backup": {"live": False, "roster": True},
                                                   "enabled": {"live": True, "roster": False}}}


def test_a_weight_is_not_compared_where_the_group_has_its_own(case):
    groups = [{"member_group_name": "blue", "member_group_weight": 30}, {"member_group_name": "green"}]
    case.serve(channel("payments", row("10.1.0.5", member_group_name="blue"),
                       row("10.1.0.6", member_group_name="green"), member_groups=groups))
    case.roster(entry("payments", {"host": "10.1.0.5", "group": "blue", "weight": 5},
                      {"host": "10.1.0.6", "group": "green", "weight": 5}))
    assert changed(case.once().channel("payments")) == {"10.1.0.6:8080": {"weight": {"live": 1, "roster": 5}}}


def test_ecs_names_are_never_compared(case):
    case.serve(channel("vms", {"ecs_id": "vm-1", "ecs_name": "one", "host": "192.168.0.7"}, member_type="ecs"))
    case.roster(entry("vms", {"ecs_id": "vm-1", "ecs_name": "another", "weight": 1}))
    assert case.once().channel("vms")["result"] == "in_sync"


def test_extras_go_and_the_changed_member_stays_drift(case):
    sim = case.serve(channel("payments", row("10.1.0.5", weight=1), "10.1.0.6", "10.1.0.9"))
    case.roster(entry("payments", {"host": "10.1.0.5", "weight": 5}, "10.1.0.6"))
    result = case.once()
    assert len(deletions(sim)) == 1 and result.outcomes("payments") == {"10.1.0.9:8080": "deleted"}
    assert (result.status, result.channel("payments")["result"]) == (DRIFT, "drift")


def test_the_digest_covers_what_is_stated(case):
    case.serve(channel("payments", "10.1.0.5", "10.1.0.6", "10.1.0.9"))
    digests = set()
    for stated in {}, {"weight": 1}, {"weight": 0}, {"backup": False}, {"enabled": True}:
        case.roster(entry("payments", {"host": "10.1.0.5", **stated}, "10.1.0.6"))
        digests.add(case.dry().channel("payments")["digest"])
    assert len(digests) == 5


def test_the_plan_marks_what_is_changed(case):
    case.serve(channel("payments", row("10.1.0.5", id="aa05", weight=1, status=2), row("10.1.0.6", status=2)))
    case.roster(entry("payments", {"host": "10.1.0.5", "weight": 5, "enabled": True}, "10.1.0.6"))
    result = case.plan()
    assert result.status == DRIFT
    assert "members: 0 missing, 1 changed" in result.stdout
    assert re.search(r"prod/payments +drift .* 1 changed\n", result.stdout), "in the table"
    assert "  ~ 10.1.0.5:8080  weight 1, roster 5; enabled false, roster true\n" in result.stdout
    assert "  = 2 kept, 1 wanted but disabled\n" in result.stdout
    assert "  ~ 10.1.0.5:8080  aa05  weight 1, roster 5" in case.plan("-v").stdout


def test_a_mistake_is_told_with_its_place(case):
    case.serve(channel("payments", "10.1.0.5"))
    case.roster(entry("payments", {"host": "10.1.0.5", "weight": 10001}))
    result = case.check()
    assert result.status == INVALID and "out of range: 10001, must be 0 to 10000" in result.stderr


def test_a_daemon_says_what_is_changed(case):
    case.serve(channel("payments", row("10.1.0.5", id="aa05", weight=1)))
    case.roster(entry("payments", {"host": "10.1.0.5", "weight": 5}))
    daemon = case.start("rosterd")
    wait_until(lambda: "~ 10.1.0.5:8080" in case.run("rosterctl", "status", "payments").stdout, process=daemon)
    shown = case.run("rosterctl", "status", "payments").stdout
    assert "~ 10.1.0.5:8080  aa05  weight 1, roster 5" in shown
    assert "1 changed" in case.run("rosterctl", "status").stdout
    daemon.signal()
    assert "prod/payments: drift: 0 extra, 0 missing, 1 changed" in daemon.finish().stderr
