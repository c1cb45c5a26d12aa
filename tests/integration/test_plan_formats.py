# SPDX-License-Identifier: MIT
"""The plan where people review: as Markdown by two parsers of Debian, as HTML by a real browser, whatever names say."""

import html.parser
import json
import re
import shutil
import subprocess

import pytest

import browser
from case import DRIFT, FAILED, HELD, USAGE, channel, entry, identifier
from daemon import NEVER, Daemon

OFF = {"max_deletes": 5000, "max_delete_percent": 100, "min_remaining": 0, "max_deletes_total": "off",
       "max_channels": "off"}

# What would mean something in Markdown, in HTML, to the sites that show both, or to a terminal.
NAMES = [
    "a|b*_<script>alert(1)</script>", "|", "\\|", "a\\\\|b\\", "`", "``a`b", "```", "~~~~", "a`|`b", "x\\", " a ", "@someone",
    "a|@someone", "#1", "GH-1 !2 $3 owner/name#4", "http://example.org/?a=b&c", "|http://example.org", "www.example.org",
    "|www.example.org", "a@example.org", "|a@example.org", "![a](http://example.org/a.png)", "[a]: /b \"c\"", "**a** __b__ ~~c~~",
    "</details>", "</code></pre></td></table>", "<!-- a", "<details>", "&lt;b&gt; &#35; &copy;", "a\n\n# b\n- c\n", "a\r\rb",
    "\x1b[2J\x1b]0;a\a", "a\u202eb\u2066c", "1. a", "- a", "> a", "    a", "---", ":warning:", "$a$", "{{a}} {% a %}",
    "\"><img src=x onerror=\"document.title='ran'\">", "' onmouseover='document.title=1", "<svg onload=\"document.title='ran'\">",
    "<script>document.title='ran'</script>", "javascript:document.title='ran'", "\u652f\u4ed8", "w" * 300,
]


def shown(text):
    """As people may see it: what steers a terminal or turns the order of reading is spelt."""
    return re.sub("[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", lambda match: f"<U+{ord(match[0]):04X}>", text)


def serve_names(case):
    """Every name is one of a channel, and of a group of its extra."""
    rows = [channel(f"c{i}", "10.1.0.5", {"host": "10.1.0.9", "raw": {"member_group_name": name}}, raw={"name": name})
            for i, name in enumerate(NAMES)]
    sim = case.serve(*rows)
    case.roster(*[entry(None, "10.1.0.5", id=identifier(f"c{i}")) for i in range(len(NAMES))])
    case.tune(guards=OFF)
    return sim


class Reader(html.parser.HTMLParser):
    """The texts of a page, each with the tags that it stands in."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.texts = [], set(), []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in ("meta", "br", "img", "hr", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()

    def handle_data(self, data):
        self.texts.append((tuple(self.open), data))

    def within(self, tag):
        """The whole text of each outermost element of that kind, in order."""
        found, inside = [], False
        for tags, data in self.texts:
            if tag in tags and inside:
                found[-1] += data
            elif tag in tags:
                found.append(data)
            inside = tag in tags
        return found


def by_cmark(text):
    if not shutil.which("cmark-gfm"):
        pytest.skip("cmark-gfm is not there")
    return subprocess.run(["cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough"], input=text,
                          capture_output=True, check=True, text=True).stdout


def by_markdown_it(text):
    return pytest.importorskip("markdown_it").MarkdownIt("commonmark", {"html": True}).enable("table").render(text)


PARSERS = pytest.mark.parametrize("parse", [by_cmark, by_markdown_it])


@PARSERS
def test_every_name_stays_text_in_markdown(case, parse):
    serve_names(case)
    result = case.plan("--format", "markdown")
    assert result.status == DRIFT and result.stderr == ""
    page = Reader(parse(result.stdout))
    assert page.open == []
    assert page.tags <= {"p", "strong", "table", "thead", "tbody", "tr", "th", "td", "code", "details", "summary", "pre"}
    cells = page.within("td")
    named = [shown("prod/" + name) for name in NAMES]
    assert cells[::7] == named
    assert page.within("summary") == [f"{name}: drift" for name in named]
    lists = page.within("pre")
    assert [text.splitlines()[0] for text in lists] == [f"- {shown(name)}/10.1.0.9:8080" for name in NAMES]
    for tags, text in page.texts:
        assert "code" in tags or not re.search(r"[@#|<>`\\]|\w\.\w|prod", text), (tags, text)


@PARSERS
def test_markdown_of_what_fails_and_is_held(case, parse):
    """Totals, what is told of an instance once, a table, and each channel's list; the summary without those."""
    sim = case.serve(*[channel(f"calm-{i}", "10.1.0.5", *[f"10.1.0.{k}" for k in range(10, 14)]) for i in range(3)])
    case.roster(entry("calm-0", "10.1.0.5", guards={"max_deletes": 3}), entry("calm-1", "10.1.0.5"),
                entry("calm-2", "10.1.0.5"))
    case.tune(guards={**OFF, "max_deletes_total": 5})
    result = case.plan("--format", "markdown")
    text = case.plan().stdout
    page = Reader(parse(result.stdout))
    assert result.status == HELD
    assert page.within("strong") == [text.splitlines()[0]]
    fences = page.within("pre")
    assert len(fences) == 4 and fences[0].splitlines()[0] == "prod: held as a whole"
    assert "max_deletes_total" in fences[0] and "! max_deletes refuses: 4 deletions planned, limit 3" in fences[1]
    for line in text.splitlines():
        if line.startswith("  "):
            assert line[2:] in "".join(fences).splitlines(), line
    summary = Reader(parse(case.plan("--format", "markdown", "--summary").stdout))
    assert summary.within("td") == page.within("td") and summary.within("summary") == []
    verbose = case.plan("--format", "markdown", "-v").stdout
    assert identifier("calm-1") in verbose and identifier("calm-1") not in result.stdout
    sim.faults([{"match": {"op": "list_channels"}, "then": {"status": 403, "code": "APIG.1005", "message": "no `|` @you"}}])
    failed = case.plan("--format", "markdown")
    page = Reader(parse(failed.stdout))
    assert failed.status == FAILED and page.tags == {"p", "strong", "pre", "code"}
    assert "prod: 3 channels could not be read" in page.within("pre")[0] and "no `|` @you" in page.within("pre")[0]


def count_left(text, what):
    found = re.search(rf"(\d+) {what}", text.split("**Left out", 1)[1])
    return int(found[1]) if found else 0


@pytest.mark.parametrize("channels, extras, name", [(40, 60, "g" * 60), (3, 900, "`" * 9), (900, 1, "n" * 58)])
def test_markdown_is_no_longer_than_a_comment_and_counts_the_rest(case, channels, extras, name):
    case.serve(*[channel(f"c{i}-{name}", "10.1.0.5", *[{"host": f"10.2.{k // 250}.{k % 250 + 1}", "member_group_name": name}
                                                       for k in range(extras)]) for i in range(channels)])
    case.roster(*[entry(f"c{i}-{name}", "10.1.0.5") for i in range(channels)])
    case.tune(guards=OFF)
    text = case.plan("--format", "markdown").stdout
    assert 50000 < len(text) <= 60000
    page = Reader(by_markdown_it(text))
    assert page.open == []
    members = [line for fence in page.within("pre") for line in fence.splitlines() if line.startswith("- ")]
    assert len(members) + count_left(text, "member") == channels * extras
    assert len(page.within("summary")) + count_left(text, "channel") == channels
    assert len(page.within("td")) // 7 + count_left(text, "row") == channels
    assert "`rosterctl plan` shows all of it" in text.splitlines()[-1]


def test_the_daemon_makes_the_same_plan_in_each_format(case):
    case.serve(channel("payments", "10.1.0.5", "10.1.0.9"))
    case.roster(entry("payments", "10.1.0.5"))
    case.tune(interval=NEVER, mode="observe")
    daemon = Daemon(case)
    daemon.wait_status("next pass")
    for name in "text", "json", "markdown", "html":
        asked, own = (re.sub(r"20\d\d-\d\d-\d\dT[0-9:]*Z", "", case.plan("--format", name, *local).stdout)
                      for local in ([], ["--local"]))
        if name == "json":
            asked, own = json.loads(asked), json.loads(own)
        assert asked == own and asked
    assert daemon.stop() == 0


def test_two_formats_are_a_mistake(case):
    case.serve(channel("payments", "10.1.0.5"))
    case.roster(entry("payments", "10.1.0.5"))
    assert case.plan("--json", "--format", "json").report["result"] == "in_sync"
    for arguments, words in ((["--json", "--format", "html"], "--json does not go with"),
                             (["--format", "text", "--json"], "--json does not go with"),
                             (["--format", "xml"], "text, json, markdown, html")):
        result = case.plan(*arguments)
        assert result.status == USAGE and result.stdout == "" and words in result.stderr and result.stderr.count("\n") == 1
    result = case.run("rosterctl", "status", "--format", "html")
    assert result.status == USAGE and "--format does not go with status" in result.stderr


# ---- HTML ----

@pytest.fixture
def page(tmp_path):
    """A browser."""
    if not browser.CHROMIUM:
        pytest.skip("NO BROWSER: chromium is not there, the HTML of plans is not looked at")
    opened = browser.Browser(tmp_path)
    yield opened
    opened.close()


def write_html(case, *options):
    result = case.plan("--format", "html", *options)
    assert result.stderr == ""
    return case.write("plan.html", result.stdout)


def test_html_is_well_formed_and_alone(case):
    serve_names(case)
    text = write_html(case).read_text()
    reader = Reader(text)
    assert reader.open == [] and "script" not in reader.tags and "img" not in reader.tags and "a" not in reader.tags
    assert "http://" not in re.sub(r">[^<]*<", "><", text) and "https://" not in text
    assert "default-src 'none'" in text


def test_no_name_runs_in_a_browser(case, page):
    serve_names(case)
    page.open(write_html(case), 1200)
    assert page.value("document.title") == "rosterd: plan"
    assert page.value("document.querySelectorAll('script, img, svg, a, iframe, [onerror], [onmouseover]').length") == 0
    assert page.requests == [f"file://{case.folder}/plan.html"]
    cells = page.value("[...document.querySelectorAll('td[data-title=CHANNEL]')].map(cell => cell.textContent)")
    assert cells == [shown("prod/" + name) for name in NAMES]
    lists = page.value("[...document.querySelectorAll('details')].map(one => one.textContent)")
    assert len(lists) == len(NAMES)
    for name, text in zip(NAMES, lists):
        assert f"- {shown(name)}/10.1.0.9:8080" in text


OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Elements that stick out at a side, or hide a part of their text.
CUT = """[...document.querySelectorAll('main *')].filter(one => {
    const box = one.getBoundingClientRect();
    return box.width > 1 && (box.right > innerWidth + 1 || box.left < 0 || one.scrollWidth > one.clientWidth + 1 &&
                             getComputedStyle(one).display !== 'inline');
}).length"""


@pytest.mark.parametrize("width", [360, 1200])
def test_html_is_readable_at_each_width(case, page, width):
    serve_names(case)
    page.open(write_html(case), width)
    assert page.value("innerWidth") == width
    assert page.value(OVERFLOW) <= 0 and page.value(CUT) == 0
    assert page.value("parseFloat(getComputedStyle(document.querySelector('pre')).fontSize)") >= 12


LUMINANCE = """(one => {
    const light = colour => { const [r, g, b] = colour.match(/[0-9.]+/g).map(part => {
        const value = part / 255; return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const back = light(getComputedStyle(document.body).backgroundColor), text = light(getComputedStyle(one).color);
    return (Math.max(back, text) + 0.05) / (Math.min(back, text) + 0.05); })"""


def test_html_in_the_dark_in_the_light_and_on_paper(case, page):
    case.serve(channel("aaa", "10.1.0.5", "10.1.0.9"), channel("bbb", "10.1.0.5"))
    case.roster(entry("aaa", "10.1.0.5", "10.1.0.6"), entry("bbb", "10.1.0.5", "10.1.0.6"), entry("none", "10.1.0.5"))
    case.tune(guards=OFF)
    page.open(write_html(case), 800)
    backs = set()
    for scheme in "light", "dark":
        page.media(prefers_color_scheme=scheme)
        assert page.value(f"Math.min(...[...document.querySelectorAll('p, th, td, summary, span')].map({LUMINANCE}))") >= 4.5
        backs.add(page.value("getComputedStyle(document.body).backgroundColor"))
    assert len(backs) == 2
    page.media("print", prefers_color_scheme="dark")
    page.value("document.querySelectorAll('details').forEach(one => one.open = false)")
    assert page.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    heights = page.value("[...document.querySelectorAll('pre')].map(one => one.checkVisibility({contentVisibilityAuto: true,"
                         "visibilityProperty: true}) && one.getBoundingClientRect().height)")
    assert len(heights) == 3 and all(height > 10 for height in heights), "what is folded is printed as well"
    assert page.value("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
