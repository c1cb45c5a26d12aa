# SPDX-License-Identifier: MIT
"""The packages of rpm: the same contents and the same behaviour as the Debian ones."""

import re

import pytest

import packages

PACKAGES = ("rosterd", "rosterd-git")


def common(name):
    """A path as both kinds of distribution would have it."""
    name = name.removesuffix(".gz").replace("vendor-completions", "site-functions")
    return re.sub("^/lib/", "/usr/lib/", name)


# What each kind has of its own.
OWN = re.compile(r"/usr/share/doc/rosterd(-git)?/(changelog(\.Debian)?|copyright|NEWS)(\.gz)?$|/usr/share/licenses/"
                 r"|/usr/lib/\.build-id/|/usr/share/lintian/")


@pytest.mark.parametrize("name", PACKAGES)
def test_the_same_contents(name, deb, rpm):
    ours = {common(path): mode for path, mode in packages.deb_files(deb.package(name)).items() if not OWN.search(path)}
    theirs = {common(path): mode for path, mode in packages.rpm_files(rpm.package(name)).items() if not OWN.search(path)}
    assert ours and theirs == ours


def scriptlets(rpm, name):
    text = packages.run("rpm", "-qp", "--scripts", rpm.package(name)).stdout
    found = re.findall(r"(?ms)^(\w+) scriptlet \(using /bin/sh\):\n(.*?)(?=^\w+ scriptlet|\Z)", text)
    return dict(found)


def test_the_same_steps(deb, rpm, tmp_path):
    """A running service is restarted once by an upgrade and stopped by a removal; nothing is enabled or started."""
    for name in PACKAGES:
        packages.run("dpkg-deb", "-e", deb.package(name), tmp_path / name)
    theirs, ours = scriptlets(rpm, "rosterd"), {path.name: path.read_text() for path in (tmp_path / "rosterd").iterdir()}
    assert "try-restart 'rosterd.service'" in ours["postinst"] and "try-restart rosterd.service" in theirs["postuninstall"]
    assert "stop rosterd.service" in ours["prerm"] and "disable --now rosterd.service" in theirs["preuninstall"]
    for text in (*theirs.values(), ours["postinst"], ours["prerm"]):
        assert not re.search(r"systemctl (--\S+ )*(start|enable|restart)\b", text), text
    git = scriptlets(rpm, "rosterd-git")
    assert "useradd" in git["preinstall"] and "stop 'rosterd-git@*.timer'" in git["preuninstall"]
    assert "stop 'rosterd-git@*.timer'" in (tmp_path / "rosterd-git/prerm").read_text()


def test_installed_into_a_root_of_its_own(rpm, tmp_path):
    """Laid, run, erased: nothing is left."""
    root = tmp_path / "root"
    root.mkdir()
    packages.run("rpm", "--root", root, "--initdb")
    both = [rpm.package(name) for name in PACKAGES]
    packages.run("rpm", "--root", root, "-i", "--nodeps", "--noscripts", *both)
    packages.run("rpm", "--root", root, "-V", "--nodeps", *PACKAGES)
    assert packages.run(root / "usr/bin/rosterd", "--version").stdout.startswith("rosterd ")
    packages.run(root / "usr/bin/rosterd", "--check", "-c", root / "usr/share/doc/rosterd/rosterd.yaml.example")
    packages.run("rpm", "--root", root, "-e", "--noscripts", *PACKAGES)
    assert not [path for path in root.rglob("*rosterd*")]
