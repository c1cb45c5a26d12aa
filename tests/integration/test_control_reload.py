# SPDX-License-Identifier: MIT
"""Control requests over a reload, and the times that status tells."""

import signal
import threading
from datetime import datetime, timedelta

from case import channel, entry, wait_until
from daemon import NEVER, Daemon
from test_control import ask, status, status_of

KEPT = ["10.1.0.5", "10.1.0.6"]


def begin(case, *names, live=("payments", "orders")):
    """A daemon in sync, which passes again only when told."""
    case.sim = case.serve(*(channel(name, *KEPT) for name in live))
    case.roster(*(entry(name, *KEPT) for name in names))
    case.tune(interval=NEVER)
    daemon = Daemon(case)
    daemon.wait_status("in sync", "next pass")
    return daemon


class Asking(threading.Thread):
    """A request under way; its answer in `told`."""

    def __init__(self, case, body):
        super().__init__(daemon=True)
        self.case, self.body, self.told = case, body, None
        self.start()

    def run(self):
        self.told = ask(self.case, "POST", "/v1/reconcile", self.body)

    def finish(self):
        self.join(60)
        assert self.told, "it was never answered"
        return self.told


def test_who_waits_for_a_channel_that_leaves_the_rosters_is_told_so(case):
    """The others go on waiting, and are answered by the pass of the new rosters."""
    daemon = begin(case, "payments", "orders")
    case.sim.faults([{"match": {"op": "list_channels"}, "times": 1, "then": {"stall": True}}])
    asking = []
    for name in ("orders", "payments", "orders", None, "prod/orders"):
        asking.append(Asking(case, {"channel": name} if name else {}))
        wait_until(lambda: sum("a pass asked for" in row["message"] for row in daemon.lines()) == len(asking),
                   process=daemon.process)
    case.roster(entry("payments", *KEPT, "10.1.0.7"))
    daemon.signal(signal.SIGHUP)
    for number in (0, 2, 4):
        code, told = asking[number].finish()
        assert code == 404 and "orders: no channel of the rosters has this name" in told["error"]
    for number in (1, 3):
        code, told = asking[number].finish()
        assert code == 200 and [(c["name"], c["desired"]) for c in told["channels"]] == [("payments", 3)]
    assert [c["name"] for c in status(case)["channels"]] == ["payments"]
    assert daemon.stop() == 0


def test_when_a_channel_was_read_outlives_a_reload(case):
    """By its name, wherever it stands in the rosters now; a channel that nobody could read was never read."""
    services = [case.serve(channel("payments", *KEPT), name="test",
                           faults=[{"match": {"op": "list_channels"}, "then": {"status": 403, "code": "APIG.0304"}}]),
                case.serve(channel("payments", *KEPT), channel("orders", *KEPT))]
    case.roster(entry("payments", *KEPT), file="a.yaml", instance="test")
    case.roster(*(entry(name, *KEPT) for name in ("payments", "gone", "orders")), instance="prod")
    case.tune(rosters=["a.yaml", "rosters.yaml"], interval=NEVER)
    daemon = Daemon(case)
    daemon.wait_status("2 in sync", "2 failed", "next pass")

    def listed():
        return {f"{c['instance']}/{c['name']}": c["listed"] for c in status(case)["channels"]}
    before = listed()
    assert {name for name, when in before.items() if when} == {"prod/payments", "prod/orders"}
    for service in services:
        service.faults([{"match": {"op": "list_channels"}, "then": {"stall": True}}])
    case.roster(*(entry(name, *KEPT) for name in ("orders", "fresh", "gone", "payments")), instance="prod")
    daemon.reload()
    after = listed()
    assert {name for name, when in after.items() if when} == {"prod/payments", "prod/orders"}
    for name in ("prod/payments", "prod/orders"):
        assert abs(moment(after[name]) - moment(before[name])) < timedelta(seconds=5)
    daemon.signal(signal.SIGTERM)
    daemon.wait_end()


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_status_tells_when_passes_were_and_will_be(case):
    daemon = begin(case, "payments", "orders")
    told = status(case)
    instance, = told["instances"]
    now, ended = moment(told["time"]), moment(instance["last_pass_ended"])
    day = timedelta(days=1)
    assert ended <= now and now - ended < day / 24
    assert 0.89 * day < moment(instance["next_pass"]) - ended < 1.11 * day
    for name in ("payments", "orders"):
        assert timedelta(0) <= now - moment(status_of(case, name)["listed"]) < day / 24
    assert (instance["failed_passes"], instance["pass_under_way"], instance["channels"]) == (0, False, 2)
    case.sim.faults([{"match": {"op": "list_channels"}, "then": {"status": 403, "code": "APIG.0304"}}])
    for failed in (1, 2):
        assert ask(case, "POST", "/v1/reconcile", {})[0] == 200
        assert status(case)["instances"][0]["failed_passes"] == failed
    case.sim.clear_faults()
    assert ask(case, "POST", "/v1/reconcile", {})[0] == 200
    assert status(case)["instances"][0]["failed_passes"] == 0
    assert daemon.stop() == 0


def test_a_pass_that_could_read_something_is_no_failed_pass(case):
    """What fails in one channel, or deletions alone, must not make rosterd look less often."""
    daemon = begin(case, "payments", "orders")
    case.sim.edit("payments", add=[{"host": "10.9.0.9"}])
    for match, answer in (({"op": "delete_member"}, {"status": 401, "code": "APIG.0301"}),
                          ({"op": "list_members", "channel": "orders"}, {"status": 403, "code": "APIG.1005"})):
        case.sim.faults([{"match": match, "then": answer}])
        for _ in range(2):
            code, told = ask(case, "POST", "/v1/reconcile", {})
            assert code == 200 and "failed" in {c["result"] for c in told["channels"]}
            assert status(case)["instances"][0]["failed_passes"] == 0
        case.sim.clear_faults()
    case.sim.faults([{"match": {"op": "list_members"}, "then": {"status": 403, "code": "APIG.1005"}}])
    assert ask(case, "POST", "/v1/reconcile", {})[0] == 200
    assert status(case)["instances"][0]["failed_passes"] == 1, "nothing could be read"
    assert daemon.stop() == 0
