"""Files, reports, applications, secrets and tokens by command, against the interface itself."""

import io
import json
import zipfile
from pathlib import Path

import jwt
import msgspec
import pytest

from gateway.store.records import Batch, EventRecord
from tests.contract.gateway.cli.fakes import FakeGateway, Shell
from tests.contract.gateway.cli.served import Served
from tests.support import records
from tests.support.api import API_KEY, APPLICATION, key_pair

pytestmark = pytest.mark.contract

CONTENT = bytes(range(256)) * 4
ENDED = "2024-05-01T12:00:01.000Z"


@pytest.fixture(scope="module")
def recording(served: Served) -> str:
    """The id of a conversation with a finished recording."""
    api, place = served.api, "CON-recorded"
    (api.directory / "recordings" / "rec-1.wav").write_bytes(CONTENT)
    file = msgspec.structs.replace(
        records.recording("rec-1", ENDED),
        application_id=APPLICATION,
        conversation_id=place,
        path="recordings/rec-1.wav",
        size=len(CONTENT),
    )
    body = {"recording_id": "rec-1", "format": "wav", "size": len(CONTENT), "end_time": ENDED}
    word = EventRecord(
        conversation_id=place,
        application_id=APPLICATION,
        position=1,
        id=1,
        type="audio:record:done",
        timestamp=ENDED,
        body=body,
    )
    conversation = records.conversation(place, application_id=APPLICATION)
    served.do(api.store.commit(Batch(conversations=[conversation], recordings=[file], events=[word])))
    return place


def test_recordings_are_listed_and_shown(typing: Shell, recording: str) -> None:
    (item,) = typing.json("recording", "list")
    assert (item["id"], item["conversation_id"], item["size"]) == ("rec-1", recording, len(CONTENT))
    assert typing.json("recording", "list", recording, "--limit", "1") == [item]
    shown = typing.json("recording", "show", "rec-1")
    assert (shown["mime_type"], shown["size"], shown["name"]) == ("audio/wav", len(CONTENT), "rec-1.wav")


@pytest.mark.parametrize("word", ["rec-1", "https://api.example.test/v1/files/rec-1"])
def test_a_recording_is_downloaded_under_its_name(
    typing: Shell, recording: str, tmp_path: Path, word: str
) -> None:
    assert typing.json("recording", "download", word) == {
        "id": "rec-1",
        "file": "rec-1.wav",
        "size": len(CONTENT),
    }
    assert (tmp_path / "rec-1.wav").read_bytes() == CONTENT


def test_recordings_are_downloaded_from_a_pipe(typing: Shell, recording: str, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    ids = typing.run("recording", "list", "-q").stdout
    result = typing.run("recording", "download", "-", "--output", "here", "-q", typed=ids)
    assert result.stdout == "here/rec-1.wav\n"
    assert (tmp_path / "here" / "rec-1.wav").read_bytes() == CONTENT


def test_a_file_that_is_there_is_kept_unless_forced(typing: Shell, recording: str, tmp_path: Path) -> None:
    (tmp_path / "rec-1.wav").write_text("mine")
    refused = typing.run("recording", "download", "rec-1")
    assert refused.exit_code == 1
    assert "--force replaces it" in refused.stderr
    assert (tmp_path / "rec-1.wav").read_text() == "mine"
    typing.json("recording", "download", "rec-1", "--force")
    assert (tmp_path / "rec-1.wav").read_bytes() == CONTENT


def test_several_files_need_a_directory(typing: Shell) -> None:
    refused = typing.run("recording", "download", "a", "b", "--output", "one.wav")
    assert refused.exit_code == 2
    assert "must be a directory" in refused.stderr


def test_a_file_that_cannot_be_written(typing: Shell, recording: str) -> None:
    refused = typing.run("recording", "download", "rec-1", "--output", "no/such/place.wav")
    assert refused.exit_code == 1
    assert "cannot be written: No such file" in refused.stderr


def test_a_download_that_breaks_off_leaves_nothing(
    fake: FakeGateway, shell: Shell, application: str, tmp_path: Path
) -> None:
    fake.prepare("GET", "/v1/files/rec-1", CONTENT)
    fake.missing = 10
    refused = shell.run("recording", "download", "rec-1", "--output", "a.wav", "--keyfile", _key(shell))
    assert refused.exit_code == 1
    assert "10 bytes are missing" in refused.stderr
    assert [path for path in tmp_path.iterdir() if path.is_file()] == []


def _key(shell: Shell) -> str:
    (key,) = (shell.data / "keys").iterdir()
    return str(key)


def test_the_life_of_a_file(served: Served, typing: Shell, tmp_path: Path) -> None:
    name = 'say "hi" é.wav'
    (tmp_path / name).write_bytes(CONTENT)
    made = typing.json(
        *("media", "upload", name, "--title", "Greeting", "--description", "d", "--public"),
        *("--max-downloads", "3", "--metadata-primary", "p", "--metadata-secondary", "s"),
    )
    assert made == served.basic(f"/v3/media/{made['id']}/info")
    assert (made["original_file_name"], made["media_size"]) == (name, len(CONTENT))
    assert made["mime_type"] in ("audio/wav", "audio/x-wav")
    assert (made["title"], made["public"], made["max_downloads_allowed"]) == ("Greeting", True, 3)
    listed = typing.json("media", "list")
    assert (
        listed
        == served.basic("/v3/media?page_size=100&start_time=1970-01-01T00:00:00Z")["_embedded"]["media"]
    )
    assert typing.json("media", "show", made["id"]) == made
    typing.json("media", "download", made["id"], "--output", "back.wav")
    assert (tmp_path / "back.wav").read_bytes() == CONTENT
    assert typing.json("media", "delete", made["id"], "--yes") == {"id": made["id"], "deleted": True}
    assert "`cordboard media list` shows all" in typing.run("media", "show", made["id"]).stderr


def test_an_empty_file_goes_up(typing: Shell, tmp_path: Path) -> None:
    (tmp_path / "empty.bin").touch()
    made = typing.json("media", "upload", "empty.bin", "--mime-type", "text/plain")
    assert (made["mime_type"], made["media_size"]) == ("text/plain", 0)


def test_the_life_of_a_report(
    served: Served, typing: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.cli.report.LOOK_EVERY_S", 0.01)
    made = typing.json("report", "create", "voice-call", "--direction", "inbound", "--from", "447700900001")
    assert made["request_status"] == "SUCCESS"
    assert (
        made
        == served.basic(f"/v2/reports/{made['request_id']}")
        == typing.json("report", "show", made["request_id"])
    )
    assert (made["product"], made["direction"], made["from"]) == ("VOICE-CALL", "inbound", "447700900001")
    ordered = typing.run("report", "create", "CONVERSATIONS", "--no-wait", "-q").stdout.strip()
    assert ordered in typing.run("report", "list", "-q").stdout.splitlines()
    typing.json("report", "download", ordered, "--output", "calls.zip")
    assert zipfile.ZipFile(io.BytesIO((tmp_path / "calls.zip").read_bytes())).testzip() is None
    assert typing.json("report", "list") == served.basic(f"/v2/reports?account_id={API_KEY}")["reports"]


def test_a_report_that_failed(fake: FakeGateway, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.report.LOOK_EVERY_S", 0.01)
    state = {"request_id": "r-1", "request_status": "PENDING"}
    fake.prepare("POST", "/v2/reports", state)
    fake.prepare("GET", "/v2/reports/r-1", state | {"request_status": "FAILED"})
    failed = shell.run("report", "create", "ASR", "--json")
    assert (failed.exit_code, json.loads(failed.stdout)["request_status"]) == (1, "FAILED")
    assert "The report was not made: FAILED" in failed.stderr
    assert "has no file: FAILED. Order it again" in shell.run("report", "download", "r-1").stderr


def test_the_life_of_an_application(served: Served, typing: Shell, tmp_path: Path) -> None:
    created = typing.json(
        *(
            "app",
            "create",
            "bakery",
            "--voice-answer-url",
            "https://example.com/a",
            "--answer-method",
            "POST",
        ),
        *("--rtc-event-url", "https://example.com/rtc", "--capabilities", '{"vbc":{}}'),
    )
    path = f"/v2/applications/{created['id']}"
    before = served.basic(path)
    assert before["capabilities"]["voice"]["webhooks"] == {
        "answer_url": {"address": "https://example.com/a", "http_method": "POST"}
    }
    assert before["capabilities"]["rtc"]["webhooks"]["event_url"]["address"] == "https://example.com/rtc"
    assert "vbc" in before["capabilities"]
    assert typing.json("app", "show", "bakery") == before
    updated = typing.json(
        "app", "update", "bakery", "--name", "Bakery", "--event-url", "https://example.com/e"
    )
    assert updated == served.basic(path)
    assert set(updated["capabilities"]["voice"]["webhooks"]) == {"answer_url", "event_url"}
    assert (updated["name"], updated["capabilities"]["rtc"]) == ("Bakery", before["capabilities"]["rtc"])
    fewer = typing.json("app", "update", "Bakery", "--without", "rtc", "--capabilities", '{"meetings":{}}')
    assert set(fewer["capabilities"]) == {"voice", "vbc", "meetings"}
    assert typing.json("app", "delete", "Bakery", "--yes") == {"id": created["id"], "deleted": True}
    assert not Path(created["private key"]).exists()


def test_an_application_gets_new_keys(served: Served, typing: Shell, tmp_path: Path) -> None:
    created = typing.json("app", "create", "keys", "--keyfile", "first.key")
    rotated = typing.json("app", "rotate-key", "keys")
    public = served.basic(f"/v2/applications/{created['id']}")["keys"]["public_key"]
    token = typing.run("jwt", "--app", created["id"], "--keyfile", rotated["private key"]).stdout.strip()
    assert jwt.decode(token, public, algorithms=["RS256"])["application_id"] == created["id"]
    old = typing.run("jwt", "--app", created["id"], "--keyfile", "first.key").stdout.strip()
    refused = typing.run("jwt", "validate", old)
    assert refused.exit_code == 1
    assert "The token is not good: Signature verification failed" in refused.stderr
    again = typing.json("app", "rotate-key", "keys", "--keyfile", "third.key")
    assert (again["private key"], Path(rotated["private key"]).exists()) == ("third.key", False)
    (tmp_path / "public.pem").write_text(key_pair("own")[1])
    typing.json("app", "rotate-key", "keys", "--public-keyfile", "public.pem")
    assert served.basic(f"/v2/applications/{created['id']}")["keys"]["public_key"] == key_pair("own")[1]


def test_keys_that_the_gateway_does_not_take_replace_none(
    fake: FakeGateway, shell: Shell, application: str
) -> None:
    kept = {"id": application, "name": "n", "capabilities": {}, "privacy": {}}
    fake.prepare("GET", "/v2/applications", {"_embedded": {"applications": [kept]}})
    fake.prepare("GET", f"/v2/applications/{application}", kept)
    fake.prepare("PUT", f"/v2/applications/{application}", {}, status=500)
    before = Path(_key(shell)).read_text()
    assert shell.run("app", "rotate-key", application).exit_code == 1
    assert Path(_key(shell)).read_text() == before


def test_an_application_with_a_key_of_its_owner(served: Served, typing: Shell, tmp_path: Path) -> None:
    (tmp_path / "public.pem").write_text(key_pair("own")[1])
    created = typing.json("app", "create", "own", "--public-keyfile", "public.pem")
    assert created == {"id": created["id"], "name": "own"}
    assert served.basic(f"/v2/applications/{created['id']}")["keys"]["public_key"] == key_pair("own")[1]


def test_numbers_of_an_application(served: Served, typing: Shell) -> None:
    application = typing.run("app", "create", "numbers", "-q").stdout.strip()
    for number in ("447700900000", "447700900001"):
        assert typing.run("number", "buy", "GB", number).exit_code == 0
    linked = typing.run("app", "link", "numbers", "-", typed="447700900000\n447700900001\n")
    assert linked.stdout.splitlines() == ["447700900000 linked", "447700900001 linked"]
    assert typing.json("app", "unlink", "447700900001") == {"id": "447700900001", "unlinked": True}
    (number,) = typing.json("app", "numbers", "numbers")
    assert (number["msisdn"], number["app_id"]) == ("447700900000", application)


def test_the_life_of_a_secret(typing: Shell) -> None:
    (first,) = typing.json("secret", "list")
    made = typing.json("secret", "create", "--secret", "Correct4Horse")
    assert made["api_secret"] == "Correct4Horse"
    assert [item["id"] for item in typing.json("secret", "list")] == [first["id"], made["id"]]
    assert typing.run("secret", "create").exit_code == 1
    assert typing.json("secret", "revoke", made["id"], "--yes") == {"id": made["id"], "revoked": True}


def test_tokens_are_looked_into(served: Served, typing: Shell) -> None:
    token = typing.run("jwt", "create", "--sub", "ada", "--acl", "{}").stdout
    claims = typing.json("jwt", "validate", token.strip())
    assert (claims["application_id"], claims["sub"], claims["acl"]) == (APPLICATION, "ada", {})
    assert typing.run("jwt", "validate", "-", typed=token).exit_code == 0
    late = served.api.token(iat=1, exp=2)
    for bad, why in ((late, "expired"), ("abc", "Not enough segments")):
        refused = typing.run("jwt", "validate", bad)
        assert refused.exit_code == 1
        assert why in refused.stderr


def test_the_balance_and_the_interface(served: Served, typing: Shell) -> None:
    assert typing.run("balance").stdout == "0.00 EUR\n"
    assert typing.json("balance") == served.basic("/account/get-balance")
    assert typing.json("openapi") == served.get("/openapi.json")
    assert "/v1/conversations/{conversation_id}/members" in typing.run("openapi").stdout


def test_calls_are_redacted(fake: FakeGateway, shell: Shell) -> None:
    fake.prepare("POST", "/v1/redact/transaction", b"", status=204)
    result = shell.run("redact", "leg-1", "leg-2", "--type", "inbound", typed="y\n")
    assert result.stdout == "leg-1 redacted\nleg-2 redacted\n"
    wanted = [{"id": leg, "product": "voice", "type": "inbound"} for leg in ("leg-1", "leg-2")]
    assert [json.loads(request.body) for request in fake.seen] == wanted


def test_a_call_of_nobody_is_not_redacted(typing: Shell) -> None:
    refused = typing.run("redact", "leg-of-nobody", "--yes")
    assert refused.exit_code == 1
    assert "could not be found" in refused.stderr
