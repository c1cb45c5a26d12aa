#!/usr/bin/python3
"""Checks of the sources themselves: format, the fences between folders, headers that compile alone,
length and complexity, spelling. Prints one line a check, exits 1 when any fails."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FUNCTION_LINES_MAX = 70
COMPLEXITY_MAX, COMPLEXITY_MAX_IN_TESTS = 15, 20
FILE_LINES_MAX = 400

# A library's header, and the only places that may include it.
LIBRARIES = {
    "yaml.h": ["config/yaml/yaml.c"],
    "curl/": ["daemon/http/"],
    "json-c/": ["daemon/roma/", "daemon/control/", "daemon/report_json.", "daemon/runtime/undo.c"],
    "sqlite3.h": ["daemon/store/"],
    "openssl/": ["daemon/base/digest.c"],
    "systemd/sd-journal.h": ["daemon/base/log.c"],
    "systemd/": ["daemon/"],
    "microhttpd.h": ["daemon/control/"],
}
# What a folder may include of ours: the arrows point to the left only.
ARROWS = {
    "daemon/base/": ["daemon/base/"],
    "config/": ["daemon/base/", "config/"],
    "reconcile/": ["daemon/base/", "config/", "reconcile/"],
    "daemon/": ["daemon/", "config/", "reconcile/"],
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


def check_arrows():
    bad = []
    for name in filter(is_product, files(".c", ".h")):
        allowed = next(places for folder, places in ARROWS.items() if name.startswith(folder))
        for header in re.findall(r'#include "([^"]+)"', read(name)):
            if not header.startswith(tuple(allowed)):
                bad.append(f"{name}: includes {header}")
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


def check_first_comments():
    return [f"{name}: does not begin by saying what it is responsible for"
            for name in filter(is_product, files(".c", ".h")) if not read(name).startswith("/*")]


def check_spelling():
    """What users read; tests misspell on purpose."""
    names = [name for name in files(".c", ".h", ".md", ".service", ".timer", ".catalog", ".example",
                                    ".1", ".5", ".8", "NEWS", "Makefile")
             if not name.startswith("tests/")]
    # .Nd is a macro of manual pages.
    return run("codespell", "--ignore-regex", r"^\.Nd\b", *names).stdout.splitlines()


def check_unfinished():
    return [f"{name}:{number}: {line.strip()}"
            for name in files(".c", ".h", ".py", ".sh", ".md", "Makefile")
            for number, line in enumerate(read(name).splitlines(), 1)
            if re.search(UNFINISHED, line)]


def main():
    checks = [check_format, check_library_fences, check_arrows, check_purity, check_headers_alone,
              check_lengths, check_first_comments, check_spelling, check_unfinished]
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
