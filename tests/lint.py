#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks of the sources themselves: format, the fences between folders, headers that compile alone,
length and complexity, spelling. Prints one line a check, exits 1 when any fails."""
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FUNCTION_LINES_MAX = 70
COMPLEXITY_MAX, COMPLEXITY_MAX_IN_TESTS = 15, 20
FILE_LINES_MAX = 400

# A library's header, and the only places that may include it.
LIBRARIES = {
    "yaml.h": ["config/yaml/yaml.c"],
    "curl/": ["daemon/http/"],
    "json-c/": ["daemon/json/"],
    "sqlite3.h": ["daemon/store/"],
    "openssl/": ["daemon/base/digest.c"],
    "systemd/": ["daemon/"],
    "microhttpd.h": ["daemon/http/server_internal.h"],
    "libsmartcols/": ["daemon/report/table.c"],
}
# The rooms, and what each may include of ours besides itself, its floor first: an arrow leads to a
# room that stands above it here. README.md shows the same picture.
ROOMS = {
    "daemon/base": "",
    "config/yaml": "daemon/base",
    "config/schema": "daemon/base config/yaml",
    "config/zone": "daemon/base",
    "config": "daemon/base config/yaml config/schema config/zone",
    "config/settings": "daemon/base config config/schema",
    "config/roster": "daemon/base config config/yaml config/schema config/settings",
    "config/load": "daemon/base config config/yaml config/settings config/roster",
    "reconcile": "daemon/base config",
    "reconcile/request": "daemon/base reconcile",
    "reconcile/plan": "daemon/base config reconcile",
    "reconcile/schedule": "daemon/base reconcile",
    "reconcile/report": "daemon/base reconcile/plan",
    "reconcile/channel": "daemon/base reconcile/request reconcile/plan reconcile/report",
    "reconcile/apply": "daemon/base reconcile/plan reconcile/channel",
    "reconcile/pass": "daemon/base reconcile/request reconcile/plan reconcile/report reconcile/channel "
                      "reconcile/apply",
    "reconcile/notice": "daemon/base config reconcile/report",
    "reconcile/survey": "daemon/base reconcile/request reconcile/plan reconcile/channel",
    "daemon/json": "daemon/base",
    "daemon/http": "daemon/base",
    "daemon/log": "daemon/base config reconcile reconcile/plan reconcile/report",
    "daemon/fleet": "daemon/base config reconcile reconcile/schedule daemon/json daemon/http daemon/log",
    "daemon/store": "daemon/base config reconcile daemon/log",
    "daemon/shared": "daemon/base config reconcile daemon/json daemon/fleet daemon/log daemon/store",
    "daemon/notify": "daemon/base config reconcile/plan reconcile/report reconcile/notice daemon/json daemon/http "
                     "daemon/log daemon/store",
    "daemon/roma/auth": "daemon/base config",
    "daemon/roma/wire": "daemon/base reconcile daemon/json daemon/http daemon/roma/auth",
    "daemon/roma/provider": "daemon/base config reconcile reconcile/request daemon/json "
                            "daemon/http daemon/roma/auth daemon/roma/wire",
    "daemon/roma": "daemon/base config reconcile reconcile/request daemon/http daemon/roma/auth "
                   "daemon/roma/wire daemon/roma/provider",
    "daemon/runtime": "daemon/base config reconcile/request reconcile/plan reconcile/schedule reconcile/report "
                      "reconcile/pass reconcile/survey daemon/log daemon/fleet daemon/store daemon/roma",
    "daemon/check": "daemon/base config reconcile reconcile/request daemon/json daemon/http daemon/fleet daemon/store "
                    "daemon/roma",
    "daemon/report": "daemon/base config config/schema config/roster reconcile/plan reconcile/report "
                     "reconcile/survey daemon/json daemon/store daemon/runtime",
    "daemon/cli": "daemon/base config config/load daemon/json daemon/log daemon/fleet daemon/store daemon/shared "
                  "daemon/runtime daemon/report",
    "daemon/web": "daemon/base config reconcile/plan reconcile/schedule reconcile/report daemon/json daemon/http "
                  "daemon/fleet daemon/store daemon/runtime daemon/report",
    "daemon/control": "daemon/base config config/schema daemon/json daemon/http daemon/log daemon/fleet daemon/store "
                      "daemon/shared daemon/notify daemon/runtime daemon/report daemon/cli daemon/web",
    "daemon/ctl": "daemon/base config config/settings config/roster config/load reconcile/report daemon/json "
                  "daemon/http daemon/store daemon/notify daemon/runtime daemon/check daemon/report daemon/cli "
                  "daemon/web",
    "daemon/service": "daemon/base config config/load daemon/log daemon/fleet daemon/store daemon/shared daemon/notify daemon/runtime "
                      "daemon/report daemon/cli daemon/web daemon/control",
    "daemon": "daemon/cli daemon/ctl daemon/service",
}
# The world that config/ and reconcile/ must not know.
PURE = ("config/", "reconcile/")
WORLD_HEADERS = r"#include <(time|sys/time|sys/socket|netdb|syslog|signal|pthread|sys/random)\.h>"
WORLD_CALLS = r"(?<!->)\b(clock_(monotonic|realtime)_usec|clock_gettime|gettimeofday|time|rand|random|" \
              r"getrandom|socket|log_event|printf|perror|getenv|sleep|usleep)\("
# Put together, so that this file does not find itself.
UNFINISHED = r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b"


def files(*endings):
    names = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"],
                           capture_output=True, text=True, check=True).stdout.split()
    return [n for n in names if n.endswith(endings) and os.path.exists(os.path.join(ROOT, n))]


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def is_product(name):
    return name.startswith(("config/", "reconcile/", "daemon/"))


def check_format():
    done = run("clang-format", "--dry-run", "-Werror", *files(".c", ".h"))
    return [line for line in done.stderr.splitlines() if "error:" in line]


def check_library_fences():
    bad = []
    for name in filter(is_product, files(".c", ".h")):
        for header in re.findall(r"#include <([^>]+)>", read(name)):
            for library, places in LIBRARIES.items():
                if header.startswith(library):
                    if not name.startswith(tuple(places)):
                        bad.append(f"{name}: <{header}> belongs in {places or 'no file'}")
                    break
    return bad


def includes(name):
    return re.findall(r'#include "([^"]+)"', read(name))


def check_rooms():
    """The table itself: each room knows only rooms above it, so that there is no circle."""
    bad, above = [], set()
    for room, known in ROOMS.items():
        bad += [f"{room} may not know {other}: it stands below it" for other in known.split()
                if other not in above]
        above.add(room)
    return bad


def picture():
    """The rooms from the bottom up, each with those it knows, as README.md shows them."""
    width = max(map(len, ROOMS))
    rows = []
    for room, known in ROOMS.items():
        line = f"{room:<{width}}  "
        for other in known.split():
            if len(line) + len(other) > 99:
                rows.append(line.rstrip())
                line = " " * (width + 2)
            line += other + " "
        rows.append(line.rstrip())
    return "\n".join(rows)


def check_picture():
    return [] if f"```\n{picture()}\n```" in read("README.md") else \
        ["README.md: its picture of the rooms is not that of ROOMS: tests/lint.py --picture prints it"]


def check_arrows():
    bad = []
    for name in filter(is_product, files(".c", ".h")):
        room = os.path.dirname(name)
        if room not in ROOMS:
            bad.append(f"{name}: stands in no room")
            continue
        known = ROOMS[room].split()
        bad += [f"{name}: includes {header}, but {room} does not know {os.path.dirname(header)}"
                for header in includes(name) if os.path.dirname(header) not in (room, *known)]
    return bad


def check_circles():
    graph = {name: includes(name) for name in filter(is_product, files(".h"))}
    bad, done = [], set()

    def visit(name, path):
        if name in path:
            bad.append(" -> ".join([*path[path.index(name):], name]))
        elif name not in done:
            for other in sorted(graph.get(name, ())):
                visit(other, [*path, name])
            done.add(name)

    for name in sorted(graph):
        visit(name, [])
    return bad


def check_purity():
    bad = []
    for name in filter(lambda n: n.startswith(PURE), files(".c", ".h")):
        for number, line in enumerate(read(name).splitlines(), 1):
            code = re.sub(r'"(\\.|[^"\\])*"', '""', line)
            if re.search(WORLD_HEADERS, line) or re.search(WORLD_CALLS, code):
                bad.append(f"{name}:{number}: {line.strip()}")
    return bad


def check_headers_alone():
    bad = []
    for name in filter(is_product, files(".h")):
        done = run("gcc", "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Werror", "-I.", "-fsyntax-only",
                   "-x", "c", name)
        # gcc calls `#pragma once` in a file compiled by itself a mistake; here it is the point.
        errors = [line for line in done.stderr.splitlines()
                  if "error:" in line and "pragma once" not in line]
        bad += [f"{name}: {error}" for error in errors[:1]]
    return bad


def check_lengths():
    bad = [f"{name}: {read(name).count(chr(10))} lines"
           for name in files(".c", ".h") if read(name).count("\n") > FILE_LINES_MAX]
    for row in run("pmccabe", *files(".c")).stdout.splitlines():
        complexity, _, _, _, lines, place, function = row.split(None, 6)
        if int(lines) > FUNCTION_LINES_MAX:
            bad.append(f"{place} {function}: {lines} lines")
        limit = COMPLEXITY_MAX_IN_TESTS if place.startswith("tests/") else COMPLEXITY_MAX
        if int(complexity) > limit:
            bad.append(f"{place} {function}: complexity {complexity}")
    return bad


# The header at whose head a room says its concept.
DOCS = {
    "daemon/base": "err.h", "config/yaml": "yaml.h", "config/schema": "schema.h", "config": "config.h",
    "config/zone": "zone.h",
    "config/settings": "settings.h", "config/roster": "roster.h", "config/load": "config_load.h",
    "reconcile": "ops.h", "reconcile/request": "dispatch.h", "reconcile/plan": "plan.h",
    "reconcile/schedule": "schedule.h", "reconcile/report": "report.h", "reconcile/channel": "channel.h",
    "reconcile/apply": "apply.h", "reconcile/pass": "pass.h", "reconcile/survey": "survey.h",
    "daemon/json": "json_value.h",
    "daemon/http": "client.h", "daemon/log": "pass_log.h", "daemon/store": "store.h",
    "daemon/roma/auth": "credential.h", "daemon/roma/wire": "request.h",
    "daemon/roma/provider": "provider.h", "daemon/roma": "client.h", "daemon/runtime": "controller.h",
    "daemon/report": "text.h", "daemon/cli": "program.h", "daemon/control": "control.h",
    "reconcile/notice": "notice.h", "daemon/notify": "notices.h", "daemon/check": "check.h", "daemon/fleet": "fleet.h", "daemon/shared": "pause_value.h",
    "daemon/web": "web.h", "daemon/ctl": "ctl.h", "daemon/service": "service.h",
}
DOC_LINES_MIN, DOC_LINES_MAX = 15, 40


def check_docs():
    """Each room with headers says its concept, on 15 to 40 lines, at the head of its main header."""
    bad = []
    for room in sorted({os.path.dirname(name) for name in filter(is_product, files(".h"))}):
        name = f"{room}/{DOCS.get(room)}"
        path = os.path.join(ROOT, name)
        text = read(name) if room in DOCS and os.path.exists(path) else ""
        block = re.match(re.escape(LICENCE) + r"/\*\n \* DOC: [^\n]+\n( \*[^\n]*\n)* \*/\n", text)
        lines = block[0].count("\n") - 1 if block else 0
        if not DOC_LINES_MIN <= lines <= DOC_LINES_MAX:
            bad.append(f"{name}: {lines} lines of DOC: say there what the room is, its types, the way of "
                       f"data through it, who owns what, on {DOC_LINES_MIN} to {DOC_LINES_MAX} lines")
    return bad


LICENCE = "/* SPDX-License-Identifier: MIT */\n"


def check_first_comments():
    """Each file names its licence, and each header says what its file is responsible for."""
    bad = [f"{name}: does not begin with {LICENCE.strip()}" for name in files(".c", ".h")
           if not read(name).startswith(LICENCE)]
    bad += [f"{name}: does not say what it is responsible for" for name in files(".h")
            if is_product(name) and not read(name).startswith(LICENCE + "/*")]
    return bad + [f"{name}:{number}: says where to look instead of what it is"
                  for name in files(".c") for number, line in enumerate(read(name).splitlines(), 1)
                  if number < 4 and re.match(r"/\* .*: see \w+\.h", line)]


def check_citations():
    """Comments and pages name files that are in the tree."""
    every = {os.path.basename(name) for name in files("")}
    bad = []
    for name in files(".c", ".h", ".md"):
        for number, line in enumerate(read(name).splitlines(), 1):
            text = re.sub(r'#include.*|"(\\.|[^"\\])*"|<[^>]*>', "", line)
            bad += [f"{name}:{number}: cites {cited}, which is not in the tree"
                    for cited in re.findall(r"(?<![\w.*])([\w.-]+\.(?:md|c|h))\b", text)
                    if cited not in every]
    return bad


def check_spelling():
    """What users read; tests misspell on purpose."""
    names = [name for name in files(".c", ".h", ".md", ".service", ".timer", ".catalog", ".example",
                                    ".1", ".5", ".8", "NEWS", "Makefile")
             if not name.startswith("tests/")]
    # .Nd is a macro of manual pages.
    return run("codespell", "--ignore-regex", r"^\.Nd\b", *names).stdout.splitlines()


# What an assert may call: it looks and does nothing.
PURE_CALLS = r"(strlen|strcmp|memcmp|str_equal|request_is_change|plan_change_count|sizeof|sqlite3_stmt_(busy|readonly)|sqlite3_(bind_parameter|column)_count|\w+_(is|has|counts|can|may|find|keeps|covers|fits)(_\w+)?)"


def check_asserts():
    """An assert has no effect that would be missed where it were not compiled."""
    bad = []
    for name in filter(is_product, files(".c", ".h")):
        for match in re.finditer(r"\bassert\((.*?)\);", read(name), re.S):
            text = re.sub(r"'(\\.|[^'])'|\"(\\.|[^\"\\])*\"", "0", match[1])
            calls = [call for call in re.findall(r"\b([a-z]\w*)\(", text)
                     if not re.fullmatch(PURE_CALLS, call)]
            if calls or re.search(r"\+\+|--|(?<![=!<>])=(?!=)", text):
                number = read(name).count("\n", 0, match.start()) + 1
                bad.append(f"{name}:{number}: an assert with an effect: {match[1]}")
    return bad


def name_prefixes(header):
    """What public names of a header may begin with: its stem, alone or behind its room's name; the first word
    that several stems of the room share (handle_); in the room's main header the room's name; and in its
    internal header the stem of any file there."""
    path, stem = os.path.split(header[:-2])
    room, first = os.path.basename(path), stem.split("_")[0]
    stems = {os.path.basename(name).rsplit(".", 1)[0] for name in files(".c", ".h") if os.path.dirname(name) == path}
    prefixes = {stem, f"{room}_{stem}"}
    if sum(other.split("_")[0] == first for other in stems) > 1:
        prefixes.add(first)
    if DOCS.get(path) == f"{stem}.h":
        prefixes.add(room)
    return prefixes | stems if stem.endswith("_internal") else prefixes


def check_public_names():
    """A reader finds the file of a function by its name."""
    bad = []
    for header in filter(is_product, files(".h")):
        prefixes = tuple(prefix + "_" for prefix in name_prefixes(header))
        text = re.sub(r"/\*.*?\*/", "", read(header), flags=re.S)
        for name in re.findall(r"^(?!static|typedef|#|\s)[\w *]*?\b([a-z]\w*)\(", text, re.M):
            if not name.startswith("__") and not (name + "_").startswith(prefixes):
                bad.append(f"{header}: {name}() begins with none of {', '.join(sorted(name_prefixes(header)))}")
    return bad


def check_manuals():
    bad = []
    for name in files(".1", ".5", ".8"):
        done = run("mandoc", "-T", "lint", name)
        # Whether other pages are installed on this machine is nothing to this one.
        bad += [line for line in (done.stdout + done.stderr).splitlines()
                if "referenced manual not found" not in line and "outdated mandoc.db" not in line]
    return bad


def check_unfinished():
    return [f"{name}:{number}: {line.strip()}"
            for name in files(".c", ".h", ".py", ".sh", ".md", "Makefile")
            for number, line in enumerate(read(name).splitlines(), 1)
            if re.search(UNFINISHED, line)]


# A fault in a scratch copy, and the check that has to see it: what to append to which file.
FAULTS = [
    ("check_arrows", "daemon/base/buf.c", '#include "config/config.h"'),
    ("check_arrows", "reconcile/plan/plan.c", '#include "daemon/log/event_log.h"'),
    ("check_arrows", "daemon/report/text.c", '#include "daemon/control/control.h"'),
    ("check_arrows", "daemon/http/client.c", '#include "daemon/roma/client.h"'),
    ("check_circles", "daemon/base/mem.h", '#include "daemon/base/file.h"'),
    ("check_library_fences", "reconcile/plan/diff.c", "#include <json-c/json.h>"),
    ("check_library_fences", "daemon/report/row.c", "#include <json-c/json.h>"),
    ("check_library_fences", "daemon/service/service.c", "#include <curl/curl.h>"),
    ("check_purity", "reconcile/pass/pass.c", "#include <time.h>"),
    ("check_purity", "config/address.c", "int now(void) { return (int)time(0); }"),
    ("check_first_comments", "daemon/base/map.h", None),
    ("check_public_names", "daemon/store/store.h", "void forget_everything(void);"),
    ("check_public_names", "daemon/store/sent.h", "void store_forget(void);"),
    ("check_picture", "README.md", None),
    ("check_docs", "daemon/http/client.h", None),
    ("check_asserts", "daemon/base/buf.c", "void f(int n) { assert(n-- > 0); }"),
    ("check_asserts", "daemon/base/str.c", "void f(int n) { assert(close(n) == 0); }"),
]


def self_test():
    """Each check fails over the fault that it is there for, and over nothing else of the tree."""
    global ROOT
    source, failed = ROOT, 0
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["git", "-C", source, "checkout-index", "-a", f"--prefix={scratch}/"], check=True)
        subprocess.run(["git", "init", "-q", scratch], check=True)
        ROOT = scratch
        for check, name, text in FAULTS:
            path = os.path.join(scratch, name)
            before = read(name)
            clean = globals()[check]()
            with open(path, "w", encoding="utf-8") as file:
                file.write(before + text + "\n" if text else before[len(LICENCE):].replace("daemon/base", "", 1))
            seen = [line for line in globals()[check]() if line not in clean]
            with open(path, "w", encoding="utf-8") as file:
                file.write(before)
            print(f"{'ok' if seen else 'not ok'} - {check.removeprefix('check_')} sees {text or 'a change'} in {name}")
            failed += not seen
    ROOT = source
    print(f"lint itself: {len(FAULTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    if sys.argv[1:] == ["--picture"]:
        print(picture())
        return 0
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    checks = [check_format, check_library_fences, check_rooms, check_picture, check_arrows, check_circles, check_purity, check_headers_alone,
              check_lengths, check_first_comments, check_docs, check_citations, check_spelling, check_asserts,
              check_public_names, check_manuals, check_unfinished]
    failed = 0
    for check in checks:
        bad = check()
        name = check.__name__.removeprefix("check_").replace("_", " ")
        print(f"{'not ok' if bad else 'ok'} - {name}")
        for line in bad:
            print(f"    {line}")
        failed += bool(bad)
    print(f"lint: {len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
