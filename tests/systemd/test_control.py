# SPDX-License-Identifier: MIT
"""The control socket of the real service: who may do what with it, and that what people do survives a restart."""

import json

import pytest

from case import channel, entry

SOCKET = "/run/rosterd/control.sock"
STRANGER, READERS = 4242, "roster-readers"
KEPT = ("10.1.0.5", "10.1.0.6", "10.1.0.7")
IN_SYNC, REFUSED, DRIFT, HELD, NO_DAEMON = 0, 1, 2, 3, 69


class People:
    """rosterctl on the machine, as root or as an ordinary user in the group of the socket or outside of it."""

    def __init__(self, machine, gid):
        self.machine, self.gid = machine, gid

    def root(self, *args):
        return self.machine.run("rosterctl", *args, check=False)

    def reader(self, *args):
        return self._user(["--groups", self.gid], args)

    def stranger(self, *args):
        return self._user(["--clear-groups"], args)

    def _user(self, groups, args):
        return self.machine.run("setpriv", "--reuid", STRANGER, "--regid", STRANGER, *groups, "--inh-caps=-all",
                                "rosterctl", *args, check=False)

    def channel(self, name="payments"):
        done = self.root("status", "--json")
        return next(row for row in json.loads(done.stdout)["channels"] if row["name"] == name)


@pytest.fixture
def people(machine, service):
    """The service is in sync, after a deletion; it passes again only when told."""
    machine.run("groupadd", "--force", "--system", READERS)
    gid = machine.text("getent", "group", READERS).split(":")[2]
    service.drop_in("20-readers", f"Group={READERS}")
    service.settings["interval"] = "1h"
    service.sim = service.serve(channel("payments", *KEPT, "10.1.0.9"))
    service.roster(entry("payments", *KEPT))
    service.start()
    service.wait_status("1 in sync")
    return People(machine, gid)


def refused(done, *parts, status=REFUSED):
    """One clear line, and nothing else."""
    assert done.returncode == status and done.stdout == "", done
    assert done.stderr.startswith("rosterctl: ") and done.stderr.count("\n") == 1, done
    for part in parts:
        assert part in done.stderr, done


def test_the_socket_is_for_its_user_and_group(machine, service, people):
    kind, mode, user, group = machine.text("stat", "-c", "%F:%a:%U:%G", SOCKET).strip().split(":")
    assert (kind, mode, group) == ("socket", "660", READERS)
    assert user not in ("root", "nobody")
    machine.run("systemctl", "stop", "rosterd")
    assert machine.run("test", "-e", SOCKET, check=False).returncode != 0
    refused(people.root("status"), "no rosterd runs", status=NO_DAEMON)


def test_root_reads(people):
    done = people.root("status")
    assert done.returncode == 0 and "prod/payments" in done.stdout and done.stderr == ""


def test_a_stranger_is_refused(people):
    for command in ("status",), ("history",), ("resume", "payments"):
        refused(people.stranger(*command), SOCKET, "Permission denied")


def test_the_group_reads_and_changes_nothing(service, people):
    for command in ("status",), ("history",):
        done = people.reader(*command)
        assert done.returncode == 0 and "payments" in done.stdout and done.stderr == "", done
    assert "10.1.0.9:8080" in people.reader("history").stdout
    service.sim.clear_requests()
    for command in (("pause", "payments", "--reason", "me"), ("resume", "payments"), ("approve", "a" * 64),
                    ("reconcile",), ("undo", "--last")):
        refused(people.reader(*command), "only root and rosterd's own user may change anything")
    assert people.channel()["pause"] is None and not service.sim.requests()


def test_settings_with_another_state_do_not_reach_the_service(service, people):
    """The service's own directory is behind a link and closed to readers: it is known by that link all the same."""
    for directory, reaches in ("/var/lib/rosterd", True), ("/var/lib/private/rosterd", True), ("/srv/other", False):
        service.write_settings("/srv/other.yaml", state_dir=directory)
        for who in people.root, people.reader:
            done = who("status", "-c", "/srv/other.yaml")
            if reaches:
                assert done.returncode == IN_SYNC, done
            else:
                refused(done, "/srv/other", "/var/lib", "--socket")


def test_a_pause_of_root_outlives_a_restart(machine, service, people):
    assert people.root("pause", "payments", "--reason", "a migration").returncode == 0
    service.sim.edit("payments", add=[{"host": "10.1.0.99"}])
    machine.run("systemctl", "restart", "rosterd")
    service.wait_status("1 paused")
    assert people.root("reconcile").returncode == DRIFT
    assert people.channel()["pause"]["reason"] == "a migration"
    assert "10.1.0.99" in service.sim.hosts("payments")
    assert people.root("resume", "payments").returncode == 0
    assert people.root("reconcile").returncode == IN_SYNC
    assert service.sim.hosts("payments") == sorted(KEPT)


def test_reconcile_exits_like_a_single_pass(service, people):
    assert people.root("reconcile").returncode == IN_SYNC
    service.sim.edit("payments", add=[{"host": "10.1.0.99"}])
    done = people.root("reconcile", "payments", "--json")
    assert done.returncode == IN_SYNC and json.loads(done.stdout)["result"] == "converged"
    service.sim.edit("payments", remove=KEPT[:1])
    assert people.root("reconcile").returncode == DRIFT
    service.sim.edit("payments", add=[{"host": KEPT[0]}] + [{"host": f"10.1.1.{n}"} for n in range(1, 12)])
    done = people.root("reconcile")
    assert done.returncode == HELD and "max_deletes refuses" in done.stdout
    assert people.root("approve", people.channel()["digest"]).returncode == 0
    assert people.root("reconcile").returncode == IN_SYNC
    assert service.sim.hosts("payments") == sorted(KEPT)
    service.sim.faults([{"match": {"op": "list_members"}, "then": {"status": 403, "code": "APIG.1005"}}])
    assert people.root("reconcile").returncode == REFUSED, "a channel that cannot be read"


def test_undo_brings_back_what_the_pass_deleted(service, people):
    assert "10.1.0.9" not in service.sim.hosts("payments")
    assert people.root("undo", "--last", "--dry-run").returncode == 0
    assert "10.1.0.9" not in service.sim.hosts("payments")
    done = people.root("undo", "--last")
    assert done.returncode == 0 and "10.1.0.9" in done.stdout, done
    assert service.sim.hosts("payments") == sorted((*KEPT, "10.1.0.9"))
    assert people.channel()["pause"]["reason"].startswith("undo of ")
    assert people.root("reconcile").returncode == DRIFT
    assert "10.1.0.9" in service.sim.hosts("payments")
