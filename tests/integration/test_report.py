# SPDX-License-Identifier: MIT
"""The report of --json, to the letter: keys, types, nulls, order, results and outcomes."""

import re

from case import DRIFT, FAILED, HELD, IN_SYNC, ROOT, channel, entry, identifier, row

PASS_KEYS = ["pass", "result", "dry_run", "roster", "channels", "instances"]
CHANNEL_KEYS = ["instance", "name", "id", "mode", "result", "live", "desired", "ignored", "missing", "extra",
                "digest", "guard", "guards", "error"]


def without_additions(reported):
    """The keys of the contract, in order; what was added (pause) may be anywhere."""
    return [key for key in reported if key in CHANNEL_KEYS]


def check_shape(report):
    """What every report must be."""
    assert list(report) == PASS_KEYS
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ-\d+", report["pass"])
    assert isinstance(report["dry_run"], bool)
    for reported in report["channels"]:
        assert without_additions(reported) == CHANNEL_KEYS
        for key in "instance", "mode", "result":
            assert isinstance(reported[key], str)
        assert isinstance(reported["desired"], int)
        for key in "live", "ignored":
            assert reported[key] is None or isinstance(reported[key], int)
        for extra in reported["extra"]:
            assert list(extra) == ["id", "group", "host" if "host" in extra else "ecs_id", "port", "outcome",
                                   "attempts"]
            assert isinstance(extra["port"], int) and isinstance(extra["attempts"], int)
        for guard in reported["guards"]:
            assert list(guard) == ["name", "planned", "limit"]
        assert reported["guard"] == (reported["guards"][0] if reported["guards"] else None)
        if reported["error"]:
            assert list(reported["error"]) == ["http", "code", "message", "request_id"]
    return report


def test_in_sync(case):
    case.serve(channel("payments", "10.1.0.5", "10.1.0.6"))
    case.roster(entry("payments", "10.1.0.5", "10.1.0.6"))
    result = case.once()
    report = check_shape(result.report)
    assert (result.status, report["result"], report["dry_run"]) == (IN_SYNC, "in_sync", False)
    reported = report["channels"][0]
    assert {key: reported[key] for key in CHANNEL_KEYS} == {
        "instance": "prod", "name": "payments", "id": identifier("payments"), "mode": "prune", "result": "in_sync",
        "live": 2, "desired": 2, "ignored": 0, "missing": [], "extra": [], "digest": None, "guard": None,
        "guards": [], "error": None}


def test_stdout_is_the_report_alone_and_stderr_tells_of_the_deletion(case):
    case.serve(channel("payments", "10.1.0.5", "10.1.0.6", row("10.1.0.9", id="be63")))
    case.roster(entry("payments", "10.1.0.5", "10.1.0.6"))
    result = case.once("--log-level", "debug")
    report = check_shape(result.report)
    assert report["result"] == "converged" and result.status == IN_SYNC
    reported = result.channel("payments")
    assert reported["result"] == "converged" and reported["live"] == 3
    assert reported["extra"] == [{"id": "be63", "group": "", "host": "10.1.0.9", "port": 8080,
                                  "outcome": "deleted", "attempts": 1}]
    assert re.fullmatch("[0-9a-f]{64}", reported["digest"])
    assert "notice: prod/payments: deleted 10.1.0.9:8080" in result.stderr


def test_a_dry_run_gives_the_digest_of_the_real_run(case):
    case.serve(channel("payments", "10.1.0.5", "10.1.0.6", "10.1.0.9", "10.1.0.8"))
    case.roster(entry("payments", "10.1.0.5", "10.1.0.6"))
    dry = case.dry()
    assert check_shape(dry.report)["dry_run"] is True and dry.status == DRIFT
    assert dry.outcomes("payments") == {"10.1.0.8:8080": "planned", "10.1.0.9:8080": "planned"}
    assert dry.channel("payments")["result"] == "drift"
    assert {extra["attempts"] for extra in dry.channel("payments")["extra"]} == {0}
    real = case.once()
    assert real.channel("payments")["digest"] == dry.channel("payments")["digest"]
    assert real.report["pass"] != dry.report["pass"] or real.report["dry_run"] is False


def test_the_digest_tells_plans_apart(case):
    sim = case.serve(channel("payments", "10.1.0.5", "10.1.0.6", "10.1.0.9"),
                     channel("search", "10.1.0.5", "10.1.0.6", "10.1.0.9"))
    case.roster(entry("payments", "10.1.0.5", "10.1.0.6"), entry("search", "10.1.0.5", "10.1.0.6"))
    first = case.dry()
    digest = first.channel("payments")["digest"]
    assert first.channel("search")["digest"] != digest, "of another channel"
    case.roster(entry("payments", "10.1.0.6", "10.1.0.5"))
    assert case.dry().channel("payments")["digest"] == digest, "the roster's order says nothing"
    case.roster(entry("payments", "10.1.0.5", "10.1.0.6", "10.1.0.7"))
    assert case.dry().channel("payments")["digest"] != digest, "of another roster"
    case.roster(entry("payments", "10.1.0.5", "10.1.0.6"))
    sim.edit("payments", add=[row("10.1.0.8")])
    assert case.dry().channel("payments")["digest"] != digest, "with another extra"
    sim.edit("payments", remove=["10.1.0.8"])
    assert case.dry().channel("payments")["digest"] == digest
    sim.edit("payments", remove=["10.1.0.9"], add=[row("10.1.0.9")])
    assert case.dry().channel("payments")["digest"] != digest, "the same address, put there anew"


def test_missing_members_are_those_of_the_last_list(case):
    sim = case.serve(channel("payments", "10.1.0.5", "10.1.0.6", "10.1.0.9", row("10.1.0.8", port=9090)))
    case.roster(entry("payments", "10.1.0.5", "10.1.0.6", "10.1.0.7",
                      {"host": "10.1.0.8", "port": 81, "group": "blue"}))
    sim.faults([{"match": {"op": "delete_member"}, "times": 1,
                 "then": {"after": {"add_member": {"channel": "payments", "member": row("10.1.0.7")}}}}])
    dry = case.dry().channel("payments")
    assert sorted(dry["missing"], key=lambda m: m["host"]) == [
        {"group": "", "host": "10.1.0.7", "port": 8080}, {"group": "blue", "host": "10.1.0.8", "port": 81}]
    result = case.once()
    reported = check_shape(result.report)["channels"][0]
    assert reported["missing"] == [{"group": "blue", "host": "10.1.0.8", "port": 81}]
    assert reported["live"] == 4, "of the list the plan was made from"
    assert reported["result"] == "drift" and result.status == DRIFT
    assert result.outcomes("payments") == {"10.1.0.9:8080": "deleted", "10.1.0.8:9090": "deleted"}


def test_ecs_rows_have_an_ecs_id(case):
    def vm(name, **fields):
        return {"ecs_id": name, "ecs_name": name + "-name", "host": "192.168.0.7", **fields}

    case.serve(channel("vms", vm("vm-1"), vm("vm-2"), vm("vm-9", member_group_name="blue"), member_type="ecs"))
    case.roster(entry("vms", {"ecs_id": "vm-1"}, {"ecs_id": "vm-2", "port": 8080}, {"ecs_id": "vm-3", "port": 81}))
    result = case.once()
    reported = check_shape(result.report)["channels"][0]
    assert reported["missing"] == [{"group": "", "ecs_id": "vm-3", "port": 81}]
    assert [(e["group"], e["ecs_id"], e["port"], e["outcome"]) for e in reported["extra"]] == [
        ("blue", "vm-9", 8080, "deleted")]


def test_channels_stand_in_the_order_of_the_rosters(case):
    names = [f"ch-{n}" for n in (5, 1, 4, 2, 3)]
    case.serve(*(channel(name, "10.1.0.5") for name in sorted(names)))
    case.roster(*(entry(name, "10.1.0.5") for name in names))
    assert [c["name"] for c in case.once().channels] == names


def test_every_result_and_the_worst_of_them(case):
    case.serve(channel("sync", "10.0.0.1"), channel("done", "10.0.0.1", "10.0.0.2"),
               channel("away", "10.0.0.1"), channel("many", "10.0.0.1", "10.0.0.2", "10.0.0.3"),
               channel("pods", "10.0.0.1", vpc_channel_type="microservice", type=3),
               channel("refused", "10.0.0.1", "10.0.0.2"),
               faults=[{"match": {"op": "delete_member", "channel": "refused"}, "then": {"status": 400}}])
    rows = {"in_sync": entry("sync", "10.0.0.1"), "converged": entry("done", "10.0.0.1"),
            "drift": entry("away", "10.0.0.1", "10.0.0.7"),
            "held": entry("many", "10.0.0.1", guards={"max_deletes": 1}),
            "unmanageable": entry("pods", "10.0.0.2"), "failed": entry("refused", "10.0.0.1")}
    case.roster(*rows.values())
    result = case.once()
    check_shape(result.report)
    assert [c["result"] for c in result.channels] == list(rows)
    assert result.report["result"] == "failed" and result.status == FAILED
    case.roster(*(rows[name] for name in ("in_sync", "unmanageable")))
    assert case.once().report["result"] == "failed", "unmanageable counts as failed"
    for names, worst, status in ((["held", "drift", "in_sync"], "held", HELD), (["drift", "in_sync"], "drift", DRIFT),
                                 (["in_sync"], "in_sync", IN_SYNC)):
        case.roster(*(rows[name] for name in names))
        result = case.once()
        assert (result.report["result"], result.status) == (worst, status)


def test_an_error_has_what_the_service_said(case):
    case.serve(channel("payments", "10.0.0.1", "10.0.0.2"),
               faults=[{"match": {"op": "delete_member"}, "then": {
                   "status": 403, "code": "APIG.1005", "message": "no permissions to request this method",
                   "headers": {"X-Request-Id": "request-7"}}}])
    case.roster(entry("payments", "10.0.0.1"))
    result = case.once()
    check_shape(result.report)
    error = result.channel("payments")["error"]
    assert (error["http"], error["code"]) == (403, "APIG.1005")
    assert "no permissions to request this method" in error["message"] and error["request_id"]
    assert result.outcomes("payments") == {"10.0.0.2:8080": "failed"}


def test_a_channel_that_was_not_read_has_nulls(case):
    case.serve(channel("payments", "10.0.0.1"))
    case.roster(entry("payments", "10.0.0.1"), entry("nowhere", "10.0.0.1"), entry(None, "10.0.0.1", id="7f0e"))
    result = case.once()
    check_shape(result.report)
    nowhere, by_id = result.channel("nowhere"), result.channel("7f0e")
    assert nowhere["id"] is None and nowhere["live"] is None and nowhere["ignored"] is None
    assert nowhere["desired"] == 1 and nowhere["digest"] is None and nowhere["extra"] == []
    assert nowhere["error"] == {"http": None, "code": None, "message": nowhere["error"]["message"],
                                "request_id": None}
    assert "nowhere" in nowhere["error"]["message"]
    assert by_id["id"] == "7f0e" and by_id["name"] is None
    assert result.channel("payments")["result"] == "in_sync"


def test_held_extras_and_the_guard(case):
    case.serve(channel("payments", *(f"10.0.0.{n}" for n in range(1, 6))))
    case.roster(entry("payments", "10.0.0.1", "10.0.0.2", "10.0.0.3"))
    case.tune(guards={"max_deletes": 1})
    result = case.once()
    reported = check_shape(result.report)["channels"][0]
    assert reported["guard"] == {"name": "max_deletes", "planned": 2, "limit": 1}
    assert set(result.outcomes("payments").values()) == {"held"}
    assert all(extra["attempts"] == 0 for extra in reported["extra"])


def keys_of(value):
    """Every key of a JSON value, however deep."""
    if isinstance(value, list):
        return set().union(*map(keys_of, value)) if value else set()
    return set(value).union(*map(keys_of, value.values())) if isinstance(value, dict) else set()


def test_the_manual_has_every_key_and_every_word(case):
    case.serve(channel("payments", "10.1.0.5", "10.1.0.8", "10.1.0.9"), channel("search", "10.1.0.5"),
               faults=[{"match": {"op": "list_members", "channel": identifier("search")},
                        "then": {"status": 403, "code": "APIG.1005", "message": "no"}}])
    case.roster(entry("payments", "10.1.0.5", "10.1.0.6"), entry("search", "10.1.0.5"))
    case.tune(guards={"max_deletes": 1})
    result = case.once()
    keys = keys_of(result.report)
    assert {"missing", "attempts", "limit", "request_id", "pause"} <= keys, result
    page = (ROOT / "daemon/rosterd.8").read_text()
    section = re.search(r"^\.Sh JSON REPORT$(.*?)^\.Sh ", page, re.M | re.S).group(1)
    words = set(re.findall(r"\w+", section))
    assert keys <= words
    assert {"failed", "unmanageable", "held", "drift", "paused", "converged", "in_sync", "deleted", "gone", "planned",
            "skipped"} <= words
