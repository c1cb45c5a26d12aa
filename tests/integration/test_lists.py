# SPDX-License-Identifier: MIT
"""Lists that are not provably whole: nothing is deleted on the strength of them, and they are read again."""

import pytest

import sim as stand_in
from case import FAILED, IN_SYNC, channel, deletions, entry, identifier, mutations, row

PAYMENTS = channel("payments", "10.1.0.5", "10.1.0.6", "10.1.0.7", "10.1.0.9")
ROSTER = entry("payments", "10.1.0.5", "10.1.0.6", "10.1.0.7")
LISTS = {"op": "list_members", "channel": "payments"}


def wrong_row(**fields):
    """A row that would be a member but for these fields."""
    good = {"id": identifier("odd"), "vpc_channel_id": identifier("payments"), "host": "10.1.0.8", "port": 8080,
            "member_group_name": "", "status": 1, "ecs_id": "10.1.0.8", "ecs_name": "10.1.0.8"}
    good.update(fields)
    return {"raw_row": {key: value for key, value in good.items() if value is not Ellipsis}}


# What the stand-in does to a list that then must not be believed.
ODD = {
    "one row short": {"drop_rows": 1},
    "no rows where total says four": {"drop_rows": 4},
    "more rows than total": {"extra_rows": 1},
    "total too low": {"total_add": -1},
    "total too high": {"total_add": 1},
    "a row twice": {"repeat_row": True},
    "a row of another channel": {"foreign_row": True},
    "members null": {"json_patch": {"members": None}},
    "members an object": {"json_patch": {"members": {}}},
    "members a text": {"json_patch": {"members": "none"}},
    "total a text": {"json_patch": {"total": "4"}},
    "total null": {"json_patch": {"total": None}},
    "total negative": {"json_patch": {"total": -1}},
    "total a fraction": {"json_patch": {"total": 4.5}},
    "total true": {"json_patch": {"total": True}},
    "an empty body": {"empty_200": True},
    "HTML": {"status": 200, "body": "<html><body>It works!</body></html>", "content_type": "text/html"},
    "an empty object": {"status": 200, "body": "{}"},
    "an array": {"status": 200, "body": "[]"},
    "null": {"status": 200, "body": "null"},
    "half of JSON": {"status": 200, "body": '{"total": 4, "size": 4, "members": [{"id": "'},
    "JSON and more": {"status": 200, "body": '{"total": 0, "size": 0, "members": []} x'},
    "JSON twice": {"status": 200, "body": '{"total":0,"size":0,"members":[]}{"total":0,"size":0,"members":[]}'},
    "not UTF-8 by its escapes": {"status": 200, "body": '{"total": 1, "members": [{"id": "\\ud800"}]}'},
    "another success": {"status": 202, "body": '{"total": 0, "size": 0, "members": []}'},
    "no content": {"status": 204},
    "a row that is null": {"raw_row": None},
    "a row that is a text": {"raw_row": "10.1.0.8"},
    "a row without an id": wrong_row(id=...),
    "an empty id": wrong_row(id=""),
    "an id that is a number": wrong_row(id=7),
    "an id with a slash": wrong_row(id="../" + identifier("odd")),
    "an overlong id": wrong_row(id="a" * 65),
    "a row without its channel": wrong_row(vpc_channel_id=...),
    "a channel that is null": wrong_row(vpc_channel_id=None),
    "no host and no ecs_id": wrong_row(host=..., ecs_id=...),
    "a host that is a number": wrong_row(host=10),
    "an empty host": wrong_row(host="", ecs_id=""),
    "a port that is a text": wrong_row(port="8080"),
    "a port that is too large": wrong_row(port=65536),
    "a port that is negative": wrong_row(port=-1),
    "a port that is a fraction": wrong_row(port=80.5),
    "a status that is a text": wrong_row(status="1"),
    "a status that nobody knows": wrong_row(status=3),
    "a group's id without its name": wrong_row(member_group_id="9" * 32),
    "a group's id beside a name that is null": wrong_row(member_group_id="9" * 32, member_group_name=None),
    "a group's id that is a number": wrong_row(member_group_id=9, member_group_name="blue"),
    "a byte order mark": {"status": 200, "body": "\ufeff" + '{"total": 0, "size": 0, "members": []}'},
    "a group that is a number": wrong_row(member_group_name=7),
    "a group that is a list": wrong_row(member_group_name=["blue"]),
}


# What might be a page of fewer rows than were asked for: the next one is asked for before it is given up.
ASKED_ON = ("total too high",)


@pytest.mark.parametrize("how", ODD)
def test_an_odd_list_fails_its_channel_after_three_tries(case, how):
    sim = case.serve(PAYMENTS, channel("search", "10.2.0.1", "10.2.0.9"), faults=[{"match": LISTS, "then": ODD[how]}])
    case.roster(ROSTER, entry("search", "10.2.0.1"))
    result = case.once()
    reported = result.channel("payments")
    assert result.status == FAILED and reported["result"] == "failed", result
    assert "no whole list in 3 tries" in reported["error"]["message"]
    assert reported["extra"] == [] and reported["missing"] == [] and reported["live"] is None
    assert {d["channel"] for d in mutations(sim)} == {identifier("search")}, "nothing but the other channel's extra"
    asked = [r for r in sim.requests("list_members") if r["channel"] == identifier("payments")]
    assert len([r for r in asked if r["query"].endswith("offset=0")]) == 3
    assert len(asked) == (6 if how in ASKED_ON else 3)
    assert result.channel("search")["result"] == "converged", "it delays nobody else"


@pytest.mark.parametrize("how", ["one row short", "a row twice", "HTML", "members null", "total too high",
                                 "a row without an id", "an empty body"])
def test_a_list_that_is_whole_at_the_second_or_third_try_counts(case, how):
    for times in 1, 2:
        spent = 2 * times if how in ASKED_ON else times
        sim = case.serve(PAYMENTS, faults=[{"match": LISTS, "times": spent, "then": ODD[how]}])
        case.roster(ROSTER)
        result = case.once()
        assert result.status == IN_SYNC and result.outcomes("payments") == {"10.1.0.9:8080": "deleted"}
        assert len(sim.requests("list_members")) == spent + 2
        assert sim.hosts("payments") == ["10.1.0.5", "10.1.0.6", "10.1.0.7"]


# ---- a list that tells an error ----

EMPTY = '"total": 0, "size": 0, "members": []'


@pytest.mark.parametrize("error, asked", [
    ('"error_code": "APIG.9999"', 4), ('"error_code": "APIG.1005", "error_msg": "no"', 1), ('"error_msg": "no"', 4),
    ('"error": {"code": 403, "message": "no"}', 1), ('"error": "no"', 4), ('"error_code": 9999', 4)])
def test_a_list_that_tells_an_error_is_none(case, error, asked):
    sim = case.serve(PAYMENTS, faults=[{"match": LISTS, "then": {"status": 200, "body": f"{{{error}, {EMPTY}}}"}}])
    case.roster(ROSTER)
    result = case.once()
    reported = result.channel("payments")
    assert result.status == FAILED and reported["result"] == "failed" and reported["live"] is None, result
    assert reported["error"]["http"] == 200 and not mutations(sim)
    assert len(sim.requests("list_members")) == asked, "by its code, as if it had come with a status of its own"


def test_a_list_that_tells_an_error_confirms_nothing(case):
    body = f'{{"error_code": "APIG.9999", {EMPTY}}}'
    sim = case.serve(PAYMENTS, faults=[{"match": {**LISTS}, "skip": 1, "then": {"status": 200, "body": body}},
                                       {"match": {"op": "delete_member"}, "then": {"status": 204}}])
    case.roster(ROSTER)
    result = case.once()
    assert result.status == FAILED and result.channel("payments")["result"] == "failed", result
    assert result.channel("payments")["error"]["code"] == "APIG.9999" and len(sim.hosts("payments")) == 4


def test_a_list_of_channels_that_tells_an_error_is_none(case):
    body = '{"error_code": "APIG.9999", "error_msg": "busy", "total": 0, "size": 0, "vpc_channels": []}'
    sim = case.serve(PAYMENTS, faults=[{"match": {"op": "list_channels"}, "times": 2,
                                        "then": {"status": 200, "body": body}}])
    case.roster(ROSTER)
    assert case.once().status == IN_SYNC
    assert len(sim.requests("list_channels")) == 3


TRANSPORT = {
    "cut off": {"truncate": 40},
    "cut off in a chunk": {"truncate": 40, "chunked": True},
    "reset": {"reset": True},
    "closed": {"close": True},
    "503": {"status": 503},
    "500 APIG.9999": {"status": 500, "code": "APIG.9999"},
}


@pytest.mark.parametrize("how", TRANSPORT)
def test_a_read_error_is_retried_and_not_multiplied_by_the_three_tries(case, how):
    sim = case.serve(PAYMENTS, faults=[{"match": LISTS, "then": TRANSPORT[how]}])
    case.roster(ROSTER)
    result = case.once()
    assert result.status == FAILED and result.channel("payments")["result"] == "failed"
    assert len(sim.requests("list_members")) == 4 and not mutations(sim)
    assert "4 attempts" in result.channel("payments")["error"]["message"]


@pytest.mark.parametrize("how", TRANSPORT)
def test_a_read_error_that_passes_is_forgotten(case, how):
    sim = case.serve(PAYMENTS, faults=[{"match": LISTS, "times": 3, "then": TRANSPORT[how]}])
    case.roster(ROSTER)
    assert case.once().status == IN_SYNC
    assert len(sim.requests("list_members")) == 5 and len(deletions(sim)) == 1


@pytest.mark.parametrize("how", [{"stall": True}, {"stall_after": 60}, {"endless": True, "drip": {"bytes": 4,
                                                                                            "every_ms": 20}}])
def test_a_list_that_never_ends_is_given_up(case, how):
    sim = case.serve(PAYMENTS, channel("search", "10.2.0.1", "10.2.0.9"), faults=[{"match": LISTS, "then": how}])
    case.roster(ROSTER, entry("search", "10.2.0.1"))
    case.tune(limits={"timeout": "200ms"}, retry={"attempts": 2})
    result = case.once()
    assert result.status == FAILED and result.results() == {"payments": "failed", "search": "converged"}
    assert "within 200" in result.channel("payments")["error"]["message"]
    assert len([r for r in sim.requests("list_members") if r["channel"] == identifier("payments")]) == 2


@pytest.mark.parametrize("how", [{"oversize_bytes": (16 << 20) + 1}, {"oversize_bytes": 17 << 20, "chunked": True},
                                 {"endless": True}])
def test_an_answer_over_16_mib_is_an_error(case, how):
    sim = case.serve(PAYMENTS, faults=[{"match": LISTS, "then": how}])
    case.roster(ROSTER)
    result = case.once()
    assert result.status == FAILED and "16 MiB" in result.channel("payments")["error"]["message"]
    assert not mutations(sim) and len(sim.requests("list_members")) <= 4


@pytest.mark.parametrize("how", [{"chunked": True}, {"oversize_bytes": 8 << 20}, {"drip": {"bytes": 50, "every_ms": 1}},
                                 {"delay_ms": 30}, {"content_type": "text/plain"}, {"json_patch": {"future": [1, {}]}}])
def test_what_is_merely_unusual_is_read(case, how):
    sim = case.serve(PAYMENTS, faults=[{"match": LISTS, "then": how}])
    case.roster(ROSTER)
    assert case.once().status == IN_SYNC
    assert sim.hosts("payments") == ["10.1.0.5", "10.1.0.6", "10.1.0.7"]


@pytest.mark.parametrize("members", [None, []])
def test_an_empty_channel_may_say_so_in_several_ways(case, members):
    case.serve(channel("payments"), faults=[{"match": LISTS, "then": {"json_patch": {"members": members}}}])
    case.roster(entry("payments", "10.1.0.5"))
    reported = case.once().channel("payments")
    assert (reported["result"], reported["live"], len(reported["missing"])) == ("drift", 0, 1)


# ---- several pages ----

HOSTS = [f"10.5.{n // 250}.{n % 250 + 1}" for n in range(620)]


def long_lists(case, *faults):
    sim = case.serve(channel("payments", *HOSTS, row("10.1.0.9")), faults=list(faults))
    case.roster(entry("payments", *HOSTS))
    return sim


def at(offset, **then):
    return {"match": {"op": "list_members", "offset": offset}, "then": then}


SECOND_PAGE = {
    "the second page says another total": at(499, total_add=1),
    "the first page says another total": at(0, total_add=-1),
    "the second page is empty": at(499, json_patch={"members": []}),
    "the second page is null": at(499, json_patch={"members": None}),
    "the second page has nothing new": at(499, drop_rows=121),
    "the second page starts a row early": at(499, shift=-1),
    "the second page starts a row late": at(499, shift=1),
    "the second page is the first again": at(499, shift=-499),
}


@pytest.mark.parametrize("how", SECOND_PAGE)
def test_pages_that_do_not_fit_together(case, how):
    sim = long_lists(case, SECOND_PAGE[how])
    result = case.once()
    assert result.status == FAILED and not mutations(sim)
    assert "no whole list in 3 tries" in result.channel("payments")["error"]["message"]
    firsts = [r for r in sim.requests("list_members") if r["query"].endswith("offset=0")]
    assert len(firsts) == 3, "each try begins at the first page"


@pytest.mark.parametrize("change", [{"remove_member": {"channel": "payments", "member": HOSTS[3]}},
                                    {"add_member": {"channel": "payments", "member": row("10.6.0.1")}}])
def test_people_changing_members_between_two_pages(case, change):
    sim = long_lists(case, {"match": {"op": "list_members", "offset": 0}, "times": 1, "then": {"after": change}})
    result = case.once()
    assert result.outcomes("payments")["10.1.0.9:8080"] == "deleted"
    assert set(sim.hosts("payments")) <= set(HOSTS), "what came meanwhile is seen by the second try"
    assert len(sim.requests("list_members")) == 3 * 2, "two tries and the confirming list, two pages each"


def test_rows_that_shift_while_total_stays_delete_nothing_that_belongs(case):
    swap = {"remove_member": {"channel": "payments", "member": HOSTS[0]},
            "add_member": {"channel": "payments", "member": row(HOSTS[0])}}
    sim = long_lists(case, {"match": {"op": "list_members", "offset": 0}, "then": {"after": swap}})
    case.once()
    assert set(HOSTS) <= set(sim.hosts("payments"))


def test_a_row_that_shifts_while_total_stays_is_noticed(case):
    """Without the row that both pages have, HOSTS[500] would be on none of them, and the list whole by its count:
    it was there all along."""
    swap = {"remove_member": {"channel": "payments", "member": HOSTS[0]},
            "add_member": {"channel": "payments", "member": row("10.6.0.1")}}
    sim = long_lists(case, {"match": {"op": "list_members", "offset": 0}, "times": 1, "then": {"after": swap}})
    result = case.once()
    reported = result.channel("payments")
    assert [m["host"] for m in reported["missing"]] == [HOSTS[0]], result
    assert result.outcomes("payments") == {"10.1.0.9:8080": "deleted", "10.6.0.1:8080": "deleted"}
    assert len(sim.requests("list_members")) == 3 * 2, "read again from the start, and to confirm"


# ---- the list of channels ----

CATALOG = ["one row short", "total too high", "a row twice", "an empty body", "HTML", "null", "half of JSON",
           "another success"]


@pytest.mark.parametrize("how", CATALOG)
def test_an_odd_list_of_channels_fails_them_all(case, how):
    sim = case.serve(PAYMENTS, channel("search", "10.2.0.1", "10.2.0.9"),
                     faults=[{"match": {"op": "list_channels"}, "then": ODD[how]}])
    case.roster(ROSTER, entry("search", "10.2.0.1"))
    result = case.once()
    assert result.status == FAILED and set(result.results().values()) == {"failed"}
    assert sim.stats()["per_op"] == {"list_channels": 6 if how in ASKED_ON else 3}


@pytest.mark.parametrize("raw", [{"vpc_channel_type": 7}, {"type": "2"}, {"member_type": 1}, {"port": "80"},
                                 {"member_groups": {}}, {"name": None}, {"port": 70000},
                                 {"member_groups": [{"reference_vpc_channel_id": 1}]}])
def test_a_channel_row_of_wrong_types_is_not_guessed_at(case, raw):
    sim = case.serve({**PAYMENTS, "raw": raw})
    case.roster(ROSTER)
    assert case.once().status == FAILED
    assert not mutations(sim) and not sim.requests("list_members")


WRONG = [{"vpc_channel_type": 7}, {"type": "2"}, {"member_type": 1}, {"port": "80"}, {"member_groups": {}},
         {"name": None}, {"name": 7}, {"port": 70000}, {"id": None}, {"id": "a b"}, {"id": 7, "name": ["x"]},
         {"member_groups": [{"reference_vpc_channel_id": 1}]}]


@pytest.mark.parametrize("raw", WRONG)
def test_an_odd_row_of_a_channel_that_no_roster_names_is_only_a_row(case, raw):
    sim = case.serve(channel("elsewhere", "10.3.0.1", raw=raw), PAYMENTS)
    case.roster(ROSTER)
    result = case.once()
    assert result.status == IN_SYNC and result.outcomes("payments") == {"10.1.0.9:8080": "deleted"}, result
    assert len(sim.requests("list_channels")) == 1


@pytest.mark.parametrize("row", [None, "payments", 7, []])
def test_a_row_that_is_no_channel_is_only_a_row(case, row):
    case.serve(PAYMENTS, faults=[{"match": {"op": "list_channels"}, "then": {"raw_row": row}}])
    case.roster(ROSTER)
    assert case.once().status == IN_SYNC
    case.roster(ROSTER, entry("search", "10.2.0.1"))
    result = case.once()
    assert result.results() == {"payments": "in_sync", "search": "failed"}
    assert "vpc_channels[1]: should be an object" in result.channel("search")["error"]["message"]


@pytest.mark.parametrize("raw", [{"port": "80"}, {"type": "2"}, {"name": 777}])
@pytest.mark.parametrize("named", ["name", "id"])
def test_an_odd_row_fails_the_channel_that_a_roster_names(case, raw, named):
    other = entry("search", "10.2.0.1")
    if named == "id":
        other = {"id": identifier("search"), "members": ["10.2.0.1"]}
    elif "name" in raw:
        other = entry("777", "10.2.0.1")
    sim = case.serve(PAYMENTS, channel("search", "10.2.0.1", "10.2.0.9", raw=raw))
    case.roster(ROSTER, other)
    result = case.once()
    reported = [c for c in result.channels if c["name"] != "payments"][0]
    assert result.channel("payments")["result"] == "converged" and reported["result"] == "failed"
    assert f"vpc_channels[1].{list(raw)[0]}: should be" in reported["error"]["message"]
    assert {d["channel"] for d in mutations(sim)} == {identifier("payments")}


def test_a_second_channel_of_the_name_that_is_odd_is_still_a_second_one(case):
    sim = case.serve(PAYMENTS, channel("search", "10.2.0.1", raw={"name": "payments", "port": "80"}),
                     channel_filter="ignored")
    case.roster(ROSTER)
    result = case.once()
    assert result.status == FAILED and "2 channels named payments" in result.channels[0]["error"]["message"]
    assert not mutations(sim)


# ---- a service with pages of its own size ----


def test_a_service_that_clamps_pages_is_read_on(case):
    names = [f"web{n}" for n in range(7)]
    hosts = [f"10.5.0.{n}" for n in range(1, 241)]
    state = stand_in.state([channel(name, *hosts, "10.1.0.9") for name in names])
    state["instances"][0]["page_max"] = 100
    sim = case.simulate(state)
    case.secret("token", "T1")
    case.attach("prod", sim)
    case.roster(*[entry(name, *hosts) for name in names])
    case.tune(guards={"max_channels": "off"})
    result = case.once()
    assert result.status == IN_SYNC and set(result.results().values()) == {"converged"}, result
    assert all(result.outcomes(name) == {"10.1.0.9:8080": "deleted"} for name in names)
    assert len(sim.requests("list_members")) == 7 * 2 * 3


@pytest.mark.parametrize("page", [1, 2, 3, 20])
def test_a_list_of_channels_in_small_pages_is_read_on(case, page):
    names = [f"web{n}" for n in range(7)]
    state = stand_in.state([channel(name, "10.1.0.5") for name in names])
    state["instances"][0]["page_max"] = page
    sim = case.simulate(state)
    case.secret("token", "T1")
    case.attach("prod", sim)
    case.roster(*[entry(name, "10.1.0.5") for name in names])
    assert case.once().status == IN_SYNC
    assert len(sim.requests("list_channels")) == {1: 8, 2: 6, 3: 3, 20: 1}[page]


# ---- the list that confirms ----

def test_a_confirming_list_that_is_odd_is_not_taken_for_success(case):
    sim = case.serve(PAYMENTS, faults=[{"match": LISTS, "skip": 1, "then": {"drop_rows": 1}}])
    case.roster(ROSTER)
    result = case.once()
    assert result.status == FAILED and result.channel("payments")["result"] == "failed"
    assert result.outcomes("payments") == {"10.1.0.9:8080": "deleted"}
    assert len([r for r in sim.requests("list_members") if r["query"].endswith("offset=0")]) == 4


# ---- channels whose port is not told ----

@pytest.mark.parametrize("told", [{"omit": ["port"]}, {"raw": {"port": None}}, {"raw": {"port": 0}}])
def test_without_the_channels_port_nothing_is_taken_for_an_extra(case, told):
    """10.1.0.7 alone means the channel's own port: where that is not known, nor is who belongs."""
    sim = case.serve(channel("payments", "10.1.0.5:8080", "10.1.0.6:8080", "10.1.0.7:8080", **told))
    case.roster(entry("payments", "10.1.0.5:8080", "10.1.0.6:8080", "10.1.0.7"))
    result = case.once()
    assert result.status == FAILED and "write the port there" in result.channel("payments")["error"]["message"]
    assert len(sim.hosts("payments")) == 3 and not mutations(sim)
    case.roster(entry("payments", "10.1.0.5:8080", "10.1.0.6:8080", "10.1.0.7:8080"))
    assert case.once().status == IN_SYNC, "with ports written it does not matter"


def test_without_the_channels_port_an_ignore_rule_of_it_is_no_rule(case):
    sim = case.serve(channel("payments", "10.1.0.5:8080", "10.1.0.6:8080", "10.9.0.1:8080", raw={"port": None}))
    case.roster(entry("payments", "10.1.0.5:8080", "10.1.0.6:8080", ignore=[{"host": "10.9.0.0/16", "port": 0}]))
    result = case.once()
    assert result.status == FAILED and "ignore rule" in result.channel("payments")["error"]["message"]
    assert len(sim.hosts("payments")) == 3


def test_a_member_without_any_port_makes_its_list_worthless(case):
    sim = case.serve(channel("payments", {"host": "10.1.0.5", "port": 0}, "10.1.0.6:8080", raw={"port": None}))
    case.roster(entry("payments", "10.1.0.5:8080", "10.1.0.6:8080"))
    result = case.once()
    assert result.status == FAILED and "nor its channel has a port" in result.channel("payments")["error"]["message"]
    assert not mutations(sim)
