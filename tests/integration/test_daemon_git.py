# SPDX-License-Identifier: MIT
"""The pull of a roster repository (systemd/rosterd-git.sh), by itself: what it takes, and what it never runs."""

import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time

import pytest

import case as cases
from daemon import Daemon

SCRIPT = cases.ROOT / "systemd" / "rosterd-git.sh"
ROSTER = "version: 1\nchannels: [{name: payments, members: [10.1.0.5]}]\n"


class Repository:
    """A roster repository, where teams commit, and the clone that the script keeps of it."""

    def __init__(self, folder):
        self.folder = folder
        self.origin, self.clone, self.keys = folder / "origin", folder / "clone", folder / "keys"
        # Beside the clone, which it may have to heal.
        self.record = folder / ".state" / "clone"
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

    def environment(self, **settings):
        return {"PATH": os.environ["PATH"], "STATE_DIRECTORY": str(self.clone), "URL": f"file://{self.origin}",
                "ROSTERD_GIT_KEYS": str(self.keys), "TMPDIR": str(self.folder), **settings}

    def pull(self, wrap=(), **settings):
        return subprocess.run([*wrap, "sh", str(SCRIPT), "team"], env=self.environment(**settings), cwd="/",
                              umask=0o077, capture_output=True, text=True)

    def pulled(self, **settings):
        done = self.pull(**settings)
        assert done.returncode == 0, done.stderr
        return done

    def pulled_and_killed(self, seconds):
        """SIGKILL for the script and all that it started, after a time; whether it was still at work."""
        process = subprocess.Popen(["sh", str(SCRIPT), "team"], env=self.environment(), cwd="/",
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            process.wait(seconds)
            return False
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return True

    def status(self):
        """What the script tells rosterd."""
        return dict(line.split("=", 1) for line in (self.record / "status").read_text().splitlines())

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


def test_history_that_was_rewritten_is_refused_and_what_to_do_is_told(repository):
    repository.pulled()
    before = repository.head()
    repository.commit("payments.yaml", ROSTER + "# amended\n", "--amend")
    for _ in range(2):
        refused = repository.pull()
        assert refused.returncode != 0 and "forced push" in refused.stderr and before in refused.stderr
        assert f"remove {repository.record}/commit" in refused.stderr
        assert repository.head() == before
        assert (repository.clone / "payments.yaml").read_text() == ROSTER
    (repository.record / "commit").unlink()
    repository.pulled()
    assert repository.head() == repository.git("rev-parse", "HEAD")
    assert (repository.clone / "payments.yaml").read_text() == ROSTER + "# amended\n"


def test_what_is_not_changed_is_not_touched(repository):
    """rosterd watches these files."""
    repository.commit("search.yaml", ROSTER)
    repository.pulled()
    before = (repository.clone / "payments.yaml").stat()
    repository.commit("search.yaml", ROSTER + "# another\n")
    repository.pulled()
    repository.pulled()
    shutil.rmtree(repository.clone / ".git")
    repository.pulled()
    after = (repository.clone / "payments.yaml").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


# ---- damage ----

@pytest.mark.parametrize("seed", range(2))
def test_killed_at_any_instant(repository, seed):
    """The next run always comes through; the clone is the repository's last commit, and only ever goes forward."""
    chance = random.Random(seed)
    started = time.monotonic()
    repository.pulled()
    whole = time.monotonic() - started
    killed = 0
    while killed < 15:
        for number in range(chance.randrange(1, 4)):
            repository.commit(f"team-{chance.randrange(20)}.yaml", f"{ROSTER}# {number} {killed} {chance.random()}\n")
        # Whoever is too late for this machine of now comes earlier.
        if repository.pulled_and_killed(chance.uniform(0, whole)):
            killed += 1
        else:
            whole *= 0.8
        if chance.random() < 0.5:
            continue  # killed again where it was killed before
        repository.pulled()
        assert repository.head() == repository.git("rev-parse", "HEAD")
        for path in repository.origin.glob("*.yaml"):
            assert (repository.clone / path.name).read_bytes() == path.read_bytes()
    repository.pulled()
    assert repository.pulled().stdout == ""


def damage(path, kind):
    if kind == "gone":
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes({"empty": b"", "NUL": bytes(path.stat().st_size if path.exists() else 41),
                          "cut": path.read_bytes()[:20] if path.exists() else b"x", "lock": b""}[kind])


DAMAGE = [*[(f"{name}.lock", "lock") for name in ("refs/heads/main", "ORIG_HEAD", "config", "HEAD", "index",
                                                  "packed-refs", "shallow", "refs/rosterd/new", "FETCH_HEAD")],
          *[(name, kind) for name in ("index", "HEAD", "config", "refs/heads/main", "FETCH_HEAD", "packed-refs",
                                      "info/attributes", "refs/rosterd/new", "shallow") for kind in ("empty", "NUL")],
          *[(name, "cut") for name in ("index", "HEAD", "refs/heads/main")],
          *[(name, "gone") for name in ("index", "HEAD", "refs/heads/main", "refs", "objects", ".")]]


@pytest.mark.parametrize("name,kind", DAMAGE)
def test_local_damage_is_healed(repository, name, kind):
    repository.pulled()
    before = repository.head()
    damage(repository.clone / ".git" / name, kind)
    commit = repository.commit("search.yaml", ROSTER) if kind != "gone" else before
    repository.pulled()
    assert repository.head() == commit
    assert repository.files() == (["payments.yaml"] if kind == "gone" else ["payments.yaml", "search.yaml"])
    # And it holds to what it took before the damage.
    damage(repository.clone / ".git" / name, kind)
    repository.commit("payments.yaml", ROSTER + "# amended\n", "--amend")
    refused = repository.pull()
    assert refused.returncode != 0 and "forced push" in refused.stderr
    assert (repository.clone / "payments.yaml").read_text() == ROSTER


@pytest.mark.parametrize("kind", ["empty", "NUL", "cut", "gone"])
@pytest.mark.parametrize("which", ["first", "all"])
def test_damaged_objects_are_fetched_anew(repository, which, kind):
    repository.pulled()
    repository.commit("search.yaml", ROSTER)
    repository.pulled()
    objects = sorted(path for path in (repository.clone / ".git/objects").rglob("*") if path.is_file())
    for path in objects if which == "all" else objects[:1]:
        path.chmod(0o644)
        damage(path, kind)
    commit = repository.commit("mail.yaml", ROSTER)
    repository.pulled()
    assert repository.head() == commit
    subprocess.run(["git", "-C", str(repository.clone), "checkout", "-q", "HEAD~1"], check=which == "all")
    repository.pulled()
    assert repository.files() == ["mail.yaml", "payments.yaml", "search.yaml"]


def test_files_that_a_power_cut_emptied_are_written_again(repository):
    """Also where their size and times are what the index remembers, if the run before did not come to its end."""
    repository.pulled()
    commit = repository.commit("payments.yaml", ROSTER + "# next\n")
    repository.pulled()
    path = repository.clone / "payments.yaml"
    times = path.stat()
    path.write_bytes(bytes(times.st_size))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    (repository.record / "status").unlink()
    repository.pulled()
    assert path.read_text() == ROSTER + "# next\n" and repository.head() == commit


def test_damage_while_the_repository_is_away_costs_nothing(repository):
    """The clone is mended as far as that goes without it, and what was taken stays in place."""
    repository.pulled()
    os.rename(repository.origin, repository.folder / "away")
    damage(repository.clone / ".git/objects", "gone")
    failed = repository.pull()
    assert failed.returncode != 0
    assert (repository.clone / "payments.yaml").read_text() == ROSTER
    os.rename(repository.folder / "away", repository.origin)
    repository.pulled()
    assert repository.head() == repository.git("rev-parse", "HEAD")


def test_a_record_that_is_damaged_is_not_no_record(repository):
    repository.pulled()
    (repository.record / "commit").write_bytes(bytes(41))
    repository.commit("payments.yaml", ROSTER + "# amended\n", "--amend")
    assert "forced push" in repository.pull().stderr, "the clone remembers as well"
    damage(repository.record / "commit", "empty")
    damage(repository.clone / ".git/refs/heads/main", "NUL")
    lost = repository.pull()
    assert lost.returncode != 0 and "is not known" in lost.stderr and f"remove {repository.record}/commit" in lost.stderr
    assert (repository.clone / "payments.yaml").read_text() == ROSTER


def test_two_at_once(repository):
    """Somebody runs it by hand while the timer does."""
    repository.pulled()
    holder = subprocess.Popen(["flock", str(repository.record / "lock"), "sh", "-c", "echo held; read x"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    done = repository.pull()
    holder.communicate(b"\n")
    assert done.returncode == 75 and "another rosterd-git" in done.stderr
    repository.pulled()


# ---- what it tells ----

def test_its_last_success_and_failure_stand_in_a_file(repository):
    repository.pulled()
    first = repository.status()
    assert first["commit"] == repository.head() and first["failure"] == "" and first["message"] == ""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first["success"])
    os.rename(repository.origin, repository.folder / "away")
    assert repository.pull().returncode != 0
    failed = repository.status()
    assert failed["success"] == first["success"] and failed["commit"] == first["commit"]
    assert failed["failure"] >= failed["success"] and "does not appear to be a git repository" in failed["message"]
    os.rename(repository.folder / "away", repository.origin)
    repository.pulled()
    again = repository.status()
    assert again["success"] >= failed["failure"] and again["message"] == failed["message"], "the last failure stays"
    assert sorted(path.name for path in repository.record.iterdir()) == ["commit", "lock", "status"]
    for path in repository.record / "status", repository.clone / ".git/HEAD", repository.clone / "payments.yaml":
        assert path.stat().st_mode & 0o444 == 0o444, "rosterd reads it by another user"


def test_no_password_is_told(repository):
    assert repository.pull(URL="https://team:S3cret@127.0.0.1:1/x").returncode != 0
    assert "S3cret" not in (repository.record / "status").read_text()


def test_the_status_of_rosterd_tells_of_the_pulls(repository, case):
    repository.pulled()
    case.serve(cases.channel("payments", "10.1.0.5"))
    case.tune(rosters=[str(repository.clone)])
    daemon = Daemon(case)
    daemon.wait_status("1 in sync")

    def told():
        root = json.loads(case.run("rosterctl", "status", "--json").stdout)
        return root["git"], case.run("rosterctl", "status").stdout

    (first,), text = told()
    assert first == {"clone": str(repository.clone), "commit": repository.head(), "failure": None, "message": None,
                     "success": repository.status()["success"], "is_failing": False}
    assert f"git {repository.clone}: pulled at {first['success']}, commit {repository.head()[:12]}\n" in text
    repository.commit("payments.yaml", ROSTER + "# amended\n", "--amend")
    assert repository.pull().returncode != 0
    (failed,), text = told()
    assert failed["is_failing"] and "forced push" in failed["message"] and failed["success"] == first["success"]
    assert f"the pull failed at {failed['failure']}: team: refused" in text and "last success at" in text
    # Another user writes it: whatever it is, the answer is one.
    (repository.record / "status").write_bytes(b"result=x\nmessage=\x1b[31m\xff\0\ncommit=" + b"y" * 4000)
    (odd,), text = told()
    assert odd["success"] is None and "\x1b" not in odd["message"] and "no pull has succeeded yet" in text
    (repository.record / "status").unlink()
    assert told()[0] == []
    assert daemon.stop() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_a_local_repository_of_another_user(repository):
    """URL names it: nothing else has to be allowed."""
    nobody = 65534
    os.chmod(repository.folder, 0o755)
    for path in repository.clone, repository.record.parent:
        path.mkdir(exist_ok=True)
        os.chown(path, nobody, nobody)
    for path in repository.folder.parents:
        if path.stat().st_mode & 0o005 != 0o005:
            path.chmod(path.stat().st_mode | 0o005)
    wrap = ("setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups")
    done = repository.pull(wrap)
    assert done.returncode == 0 and repository.files() == ["payments.yaml"], done.stderr
    os.symlink(repository.origin, repository.folder / "link")
    repository.commit("search.yaml", ROSTER)
    done = repository.pull(wrap, URL=f"file://{repository.folder}/link")
    assert done.returncode == 0 and "search.yaml" in repository.files(), done.stderr
    mine = repository.pull(("setpriv", "--reuid=65533", "--regid=65533", "--clear-groups"))
    assert mine.returncode == 77 and "belongs to another user" in mine.stderr, mine


# ---- what was there before ----

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
