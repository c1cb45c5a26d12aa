#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Compares, in one run against romasim, rosterd's CPU and wall time with a bare libcurl-and-json-c
loop (bare.c): 200 channels x 500 members, in sync and with 10 extras each. Prints ratios.

Both read the same roster, use the same token, and have 8 channels side by side. A figure is the median
of several runs; the two programs run in turn, so that a machine whose speed drifts hits both.

bench.py [BUILD] [--instructions | --modes | --parts | --seen]. --instructions counts instructions under callgrind
instead, which a busy machine does not change, and which leave the kernel's share out; a figure is the
smallest of several runs, for json-c's hash begins with a random number, and collisions cost up to a fiftieth.
--modes counts those of one mode against those of another, and the requests: sync against prune with nothing
to do, and additions against as many deletions.
--parts measures parts of rosterd by themselves (parts.c): comparing 10,000 roster files with what is in
force, against a loop that calls stat for each; and the checks of the state among all that is done to
record and settle 10 deletions.
--seen counts what it costs to be seen of a daemon's passes in sync, with all of it on: metrics, counted and
written to a file after each, samples, notices, and the listener."""
import json
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

CHANNELS, MEMBERS, EXTRAS, CONCURRENCY, RUNS, COUNTED_RUNS = 200, 500, 10, 8, 7, 3
FILES, LOOKS, SETTLINGS = 10000, 15, 300
GUARDS = ("guards: {max_deletes: 100000, max_delete_percent: 100, max_adds: 100000, max_deletes_total: off, "
          "max_channels: off}")
PROJECT, INSTANCE, TOKEN = "0" * 32, "6a7b8c9d-0000-4000-8000-000000000001", "bench-token"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def start_service(build, folder, extras):
    state = {"projects": [{"id": PROJECT, "name": "bench"}],
             "tokens": [{"token": TOKEN, "project_id": PROJECT, "expires_in": 86400}],
             "instances": [{"prefix": "apic", "project_id": PROJECT, "instance_id": INSTANCE,
                            "generate": {"channels": CHANNELS, "members": MEMBERS, "name": "bench-%d",
                                         "extras": extras}}]}
    path, port_file = os.path.join(folder, "state.json"), os.path.join(folder, "port")
    if os.path.exists(port_file):
        os.unlink(port_file)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(state, file)
    process = subprocess.Popen([os.path.join(build, "tests/romasim/romasim"), "--port", "0",
                                "--state", path, "--port-file", port_file, "--quiet"],
                               stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not (os.path.exists(port_file) and os.path.getsize(port_file)):
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit("bench: the stand-in service did not start")
        time.sleep(0.01)
    with open(port_file, encoding="utf-8") as file:
        return process, f"http://127.0.0.1:{file.read().strip()}"


def write_roster(folder, url, mode, additions):
    """In a process of its own: what is started from here must not inherit its peak memory."""
    subprocess.run([sys.executable, os.path.abspath(__file__), "--write-roster", folder, url, mode,
                    str(additions)], check=True)
    return os.path.join(folder, "roster.yaml")


def write_files(folder, url, mode, additions):
    """The roster is what the service generates, less its extras (10.250.0.0/16), and as many more."""
    with urllib.request.urlopen(url + "/_sim/state") as answer:
        state = json.load(answer)
    channels = state["instances"][0]["channels"] if "instances" in state else state["channels"]
    path = os.path.join(folder, "roster.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("version: 1\nchannels:\n")
        for channel in channels:
            file.write(f"  - name: {channel['name']}\n    members:\n")
            for member in channel["members"]:
                if not member["host"].startswith("10.250."):
                    file.write(f"      - {member['host']}:{member['port']}\n")
            for number in range(additions):
                file.write(f"      - 10.251.0.{number}:{channel['members'][0]['port']}\n")
    with open(os.path.join(folder, "token"), "w", encoding="utf-8") as file:
        file.write(TOKEN)
    os.chmod(os.path.join(folder, "token"), 0o600)
    with open(os.path.join(folder, "rosterd.yaml"), "w", encoding="utf-8") as file:
        file.write(f"""version: 1
instances:
  bench: {{endpoint: "{url}", project_id: "{PROJECT}", instance_id: {INSTANCE},
          auth: {{method: token, token_file: token}}}}
mode: {mode}
rosters: [roster.yaml]
limits: {{concurrency: {CONCURRENCY}, requests_per_second: 0}}
{GUARDS}
state_dir: {folder}/state
""")


def measure(command):
    """(CPU seconds, wall seconds, peak KiB) of one finished command."""
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0,):
        sys.exit(f"bench: {command[0]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - started, usage.ru_maxrss


def count_instructions(command):
    """(instructions, 0, 0) of one finished command, in user space."""
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    found = re.search(r"refs: *([\d,]+)", done.stderr)
    if done.returncode != 0 or not found:
        sys.exit(f"bench: {command[0]} ended with {done.returncode} under valgrind")
    return int(found.group(1).replace(",", "")), 0, 0


def count_requests(url):
    with urllib.request.urlopen(url + "/_sim/stats") as answer:
        return sum(json.load(answer)["per_op"].values())


def once(build, folder, extras, program, measurer=None, mode="prune", additions=0):
    """What the measurer makes of one run of the program, and the requests of that run."""
    service, url = start_service(build, folder, extras)
    try:
        roster = write_roster(folder, url, mode, additions)
        subprocess.run(["rm", "-rf", os.path.join(folder, "state")], check=True)
        commands = {
            "bare": [os.path.join(build, "tests/bench/bare"),
                     f"{url}/v2/{PROJECT}/apic/instances/{INSTANCE}", TOKEN, roster,
                     str(CONCURRENCY)],
            "rosterd": [os.path.join(build, "rosterd"), "--once", "-c",
                        os.path.join(folder, "rosterd.yaml"), "--log-level", "err"],
            "check": [os.path.join(build, "rosterd"), "--check", "-c",
                      os.path.join(folder, "rosterd.yaml")],
        }
        return (*(measurer or measure)(commands[program]), count_requests(url))
    finally:
        service.terminate()
        service.wait()


def compare(build, title, extras, aim):
    figures = {"bare": [], "rosterd": [], "check": []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(RUNS):
            for program, rows in figures.items():
                rows.append(once(build, folder, extras, program))
    middle = {program: [statistics.median(column) for column in zip(*rows)]
              for program, rows in figures.items()}
    ratios = [r[0] / b[0] for r, b in zip(figures["rosterd"], figures["bare"])]
    walls = [r[1] / b[1] for r, b in zip(figures["rosterd"], figures["bare"])]
    print(f"{title}: {CHANNELS} channels x {MEMBERS} members, {extras} extras each")
    for program, name in (("bare", "bare loop"), ("rosterd", "rosterd"), ("check", "  of it, loading")):
        cpu, wall, peak, _ = middle[program]
        print(f"  {name:16} {cpu:6.3f} CPU s  {wall:6.3f} s  {peak / 1024:5.1f} MiB")
    print(f"  CPU ratio {statistics.median(ratios):.2f} (aim {aim}), "
          f"wall ratio {statistics.median(walls):.2f}")


def compare_instructions(build, title, extras, aim):
    with tempfile.TemporaryDirectory() as folder:
        bare, rosterd = (min(once(build, folder, extras, program, count_instructions)[0]
                             for _ in range(COUNTED_RUNS))
                         for program in ("bare", "rosterd"))
    print(f"{title}: bare loop {bare / 1e6:.0f} M instructions, rosterd {rosterd / 1e6:.0f} M, "
          f"ratio {rosterd / bare:.2f} (aim {aim})")


def count_mode(build, mode, extras, additions):
    """(instructions, requests) of a pass in this mode."""
    with tempfile.TemporaryDirectory() as folder:
        runs = [once(build, folder, extras, "rosterd", count_instructions, mode, additions)
                for _ in range(COUNTED_RUNS)]
    return min(run[0] for run in runs), runs[0][-1]


def compare_modes(build):
    for title, left, right, aim in (
            ("in sync", ("sync", 0, 0), ("prune", 0, 0), 1.05),
            (f"{CHANNELS * EXTRAS} changes", ("add", 0, EXTRAS), ("prune", EXTRAS, 0), 1.3)):
        (cost, requests), (other_cost, other_requests) = (count_mode(build, *side) for side in (left, right))
        print(f"{title}: {left[0]} {cost / 1e6:.0f} M instructions, {requests} requests, "
              f"{right[0]} {other_cost / 1e6:.0f} M, {other_requests}, "
              f"ratio {cost / other_cost:.2f} (aim {aim})")


def measure_part(build, *arguments):
    """The medians of the part's microseconds, of what it is compared with, and of their ratio."""
    done = subprocess.run([os.path.join(build, "tests/bench/parts"), *map(str, arguments)], check=True,
                          stdout=subprocess.PIPE, text=True)
    rounds = [[int(word) for word in line.split()] for line in done.stdout.splitlines()]
    return (statistics.median(part for part, _ in rounds) / 1e3,
            statistics.median(other for _, other in rounds) / 1e3,
            statistics.median(part / other for part, other in rounds))


def write_many_files(folder):
    os.mkdir(os.path.join(folder, "rosters"))
    for number in range(FILES):
        path = os.path.join(folder, "rosters", f"channel-{number:05}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"version: 1\nchannels: [{{name: channel-{number}, members: [10.0.0.1:80]}}]\n")
    settings = os.path.join(folder, "rosterd.yaml")
    with open(settings, "w", encoding="utf-8") as file:
        file.write(f"""version: 1
instances:
  bench: {{endpoint: "https://roma.example", project_id: "{PROJECT}", instance_id: {INSTANCE},
          auth: {{method: token, token_file: token}}}}
mode: observe
rosters: [rosters]
""")
    return settings


def compare_parts(build):
    with tempfile.TemporaryDirectory() as folder:
        look, bare, ratio = measure_part(build, "look", write_many_files(folder), LOOKS)
        print(f"comparing {FILES} roster files: {look / 1e3:.1f} CPU ms, stat of each {bare / 1e3:.1f} ms, "
              f"ratio {ratio:.2f}")
        checks, settling, ratio = measure_part(build, "settle", os.path.join(folder, "state"), SETTLINGS)
        print(f"settling 10 deletions: {settling:.0f} CPU us, of it checks of the state {checks:.0f} us, "
              f"ratio {ratio:.2f}")


def inclusive(profile):
    """{function: instructions with all that it calls} and the sum of all, of a file of callgrind's."""
    done = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--auto=no", "--threshold=100", profile],
                          check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    rows = re.findall(r"^ *([\d,]+) \([^)]*\)  (?:\S*:(\w+)|PROGRAM TOTALS)", done.stdout, re.M)
    counts = {}
    for count, function in rows:
        counts[function] = max(counts.get(function, 0), int(count.replace(",", "")))
    return counts


def count_seen(build, folder):
    """The same of the event loop of a daemon that has made some passes in sync."""
    service, url = start_service(build, folder, 0)
    try:
        write_roster(folder, url, "prune", 0)
        settings, profile = os.path.join(folder, "rosterd.yaml"), os.path.join(folder, "profile")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        receiver = os.open(os.path.join(folder, "chat.url"), os.O_CREAT | os.O_WRONLY, 0o600)
        os.write(receiver, b"http://127.0.0.1:9/")
        os.close(receiver)
        with open(settings, "a", encoding="utf-8") as file:
            file.write(f"interval: 1s\nmetrics_file: {folder}/bench.prom\ncontrol_socket: {folder}/c.sock\n"
                       f"http: {{listen: '127.0.0.1:{port}'}}\n"
                       "notify: [{url_file: chat.url, format: cloudevents, when: [held, failed, invalid, missing, "
                       "drift, changed]}]\n")
        daemon = subprocess.Popen(["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}",
                                   "--toggle-collect=sd_event_loop", os.path.join(build, "rosterd"), "-c", settings,
                                   "--log-level", "err"], stderr=subprocess.DEVNULL)
        while daemon.poll() is None and count_requests(url) < COUNTED_RUNS * (CHANNELS + 1):
            time.sleep(0.2)
        daemon.terminate()
        if daemon.wait() != 0:
            sys.exit(f"bench: the daemon ended with {daemon.returncode}")
        return inclusive(profile)
    finally:
        service.terminate()
        service.wait()


def compare_seen(build):
    with tempfile.TemporaryDirectory() as folder:
        counts = count_seen(build, folder)
    parts = {"metrics": ("metrics_append", "tally_on_submit", "tally_on_answer", "tally_on_pass"),
             "samples": ("sampling_take",), "notices": ("notices_on_report", "notices_use"),
             "the listener": ("listener_on_time", "listener_on_accept")}
    seen = {part: sum(counts.get(name, 0) for name in names) for part, names in parts.items()}
    if not seen["metrics"] or not seen["samples"] or not seen["notices"]:
        sys.exit(f"bench: {seen}: what is counted is not called so any more")
    print(f"passes in sync: {counts[''] / 1e6:.0f} M instructions, of it "
          f"{', '.join(f'{part} {count / 1e6:.1f} M' for part, count in seen.items())}, "
          f"ratio {counts[''] / (counts[''] - sum(seen.values())):.3f} (aim 1.05)")


def main():
    if sys.argv[1:2] == ["--write-roster"]:
        folder, url, mode, additions = sys.argv[2:6]
        write_files(folder, url, mode, int(additions))
        return
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    build = os.path.abspath(words[0] if words else os.path.join(ROOT, "build"))
    if "--parts" in sys.argv:
        compare_parts(build)
        return
    if "--modes" in sys.argv:
        compare_modes(build)
        return
    if "--seen" in sys.argv:
        compare_seen(build)
        return
    way = compare_instructions if "--instructions" in sys.argv else compare
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    way(build, "in sync", 0, 1.25)
    way(build, "deletions", EXTRAS, 2)


if __name__ == "__main__":
    main()
