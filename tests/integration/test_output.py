# SPDX-License-Identifier: MIT
"""Where results and logs go: outputs that are closed or full, and log events with their fields."""

import json

import pytest

from case import DRIFT, FAILED, HELD, IN_SYNC, channel, entry, identifier, mutations, row

PAYMENTS = channel("payments", "10.1.0.5", "10.1.0.6", row("10.1.0.9", id="be63"))
KEPT = ("10.1.0.5", "10.1.0.6")
ROSTER = entry("payments", "10.1.0.5", "10.1.0.6")


def serve(case, *faults, **fields):
    sim = case.serve(PAYMENTS, faults=list(faults))
    case.roster({**ROSTER, **fields})
    return sim


def through_a_shell(redirection):
    return ["sh", "-c", f'exec "$@" {redirection}', "sh"]


@pytest.mark.parametrize("command", [("rosterd", "--once", "--json"), ("rosterd", "--once"), ("rosterd", "--check"),
                                     ("rosterctl", "plan")])
def test_a_report_that_cannot_be_written_is_a_failure(case, command):
    serve(case)
    result = case.run(*command, wrap=through_a_shell(">/dev/full"))
    assert result.status == FAILED and "cannot be printed" in result.stderr


@pytest.mark.parametrize("command", [("rosterd", "--once", "--json"), ("rosterd", "--once")])
def test_a_long_report_of_which_no_part_can_be_written_is_one_failure(case, command):
    """It is printed as it is made: the first part that fails is the last, and what was done stays done."""
    sim = case.serve(*(channel(name, *(f"10.9.{i // 250}.{i % 250 + 1}" for i in range(4000)))
                       for name in ("payments", "orders")))
    case.roster(entry("payments", *KEPT, mode="observe"), entry("orders", *KEPT, mode="observe"))
    assert len(case.run(*command).stdout) > 2 * 64 * 1024
    result = case.run(*command, wrap=through_a_shell(">/dev/full"))
    assert result.status == FAILED and result.stderr.count("the report cannot be printed: No space left on device") == 1
    assert "out of memory" not in result.stderr and not mutations(sim)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_descriptors_lead_no_report_astray(case, closed):
    sim = serve(case)
    for _ in range(2):
        result = case.once(wrap=through_a_shell(closed))
        assert result.status == (FAILED if ">&-" in closed.split() else IN_SYNC)
        assert sim.hosts("payments") == ["10.1.0.5", "10.1.0.6"]
        for path in case.state_dir.iterdir():
            assert b"rosterd: " not in path.read_bytes() and b'"channels"' not in path.read_bytes()
    assert {r["status"] for r in sim.requests()} <= {200, 204}, "nor to the service"
    assert case.once().status == IN_SYNC


def test_a_reader_that_goes_away_ends_the_pass_in_order(case):
    sim = serve(case)
    result = case.run("rosterd", "--once", "--json", wrap=["bash", "-c", '"$@" | true; exit ${PIPESTATUS[0]}', "sh"])
    assert result.status == FAILED and sim.hosts("payments") == ["10.1.0.5", "10.1.0.6"]


def events(result):
    """The JSON log lines."""
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    for line in lines:
        assert list(line)[:3] == ["time", "level", "message"]
    return lines


def with_message(result, part):
    found = [line for line in events(result) if part in line["message"]]
    assert len(found) == 1, result.stderr
    return found[0]


def test_a_deletion_is_logged_at_notice_with_its_fields(case):
    serve(case, {"match": {"op": "delete_member"}, "times": 1, "then": {"status": 500, "code": "APIG.9999"}})
    result = case.once("--log-format", "json")
    event = with_message(result, "deleted 10.1.0.9:8080")
    reported = result.channel("payments")
    assert event["level"] == "notice" and len(event["MESSAGE_ID"]) == 32
    assert event["ROSTERD_PASS"] == result.report["pass"] and event["ROSTERD_INSTANCE"] == "prod"
    assert event["ROSTERD_CHANNEL"] == "payments" and "10.1.0.9:8080" in event["ROSTERD_MEMBER"]
    assert event["ROSTERD_ACTION"] == "deleted" and event["ROSTERD_DIGEST"] == reported["digest"]
    assert event["ROSTERD_ATTEMPT"] == "2"
    retry = with_message(result, "sending again")
    assert (retry["ROSTERD_HTTP_STATUS"], retry["ROSTERD_ERROR_CODE"]) == ("500", "APIG.9999")
    assert retry["ROSTERD_REQUEST_ID"] and retry["ROSTERD_ATTEMPT"] == "1"
    assert "10.1.0.9:8080" in retry["message"] and "10.1.0.9:8080" in retry["ROSTERD_MEMBER"]


def test_a_guard_is_logged_at_warning(case):
    serve(case, guards={"max_deletes": 0})
    result = case.once("--log-format", "json")
    event = with_message(result, "max_deletes refuses")
    assert result.status == HELD and event["level"] == "warning"
    assert event["ROSTERD_DIGEST"] == result.channel("payments")["digest"]


def test_a_failed_deletion_is_logged_at_warning_with_the_service_s_words(case):
    serve(case, {"match": {"op": "delete_member"}, "then": {"status": 400, "code": "APIG.2012", "message": "bad id"}})
    event = with_message(case.once("--log-format", "json"), "could not delete")
    assert event["level"] == "warning" and event["ROSTERD_ERROR_CODE"] == "APIG.2012" and "bad id" in event["message"]


def test_a_failing_instance_is_logged_at_err(case):
    serve(case).credentials(tokens=[])
    result = case.once("--log-format", "json")
    (event,) = events(result)
    assert event["level"] == "err" and event["ROSTERD_INSTANCE"] == "prod" and result.status == FAILED


@pytest.mark.parametrize("level, lines", [("err", 0), ("warning", 0), ("notice", 1), ("info", 2)])
def test_the_log_level_is_a_threshold(case, level, lines):
    serve(case, {"match": {"op": "delete_member"}, "times": 1, "then": {"status": 500}})
    result = case.once("--log-level", level)
    assert result.status == IN_SYNC and len(result.stderr.splitlines()) == lines, result.stderr


def test_a_pass_in_sync_says_nothing(case):
    case.serve(channel("payments", "10.1.0.5"))
    case.roster(entry("payments", "10.1.0.5"))
    assert case.once().stderr == ""


def test_what_the_service_says_keeps_json_logs_json(case):
    words = 'quote " backslash \\ slash / newline \n tab \t \u00fc \u4e2d'
    sim = serve(case, {"match": {"op": "delete_member"}, "then": {"status": 400, "code": "APIG.2000",
                                                                 "message": words}})
    event = with_message(case.once("--log-format", "json"), "could not delete")
    assert 'quote " backslash \\ slash /' in event["message"] and "\u00fc \u4e2d" in event["message"]
    assert sim.requests("delete_member")[0]["channel"] == identifier("payments")


def test_messages_of_any_length(case):
    serve(case, {"match": {"op": "delete_member"}, "then": {"status": 400, "code": "APIG.2000",
                                                           "message": "\u4e2d" * 9000}})
    result = case.once("--log-format", "json")
    assert events(result) and len(result.channel("payments")["error"]["message"]) > 50
    result.stdout.encode()


def test_a_dry_run_says_so_in_words(case):
    sim = serve(case)
    result = case.run("rosterd", "--once", "--dry-run")
    assert result.status == DRIFT and "nothing was changed" in result.stdout and not mutations(sim)


@pytest.mark.parametrize("key", ["name", "id"])
def test_a_channel_has_one_name_in_all_lines(case, key):
    """Its own, whichever way a roster names it: in lines of retries, of deletions, of what failed."""
    serve(case, {"match": {"op": "list_members"}, "times": 1, "then": {"status": 500}},
          {"match": {"op": "delete_member"}, "times": 4, "then": {"status": 500}})
    case.roster(ROSTER if key == "name" else entry("", *ROSTER["members"], id=identifier("payments")))
    lines = [line for line in events(case.once("--log-format", "json")) if "ROSTERD_CHANNEL" in line]
    assert len(lines) >= 4 and {line["ROSTERD_CHANNEL"] for line in lines} == {"payments"}, lines
    assert all(line["message"].startswith("prod/payments: ") for line in lines), lines
