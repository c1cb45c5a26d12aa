# SPDX-License-Identifier: MIT
"""The stand-in as a program: start, end, logs, TLS, and its admin interface."""

import json
import signal
import socket
import subprocess
import sys

import pytest

import sim
from sim import HEADERS, PREFIX

CHANNEL = "a" * 32
MEMBERS = f"{PREFIX}/vpc-channels/{CHANNEL}/members"


def channels():
    return [{"id": CHANNEL, "name": "payments", "port": 8080,
             "members": [{"host": f"10.1.0.{n}"} for n in range(1, 6)]}]


@pytest.fixture
def client():
    with sim.start(sim.state(channels())) as service:
        yield sim.Client(service)


def test_it_ends_on_sigterm_with_0():
    service = sim.start(sim.state([]))
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(10) == 0
    service.stop()


def test_it_ends_with_its_parent():
    parent = "import sim; service = sim.start(sim.state([])); print(service.port, flush=True); import os; os._exit(0)"
    port = int(subprocess.run([sys.executable, "-c", parent], cwd=sim.ROOT / "tests" / "integration", check=True,
                              capture_output=True, text=True).stdout)
    with pytest.raises(ConnectionRefusedError):
        while True:
            socket.create_connection(("127.0.0.1", port), 10).close()


def test_the_port_stands_in_a_file(tmp_path):
    state, port_file = tmp_path / "state.json", tmp_path / "port"
    state.write_text(json.dumps(sim.state([])))
    process = subprocess.Popen([sim.binary(), "--state", str(state), "--port-file", str(port_file), "--port", "0"],
                               stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    assert line == f"romasim listening on http://127.0.0.1:{port_file.read_text().strip()}\n"
    process.terminate()
    assert process.wait(10) == 0
    process.stdout.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["port", "state.json"]


def test_a_mistake_in_the_state_is_fatal():
    with pytest.raises(RuntimeError):
        sim.start(sim.state(channels(), eventual_msec=5))


def test_the_door_for_tests_shows_and_changes(client):
    client.sim.edit("payments", add=[{"host": "10.9.0.1", "port": 99}], remove=["10.1.0.1", "10.1.0.2:8080"])
    last = client.json("GET", MEMBERS + "?limit=500")["members"][-1]
    assert (last["host"], last["port"]) == ("10.9.0.1", 99)
    assert client.sim.hosts(CHANNEL) == ["10.1.0.3", "10.1.0.4", "10.1.0.5", "10.9.0.1"]
    with pytest.raises(ValueError):
        client.sim.edit("nobody", add=[])
    client.status("DELETE", f"{MEMBERS}/nobody")
    first, second = client.sim.requests()
    assert (first["op"], first["status"], first["query"]) == ("list_members", 200, "limit=500")
    assert (second["op"], second["status"], second["code"]) == ("delete_member", 404, "APIG.3024")
    assert (second["channel"], second["member"], second["applied"]) == (CHANNEL, "nobody", False)
    assert "X-Auth-Token" in second["headers"]
    assert client.sim.stats()["max_in_flight"] == 1
    assert client.sim.stats()["connections"] == 2
    client.sim.clear_requests()
    assert client.sim.requests() == []


def test_bytes_that_are_no_text_leave_the_log_readable(client):
    with socket.create_connection(("127.0.0.1", client.sim.port), 10) as raw:
        raw.sendall(b"GET /a\x97\xc3\xa9 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        while raw.recv(4096):
            pass
    assert client.sim.requests()[-1]["path"] == "/a\ufffd\u00e9"


def test_the_log_file_has_one_line_a_request(tmp_path):
    log = tmp_path / "requests.jsonl"
    with sim.start(sim.state(channels()), log=log) as service:
        client = sim.Client(service)
        client.json("GET", MEMBERS)
        client.status("GET", "/nothing")
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        assert lines == service.requests() and len(lines) == 2


def test_tls_and_connections_that_are_kept():
    with sim.start(sim.state(channels()), tls=True) as service:
        connection = service.connection()
        for _ in range(3):
            connection.request("GET", MEMBERS, headers=HEADERS)
            assert json.loads(connection.getresponse().read())["total"] == 5
        connection.close()
        assert service.stats()["connections"] == 1
