# SPDX-License-Identifier: MIT
"""rosterctl schema: JSON Schema of settings and rosters against every file that the tests read."""

import json
import pathlib
import re
import subprocess

import jsonschema
import pytest
import yaml

import test_config
from case import ROOT, USAGE, program

UNIT = pathlib.Path(program("rosterctl")).parent / "tests/unit"


class Loader(yaml.SafeLoader):
    """The core schema of YAML 1.2, as editors read it: true and false alone are booleans, no dates; keys are texts,
    and one that comes twice is refused."""

    yaml_implicit_resolvers = {}

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        if len(set(keys)) < len(keys):
            raise yaml.constructor.ConstructorError(None, None, "duplicate key", node.start_mark)
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


for tag, pattern, first in (("bool", r"true|false", "tf"), ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
                            ("int", r"[-+]?[0-9]+", "-+0123456789"),
                            ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789")):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^({pattern})$"), list(first))
Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))
Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(node.value))
Loader.add_constructor("tag:yaml.org,2002:map", Loader.construct_mapping)


def load(text):
    return yaml.load(text, Loader)


def schema_of(document):
    done = subprocess.run([program("rosterctl"), "schema", document], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def validators():
    schemas = {document: schema_of(document) for document in ("settings", "roster")}
    for schema in schemas.values():
        jsonschema.Draft7Validator.check_schema(schema)
    return {document: jsonschema.Draft7Validator(schema) for document, schema in schemas.items()}


def errors(validator, text):
    """What a schema says of a file; None where it is not the YAML that a schema could judge."""
    try:
        document = load(text)
    except yaml.YAMLError:
        return None
    return [f"{list(error.absolute_path)}: {error.message}"[:300] for error in validator.iter_errors(document)]


# ---- the files of the unit tests ----

@pytest.fixture(scope="module")
def fixtures(tmp_path_factory):
    """Each set of files that the unit tests of config/ load, with what is said of it."""
    folder = tmp_path_factory.mktemp("fixtures")
    programs = [path for path in sorted(UNIT.glob("test_config*")) if "." not in path.name and "memory" not in path.name]
    assert len(programs) > 5, f"make unit: {UNIT}"
    for path in programs:
        subprocess.run([path], cwd=ROOT, env={"ROSTERD_FIXTURES": str(folder)}, capture_output=True, check=True)
    return sorted(folder.iterdir())


def documents(fixture):
    """(document, its name in messages, its text)"""
    for path in [fixture / "rosterd.yaml", *sorted((fixture / "rosters.d").glob("*.y*ml"))]:
        if path.is_file():
            text = path.read_bytes().decode("utf-8", "surrogateescape")
            if text == "not: read" or len(text) > 100_000:
                continue
            kind = "settings" if path.name == "rosterd.yaml" else "roster"
            yield kind, str(path.relative_to(fixture)), text


# Mistakes of key, type, range or word. What follows them, up to the end, is not: it needs another place of the
# files, what YAML hides, or the calendar.
BY_SCHEMA = re.compile(
    r"unknown key, (?!.*template)|not a map: |not a list: |not a boolean: |not a whole number: |not a duration: |"
    r"not text: |out of range: |unknown value: |: missing, must be|: missing, the method|too long: |too short: |no unit: |"
    r"not an id: \"|both (name and id|host and ecs_id)|neither |unknown day: |not a time of day: |"
    r"not a time with its offset: |too many: |not a key of the method|empty rule|: empty, must|"
    r"not an absolute path|guard of a whole pass|not a name of an instance|control character|not a reason: a word")
NOT_BY_SCHEMA = re.compile(r"in quotes|leading zero|without quotes|must be there where the settings name|"
                           r"missing, must be in files that|: empty, must be a map of keys$|others reach |"
                           r"must be the (certificate|private key|user) of |must be a file with the password of |"
                           r"where every endpoint is loopback|"
                           r'not a whole number: "(\+|1\.0"|1e3")|not a time with its offset: "\d{4}-\d\d-\d\dT')


def is_by_schema(line):
    return BY_SCHEMA.search(line) and not NOT_BY_SCHEMA.search(line)


def test_what_is_right_passes(fixtures, validators):
    seen, wrong = 0, []
    for fixture in fixtures:
        if (fixture / "expected").read_text():
            continue
        for kind, name, text in documents(fixture):
            seen += 1
            found = errors(validators[kind], text)
            if found:
                wrong.append((fixture.name, name, found, text))
    assert seen > 50 and not wrong, "\n".join(map(str, wrong))


def test_what_is_wrong_by_key_type_range_or_word_fails(fixtures, validators):
    seen, wrong = 0, []
    for fixture in fixtures:
        said = (fixture / "expected").read_text(errors="surrogateescape").splitlines()
        for kind, name, text in documents(fixture):
            lines = [line for line in said if line.startswith(name + ":") and is_by_schema(line)]
            found = errors(validators[kind], text)
            if not lines or found is None:
                continue
            seen += 1
            if not found:
                wrong.append((lines, text))
    assert seen > 100 and not wrong, "\n".join(map(str, wrong))


# ---- what people are shown ----

def shown():
    """(document, where it stands, its text)"""
    yield "settings", "example", (ROOT / "systemd/rosterd.yaml.example").read_text()
    settings, roster = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", (ROOT / "config/rosterd.yaml.5").read_text(),
                                  re.M | re.S)
    yield "settings", "manual", settings
    yield "roster", "manual", roster
    settings, roster = re.findall(r"```yaml\n(version: 1.*?)```", (ROOT / "README.md").read_text(), re.S)
    yield "settings", "README", settings
    yield "roster", "README", roster
    yield "settings", "test_config", test_config.SETTINGS
    yield "roster", "test_config", test_config.ROSTER


@pytest.mark.parametrize("document, where, text", shown())
def test_examples_pass(validators, document, where, text):
    assert errors(validators[document], text) == [], where


def test_examples_name_their_schema():
    first = (ROOT / "systemd/rosterd.yaml.example").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=/usr/share/rosterd/settings.schema.json"


# ---- single mistakes ----

ROSTER = "version: 1\nchannels:\n  - name: payments\n    members: [10.1.0.5]\n"
# What stands in a channel: whether the schema takes it. validate is asked as well: both agree.
CHANNEL_KEYS = {
    "mode: observe": True, "mode: obsrve": False, "mode: yes": False, "quarantine: 0s": True, "quarantine: 999ms": False,
    "quarantine: 1000ms": True, "quarantine: 1s": True, "quarantine: 30d": True, "quarantine: 31d": False,
    "quarantine: 4w": True, "quarantine: 5w": False, "quarantine: 1": False, "quarantine: 01s": False,
    "allow_empty: true": True, "allow_empty: yes": False, "guards: {max_deletes: 0}": True,
    "guards: {max_deletes: 100001}": False, "guards: {max_deletes_total: 1}": False, "guards: {max_deletes: off}": False,
    "guards: {confirm_passes: 0}": False, "paused: because": True, "paused: no": False, "paused: ''": False,
    "paused: {reason: x, until: 2026-12-24T18:00:00Z}": True, "paused: {until: 2026-12-24T18:00:00Z}": False,
    "paused: {reason: x, until: tomorrow}": False, "paused: nothing": True, "ignore: [{host: 10.0.0.0/8}]": True,
    "ignore: [{}]": False, "ignore: [10.0.0.1]": False, "ignore: [{weight: 1}]": False,
    "windows: [{days: mon-fri, from: '07:00', to: '24:00'}]": True, "windows: []": False,
    "windows: [{days: [sat, sun], from: '07:00', to: '08:00', zone: UTC}]": True,
    "windows: [{days: mon-fry, from: '07:00', to: '08:00'}]": False,
    "windows: [{from: '24:00', to: '08:00'}]": False, "windows: [{from: '7:00', to: '08:00'}]": False,
    "freezes: [{from: 2026-12-20T00:00:00Z, to: 2027-01-04T00:00:00+01:00}]": True,
    "freezes: [{from: 2026-12-20, to: 2027-01-04T00:00:00Z}]": False, "id: x": False, "colour: red": False,
}
MEMBERS = {
    "10.1.0.5:80": True, "10.1.0.5:65535": True, "10.1.0.5:65536": False, "10.1.0.5:080": False, "'[2001:db8::1]:80'": True,
    "web-1.example.com": True, "a b": False, "{host: a, port: 0}": True, "{host: a, port: 65536}": False,
    "{host: a, ecs_id: b}": False, "{port: 80}": False, "{ecs_id: b, weight: 10000}": True,
    "{host: a, weight: 10001}": False, "{host: a, weight: -1}": False, "{host: a, backup: maybe}": False,
    "{host: a, group: 123}": True, "[a]": False, "{host: a, hots: b}": False,
}


def agree(case, validators, text, is_right):
    case.write("a.yaml", text)
    result = case.run("rosterctl", "validate", "a.yaml", config=False)
    assert (result.status == 0) == is_right, result
    assert (errors(validators["roster"], text) == []) == is_right, errors(validators["roster"], text)


@pytest.mark.parametrize("key", CHANNEL_KEYS)
def test_keys_of_a_channel(case, validators, key):
    agree(case, validators, f"{ROSTER}    {key}\n", CHANNEL_KEYS[key])


@pytest.mark.parametrize("member", MEMBERS)
def test_members(case, validators, member):
    agree(case, validators, ROSTER.replace("10.1.0.5", member), MEMBERS[member])


def test_a_channel_without_members_must_say_so(case, validators):
    empty = ROSTER.replace("[10.1.0.5]", "[]")
    agree(case, validators, empty, False)
    agree(case, validators, empty + "    allow_empty: false\n", False)
    agree(case, validators, empty + "    allow_empty: true\n", True)
    agree(case, validators, "version: 1\nchannels: [{name: payments}]\n", False)
    agree(case, validators, "version: 1\nchannels: [{name: payments, allow_empty: true}]\n", True)


def test_numbers_and_words_are_texts_where_texts_are_wanted(case, validators):
    for name in "12345", "true", "yes", "1.5", "2026-12-24", "0x10", "-5.0":
        agree(case, validators, ROSTER.replace("payments", name), True)
    agree(case, validators, ROSTER.replace("name: payments", "id: 12345"), True)
    for name in "~", "[a]", "{a: b}", "ab", "x" * 65:
        agree(case, validators, ROSTER.replace("payments", name), False)


@pytest.mark.parametrize("words", [[], ["rosters"], ["settings", "roster"], [""]])
def test_there_are_two(case, words):
    result = case.run("rosterctl", "schema", *words, config=False)
    assert result.status == USAGE and result.stdout == "" and result.stderr.count("\n") == 1
