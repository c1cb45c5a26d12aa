# SPDX-License-Identifier: MIT
"""A stranger's first mistakes: each gets one clear message that says what is wrong and what to do."""

import pathlib
import socket

import pytest

import sim as stand_in
from case import FAILED, HELD, INVALID, channel, entry, mutations

PAYMENTS = channel("payments", "10.1.0.5", "10.1.0.9")
ROSTER = entry("payments", "10.1.0.5")


def serve(case, **instance):
    sim = case.serve(PAYMENTS)
    case.settings["instances"]["prod"].update(instance)
    case.roster(ROSTER)
    return sim


def failed_once(case, *words, requests=1, sim=None):
    """A pass that fails with one message on stderr, which holds these words; so does the report."""
    result = case.once()
    assert result.status == FAILED and result.channel("payments")["result"] == "failed"
    lines = [line for line in result.stderr.splitlines() if " info: " not in line]
    assert len(lines) == 1, result.stderr
    message = result.channel("payments")["error"]["message"]
    for word in words:
        assert word in message and word in lines[0], (word, message, lines)
    assert "prod" in lines[0]
    if sim:
        assert len(sim.requests()) == requests and not mutations(sim)
    return message


def test_a_wrong_prefix(case):
    sim = serve(case, api="apigw")
    failed_once(case, "404", "APIG", "check endpoint, api, project_id", sim=sim)


def test_a_wrong_instance_id(case):
    sim = serve(case, instance_id="6a7b8c9d-0000-4000-8000-00000000dead")
    failed_once(case, "404", "APIG.3030", "instance", sim=sim)


def test_a_wrong_project(case):
    sim = serve(case, project_id="f" * 32)
    failed_once(case, "40", "APIG", "project", sim=sim)


def test_a_wrong_path_of_another_service(case):
    """A web server that knows nothing of channels."""
    sim = serve(case)
    sim.faults([{"match": {"op": "list_channels"}, "then": {
        "status": 404, "body": "<html>not found</html>", "content_type": "text/html"}}])
    failed_once(case, "404", "endpoint", sim=sim)


def test_a_wrong_host(case):
    serve(case, endpoint="https://roma.nowhere.invalid")
    failed_once(case, "roma.nowhere.invalid", "address", "endpoint")


def test_a_dead_port(case):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    serve(case, endpoint=f"http://127.0.0.1:{port}")
    failed_once(case, f"127.0.0.1 port {port}", "refused")


def test_a_host_that_never_answers(case):
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        serve(case, endpoint=f"http://127.0.0.1:{listener.getsockname()[1]}")
        case.tune(limits={"timeout": "150ms", "connect_timeout": "150ms"}, retry={"attempts": 2})
        failed_once(case, "127.0.0.1", "within 150")


def mistakes(result):
    """The lines of standard error, but the one that says why the answer takes a while."""
    return [line for line in result.stderr.splitlines() if "may be half-written" not in line]


def test_a_wrong_token(case):
    sim = serve(case)
    case.secret("token", "a token of last year")
    assert case.once().status == INVALID, "it could not even be sent"
    case.secret("token", "last-years-token")
    failed_once(case, "401", "APIG.0301", "token_file", sim=sim)


def test_a_wrong_key(case):
    sim = serve(case, auth={"method": "aksk", "access_key_file": "ak", "secret_key_file": "sk"})
    case.secret("ak", "ACCESS")
    case.secret("sk", "SECRET")
    failed_once(case, "401", "ak:ACCESS", "access_key_file", sim=sim)


def test_a_path_in_the_endpoint(case):
    serve(case, endpoint="https://roma.example.com/v2/0123")
    result = case.once()
    assert result.status == INVALID and len(mistakes(result)) == 1
    assert "rosterd.yaml:" in result.stderr and "instances.prod.endpoint" in result.stderr


def test_a_misspelt_key_is_suggested(case):
    serve(case)
    case.tune(interva="5s")
    result = case.once()
    assert result.status == INVALID and '"interval"' in result.stderr.replace("interva:", "")


def test_no_mode_is_no_default(case):
    serve(case)
    del case.settings["mode"]
    result = case.once()
    assert result.status == INVALID and "mode" in result.stderr and "observe" in result.stderr


def test_every_mistake_is_told_at_once(case):
    serve(case, endpoint="roma", project_id="", api="apix")
    case.roster(entry("payments", "10.1.0.5", "10.1.0.5"), entry("payments", "10.1.0.5"), entry("empty"))
    case.tune(interval="1ms")
    result = case.check()
    assert result.status == INVALID
    for word in ("instances.prod.endpoint", "instances.prod.project_id", "instances.prod.api", "interval"):
        assert word in result.stderr, word
    for line in result.stderr.splitlines():
        assert line.startswith(str(case.folder)), line


def test_a_secret_that_is_not_there_yet(case):
    serve(case)
    (case.folder / "token").unlink()
    result = case.once()
    assert result.status == INVALID and len(mistakes(result)) == 1
    assert str(case.folder / "token") in result.stderr and "0600" in result.stderr


def test_a_roster_of_another_instance(case):
    case.serve(PAYMENTS)
    case.roster(ROSTER, instance="staging")
    result = case.check()
    assert result.status == INVALID and "staging" in result.stderr and "prod" in result.stderr


def test_a_state_directory_below_nothing(case):
    serve(case)
    case.tune(state_dir=str(case.folder / "not" / "there"))
    result = case.once()
    assert result.status == FAILED
    assert f"{case.folder}/not is not there, make that one first" in result.stderr


def test_no_settings_at_all(case):
    if pathlib.Path("/etc/rosterd/rosterd.yaml").exists():
        pytest.skip("this host has settings of its own")
    for command in ["rosterd", "--check"], ["rosterctl", "plan"], ["rosterd"]:
        result = case.run(*command, config=False)
        assert result.status == INVALID and "/etc/rosterd/rosterd.yaml" in result.stderr
        assert "-c FILE" in result.stderr and "ROSTERD_CONFIG" in result.stderr
    named = case.run("rosterd", "--check", "-c", case.folder / "nowhere.yaml", config=False)
    assert named.status == INVALID and "ROSTERD_CONFIG" not in named.stderr


@pytest.mark.parametrize("what, reason", [
    ("nothing", "No such file"), ("a dangling link", "No such file"), ("a directory", "Is a directory"),
    ("a file as directory", "Not a directory"), ("a loop", "symbolic links")])
def test_settings_that_are_not_there_are_told_at_once(case, what, reason):
    """They are no half of anything: there is nothing to wait for."""
    path = case.folder / "nowhere.yaml"
    if what == "a dangling link":
        path.symlink_to(case.folder / "gone.yaml")
    elif what == "a directory":
        path.mkdir()
    elif what == "a file as directory":
        path = pathlib.Path(case.write("file", "")) / "rosterd.yaml"
    elif what == "a loop":
        path.symlink_to(path)
    for command in ["rosterd"], ["rosterd", "--once"], ["rosterctl", "plan", "--local"], ["rosterctl", "plan"]:
        result = case.run(*command, "-c", path, config=False)
        assert result.status == INVALID and result.stderr.count("cannot be read") == 1, result
        assert f"{path}: cannot be read: " in result.stderr and reason in result.stderr
        assert "half-written" not in result.stderr and "on its way" not in result.stderr


def test_a_roster_that_is_not_there_is_not_called_half_written(case):
    """It may be on its way, with a clone or a checkout."""
    case.serve(PAYMENTS)
    case.tune(rosters=["rosters.d"])
    result = case.once()
    assert result.status == INVALID and "half-written" not in result.stderr
    said = f"{case.folder}/rosters.d: cannot be read, and may be on its way"
    assert f"rosterd: warning: {said}" in result.stderr
    assert f"rosterctl: warning: {said}" in case.plan("--local").stderr


def test_an_approval_of_another_plan(case):
    serve(case)
    case.tune(guards={"max_deletes": 0})
    result = case.once("--approve", "0" * 64)
    assert result.status == HELD
    assert "fits no plan of this pass: it is of another plan, or something changed meanwhile" in result.stderr


def test_two_instances_and_a_roster_that_names_none(case):
    case.serve(PAYMENTS)
    case.attach("other", "https://roma.example.com")
    case.roster(ROSTER)
    result = case.check()
    assert result.status == INVALID and "instance: missing" in result.stderr


def test_a_roster_folder_that_is_not_there(case):
    case.serve(PAYMENTS)
    case.tune(rosters=["rosters.d"])
    result = case.check()
    assert result.status == INVALID and "rosters.d" in result.stderr


def test_the_readme_works_as_written(case):
    """The settings and the roster of the README are valid as they stand."""
    readme = (stand_in.ROOT / "README.md").read_text()
    blocks = [block.split("```")[0] for block in readme.split("```yaml\n")[1:]]
    case.own_settings(blocks[0])
    case.write("rosters.d/payments.yaml", blocks[1])
    result = case.check()
    assert result.status == 0, result


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_failing_instance_is_told_once_and_not_for_every_channel(case, log_format):
    sim = case.serve(*(channel(f"ch-{n}", "10.1.0.5") for n in range(20)))
    sim.credentials(tokens=[])
    case.roster(*(entry(f"ch-{n}", "10.1.0.5") for n in range(20)))
    result = case.once("--log-format", log_format)
    assert result.status == FAILED and len(result.stderr.splitlines()) == 1, result.stderr
