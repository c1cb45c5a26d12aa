# SPDX-License-Identifier: MIT
"""A plan is kept, reviewed and carried out: that one and no other, whatever has become of the rest meanwhile."""

import hashlib
import json
import os
import re
import time

import pytest

import sim as stand_in
from case import DRIFT, FAILED, HELD, IN_SYNC, INVALID, USAGE, channel, entry, identifier, mutations, wait_until
from daemon import NEVER, Daemon

SECRET = "t0ken-that-nobody-may-see"
EXTRAS = ["10.1.0.8", "10.1.0.9"]
OFF = {"max_deletes": 100, "max_delete_percent": 100, "min_remaining": 0}


def serve(case, *names, guards=None):
    names = names or ("payments", "orders")
    sim = case.serve(*[channel(name, "10.1.0.5", *EXTRAS) for name in names], token=SECRET)
    case.secret("token", SECRET)
    case.roster(*[entry(name, "10.1.0.5") for name in names])
    case.tune(guards={**OFF, **(guards or {})})
    return sim


def keep(case, *options, name="plan.json"):
    """The path of a plan just made."""
    path = case.folder / name
    result = case.plan("--out", str(path), *options)
    assert result.status in (IN_SYNC, DRIFT, HELD), result
    return path


def carry_out(case, path, *options):
    return case.once("--plan", str(path), *options)


def refused(case, sim, path, *words, options=()):
    """One clear error, nothing on standard output, nothing sent but by the error's own reading."""
    result = carry_out(case, path, *options)
    assert result.status == FAILED and result.stdout == "" and mutations(sim) == []
    lines = [line for line in result.stderr.splitlines() if "error" in line or str(path) in line]
    assert len(lines) == 1 and all(word in lines[0] for word in words), result
    return result


def forge(path, **changes):
    """Writes a plan of other content with a sum that fits, as nobody but a forger or another version would."""
    plan = json.loads(path.read_text())
    plan.update(changes)
    made = plan["made"] if isinstance(plan["made"], str) else compact(plan["made"])
    text = f"rosterd plan file 1\n{made}\n" + compact(plan["report"]) + "\n"
    plan["sum"] = hashlib.sha256(text.encode()).hexdigest()
    path.write_text(json.dumps(plan))
    return path


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def at(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def test_a_plan_is_kept_and_carried_out(case):
    sim = serve(case)
    path = keep(case)
    assert mutations(sim) == [] and case.plan().stdout == case.plan("--out", str(case.folder / "other")).stdout
    kept = json.loads(path.read_text())
    assert kept["rosterd_plan"] == 1 and kept["report"]["dry_run"] is True
    assert [row["digest"] for row in kept["report"]["channels"]] == [row["digest"] for row in case.dry().channels]
    assert SECRET not in path.read_text()
    result = carry_out(case, path)
    assert result.status == IN_SYNC and result.results() == {"payments": "converged", "orders": "converged"}
    assert len(mutations(sim)) == 4
    again = carry_out(case, path)
    assert again.status == IN_SYNC and len(mutations(sim)) == 4


def test_a_channel_that_differs_by_now_is_not_touched(case):
    sim = serve(case)
    path = keep(case)
    sim.edit("payments", add=[{"host": "10.1.0.77"}])
    result = carry_out(case, path)
    assert result.status == DRIFT
    assert set(result.outcomes("payments").values()) == {"skipped"} and result.channel("payments")["result"] == "drift"
    assert "make a new plan" in result.channel("payments")["error"]["message"]
    assert result.channel("orders")["result"] == "converged" and result.deleted("orders") == ["10.1.0.8:8080", "10.1.0.9:8080"]
    assert {r["channel"] for r in sim.requests("delete_member")} == {identifier("orders")}
    text = case.run("rosterd", "--once", "--plan", str(path))
    assert text.status == DRIFT and "3 skipped" in text.stdout.splitlines()[0] and "make a new plan" in text.stdout


def test_less_than_planned_is_another_plan_too(case):
    sim = serve(case)
    path = keep(case)
    sim.edit("payments", remove=["10.1.0.8"])
    assert carry_out(case, path).outcomes("payments") == {"10.1.0.9:8080": "skipped"}


def test_a_channel_that_is_not_in_the_plan_is_not_touched(case):
    """Of two channels one was asked for; a third comes later, and the first leaves the rosters."""
    sim = serve(case, "payments", "orders", "search")
    path = keep(case, "payments")
    result = carry_out(case, path)
    assert result.status == DRIFT and result.results() == {"payments": "converged", "orders": "drift", "search": "drift"}
    assert {r["channel"] for r in sim.requests("delete_member")} == {identifier("payments")}
    path = keep(case)
    case.roster(entry("search", "10.1.0.5"))
    result = carry_out(case, path)
    assert result.status == IN_SYNC and result.deleted("search") == ["10.1.0.8:8080", "10.1.0.9:8080"]
    assert identifier("orders") in result.stderr and "nothing was done there" in result.stderr
    assert {r["channel"] for r in sim.requests("delete_member")} == {identifier("payments"), identifier("search")}


def test_another_roster_is_another_plan(case):
    sim = serve(case, "payments")
    path = keep(case)
    case.roster(entry("payments", "10.1.0.5", "10.1.0.8"))
    result = carry_out(case, path)
    assert result.status == DRIFT and result.outcomes("payments") == {"10.1.0.9:8080": "skipped"} and mutations(sim) == []


def test_guards_hold_a_plan_as_ever_and_its_approval_is_spent_once(case):
    sim = serve(case, guards={"max_deletes": 1})
    path = keep(case)
    held = carry_out(case, path)
    assert held.status == HELD and set(held.outcomes("payments").values()) == {"held"} and mutations(sim) == []
    done = carry_out(case, path, "--approve-plan")
    assert done.status == IN_SYNC and len(mutations(sim)) == 4
    for name in "payments", "orders":
        sim.edit(name, add=[{"host": address} for address in EXTRAS])
    again = carry_out(case, path, "--approve-plan")
    assert again.status == DRIFT and set(again.outcomes("payments").values()) == {"skipped"}, "they have other ids"
    assert "used already" in again.stderr and len(mutations(sim)) == 4


def test_approving_a_plan_approves_nothing_else(case):
    sim = serve(case, guards={"max_deletes": 1})
    path = keep(case)
    sim.edit("payments", add=[{"host": "10.1.0.77"}])
    result = carry_out(case, path, "--approve-plan")
    assert result.status == DRIFT and result.channel("orders")["result"] == "converged"
    assert result.channel("payments")["guard"]["name"] == "max_deletes"
    assert {r["channel"] for r in sim.requests("delete_member")} == {identifier("orders")}
    assert case.once().channel("payments")["result"] == "held", "what was approved is not what is planned by now"


def test_guards_of_a_whole_pass_hold_a_plan_and_are_approved_with_it(case):
    sim = serve(case, guards={"max_deletes_total": 3})
    path = keep(case)
    assert carry_out(case, path).status == HELD and mutations(sim) == []
    assert carry_out(case, path, "--approve-plan").status == IN_SYNC and len(mutations(sim)) == 4


def test_a_dry_run_of_a_plan_shows_what_it_would_do(case):
    sim = serve(case, guards={"max_deletes": 1})
    path = keep(case)
    sim.edit("payments", add=[{"host": "10.1.0.77"}])
    result = case.dry("--plan", str(path), "--approve-plan")
    assert result.status == DRIFT and set(result.outcomes("payments").values()) == {"skipped"}
    assert set(result.outcomes("orders").values()) == {"planned"} and mutations(sim) == []
    assert case.once().status == HELD, "a dry run approves nothing"


def test_a_pause_and_a_window_hold_a_plan(case):
    sim = serve(case)
    path = keep(case)
    case.roster(entry("payments", "10.1.0.5", paused="for a test"), entry("orders", "10.1.0.5"))
    result = carry_out(case, path)
    assert result.status == DRIFT and result.results() == {"payments": "paused", "orders": "converged"}
    case.roster(entry("payments", "10.1.0.5"))
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(time.gmtime().tm_wday + 3) % 7]
    case.tune(windows=[{"days": day, "from": "00:00", "to": "00:01"}])
    assert carry_out(case, path).results() == {"payments": "paused"} and len(mutations(sim)) == 2
    assert carry_out(case, path, "--approve-plan", "--now").results() == {"payments": "converged"}


def test_additions_and_what_is_enabled_again_are_of_the_plan(case):
    """In sync with a quarantine: the plan disables, adds and corrects; a later one enables."""
    sim = serve(case, "payments")
    case.tune(mode="sync", settle="0s", quarantine="1h")
    case.roster(entry("payments", {"host": "10.1.0.5", "weight": 7}, "10.1.0.6"))
    path = keep(case)
    result = carry_out(case, path)
    assert result.status == DRIFT and result.channel("payments")["result"] == "quarantined"
    assert len(mutations(sim)) == 4, mutations(sim)
    path = keep(case)
    case.roster(entry("payments", {"host": "10.1.0.5", "weight": 7}, "10.1.0.6", "10.1.0.8"))
    result = carry_out(case, path)
    changed, = result.channel("payments")["changed"]
    assert result.status == DRIFT and changed["outcome"] == "skipped" and len(mutations(sim)) == 4
    assert "make a new plan" in result.channel("payments")["error"]["message"]
    result = carry_out(case, keep(case))
    changed, = result.channel("payments")["changed"]
    assert changed["outcome"] == "corrected" and len(mutations(sim)) == 5


def test_files_that_change_during_the_pass_change_no_plan(case):
    """It begins again by the new rosters, confined to the same plan."""
    sim = serve(case, "payments")
    path = keep(case)
    sim.faults([{"match": {"op": "list_members"}, "times": 1, "then": {"hold": True}}])
    running = case.start("rosterd", "--once", "--json", "--plan", str(path))
    wait_until(lambda: sim.requests("list_members")[1:], process=running)
    case.roster(entry("payments", "10.1.0.5", "10.1.0.9"))
    sim.release()
    result = running.finish()
    assert "begins again" in result.stderr
    assert result.status == DRIFT and result.outcomes("payments") == {"10.1.0.8:8080": "skipped"} and mutations(sim) == []


# ---- files that are none, or none by now ----

@pytest.mark.parametrize("text, words", [
    ("", ["is no plan, or a damaged one"]), ("{}", ["is no plan of rosterd"]), ("[]", ["is no plan"]),
    ("\0\xff", ["is no plan"]), ("rosterd_plan: 1", ["is no plan"]), ("<html>", ["is no plan"]),
    ('{"rosterd_plan": 2}', ["version 2", "version 1"]), ('{"rosterd_plan": "1"}', ["is no plan of rosterd"]),
    ('{"rosterd_plan": 1}', ["damaged", "no report"]), ('{"rosterd_plan": 1, "report": {}}', ["damaged", "sum"]),
])
def test_what_is_no_plan_is_refused(case, text, words):
    sim = serve(case)
    path = case.write("plan.json", text)
    refused(case, sim, path, *words, options=["--approve-plan"])
    assert sim.requests() == []


def test_a_damaged_plan_is_refused_wherever_it_is_cut_or_changed(case):
    sim = serve(case)
    whole = keep(case).read_bytes()
    broken = case.folder / "broken.json"
    for size in range(0, len(whole) - 2, 97):
        broken.write_bytes(whole[:size])
        refused(case, sim, broken, "make a new one")
    digest = json.loads(whole)["report"]["channels"][0]["digest"].encode()
    for old, new in ((digest, digest[1:] + b"0"), (b'"payments"', b'"paymentz"'), (b'"made": "20', b'"made": "21'),
                     (b'"dry_run": true', b'"dry_run": false')):
        assert old in whole
        broken.write_bytes(whole.replace(old, new))
        refused(case, sim, broken, "damaged", "sum")


def channel_of(plan):
    return plan["report"]["channels"][0]


# What only a forger or another version would write, with a sum that fits: what is done to the plan, and what is said.
FORGED = {
    "two plans": (lambda plan: plan["report"]["channels"].append(dict(channel_of(plan))), "two plans"),
    "two others": (lambda plan: plan["report"]["channels"].append({**channel_of(plan), "digest": "f" * 64}), "two plans"),
    "digest number": (lambda plan: channel_of(plan).update(digest=1), "of another type"),
    "digest list": (lambda plan: channel_of(plan).update(digest=["0" * 64]), "of another type"),
    "digest short": (lambda plan: channel_of(plan).update(digest="0" * 12), "is odd"),
    "digest capital": (lambda plan: channel_of(plan).update(digest="A" * 64), "is odd"),
    "digest with NUL": (lambda plan: channel_of(plan).update(digest=channel_of(plan)["digest"] + "\0x"), "of another type"),
    "digest endless": (lambda plan: channel_of(plan).update(digest="0" * 5000), "of another type"),
    "id none": (lambda plan: channel_of(plan).update(id=None), "is odd"),
    "id object": (lambda plan: channel_of(plan).update(id={}), "of another type"),
    "no changes": (lambda plan: channel_of(plan).pop("changed"), "of another type"),
    "changes text": (lambda plan: channel_of(plan).update(changed="none"), "of another type"),
    "instance unknown": (lambda plan: channel_of(plan).update(instance="other"), "is odd"),
    "no instances": (lambda plan: plan["report"].pop("instances"), "is odd"),
    "key none": (lambda plan: plan["report"]["instances"][0].update(key=None), "is odd"),
    "channel number": (lambda plan: plan["report"]["channels"].insert(0, 7), "of another type"),
    "channels object": (lambda plan: plan["report"].update(channels={}), "no list of channels"),
    "no channels": (lambda plan: plan["report"].pop("channels"), "no list of channels"),
    "report list": (lambda plan: plan.update(report=[plan["report"]]), "no report"),
    "not dry": (lambda plan: plan["report"].update(dry_run="true"), "not of a dry run"),
    "made number": (lambda plan: plan.update(made=7), "when it was made"),
    "made nowhere": (lambda plan: plan.update(made="2026-02-30T00:00:00Z"), "when it was made"),
    "made long ago": (lambda plan: plan.update(made="1970-01-01T00:00:00Z"), "lapsed 24 h later"),
    "made far ahead": (lambda plan: plan.update(made="9999-12-31T23:59:59Z"), "in the future"),
}


def test_a_plan_that_is_odd_inside_is_refused(case):
    sim = serve(case)
    whole = keep(case).read_text()
    for name, (change, words) in FORGED.items():
        plan = json.loads(whole)
        change(plan)
        path = case.write("forged.json", json.dumps(plan))
        refused(case, sim, forge(path), "forged.json", words, options=["--approve-plan"])
        assert json.loads(path.read_text())["sum"] != json.loads(whole)["sum"], name
    path = case.write("same.json", whole)
    assert carry_out(case, forge(path), "--approve-plan").status == IN_SYNC, "it is not the forging that is refused"


@pytest.mark.parametrize("old, new", [
    ('{', '{"rosterd_plan": 1, '), ('"made"', '"made": "x", "made"'), ("}", "}}"), ("\n", "\0\n"), ("{", "\ufeff{"), ("[", "[" * 40),
    ('"sum"', '"sum\0"'), ('true', 'True'), ('"rosterd_plan": 1', '"rosterd_plan": 1.0'), ('"rosterd_plan": 1', '"rosterd_plan": NaN'),
])
def test_what_no_strict_reader_takes_is_refused(case, old, new):
    sim = serve(case, "payments")
    path = keep(case)
    whole = path.read_text()
    assert old in whole
    path.write_text(whole.replace(old, new, 1))
    refused(case, sim, path, "make a new one", options=["--approve-plan"])


def test_what_is_no_file_or_too_large_is_refused(case):
    sim = serve(case)
    refused(case, sim, case.folder / "nowhere", "cannot open")
    refused(case, sim, case.folder, "not a regular file")
    fifo = case.folder / "fifo"
    os.mkfifo(fifo)
    refused(case, sim, fifo, "not a regular file")
    huge = case.folder / "huge"
    with open(huge, "wb") as file:
        file.truncate(1 << 40)
    refused(case, sim, huge, "larger than")


def test_a_plan_lapses_after_a_day_and_does_not_come_from_the_future(case):
    sim = serve(case)
    path = keep(case)
    for seconds, words in ((-86400 - 5, ["lapsed 24 h later", "new plan"]), (400, ["in the future"])):
        refused(case, sim, forge(path, made=at(seconds)), *words, options=["--approve-plan"])
    for seconds in (-86400 + 300, 200):
        assert case.dry("--plan", str(forge(path, made=at(seconds)))).status == DRIFT
    assert carry_out(case, path).status == IN_SYNC and len(mutations(sim)) == 4


@pytest.mark.parametrize("field, value", [("instance_id", "6a7b8c9d-0000-4000-8000-00000000ffff"), ("project_id", "f" * 32),
                                          ("endpoint", "http://127.0.0.1:1")])
def test_a_plan_of_another_instance_is_refused(case, field, value):
    sim = serve(case)
    path = keep(case)
    case.settings["instances"]["prod"][field] = value
    refused(case, sim, path, "another instance", stand_in.PROJECT, options=["--approve-plan"])


def test_the_local_name_of_an_instance_says_nothing(case):
    sim = serve(case)
    path = keep(case)
    case.settings["instances"]["renamed"] = case.settings["instances"].pop("prod")
    assert carry_out(case, path).status == IN_SYNC and len(mutations(sim)) == 4


def test_of_two_instances_each_has_its_own_plan(case):
    """The same channel, by its id, in both: the plan of one changes nothing in the other."""
    sim = serve(case, "payments")
    other = case.simulate(stand_in.state([channel("payments", "10.1.0.5", *EXTRAS)], token=SECRET))
    case.attach("other", other)
    case.roster(entry("payments", "10.1.0.5"), instance="prod")
    case.roster(entry("payments", "10.1.0.5"), instance="other", file="more.yaml")
    case.tune(rosters=["rosters.yaml", "more.yaml"])
    result = carry_out(case, keep(case, "other/payments"))
    assert result.status == DRIFT and mutations(sim) == [] and len(mutations(other)) == 2
    assert result.channel("prod/payments")["extra"][0]["outcome"] == "skipped"


# ---- keeping ----

def test_a_plan_is_kept_whole_or_not_at_all(case):
    serve(case)
    path = keep(case)
    before = path.read_bytes()
    path.chmod(0o640)
    locked = case.folder / "nowhere" / "plan.json"
    for bad in locked, case.folder, "/dev/null", "/proc/plan.json":
        result = case.plan("--out", str(bad))
        assert result.status == FAILED and str(bad) in result.stderr and result.stdout.startswith("2 channels")
    assert os.path.exists("/dev/null") and not os.path.isfile("/dev/null")
    case.write("rosters.yaml", "version: 1\nchannels: nonsense\n")
    result = case.plan("--out", str(path))
    assert result.status == INVALID and path.read_bytes() == before
    case.roster(entry("payments", "10.1.0.5"))
    keep(case)
    assert path.read_bytes() != before and path.stat().st_mode & 0o777 == 0o640
    assert [name for name in os.listdir(case.folder) if name.endswith(".new")] == []


def test_a_plan_for_which_there_is_no_room_leaves_the_one_before(case):
    """Some parts of it are written by then."""
    case.serve(*(channel(name, *(f"10.9.{i // 250}.{i % 250 + 1}" for i in range(1500))) for name in ("one", "two")))
    case.roster(entry("one", "10.1.0.5"), entry("two", "10.1.0.5"))
    path = case.folder / "plan.json"
    path.write_text("before")
    result = case.run("rosterctl", "plan", "--local", "--out", str(path),
                      wrap=["sh", "-c", 'trap "" XFSZ; ulimit -f 200; exec "$@"', "sh"])
    assert result.status == FAILED and f"{path}: cannot write: File too large" in result.stderr
    assert path.read_text() == "before"
    assert [name for name in os.listdir(case.folder) if name.endswith(".new")] == []
    assert case.run("rosterctl", "plan", "--local", "--out", str(path)).status == HELD
    assert path.stat().st_size > 200 * 1024


def test_what_could_not_be_read_is_in_no_plan(case):
    sim = serve(case)
    sim.faults([{"match": {"op": "list_members", "channel": "payments"}, "times": 1, "then": {"status": 403, "code": "APIG.1005"}}])
    path = case.folder / "plan.json"
    assert case.plan("--out", str(path)).status == FAILED
    result = carry_out(case, path)
    assert result.status == DRIFT and result.results() == {"payments": "drift", "orders": "converged"}
    assert {r["channel"] for r in sim.requests("delete_member")} == {identifier("orders")}


def test_the_daemon_makes_the_same_plan(case):
    sim = serve(case)
    case.tune(interval=NEVER, mode="observe")
    daemon = Daemon(case)
    daemon.wait_status("next pass")
    path = keep(case)
    own = keep(case, "--local", name="own.json")
    plans = [[(row["id"], row["digest"]) for row in json.loads(p.read_text())["report"]["channels"]] for p in (path, own)]
    assert plans[0] == plans[1]
    assert daemon.stop() == 0
    case.tune(mode="prune")
    assert carry_out(case, path).status == IN_SYNC and len(mutations(sim)) == 4


@pytest.mark.parametrize("arguments, words", [
    (["--plan", "p"], "--plan goes with --once"), (["--once", "--approve-plan"], "--approve-plan goes with --plan"),
    (["--once", "--plan", ""], "--plan: empty"), (["--once", "--plan", "p", "--now"], "--now goes with"),
    (["--check", "--plan", "p"], "--plan goes with --once"),
])
def test_mistakes_of_usage(case, arguments, words):
    serve(case)
    result = case.run("rosterd", *arguments)
    assert result.status == USAGE and result.stdout == "" and words in result.stderr and result.stderr.count("\n") == 1


def test_a_plan_from_nowhere_is_a_mistake_too(case):
    serve(case)
    result = case.plan("--out", "")
    assert result.status == USAGE and "--out: empty" in result.stderr
    result = case.run("rosterctl", "status", "--out", "x")
    assert result.status == USAGE and re.search("--out does not go with status", result.stderr)
