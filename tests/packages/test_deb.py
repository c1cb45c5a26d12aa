# SPDX-License-Identifier: MIT
"""The Debian packages: what is in them, that they are the same wherever they are made, and their life on a Debian
that never saw rosterd."""

import hashlib
import json
import os
import pathlib
import re
import shutil

import pytest

import machine as machines
import packages
from case import channel, entry
from service import Service

PACKAGES = ("rosterd", "rosterd-git")
LIVE = channel("payments", "10.1.0.5", "10.1.0.6", "10.1.0.9")
ROSTER = entry("payments", "10.1.0.5", "10.1.0.6")


def test_lintian_has_nothing_to_say(deb):
    changes = list(deb.folder.glob("*.changes"))
    done = packages.run("lintian", "-I", "--pedantic", "--fail-on", "error,warning", "--allow-root", *changes)
    assert done.stdout == ""


def test_each_override_has_its_reason():
    for path in packages.ROOT.glob("systemd/debian/**/*lintian-overrides"):
        before = ""
        for line in path.read_text().splitlines():
            assert line.startswith("# ") or before.startswith("# "), (path, line)
            before = line


def test_all_is_hardened(deb, tmp_path):
    log = tmp_path / "log"
    log.write_text(deb.log)
    assert packages.run("blhc", "--all", log).stdout == ""


def test_contents(deb):
    both = {name: packages.deb_files(deb.package(name)) for name in PACKAGES}
    assert not set(both["rosterd"]) & set(both["rosterd-git"])
    laid = set(both["rosterd"]) | set(both["rosterd-git"])
    for name in ("/usr/bin/rosterd", "/usr/bin/rosterctl", "/lib/systemd/system/rosterd.service",
                 "/lib/systemd/system/rosterd-git@.timer", "/usr/share/man/man8/rosterd.8.gz",
                 "/usr/share/man/man1/rosterctl.1.gz", "/usr/share/man/man5/rosterd.yaml.5.gz",
                 "/usr/share/bash-completion/completions/rosterctl", "/usr/share/zsh/vendor-completions/_rosterd",
                 "/usr/share/fish/vendor_completions.d/rosterctl.fish", "/usr/share/rosterd/roster.schema.json",
                 "/usr/share/doc/rosterd/rosterd.yaml.example", "/usr/share/doc/rosterd/README.md.gz"):
        assert name in laid, name
    assert not [name for name in laid if name.startswith("/etc/")], "no settings are anybody's but the administrator's"
    assert "/usr/lib/debug" in "".join(packages.deb_files(deb.package("rosterd-dbgsym")))
    assert not [name for name, mode in {**both["rosterd"], **both["rosterd-git"]}.items() if "s" in mode or mode[8] == "w"]


def digests(built):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in built.files}


def another(tmp_path_factory, kind):
    """Made by somebody else, elsewhere, in another year, with one processor."""
    folder = tmp_path_factory.mktemp("another-and-longer") / "elsewhere"
    packages.clone(folder)
    packages.run("chown", "-R", "nobody", folder.parent)
    packages.open_to_all(folder.parent)
    one = ("taskset", "--cpu-list", "0", "setpriv", "--reuid=nobody", "--clear-groups")
    return packages.Built(folder, kind, wrap=(*one, "sh", "-c", 'umask 077; exec faketime "2031-02-03 04:05:06" "$@"', "-"),
                          LC_ALL="C.UTF-8", LANG="C.UTF-8", TZ="Pacific/Auckland", HOME="/nonexistent", USER="nobody",
                          GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="safe.directory", GIT_CONFIG_VALUE_0="*")


@pytest.mark.parametrize("kind", ["deb", "rpm"])
def test_the_same_bytes_elsewhere(kind, request, tmp_path_factory):
    first = digests(request.getfixturevalue(kind))
    assert len(first) >= 3
    assert digests(another(tmp_path_factory, kind)) == first


def newer(deb, folder):
    """The same packages as they were made of a later commit."""
    laid = {}
    for name in PACKAGES:
        root = folder / name
        packages.run("dpkg-deb", "-R", deb.package(name), root)
        control = root / "DEBIAN" / "control"
        control.write_text(re.sub(r"(?m)^Version: .*$", f"Version: {deb.version}.later-1", control.read_text()))
        laid[name] = folder / f"{name}.later.deb"
        packages.run("dpkg-deb", "-b", "--root-owner-group", root, laid[name])
        shutil.rmtree(root)
    return laid


class Host:
    """A machine that boots a fresh Debian, with the packages in /root and what they depend on at hand."""

    def __init__(self, deb, debian, folder):
        staged = folder / "staged"
        (staged / "root").mkdir(parents=True)
        for name in PACKAGES:
            shutil.copy(deb.package(name), staged / "root" / f"{name}.deb")
            shutil.copy(newer(deb, folder)[name], staged / "root" / f"{name}.later.deb")
        (staged / "usr/local/bin").mkdir(parents=True)
        shutil.copy(packages.ROOT / "build/tests/romasim/romasim", staged / "usr/local/bin/romasim")
        shutil.copytree(staged / "root", debian / "root", dirs_exist_ok=True)
        packages.inside(debian, "apt-get", "-qq", "update")
        packages.inside(debian, "apt-get", "-qq", "-y", "--download-only", "-o", "APT::Keep-Downloaded-Packages=true",
                        "install", *[f"/root/{name}.deb" for name in PACKAGES])
        self.machine = machines.Machine(staged, debian)

    def apt(self, *argv):
        return self.machine.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", *argv, seconds=300)

    def found(self):
        """All that tells of rosterd, but for what apt and the journal keep of any package."""
        text = self.machine.text("find", "/", "-xdev", "(", "-path", "/proc", "-o", "-path", "/sys", "-o", "-path", "/root", "-o",
                                 "-path", "/run/systemd", "-o", "-path", "/var/cache", "-o", "-path", "/var/log", "-o",
                                 "-path", "/var/lib/apt", ")", "-prune", "-o", "-iname", "*rosterd*", "-print")
        users = self.machine.text("sh", "-c", "grep -h rosterd /etc/passwd /etc/group /etc/shadow || :")
        return sorted(text.split()) + users.split()


@pytest.fixture(scope="module")
def host(deb, debian, tmp_path_factory):
    try:
        made = Host(deb, debian, tmp_path_factory.mktemp("host"))
    except machines.CannotBoot as error:
        pytest.skip(f"NO REAL SYSTEMD HERE: {error}")
    yield made
    made.machine.stop()


def test_life_on_a_fresh_debian(host):
    """Install, set up, a pass, upgrade, remove, purge: nothing surprising at any step."""
    machine = host.machine
    assert host.found() == []
    host.apt("install", "/root/rosterd.deb", "/root/rosterd-git.deb")
    assert machine.show("ActiveState") == "inactive" and machine.show("UnitFileState") == "disabled"
    assert machine.run("rosterd", "--version").stdout.startswith("rosterd ")
    assert machine.text("id", "-un", "rosterd-git").strip() == "rosterd-git"
    assert machine.text("sh", "-c", "ls -A /etc/rosterd /etc/rosterd/*").split() == \
        ["/etc/rosterd:", "git", "rosters.d", "/etc/rosterd/git:", "/etc/rosterd/rosters.d:"]
    machine.run("rosterd", "--check", "-c", "/usr/share/doc/rosterd/rosterd.yaml.example")

    service = Service(machine)
    sim = service.serve(LIVE)
    service.roster(ROSTER)
    service.write_settings()
    machine.run("systemctl", "enable", "--now", "rosterd")
    service.wait_status("1 in sync")
    assert sim.hosts("payments") == ["10.1.0.5", "10.1.0.6"]
    history = machine.text("rosterctl", "history", "--json")
    assert json.loads(history)["actions"][0]["outcome"] == "deleted"

    pid, restarts = service.pid(), len(machine.journal("-u", "rosterd", "JOB_TYPE=restart"))
    host.apt("install", "/root/rosterd.later.deb", "/root/rosterd-git.later.deb")
    service.wait_status("1 in sync")
    assert service.pid() != pid and machine.show("UnitFileState") == "enabled"
    assert len(machine.journal("-u", "rosterd", "JOB_TYPE=restart", "JOB_RESULT=done")) == restarts + 1, "once"
    assert machine.text("rosterctl", "history", "--json") == history
    assert "10.1.0.6" in machine.text("cat", "/etc/rosterd/rosters.d/team.yaml")

    machine.run("systemctl", "stop", "rosterd")
    host.apt("install", "--reinstall", "/root/rosterd.later.deb")
    assert machine.show("ActiveState") == "inactive", "what an administrator stopped is not started"
    machine.run("systemctl", "start", "rosterd")

    host.apt("remove", "rosterd", "rosterd-git")
    assert "/rosterd" not in machine.text("sh", "-c", "readlink /proc/[0-9]*/exe || :"), "it is stopped"
    assert "/var/lib/private/rosterd/rosterd.db" in host.found(), "a removal keeps the state"
    host.apt("purge", "rosterd", "rosterd-git")
    written = ["/etc/rosterd", "/etc/rosterd/rosterd.yaml", "/etc/systemd/system/rosterd.service.d"]
    assert [name for name in host.found() if name not in written] == []
    assert sorted(machine.text("find", "/etc/rosterd", "-type", "f").split()) == \
        ["/etc/rosterd/rosterd.yaml", "/etc/rosterd/rosters.d/team.yaml", "/etc/rosterd/secrets/token"]
    assert machine.text("systemctl", "--failed", "--plain", "--no-legend").strip() == ""
