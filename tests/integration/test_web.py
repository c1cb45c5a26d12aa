# SPDX-License-Identifier: MIT
"""What rosterd shows over TCP, to whom, and that nothing can be changed there."""

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

import case as cases
import web
from case import INVALID, Case, channel, entry, wait_until
from daemon import NEVER, Daemon, sanitized
from test_control import ask
from web import TOKEN, basic, bearer, get, raw, serve


@pytest.fixture(scope="module")
def shared_case(tmp_path_factory):
    shared = Case(tmp_path_factory.mktemp("web"))
    yield shared
    shared.close()


@pytest.fixture(scope="module")
def shown(shared_case):
    return serve(shared_case, hosts=["rosterd.example.com"])[1]


SHOWN = ["/", "/metrics", "/livez", "/readyz", "/v1/status", "/v1/history", "/v1/samples"]
HIDDEN = ["/v1/channels", "/v1/progress", "/v1/plan", "/v1/pause", "/v1/resume", "/v1/approve", "/v1/reconcile",
          "/v1/undo", "/v2", "/v1/status/", "//v1/status", "/../v1/pause"]


@pytest.mark.parametrize("path", SHOWN)
def test_a_path_is_shown(shown, path):
    answer = get(shown, path)
    assert answer.status == 200, answer
    assert {name: answer.headers[name] for name in web.HEADERS} == web.HEADERS
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    head = get(shown, path, method="HEAD")
    assert (head.status, head.text, head.headers["Content-Type"]) == (200, "", answer.headers["Content-Type"])


@pytest.mark.parametrize("path", HIDDEN)
def test_what_changes_is_not_there(shown, path):
    assert get(shown, path).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/v1/status", "/v1/pause", "/v1/plan", "/nowhere"])
def test_another_method_is_refused(shown, method, path):
    answer = get(shown, path, method=method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_the_socket_shows_the_same(shared_case, shown):
    for path in SHOWN:
        text = unix_text(shared_case, path)
        assert text[0] == 200
        if path.endswith("z"):
            assert text[1] == get(shown, path).text == "ok\n"
    assert unix_text(shared_case, "/livez", "HEAD")[0] == 200
    assert unix_text(shared_case, "/v1/status", "DELETE")[0] == 405


def unix_text(case, path, method="GET"):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(case.settings["control_socket"])
        connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        parts = b""
        while part := connection.recv(65536):
            parts += part
    head, _, body = parts.decode().partition("\r\n\r\n")
    return int(head.split()[1]), body


# ---- Host ----

@pytest.mark.parametrize("host, status", [
    ("localhost", 200), ("LOCALHOST:1", 200), ("localhost.", 200), ("127.0.0.1", 200), ("10.9.8.7:80", 200),
    ("[::1]", 200), ("[2001:db8::1]:9786", 200), ("rosterd.example.com", 200), ("Rosterd.Example.COM.:9786", 200),
    ("localhost:", 200),
    ("evil.example.com", 421), ("rosterd.example.com.evil.com", 421), ("localhost.evil.com", 421), ("rosterd", 421),
    ("127.0.0.1.evil.com", 421), ("xrosterd.example.com", 421),
    ("", 400), ("::1", 400), ("[::1", 400), ("a b", 400), ("localhost:x", 400), ("localhost:65536", 400),
    ("user@localhost", 400), ("http://localhost", 400), ("localhost/", 400), ("[localhost]", 400), ("1.2.3.4.5", 400),
])
def test_whom_a_request_is_for(shown, host, status):
    assert get(shown, Host=host).status == status, host


def test_a_request_names_its_host(shown):
    for version in ("1.0", "1.1"):
        assert " 400 " in raw(shown, f"GET /v1/status HTTP/{version}\r\n\r\n").splitlines()[0]
    assert " 421 " in raw(shown, "GET /livez HTTP/1.1\r\nHost: evil.example.com\r\n\r\n").splitlines()[0]
    assert " 421 " in raw(shown, "POST /livez HTTP/1.1\r\nHost: evil.example.com\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("text", [
    "<b>mark</b>\r\n\r\n", "GET /<b>mark</b> HTTP/9.9\r\n\r\n", "<b>mark</b> / HTTP/1.1\r\nHost: <b>mark</b>\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: localhost\r\n<b>mark</b>\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: <b>mark</b>\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n<b>mark</b>\r\n",
    "GET /" + "<b>mark</b>" * 7000 + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "<b>mark</b>" * 7000 + "\r\n\r\n",
], ids=["no line", "version", "method", "header", "length", "chunk", "path too long", "headers too long"])
def test_what_is_no_request_gets_nothing_of_it_back(shown, text):
    said = raw(shown, text)
    assert "mark" not in said and (not said or 400 <= int(said.split()[1]) < 600), said
    assert get(shown, "/livez").status == 200


# ---- the token ----

def test_who_has_the_token(case):
    case.secret("web.token", TOKEN + "\n")
    _, port = serve(case, token_file="web.token")
    for path in ("/livez", "/readyz"):
        assert get(port, path).status == 200
    for headers in (bearer(), {"Authorization": f"bearer   {TOKEN}"}, basic(), basic(user=""), basic(user="üser")):
        assert get(port, **headers).status == 200, headers
    wrong = ["Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN.lower()}", TOKEN,
             f"Bearer{TOKEN}", f"Basic {TOKEN}", "Basic ", "Basic !!!!", "Basic YQ", "Basic YTpi=x", "Digest a=b",
             basic(TOKEN + ":")["Authorization"], basic("", TOKEN)["Authorization"], basic(user=f":{TOKEN}")["Authorization"]]
    for text in wrong:
        assert get(port, Authorization=text).status == 401, text
    for path in ("/v1/status", "/v1/history", "/v1/samples", "/nowhere", "/v1/pause"):
        answer = get(port, path)
        assert answer.status == 401 and "channels" not in answer.text
        assert answer.headers.get_all("WWW-Authenticate") == ['Basic realm="rosterd", charset="UTF-8"',
                                                              'Bearer realm="rosterd"']
        assert get(port, path, method="HEAD").status == 401


def test_a_changed_token_counts_without_a_reload(case):
    case.secret("web.token", TOKEN)
    daemon, port = serve(case, token_file="web.token")
    assert get(port, **bearer()).status == 200
    case.secret("web.token", "another")
    wait_until(lambda: get(port, **bearer("another")).status == 200, process=daemon.process)
    assert get(port, **bearer()).status == 401
    # What cannot be used leaves the one before in force, and is told once.
    case.secret("web.token", "open to all", mode=0o644)

    def told_of():
        get(port, "/livez")
        return [row for row in daemon.lines() if "http.token_file" in row["message"]]
    told = wait_until(told_of, process=daemon.process)
    assert get(port, **bearer("another")).status == 200 and get(port, **bearer("open to all")).status == 401
    assert len(told) == 1 and told[0]["level"] == "err" and "open to all" not in daemon.text()
    assert daemon.reloads() == 0


def test_a_token_is_a_systemd_credential_first(case):
    folder = case.folder / "credentials"
    folder.mkdir()
    (folder / "web.token").write_text("of systemd")
    (folder / "web.token").chmod(0o400)
    case.secret("web.token", TOKEN)
    _, port = serve(case, token_file="web.token", env={"CREDENTIALS_DIRECTORY": str(folder)})
    assert get(port, **bearer("of systemd")).status == 200
    assert get(port, **bearer()).status == 401


@pytest.mark.parametrize("mode", [None, 0o644, 0o660])
def test_a_token_that_is_missing_or_open_is_refused_at_the_start(case, mode):
    if mode is not None:
        case.secret("web.token", TOKEN)
        (case.folder / "web.token").chmod(mode)
    case.serve(channel("payments", "10.1.0.5"))
    case.roster(entry("payments", "10.1.0.5"))
    case.settings["http"] = {"listen": f"127.0.0.1:{web.free_port()}", "token_file": "web.token"}
    daemon = Daemon(case)
    assert daemon.wait_end() == INVALID
    assert "http.token_file" in daemon.text()
    assert case.check().status == 0


# ---- what is shown ----

def test_no_path_of_a_secret_is_shown(case):
    """Neither of the credential that fails, nor of the one that a reload could not read."""
    case.secret("web.token", TOKEN)
    daemon, port = serve(case, token_file="web.token")
    (case.folder / "token").unlink()
    case.settings["mode"] = "observe"
    case.write_settings()
    daemon.reload()
    local = json.dumps(ask(case, "GET", "/v1/status")[1])
    assert str(case.folder / "token") in local
    answer = get(port, **bearer())
    assert "(a secret file)" in answer.json["invalid"]
    assert "no such file" in answer.text
    for path in SHOWN:
        assert str(case.folder / "token") not in get(port, path, **bearer()).text, path


# ---- where it listens ----

def test_a_port_that_is_taken_ends_nothing(case):
    """It is told once, tried again each interval, and had as soon as may be."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        daemon, port = serve(case, port=other.getsockname()[1], interval="1s")
        lists = len(case.sims[0].requests("list_members"))
        wait_until(lambda: len(case.sims[0].requests("list_members")) >= lists + 3, process=daemon.process)
        told = web.wait_for_line(daemon, f"http 127.0.0.1:{port}")
        assert len(told) == 1 and told[0]["level"] == "err" and "Address already in use" in told[0]["message"]
        assert ask(case, "GET", "/v1/status")[1]["invalid"] is None
    wait_until(lambda: not web.refused(port), process=daemon.process)
    assert get(port).status == 200
    assert "works again" in daemon.text()


def test_a_reload_moves_it(case):
    daemon, port = serve(case, interval="1s")
    other = web.free_port()
    case.settings["http"]["listen"] = f"127.0.0.1:{other}"
    case.write_settings()
    daemon.reload()
    wait_until(lambda: not web.refused(other), process=daemon.process)
    assert get(other).status == 200
    wait_until(lambda: web.refused(port), process=daemon.process)
    del case.settings["http"]
    case.write_settings()
    daemon.reload()
    wait_until(lambda: web.refused(other), process=daemon.process)


def test_the_old_one_serves_until_the_new_one_does(case):
    daemon, port = serve(case, interval="1s")
    with socket.create_server(("127.0.0.1", 0)) as other:
        case.settings["http"]["listen"] = f"127.0.0.1:{other.getsockname()[1]}"
        case.write_settings()
        daemon.reload()
        web.wait_for_line(daemon, "served as before until then")
        assert get(port).status == 200
        assert ask(case, "GET", "/v1/status")[1]["invalid"] is None
    wait_until(lambda: web.refused(port), process=daemon.process)
    assert get(other_port(case)).status == 200


def other_port(case):
    return int(case.settings["http"]["listen"].rpartition(":")[2])


def test_the_same_port_at_all_addresses(case):
    """The old address overlaps the new one, which could not be bound beside it."""
    case.secret("web.token", TOKEN)
    daemon, port = serve(case, token_file="web.token")
    case.settings["http"].update(listen=f"0.0.0.0:{port}", plain=True)
    case.write_settings()
    daemon.reload()
    wait_until(lambda: not web.refused(port, "127.0.0.2"), process=daemon.process)
    assert get(port, address="127.0.0.2", **bearer()).status == 200
    case.settings["http"].update(listen=f"127.0.0.1:{port}")
    case.write_settings()
    daemon.reload()
    wait_until(lambda: web.refused(port, "127.0.0.2"), process=daemon.process)
    assert get(port, **bearer()).status == 200


def test_ipv6(case):
    port = web.free_port("::1")
    case.serve(channel("payments", "10.1.0.5"))
    case.roster(entry("payments", "10.1.0.5"))
    case.settings.update(interval=NEVER, http={"listen": f"[::1]:{port}"})
    daemon = Daemon(case)
    daemon.wait_ready()
    assert get(port, address="::1", path="/livez").status == 200


def test_hosts_and_token_change_with_a_reload(case):
    daemon, port = serve(case)
    assert get(port, Host="a.example.com").status == 421
    case.secret("web.token", TOKEN)
    case.settings["http"].update(hosts=["a.example.com"], token_file="web.token")
    case.write_settings()
    daemon.reload()
    wait_until(lambda: get(port, Host="a.example.com").status == 401, process=daemon.process)
    assert get(port, Host="a.example.com", **bearer()).status == 200


def test_without_http_nothing_listens(case):
    case.serve(channel("payments", "10.1.0.5"))
    case.roster(entry("payments", "10.1.0.5"))
    case.settings["interval"] = NEVER
    daemon = Daemon(case)
    daemon.wait_ready()
    daemon.wait_status("1 in sync")
    inodes = {os.readlink(f"/proc/{daemon.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{daemon.pid}/fd")}
    with open(f"/proc/{daemon.pid}/net/tcp", encoding="ascii") as table:
        listening = {f"socket:[{line.split()[9]}]" for line in table if line.split()[3] == "0A"}
    assert not inodes & listening


def dumps_core(case, **http):
    """Whether it would leave a core dump; None where nothing does here."""
    daemon, _ = serve(case, **http, limits=("sh", "-c", 'ulimit -c "$(ulimit -Hc)"; exec "$@"', "sh"))
    os.kill(daemon.pid, signal.SIGABRT)
    return os.waitid(os.P_PID, daemon.pid, os.WEXITED | os.WNOWAIT).si_code == os.CLD_DUMPED


@pytest.mark.skipif("sanitized()", reason="a sanitizer leaves no core dump")
def test_with_a_secret_there_is_no_core_dump(case):
    case.secret("web.token", TOKEN)
    assert not dumps_core(case, token_file="web.token")
    if not dumps_core(case):
        pytest.skip("nothing leaves a core dump here")


# ---- sockets that were handed over ----

HANDED = """
import os, sys
os.environ["LISTEN_PID"], os.environ["LISTEN_FDS"] = str(os.getpid()), sys.argv[1]
os.environ["LISTEN_FDNAMES"] = sys.argv[2]
os.execv(sys.argv[3], sys.argv[3:])
"""


def hand_over(case, *sockets, names=""):
    """A daemon that is given these listening sockets, as by systemd."""
    numbers = [one.fileno() for one in sockets]

    def place():
        for number, one in enumerate(numbers):
            os.dup2(one, 100 + number)
        for number in range(len(numbers)):
            os.dup2(100 + number, 3 + number)
    program = cases.program("rosterd")
    case.write_settings()
    process = subprocess.Popen([sys.executable, "-c", HANDED, str(len(numbers)), names, program, "-c", str(case.config)],
                               env=case.environment(), cwd=case.folder, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=place,
                               pass_fds=range(3, 3 + len(numbers)))
    case.running.append(Handed(process))
    return process


class Handed:
    def __init__(self, process):
        self.process = process

    def poll(self):
        return self.process.poll()


def test_sockets_that_systemd_hands_over(case):
    """Both are used as they are; the control socket's path is not made, nor removed at the end."""
    case.serve(channel("payments", "10.1.0.5"))
    case.roster(entry("payments", "10.1.0.5"))
    place = case.folder / "handed.sock"
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(place))
        unix.listen()
        port = tcp.getsockname()[1]
        case.settings.update(interval=NEVER, http={"listen": f"127.0.0.1:{port}"})
        process = hand_over(case, tcp, unix, names="http:control")
    made = case.settings["control_socket"]
    case.settings["control_socket"] = str(place)
    wait_until(lambda: unix_text(case, "/readyz")[0] == 200, process=process)
    assert get(port, "/livez").text == "ok\n"
    assert not os.path.exists(made)
    process.terminate()
    assert process.wait(60) == 0
    assert place.exists()


def test_a_socket_at_another_address_is_not_used(case):
    """The settings say where, and to whom."""
    case.serve(channel("payments", "10.1.0.5"))
    case.roster(entry("payments", "10.1.0.5"))
    port = web.free_port()
    with socket.create_server(("127.0.0.1", 0)) as tcp:
        case.settings.update(interval=NEVER, http={"listen": f"127.0.0.1:{port}"})
        process = hand_over(case, tcp)
        wait_until(lambda: not web.refused(port), process=process)
        assert get(port, "/livez").status == 200
        tcp.settimeout(0.2)
        other = tcp.getsockname()[1]
        with socket.create_connection(("127.0.0.1", other), timeout=20):
            tcp.accept()[0].close()
