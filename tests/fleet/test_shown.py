# SPDX-License-Identifier: MIT
"""What the hosts of a fleet show of it: rosterctl fleet, status, page, metrics and health of each, and a drain."""

import http.client
import json
import socket

import pytest

import etcd
from case import DRIFT, FAILED, HELD, IN_SYNC, channel, entry, wait_until

pytestmark = etcd.NEEDED

KEPT = [f"10.0.0.{i}" for i in range(1, 5)]


def get(host, path):
    """(status, text) of the control socket, as a browser would have it over TCP."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(host.case.settings["control_socket"])
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def told(host):
    return json.loads(host.ctl("fleet", "--json").stdout)


def instances(host):
    return {row["name"]: row for row in told(host)["instances"]}


def series(host, gateway):
    """{name: values} of an instance."""
    found = {}
    for line in get(host, "/metrics")[1].splitlines():
        if f'gateway="{gateway}"' in line:
            found.setdefault(line.split("{")[0], []).append(line.split()[-1])
    return found


@pytest.fixture
def pair(make):
    """Two hosts with one of two instances each: a has "one", whose channel it finds in sync, b has "two", with
    drift that a guard holds."""
    fleet = make({"one": [channel("payments", *KEPT)], "two": [channel("orders", *KEPT)]})
    for host in fleet.hosts.values():
        host.case.settings["fleet"]["max_instances"] = 1
        host.case.roster(entry("payments", *KEPT), instance="one", file="one.yaml")
        host.case.roster(entry("orders", KEPT[0]), instance="two", file="two.yaml")
        host.case.tune(rosters=["one.yaml", "two.yaml"], guards={"max_deletes": 1})
    first = fleet["a"].case
    kept = first.settings["instances"].pop("two")
    first.tune(rosters=["one.yaml"])
    fleet.start("a")
    wait_until(lambda: fleet.owners() == {"one": "a"})
    first.settings["instances"]["two"] = kept
    first.tune(rosters=["one.yaml", "two.yaml"])
    first.write_settings()
    fleet["a"].daemon.reload()
    fleet.start("b")
    wait_until(lambda: fleet.owners() == {"one": "a", "two": "b"})
    wait_until(lambda: all((row["record"] or {}).get("results") for host in fleet.hosts.values()
                           for row in instances(host).values()))
    return fleet


def test_each_host_shows_all_of_it(pair):
    a, b = pair["a"], pair["b"]
    for host, other in ((a, b), (b, a)):
        fleet = told(host)
        assert fleet["host"] == host.name and fleet["lease"]["held"] and fleet["current"] and not fleet["trouble"]
        assert {row["name"]: (row["self"], row["instances"], row["max_instances"]) for row in fleet["hosts"]} == \
            {host.name: (True, 1, 1), other.name: (False, 1, 1)}
        assert len({row["roster"]["digest"] for row in fleet["hosts"]}) == 1
    assert (instances(a)["one"]["state"], instances(a)["two"]["state"]) == ("owned", "elsewhere")
    assert (instances(b)["one"]["state"], instances(b)["two"]["state"]) == ("elsewhere", "owned")
    record = instances(a)["two"]["record"]
    assert record["result"] == "held" and record["held"][0]["channel"] == "orders"
    text = a.ctl("fleet").stdout
    assert "a (this one)" in text and "0 of 1 channel in sync; 1 held" in text, text


def test_status_tells_of_others_what_they_tell(pair):
    a, b = pair["a"], pair["b"]
    text = a.ctl("status").stdout
    assert text.startswith("2 channels: 1 in sync, 1 not of this host"), text
    line, = [line for line in text.splitlines() if line.startswith("two: ")]
    assert line.startswith("two: owned by b since ") and line.endswith("0 of 1 channel in sync; 1 held"), line
    assert "one/payments" in text and "two/orders" not in text
    assert a.ctl("status", "--exit-code").status == HELD, "the guard holds there"
    assert b.ctl("status", "--exit-code").status == HELD
    row, = [row for row in json.loads(b.ctl("status", "--json").stdout)["instances"] if row["name"] == "one"]
    assert row["owner"] == "a" and row["owned"] is False and "last_pass" not in row
    page = get(a, "/")[1]
    assert "two: held at b" in page and "orders: held by max_deletes" in page and "b</strong> owns 1 instance" in page
    assert "rosterctl approve" not in page.split("</main>")[0], "that is for who owns it"


def test_metrics_and_health(pair):
    a, b = pair["a"], pair["b"]
    assert series(a, "two") == {"rosterd_owner": ["0"]}
    assert series(b, "one") == {"rosterd_owner": ["0"]}
    assert series(a, "one")["rosterd_owner"] == ["1"] and "rosterd_channel_result" in series(a, "one")
    assert get(a, "/readyz") == get(b, "/readyz") == (200, "ok\n")


def test_a_drain_gives_all_away_and_takes_none(pair):
    a, b = pair["a"], pair["b"]
    result = a.ctl("fleet", "drain")
    assert result.status == IN_SYNC and result.stdout.startswith("a: drained: "), result
    wait_until(lambda: pair.owners() == {"two": "b"})
    wait_until(lambda: instances(b)["one"]["state"] == "nobody")
    assert instances(b)["one"]["why"] == "no host has taken it: each is full (max_instances) or drained"
    assert "one: owned by nobody, last by a" in b.ctl("status").stdout
    assert b.ctl("status", "--exit-code").status == FAILED, "nobody looks after it"
    assert "one: owned by nobody" in get(b, "/")[1]
    assert [row["drained"] for row in told(b)["hosts"]] == [True, False]
    assert "fleet: a is drained: it takes no instance" in a.ctl("status").stdout
    result = a.ctl("fleet", "undrain", "--json")
    assert json.loads(result.stdout) == {"host": "a", "drained": False, "owned": 0}
    wait_until(lambda: pair.owners() == {"one": "a", "two": "b"})
    assert a.ctl("status", "--exit-code").status in (HELD, DRIFT)


def test_who_is_cut_off_says_so(pair):
    b = pair["b"]
    b.cut()
    wait_until(lambda: not told(b)["lease"]["held"])
    assert "holds no lease" in b.ctl("fleet").stdout and told(b)["trouble"]
    assert "This host is cut off from its fleet" in get(b, "/")[1]
    status, text = get(b, "/readyz")
    assert status == 503 and "fleet: this host holds no lease" in text
    b.heal()
    wait_until(lambda: get(b, "/readyz")[0] == 200)
    wait_until(lambda: pair.owners() == {"one": "a", "two": "b"})
