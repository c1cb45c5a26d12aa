# SPDX-License-Identifier: MIT
"""`make install` and `make uninstall`, and the files that only people and the system read."""

import os
import pathlib
import re
import shutil
import stat
import subprocess

import pytest

import case as cases
from daemon import IDS, sanitized

ROOT = cases.ROOT
MANUALS = ["daemon/rosterd.8", "daemon/rosterctl.1", "config/rosterd.yaml.5"]
FILES = {
    "bin/rosterd": 0o755,
    "bin/rosterctl": 0o755,
    "lib/rosterd/rosterd-git": 0o755,
    "lib/systemd/system/rosterd.service": 0o644,
    "lib/systemd/system/rosterd-git@.service": 0o644,
    "lib/systemd/system/rosterd-git@.timer": 0o644,
    "lib/systemd/catalog/rosterd.catalog": 0o644,
    "lib/sysusers.d/rosterd.conf": 0o644,
    "share/man/man8/rosterd.8": 0o644,
    "share/man/man1/rosterctl.1": 0o644,
    "share/man/man5/rosterd.yaml.5": 0o644,
    "share/bash-completion/completions/rosterd": 0o644,
    "share/bash-completion/completions/rosterctl": 0o644,
    "share/zsh/ZSH/_rosterd": 0o644,
    "share/fish/vendor_completions.d/rosterd.fish": 0o644,
    "share/fish/vendor_completions.d/rosterctl.fish": 0o644,
    "share/doc/rosterd/rosterd.yaml.example": 0o644,
    "share/doc/rosterd/http.conf": 0o644,
    "share/rosterd/settings.schema.json": 0o644,
    "share/rosterd/roster.schema.json": 0o644,
    "share/rosterd/rosterd.rules.yml": 0o644,
    "share/rosterd/rosterd.dashboard.json": 0o644,
}


def make(target, folder, *settings):
    build = pathlib.Path(cases.program("rosterd")).parent
    environment = {**os.environ, "MAKEFLAGS": ""}
    return subprocess.run(["make", "--no-print-directory", "-s", f"B={os.path.relpath(build, ROOT)}", target,
                           f"DESTDIR={folder}", *settings], cwd=ROOT, env=environment, capture_output=True, text=True)


def found(folder):
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
            for path in folder.rglob("*") if not path.is_dir()}


@pytest.fixture(params=["/usr", "/opt/rosterd"])
def installed(tmp_path, request):
    """(DESTDIR, PREFIX) with everything in place, whatever the umask."""
    if sanitized():
        pytest.skip("what is installed is the plain build")
    before = os.umask(0o077)
    try:
        done = make("install", tmp_path, f"PREFIX={request.param}")
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    return tmp_path, request.param


def test_every_file_in_its_place_with_its_mode(installed):
    folder, prefix = installed
    zsh = "vendor-completions" if prefix == "/usr" else "site-functions"
    assert found(folder) == {f"{prefix}/{name}".lstrip("/").replace("ZSH", zsh): mode for name, mode in FILES.items()}
    for path in folder.rglob("*"):
        if path.is_dir() and path != folder:
            assert stat.S_IMODE(path.stat().st_mode) == 0o755, path


def test_units_name_the_programs_where_they_are(installed):
    folder, prefix = installed
    for unit in (folder / prefix.lstrip("/") / "lib/systemd/system").iterdir():
        text = unit.read_text()
        assert not re.search(r"@[a-z]+@", text), "every place is filled in"
        for program in re.findall(r"^Exec(?:Start|Reload)=(/\S+)", text, re.M):
            assert os.access(folder / program.lstrip("/"), os.X_OK), program


def test_no_path_of_the_build_is_in_any_file(installed):
    folder, _ = installed
    build = str(pathlib.Path(cases.program("rosterd")).resolve().parent)
    for name in found(folder):
        content = (folder / name).read_bytes()
        for path in str(ROOT), build, str(folder):
            assert path.encode() not in content, (name, path)


def test_the_installed_programs_run(installed):
    folder, prefix = installed
    for name in "rosterd", "rosterctl":
        done = subprocess.run([folder / prefix.lstrip("/") / "bin" / name, "--version"], capture_output=True, text=True)
        assert done.returncode == 0 and done.stdout.startswith(name)


def test_the_example_names_the_schema_that_is_installed(installed):
    folder, prefix = installed
    example = (folder / prefix.lstrip("/") / "share/doc/rosterd/rosterd.yaml.example").read_text()
    named = re.match(r"# yaml-language-server: \$schema=(/\S+)\n", example)[1]
    assert named.startswith(prefix) and (folder / named.lstrip("/")).is_file()


def test_installing_again_changes_nothing(installed):
    folder, prefix = installed
    before = found(folder)
    assert make("install", folder, f"PREFIX={prefix}").returncode == 0
    assert found(folder) == before


def test_uninstall_leaves_nothing_of_ours_and_all_of_others(installed):
    folder, prefix = installed
    other = folder / prefix.lstrip("/") / "lib/systemd/system/other.service"
    other.write_text("")
    for _ in range(2):
        done = make("uninstall", folder, f"PREFIX={prefix}")
        assert done.returncode == 0, done.stderr
        assert list(found(folder)) == [str(other.relative_to(folder))]
        assert not [path for path in folder.rglob("*rosterd*") if "opt/rosterd" not in str(path)]


def stand_ins(folder, states):
    """Commands of systemd that note how they were called; {name: its exit status}. PATH with them in front."""
    folder.mkdir()
    for name, status in states.items():
        path = folder / name
        path.write_text(f'#!/bin/sh\n[ "$1" != is-system-running ] || {{ echo running; exit 0; }}\n'
                        f'echo "{name} $*" >>{folder}/calls\nexit {status}\n')
        path.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs")
@pytest.mark.parametrize("reload_status", [0, 1])
def test_installed_on_this_machine_the_system_is_told(tmp_path, monkeypatch, reload_status):
    if sanitized():
        pytest.skip("what is installed is the plain build")
    commands = tmp_path / "commands"
    monkeypatch.setenv("PATH", stand_ins(commands, {"systemctl": reload_status, "systemd-sysusers": 0, "journalctl": 0}))
    prefix = tmp_path / "usr"
    done = make("install", "", f"PREFIX={prefix}")
    assert done.returncode == 0, done.stderr
    assert (commands / "calls").read_text().splitlines() == [
        f"systemd-sysusers {prefix}/lib/sysusers.d/rosterd.conf", "systemctl daemon-reload",
        "journalctl --update-catalog"]
    assert ("\n  systemctl daemon-reload\n" in done.stdout) == (reload_status != 0), "what failed is left to do"
    assert f"systemctl link {prefix}/lib/systemd/system/rosterd.service" in done.stdout, "systemd does not look there"
    assert "/etc/rosterd/rosterd.yaml" in done.stdout and "systemctl restart rosterd" in done.stdout
    (commands / "calls").unlink()
    assert make("uninstall", "", f"PREFIX={prefix}").returncode == 0
    assert (commands / "calls").read_text().splitlines() == ["systemctl daemon-reload", "journalctl --update-catalog"]
    assert not found(prefix)


def test_installed_into_a_folder_the_system_is_left_alone(tmp_path, monkeypatch):
    if sanitized():
        pytest.skip("what is installed is the plain build")
    commands = tmp_path / "commands"
    monkeypatch.setenv("PATH", stand_ins(commands, {"systemctl": 0, "systemd-sysusers": 0, "journalctl": 0}))
    done = make("install", tmp_path / "packed", "PREFIX=/usr")
    assert done.returncode == 0 and not done.stdout, done
    assert not (commands / "calls").exists()


def test_who_is_not_root_is_told_what_is_left():
    done = subprocess.run(["setpriv", "--reuid=65534", "sh", "-s", "/usr", "install"] if os.geteuid() == 0 else
                          ["sh", "-s", "/usr", "install"], input=(ROOT / "systemd/after-install.sh").read_text(),
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for command in "systemd-sysusers /usr/lib/sysusers.d/rosterd.conf", "journalctl --update-catalog":
        assert f"\n  {command}\n" in done.stdout
    assert "systemctl link" not in done.stdout


# ---- manual pages ----

@pytest.mark.parametrize("page", MANUALS)
def test_a_manual_page_is_clean(page):
    done = subprocess.run(["mandoc", "-T", "lint", page], cwd=ROOT, capture_output=True, text=True)
    # Whether other pages are installed on this machine is nothing to this one.
    complaints = [line for line in (done.stdout + done.stderr).splitlines()
                  if "referenced manual not found" not in line and "outdated mandoc.db" not in line]
    assert not complaints


def test_manual_pages_refer_to_pages_that_are_there():
    ours = {tuple(pathlib.Path(page).name.rsplit(".", 1)) for page in MANUALS}
    for page in MANUALS:
        for name, section in re.findall(r"^\.Xr (\S+) (\d)", (ROOT / page).read_text(), re.M):
            assert not name.startswith("roster") or (name, section) in ours, (page, name, section)


@pytest.mark.parametrize("program, page", [("rosterd", MANUALS[0]), ("rosterctl", MANUALS[1])])
def test_manual_pages_have_every_option_of_the_help(program, page):
    help_text = subprocess.run([cases.program(program), "--help"], check=True, capture_output=True, text=True).stdout
    text = (ROOT / page).read_text()
    for option in set(re.findall(r"--([a-z][a-z-]+)", help_text)):
        assert f"Fl -{option}" in text or f"--{option}" in text, option


# ---- what else people read ----

def test_the_example_is_valid():
    done = subprocess.run([cases.program("rosterd"), "--check", "-c", str(ROOT / "systemd/rosterd.yaml.example")],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_examples_of_the_manual_are_valid(case):
    """The settings and the roster of rosterd.yaml(5)."""
    settings, roster = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", (ROOT / MANUALS[2]).read_text(), re.M | re.S)
    case.own_settings(settings)
    case.write("rosters.d/payments.yaml", roster)
    assert case.check().status == 0


def catalog():
    """{message id: its entry}"""
    entries = re.split(r"^-- ([0-9a-f]{32})$", (ROOT / "systemd/rosterd.catalog").read_text(), flags=re.M)[1:]
    assert len(set(entries[::2])) == len(entries[::2]), "each id once"
    return dict(zip(entries[::2], entries[1::2]))


def test_the_catalog_explains_every_message_and_no_other():
    assert set(catalog()) == set(IDS.values())
    for entry in catalog().values():
        assert re.search(r"^Subject: \S", entry, re.M) and "\n\n" in entry.strip()
        fields = set(re.findall(r"@(\w+)@", entry))
        assert fields <= set(re.findall(r'"(ROSTERD_\w+)"', (ROOT / "daemon/base/log.c").read_text()))


@pytest.mark.skipif(not shutil.which("journalctl"), reason="journalctl is not installed")
def test_the_catalog_advises_what_works_beside_the_daemon():
    """rosterd --once would exit 75 there."""
    assert "rosterctl approve @ROSTERD_DIGEST@" in catalog()[IDS["HELD"]]


def test_the_catalog_compiles(tmp_path):
    folder = tmp_path / "usr/lib/systemd/catalog"
    folder.mkdir(parents=True)
    (tmp_path / "var/lib/systemd/catalog").mkdir(parents=True)
    shutil.copy(ROOT / "systemd/rosterd.catalog", folder)
    done = subprocess.run(["journalctl", "--update-catalog", f"--root={tmp_path}"], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    listed = subprocess.run(["journalctl", "--list-catalog", f"--root={tmp_path}"], capture_output=True, text=True)
    assert set(re.findall(r"^([0-9a-f]{32})", listed.stdout, re.M)) == set(IDS.values())
