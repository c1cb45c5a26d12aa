# SPDX-License-Identifier: MIT
"""A real Prometheus, Debian's: it scrapes the daemon over TCP with its token, evaluates the alert rules, and takes
each expression of the dashboard."""

import http.client
import json
import re
import subprocess
import urllib.parse

import pytest

import case as cases
import exposition
import promql
from case import channel, entry, wait_until
from daemon import Daemon
from test_alerts import ALERTS, RULES
from web import TOKEN, free_port

DASHBOARD = cases.ROOT / "systemd" / "rosterd.dashboard.json"
KEPT = ("10.1.0.5", "10.1.0.6", "10.1.0.7")
# What Prometheus itself gives each sample.
SCRAPED = {"instance", "job"}

CONFIG = """
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [%s]
scrape_configs:
  - job_name: rosterd
    authorization: {credentials: %s}
    static_configs: [{targets: ["127.0.0.1:%d"]}]
"""


class Prometheus:
    def __init__(self, folder, target):
        self.port = free_port()
        folder.mkdir()
        (folder / "prometheus.yml").write_text(CONFIG % (RULES, TOKEN, target))
        self.log = open(folder / "log", "wb")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        wait_until(self.is_ready, process=self.process)

    def get(self, path, **parameters):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", f"{path}?{urllib.parse.urlencode(parameters)}")
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def is_ready(self):
        try:
            return self.get("/-/ready")[0] == 200
        except OSError:
            return False

    def ask(self, path, **parameters):
        status, body = self.get("/api/v1/" + path, **parameters)
        answer = json.loads(body)
        assert status == 200 and answer["status"] == "success", (parameters, answer)
        return answer["data"]

    def value(self, expression):
        """Of an expression that has one sample; None without any."""
        rows = self.ask("query", query=expression)["result"]
        assert len(rows) < 2, rows
        return float(rows[0]["value"][1]) if rows else None

    def rules(self):
        return {rule["name"]: rule for group in self.ask("rules")["groups"] for rule in group["rules"]}

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()


@pytest.fixture
def watched(case):
    """A daemon with a channel in sync and one that a guard holds, and a Prometheus that looks at it."""
    port = free_port()
    case.sim = case.serve(channel("payments", *KEPT), channel("search", "10.2.0.1", "10.2.0.98", "10.2.0.99"))
    case.roster(entry("payments", *KEPT), entry("search", "10.2.0.1", guards={"max_deletes": 1}))
    case.secret("web-token", TOKEN)
    case.tune(interval="1s", http={"listen": f"127.0.0.1:{port}", "token_file": "web-token"})
    case.daemon = Daemon(case)
    case.daemon.wait_status("1 in sync", "1 held")
    case.prometheus = Prometheus(case.folder / "prometheus", port)
    yield case
    case.prometheus.stop()


def expressions():
    """{title: expressions} of the dashboard."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return {panel["title"]: [target["expr"] for target in panel["targets"]] for panel in panels if "targets" in panel}


def bound(expression):
    """With what Grafana puts in the place of its variables."""
    for name, value in (("__rate_interval", "4s"), ("gateway", ".*"), ("channel", ".*")):
        expression = expression.replace("$" + name, value)
    assert "$" not in expression, expression
    return expression


def test_it_scrapes_evaluates_and_draws(watched):
    prometheus = watched.prometheus
    wait_until(lambda: prometheus.value('up{job="rosterd"}') == 1, process=prometheus.process)
    wait_until(lambda: prometheus.value('rosterd_passes_total{result="held"}'), process=prometheus.process)
    target, = prometheus.ask("targets")["activeTargets"]
    assert target["health"] == "up" and not target["lastError"]
    members = 'rosterd_channel_members{gateway="prod",channel="%s",set="%s"}'
    assert prometheus.value(members % ("payments", "live")) == 3 and prometheus.value(members % ("search", "extra")) == 2
    assert prometheus.value('rosterd_channel_guard_held{channel="search",guard="max_deletes"}') == 1
    there = set(prometheus.ask("label/__name__/values"))
    for name in set(exposition.told()) - {"rosterd_credential_expiry_timestamp_seconds"}:
        assert {name, name + "_bucket"} & there, name

    # The rules: all are evaluated, and one sees what is wrong.
    watched.write("rosters.yaml", "version: 1\nchannels: [{nome: payments}]\n")
    watched.daemon.reload()
    wait_until(lambda: prometheus.rules()["RosterdRostersInvalid"]["state"] == "pending", process=prometheus.process)
    rules = prometheus.rules()
    assert set(rules) == set(ALERTS) and {rule["health"] for rule in rules.values()} == {"ok"}, rules
    assert rules["RosterdGuardHolds"]["state"] == "pending" and rules["RosterdAbsent"]["state"] == "inactive"

    # The dashboard: whatever Grafana would ask is answered, and most of it with samples.
    drawn = {title: sum(len(prometheus.ask("query", query=bound(one))["result"]) for one in asked)
             for title, asked in expressions().items()}
    empty = {title for title, count in drawn.items() if count == 0}
    assert empty <= {"Not in sync for", "Not read for", "Sent again", "Credentials end in"}, drawn


def test_the_dashboard_names_what_there_is():
    told = {name: labels | SCRAPED for name, labels in exposition.told().items()}
    panels = [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if "targets" in panel]
    used = set()
    for panel in panels:
        for target in panel["targets"]:
            expression = bound(target["expr"])
            promql.check(expression, told)
            names = promql.names(expression, told)
            used |= names
            legend = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            grouped = promql.grouped(expression) if " by " in expression else set().union(*(told[name] for name in names))
            assert legend <= grouped, (panel["title"], legend)
    variables = {row["name"]: row for row in json.loads(DASHBOARD.read_text())["templating"]["list"]}
    for name, metric in (("gateway", "rosterd_owner"), ("channel", "rosterd_channel_paused")):
        assert variables[name]["definition"].startswith(f"label_values({metric}") and name in told[metric]
    assert len({panel["id"] for panel in panels}) == len(panels)
    # It shows all there is but what the status page is for.
    assert set(told) - used <= {"rosterd_roster_info", "rosterd_config_last_load_timestamp_seconds", "rosterd_owner",
                                "rosterd_last_pass_timestamp_seconds", "process_start_time_seconds",
                                "process_virtual_memory_bytes"}


@pytest.mark.parametrize("expression", [
    "rosterd_channel_memberz", "sum by (member) (rosterd_channel_members)", 'rosterd_passes_total{channel="x"}'])
def test_what_is_not_there_is_noticed(expression):
    """The judge of these tests itself."""
    with pytest.raises(AssertionError):
        promql.check(expression, exposition.told())
