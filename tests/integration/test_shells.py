# SPDX-License-Identifier: MIT
"""What bash, zsh and fish complete: what fits the place, by the tables of the programs and by the daemon."""

import re
import subprocess

import pytest

from case import ROOT, program
from shells import SHELLS, Terminal, complete
from test_completion import NAMES, service  # noqa: F401 (a fixture)
from test_control import status_of

@pytest.fixture(params=SHELLS)
def shell(request):
    return request.param


def commands():
    """As --help has them."""
    text = subprocess.run([program("rosterctl"), "--help"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^  ([a-z]+)\b", text, re.M)


def options(name, *words):
    """Those that the tables have for this place (test_options.c compares the tables with --help and the manual)."""
    done = subprocess.run([program("rosterctl"), "__complete", name, *words, "--"], capture_output=True, text=True, check=True)
    return sorted(done.stdout.split())


def test_each_shell_has_what_the_tables_have(case, shell):
    words, *of_programs = complete(shell, case, "rosterctl ", "rosterd --", *[f"rosterctl {name} --" for name in commands()])
    assert words == sorted(commands())
    assert of_programs == [options("rosterd"), *[options("rosterctl", name) for name in commands()]]


PLACES = [
    ("rosterctl sch", ["schema"]), ("rosterctl undo --la", ["--last"]), ("rosterctl pause --last", []),
    ("rosterctl plan --s", ["--socket", "--summary"]), ("rosterctl plan --format=m", ["markdown"]),
    ("rosterctl validate --format git", ["github", "gitlab"]), ("rosterctl schema r", ["roster"]),
    ("rosterctl schema roster ", []), ("rosterctl pause --reason ", []), ("rosterctl -c x va", ["validate"]),
    ("rosterctl --log-level err plan --out x --js", ["--json"]), ("rosterctl plan -- --js", []),
    ("rosterd --log-level not", ["notice"]), ("rosterd --log-format=js", ["json"]), ("rosterd --plan n", ["notes.json"]),
    ("rosterd --config=n", ["notes.json"]), ("rosterctl validate n", ["notes.json"]),
    ("rosterctl export --output fo", ["folder"]),
    ("rosterctl fleet ", ["drain", "undrain"]), ("rosterctl fleet un", ["undrain"]), ("rosterctl fleet drain ", []),
    ("rosterctl fleet drain --js", ["--json"]), ("rosterctl -c x fle", ["fleet"]),
]


def values(offered):
    """Some shells have the option beside its value, or end a folder with its slash."""
    return [sorted((word.partition("=")[2] or word).rstrip("/") for word in words) for words in offered]


def test_what_fits_the_place(case, shell):
    case.write("notes.json", "{}")
    case.write("folder/x", "")
    found = values(complete(shell, case, *[line for line, _ in PLACES]))
    assert list(zip([line for line, _ in PLACES], found)) == PLACES


def test_channels_instances_and_digests_are_the_daemons(service, shell):
    """A name that two instances have is completed with the instance alone."""
    spaced = "a\\ b" if shell == "bash" else "a b"
    places = [("rosterctl pause or", ["orders"]), ("rosterctl export a", [spaced]),
              ("rosterctl undo --channel=or", ["orders"]), ("rosterctl resume --instance ", ["prod", "test"]),
              ("rosterctl approve ", [status_of(service, "orders")["digest"]]),
              ("rosterctl plan orders te", ["test/payments"]), ("rosterctl reconcile orders ", [])]
    found = values(complete(shell, service, *[line for line, _ in places]))
    assert list(zip([line for line, _ in places], found)) == places


INTERACTIVE = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source {root}/systemd/rosterd.bash-completion"),
    "zsh": (["zsh", "-f", "-i"], "fpath=({root}/systemd $fpath); autoload -Uz compinit; compinit -u -D; autoload -Uz "
                                 "+X rosterd.zsh-completion; compdef rosterd.zsh-completion rosterctl"),
    "fish": (["fish", "--no-config", "-i"], "source {root}/systemd/rosterd.fish-completion"),
}


@pytest.mark.parametrize("typed, name", [("it", NAMES[2]), ("a", NAMES[3])])
def test_a_name_is_put_so_that_the_shell_takes_it_as_it_is(service, shell, typed, name):
    argv, setup = INTERACTIVE[shell]
    terminal = Terminal(service, *argv)
    try:
        terminal.type(setup.format(root=ROOT) + "; echo rea''dy\n")
        terminal.wait_for(lambda seen: "ready" in seen)
        terminal.type(f"rosterctl pause {typed}\t --reason x\n")
        terminal.wait_for(lambda seen: status_of(service, name)["pause"])
    finally:
        terminal.end()
    assert not (service.folder / "done").exists()


def test_without_a_daemon_nothing_is_offered_and_nothing_said(case, shell):
    assert complete(shell, case, "rosterctl pause p", "rosterctl approve ") == [[], []]
