# SPDX-License-Identifier: MIT
"""Making packages, and Debians to try them in."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Where this machine has its Debian from.
SOURCES = [*pathlib.Path("/etc/apt").glob("sources.list"), *pathlib.Path("/etc/apt/sources.list.d").glob("debian.sources")]


def run(*argv, check=True, **settings):
    done = subprocess.run(list(map(str, argv)), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", **settings)
    assert not check or done.returncode == 0, f"{argv}: {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done


def environment(**changes):
    """What a shell of somebody else has."""
    kept = {name: value for name, value in os.environ.items()
            if name not in ("CI", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "CC", "CFLAGS", "LDFLAGS")}
    return {**kept, **changes}


def clone(folder):
    run("git", "clone", "-q", ROOT, folder)
    return folder


def open_to_all(folder):
    """A folder of a test's own (conftest.py), which is made for one user alone."""
    for path in folder, folder.parent:
        path.chmod(0o755)


class Built:
    """What `make KIND` left in a clone."""

    def __init__(self, folder, kind, wrap=(), **changes):
        self.log = run(*wrap, "make", kind, cwd=folder, env=environment(**changes)).stdout
        self.version = run("systemd/package.sh", "version", cwd=folder, env=environment(**changes)).stdout.strip()
        self.folder = folder / "build" / "packages" / kind
        self.files = sorted(path for pattern in ("*.deb", "*.dsc", "*.tar.*", "RPMS/*/*.rpm", "SRPMS/*.rpm")
                            for path in self.folder.glob(pattern))

    def package(self, name):
        """The binary package of this name."""
        found = [path for path in self.files
                 if re.fullmatch(rf"{name}[_-]\d.*(\.deb|(?<!\.src)\.rpm)", path.name)]
        assert len(found) == 1, (name, self.files)
        return found[0]


def deb_files(path):
    """{path: mode} of all that a package lays but folders."""
    rows = [line.split(None, 5) for line in run("dpkg-deb", "-c", path).stdout.splitlines()]
    return {row[5].split(" -> ")[0].removeprefix("."): row[0] for row in rows if not row[0].startswith("d")}


def rpm_files(path):
    rows = [line.split() for line in run("rpm", "-qp", "--qf", "[%{FILEMODES:perms} %{FILENAMES}\n]", path)
            .stdout.splitlines()]
    return {row[1]: row[0] for row in rows if not row[0].startswith("d")}


def debootstrap(suite, root, *packages, options=()):
    """A Debian below `root`; skips, saying why, where its archive cannot be reached."""
    sources = []
    for path in SOURCES:
        sources.append(root.with_name(f"{suite}-{path.name}"))
        sources[-1].write_text(path.read_text().replace("bookworm", suite))
    done = run("mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(packages)}", *options, suite, root,
               *sources, check=False)
    if done.returncode != 0:
        shutil.rmtree(root, ignore_errors=True)
        pytest.skip(f"NO DEBIAN {suite} HERE: {done.stderr.strip().splitlines()[-1:]}")


def inside(root, *argv, **settings):
    """Runs a program in it, with the network of this machine."""
    for name in "resolv.conf", "hosts":
        shutil.copy(f"/etc/{name}", root / "etc" / name)
    return run("unshare", "--mount", "--propagation", "private", "sh", "-ec",
               'mount -t proc proc "$1/proc"; mount --rbind /dev "$1/dev"; exec chroot "$@"', "-", root, *argv, **settings)
