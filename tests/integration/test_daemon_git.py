# SPDX-License-Identifier: MIT
"""The pull of a roster repository (systemd/rosterd-git.sh), by itself: what it takes, and what it never runs."""

import os
import pathlib
import shutil
import subprocess

import pytest

import case as cases

SCRIPT = cases.ROOT / "systemd" / "rosterd-git.sh"
ROSTER = "version: 1\nchannels: [{name: payments, members: [10.1.0.5]}]\n"


class Repository:
    """A roster repository, where teams commit, and the clone that the script keeps of it."""

    def __init__(self, folder):
        self.folder = folder
        self.origin, self.clone, self.keys = folder / "origin", folder / "clone", folder / "keys"
        for path in self.origin, self.clone, self.keys:
            path.mkdir()
        self.git("init", "-q", "-b", "main")
        self.commit("payments.yaml", ROSTER)

    def git(self, *args, config=()):
        settings = ["user.name=Team", "user.email=team@example.com", "commit.gpgsign=false",
                    "protocol.file.allow=always", *config]
        command = ["git", *(part for setting in settings for part in ("-c", setting)), *args]
        return subprocess.run(command, cwd=self.origin, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, name=None, text=None, *flags, config=()):
        if name:
            path = self.origin / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "a change", *flags, config=config)
        return self.git("rev-parse", "HEAD")

    def pull(self, **settings):
        environment = {"PATH": os.environ["PATH"], "STATE_DIRECTORY": str(self.clone), "URL": f"file://{self.origin}",
                       "ROSTERD_GIT_KEYS": str(self.keys), "TMPDIR": str(self.folder), **settings}
        return subprocess.run(["sh", str(SCRIPT), "team"], env=environment, cwd="/", capture_output=True, text=True)

    def pulled(self, **settings):
        done = self.pull(**settings)
        assert done.returncode == 0, done.stderr
        return done

    def head(self):
        return subprocess.run(["git", "-C", str(self.clone), "rev-parse", "HEAD"], check=True,
                              capture_output=True, text=True).stdout.strip()

    def files(self):
        return sorted(str(path.relative_to(self.clone)) for path in self.clone.rglob("*")
                      if ".git" not in path.relative_to(self.clone).parts and not path.is_dir())


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path)


# ---- what it takes ----

def test_the_first_pull_and_the_next(repository):
    first = repository.pulled()
    assert repository.files() == ["payments.yaml"]
    assert first.stdout == f"team: nothing -> {repository.head()}\n"
    commit = repository.commit("search.yaml", ROSTER)
    (repository.origin / "payments.yaml").unlink()
    commit = repository.commit()
    second = repository.pulled()
    assert repository.head() == commit and commit in second.stdout
    assert repository.files() == ["search.yaml"]
    assert repository.pulled().stdout == "", "nothing new is nothing to say"


def test_another_branch(repository):
    repository.git("checkout", "-q", "-b", "live")
    repository.commit("live.yaml", ROSTER)
    repository.git("checkout", "-q", "main")
    repository.pulled(BRANCH="live")
    assert "live.yaml" in repository.files()


def test_history_that_was_rewritten_is_refused(repository):
    repository.pulled()
    before = repository.head()
    repository.commit("payments.yaml", ROSTER + "# amended\n", "--amend")
    assert repository.pull().returncode != 0
    assert repository.head() == before
    assert (repository.clone / "payments.yaml").read_text() == ROSTER


def test_what_an_earlier_run_left_half_done_is_put_right(repository):
    repository.pulled()
    (repository.clone / "payments.yaml").write_text("half")
    (repository.clone / "stray.yaml").write_text("nobody committed this")
    (repository.clone / ".git/index.lock").write_text("")
    repository.commit("search.yaml", ROSTER)
    repository.pulled()
    assert repository.files() == ["payments.yaml", "search.yaml"]
    assert (repository.clone / "payments.yaml").read_text() == ROSTER


def test_a_first_pull_that_was_cut_short(repository):
    subprocess.run(["git", "init", "-q", str(repository.clone)], check=True)
    (repository.clone / "payments.yaml").write_text("half")
    repository.pulled()
    assert (repository.clone / "payments.yaml").read_text() == ROSTER


def test_a_repository_that_is_not_there(repository):
    repository.pulled()
    shutil.rmtree(repository.origin)
    done = repository.pull()
    assert done.returncode != 0 and done.stderr
    assert repository.files() == ["payments.yaml"], "what was pulled stays"


@pytest.mark.parametrize("settings", [{"URL": ""}, {"VERIFY": "maybe"}, {"BRANCH": "a:b"}])
def test_settings_that_are_wrong(repository, settings):
    done = repository.pull(**settings)
    assert done.returncode == 78 and "team.conf" in done.stderr


# ---- what it never runs ----

def trap(repository, name="trap.sh"):
    """A program that leaves a mark where it was run."""
    mark = repository.folder / "ran"
    path = repository.folder / name
    path.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    path.chmod(0o755)
    return path, mark


def test_no_hook_runs(repository):
    path, mark = trap(repository)
    hooks = repository.clone / ".git/hooks"
    hooks.mkdir(parents=True)
    for name in "post-checkout", "post-merge", "pre-merge-commit", "reference-transaction", "post-index-change":
        shutil.copy(path, hooks / name)
    repository.pulled()
    repository.commit("search.yaml", ROSTER)
    repository.pulled()
    assert not mark.exists()


def test_no_filter_runs_even_where_one_is_defined(repository):
    path, mark = trap(repository)
    repository.commit(".gitattributes", "*.yaml filter=trap text eol=crlf ident merge=trap diff=trap\n")
    subprocess.run(["git", "init", "-q", str(repository.clone)], check=True)
    for key in "filter.trap.smudge", "filter.trap.clean", "filter.trap.process", "merge.trap.driver":
        subprocess.run(["git", "-C", str(repository.clone), "config", key, str(path)], check=True)
    repository.commit("ident.yaml", "# $Id$\n" + ROSTER)
    repository.pulled()
    assert not mark.exists()
    assert (repository.clone / "ident.yaml").read_bytes() == ("# $Id$\n" + ROSTER).encode(), "byte for byte"


def test_no_submodule_is_fetched(repository):
    inner = repository.folder / "inner"
    subprocess.run(["git", "clone", "-q", str(repository.origin), str(inner)], check=True)
    repository.git("submodule", "--quiet", "add", str(inner), "inner")
    repository.commit()
    repository.pulled()
    assert repository.files() == [".gitmodules", "payments.yaml"]


def test_a_link_becomes_a_file_that_is_no_roster(repository):
    os.symlink("/etc/passwd", repository.origin / "stolen.yaml")
    os.symlink("/etc", repository.origin / "etc")
    repository.commit()
    repository.pulled()
    for name in "stolen.yaml", "etc":
        path = repository.clone / name
        assert not path.is_symlink() and path.is_file()
    assert (repository.clone / "stolen.yaml").read_text() == "/etc/passwd"


@pytest.mark.parametrize("url", ["ext::sh -c touch% {mark}", "http://127.0.0.1:1/x", "git://127.0.0.1:1/x",
                                 "--upload-pack=touch {mark}", "fd::0"])
def test_only_trusted_ways_to_a_repository(repository, url):
    mark = repository.folder / "ran"
    done = repository.pull(URL=url.format(mark=mark))
    assert done.returncode != 0 and not mark.exists()
    assert not repository.files()


def test_configuration_from_elsewhere_does_not_count(repository):
    path, mark = trap(repository)
    home = repository.folder / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(f"[core]\n\tfsmonitor = {path}\n\thooksPath = {home}\n")
    repository.pulled(HOME=str(home), XDG_CONFIG_HOME=str(home), GIT_EXTERNAL_DIFF=str(path))
    assert not mark.exists()


# ---- signatures ----

def ssh_key(repository, name):
    path = repository.folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)], check=True)
    return path


def sign_with(key):
    return ("gpg.format=ssh", f"user.signingkey={key}")


def test_signed_by_ssh(repository):
    ours, theirs = ssh_key(repository, "ours"), ssh_key(repository, "theirs")
    (repository.keys / "team.signers").write_text("team@example.com " + pathlib.Path(f"{ours}.pub").read_text())
    assert repository.pull(VERIFY="yes").returncode != 0, "the first pull is checked as well"
    assert not repository.files()
    good = repository.commit("search.yaml", ROSTER, "-S", config=sign_with(ours))
    repository.pulled(VERIFY="yes")
    assert repository.head() == good
    repository.commit("mail.yaml", ROSTER, "-S", config=sign_with(theirs))
    assert repository.pull(VERIFY="yes").returncode != 0, "a key that nobody named"
    repository.commit("web.yaml", ROSTER)
    assert repository.pull(VERIFY="yes").returncode != 0, "no signature"
    assert repository.head() == good and repository.files() == ["payments.yaml", "search.yaml"]
    best = repository.commit("news.yaml", ROSTER, "-S", config=sign_with(ours))
    repository.pulled(VERIFY="yes")
    assert repository.head() == best


def test_signed_by_openpgp(repository):
    home = repository.folder / "gnupg"
    home.mkdir(mode=0o700)
    os.environ["GNUPGHOME"] = str(home)
    try:
        for address in "team@example.com", "other@example.com":
            subprocess.run(["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", address,
                            "ed25519", "sign"], check=True, capture_output=True)
        public = subprocess.run(["gpg", "--batch", "--armor", "--export", "team@example.com"], check=True,
                                capture_output=True).stdout
        (repository.keys / "team.asc").write_bytes(public)
        good = repository.commit("search.yaml", ROSTER, "-Steam@example.com")
        repository.pulled(VERIFY="yes")
        assert repository.head() == good
        repository.commit("mail.yaml", ROSTER, "-Sother@example.com")
        assert repository.pull(VERIFY="yes").returncode != 0
        assert repository.head() == good
        assert not [path for path in repository.folder.glob("tmp.*")], "no key is left behind"
    finally:
        subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=False)
        del os.environ["GNUPGHOME"]


def test_no_keys_is_no_trust(repository):
    key = ssh_key(repository, "ours")
    repository.commit("search.yaml", ROSTER, "-S", config=sign_with(key))
    assert repository.pull(VERIFY="yes").returncode != 0
    repository.pulled()
