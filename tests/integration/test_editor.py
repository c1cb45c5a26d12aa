# SPDX-License-Identifier: MIT
"""What an editor shows that asks the YAML language server, by the schemas of rosterctl schema."""

import json
import subprocess

import pytest

import npm
from case import ROOT, program

SERVER = "yaml-language-server"
SCHEMA_LINE = "# yaml-language-server: $schema="
SETTINGS = """\
version: 1
instances:
  prod:
    endpoint: https://roma.example.com
    project_id: 0123456789abcdef0123456789abcdef
    instance_id: 6a7b8c9d-0000-4000-8000-000000000001
    auth: {method: token, token_file: token}
mode: prune
guards: {max_deletes: 5}
"""
ROSTER = """\
version: 1
channels:
  - name: payments
    members:
      - 10.1.0.5:8080
      - {host: 10.1.0.6, port: 8080, group: blue, weight: 5}
"""


class Editor:
    """Speaks the Language Server Protocol with one server: messages of JSON with their length before them."""

    def __init__(self, folder):
        script = npm.package(SERVER) / SERVER / "bin" / SERVER
        self.process = subprocess.Popen(["node", script, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        self.folder, self.number, self.told = folder, 0, {}
        self.call("initialize", processId=None, rootUri=None, capabilities={"workspace": {"configuration": True}})
        self.send({"method": "initialized", "params": {}})

    def close(self):
        self.process.kill()
        self.process.communicate()

    def send(self, message):
        text = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(text), text))
        self.process.stdin.flush()

    def read(self):
        size = 0
        for line in iter(self.process.stdout.readline, b"\r\n"):
            assert line, "the language server ended"
            name, _, value = line.partition(b":")
            size = int(value) if name.lower() == b"content-length" else size
        return json.loads(self.process.stdout.read(size))

    def look(self, wanted):
        """Reads on until a message is the one; the server's questions are answered: nothing is configured."""
        while True:
            message = self.read()
            if wanted(message):
                return message
            if "method" in message and "id" in message:
                items = message.get("params", {}).get("items", [])
                self.send({"id": message["id"], "result": [None] * len(items)})

    def call(self, method, **params):
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params})
        answer = self.look(lambda message: message.get("id") == self.number and "method" not in message)
        assert "error" not in answer, answer
        return answer["result"]

    def open(self, text):
        """Shows a file that it has not seen before; its place."""
        self.number += 1
        uri = (self.folder / f"{self.number}.yaml").as_uri()
        self.send({"method": "textDocument/didOpen",
                   "params": {"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}}})
        return uri

    def marks(self, text):
        """What is marked in a file: the text that is underlined, and why."""
        uri = self.open(text)
        told = self.look(lambda message: message.get("method") == "textDocument/publishDiagnostics"
                         and message["params"]["uri"] == uri)["params"]["diagnostics"]
        lines = text.splitlines()
        assert all(mark["range"]["start"]["line"] == mark["range"]["end"]["line"] for mark in told), told
        return {(mark["range"]["start"]["line"] + 1,
                 lines[mark["range"]["start"]["line"]][mark["range"]["start"]["character"]:mark["range"]["end"]["character"]]):
                mark["message"] for mark in told}

    def offered(self, text):
        """What is offered where `|` stands, with what is said of it."""
        before, after = text.split("|")
        uri = self.open(before + after)
        place = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        items = self.call("textDocument/completion", textDocument={"uri": uri}, position=place)["items"]
        return {item["label"]: item.get("documentation", "") for item in items}


def schema_of(document):
    return subprocess.run([program("rosterctl"), "schema", document], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def editor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("editor")
    share = folder / "usr/share/rosterd"
    share.mkdir(parents=True)
    for document in "settings", "roster":
        (share / f"{document}.schema.json").write_text(schema_of(document))
    server = Editor(folder)
    yield server
    server.close()


def file_of(editor, document, text):
    """With the line that names the schema, as the example and README have it: by its path."""
    return f"{SCHEMA_LINE}{editor.folder}/usr/share/rosterd/{document}.schema.json\n{text}"


def described(schema):
    return {key: value.get("description", "") for key, value in schema["properties"].items()}


def test_keys_are_completed_with_what_they_are(editor):
    guards = json.loads(schema_of("settings"))["properties"]["guards"]
    others = SETTINGS.replace("guards: {max_deletes: 5}\n", "")
    blank = editor.offered(file_of(editor, "settings", others + "guards:\n  |\n"))
    assert blank == described(guards) and all(blank.values())
    begun = editor.offered(file_of(editor, "settings", others + "guards:\n  confirm_pa|\n"))
    assert begun["confirm_passes"] == described(guards)["confirm_passes"]
    channel = editor.offered(file_of(editor, "roster", ROSTER + "    |\n"))
    keys = described(json.loads(schema_of("roster"))["properties"]["channels"]["items"])
    # The server offers one snippet more, which it makes out of the rule that one of `id` and `name` is there.
    assert {key: text for key, text in channel.items() if isinstance(text, str)} == {
        key: text for key, text in keys.items() if key not in ("name", "members")}


def test_values_with_words_of_their_own_are_completed(editor):
    words = editor.offered(file_of(editor, "settings", SETTINGS.replace("mode: prune", "mode: |")))
    assert set(words) == {"prune", "add", "sync", "observe"}
    words = editor.offered(file_of(editor, "settings", SETTINGS.replace("method: token", "method: |")))
    assert set(words) >= {"token", "password", "aksk", "agency", "environment"}


@pytest.mark.parametrize("document, text", [("settings", SETTINGS), ("roster", ROSTER)], ids=["settings", "roster"])
def test_what_is_right_has_no_mark(editor, document, text):
    assert editor.marks(file_of(editor, document, text)) == {}


def test_the_example_is_right_by_the_schema_that_it_names(editor):
    """By its path below /usr, which is another folder here."""
    text = (ROOT / "systemd/rosterd.yaml.example").read_text()
    assert text.startswith(f"{SCHEMA_LINE}/usr/share/rosterd/settings.schema.json\n")
    here = text.replace("/usr/share", f"{editor.folder}/usr/share")
    assert editor.marks(here) == {}
    wrong = here.replace("\ninterval:", "\nintervall:")
    assert wrong != here and [word for _, word in editor.marks(wrong)] == ["intervall"], "it was read at all"


WRONG = [
    ("settings", SETTINGS, "mode:", "modus:", "modus", "not allowed"),
    ("settings", SETTINGS, "mode: prune", "mode: prunee", "prunee", '"prune"'),
    ("settings", SETTINGS, "{max_deletes: 5}", "{max_deletes: five}", "five", "integer"),
    ("settings", SETTINGS, "{max_deletes: 5}", "guarded", "guarded", "object"),
    ("settings", SETTINGS, "project_id", "projct_id", "projct_id", "not allowed"),
    ("settings", SETTINGS, "token_file: token", "token_fil: token", "token_fil", "\"token_file\""),
    ("roster", ROSTER, "members:", "membres:", "membres", "not allowed"),
    ("roster", ROSTER, "port: 8080", "port: 80800", "80800", "65535"),
    ("roster", ROSTER, "weight: 5", "weight: much", "much", "integer"),
    ("roster", ROSTER, "version: 1", "version: 2", "2", "1"),
]


@pytest.mark.parametrize("document, text, old, new, marked, why", WRONG, ids=[row[3] for row in WRONG])
def test_what_is_wrong_is_marked_at_its_place(editor, document, text, old, new, marked, why):
    wrong = file_of(editor, document, text.replace(old, new))
    marks = editor.marks(wrong)
    line = next(number for number, line in enumerate(wrong.splitlines(), 1) if new in line)
    assert why in marks.get((line, marked), ""), marks
