# SPDX-License-Identifier: MIT
"""Packages of npm that tests use, at fixed versions, below build/npm. Nothing of them runs at installation."""

import fcntl
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "npm"
INSTALL_SECONDS_MAX = 180
VERSIONS = {
    "@actions/core": "1.11.1",
    "@actions/workflow-parser": "0.3.9",
    "axe-core": "4.10.2",
    "gitlab-ci-local": "4.64.0",
    "playwright-core": "1.49.1",
    "yaml-language-server": "1.15.0",
}


def _install(name):
    """Installs one package into a folder of its own; why not, or None."""
    home = FOLDER / name.replace("/", "+")
    if (home / "node_modules" / name / "package.json").exists() and (home / "whole").exists():
        return None
    home.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(["npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund",
                               "--ignore-scripts", "--prefix", str(home), f"{name}@{VERSIONS[name]}"],
                              capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return f"npm did not bring {name} within {INSTALL_SECONDS_MAX} s"
    if done.returncode != 0:
        return f"npm cannot bring {name}: {(done.stderr.strip().splitlines() or ['no reason'])[-1]}"
    (home / "whole").touch()
    return None


def package(name):
    """The folder `node_modules` that has the package, with all that it needs. Where npm cannot bring it, the
    test is skipped, and says why."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        why = _install(name)
    if why:
        pytest.skip(why)
    return FOLDER / name.replace("/", "+") / "node_modules"


def run(name, script, *arguments, timeout=60):
    """Runs a script of ours by node, with the package where `require` finds it."""
    environment = dict(os.environ, NODE_PATH=str(package(name)))
    return subprocess.run(["node", str(script), *map(str, arguments)], env=environment,
                          capture_output=True, text=True, timeout=timeout)
