"""What cannot be undone is asked for first, and nothing is sent before the answer."""

import json

import pytest

from gateway.cli.hints import hint
from tests.contract.gateway.cli.fakes import FakeGateway, Shell

pytestmark = pytest.mark.contract

DESTRUCTIVE = (
    "app delete",
    "conversation delete",
    "event delete CON-1",
    "leg delete",
    "leg hangup",
    "media delete",
    "member remove CON-1",
    "redact",
    "secret revoke",
    "user delete",
)


@pytest.mark.parametrize("typed", DESTRUCTIVE)
def test_it_asks_and_takes_no_for_an_answer(
    fake: FakeGateway, shell: Shell, application: str, typed: str
) -> None:
    result = shell.run(*typed.split(), "one", "two", typed="n\n")
    assert result.exit_code == 1
    assert "one, two? [y/N]" in result.stderr
    assert fake.seen == []


@pytest.mark.parametrize("typed", DESTRUCTIVE)
def test_ids_from_a_pipe_leave_nobody_to_ask(
    fake: FakeGateway, shell: Shell, application: str, typed: str
) -> None:
    result = shell.run(*typed.split(), "-", typed="one\ny\n")
    assert result.exit_code == 2
    assert "say --yes" in result.stderr
    assert fake.seen == []


def test_an_empty_pipe_is_no_work(fake: FakeGateway, shell: Shell, application: str) -> None:
    assert shell.run("leg", "hangup", "-", typed="\n").exit_code == 0
    assert fake.seen == []


def test_a_number_is_given_back_when_that_is_meant(fake: FakeGateway, shell: Shell) -> None:
    assert shell.run("number", "cancel", "447700900000", typed="n\n").exit_code == 1
    assert fake.seen == []
    rented = {"msisdn": "447700900000", "country": "GB", "features": ["VOICE"]}
    fake.prepare("GET", "/account/numbers", {"count": 1, "numbers": [rented]})
    fake.prepare("POST", "/number/cancel", {})
    assert shell.run("number", "cancel", "447700900000", "--yes").exit_code == 0
    assert fake.seen[-1].body == "country=GB&msisdn=447700900000"


def test_a_long_question_is_cut(shell: Shell, application: str) -> None:
    result = shell.run("user", "delete", *(f"USR-{n}" for n in range(8)), typed="n\n")
    assert "USR-4 and 3 more? [y/N]" in result.stderr


def test_what_is_done_is_said_even_if_the_next_fails(
    fake: FakeGateway, shell: Shell, application: str
) -> None:
    fake.prepare("DELETE", "/v1/users/USR-1", b"", status=204)
    result = shell.run("user", "delete", "USR-1", "USR-2", "--yes", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"id": "USR-1", "deleted": True}
    assert "`cordboard user list` shows all" in result.stderr


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("conversation update CON-1", "Say what to change of the conversation"),
        ("user update USR-1", "Say what to change of the user"),
        ("app update hello", "Say what to change of the application"),
        ("app create hello --answer-method GET", "A method needs its URL: --answer-url"),
        ("member add CON-1", "Say either --user-id or --user-name"),
        (
            "member add CON-1 --user-id USR-1 --channel-to-user a --channel-to-phone 1",
            "Say one of --channel-to-",
        ),
        ("event post CON-1", "Say either --text or --type"),
        ("leg talk leg-1", "Say either TEXT or --stop"),
        ("leg talk leg-1 hello --stop", "Say either TEXT or --stop"),
        ("leg transfer leg-1", "Say either --ncco or --answer-url"),
        ("leg transfer leg-1 --ncco {", "--ncco: is not JSON"),
        ("user create --custom-data []", "is not a JSON object"),
        ("user create --custom-data {", "is not JSON"),
        ("user list --json --quiet", "Say either --json or --quiet"),
        ("user list --limit 0", "is not in the range"),
    ],
)
def test_what_is_not_understood_is_not_sent(
    fake: FakeGateway, shell: Shell, application: str, typed: str, words: str
) -> None:
    result = shell.run(*typed.split())
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert fake.seen == []


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/v1/conversations/CON-1", "cordboard conversation list"),
        ("/v1/conversations/CON-1/members/MEM-1", "cordboard member list CON-1"),
        ("/v1/conversations/CON-1/events/7?from=a", "cordboard event list CON-1"),
        ("/v1/users/USR-1", "cordboard user list"),
        ("/v1/calls/a", "cordboard leg list"),
        ("/v2/applications/a", "cordboard app list"),
        ("/v3/media/a/info", "cordboard media list"),
        ("/v1/files/a", "cordboard recording list"),
        ("/v2/reports/a", "cordboard report list"),
        ("/accounts/a/secrets/b", "cordboard secret list"),
        ("/health", ""),
    ],
)
def test_what_is_not_there_has_a_hint(path: str, words: str) -> None:
    found = hint(404, path)
    assert found.startswith(f"`{words}`") if words else found == ""
    assert hint(500, path) == ""
