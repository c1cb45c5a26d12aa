# SPDX-License-Identifier: MIT
"""The alert rules that are installed: each fires when it should, not before, and ends."""

import json
import re
import subprocess

import pytest
import yaml

import case as cases
import exposition
import promql

RULES = cases.ROOT / "systemd" / "rosterd.rules.yml"
ALERTS = {rule["alert"]: rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]}

GATEWAY, CHANNEL = 'gateway="prod"', 'gateway="prod",channel="payments"'
LABELS = {"gateway": "prod", "channel": "payments"}


def series(name, labels, values):
    return {"series": f"{name}{{{labels}}}", "values": values}


# Of each alert: what comes, a value a minute (or `step` minutes); when it is quiet, fires, and is quiet again, in
# minutes; the labels of what fires, and its value.
CASES = {
    # The process ends after ten minutes and is back after half an hour.
    "RosterdAbsent": ([series("rosterd_build_info", 'version="0.1"', "1x10 stale _x19 1x20")], 14, 20, 35, {}, 1),
    # The owner is gone after ten minutes, and another host takes over after twenty.
    "RosterdNobodyOwns": (
        [series("rosterd_owner", GATEWAY + ',instance="a"', "1x10 stale _x49"),
         series("rosterd_owner", GATEWAY + ',instance="b"', "0x30 1x30")],
        14, 20, 35, {"gateway": "prod"}, 0),
    # Read each minute for half an hour; then the last time stays, until it is read again. promtool's clock begins
    # with 0.
    "RosterdInstanceUnread": (
        [series("rosterd_channel_last_list_timestamp_seconds", CHANNEL, "0+60x30 1800x39 4200+60x20")],
        54, 60, 75, {"gateway": "prod"}, 1800),
    # Another channel of the instance is read all the time.
    "RosterdChannelUnread": (
        [series("rosterd_channel_last_list_timestamp_seconds", CHANNEL, "0+60x30 1800x39 4200+60x20"),
         series("rosterd_channel_last_list_timestamp_seconds", 'gateway="prod",channel="search"', "0+60x90")],
        54, 60, 75, LABELS, 1800),
    "RosterdPassesFail": ([series("rosterd_failed_passes", GATEWAY, "0x5 1 2 3 4 5 6 7 8 9 10 0x20")],
                          11, 14, 17, {"gateway": "prod"}, 9),
    "RosterdDriftStays": (
        [series("rosterd_channel_result", CHANNEL + ',result="drift"', "_x9 1x40 stale _x20"),
         series("rosterd_channel_result", CHANNEL + ',result="in_sync"', "1x9 stale _x40 1x20")],
        35, 45, 55, {**LABELS, "result": "drift"}, 1),
    "RosterdGuardHolds": (
        [series("rosterd_channel_guard_held", CHANNEL + ',guard="max_deletes"', "_x9 1x20 stale _x20")],
        15, 25, 35, {**LABELS, "guard": "max_deletes"}, 1),
    "RosterdMembersMissing": (
        [series("rosterd_channel_members", CHANNEL + ',set="missing"', "0x9 2x20 0x20"),
         series("rosterd_channel_members", CHANNEL + ',set="extra"', "5x60")],
        20, 29, 35, {**LABELS, "set": "missing"}, 2),
    "RosterdRostersInvalid": ([series("rosterd_config_valid", "", "1x9 0x20 1x20")], 15, 25, 35, {}, 0),
    "RosterdStateUnusable": ([series("rosterd_state_usable", "", "1x9 0x20 1x20")], 13, 20, 35, {}, 0),
    # 5 minutes are left, when it is renewed; and no more, where it is not.
    "RosterdCredentialEnds": (
        [series("rosterd_credential_expiry_timestamp_seconds", GATEWAY, "1800x30 5400x30")],
        25, 29, 35, {"gateway": "prod"}, 60),
    "RosterdCredentialFails": ([series("rosterd_credential_failures_total", GATEWAY, "0x10 1x5 2+1x9 11x60")],
                               15, 25, 70, {"gateway": "prod"}, 10),
}

WEEK = 7 * 24 * 60
HOUR = 60


def expand(text, labels, value):
    text = re.sub(r"{{ \$labels\.(\w+) }}", lambda match: labels[match[1]], text)
    return text.replace("{{ $value }}", str(value))


def expectation(minutes, alert, labels=None, value=0):
    rule = ALERTS[alert]
    fired = [] if labels is None else [{
        "exp_labels": {**labels, **rule["labels"]},
        "exp_annotations": {key: expand(text, labels, value) for key, text in rule["annotations"].items()}}]
    return {"eval_time": f"{minutes}m", "alertname": alert, "exp_alerts": fired}


def judge(case, *tests, step="1m"):
    path = case.write("alerts.json", json.dumps({
        "rule_files": [str(RULES)], "evaluation_interval": step, "tests": [{"interval": step, **test} for test in tests]}))
    done = subprocess.run(["promtool", "test", "rules", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_takes_them():
    done = subprocess.run(["promtool", "check", "rules", RULES], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "SUCCESS" in done.stdout and not done.stderr, done


def test_each_fires_and_ends(case):
    assert set(CASES) | {"RosterdPausedForAWeek"} == set(ALERTS)
    judge(case, *[{"input_series": given,
                   "alert_rule_test": [expectation(before, alert), expectation(during, alert, labels, value),
                                       expectation(after, alert)]}
                  for alert, (given, before, during, after, labels, value) in CASES.items()])


def test_a_pause_of_more_than_a_week(case):
    """Not while somebody has just begun to look; resumed for an hour, the week begins again."""
    alert = "RosterdPausedForAWeek"
    paused = series("rosterd_channel_paused", CHANNEL, f"0x3 1x{8 * 24 * 4} 0x8")
    judge(case, {"input_series": [paused], "alert_rule_test": [
        expectation(3 * 24 * HOUR, alert), expectation(WEEK, alert),
        expectation(WEEK + 3 * HOUR, alert, LABELS, 1), expectation(8 * 24 * HOUR + 120, alert)]},
        {"input_series": [series("rosterd_channel_paused", CHANNEL, f"1x{4 * 24 * 4} 0x4 1x{4 * 24 * 4}")],
         "alert_rule_test": [expectation(8 * 24 * HOUR, alert)]}, step="15m")


def test_a_rule_that_is_wrong_is_noticed(case):
    """The judge of these tests itself."""
    with pytest.raises(AssertionError):
        judge(case, {"input_series": [series("rosterd_config_valid", "", "0x30")],
                     "alert_rule_test": [expectation(25, "RosterdRostersInvalid")]})


def test_they_go_by_metrics_that_there_are():
    """And promise labels that these have."""
    told = exposition.told()
    for alert, rule in ALERTS.items():
        promql.check(rule["expr"], told)
        promised = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
        every = set().union(*(told[name] for name in promql.names(rule["expr"], told)))
        assert promised <= every, alert
