# SPDX-License-Identifier: MIT
"""/livez and /readyz in the states of a daemon, and how they agree with rosterctl status --exit-code."""

import signal

import pytest

from case import DRIFT, FAILED, HELD, IN_SYNC, INVALID, channel, entry, wait_until
from daemon import NEVER, Daemon
from test_control import ctl
from test_web import unix_text

KEPT = [f"10.1.0.{i}" for i in range(1, 5)]


def begin(case, *args, interval="1s", **settings):
    case.settings["interval"] = interval
    case.settings.update(settings)
    daemon = Daemon(case, *args)
    daemon.wait_ready()
    return daemon


def ready(case):
    return unix_text(case, "/readyz")


def live(case):
    return unix_text(case, "/livez")


def exit_code(case):
    return ctl(case, "status", "--exit-code").status


def becomes_ready(case, daemon):
    wait_until(lambda: ready(case) == (200, "ok\n"), process=daemon.process)
    assert live(case) == (200, "ok\n")


def becomes_unready(case, daemon, *parts):
    def told():
        code, text = ready(case)
        return code == 503 and all(part in text for part in parts) and text
    text = wait_until(told, process=daemon.process)
    assert live(case) == (200, "ok\n")
    return text


def test_before_the_first_list(case):
    case.serve(channel("payments", *KEPT), faults=[{"match": {"op": "list_members"}, "then": {"stall": True}}])
    case.roster(entry("payments", *KEPT))
    daemon = begin(case, interval=NEVER)
    becomes_unready(case, daemon, "payments, never: a pass is under way")
    assert exit_code(case) == DRIFT


@pytest.mark.parametrize("kind", ["in sync", "held", "observed", "dry run", "paused", "frozen"])
def test_what_is_read_is_ready(case, kind):
    case.serve(channel("payments", *KEPT, *([] if kind == "in sync" else ["10.9.0.1", "10.9.0.2"])))
    fields = {"held": {"guards": {"max_deletes": 1}}, "observed": {"mode": "observe"}, "paused": {"paused": "why"},
              "frozen": {"freezes": [{"from": "2020-01-01T00:00:00Z", "to": "2090-01-01T00:00:00Z"}]}}
    case.roster(entry("payments", *KEPT, **fields.get(kind, {})))
    daemon = begin(case, *(["--dry-run"] if kind == "dry run" else []))
    becomes_ready(case, daemon)
    assert exit_code(case) == {"in sync": IN_SYNC, "held": HELD}.get(kind, DRIFT)


def test_what_is_not_to_be_read_counts_as_read(case):
    """Unmanageable, refused by the service, named by nobody: waiting mends none of these."""
    case.serve(channel("payments", *KEPT), channel("reference", type=3, vpc_channel_type="reference"),
               channel("secret", *KEPT),
               faults=[{"match": {"op": "list_members", "channel": "secret"},
                        "then": {"status": 403, "code": "APIG.1005", "message": "no"}}])
    case.roster(entry("payments", *KEPT), entry("reference", *KEPT), entry("secret", *KEPT), entry("nobody", *KEPT))
    daemon = begin(case)
    becomes_ready(case, daemon)
    assert exit_code(case) == FAILED


def test_a_service_that_fails(case):
    """It goes on being ready for three intervals, then it is not, and is again with the next whole list."""
    sim = case.serve(channel("payments", *KEPT), channel("orders", *KEPT))
    case.roster(entry("payments", *KEPT), entry("orders", *KEPT))
    case.settings["retry"]["attempts"] = 1
    daemon = begin(case)
    becomes_ready(case, daemon)
    sim.faults([{"match": {"op": "list_members", "channel": "orders"},
                 "then": {"status": 500, "code": "APIG.9999", "message": "broken"}}])
    wait_until(lambda: exit_code(case) == FAILED, process=daemon.process)
    text = becomes_unready(case, daemon, "prod: 1 of 2 channels not read in time, first orders", "500")
    assert text.count("\n") == 1
    sim.clear_faults()
    becomes_ready(case, daemon)
    assert exit_code(case) == IN_SYNC


def test_a_service_that_does_not_answer(case):
    """The time that passes then take in vain buys none of them more."""
    sim = case.serve(channel("payments", *KEPT))
    case.roster(entry("payments", *KEPT))
    case.settings["retry"]["attempts"] = 1
    case.settings["limits"]["timeout"] = "4s"
    daemon = begin(case)
    becomes_ready(case, daemon)
    lists = len(sim.requests("list_members"))
    sim.faults([{"match": {"op": "list_members"}, "then": {"stall": True}}])
    becomes_unready(case, daemon)

    def stays_unready():
        assert ready(case)[0] == 503
        return len(sim.requests("list_members")) >= lists + 3
    wait_until(stays_unready, process=daemon.process)


def test_an_instance_that_is_gone_backs_off(case):
    sim = case.serve(channel("payments", *KEPT))
    case.roster(entry("payments", *KEPT))
    case.settings["retry"]["attempts"] = 1
    daemon = begin(case)
    becomes_ready(case, daemon)
    sim.stop()
    becomes_unready(case, daemon, "prod: 1 of 1 channel not read in time, first payments, for ")
    assert exit_code(case) == FAILED


def test_a_reload_leaves_it_ready(case):
    """Of channels that were read before, and whatever the reload says; a new channel has to be read."""
    case.serve(channel("payments", *KEPT), channel("orders", *KEPT))
    case.roster(entry("payments", *KEPT))
    daemon = begin(case, interval="1h")
    becomes_ready(case, daemon)
    case.sims[0].faults([{"match": {"op": "list_members", "channel": "orders"}, "then": {"stall": True}}])
    case.write("rosters.yaml", "nonsense")
    daemon.reload()
    assert ready(case) == (200, "ok\n") and exit_code(case) == INVALID
    case.roster(entry("payments", *KEPT[:3], "10.1.0.4"), entry("orders", *KEPT))
    daemon.reload()
    becomes_unready(case, daemon, "first orders, never")
    case.roster(entry("payments", *KEPT))
    daemon.reload()
    becomes_ready(case, daemon)


def test_stopping(case):
    """What is in flight is awaited for a while: nobody sends anything here any more."""
    case.serve(channel("payments", *KEPT, "10.9.0.1"))
    case.roster(entry("payments", *KEPT))
    daemon = begin(case)
    becomes_ready(case, daemon)
    case.sims[0].faults([{"match": {"op": "list_members"}, "then": {"stall": True}}])
    lists = len(case.sims[0].requests("list_members"))
    wait_until(lambda: len(case.sims[0].requests("list_members")) > lists, process=daemon.process)
    daemon.signal(signal.SIGTERM)
    daemon.wait(lambda m: "STOPPING" in m)
    becomes_unready(case, daemon, "rosterd is stopping")
    assert daemon.wait_end() == 0
