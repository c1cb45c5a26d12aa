# SPDX-License-Identifier: MIT
"""Coming aboard: what the service has, and rosters out of it that a plan finds in sync."""

import json
import os
import random
import stat

import pytest
import yaml

from case import FAILED, INVALID, IN_SYNC, USAGE, channel, entry, identifier, mutations, row, wait_until
from daemon import sanitized
from test_control import ctl

NAMES = ["yes", "1e3", "0x10", "2026-11-24", "a: b", "a #b", "- x", "'q\" ", " leading", "支付渠道", "pay\U0001f4b0ment",
         "bell\x07\x1b[31m", "line\nchannels: []", "para\u2028x", "null", "~", "{a, b}", "*anchor", "!tag", "%TAG", "@at",
         "a|b*_<script>", "../../etc/passwd", ".hidden", "a/b", "-----", "\ufeffbom", "\uffff", "trailing ", "'"]
GROUPS = ["", "yes", "1e3", "0x10", "2026-11-24", "a: b", "a #b", "- x", "'q\" ", " leading", "支付", "\U0001f4b0", "null",
          "~", "{a, b}", "*a", "!t", "%T", "@at", "a,b", "[x]", "1:30", "\u2028", "\u202e", "back\\slash", "\u00a0"]


MANY = 33000


def bare(case):
    """No roster at all: what somebody has who is coming aboard."""
    case.settings.pop("rosters", None)
    return case


def export(case, *args, **settings):
    return case.run("rosterctl", "export", *args, **settings)


def channels(case, *args):
    return case.run("rosterctl", "channels", *args)


def plan_of(case, text):
    """What a plan says of an exported roster."""
    case.write("rosters.yaml", text)
    case.settings["rosters"] = ["rosters.yaml"]
    return case.plan("-v")


def grouped(names):
    return [{"member_group_name": name, "member_group_weight": None} for name in names if name]


def members(sim):
    return json.dumps([c["members"] for c in sim.state()["instances"][0]["channels"]], sort_keys=True)


def test_the_first_roster(case):
    """Golden: sorted by group, address and port, IPv6 in brackets, no port where the channel's own holds, each once."""
    sim = bare(case).serve(
        channel("payments", "10.1.0.10", "10.1.0.9:9090", {"host": "10.1.0.9", "member_group_name": "blue", "port": 81},
                {"host": "2001:DB8::1", "port": 80}, {"host": "api.example.org", "port": 443},
                member_groups=[{"member_group_name": "blue"}]),
        channel("vms", {"ecs_id": "vm-1", "ecs_name": "web #1\n- x", "port": 80},
                {"ecs_id": "vm-2", "ecs_name": "n", "port": 80}, member_type="ecs"),
        channel("legacy", vpc_channel_type="reference"), channel("void"))
    done = export(case)
    shown = sorted(member["port"] for member in sim.members("payments") if member["host"] == "10.1.0.10")
    assert done.status == IN_SYNC and shown in ([0], [8080]), done
    assert done.stdout == f"""\
version: 1
instance: prod
channels:
  - id: {identifier("payments")} # payments
    members:
      - 10.1.0.9:9090
      - 10.1.0.10{":8080" if shown == [8080] else ""}
      - "[2001:db8::1]:80"
      - api.example.org:443
      - {{host: 10.1.0.9, port: 81, group: blue}}
  - id: {identifier("vms")} # vms
    members:
      - {{ecs_id: vm-1, port: 80}} # web #1<U+000A>- x
      - {{ecs_id: vm-2, port: 80}} # n
  - id: {identifier("void")} # void
    allow_empty: true
    members: []
"""
    assert done.stderr == ("rosterctl: prod/legacy: no entry: a reference channel has no members of its own: manage the "
                           "channel that it refers to\n")
    assert not mutations(sim)
    assert plan_of(case, done.stdout).status == IN_SYNC


@pytest.mark.parametrize("with_fields", [[], ["--fields"]])
def test_whatever_is_live_a_plan_is_in_sync(case, with_fields):
    """Names that YAML would take for something else, or that would break out of a comment."""
    chance = random.Random(7)
    served = []
    for number, name in enumerate(NAMES):
        is_ecs = number % 3 == 0
        rows = []
        for n in range(number % 7):
            group = chance.choice(GROUPS)
            fields = {"weight": chance.choice([0, 1, 100]), "is_backup": chance.random() < 0.3,
                      "status": chance.choice([1, 2]), "port": chance.choice([0, 80, 8080, 65535])}
            rows.append({"member_group_name": group, **fields,
                         **({"ecs_id": f"vm-{n}", "ecs_name": chance.choice(NAMES)} if is_ecs else
                            {"host": chance.choice([f"10.1.0.{n}", f"2001:db8::{n}", f"h{n}.example", "yes", "::ffff:10.1.0.9"])})})
        served.append(channel(name, *rows, member_type="ecs" if is_ecs else "ip", member_groups=grouped(GROUPS)))
    sim = bare(case).serve(*served)
    before = members(sim)
    done = export(case, *with_fields)
    assert done.status == IN_SYNC and not done.stderr, done
    assert all(c in "\n" or ord(c) >= 0x20 for c in done.stdout) and "\u2028" not in done.stdout
    assert ("weight" in done.stdout) == bool(with_fields)
    read = yaml.safe_load(done.stdout)
    assert {c["id"] for c in read["channels"]} == {identifier(name) for name in NAMES}
    assert all(isinstance(text, str) for c in read["channels"] for m in c["members"]
               for text in ([m] if isinstance(m, str) else [m.get("group", ""), m.get("host", m.get("ecs_id"))]))
    for mode in "prune", "sync":
        case.tune(mode=mode)
        planned = plan_of(case, done.stdout)
        assert planned.status == IN_SYNC, planned
    case.tune(mode="sync")
    assert case.once().status == IN_SYNC and members(sim) == before and not mutations(sim)


def test_a_file_for_each_channel(case):
    """Each stands in DIR whatever its channel is called; none is written over; a plan over DIR is in sync."""
    sim = bare(case).serve(*[channel(name, "10.1.0.1") for name in NAMES])
    folder = case.folder / "new" / "rosters"
    for missing in folder, case.config:
        done = export(case, "--output", missing)
        assert done.status == FAILED and str(missing) in done.stderr and done.stdout == ""
    assert not sim.requests(), "the service is not asked for what cannot be written"
    folder.parent.mkdir()
    sim.faults([{"match": {"op": "list_channels"}, "times": 1, "then": {"status": 404}}])
    assert export(case, "--output", folder).status == FAILED and not folder.exists(), "what got nothing goes"
    done = export(case, "--output", folder)
    assert done.status == IN_SYNC and not done.stderr, done
    files = sorted(folder.iterdir())
    assert sorted(done.stdout.splitlines()) == [str(file) for file in files] and len(files) == len(NAMES)
    assert sorted(os.listdir(case.folder / "new")) == ["rosters"]
    assert all(set(file.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.") for file in files)
    assert folder / f"etc-passwd-{identifier('../../etc/passwd')[:8]}.yaml" in files
    assert folder / f"channel-{identifier('支付渠道')[:8]}.yaml" in files
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o666 & ~current_umask() for file in files)
    case.settings["rosters"] = ["new/rosters"]
    assert case.plan().status == IN_SYNC
    files[3].write_text("mine")
    again = export(bare(case), "--output", folder)
    assert again.status == FAILED and again.stdout == "" and again.stderr.count("--force writes over it") == len(NAMES)
    assert files[3].read_text() == "mine"


def test_a_channel_that_a_roster_has_is_told(case):
    """Its file beside the roster would list it twice, which is an error."""
    case.serve(channel("payments", "10.1.0.1"), channel("orders", "10.1.0.2"))
    place = case.roster(entry("payments", "10.1.0.1"))
    (case.folder / "out").mkdir()
    done = export(case, "--output", "out")
    assert done.status == IN_SYNC and done.stdout.count("\n") == 2
    assert done.stderr == f"rosterctl: prod/payments: stands in {place}:4 already, and may be listed once only\n"
    assert export(case).stderr == ""


def current_umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_force_writes_over_files_and_follows_no_link(case):
    bare(case).serve(channel("payments", "10.1.0.1"), channel("orders", "10.1.0.2"))
    folder = case.folder / "out"
    folder.mkdir()
    other = case.write("other.txt", "precious")
    link = folder / f"payments-{identifier('payments')[:8]}.yaml"
    link.symlink_to(other)
    assert export(case, "--output", "out").status == FAILED and os.listdir(folder) == [link.name]
    done = export(case, "--output", "out", "--force", "payments")
    assert done.status == IN_SYNC and done.stdout == f"out/{link.name}\n"
    assert other.read_text() == "precious" and not link.is_symlink() and "10.1.0.1" in link.read_text()
    assert os.listdir(folder) == [link.name], "nothing is left beside it"
    assert export(case, "--force").status == USAGE


@pytest.mark.skipif(sanitized(), reason="66,000 members take a sanitizer half a minute")
def test_a_roster_that_rosterd_would_not_read_is_not_printed(case):
    """Each channel has 4 to 8 MiB: one of them is a roster."""
    group = "a" * 60
    case.serve(*(channel(name, *(row(f"10.{first}.{i // 250}.{i % 250 + 1}", member_group_name=group) for i in range(MANY)),
                         member_groups=grouped([group])) for name, first in (("payments", 1), ("orders", 2))))
    bare(case)
    done = export(case, "--fields")
    assert (done.status, done.stdout) == (FAILED, "")
    assert "more than 8 MiB, which rosterd does not read: give --output DIR, or name CHANNELs" in done.stderr
    done = export(case, "--fields", "payments")
    assert done.status == IN_SYNC and 4 << 20 < len(done.stdout) < 8 << 20
    assert case.run("rosterctl", "validate", str(case.write("one.yaml", done.stdout))).status == IN_SYNC


def test_a_directory_that_cannot_be_written(case):
    sim = bare(case).serve(channel("payments", "10.1.0.1"))
    folder = case.folder / "out"
    folder.mkdir()
    (folder / f"payments-{identifier('payments')[:8]}.yaml").mkdir()
    done = export(case, "--output", "out", "--force")
    assert done.status == FAILED and "cannot be written: Is a directory" in done.stderr and done.stdout == ""
    assert len(os.listdir(folder)) == 1
    assert not mutations(sim)


def test_rows_of_one_member_are_one_entry(case):
    """Port 0 is the channel's own, an address may be spelt in two ways; what the rows differ in is not stated."""
    twice = [{"host": "10.1.0.1", "port": 8080, "weight": 1, "is_backup": False, "status": 1},
             {"host": "::ffff:10.1.0.1", "port": 8080, "weight": 2, "is_backup": False, "status": 2},
             {"host": "10.1.0.2", "port": 8080, "weight": 3}]
    bare(case).serve(channel("payments", *twice))
    done = export(case, "--fields")
    assert "      - {host: 10.1.0.1, port: 8080, backup: false} # 2 rows at the service\n" in done.stdout, done
    assert "      - {host: 10.1.0.2, port: 8080, weight: 3, backup: false, enabled: true}\n" in done.stdout
    assert "      - 10.1.0.1:8080 # 2 rows at the service\n" in export(case).stdout
    assert plan_of(case, done.stdout).status == IN_SYNC


def test_some_channels_alone(case):
    sim = bare(case).serve(channel("payments", "10.1.0.1"), channel("orders", "10.1.0.2"), channel("third", "10.1.0.3"))
    done = export(case, "prod/orders", identifier("payments"))
    assert [c["id"] for c in yaml.safe_load(done.stdout)["channels"]] == [identifier("orders"), identifier("payments")]
    assert {r["channel"] for r in sim.requests("list_members")} == {identifier("orders"), identifier("payments")}
    wrong = export(case, "orders", "paymets")
    assert wrong.status == FAILED and wrong.stdout == "" and "paymets" in wrong.stderr and "mean payments?" in wrong.stderr
    none = export(case, "something/else")
    assert none.status == FAILED and "rosterctl channels" in none.stderr
    assert export(case, "--instance", "prdo").stderr.strip().endswith("do you mean prod?")


def test_several_instances(case):
    """One roster has one instance; files have one each."""
    bare(case).serve(channel("payments", "10.1.0.1"))
    case.serve(channel("orders", "10.1.0.2"), name="1e3")
    done = export(case)
    assert done.status == FAILED and done.stdout == "" and "--instance" in done.stderr
    assert yaml.safe_load(export(case, "--instance", "1e3").stdout)["instance"] == "1e3"
    (case.folder / "rosters.d").mkdir()
    assert export(case, "--output", "rosters.d").stdout.count("\n") == 2
    assert case.plan().status == IN_SYNC


def wrong_list(name):
    return {"match": {"op": "list_members", "channel": identifier(name)}, "then": {"status": 403, "body": json.dumps(
        {"error_code": "APIG.1005", "error_msg": "no right"}), "content_type": "application/json"}}


def test_what_is_not_wholly_listed_gets_no_entry(case):
    bare(case).serve(channel("payments", "10.1.0.1"), channel("orders", "10.1.0.2"), faults=[wrong_list("orders")])
    done = export(case)
    assert done.status == FAILED and "10.1.0.1" in done.stdout and "10.1.0.2" not in done.stdout
    assert done.stderr.startswith("rosterctl: prod/orders: no entry: ") and "APIG.1005" in done.stderr
    assert plan_of(case, done.stdout).status == IN_SYNC
    listed = channels(case, "--members")
    assert listed.status == FAILED and "APIG.1005" in listed.stdout


@pytest.mark.parametrize("group", ["x" * 65, "{{ group }}", "a\x07b"])
def test_what_a_roster_cannot_say_gets_no_entry(case, group):
    bare(case).serve(channel("payments", {"host": "10.1.0.1", "member_group_name": group}, member_groups=grouped([group])),
                     channel("orders", "10.1.0.2"))
    done = export(case)
    assert done.status == FAILED and "10.1.0.1" not in done.stdout and "10.1.0.2" in done.stdout, done
    assert "prod/payments: no entry: a roster cannot name the group" in done.stderr and "\x07" not in done.stderr
    assert plan_of(case, done.stdout).status == IN_SYNC


def test_an_instance_that_does_not_answer(case):
    bare(case).serve(channel("payments", "10.1.0.1"))
    case.attach("gone", "http://127.0.0.1:1")
    case.tune(retry={"attempts": 1})
    done = export(case)
    assert done.status == FAILED and "rosterctl: gone: " in done.stderr and "10.1.0.1" in done.stdout
    listed = channels(case)
    assert listed.status == FAILED and "payments" in listed.stdout and "gone: " in listed.stdout
    unknown = export(case, "orders")
    assert unknown.status == FAILED and "orders: gone has no channel of this name" in unknown.stderr


def test_channels_golden(case):
    """Which channels there are, and which roster has each."""
    case.serve(channel("payments", "10.1.0.1:80", "10.1.0.2"), channel("orders", "10.1.0.3"), channel("third"),
               channel("legacy", vpc_channel_type="reference"), channel("vms", member_type="ecs"))
    case.roster(entry("payments", "10.1.0.1:80"), {"id": identifier("vms"), "members": [], "allow_empty": True})
    done = channels(case)
    rows = [line.split() for line in done.stdout.splitlines()]
    place = str(case.folder / "rosters.yaml")
    assert done.status == IN_SYNC and done.stderr == "", done
    assert rows == [
        "5 channels: 2 in no roster, 1 unmanageable".split(), ["CHANNEL", "ID", "KIND", "PORT", "ROSTER"],
        ["prod/legacy", identifier("legacy"), "reference", "8080", "unmanageable"],
        "a reference channel has no members of its own: manage the channel that it refers to".split(),
        ["prod/orders", identifier("orders"), "ip", "8080", "unmanaged"],
        ["prod/payments", identifier("payments"), "ip", "8080", f"{place}:4"],
        ["prod/third", identifier("third"), "ip", "8080", "unmanaged"],
        ["prod/vms", identifier("vms"), "ecs", "8080", f"{place}:10"]]
    listed = channels(case, "--members")
    assert listed.status == IN_SYNC and "\n    10.1.0.1:80\n    10.1.0.2:8080\n" in listed.stdout, listed
    told = json.loads(channels(case, "--members", "--json").stdout)["channels"]
    assert {c["name"]: c["live"] for c in told} == {"legacy": None, "orders": 1, "payments": 2, "third": 0, "vms": 0}
    assert [m["host"] for m in told[1]["members"]] == ["10.1.0.3"]
    assert told[2]["roster"] == {"file": place, "line": 4} and told[1]["roster"] is None


def test_members_are_read_where_they_are_asked_for(case):
    sim = bare(case).serve(channel("payments", "10.1.0.1"))
    assert channels(case).status == IN_SYNC and not sim.requests("list_members")


@pytest.mark.parametrize("rosters", [None, [], ["none.d"], ["empty.d"]])
def test_rosters_need_not_be_there(case, rosters):
    bare(case).serve(channel("payments", "10.1.0.1"))
    (case.folder / "empty.d").mkdir()
    if rosters is not None:
        case.settings["rosters"] = rosters
    for command in "channels", "export":
        done = case.run("rosterctl", command)
        assert done.status == IN_SYNC and done.stderr == "" and "payments" in done.stdout, done
    assert case.run("rosterctl", "validate").status == INVALID


def test_what_is_wrong_in_settings_and_rosters_is_told(case):
    case.serve(channel("payments", "10.1.0.1"))
    case.write("rosters.yaml", "version: 1\nchannels: [{name: payments, membres: []}]\n")
    for command in "channels", "export":
        done = case.run("rosterctl", command)
        assert done.status == INVALID and "membres" in done.stderr and done.stdout == ""


@pytest.fixture
def service(case):
    """A daemon that alone has the secret, over channels of which its rosters have one."""
    case.sim = case.serve(channel("payments", "10.1.0.1"), channel("orders", "10.1.0.2", "10.1.0.3:81"))
    case.roster(entry("payments", "10.1.0.1"))
    case.tune(interval="24h", mode="observe")
    (case.folder / "credentials").mkdir()
    (case.folder / "token").rename(case.folder / "credentials" / "token")
    case.daemon = case.start("rosterd", env={"CREDENTIALS_DIRECTORY": str(case.folder / "credentials")})
    wait_until(lambda: ctl(case, "status").status == IN_SYNC, process=case.daemon)
    return case


def test_the_daemon_makes_the_requests(service):
    done = export(service)
    assert done.status == IN_SYNC and done.stderr == "", done
    assert [c["id"] for c in yaml.safe_load(done.stdout)["channels"]] == [identifier("orders"), identifier("payments")]
    assert channels(service).status == IN_SYNC
    local = export(service, "--local")
    assert local.status == INVALID and "token" in local.stderr and local.stdout == ""
    wrong = export(service, "ordres")
    assert wrong.status == FAILED and "do you mean orders?" in wrong.stderr and wrong.stdout == ""
    assert export(service, "--instance", "x").status == FAILED
    one = export(service, "orders", "payments", "--fields")
    assert one.stdout.count("- id:") == 2 and "enabled: true" in one.stdout
    assert not mutations(service.sim)
    service.roster(entry("payments", "10.1.0.1"), file="rosters.yaml", channel=1)
    assert export(service).status == INVALID, "what changed is loaded first"


def test_without_the_daemon_or_with_other_settings_rosterctl_asks_itself(service):
    by_daemon = export(service).stdout
    secret = service.secret("token", "T1")
    copy = service.write("copy.yaml", service.config.read_text())
    assert service.run("rosterctl", "export", "-c", copy, config=False).stdout == by_daemon
    secret.unlink()
    assert service.run("rosterctl", "export", "-c", copy, config=False).status == INVALID
    service.daemon.signal()
    service.daemon.finish()
    service.secret("token", "T1")
    assert export(service).stdout == by_daemon


def test_a_name_with_a_line_break_is_one_name(service):
    """A channel may be called so; the request of the daemon has a line for each, and it is not taken for two."""
    for local in ([], ["--local"]):
        done = export(service, "orders\npayments", *local)
        assert done.status == FAILED and done.stdout == "" and "by its id" in done.stderr and done.stderr.count("\n") == 1
