# SPDX-License-Identifier: MIT
"""A core dump in mid-pass holds no secret, whatever the method, and nor does anything else that is left."""

import pathlib
import random
import re
import shutil
import signal
import subprocess

import pytest

import sim as stand_in
from case import channel, entry, identifier, wait_until
from daemon import Daemon, sanitized

PAYMENTS = channel("payments", "10.1.0.5", "10.1.0.9")
SEARCH = channel("search", "10.2.0.1", "10.2.0.9")
TOKEN = "MIItokenTOKENtokenTOKENtokenTOKEN0123456789"
ACCESS, SECRET = "AKIDAKIDAKIDAKID", "sk-SECRETSECRETSECRETSECRET-sk"
SECURITY = "st-" + "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789+/=", k=2000))
PASSWORD = 'pw-PASSWORDPASSWORDPASSWORD-pw'
KEY = {"access": ACCESS, "secret": SECRET, "security_token": SECURITY}

# As large a dump as this user may have.
DUMPS = ("sh", "-c", 'ulimit -c "$(ulimit -Hc)"; exec "$@"', "sh")

needs_gcore = pytest.mark.skipif(not shutil.which("gcore"), reason="gcore (gdb) is not there")
not_sanitized = pytest.mark.skipif("sanitized()", reason="a sanitizer has memory of its own")

# Settings, what the stand-in holds, the environment, and the secrets of each method.
METHODS = {
    "token": ({"method": "token", "token_file": "token"}, {}, {}, [TOKEN]),
    "aksk": ({"method": "aksk", "access_key_file": "ak", "secret_key_file": "sk", "security_token_file": "st"},
             {"keys": [KEY]}, {}, [SECRET, SECURITY]),
    "environment": ({"method": "environment"}, {"keys": [KEY]},
                    {"HUAWEICLOUD_SDK_AK": ACCESS, "HUAWEICLOUD_SDK_SK": SECRET,
                     "HUAWEICLOUD_SDK_SECURITY_TOKEN": SECURITY}, [SECRET, SECURITY]),
    "password": ({"method": "password", "domain": "D", "user": "U", "password_file": "password"},
                 {"users": [{"domain": "D", "name": "U", "password": PASSWORD}]}, {}, [PASSWORD]),
    "agency": ({"method": "agency"}, {"agency": {"metadata": "v2", "keys": [KEY]}}, {}, [SECRET, SECURITY]),
}


def serve(case, method, tls):
    """A pass in which the service repeats the secrets in errors, and then stalls."""
    auth, parts, env, secrets = METHODS[method]
    echo = "you sent " + " ".join(secrets)
    known = echo.replace(PASSWORD, "a token")  # the service itself never sees a password
    sim = case.serve(PAYMENTS, SEARCH, token=TOKEN, tls=tls, **parts, faults=[
        {"match": {"op": "list_channels"}, "times": 1, "then": {
            "status": 500, "code": "APIG.9999", "message": known}},
        {"match": {"op": "iam_token"}, "times": 1, "then": {"status": 500, "code": "IAM.0006", "message": echo}},
        {"match": {"op": "list_members", "channel": "payments"}, "then": {"stall": True}},
        {"match": {"op": "delete_member"}, "times": 2, "then": {"status": 500, "code": "APIG.9999", "message": known,
                                                                "headers": {"X-Request-Id": known[9:60]}}},
        {"match": {"op": "list_members", "channel": "search"}, "skip": 1, "then": {"stall": True}}])
    case.roster(entry("payments", "10.1.0.5"), entry("search", "10.2.0.1"))
    auth = {**auth, **({"iam_endpoint": sim.url} if method == "password" else {}),
            **({"metadata_endpoint": sim.url} if method == "agency" else {})}
    case.settings["instances"]["prod"]["auth"] = auth
    for name, text in (("token", TOKEN), ("ak", ACCESS), ("sk", SECRET), ("st", SECURITY), ("password", PASSWORD)):
        case.secret(name, text + "\n")
    case.tune(limits={"timeout": "2s"})
    return sim, env, secrets


def dump(case, pid):
    """A core dump as the kernel would write it: gcore leaves out what is not to be dumped, as the kernel does."""
    done = subprocess.run(["gcore", "-o", str(case.folder / "core"), str(pid)], capture_output=True, text=True)
    path = case.folder / f"core.{pid}"
    if not path.exists():
        pytest.skip(f"no core dump can be taken here: {done.stdout} {done.stderr}")
    content = path.read_bytes()
    path.unlink()
    return content


def crash(case, service):
    """The dump that the kernel itself writes, where it writes it into the folder; else nothing."""
    if pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip() != "core":
        return None
    service.signal(signal.SIGSEGV)
    service.process.wait(30)
    dumps = list(case.folder.glob("core*"))
    return dumps[0].read_bytes() if dumps else None


def held(content, secret):
    """Where any run of 16 bytes of a secret stands, with what is around it."""
    text = secret.encode()
    places = [content.find(text[i:i + 16]) for i in range(0, len(text) - 15, 8)]
    return [content[at - 80:at + 80] for at in places if at >= 0]


def check(content, secrets):
    assert b"10.2.0.9" in content and stand_in.PROJECT.encode() in content, "the dump is of this pass"
    found = [place for secret in secrets for place in held(content, secret)]
    assert not found, found[:3]
    assert not re.findall(rb"MII[A-Za-z0-9+=/-]{40}", content), "nor a token that IAM made up"


def in_mid_pass(sim):
    """The member is deleted, and the list that is to confirm it has been asked for and does not come."""
    lists = [request for request in sim.requests("list_members") if identifier("search") in request["path"]]
    return len(sim.requests("delete_member")) == 3 and len(lists) >= 2


@needs_gcore
@not_sanitized
@pytest.mark.parametrize("method, tls", [(method, tls) for method in METHODS for tls in (False, True)
                                         if not (tls and method == "agency")])
def test_no_secret_is_in_a_core_dump_in_mid_pass(case, method, tls):
    sim, env, secrets = serve(case, method, tls)
    service = Daemon(case, "--log-level", "debug", env=env, wrap=DUMPS)
    # The guards of the whole pass wait for the first attempt at the silent list before anything is deleted.
    wait_until(lambda: in_mid_pass(sim), 60, service)
    check(dump(case, service.pid), secrets)
    places = {path: path.read_bytes() for path in case.folder.rglob("*")
              if path.is_file() and path.name not in ("token", "sk", "st", "password")}
    places["argv"] = pathlib.Path(f"/proc/{service.pid}/cmdline").read_bytes()
    places["environment"] = pathlib.Path(f"/proc/{service.pid}/environ").read_bytes()
    assert any("rosterd.db" in str(name) for name in places)
    assert "you sent" in service.text()
    for name, content in places.items():
        assert not [s for s in secrets if s.encode() in content], name
    content = crash(case, service)
    if content:
        check(content, secrets)
