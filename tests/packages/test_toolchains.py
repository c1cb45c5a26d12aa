# SPDX-License-Identifier: MIT
"""Other compilers, another processor, a newer Debian: it builds without a warning, and the unit tests pass."""

import os
import pathlib
import shutil

import pytest

import packages

LIBRARIES = ("libc6-dev", "libcurl4-openssl-dev", "libyaml-dev", "libjson-c-dev", "libsystemd-dev", "libssl-dev",
             "libsqlite3-dev", "libmicrohttpd-dev", "libsmartcols-dev", "libcmocka-dev")
# What the processor's emulator cannot do as a processor does: it has no seccomp, its ptrace is none, and what it
# takes for itself counts as the program's memory.
NOT_EMULATED = ("test_secure_alloc",)


def units(clone):
    return sorted(path for path in (clone / "build/tests/unit").glob("test_*") if not path.suffix)


def build(clone, *make, wrap=()):
    """Everything and the unit tests; a warning is an error."""
    done = packages.run(*wrap, "make", "-s", f"-j{os.cpu_count()}", *make, "all", "unit", cwd=clone,
                        env=packages.environment(CI="true"))
    assert "warning" not in done.stderr + done.stdout, done.stderr
    assert len(units(clone)) > 100
    return clone


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_compilers(compiler, tmp_path):
    clone = build(packages.clone(tmp_path / "clone"), f"CC={compiler}", "FORTIFY=-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
    for test in units(clone):
        packages.run(test, cwd=clone)


def test_arm64(tmp_path):
    """Built by a cross compiler against Debian's libraries for it, run by an emulator of the processor."""
    # A test that gives up root's rights finds /tmp through the emulator, which looks below `root` first.
    packages.open_to_all(tmp_path)
    root = tmp_path / "arm64"
    packages.debootstrap("bookworm", root, *LIBRARIES, options=["--architectures=arm64", "--variant=extract"])
    clone = packages.clone(tmp_path / "clone")
    libraries = root / "usr/lib/aarch64-linux-gnu"
    build(clone, f"CC=aarch64-linux-gnu-gcc --sysroot={root}", "HARDENING=-fstack-protector-strong -fPIE",
          f"LDFLAGS=-L{libraries} -Wl,-rpath-link,{libraries}")
    failed = {}
    for test in units(clone):
        if test.name in NOT_EMULATED:
            continue
        done = packages.run("qemu-aarch64-static", "-L", root, test, cwd=clone, check=False, timeout=600)
        if done.returncode != 0:
            failed[test.name] = (done.stdout + done.stderr)[-1500:]
    assert not failed, failed
    version = packages.run("qemu-aarch64-static", "-L", root, clone / "build/rosterd", "--version").stdout
    assert version.startswith("rosterd ")


def test_the_libraries_of_trixie(tmp_path):
    """Debian 13's compiler and libraries, in a root of its own."""
    root = tmp_path / "trixie"
    packages.debootstrap("trixie", root, "gcc", "make", "pkg-config", "git", "tzdata", "ca-certificates",
                         *LIBRARIES)
    try:
        clone = packages.clone(root / "clone")
        packages.inside(root, "env", "CI=true", "make", "-s", "-C", "/clone", f"-j{os.cpu_count()}", "all", "unit")
        for test in units(clone):
            packages.inside(root, "sh", "-c", f"cd /clone && exec build/tests/unit/{test.name}")
    finally:
        assert str(root) not in pathlib.Path("/proc/self/mounts").read_text()
        shutil.rmtree(root)
