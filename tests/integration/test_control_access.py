# SPDX-License-Identifier: MIT
"""Who gets to the control socket, and whom rosterctl asks: crowds, strangers, and answers of any kind."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

import pytest

from case import FAILED, IN_SYNC, channel, entry, wait_until
from test_control import KEPT, ask, ctl, shared, start

NOBODY = 65534

# SERVER_TIME_USEC: what a whole request may take.
REQUEST_SECONDS = 10

# Opens connections, and says after each line of its input which of them are still open.
CROWD = """
import socket, sys
place, count = sys.argv[1], int(sys.argv[2])
crowd = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(count)]
for one in crowd:
    one.settimeout(20)
    one.connect(place)
def is_open(one):
    one.setblocking(False)
    try:
        return bool(one.recv(1))
    except BlockingIOError:
        return True
    except OSError:
        return False
print("open", flush=True)
for line in sys.stdin:
    print(*[int(is_open(one)) for one in crowd], flush=True)
"""


def crowd(case, count, user=NOBODY):
    process = subprocess.Popen([sys.executable, "-c", CROWD, case.settings["control_socket"], str(count)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, user=user, cwd="/")
    assert process.stdout.readline() == "open\n"
    return process


def still_open(process):
    process.stdin.write("\n")
    process.stdin.flush()
    return [int(word) for word in process.stdout.readline().split()]


def end(process):
    process.stdin.close()
    process.wait()


def test_a_crowd_of_readers_keeps_nobody_waiting(shared):
    """Root is served while the newest connections of a crowd are still open: none had to time out first."""
    held = crowd(shared, 200)
    code, told = ask(shared, "POST", "/v1/pause", {"channel": "payments", "reason": "x"})
    found = still_open(held)
    end(held)
    assert (code, told["paused"]) == (200, True)
    assert all(found[-8:]) and sum(found) <= 12, found


def test_each_user_has_a_share(shared):
    """One user's crowd takes no place of another's, whose connections are few."""
    few = crowd(shared, 3, user=1234)
    many = crowd(shared, 100)
    assert ask(shared, "GET", "/v1/status")[0] == 200
    left, found = still_open(few), still_open(many)
    end(few)
    end(many)
    assert left == [1, 1, 1] and sum(found) <= 12


def test_who_waits_for_an_answer_keeps_its_place(shared):
    """A reader's crowd takes no connection of root that is owed an answer."""
    shared.sims[0].faults([{"match": {"op": "list_members"}, "then": {"delay_ms": 3000}, "times": 1}])
    waits = shared.start("rosterctl", "reconcile")
    wait_until(lambda: json.loads(ctl(shared, "status", "--json").stdout)["instances"][0]["pass_under_way"])
    held = crowd(shared, 200)
    done = waits.finish()
    end(held)
    assert done.status == IN_SYNC, done


# ---- whom rosterctl asks ----

LISTENER = """
import socket, sys, time
server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(sys.argv[1])
server.listen(8)
print("open", flush=True)
peer, _ = server.accept()
peer.settimeout(20)
heard = b""
try:
    heard = peer.recv(4096)
    peer.sendall(bytes.fromhex(sys.argv[2]))
    if len(sys.argv) > 3:
        time.sleep(600)
except OSError:
    pass
print(len(heard), flush=True)
"""


def listen(folder, answer=b"", user=None, stays=False):
    place = f"{folder}/l.sock"
    argv = [sys.executable, "-c", LISTENER, place, answer.hex(), *(["stays"] if stays else [])]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, user=user, cwd="/")
    assert process.stdout.readline() == "open\n"
    return place, process


def test_a_strangers_socket_is_not_asked(case):
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else")
    case.serve(channel("payments", *KEPT))
    case.roster(entry("payments", *KEPT))
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, NOBODY, -1)
        place, process = listen(folder, user=NOBODY)
        done = ctl(case, "pause", "payments", "--reason", "x", "--socket", place)
        assert process.stdout.readline() == "0\n"
        process.wait()
    assert done.status == FAILED and done.stderr.count("\n") == 1
    assert "another user's program listens" in done.stderr and "nothing was asked" in done.stderr


def http(body, head="HTTP/1.1 200 OK"):
    return f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


TRICKS = json.dumps({
    "version": "1\x1b[2J", "pid": "\u009b", "time": "\u202e", "invalid": "a\x1b]0;x\x07", "state_error": "b\u2028",
    "pauses_error": "c\x1b[31m", "instances": [{"name": "\x1b[5m", "last_pass": "\x1b", "next_pass": "\x1b"}, 7],
    "channels": [{"instance": "\x1b", "name": "\x1b", "result": "\x1b[7m", "guards": [{"name": "\x1b"}, None],
                  "digest": "\x1b", "pause": {"reason": "\x1b", "until": "\x1b"}, "extra": "x", "live": "\x1b",
                  "error": {"message": "\x1b", "request_id": "\x1b"}}, [], None],
    "other_pauses": [{"instance": "\x1b", "name": "\x1b", "id": "\x1b", "pause": {"reason": "\x1b"}}],
}).encode()


@pytest.mark.parametrize("answer", [
    b"", b"\x00", b"HTTP/1.1 200 OK\r\n\r\n", http(b"null"), http(b"[]"), http(b"{}"), http(b'"\\u0000"'),
    http(b"{" * 20000), http(b'{"channels": {"a": 1}, "instances": 3}'), http(TRICKS),
    http(json.dumps({"error": "no\x1b[2J\u009b\u202e!"}).encode(), "HTTP/1.1 409 Conflict"),
    http(b"{}", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/"), b"HTTP/9.9 999 \xff\r\n\r\n",
    http(b""), http(b'{"channels": []}')[:-1], http(b'{"error": ""}', "HTTP/1.1 503 X"), b"HTTP/1.1 200 OK\r\nContent-Le",
], ids=lambda answer: str(len(answer)))
def test_no_answer_leads_rosterctl_astray(case, answer):
    """Whatever answers: an exit status, a word, no crash, and nothing that steers the terminal."""
    case.settings = None
    with tempfile.TemporaryDirectory() as folder:
        place, process = listen(folder, answer)
        done = ctl(case, "status", "--socket", place)
        process.wait()
    assert done.status in (IN_SYNC, FAILED), done
    assert done.stdout.strip() or done.stderr.replace("rosterctl:", "").strip(), "it says something"
    for text in (done.stdout, done.stderr):
        assert not any(ord(c) < 0x20 and c != "\n" or 0x7f <= ord(c) < 0xa0 or c in "\u2028\u202e" for c in text), text


ENDING = """
import socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(sys.argv[1])
server.listen(8)
print("open", flush=True)
waits, _ = server.accept()
waits.recv(4096)
looks, _ = server.accept()
looks.close()
body = b'{"error": "rosterd is ending"}'
waits.sendall(b"HTTP/1.1 503 X\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
"""


def test_an_end_between_two_looks_is_told_as_such(case):
    """Who waits asks now and then whether the daemon is at work: that this gets no answer is no news by itself."""
    case.settings = None
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen([sys.executable, "-c", ENDING, f"{folder}/l.sock"], stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "open\n"
        done = ctl(case, "reconcile", "--socket", f"{folder}/l.sock")
        process.wait()
    assert done.status == FAILED and done.stderr == "rosterctl: rosterd is ending\n", done


def connect(case):
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    one.settimeout(60)
    one.connect(case.settings["control_socket"])
    return one


def test_what_came_while_the_daemon_was_held_is_answered(shared):
    """A disk that answers nothing for a while holds the loop beyond the time that a request may take."""
    asks, silent = connect(shared), connect(shared)
    assert ask(shared, "GET", "/v1/status")[0] == 200, "both are taken by now"
    os.kill(shared.daemon.pid, signal.SIGSTOP)
    try:
        asks.sendall(b"GET /v1/status HTTP/1.1\r\nHost: rosterd\r\n\r\n")
        resume = time.monotonic() + REQUEST_SECONDS + 1
        wait_until(lambda: time.monotonic() > resume)
    finally:
        os.kill(shared.daemon.pid, signal.SIGCONT)
    assert asks.recv(12) == b"HTTP/1.1 200"
    assert silent.recv(1) == b"", "and who asks nothing does not stay"


def test_a_daemon_that_is_stopped_is_not_waited_for(shared):
    """A daemon that answers nothing any more is given up, also by who waits for a pass."""
    os.kill(shared.daemon.pid, signal.SIGSTOP)
    try:
        asked = [shared.start("rosterctl", command) for command in ("status", "reconcile")]
        told, waits = (one.finish(120) for one in asked)
    finally:
        os.kill(shared.daemon.pid, signal.SIGCONT)
    assert (told.status, waits.status) == (FAILED, FAILED)
    assert "said nothing for" in told.stderr and "said nothing for" in waits.stderr
