# SPDX-License-Identifier: MIT
"""What rosterctl tells the shells that complete a command line (test_shells.py): of the daemon, and within bounds."""

import signal

import pytest

from case import IN_SYNC, channel, entry, identifier, wait_until
from test_control import KEPT, ctl, status, status_of

EXTRAS = [f"10.9.1.{i}" for i in range(1, 21)]
# Channels, the first of them in two instances, and what would be a command of the shell's.
NAMES = ["payments", "orders", "it's \"one\" $(touch done) \\ `x`;", "a b"]
HIDDEN = ["-v", "bell\x07", "tab\there"]


@pytest.fixture
def service(case):
    names = NAMES + HIDDEN
    case.serve(*[channel(name, *KEPT, *(EXTRAS if name == "orders" else [])) for name in names])
    case.serve(channel("payments", *KEPT), name="test")
    case.roster(*[entry(name, *KEPT) for name in NAMES], *[entry(None, *KEPT, id=identifier(name)) for name in HIDDEN],
                instance="prod", file="prod.yaml")
    case.roster(entry("payments", *KEPT), instance="test", file="test.yaml")
    case.tune(interval="24h", rosters=["prod.yaml", "test.yaml"])
    case.daemon = case.start("rosterd")
    wait_until(lambda: ctl(case, "status").status == IN_SYNC, process=case.daemon)
    wait_until(lambda: all(c["result"] for c in status(case)["channels"]), process=case.daemon)
    return case


def completed(case, *words):
    """A line for each: what may stand there, and what is said of it."""
    done = case.run("rosterctl", "__complete", *words, config=False, seconds=20, env={"ROSTERD_CONFIG": str(case.config)})
    assert (done.status, done.stderr) == (IN_SYNC, ""), done
    return done.stdout.splitlines()


def test_channels_by_what_can_be_typed(service):
    """By its name; with its instance where others have the name; by its id where nobody could type it, or it would be
    taken for an option."""
    assert completed(service, "rosterctl", "pause", "") == [
        "prod/payments\tin_sync", "orders\theld", f"{NAMES[2]}\tin_sync", "a b\tin_sync",
        *[f"{identifier(name)}\tin_sync" for name in HIDDEN], "test/payments\tin_sync"]
    assert completed(service, "rosterctl", "plan", "prod/")[1] == "prod/orders\theld"
    assert completed(service, "rosterctl", "--socket=/nowhere", "pause", "") == []
    assert completed(service, "rosterctl", "-c", "/nowhere", "pause", "--socket", "~/c.sock", "o")[1] == "orders\theld"


def test_a_digest_says_whose_it_is(service):
    assert completed(service, "rosterctl", "approve", "") == [
        f"{status_of(service, 'orders')['digest']}\tprod/orders: max_deletes, max_delete_percent"]


def test_a_daemon_that_does_not_answer_is_nothing_to_say(service):
    """Nobody who types waits for it longer than 2 s, where rosterctl waits 30."""
    service.daemon.signal(signal.SIGSTOP)
    assert completed(service, "rosterctl", "pause", "") == []
    service.daemon.signal(signal.SIGKILL)
    service.daemon.finish()
    assert completed(service, "rosterctl", "resume", "--channel", "") == []


def test_without_a_daemon_instances_are_those_of_the_settings(case):
    """Of whoever comes aboard: rosters may be absent or wrong."""
    for name in "prod", "test":
        case.attach(name, f"https://{name}.example.com")
    case.write("rosters.yaml", "nonsense")
    case.write_settings()
    for command in "export", "check":
        assert completed(case, "rosterctl", command, "--instance", "") == ["prod", "test"]
    assert completed(case, "rosterctl", "export", "") == []
    case.own_settings("nonsense")
    assert completed(case, "rosterctl", "export", "--instance", "") == []


def test_whatever_is_typed_there_is_an_answer(case):
    for words in ([], [""], ["rosterctl"], ["rosterd", ""], ["rosterctl", "--", "--", ""], ["rosterctl", "-"], ["rosterctl", "--=", "--="],
                  ["rosterctl", "-vvc"], ["rosterctl", "nothing", ""], ["rosterctl", "plan", "--format"], ["rosterctl", "x" * 5000, "\n"]):
        completed(case, *words)
