# SPDX-License-Identifier: MIT
"""What metrics cost, in instructions, which a busy machine does not change."""

import re

from case import channel, entry, wait_until
from daemon import NEVER, Daemon

CHANNELS = 100
# 10,000 channels within 50 ms: a processor makes 4 instructions and more in a nanosecond.
INSTRUCTIONS_MAX = 16_000


def test_a_channel_costs_little(case):
    """All that is told of it, of the process and of its instance; each time alike, however many there are."""
    live = [channel(f"channel-{number}", f"10.1.0.{number}") for number in range(CHANNELS)]
    case.serve(*live)
    case.roster(*[entry(c["name"], c["members"][0]["host"]) for c in live])
    path = case.folder / "rosterd.prom"
    case.tune(interval=NEVER, metrics_file=str(path))
    daemon = Daemon(case, wrap=["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                                "--toggle-collect=metrics_append_part"])
    wait_until(path.exists, process=daemon.process)
    assert daemon.stop() == 0
    counted = int(re.search(r"Collected : (\d+)", daemon.text())[1])
    assert f'channel="channel-{CHANNELS - 1}"' in path.read_text()
    assert 0 < counted / CHANNELS < INSTRUCTIONS_MAX, counted / CHANNELS
