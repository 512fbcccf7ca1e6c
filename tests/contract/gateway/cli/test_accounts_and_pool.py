"""`cordboard account` and `cordboard number import`."""

import json
from pathlib import Path

import pytest

from gateway.cli.number import IMPORTED_AT_ONCE
from tests.contract.gateway.cli.fakes import FakeGateway, Shell

pytestmark = pytest.mark.contract

ACCOUNT = {
    "api_key": "efgh5678",
    "name": "Bakery",
    "created_at": "2024-05-01T12:00:00.000Z",
    "operator": False,
    "secrets": [{"id": "sec-1", "created_at": "2024-05-01T12:00:00.000Z"}],
    "signature_secrets_since": ["2024-05-02T12:00:00.000Z", "2024-05-01T12:00:00.000Z"],
}
COUNTS = {"added": 2, "changed": 0, "unchanged": 0, "configured": 0}


def test_account_create_shows_the_secrets_once(fake: FakeGateway, shell: Shell) -> None:
    secrets = {"api_secret": "Correct4Horse", "signature_secret": "sign"}
    fake.prepare("POST", "/cordboard/accounts", {**ACCOUNT, **secrets}, status=201)
    result = shell.run("account", "create", "Bakery")
    assert result.exit_code == 0
    assert all(text in result.stdout for text in ("efgh5678", "Correct4Horse", "sign", "not show them again"))
    assert json.loads(fake.seen[-1].body) == {"name": "Bakery"}
    as_json = shell.run("account", "create", "Bakery", "--api-key", "efgh5678", "--json")
    assert json.loads(as_json.stdout) == {"api_key": "efgh5678", "name": "Bakery", **secrets}
    assert json.loads(fake.seen[-1].body) == {"name": "Bakery", "api_key": "efgh5678"}


def test_account_list_and_show(fake: FakeGateway, shell: Shell) -> None:
    pages = [{"_embedded": {"accounts": [{**ACCOUNT, "name": name}]}} for name in "ab"]
    first = {"_links": {"next": {"href": "/cordboard/accounts?page=2"}}}
    fake.prepare("GET", "/cordboard/accounts", pages[0] | first, pages[1])
    rows = json.loads(shell.run("account", "list", "--json").stdout)
    assert [(row["name"], row["secrets"]) for row in rows] == [("a", 1), ("b", 1)]
    fake.prepare("GET", "/cordboard/accounts/efgh5678", ACCOUNT)
    shown = shell.run("account", "show", "efgh5678").stdout
    assert "secret sec-1" in shown
    assert "2024-05-02" in shown
    assert json.loads(shell.run("account", "show", "efgh5678", "--json").stdout) == ACCOUNT


def test_secret_create_makes_one_that_follows_the_rules(fake: FakeGateway, shell: Shell) -> None:
    fake.prepare("POST", "/accounts/efgh5678/secrets", {"id": "sec-2", "created_at": "now"}, status=201)
    made = json.loads(shell.run("secret", "create", "--account", "efgh5678", "--json").stdout)
    text = json.loads(fake.seen[-1].body)["secret"]
    assert made == {"id": "sec-2", "created_at": "now", "api_secret": text}
    assert 8 <= len(text) <= 25


def test_account_rotate_signature_and_delete(fake: FakeGateway, shell: Shell) -> None:
    path = "/cordboard/accounts/efgh5678"
    made = {"signature_secret": "new", "created_at": "now", "signs_from": "soon"}
    fake.prepare("POST", f"{path}/signature-secrets", made)
    assert "new" in shell.run("account", "rotate-signature", "efgh5678", "--signs-in", "60").stdout
    assert json.loads(fake.seen[-1].body) == {"signs_in": 60}
    fake.prepare("DELETE", path, b"", status=204)
    assert shell.run("account", "delete", "efgh5678").exit_code == 1
    assert [each.method for each in fake.seen] == ["POST"]
    assert shell.run("account", "delete", "efgh5678", "--yes").exit_code == 0


def test_number_import_sends_what_the_file_says(fake: FakeGateway, shell: Shell, tmp_path: Path) -> None:
    fake.prepare("POST", "/cordboard/numbers", COUNTS)
    file = tmp_path / "numbers.csv"
    file.write_text("number,cost\n447700900000-447700900001,0.80\n")
    result = shell.run("number", "import", str(file), "--country", "GB", "--features", "VOICE,SMS", "--json")
    assert json.loads(result.stdout) == {"numbers": 2, **COUNTS, "dry_run": False}
    usual = {"country": "GB", "type": "landline", "features": ["VOICE", "SMS"], "cost": "0.80"}
    assert json.loads(fake.seen[-1].body) == {
        "numbers": [{"msisdn": msisdn, **usual} for msisdn in ("447700900000", "447700900001")],
        "dry_run": False,
    }
    assert shell.run("number", "import", str(file), "--country", "GB", "--dry-run").exit_code == 0
    assert json.loads(fake.seen[-1].body)["dry_run"] is True


def test_a_long_file_goes_in_parts(fake: FakeGateway, shell: Shell, tmp_path: Path) -> None:
    fake.prepare("POST", "/cordboard/numbers", COUNTS)
    file = tmp_path / "numbers.csv"
    file.write_text(f"447700000000-{447700000000 + IMPORTED_AT_ONCE}\n")
    result = shell.run("number", "import", str(file), "--country", "GB", "--json")
    assert json.loads(result.stdout)["added"] == 4
    assert [len(json.loads(each.body)["numbers"]) for each in fake.seen] == [IMPORTED_AT_ONCE, 1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"447700900000\nx\n7\n", ["Nothing of", "line 2: 'x'", "line 3: 7"]),
        (b"", ["There is no number in"]),
        (b"\xff\xfe4", ["cannot be read"]),
    ],
)
def test_a_wrong_file_is_not_sent(
    fake: FakeGateway, shell: Shell, tmp_path: Path, content: bytes, words: list[str]
) -> None:
    file = tmp_path / "numbers.csv"
    file.write_bytes(content)
    result = shell.run("number", "import", str(file), "--country", "GB")
    assert result.exit_code == 1
    assert all(word in result.stderr for word in words)
    assert fake.seen == []


def test_a_file_without_countries_needs_one(fake: FakeGateway, shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text("447700900000\n")
    assert "line 1: country is ''" in shell.run("number", "import", str(file)).stderr
