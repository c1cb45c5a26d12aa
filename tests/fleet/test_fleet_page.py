# SPDX-License-Identifier: MIT
"""The page of each host of a fleet in a real browser, as a telephone and a screen show it: who owns what, who stands by,
what is held until a handover is over, and who is cut off."""

import pytest

import etcd
import pages
import web
from case import channel, entry, wait_until
from test_page import fits, has

pytestmark = etcd.NEEDED

KEPT = [f"10.0.0.{i}" for i in range(1, 5)]
VERDICT = "document.getElementById('verdict')"
COLOUR = "getComputedStyle(document.querySelector('#verdict h1')).color"


@pytest.fixture
def pair(make):
    """a owns the instance, b stands by; each with the address of its page."""
    fleet = make({"prod": [channel("payments", *KEPT)]}, lease="5s", handover="60s")
    fleet.roster(entry("payments", *KEPT))
    for host in fleet.hosts.values():
        port = web.free_port()
        host.url = f"http://127.0.0.1:{port}/"
        host.case.tune(http={"listen": f"127.0.0.1:{port}"})
    fleet.start("a")
    fleet.wait_owner("a")
    fleet["a"].daemon.wait_status("1 in sync")
    fleet.start("b")
    fleet["b"].daemon.wait_status("1 on standby")
    return fleet


def check_widths(page):
    for width in (360, 1440):
        page.resize(width=width, height=740)
        assert fits(page), width
        assert page.axe() == [], width


def test_a_fleet_on_a_telephone_and_a_screen(pair):
    a, b = pair["a"], pair["b"]
    with pages.Browser() as browser:
        owner, standby = browser.open(a.url, width=360), browser.open(b.url, width=360)
        has(owner, "The channel is in sync", "a (this host) owns 1 instance")
        has(standby, "Other hosts own all instances", "a owns 1 instance")
        calm = owner.value(COLOUR)
        assert [page.value(f"{VERDICT}.className") for page in (owner, standby)] == ["calm", "calm"]
        for page in (owner, standby):
            check_widths(page)
        # Who takes over waits, and says for how long; once all is seen twice, there is nothing to approve.
        pair.sim.edit("payments", add=[{"host": "10.9.0.1"}])
        a.kill()
        has(standby, "until changes of the last owner are over", "b (this host) owns 1 instance")
        standby.until("!document.body.innerText.includes('rosterctl approve')")
        has(standby, "1 channel held by a guard")
        assert standby.value(COLOUR) != calm
        check_widths(standby)
        # Who is cut off is shown as being in trouble.
        b.cut()
        has(standby, "This host is cut off from its fleet")
        assert standby.value(f"{VERDICT}.className") == "trouble" and standby.value(COLOUR) != calm
        check_widths(standby)
        b.heal()
        wait_until(lambda: "cut off" not in standby.text(selector="body"))
        for page in (owner, standby):
            seen = page.seen()
            errors = [line for line in seen["console"] if "ERR_CONNECTION_REFUSED" not in line]
            assert errors == [], errors
