#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Proof against the vendor's own code: its Node SDK signs as we do, and the stand-in answers it as the service does.

Installs the SDK's core from npm into a folder of its own, with a home of its own, both thrown away. Where that
cannot be had everything is skipped, with the reason."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build").resolve()
sys.path.insert(0, str(ROOT / "tests" / "integration"))
os.environ.setdefault("ROMASIM", str(BUILD / "tests" / "romasim" / "romasim"))

import sim as stand_in  # noqa: E402  (found by the path above)

# The core needs uuid and forgets to say so.
PACKAGES = ["@huaweicloud/huaweicloud-sdk-core", "uuid@11"]
COUNT, SEED = 400, 20251124
CHANNEL = "56a7d7358e1b42459c9d730d65b14e59"
TESTS = ("signatures", "canonical paths", "lists and deletions")


class OutOfReach(Exception):
    """The vendor's code cannot be had."""


def environment(home):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HUAWEICLOUD_")}
    return {**kept, "HOME": str(home)}


def install(folder, *more):
    for program in ("node", "npm"):
        if not shutil.which(program):
            raise OutOfReach(f"{program} is not installed")
    (folder / "home").mkdir()
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--prefix", str(folder)]
    try:
        done = subprocess.run(command + PACKAGES + list(more), env=environment(folder / "home"), cwd=folder, capture_output=True,
                              text=True, timeout=180)
    except subprocess.TimeoutExpired:
        raise OutOfReach("npm install did not end within 3 minutes") from None
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "code" in line] or done.stderr.splitlines()
        raise OutOfReach(f"npm install failed: {lines[0] if lines else done.returncode}")
    return folder / "node_modules"


def node(folder, script, *arguments):
    done = subprocess.run(["node", str(HERE / script), str(folder / "node_modules"), *map(str, arguments)],
                          env=environment(folder / "home"), cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.split("\n") if line.startswith("{")]


def pairs(letter, values):
    for name, value in values.items():
        for one in value if isinstance(value, list) else [value]:
            yield f"{letter}{name.encode().hex()}={one.encode().hex()}"


def line(request, path):
    parts = [letter + text.encode().hex() for letter, text in (
        ("m", request["method"]), ("p", path), ("b", request["body"]), ("a", request["access"]),
        ("s", request["secret"]))]
    return " ".join([*parts, *pairs("q", request["query"]), *pairs("h", request["headers"])])


def ours(requests, key):
    """(canonical URI, Authorization) of each."""
    text = "\n".join(line(request, request[key]) for request in requests) + "\n"
    done = subprocess.run([str(BUILD / "tests" / "vendor" / "sign")], input=text, capture_output=True, text=True)
    assert done.returncode == 0, "the driver could not sign"
    rows = [row.split(" ", 1) for row in done.stdout.rstrip("\n").split("\n")]
    assert len(rows) == len(requests)
    return rows


def check_signatures(folder):
    requests = node(folder, "compare.js", SEED, COUNT)
    assert len(requests) == COUNT
    for request, (_, authorization) in zip(requests, ours(requests, "path")):
        assert authorization == request["authorization"], (request, authorization)


def check_paths(folder):
    requests = node(folder, "compare.js", SEED + 1, COUNT)
    for request, (uri, _) in zip(requests, ours(requests, "raw")):
        assert uri == request["uri"], (request["raw"], request["uri"], uri)


def check_client(folder):
    members = [{"host": "10.1.0.5"}, {"host": "10.1.0.6"}]
    state = stand_in.state([{"id": CHANNEL, "name": "payments", "port": 8080, "members": members}],
                           keys=[{"access": "AK", "secret": "SK", "project_id": stand_in.PROJECT}])
    with stand_in.start(state) as service:
        said = node(folder, "drive.js", service.url, stand_in.PROJECT, stand_in.INSTANCE, CHANNEL, "AK", "SK")[0]
        left = service.hosts("payments")
        assert service.stats()["signature_failures"] == 0, "the stand-in does not know the vendor's signature"
    assert said["channels"]["status"] == 200 and said["channels"]["body"]["total"] == 1, said
    assert said["before"]["body"]["total"] == 2 and said["after"]["body"]["total"] == len(left) == 1, said
    assert said["deleted"]["status"] == 204, said
    assert (said["again"]["status"], said["again"]["code"]) == (404, "APIG.3024"), said


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="vendor-") as name:
        folder = pathlib.Path(name)
        try:
            install(folder)
        except OutOfReach as reason:
            print(f"SKIPPED: the vendor's SDK is out of reach, nothing is proven against it: {reason}")
            print(f"vendor: 0 passed, 0 failed, {len(TESTS)} skipped")
            return 0
        for name, check in zip(TESTS, (check_signatures, check_paths, check_client)):
            try:
                check(folder)
                print(f"ok - {name}")
                passed += 1
            except Exception as error:  # whatever it is, it is a failed test
                print(f"not ok - {name}: {type(error).__name__}: {error}")
                failed += 1
    print(f"vendor: {passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
