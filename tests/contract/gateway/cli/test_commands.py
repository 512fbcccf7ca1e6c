"""What the commands ask of the HTTP interface, and what they make of its answers."""

import base64
import errno
import json
import socket
import stat
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from gateway.cli.lock import held
from tests.contract.gateway.cli.fakes import FakeGateway, Shell

pytestmark = pytest.mark.contract

BASIC = "Basic " + base64.b64encode(b"a1b2c3d4:open sesame").decode()


def test_app_create_sends_the_webhooks_and_keeps_the_key_to_its_owner(
    fake: FakeGateway, shell: Shell, private_key: str
) -> None:
    reply = {"id": "app-1", "name": "hello", "keys": {"public_key": "PEM", "private_key": private_key}}
    fake.prepare("GET", "/v2/applications", {})
    fake.prepare("POST", "/v2/applications", reply, status=201)
    result = shell.run("app", "create", "hello", "--answer-url", "http://127.0.0.1:1/a", "--json")
    assert result.exit_code == 0, result.output
    key = Path(json.loads(result.stdout)["private key"])
    assert key == shell.data / "keys" / "app-1.key"
    assert key.read_text() == private_key
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert result.stderr == ""
    request = fake.seen[-1]
    assert request.authorization == BASIC
    assert json.loads(request.body) == {
        "name": "hello",
        "capabilities": {
            "voice": {
                "webhooks": {"answer_url": {"address": "http://127.0.0.1:1/a", "http_method": "GET"}},
            }
        },
    }


def test_app_create_warns_of_a_name_that_is_there(fake: FakeGateway, shell: Shell, private_key: str) -> None:
    reply = {"id": "app-2", "name": "hello", "keys": {"private_key": private_key}}
    fake.prepare(
        "GET", "/v2/applications", {"_embedded": {"applications": [{"id": "app-1", "name": "hello"}]}}
    )
    fake.prepare("POST", "/v2/applications", reply, status=201)
    result = shell.run("app", "create", "hello")
    assert result.exit_code == 0, result.output
    assert "hello is also the name of app-1" in result.stderr
    assert "number link NUMBER app-2" in result.stdout


def test_app_list_reads_every_page(fake: FakeGateway, shell: Shell) -> None:
    pages = [{"_embedded": {"applications": [{"id": f"app-{number}", "name": "n"}]}} for number in (1, 2)]
    first = {"_links": {"next": {"href": "https://elsewhere.example/v2/applications?page_size=100&page=2"}}}
    fake.prepare("GET", "/v2/applications", pages[0] | first, pages[1])
    result = shell.run("app", "list", "--json")
    assert [item["id"] for item in json.loads(result.stdout)] == ["app-1", "app-2"]
    assert [parse_qs(urlsplit(request.path).query).get("page") for request in fake.seen] == [None, ["2"]]


@pytest.mark.parametrize(
    ("pattern", "digits", "search_pattern"),
    [("44770", "44770", "0"), ("*007", "007", "2"), ("*5*", "5", "1")],
)
def test_number_search_says_where_the_digits_stand(
    fake: FakeGateway, shell: Shell, pattern: str, digits: str, search_pattern: str
) -> None:
    fake.prepare(
        "GET", "/number/search", {"count": 1, "numbers": [{"msisdn": "447700900007", "features": ["VOICE"]}]}
    )
    result = shell.run("number", "search", "gb", "--pattern", pattern)
    assert "447700900007" in result.stdout
    query = parse_qs(urlsplit(fake.seen[0].path).query)
    assert (query["country"], query["pattern"], query["search_pattern"]) == (
        ["GB"],
        [digits],
        [search_pattern],
    )


def test_number_buy_link_and_list(fake: FakeGateway, shell: Shell) -> None:
    rented = {"count": 1, "numbers": [{"msisdn": "447700900007", "country": "GB", "features": ["VOICE"]}]}
    fake.prepare("POST", "/number/buy", {"error-code": "200"})
    fake.prepare("POST", "/number/update", {"error-code": "200"})
    fake.prepare("GET", "/account/numbers", rented)
    fake.prepare(
        "GET", "/v2/applications", {"_embedded": {"applications": [{"id": "app-1", "name": "hello"}]}}
    )
    assert shell.run("number", "buy", "GB", "447700900007").exit_code == 0
    assert shell.run("number", "link", "447700900007", "hello").exit_code == 0
    assert "447700900007" in shell.run("number", "list").stdout
    forms = [parse_qs(request.body) for request in fake.seen if request.method == "POST"]
    assert forms == [
        {"country": ["GB"], "msisdn": ["447700900007"]},
        {"country": ["GB"], "msisdn": ["447700900007"], "app_id": ["app-1"]},
    ]


def test_linking_a_number_that_is_not_rented_says_how_to_rent_it(fake: FakeGateway, shell: Shell) -> None:
    fake.prepare("GET", "/account/numbers", {})
    result = shell.run("number", "link", "447700900007", "app-1")
    assert result.exit_code == 1
    assert "number buy COUNTRY 447700900007" in result.stderr


@pytest.mark.parametrize(
    ("names", "words"), [([], "There is no application hello"), (["hello", "hello"], "app-0, app-1")]
)
def test_linking_to_a_name_that_is_not_one_application(
    fake: FakeGateway, shell: Shell, names: list[str], words: str
) -> None:
    applications = [{"id": f"app-{index}", "name": name} for index, name in enumerate(names)]
    fake.prepare("GET", "/account/numbers", {"count": 1, "numbers": [{"msisdn": "1234567", "country": "GB"}]})
    fake.prepare("GET", "/v2/applications", {"_embedded": {"applications": applications}})
    result = shell.run("number", "link", "1234567", "hello")
    assert result.exit_code == 1
    assert words in result.stderr


def test_jwt_speaks_for_the_only_application(shell: Shell, application: str) -> None:
    result = shell.run("jwt", "--sub", "ada", "--exp", "60", "--acl", '{"paths":{"/*/users/**":{}}}')
    assert result.exit_code == 0, result.output
    assert jwt.get_unverified_header(result.stdout.strip())["alg"] == "RS256"
    claims = jwt.decode(result.stdout.strip(), options={"verify_signature": False})
    assert (claims["application_id"], claims["sub"]) == (application, "ada")
    assert claims["exp"] - claims["iat"] == 60
    assert claims["acl"] == {"paths": {"/*/users/**": {}}}


def test_an_application_is_known_by_its_name(fake: FakeGateway, shell: Shell, application: str) -> None:
    (shell.data / "keys" / "another.key").write_text("")
    fake.prepare(
        "GET", "/v2/applications", {"_embedded": {"applications": [{"id": application, "name": "hello"}]}}
    )
    by_name = shell.run("jwt", "--app", "hello")
    claims = jwt.decode(by_name.stdout.strip(), options={"verify_signature": False})
    assert claims["application_id"] == application
    asked = len(fake.seen)
    assert shell.run("jwt", "--app", application).exit_code == 0
    assert len(fake.seen) == asked
    assert "There is no application hullo" in shell.run("jwt", "--app", "hullo").stderr


def test_jwt_warns_of_a_user_that_may_do_nothing(shell: Shell, application: str) -> None:
    assert "--acl" in shell.run("jwt", "--sub", "ada").stderr
    assert shell.run("jwt", "--sub", "ada", "--acl", '{"paths":{}}').stderr == ""
    assert shell.run("jwt").stderr == ""


def test_jwt_asks_which_application_when_there_are_two(shell: Shell, application: str) -> None:
    (shell.data / "keys" / "another.key").write_text("")
    result = shell.run("jwt")
    assert result.exit_code == 1
    assert application in result.stderr
    assert "another" in result.stderr


def test_jwt_without_any_application_says_what_to_do(shell: Shell) -> None:
    assert "cordboard app create" in shell.run("jwt").stderr


@pytest.mark.usefixtures("application")
def test_call_is_followed_to_its_end(
    fake: FakeGateway, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.cli.call.LOOK_EVERY_S", 0.0)
    leg = {"uuid": "leg-1", "conversation_uuid": "CON-1", "status": "started"}
    fake.prepare("POST", "/v1/calls", leg, status=201)
    answered = leg | {"status": "answered", "start_time": "2026-01-01T00:00:00.000Z"}
    fake.prepare(
        "GET", "/v1/calls/leg-1", answered, answered, answered | {"status": "completed", "duration": "3"}
    )
    result = shell.run(
        "call", "447700900000", "sip:bob@127.0.0.1", "--ncco", '[{"action":"talk","text":"Hi"}]'
    )
    assert result.exit_code == 0, result.output
    assert result.stdout.split() == ["leg-1", "in", "CON-1", "started", "answered", "completed", "3", "s"]
    assert fake.seen[0].authorization.startswith("Bearer ey")
    assert json.loads(fake.seen[0].body) == {
        "from": {"type": "phone", "number": "447700900000"},
        "to": [{"type": "sip", "uri": "sip:bob@127.0.0.1"}],
        "ncco": [{"action": "talk", "text": "Hi"}],
    }


@pytest.mark.usefixtures("application")
def test_a_call_that_nobody_answers_ends_with_status_1(fake: FakeGateway, shell: Shell) -> None:
    fake.prepare("POST", "/v1/calls", {"uuid": "l", "conversation_uuid": "c", "status": "busy"}, status=201)
    assert shell.run("call", "1", "2", "--answer-url", "http://127.0.0.1:1/").exit_code == 1


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize(("code", "words"), [(403, "forbidden here (403)"), (200, "forbidden here\n")])
def test_a_call_that_fails_says_why(fake: FakeGateway, shell: Shell, code: int, words: str) -> None:
    leg = {"uuid": "leg-2", "conversation_uuid": "CON-1", "status": "failed"}
    fake.prepare("POST", "/v1/calls", leg, status=201)
    hangups = [
        {"body": {"channel": {"id": "leg-1"}, "reason": {"text": "busy", "sip_code": 486}}},
        {"body": {"channel": {"id": "leg-2"}, "reason": {"text": "forbidden here", "sip_code": code}}},
    ]
    fake.prepare("GET", "/v1/conversations/CON-1/events", {"_embedded": hangups})
    result = shell.run("call", "1", "2", "--answer-url", "http://127.0.0.1:1/")
    assert result.exit_code == 1
    assert f"because: {words}" in result.stderr
    assert "event_type=sip%3Ahangup" in fake.seen[-1].path


@pytest.mark.usefixtures("application")
def test_tail_prints_each_event_of_the_stream(fake: FakeGateway, shell: Shell) -> None:
    events = [
        {
            "id": 1,
            "type": "member:joined",
            "timestamp": "2026-01-01T10:20:30.400Z",
            "body": {"user": {"name": "ada"}},
        },
        {"type": "leg:status:update", "timestamp": "2026-01-01T10:20:31.000Z", "body": {"status": "ringing"}},
    ]
    stream = b": following\n\n" + b"".join(
        b"id: 1\ndata: " + json.dumps(event).encode() + b"\n\n" for event in events
    )
    fake.prepare("GET", "/v1/conversations/CON-1/events", stream)
    result = shell.run("tail", "CON-1")
    claims = jwt.decode(fake.seen[-1].authorization.split()[1], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 24 * 3600
    assert "earlier events: GET /v1/conversations/CON-1/events" in result.stderr
    plain = result.stdout.splitlines()
    assert plain[0].split() == ["10:20:30.400", "1", "member:joined", "ada"]
    assert plain[1].split() == ["10:20:31.000", "leg:status:update", "ringing"]
    assert [json.loads(line) for line in shell.run("tail", "CON-1", "--json").stdout.splitlines()] == events


def test_a_refusal_is_told_with_its_reasons(fake: FakeGateway, shell: Shell) -> None:
    problem = {
        "title": "Bad request.",
        "detail": "Input validation failure.",
        "invalid_parameters": [{"name": "name", "reason": "is too long"}],
    }
    fake.prepare("GET", "/v2/applications", {})
    fake.prepare("POST", "/v2/applications", problem, status=400)
    result = shell.run("app", "create", "x")
    assert result.exit_code == 1
    assert "400 Bad request. Input validation failure." in result.stderr
    assert "name: is too long" in result.stderr


def test_wrong_credentials_are_explained_and_not_repeated(fake: FakeGateway, shell: Shell) -> None:
    fake.prepare("GET", "/v2/applications", {"title": "Unauthorized."}, status=401)
    result = shell.run("app", "list")
    assert "does not know these credentials" in result.stderr
    assert "open sesame" not in result.stderr


def test_without_a_gateway_the_next_step_is_named(shell: Shell) -> None:
    shell.environ["CORDBOARD_SERVER_PUBLIC_URL"] = "http://127.0.0.1:1"
    result = shell.run("app", "list")
    assert result.exit_code == 1
    assert "cordboard serve" in result.stderr


def test_a_wrong_configuration_stops_every_command_with_the_key(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "cordboard.toml").write_text("[sip]\nprot = 1\n")
    result = shell.run("app", "list")
    assert result.exit_code == 1
    assert "[sip] prot is not a setting; did you mean [sip] port?" in result.stderr


def test_a_wrong_variable_is_not_looked_for_in_the_file(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "cordboard.toml").write_text("[sip]\nport = 5070\n")
    for value in ("99999", "many"):
        shell.environ["CORDBOARD_SIP_PORT"] = value
        result = shell.run("app", "list")
        assert result.exit_code == 1
        assert "CORDBOARD_SIP_PORT holds" in result.stderr
        assert "cordboard.toml" not in result.stderr


def test_doctor_finds_what_is_wrong(shell: Shell, fake: FakeGateway, tmp_path: Path) -> None:
    (tmp_path / "cordboard.toml").write_text("[media]\nport_min = 20000\nport_max = 20009\n")
    (shell.data / "keys").mkdir(parents=True)
    (shell.data / "keys" / "open.key").write_text("")
    (shell.data / "keys" / "open.key").chmod(0o644)
    result = shell.run("doctor", "--json")
    found = {finding["subject"]: finding for finding in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert found["gateway"]["verdict"] == "ok"
    assert (found["secrets"]["verdict"], found["secrets"]["advice"][:9]) == ("problem", "chmod 600")
    assert found["RTP ports"]["found"].startswith("5 legs fit")
    assert found["numbers"]["verdict"] == "warning"


def test_doctor_names_a_port_that_is_taken(shell: Shell, fake: FakeGateway) -> None:
    port = fake.url.rpartition(":")[2]
    shell.environ |= {"CORDBOARD_SERVER_PORT": port, "CORDBOARD_SERVER_PUBLIC_URL": "http://127.0.0.1:1"}
    result = shell.run("doctor", "--json")
    found = {finding["subject"]: finding for finding in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert "is taken" in found["HTTP port"]["found"]


def test_doctor_knows_its_own_gateways_ports(shell: Shell, fake: FakeGateway) -> None:
    port = fake.url.rpartition(":")[2]
    shell.environ |= {"CORDBOARD_SERVER_PORT": port, "CORDBOARD_SERVER_PUBLIC_URL": "http://127.0.0.1:1"}
    shell.data.mkdir()
    with held(shell.data):
        result = shell.run("doctor", "--json")
    found = {finding["subject"]: finding for finding in json.loads(result.stdout)}
    assert found["HTTP port"]["verdict"] == "ok"
    assert found["HTTP port"]["found"].endswith("is taken by this gateway")
    assert found["gateway"]["found"].startswith("runs, but nothing answers at http://127.0.0.1:1")


@pytest.mark.parametrize(("kind", "name"), [(socket.SOCK_DGRAM, "UDP"), (socket.SOCK_STREAM, "TCP")])
def test_serve_names_the_key_of_a_taken_sip_port(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, kind: socket.SocketKind, name: str
) -> None:
    async def run(*_: object, **__: object) -> None:
        raise OSError(errno.EADDRINUSE, "Address already in use")

    monkeypatch.setattr("gateway.app.run", run)
    with socket.socket(type=kind) as other:
        other.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            other.listen()
        port = other.getsockname()[1]
        shell.environ |= {"CORDBOARD_SIP_PORT": str(port), "CORDBOARD_SERVER_PORT": "0"}
        result = shell.run("serve")
    assert result.exit_code == 1
    assert f"[sip] port: 127.0.0.1:{port} ({name}) is taken by" in result.stderr
    assert "set another port" in result.stderr
    assert "[server]" not in result.stderr


def test_doctor_says_which_key_is_wrong(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "cordboard.toml").write_text("[sip]\nport = 99999\n")
    result = shell.run("doctor")
    assert result.exit_code == 1
    assert "[sip] port holds 99999" in result.stdout
