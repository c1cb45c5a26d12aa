# SPDX-License-Identifier: MIT
"""A stand-in for those who are told of things: strict about the shape of each format, and answering as the real ones
do, errors in the body of a 200 included."""

import http.server
import json
import re
import socket
import ssl
import threading

import case as cases

TOKEN = "T0ps3cr3tW3bh00kT0ken"
TYPES = {"cloudevents": "application/cloudevents+json; charset=utf-8"}
TAKEN = {
    "cloudevents": (202, b"", {}),
    "slack": (200, b"ok", {"Content-Type": "text/html"}),
    "feishu": (200, b'{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}', {}),
    "dingtalk": (200, b'{"errcode":0,"errmsg":"ok"}', {}),
}


def check_text(text):
    assert isinstance(text, str) and text and len(text.encode()) < 20000
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e\u200b]", text), repr(text)


def check_cloudevent(event):
    """The context attributes of CloudEvents 1.0 and the data."""
    assert event["specversion"] == "1.0" and event["datacontenttype"] == "application/json"
    for key in ("id", "source", "type"):
        assert isinstance(event[key], str) and event[key], key
    assert re.fullmatch(r"urn:rosterd:[-._%0-9A-Za-z]+", event["source"])
    assert re.fullmatch(r"[0-9a-f]{32}", event["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["time"])
    assert event.get("subject", "none"), "no subject is left out, not empty"
    assert set(event) <= {"specversion", "id", "source", "type", "time", "subject", "datacontenttype", "data"}
    assert all(re.fullmatch("[a-z0-9]{1,20}", key) for key in event)
    check_text(event["data"]["title"] + "\n" + event["data"]["text"])


def check_slack(message):
    assert set(message) == {"text", "mrkdwn"} and message["mrkdwn"] is False
    check_text(message["text"])
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", message["text"]), message["text"]


def check_feishu(message):
    assert message["msg_type"] == "text" and set(message) == {"msg_type", "content"}
    check_text(message["content"]["text"])
    assert "<" not in message["content"]["text"]


def check_dingtalk(message):
    assert message["msgtype"] == "markdown" and set(message) == {"msgtype", "markdown"}
    assert set(message["markdown"]) == {"title", "text"}
    check_text(message["markdown"]["title"])
    check_text(message["markdown"]["text"])
    head, _, rest = message["markdown"]["text"].partition("\n\n")
    assert head.startswith("#### rosterd")
    assert not re.search(r"(?<!\\)[*_`\[\]<>@]", head[5:] + rest), rest


CHECKS = {"cloudevents": check_cloudevent, "slack": check_slack, "feishu": check_feishu, "dingtalk": check_dingtalk}


class Receiver:
    """`said`: what was taken, in order; `asked`: how often anything came. `answers`: what is said instead of taking
    it, the first for the next: (status, body, headers), "silence" or "cut"; `always` for all that follow."""

    def __init__(self, case, name, kind, tls=None):
        self.kind, self.said, self.asked, self.answers, self.always, self.wrong = kind, [], 0, [], None, []
        self.released = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.path = f"/hook/{TOKEN}?key={TOKEN}"
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}{self.path}"
        case.secret(name, self.url + "\n")
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def handler(receiver):  # pylint: disable=no-self-argument
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.asked += 1
                try:
                    message = receiver.check(self.path, self.headers, body)
                except Exception as error:  # pylint: disable=broad-except
                    receiver.wrong.append(repr(error))
                    self.answer(400, b"invalid_payload", {})
                    return
                answer = receiver.answers.pop(0) if receiver.answers else receiver.always
                if answer == "silence":
                    receiver.released.wait(120)
                    self.close_connection = True
                elif answer == "cut":
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                elif answer:
                    self.answer(*answer)
                else:
                    receiver.said.append(message)
                    self.answer(*TAKEN[receiver.kind])

            def answer(self, status, body, headers):
                try:
                    self.send_response(status)
                    for key, value in headers.items():
                        self.send_header(key, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass
        return Handler

    def check(self, path, headers, body):
        assert path == self.path and headers["Host"] == f"127.0.0.1:{self.port}", (path, headers)
        assert headers["Content-Type"] == TYPES.get(self.kind, "application/json; charset=utf-8")
        message = json.loads(body)
        CHECKS[self.kind](message)
        return message

    # ---- what the tests look at ----

    def texts(self):
        parts = {"slack": lambda m: m["text"], "feishu": lambda m: m["content"]["text"],
                 "dingtalk": lambda m: m["markdown"]["text"], "cloudevents": lambda m: m["data"]["text"]}
        return [parts[self.kind](message) for message in list(self.said)]

    def events(self):
        """Of a receiver of CloudEvents: (type, subject)."""
        return [(event["type"].removeprefix("rosterd."), event.get("subject")) for event in list(self.said)]

    def wait(self, count, process=None):
        cases.wait_until(lambda: len(self.said) >= count or self.wrong, process=process)
        assert not self.wrong, self.wrong
        return list(self.said)
