# SPDX-License-Identifier: MIT
"""What the real service shows over TCP: by the drop-in that is installed, and on a socket of systemd's."""

import re

from case import channel, entry
from machine import wait_until

KEPT = ("10.1.0.5", "10.1.0.6")
PORT = 9786
TOKEN = "web-TOKEN"
DROP_IN = "/usr/share/doc/rosterd/http.conf"


def begin(service, **http):
    service.serve(channel("payments", *KEPT))
    service.roster(entry("payments", *KEPT))
    service.settings["http"] = {"listen": f"127.0.0.1:{PORT}", **http}
    service.start()
    service.wait_status("1 in sync")


def code(machine, path, *args):
    """The status of an answer; "000" where nobody listens."""
    return machine.run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *args,
                       f"http://127.0.0.1:{PORT}{path}", check=False).stdout


def exposure(machine):
    done = machine.run("systemd-analyze", "security", "--no-pager", "rosterd.service")
    return float(re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout).group(1))


def test_the_drop_in_that_is_installed(machine, service):
    """It lets the port be bound, and costs next to nothing of what the unit takes away."""
    before = exposure(machine)
    machine.write("/etc/rosterd/secrets/web", TOKEN, "600")
    text = machine.text("cat", DROP_IN)
    assert f"SocketBindAllow=tcp:{PORT}" in text
    service.drop_in("30-http", *[line.lstrip("# ") if "web.token" in line else line
                                 for line in text.splitlines() if "Bind" in line or "web.token" in line])
    machine.run("sh", "-c", "cp /etc/rosterd/secrets/web /etc/rosterd/secrets/web.token && "
                            "chmod 600 /etc/rosterd/secrets/web.token")
    begin(service, token_file="web.token")
    assert code(machine, "/livez") == code(machine, "/readyz") == "200"
    assert code(machine, "/v1/status") == "401"
    assert code(machine, "/v1/status", "-H", f"Authorization: Bearer {TOKEN}") == "200"
    assert code(machine, "/v1/status", "-u", f"anybody:{TOKEN}") == "200"
    assert exposure(machine) - before <= 0.2


def test_without_the_drop_in_it_keeps_the_rosters_all_the_same(machine, service):
    """Where systemd limits binding, the port is refused and told; else it is had."""
    begin(service)
    if code(machine, "/livez") != "200":
        assert any("SocketBindDeny" in text for text in service.messages())
    assert service.state() == "active"


def test_a_socket_of_systemd(machine, service):
    """It is there before the service, and needs no drop-in."""
    machine.write("/etc/systemd/system/rosterd.socket",
                  f"[Socket]\nListenStream=127.0.0.1:{PORT}\nFileDescriptorName=http\n")
    machine.run("systemctl", "daemon-reload")
    try:
        service.drop_in("30-socket", "Sockets=rosterd.socket")
        machine.run("systemctl", "start", "rosterd.socket")
        begin(service)
        assert code(machine, "/livez") == "200"
        machine.run("systemctl", "stop", "rosterd.socket", "rosterd")
        wait_until(lambda: code(machine, "/livez") == "000")
    finally:
        machine.run("systemctl", "stop", "rosterd.socket", check=False)
        machine.run("rm", "-f", "/etc/systemd/system/rosterd.socket")
        machine.run("systemctl", "daemon-reload")
