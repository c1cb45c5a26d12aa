# SPDX-License-Identifier: MIT
"""One pass after the other: drift, outages and their back-off, several instances, what is said and how often."""

from case import channel, deletions, entry, identifier, wait_until
from daemon import NEVER, Daemon

KEPT = ("10.1.0.5", "10.1.0.6", "10.1.0.7")
LIVE = channel("payments", *KEPT)
ROSTER = entry("payments", *KEPT)


def start(case, **settings):
    sim = case.serve(LIVE)
    case.roster(ROSTER)
    case.tune(**{"interval": "1s", **settings})
    daemon = Daemon(case)
    daemon.wait_status("1 in sync", "next pass")
    return sim, daemon


def passes(sim):
    """When each pass began, by its first request."""
    return [request["t_ms"] for request in sim.requests("list_channels")]


def wait_passes(sim, daemon, count):
    wait_until(lambda: len(passes(sim)) >= count, process=daemon.process)


def add_extra(sim, daemon, host):
    """Adds a member and waits until it is deleted. How many passes began after the edit, until then: requests of
    before are forgotten, and so may be the deletion itself, where this machine is slow."""
    sim.edit("payments", add=[{"host": host}])
    sim.clear_requests()
    wait_until(lambda: sim.hosts("payments") == sorted(KEPT), process=daemon.process)
    asked = [request["op"] for request in sim.requests()]
    return asked[:asked.index("delete_member")].count("list_channels") if "delete_member" in asked else 0


# ---- drift ----

def test_drift_is_gone_within_two_intervals(case):
    sim, daemon = start(case)
    for number in range(3):
        assert add_extra(sim, daemon, f"10.1.0.9{number}") <= 2, "the pass under way may have read the list before"
    rows = daemon.wait_line("DELETED", 3)
    assert {row["level"] for row in rows} == {"notice"}
    assert daemon.stop() == 0


def test_each_deletion_is_logged_with_all_that_is_known(case):
    sim, daemon = start(case)
    sim.edit("payments", add=[{"host": "10.1.0.99"}])
    row, = daemon.wait_line("DELETED")
    assert row["ROSTERD_INSTANCE"] == "prod" and row["ROSTERD_CHANNEL"] == "payments"
    assert row["ROSTERD_MEMBER"] == "10.1.0.99:8080" and row["ROSTERD_ACTION"] == "deleted"
    assert row["ROSTERD_ATTEMPT"] == "1" and len(row["ROSTERD_DIGEST"]) == 64
    assert row["ROSTERD_PASS"] and row["MESSAGE_ID"]


# ---- what is said once ----

def test_a_guard_is_said_once_and_its_end_once(case):
    sim, daemon = start(case, guards={"max_deletes": 0})
    sim.edit("payments", add=[{"host": "10.1.0.99"}])
    daemon.wait_status("1 held")
    sim.clear_requests()
    wait_passes(sim, daemon, 3)
    row, = daemon.lines("HELD")
    assert row["level"] == "warning" and "max_deletes" in row["message"] and row["ROSTERD_DIGEST"] in row["message"]
    sim.edit("payments", remove=["10.1.0.99"])
    daemon.wait_line("CHANNEL_RECOVERED")
    assert len(daemon.lines("HELD")) == 1


def test_a_slip_of_group_or_port_in_the_roster_is_warned_of(case):
    """What is deleted is the same; whoever reads the log learns that it is wanted elsewhere."""
    sim, daemon = start(case, guards={"max_deletes": 0})
    sim.edit("payments", add=[{"host": "10.1.0.97", "member_group_name": "blue"}, {"host": "10.1.0.98", "port": 81}])
    daemon.wait_status("1 held")
    assert not daemon.lines("NEAR_MISS"), "they are just extra"
    case.roster(entry("payments", *KEPT, "10.1.0.97"))
    row, = daemon.wait_line("NEAR_MISS")
    assert row["level"] == "warning" and row["ROSTERD_CHANNEL"] == "payments" and row["ROSTERD_DIGEST"]
    assert "10.1.0.97:8080 is wanted, but in no group: in group blue it is an extra (held)" in row["message"]
    sim.clear_requests()
    wait_passes(sim, daemon, 3)
    assert len(daemon.lines("NEAR_MISS")) == 1, "once for a plan"
    case.roster(entry("payments", *KEPT, "10.1.0.98", "10.1.0.97"))
    row = daemon.wait_line("NEAR_MISS", 2)[1]
    assert "10.1.0.97:8080 is wanted, but in no group: in group blue it is an extra (held)" in row["message"]
    assert "likewise 1 more" in row["message"]
    case.tune(guards={"max_deletes": 10})
    case.write_settings()
    daemon.wait_line("DELETED", 2)
    assert sim.hosts("payments") == sorted(KEPT)
    assert daemon.stop() == 0


def test_members_that_stay_missing_are_warned_of(case):
    """Not at the first pass that misses them, at the second; again only when they are others."""
    sim, daemon = start(case)
    sim.edit("payments", remove=[KEPT[0]])
    row, = daemon.wait_line("MISSING")
    assert row["level"] == "warning" and row["ROSTERD_CHANNEL"] == "payments"
    assert "1 wanted member is missing for the second pass in a row" in row["message"]
    assert row["message"].endswith(f": {KEPT[0]}:8080")
    first = next(line for line in daemon.lines("DRIFT") if "1 missing" in line["message"])
    assert first["level"] == "notice", "the first pass tells of it"
    assert daemon.lines().index(first) < daemon.lines().index(row)
    sim.clear_requests()
    wait_passes(sim, daemon, 3)
    assert len(daemon.lines("MISSING")) == 1, "once for a set"
    sim.edit("payments", remove=[KEPT[1]])
    row = daemon.wait_line("MISSING", 2)[1]
    assert "2 wanted members are missing" in row["message"] and f"{KEPT[1]}:8080" in row["message"]
    sim.edit("payments", add=[{"host": host} for host in KEPT[:2]])
    daemon.wait_line("CHANNEL_RECOVERED")
    sim.edit("payments", remove=[KEPT[0]])
    daemon.wait_line("MISSING", 3)
    assert daemon.stop() == 0


def test_a_failing_channel_is_said_once(case):
    sim, daemon = start(case)
    case.roster(ROSTER, entry("nowhere", "10.2.0.1"))
    daemon.wait_status("1 in sync, 1 failed")
    sim.clear_requests()
    wait_passes(sim, daemon, 3)
    assert len(daemon.lines("CHANNEL_FAILED")) == 1
    assert not daemon.lines(level="err"), "the instance works"


# ---- outages ----

def test_an_outage_costs_little_and_two_lines(case):
    sim, daemon = start(case, retry={"attempts": 3})
    sim.clear_requests()
    sim.faults([{"match": {"op": "list_channels"}, "times": -1, "then": {"status": 503}}])
    wait_passes(sim, daemon, 3 + 2)
    times = passes(sim)
    gaps = [later - earlier for earlier, later in zip(times[2:], times[3:])]
    assert gaps[1] > 1.2 * gaps[0], "each wait is twice the last, but for jitter"
    assert {request["op"] for request in sim.requests()} == {"list_channels"}, "and each asks once, with a reading"
    outage, = daemon.lines(level="err")
    assert "503" in outage["message"] and outage["ROSTERD_INSTANCE"] == "prod"
    sim.clear_faults()
    recovery = daemon.wait_line("RECOVERED")[0]
    assert recovery["level"] == "err" and "works again, after " in recovery["message"]
    assert recovery["ROSTERD_INSTANCE"] == "prod"
    assert len(daemon.lines(level="err")) == 2
    sim.clear_requests()
    wait_passes(sim, daemon, 5)
    times = passes(sim)
    shortest = min(later - earlier for earlier, later in zip(times, times[1:]))
    assert shortest < gaps[1] / 2, "back to the interval at once"
    assert daemon.stop() == 0


def test_an_outage_of_the_member_lists_is_one_as_well(case):
    sim, daemon = start(case, retry={"attempts": 1})
    sim.faults([{"match": {"op": "list_members"}, "times": -1, "then": {"reset": True}}])
    daemon.wait_status("1 failed")
    sim.clear_requests()
    wait_passes(sim, daemon, 1)
    assert len(daemon.lines("OUTAGE", "err")) == 1
    sim.clear_faults()
    daemon.wait_line("RECOVERED")


def test_an_outage_goes_on_over_a_reload(case):
    sim, daemon = start(case, retry={"attempts": 1})
    sim.faults([{"match": {"op": "list_channels"}, "times": -1, "then": {"status": 503}}])
    daemon.wait_status("1 failed")
    sim.clear_requests()
    daemon.reload()
    wait_passes(sim, daemon, 1)
    daemon.reload()
    wait_passes(sim, daemon, 2)
    assert len(daemon.lines(level="err")) == 1, "it is the same outage"
    sim.clear_faults()
    daemon.wait_line("RECOVERED")


def test_credentials_refused_for_deletions_alone_are_said_once(case):
    sim, daemon = start(case)
    sim.faults([{"match": {"op": "delete_member"}, "times": -1, "then": {"status": 401, "code": "APIG.0301"}}])
    sim.edit("payments", add=[{"host": "10.1.0.99"}])
    daemon.wait_status("1 failed")
    sim.clear_requests()
    wait_passes(sim, daemon, 3)
    assert len(daemon.lines(level="err")) == 1
    sim.clear_faults()
    daemon.wait_line("RECOVERED")
    wait_until(lambda: sim.hosts("payments") == sorted(KEPT), process=daemon.process)


def test_an_outage_of_one_instance_does_not_slow_another(case):
    """It stalls for as long as the test lasts; the other is passed over again and again, and corrected."""
    stalled = case.serve(channel("search", "10.2.0.1"), name="south",
                         faults=[{"match": {"op": "list_channels"}, "times": -1, "then": {"stall": True}}])
    case.roster(entry("search", "10.2.0.1"), file="south.yaml", instance="south")
    sim = case.serve(LIVE)
    case.roster(ROSTER, instance="prod")
    case.tune(interval="1s", rosters=["rosters.yaml", "south.yaml"], limits={"timeout": "10m"})
    daemon = Daemon(case)
    wait_passes(sim, daemon, 4)
    assert add_extra(sim, daemon, "10.1.0.99") <= 2
    assert len(stalled.requests()) == 1
    assert "1 in sync, 1 not read yet" in daemon.messages[-1]["STATUS"]
    assert daemon.stop() == 0


def test_a_throttled_instance_stays_so_over_a_reload(case):
    """Retry-After binds the daemon, whatever its settings become meanwhile."""
    sim = case.serve(LIVE, faults=[{"match": {"op": "list_channels"}, "times": 1, "then": {
        "status": 429, "code": "APIG.0308", "headers": {"Retry-After": "200"}}}])
    case.roster(ROSTER)
    case.tune(interval=NEVER)
    daemon = Daemon(case)
    daemon.wait_line("RETRY")
    daemon.reload()
    daemon.reload()
    assert len(sim.requests()) == 1
    assert not deletions(sim)
    assert daemon.stop() == 0


def test_a_deadline_leaves_no_channel_out_for_ever(case):
    """Each pass begins with the first channel that the one before did not come to."""
    names = [f"ch{number}" for number in range(10)]
    sim = case.serve(*[channel(name, *KEPT) for name in names])
    case.roster(*[entry(name, *KEPT) for name in names])
    case.tune(interval="1s", limits={"requests_per_second": 2, "pass_deadline": "2s"})
    daemon = Daemon(case)
    wait_until(lambda: {request["channel"] for request in sim.requests("list_members")} == set(map(identifier, names)),
               60, daemon.process)
    told = [row["message"] for row in daemon.lines("DRIFT")]
    assert told and all("not read: " in message and "deadline" in message for message in told), told
