# SPDX-License-Identifier: MIT
"""rosterd under a real systemd: the real units, credentials, watchdog, journal and hardening."""

import re

import pytest

import machine as machines
from case import channel, entry
from daemon import IDS
from machine import wait_until

KEPT = ("10.1.0.5", "10.1.0.6", "10.1.0.7")
LIVE = channel("payments", *KEPT, "10.1.0.9")
ROSTER = entry("payments", *KEPT)
UNITS = ("rosterd.service", "rosterd-git@team.service", "rosterd-git@team.timer")


def running(service, *served, faults=()):
    """(stand-in, service) once the first pass is over."""
    sim = service.serve(*(served or (LIVE,)), faults=faults)
    service.roster(ROSTER)
    service.start()
    service.wait_status("1 in sync")
    return sim


def wait_members(sim, *hosts):
    def what():
        return f"{sim.hosts('payments')} {[e['MESSAGE'] for e in sim.machine.journal('-n', '20')]}"
    wait_until(lambda: sim.hosts("payments") == sorted(hosts), what=what)


# ---- the units themselves ----

def test_the_units_are_without_a_fault(machine):
    done = machine.run("systemd-analyze", "verify", *UNITS)
    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize("unit", ["rosterd.service", "rosterd-git@.service"])
def test_exposure(machine, unit):
    done = machine.run("systemd-analyze", "security", "--offline=true", "--no-pager",
                       f"/usr/lib/systemd/system/{unit}")
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert float(exposure.group(1)) <= 1.1, done.stdout


def test_every_directive_of_hardening_has_its_reason(machine):
    """A comment stands above each, or above the first of those that it speaks of."""
    lines = machine.text("cat", "/usr/lib/systemd/system/rosterd.service").splitlines()
    hardening = lines[next(n for n, line in enumerate(lines) if line.startswith("# A user of its own")):]
    above = None
    for line in hardening:
        if line.startswith("[Install]"):
            break
        assert not re.match(r"[A-Z]\w+=", line) or above != "", f"{line}: no reason is given"
        above = line
    assert above is not None


def test_it_reaches_the_addresses_that_a_drop_in_leaves_it_and_no_other(machine, service):
    """IPAddressDeny=any, as the unit's comment shows it."""
    sim = service.serve(LIVE)
    service.roster(ROSTER)
    service.settings["limits"] = {"connect_timeout": "200ms"}
    service.drop_in("20-closed", "IPAddressDeny=any")
    service.start()
    if "not supported" in "".join(map(str, service.messages())):
        pytest.skip("THIS KERNEL FILTERS NO ADDRESSES")
    service.wait_status("1 failed")
    assert not sim.requests("list_members")
    service.drop_in("20-closed", "IPAddressDeny=any", "IPAddressAllow=localhost")
    machine.run("systemctl", "restart", "rosterd")
    service.wait_status("1 in sync")


OWN_PROGRAMS = """
for own in /tmp/own /var/tmp/own $(echo $STATE_DIRECTORY | tr : ' ' | sed 's,[^ ]*,&/own,g'); do
    cp /bin/true $own && $own && echo run $own; rm -f $own
done
touch /usr/x /etc/x /var/x && echo written
/usr/bin/python3 -c 'import socket; socket.socket().bind(("127.0.0.1", 0)); print("bound")'
echo done
"""


@pytest.mark.parametrize("unit", ["rosterd", "rosterd-git@team"])
def test_nothing_of_its_own_can_be_run_and_no_port_be_bound(machine, service, unit):
    """Tried by a program in the unit's place."""
    machine.write("/etc/rosterd/git/team.conf", "URL=file:///srv/team\n")
    machine.write("/usr/local/bin/probe", OWN_PROGRAMS)
    service.drop_in("20-probe", "Type=oneshot", "Restart=no", "ExecStart=", "ExecStart=/bin/sh /usr/local/bin/probe",
                    "StandardOutput=journal", "ExecStartPost=", "LogLevelMax=info", unit=f"{unit}.service")
    machine.run("systemctl", "start", unit)
    said = [entry["MESSAGE"] for entry in machine.journal(f"--after-cursor={service.cursor}", "_TRANSPORT=stdout")
            if entry.get("_SYSTEMD_UNIT") == f"{unit}.service"]
    assert said[-1] == "done" and not [text for text in said if text.startswith(("run", "written"))], said
    if "bound" in said:
        pytest.skip("THIS SYSTEMD LIMITS NO BINDING")  # it is built without its BPF framework


# ---- start ----

def test_start_to_active_and_drift_corrected(machine, service):
    sim = running(service)
    assert service.state() == "active" and machine.show("SubState") == "running"
    assert sim.hosts("payments") == sorted(KEPT)
    sim.edit("payments", add=[{"host": "10.1.0.99"}])
    wait_members(sim, *KEPT)
    shown = machine.text("systemctl", "status", "--no-pager", "rosterd")
    assert 'Status: "1 channel: 1 in sync' in shown


def test_it_has_no_privilege(machine, service):
    running(service)
    text = machine.text("cat", f"/proc/{service.pid()}/status")
    values = dict(re.findall(r"^(\w+):\s+(.*)$", text, re.M))
    assert "0" not in values["Uid"].split() and "0" not in values["Gid"].split()
    for kind in "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb":
        assert int(values[kind], 16) == 0, kind
    assert values["NoNewPrivs"] == "1" and values["Seccomp"] == "2"
    state = machine.text("stat", "-L", "-c", "%a %U", "/var/lib/rosterd").split()
    assert state[0] == "700" and state[1] != "root"
    leaks = machine.run("grep", "-a", "-c", "T1", f"/proc/{service.pid()}/environ", f"/proc/{service.pid()}/cmdline",
                        check=False)
    assert leaks.stdout.split() == [f"/proc/{service.pid()}/environ:0", f"/proc/{service.pid()}/cmdline:0"]


def test_a_credential_that_root_alone_can_read(machine, service):
    running(service)
    assert machine.text("stat", "-c", "%a %U", "/etc/rosterd/secrets/token").split() == ["600", "root"]
    assert service.state() == "active"


def test_a_credential_that_is_not_passed_on_is_invalid_and_not_tried_again(machine, service):
    service.serve(LIVE)
    service.roster(ROSTER)
    machine.run("rm", "-rf", "/etc/systemd/system/rosterd.service.d")
    machine.run("systemctl", "daemon-reload")
    assert service.start(check=False).returncode != 0
    assert service.state() == "failed" and machine.show("ExecMainStatus") == "78"
    assert machine.show("NRestarts") == "0"
    assert [text for text in service.messages() if "token" in text], "it says which"


def test_a_credential_whose_file_is_missing_fails_until_it_is_there(machine, service):
    sim = service.serve(LIVE)
    service.roster(ROSTER)
    service.drop_in("20-fast", "RestartSec=200ms")
    machine.run("rm", "/etc/rosterd/secrets/token")
    assert service.start(check=False).returncode != 0
    assert not sim.requests()
    machine.run("systemctl", "reset-failed", "rosterd", check=False)
    service.secret()
    machine.run("systemctl", "restart", "rosterd")
    service.wait_status("1 in sync")


def test_bad_settings_are_no_restart_loop(machine, service):
    service.drop_in("20-fast", "RestartSec=10ms")
    service.roster(entry("payments", "10.1.0.5", "10.1.0.5", colour="red"))
    assert service.start(check=False).returncode != 0
    assert service.state() == "failed" and machine.show("Result") == "exit-code", service.messages()
    assert machine.show("ExecMainStatus") == "78" and machine.show("NRestarts") == "0"
    entries = service.journal(IDS["INVALID"])
    assert [e for e in entries if "team.yaml:1:" in e["MESSAGE"] and "colour" in e["MESSAGE"]]
    assert {e["PRIORITY"] for e in entries} == {"3"}
    shown = machine.run("systemctl", "status", "--no-pager", "rosterd", check=False).stdout
    assert "colour" in shown, "systemctl status alone tells what is wrong"


def test_a_state_directory_that_the_unit_does_not_let_it_write(machine, service):
    """Nothing is deleted, and the journal says what would help."""
    sim = service.serve(LIVE)
    service.roster(ROSTER)
    service.settings["state_dir"] = "/srv/rosterd-state"
    service.start()
    service.wait_status("STATE unusable", "1 failed")
    assert len(sim.hosts("payments")) == 4
    said = [e["MESSAGE"] for e in service.journal(IDS["STATE"])]
    assert [text for text in said if "/srv/rosterd-state" in text and "StateDirectory=" in text], said


# ---- reload ----

def test_reload_good(machine, service):
    sim = running(service)
    pid = service.pid()
    service.roster(entry("payments", *KEPT[:2]))
    machine.run("systemctl", "reload", "rosterd")
    wait_members(sim, *KEPT[:2])
    assert service.pid() == pid and service.state() == "active"


def test_reload_bad_fails_visibly_and_it_goes_on(machine, service):
    sim = running(service)
    pid = service.pid()
    service.roster({"nmae": "payments", "members": ["10.1.0.5"]})
    assert machine.run("systemctl", "reload", "rosterd", check=False).returncode != 0
    service.wait_status("INVALID", "team.yaml:1:", "1 in sync")
    assert service.state() == "active" and service.pid() == pid
    sim.edit("payments", add=[{"host": "10.1.0.99"}])
    wait_members(sim, *KEPT)
    service.roster(ROSTER)
    machine.run("systemctl", "reload", "rosterd")
    assert "INVALID" not in service.wait_status("1 in sync", "next pass")
    assert [text for text in service.messages() if "valid again" in text]


# ---- watchdog, crashes, stop ----

def test_the_watchdog_restarts_a_loop_that_stands_still(machine, service):
    service.drop_in("20-fast", "WatchdogSec=1s", "RestartSec=100ms", "TimeoutAbortSec=2s")
    sim = running(service)
    pid = service.pid()
    machine.run("kill", "-STOP", pid)
    wait_until(lambda: machine.show("NRestarts") == "1", what="the watchdog never bit")
    wait_until(lambda: service.state() == "active" and service.pid() not in ("0", pid))
    assert [e for e in service.journal(_PID="1") if "Watchdog timeout" in e["MESSAGE"]]
    service.wait_status("1 in sync")
    sim.edit("payments", add=[{"host": "10.1.0.99"}])
    wait_members(sim, *KEPT)
    assert machine.show("NRestarts") == "1", "and bites no more"


def test_it_recovers_from_being_killed(machine, service):
    service.drop_in("20-fast", "RestartSec=100ms")
    sim = service.serve(LIVE, faults=[{"match": {"op": "delete_member"}, "times": 1,
                                       "then": {"effect": True, "stall": True}}])
    service.roster(ROSTER)
    service.start()
    wait_until(lambda: sim.requests("delete_member"))
    pid = service.pid()
    machine.run("kill", "-KILL", pid)
    wait_until(lambda: machine.show("NRestarts") == "1" and service.state() == "active")
    service.wait_status("1 in sync")
    assert sim.hosts("payments") == sorted(KEPT)


def test_stop_in_mid_deletion(machine, service):
    """The service never answers: it is abandoned, and systemd need not kill."""
    sim = service.serve(LIVE, faults=[{"match": {"op": "delete_member"}, "times": -1, "then": {"stall": True}}])
    service.roster(ROSTER)
    service.start()
    wait_until(lambda: sim.requests("delete_member"))
    machine.run("systemctl", "stop", "rosterd")
    assert service.state() == "inactive" and machine.show("Result") == "success"
    assert [text for text in service.messages() if "Deactivated successfully" in text]
    assert not [text for text in service.messages() if "code=" in text], "neither killed nor ended with a failure"
    assert len(sim.requests("delete_member")) == 1


def test_stop_while_idle_and_start_again(machine, service):
    running(service)
    machine.run("systemctl", "restart", "rosterd")
    service.wait_status("1 in sync")
    machine.run("systemctl", "stop", "rosterd")
    assert machine.show("Result") == "success"
    assert service.journal(IDS["STOPPING"])


# ---- the journal ----

def test_a_deletion_in_the_journal(machine, service):
    running(service)
    found, = service.journal(IDS["DELETED"])
    assert found["PRIORITY"] == "5" and found["SYSLOG_IDENTIFIER"] == "rosterd"
    assert found["ROSTERD_INSTANCE"] == "prod" and found["ROSTERD_CHANNEL"] == "payments"
    assert found["ROSTERD_MEMBER"] == "10.1.0.9:8080" and found["ROSTERD_ACTION"] == "deleted"
    assert found["ROSTERD_ATTEMPT"] == "1" and re.fullmatch(r"[0-9a-f]{64}", found["ROSTERD_DIGEST"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}Z-\d+", found["ROSTERD_PASS"])
    assert found in machine.journal("ROSTERD_CHANNEL=payments", "ROSTERD_ACTION=deleted")


def test_an_error_in_the_journal(machine, service):
    service.settings["retry"]["attempts"] = 1
    service.serve(LIVE, faults=[{"match": {"op": "list_channels"}, "times": -1,
                                 "then": {"status": 503, "code": "APIG.9999", "message": "System error"}}])
    service.roster(ROSTER)
    service.start()
    service.wait_status("1 failed", "System error")
    found, = [e for e in service.journal() if e["PRIORITY"] == "3" and e.get("_PID") != "1"]
    assert found["MESSAGE_ID"] in (IDS["OUTAGE"], IDS["INSTANCE_FAILED"]) and found["ROSTERD_INSTANCE"] == "prod"


def test_the_catalog_explains(machine, service):
    running(service)
    text = machine.text("journalctl", "--no-pager", "-x", "-u", "rosterd", f"MESSAGE_ID={IDS['DELETED']}")
    assert "Member 10.1.0.9:8080 of prod/payments is deleted" in text and "write it into the roster" in text


# ---- rosters from git ----

def in_git(machine, script):
    machine.run("sh", "-euc", f"cd /srv/team; {script}")


def commit(machine, *entries):
    machine.write("/srv/team/team.yaml", machines.json.dumps({"version": 1, "channels": list(entries)}))
    in_git(machine, "git add -A; git -c user.name=Team -c user.email=team@example.com commit -q -m change")


def make_repository(machine, *entries):
    """A repository of root's, which rosterd-git reads by another user, and the timer made quick."""
    machine.run("rm", "-rf", "/srv/team")
    machine.run("git", "init", "-q", "-b", "main", "/srv/team")
    commit(machine, *entries)
    machine.write("/etc/rosterd/git/team.conf", "URL=file:///srv/team\n")
    machine.write("/etc/systemd/system/rosterd-git@.timer.d/10-often.conf",
                  "[Timer]\nOnUnitInactiveSec=500ms\nRandomizedDelaySec=0\nAccuracySec=1ms\n")
    machine.write("/etc/systemd/system/rosterd-git@.service.d/10-often.conf", "[Unit]\nStartLimitIntervalSec=0\n")
    machine.run("systemctl", "daemon-reload")


def git_messages(machine, service):
    """What the journal has of the pull, systemd's own lines included."""
    return [entry["MESSAGE"] for entry in machine.journal(f"--after-cursor={service.cursor}")
            if "rosterd-git@team.service" in (entry.get("_SYSTEMD_UNIT"), entry.get("UNIT"))]


def test_a_change_in_git_is_pulled_and_applied(machine, service):
    make_repository(machine, entry("payments", *KEPT, "10.1.0.9"))
    machine.run("systemctl", "start", "rosterd-git@team.service")
    assert machine.text("stat", "-c", "%U %a", "/var/lib/rosterd-git/team/team.yaml").split() == ["rosterd-git", "644"]
    service.settings["rosters"] = ["/var/lib/rosterd-git/team"]
    sim = service.serve(LIVE)
    service.start()
    service.wait_status("1 in sync")
    assert len(sim.hosts("payments")) == 4
    machine.run("systemctl", "start", "rosterd-git@team.timer")
    commit(machine, ROSTER)
    wait_members(sim, *KEPT)
    commit(machine, {"nmae": "payments"})
    service.wait_status("INVALID", "/var/lib/rosterd-git/team/team.yaml:1:")
    commit(machine, entry("payments", *KEPT[:2]))
    wait_members(sim, *KEPT[:2])
    assert machine.show("Result", "rosterd-git@team.service") == "success"
    assert "git /var/lib/rosterd-git/team: pulled at 20" in machine.text("rosterctl", "status")


def test_a_pull_that_finds_nothing_new_leaves_no_line(machine, service):
    make_repository(machine, ROSTER)
    machine.run("systemctl", "start", "rosterd-git@team.service")
    first = git_messages(machine, service)
    assert len(first) == 1 and re.fullmatch(r"team: nothing -> [0-9a-f]{40}", first[0])
    for _ in range(3):
        machine.run("systemctl", "start", "rosterd-git@team.service")
    assert git_messages(machine, service) == first
    machine.run("rm", "-rf", "/srv/team")
    assert machine.run("systemctl", "start", "rosterd-git@team.service", check=False).returncode != 0
    assert [text for text in git_messages(machine, service) if "does not appear to be a git repository" in text]


def test_the_clone_is_there_when_rosterd_starts(machine, service):
    make_repository(machine, ROSTER)
    machine.run("systemctl", "enable", "rosterd-git@team.timer")
    service.settings["rosters"] = ["/var/lib/rosterd-git/team"]
    service.serve(LIVE)
    service.start()
    service.wait_status("1 in sync")
    assert machine.show("NRestarts") == "0"
    machine.run("systemctl", "disable", "rosterd-git@team.timer")


def test_a_rosterd_that_started_before_the_first_clone_starts_with_it(machine, service):
    make_repository(machine, ROSTER)
    machine.run("mv", "/srv/team", "/srv/away")
    service.settings["rosters"] = ["/var/lib/rosterd-git/team"]
    service.serve(LIVE)
    machine.run("systemctl", "start", "rosterd-git@team.timer")
    assert service.start(check=False).returncode != 0
    assert machine.show("ExecMainStatus") == "78"
    machine.run("mv", "/srv/away", "/srv/team")
    wait_until(lambda: service.state() == "active", what=lambda: git_messages(machine, service))
    service.wait_status("1 in sync")
    machine.run("systemctl", "stop", "rosterd")
    commit(machine, entry("payments", *KEPT[:2]))
    wait_until(lambda: len([text for text in git_messages(machine, service) if " -> " in text]) == 2)
    machine.run("systemctl", "stop", "rosterd-git@team.timer")
    assert service.state() == "inactive", "what somebody stopped stays so"


@pytest.mark.parametrize("url", ["https://127.0.0.1:9/team.git", "ssh://git@127.0.0.1:9/team.git"])
def test_the_ways_to_a_repository_work_within_the_hardening(machine, service, url):
    """Nobody listens there: that is as far as it must come."""
    machine.write("/etc/rosterd/git/team.conf", f"URL={url}\n")
    assert machine.run("systemctl", "start", "rosterd-git@team.service", check=False).returncode != 0
    said = [e["MESSAGE"] for e in machine.journal(f"--after-cursor={service.cursor}")
            if e.get("_SYSTEMD_UNIT") == "rosterd-git@team.service"]
    assert [text for text in said if re.search("Connection refused|Could ?n.t connect", text)], said
