# SPDX-License-Identifier: MIT
"""The status page in a real browser: what it says in each state, how it looks, that it follows, that it stays quick."""

import json
import re
import statistics
from datetime import datetime, timedelta, timezone

import pages
import web
from case import channel, entry, identifier, row
from daemon import NEVER, Daemon

HOSTILE = "<img src=x onerror=\"document.body.dataset.ran='1'\">'&\u202e"
SHOWN = HOSTILE.replace("\u202e", "<U+202E>")
KEPT = [f"10.1.0.{n}" for n in range(1, 5)]
MANY = 2000
NAMES = "[...document.querySelectorAll('.channel:not([hidden]) .name')].map((name) => name.textContent)"
SEARCH = """(() => {
    const search = document.getElementById('search');
    search.value = %s;
    search.dispatchEvent(new Event('input', {bubbles: true}));
})()"""


def start(case, *args, **http):
    """A daemon that shows itself, when its first pass is over: (daemon, address of the page)."""
    port = web.free_port()
    case.tune(interval=NEVER, http={"listen": f"127.0.0.1:{port}", **http})
    daemon = Daemon(case, *args)
    daemon.wait_status("next pass")
    return daemon, f"http://127.0.0.1:{port}/"


def later():
    """A window that opens in some hours."""
    at = datetime.now(timezone.utc) + timedelta(hours=6)
    return {"from": at.strftime("%H:%M"), "to": (at + timedelta(hours=1)).strftime("%H:%M")}


def serve_trouble(case):
    """A channel of each result. Nothing is deleted at once, so the extras of a quarantine stay in it."""
    sim = case.serve(
        channel("calm", *KEPT),
        channel("payments", "10.1.0.1", *[f"10.9.0.{n}" for n in range(1, 15)]),
        channel("reports", *KEPT),
        channel("search", *KEPT),
        channel("sessions", *KEPT, "10.9.1.1"),
        channel("ledger", *KEPT, "10.9.2.1"),
        channel("night", *KEPT, "10.9.3.1"),
        channel(HOSTILE, *KEPT, row("10.9.4.1", member_group_name=HOSTILE)),
        channel("plain", "10.1.0.1"),
        faults=[{"match": {"op": "list_members", "channel": identifier("reports")},
                 "then": {"status": 403, "code": "APIG.1005", "message": "no right to this"}}])
    case.roster(
        entry("calm", *KEPT), entry("payments", "10.1.0.1"), entry("reports", *KEPT), entry("search", *KEPT, "10.1.0.9"),
        entry("sessions", *KEPT, paused="moving to zone b"), entry("ledger", *KEPT),
        entry("night", *KEPT, windows=[later()]), entry(HOSTILE, *KEPT, mode="observe"), entry("plain", "10.1.0.1"))
    case.tune(quarantine="1h", settle="0s")
    return sim


def has(page, *texts):
    """Waits until the page says all that; its text."""
    for text in texts:
        try:
            page.until(f"document.body.innerText.includes({json.dumps(text)})")
        except AssertionError:
            raise AssertionError(f"{text!r} is not in: {page.text(selector='body')}") from None
    return page.text(selector="body")


def fits(page):
    """Whether nothing is wider than the window."""
    return page.value("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def case_of(page, name):
    """What is told of a channel above the list of all."""
    return page.value(f"[...document.querySelectorAll('.case')].find((c) => c.querySelector('h3').textContent.includes({json.dumps(name)}))?.innerText")


def check_troubles(page):
    """In the order in which somebody asks."""
    text = has(page, "1 channel failed, 1 held")
    assert "9 channels in 1 instance: 1 failed, 1 held, 2 drift, 1 quarantined, 2 paused, 2 in sync." in text
    assert page.value("[...document.querySelectorAll('h1, h2')].map((title) => title.innerText)") == [
        "1 channel failed, 1 held", "What is wrong", "What is not in sync", "What happens next", "What was done", "Channels"]
    failed, held = case_of(page, "prod/reports"), case_of(page, "prod/payments")
    assert re.search(r"failed since .* UTC or before; last read never", failed, re.I), failed
    assert re.fullmatch(r"\d+ s ago", page.value("document.querySelector('.case time').dataset.distance"))
    assert re.search(r"no right to this \(request [0-9a-f]{32}\)", failed) and "rosterctl reconcile prod/reports" in failed
    assert "max_deletes refuses: 14 deletions planned, limit 10" in held and "To go: 10.9.0.1:8080, " in held and "and 9 more." in held
    assert "until the plan is within its guards, or is approved" in held
    assert re.search(r"^rosterctl approve [0-9a-f]{12}$", held, re.M), held
    assert "Missing: 10.1.0.9:8080." in case_of(page, "prod/search")
    assert "paused in the roster: moving to zone b, without end" in case_of(page, "prod/sessions")
    assert "paused: outside the change window, until" in case_of(page, "prod/night")
    assert case_of(page, "prod/calm") is None
    assert "In the last day: 0 deleted, 0 added, 1 changed, 1 held, 1 failed." in text
    assert re.search(r"disabled 10.9.2.1:8080 in prod/ledger", text), text


def check_hostile(page):
    text = has(page, f"prod/{SHOWN}")
    assert f"{SHOWN}/10.9.4.1:8080" in text
    assert page.value("[document.body.dataset.ran, document.querySelectorAll('main img').length, document.body.innerText.includes('\\u202e')]") == [None, 0, False]


def check_details(page):
    """By keyboard alone: to the channels, a search, a channel that unfolds, and back."""
    page.value("document.body.focus()")
    page.press(key="Tab")
    assert page.value("document.activeElement.className") == "skip"
    page.press(key="Enter")
    page.press(key="Tab")
    assert page.value("document.activeElement.id") == "search"
    page.type(text="PAYM")
    assert page.value(NAMES) == ["prod/payments"]
    assert page.text(selector="#shown") == "1 of 9"
    page.press(key="Tab")
    page.press(key="Tab")
    page.press(key="Enter")
    page.until("document.activeElement.parentNode.open")
    text = page.text(selector=".channel[open]")
    for part in ("Members that are not in the roster (14)", "10.9.0.14:8080, held", "Channel id", identifier("payments"), "Digest"):
        assert part in text, text
    page.until("document.querySelector('.channel[open] .live-chart')")
    assert "15 live" in page.text(selector=".live-chart") or "15 to 15 live" in page.text(selector=".live-chart")
    page.press(key="Enter")
    assert page.value("document.activeElement.parentNode.open") is False


def check_looks(page):
    for width, scheme in ((360, "light"), (768, "light"), (1440, "light"), (1440, "dark"), (360, "dark")):
        page.resize(width=width, height=900)
        page.scheme(scheme=scheme)
        page.value("document.querySelectorAll('.channel').forEach((channel) => { channel.open = true; })")
        assert fits(page), width
        if width != 768:
            assert page.axe() == [], (width, scheme)
    light, dark = [], []
    for scheme, colours in (("light", light), ("dark", dark)):
        page.scheme(scheme=scheme)
        colours += page.value("[getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(document.body).color]")
    assert light != dark and light == dark[::-1] or len({*light, *dark}) == 4


def test_what_it_says_and_how_it_looks(case):
    sim = serve_trouble(case)
    daemon, url = start(case)
    with pages.Browser() as browser:
        page = browser.open(url)
        check_troubles(page)
        check_hostile(page)
        check_details(page)
        check_looks(page)
        page.value("document.getElementById('filter').reset()")
        plain = browser.open(url, javaScriptEnabled=False, width=360)
        text = plain.text(selector="body")
        for part in ("1 channel failed, 1 held", "no right to this", "rosterctl approve ", "; reload to see what is new", "next pass", "disabled 10.9.2.1:8080"):
            assert part in text, text
        elsewhere = browser.open(url, before="const now = Date.now; Date.now = () => now() + 7200000")
        elsewhere.until(r"/^\d+ s ago$/.test(document.querySelector('.case time').dataset.distance)")
        for seen in page.seen(), plain.seen(), elsewhere.seen():
            assert seen["console"] == [] and all(request.startswith(url) for request in seen["requests"]), seen
            assert re.fullmatch(r"default-src 'none'; style-src 'sha256-[^ ]+'; script-src 'sha256-[^ ]+'; connect-src 'self'; "
                                r"frame-ancestors 'none'; base-uri 'none'; form-action 'none'", seen["policies"][0])
        check_other_states(case, daemon, page)
    assert sim.requests("delete_member") == [] and daemon.stop() == 0


def check_other_states(case, daemon, page):
    """Rosters that are refused, a state that is gone, and both put right."""
    good = (case.folder / "rosters.yaml").read_text()
    case.write("rosters.yaml", good.replace('"calm"', '"calm", "colour": "red"'))
    text = has(page, "New settings or rosters are refused")
    assert "colour" in text and "rosterctl validate" in text and re.search(r"^Since \d\d:\d\d:\d\d UTC", text, re.M) and "1 failed, 1 held" in text
    case.write("rosters.yaml", good)
    has(page, "1 channel failed, 1 held")
    for file in case.state_dir.glob("rosterd.db*"):
        file.rename(case.folder / file.name)
    text = has(page, "The state cannot be used")
    assert "nothing is changed" in text
    for file in case.folder.glob("rosterd.db*"):
        file.rename(case.state_dir / file.name)
    has(page, "1 channel failed, 1 held")


def test_in_sync_and_dry_run(case):
    case.serve(channel("calm", *KEPT), channel("still", *KEPT))
    case.roster(entry("calm", *KEPT), entry("still", *KEPT))
    case.secret("web.token", web.TOKEN)
    daemon, url = start(case, "--dry-run", token_file="web.token")
    with pages.Browser() as browser:
        page = browser.open(url, httpCredentials={"username": "whoever", "password": web.TOKEN})
        text = has(page, "All 2 channels are in sync", "2 channels in 1 instance: 2 in sync. Dry run: nothing is changed.")
        assert page.text(selector="#pulse") == "Live"
        assert "What is wrong" not in text and "What is not in sync" not in text and "Nothing was changed yet." in text
        assert page.axe() == [] and page.value("document.title") == "All 2 channels are in sync - rosterd"
        check_following(case, daemon, page)


def check_following(case, daemon, page):
    """What it is told by the daemon comes by itself; what the reader has set stays; the end is seen."""
    page.value(SEARCH % json.dumps("cal"))
    page.value("window.kept = document.querySelector('.channel'); kept.open = true; document.getElementById('search').focus();"
               "window.scrollTo(0, 100)")
    case.sims[0].edit(identifier("calm"), add=[row("10.9.0.1")])
    assert case.run("rosterctl", "reconcile").status == 2
    asked = "performance.getEntriesByType('resource').length"
    before = page.value(asked)
    has(page, "Nothing failed; 1 of 2 channels not in sync", "To go: 10.9.0.1:8080.")
    # The first may be answered by what was there half a second before; they are a second apart.
    assert page.value(asked) - before <= 3
    assert page.value("[document.querySelector('.channel') === window.kept, window.kept.open, document.activeElement.id, window.scrollY, "
                      "document.getElementById('search').value, document.querySelectorAll('.channel')[1].hidden]") \
        == [True, True, "search", 100, "cal", True]
    daemon.process.kill()
    daemon.process.wait()
    text = has(page, "rosterd has not answered since ", "What stands here is as it was then.")
    assert re.search(r"since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC", text) and page.text(selector="#pulse") == "Not followed"
    again = Daemon(case, "--dry-run")
    again.wait_status("next pass")
    page.until("document.getElementById('gone').hidden")
    assert page.text(selector="#pulse") == "Live"
    assert again.stop() == 0


def test_two_thousand_channels_stay_quick(case):
    case.serve(*[channel(f"ch-{n:04}", "10.1.0.1") for n in range(MANY)])
    case.roster(*[entry(f"ch-{n:04}", "10.1.0.1", *(["10.1.0.2"] if n % 100 == 0 else [])) for n in range(MANY)])
    case.tune(mode="observe")
    daemon, url = start(case)
    with pages.Browser() as browser:
        page = browser.open(url)
        text = has(page, "Nothing failed; 20 of 2000 channels not in sync", "2000 of 2000")
        assert "and 14 more, in the list of channels" in text and len(page.value("document.documentElement.outerHTML")) < 1_500_000
        keys = ["1", "19", "199", "1999", "199", "19", "1", "", "c", "ch", "ch-0", "ch-00", "nothing", ""] * 2
        page.busy()
        before = page.busy()["ThreadTime"]
        took = page.value("""(async () => {
            const search = document.getElementById('search'), took = [];
            for (const text of %s) {
                const began = performance.now();
                search.value = text;
                search.dispatchEvent(new Event('input', {bubbles: true}));
                await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
                took.push(performance.now() - began);
            }
            return took;
        })()""" % json.dumps(keys))
        busy = (page.busy()["ThreadTime"] - before) / len(keys)
        # By the clock where the machine has nothing else to do, else by the time that the page had a processor.
        assert min(statistics.median(took) / 1000, busy) < 0.1, (took, busy)
        page.value(SEARCH % json.dumps("ch-1234"))
        assert page.text(selector="#shown") == "1 of 2000" and page.value(NAMES) == ["prod/ch-1234"]
        page.value("document.getElementById('result').value = 'not'")
        page.value(SEARCH % json.dumps(""))
        assert page.text(selector="#shown") == "20 of 2000"
    assert daemon.stop() == 0
