# SPDX-License-Identifier: MIT
"""A service that chooses its members' ids so that they all would meet in one place of a table whose hash anybody can
compute: reading its list costs no more than another's."""

import os
import re
import subprocess
import sys

from case import channel, entry

MEMBERS, SLOTS, NEAR = 4000, 8192, 512
INSTRUCTIONS_MAX = 4_000

# Python's hash of bytes is SipHash-1-3 (tests/unit/test_base.c), with a key of zero where PYTHONHASHSEED is 0. The
# bytes before an id are the head of hash_bytes().
CHOOSE = """
import sys
count, slots, near = map(int, sys.argv[1:])
number = 0
while count:
    text = b"%032x" % number
    if (hash(bytes(8) + text) & (slots - 1)) < near:
        print(text.decode())
        count -= 1
    number += 1
"""


def chosen_ids():
    done = subprocess.run([sys.executable, "-c", CHOOSE, str(MEMBERS), str(SLOTS), str(NEAR)], check=True,
                          stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONHASHSEED": "0"})
    return done.stdout.split()


def test_ids_that_collide_cost_no_more(case):
    rows = [{"id": identifier, "host": f"10.{number // 250}.0.{number % 250 + 1}"}
            for number, identifier in enumerate(chosen_ids())]
    case.serve(channel("payments", *rows))
    case.roster(entry("payments", "10.250.0.1", ignore=[{"host": "10.0.0.0/8"}]))
    done = case.dry(wrap=["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                          "--toggle-collect=diff_add_page"])
    counted = int(re.search(r"Collected : (\d+)", done.stderr)[1])
    assert done.channel("payments")["ignored"] == MEMBERS
    assert 0 < counted / MEMBERS < INSTRUCTIONS_MAX, counted / MEMBERS
