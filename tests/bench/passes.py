#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Compares rosterd's CPU with what others take for the same, in one run against romasim; prints ratios.

passes.py [BUILD] [--daemon] [--sdk] [--million] [--deletions]; without one of them, all. 200 channels of 500 members.
--daemon: a pass of the daemon in sync, by the difference between passes of one process, in CPU time and in instructions
under callgrind, against the bare loop (bare.c).
--sdk: one run of rosterd --once against the same by the vendor's client for Node.js (sdk.js), where npm has it.
--million: one run over 2,000 channels of 500 members in sync, against the bare loop.
--deletions: what a deletion takes of CPU and of time against the bare loop's, less what the same takes in sync, with 8
and 64 channels side by side, few and many; and of instructions."""
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import stand as stands

CHANNELS, MEMBERS, EXTRAS, CONCURRENCY, RUNS, PASSES = 200, 500, 10, 8, 3, 4
COUNTED_CHANNELS = 40
AK, SK = "AK", "SK"
sys.path.insert(0, str(stands.ROOT / "tests" / "vendor"))


def bare(stand, concurrency=CONCURRENCY):
    return [stand.build / "tests/bench/bare",
            f"{stand.url}/v2/{stands.PROJECT}/apic/instances/{stands.instance_id(0)}", stands.TOKEN,
            stand.rosters()[0], str(concurrency)]


def sdk(stand, modules):
    return ["node", stands.ROOT / "tests/bench/sdk.js", modules, stand.url, stands.PROJECT, stands.instance_id(0),
            AK, SK, stand.rosters()[0], str(CONCURRENCY)]


def cpu_of(command):
    seconds, _, status = stands.measure(command)
    if status != 0:
        sys.exit(f"bench: {command[0]} ended with {status}")
    return seconds


def instructions(stand, passes):
    """(instructions, pages read) of a daemon that is told to end after so many passes, and makes more on a busy
    machine."""
    profile = stand.folder / "profile"
    before = stand.count("list_members")
    aim = before + passes * stand.channels
    process = subprocess.Popen(["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}",
                                stand.build / "rosterd", "-c", stand.config, "--log-level", "err"],
                               stderr=subprocess.DEVNULL)
    stands.wait_until(lambda: process.poll() is not None or stand.count("list_members") >= aim, "passes")
    process.terminate()
    process.wait()
    return (int(re.search(r"^(?:summary|totals): (\d+)", profile.read_text(), re.M).group(1)),
            stand.count("list_members") - before)


def instructions_of(command):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    return int(re.search(r"refs: *([\d,]+)", done.stderr).group(1).replace(",", ""))


def compare_daemon(build):
    with tempfile.TemporaryDirectory() as folder, \
            stands.Stand(build, folder, CHANNELS, MEMBERS, per_file=CHANNELS) as stand:
        loop = min(cpu_of(bare(stand)) for _ in range(RUNS))
        with stands.Daemon(stand, "--log-level", "err") as daemon:
            daemon.wait_passes(1)
            begun, pages = daemon.cpu_seconds(), stand.count("list_members")
            daemon.wait_passes(PASSES)
            passes = (stand.count("list_members") - pages) / CHANNELS
            one = (daemon.cpu_seconds() - begun) / passes
        print(f"a daemon's pass in sync, {CHANNELS} channels of {MEMBERS}: {one * 1e6 / CHANNELS / MEMBERS:.2f} us of CPU "
              f"a member, {one / loop:.2f} of the bare loop's {loop:.2f} s")
    with tempfile.TemporaryDirectory() as folder, \
            stands.Stand(build, folder, COUNTED_CHANNELS, MEMBERS, per_file=COUNTED_CHANNELS) as stand:
        (few, few_pages), (many, many_pages) = (instructions(stand, passes) for passes in (1, 5))
        counted = (many - few) / (many_pages - few_pages) * COUNTED_CHANNELS
        loop = instructions_of(bare(stand))
        print(f"  {COUNTED_CHANNELS} channels in instructions: {counted / 1e6:.0f} M, "
              f"{counted / COUNTED_CHANNELS / MEMBERS:.0f} a member, {counted / loop:.2f} of the bare loop's "
              f"{loop / 1e6:.0f} M")


def compare_sdk(build):
    import vendor
    with tempfile.TemporaryDirectory(prefix="vendor-") as home:
        try:
            modules = vendor.install(pathlib.Path(home), "js-yaml@4")
        except vendor.OutOfReach as reason:
            print(f"the vendor's client: SKIPPED, it is out of reach: {reason}")
            return
        for extras in (0, EXTRAS):
            ours, theirs = [], []
            for _ in range(RUNS):
                for command, figures in ((lambda stand: [stand.build / "rosterd", "--once", "-c", stand.config,
                                                         "--log-level", "err"], ours),
                                         (lambda stand: sdk(stand, modules), theirs)):
                    with tempfile.TemporaryDirectory() as folder, \
                            stands.Stand(build, folder, CHANNELS, MEMBERS, extras=extras, per_file=CHANNELS) as stand:
                        figures.append(cpu_of(command(stand)))
            print(f"the vendor's client, {CHANNELS} channels of {MEMBERS}, {extras} extras each: {min(theirs):.2f} CPU s, "
                  f"rosterd {min(ours):.2f}, ratio {min(theirs) / min(ours):.1f}")


def compare_million(build):
    with tempfile.TemporaryDirectory() as folder, stands.Stand(build, folder, 2000, MEMBERS, per_file=2000) as stand:
        loop = cpu_of(bare(stand))
    with tempfile.TemporaryDirectory() as folder, stands.Stand(build, folder, 2000, MEMBERS) as stand:
        ours = stand.once()[0]
    print(f"2,000 channels of {MEMBERS} in sync: rosterd --once {ours:.2f} CPU s, bare loop {loop:.2f}, "
          f"ratio {ours / loop:.2f}")


def took(command):
    """CPU and wall microseconds of one run."""
    begun = time.monotonic()
    return cpu_of(command) * 1e6, (time.monotonic() - begun) * 1e6


def count_deletions(build, channels=8, extras=200):
    """In instructions under callgrind, which do not depend on what else the machine does."""
    counts = {}
    for extra in (0, extras):
        for name in ("bare", "ours"):
            with tempfile.TemporaryDirectory() as folder, \
                    stands.Stand(build, folder, channels, 50, extras=extra, per_file=channels) as stand:
                counts[name, extra] = instructions_of(
                    bare(stand) if name == "bare" else
                    [build / "rosterd", "--once", "-c", stand.config, "--log-level", "err"])
    ours, loop = ((counts[name, extras] - counts[name, 0]) / channels / extras for name in ("ours", "bare"))
    print(f"{channels * extras} deletions in {channels} channels: {ours / 1e3:.0f} thousand instructions each, "
          f"{ours / loop:.2f} of the bare loop's {loop / 1e3:.0f}", flush=True)


def compare_deletions(build):
    count_deletions(build)
    for channels, extras, concurrency in ((8, 1000, 8), (64, 125, 64), (200, 300, 64)):
        ratios = []
        for _ in range(RUNS):
            figures = {}
            for extra in (0, extras):
                for name in ("bare", "ours"):
                    with tempfile.TemporaryDirectory() as folder, \
                            stands.Stand(build, folder, channels, 50, extras=extra, per_file=channels,
                                         concurrency=concurrency) as stand:
                        figures[name, extra] = took(
                            bare(stand, concurrency) if name == "bare" else
                            [build / "rosterd", "--once", "-c", stand.config, "--log-level", "err"])
            cost = {(name, i): (figures[name, extras][i] - figures[name, 0][i]) / channels / extras
                    for name in ("bare", "ours") for i in (0, 1)}
            ratios.append((cost["ours", 0], cost["ours", 0] / cost["bare", 0], cost["bare", 1] / cost["ours", 1]))
        middle = [sorted(column)[RUNS // 2] for column in zip(*ratios)]
        print(f"{channels * extras} deletions in {channels} channels, {concurrency} side by side: {middle[0]:.0f} us of CPU "
              f"each, {middle[1]:.2f} of the bare loop's, at {middle[2]:.2f} of its rate", flush=True)


PARTS = {"--daemon": compare_daemon, "--sdk": compare_sdk, "--million": compare_million, "--deletions": compare_deletions}


if __name__ == "__main__":
    stands.run_parts(PARTS)
