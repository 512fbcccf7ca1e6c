"""Redact API: what is left of a call is that it was."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.conversation.commands import AnswerLeg, EndLeg, Note, PressDigit, StartLeg
from gateway.conversation.projections import Conversation, replay
from gateway.conversation.redaction import REDACTED, Veil
from gateway.ports import NewConversation
from gateway.redaction.calls import Redaction
from gateway.store.queries import MAX_PAGE, LegFilter, Window
from gateway.store.records import ApplicationRecord, Batch, Delivery, LegRecord, RecordingRecord
from tests.support import records
from tests.support.api import API_KEY, APPLICATION, OTHER_KEY, OTHER_SECRET, Api
from tests.support.sip_traces import message
from tests.support.waiting import until

pytestmark = pytest.mark.contract

CALLER, CALLED = "447700955123", "447700955456"
"""Not of the pool, which stands in the database, too."""
DIGIT = "#"
VOICE = "the voice of the caller"
EVERYTHING = Window(limit=MAX_PAGE)
URL = "/v1/redact/transaction"


async def _application(api: Api) -> ApplicationRecord:
    """The application, with webhooks for everything."""
    found = await api.store.application(APPLICATION)
    assert found is not None
    told = {"event_url": {"address": "http://shop.example.test/event", "http_method": "POST"}}
    application = msgspec.structs.replace(
        found, capabilities={"voice": {"webhooks": told}, "rtc": {"webhooks": told}}
    )
    await api.store.save_application(application)
    return application


class Call:
    """A call in a conversation of its own."""

    def __init__(self, api: Api, application: ApplicationRecord) -> None:
        self._api = api
        self._application = application
        self._recordings = 0

    async def begin(self, leg_id: str = "leg-1") -> None:
        switchboard = self._api.switchboard
        conversation = await switchboard.open(self._application, NewConversation(name="support"))
        self.conversation_id = conversation.id
        user = records.user("USR-1", "vapi-user-1", APPLICATION)
        leg = msgspec.structs.replace(
            records.leg(leg_id, application_id=APPLICATION),
            conversation_id=conversation.id,
            from_={"type": "phone", "number": CALLER},
            to={"type": "phone", "number": CALLED},
            headers={"name": "Ann Example"},
            created=switchboard.now(),
        )
        dialog = {"remote": f"sip:{CALLER}@192.0.2.1", "local": f"<sip:{CALLED}@192.0.2.2>;tag=1"}
        await self.do(StartLeg(leg=leg, user=user), AnswerLeg(leg_id=leg.id, dialog=dialog), users=[user])
        self.leg = switchboard.leg(conversation.id, leg.id)
        self._api.clock.advance(10)

    async def do(self, *commands: Any, **more: Any) -> None:  # noqa: ANN401
        await self._api.switchboard.do(self._application, self.conversation_id, *commands, **more)

    async def end(self) -> None:
        press = PressDigit(leg_id=self.leg.id, digit=DIGIT, duration_ms=100, dtmf_id="dtmf-1")
        said = Note(
            type="custom:note", body={"caller": f"+{CALLER}", "number": int(CALLER), "deep": [[CALLED]]}
        )
        await self.do(
            press, said, EndLeg(leg_id=self.leg.id, status="completed", reason="hangup", sip_code=200)
        )
        self._api.clock.advance(10)

    async def record(self, *, running: bool = False, fact: Callable[[str], Note] | None = None) -> Path:
        """A recording of the conversation, of ten seconds from now on."""
        self._recordings += 1
        id_ = f"rec-{self._recordings}"
        path = self._api.directory / "recordings" / f"{id_}.wav"
        path.write_text(VOICE)
        start = self._api.switchboard.now()
        self._api.clock.advance(10)
        recording = RecordingRecord(
            id=id_,
            application_id=APPLICATION,
            conversation_id=self.conversation_id,
            path=str(path),
            format="wav",
            start_time=start,
            end_time=None if running else self._api.switchboard.now(),
            size=0 if running else len(VOICE),
        )
        await self.do((fact or _record_fact)(id_), recordings=[recording])
        return path


@pytest.fixture
async def call(api: Api) -> Call:
    begun = Call(api, await _application(api))
    await begun.begin()
    return begun


async def _redact(api: Api, leg_id: str = "leg-1", **how: str) -> tuple[int, Any]:
    return await api.basic("POST", URL, {"id": leg_id, "product": "voice", "type": "inbound"}, **how)


def _holding(directory: Path, *texts: str) -> list[str]:
    """The files in which one of the texts stands, as it is or packed."""
    files = [path for path in directory.rglob("*") if path.is_file()]
    return [f"{path.name}: {text}" for path in files for text in texts if text.encode() in path.read_bytes()]


async def _rows(api: Api, conversation_id: str) -> tuple[Any, ...]:
    members = await api.store.members(conversation_id, EVERYTHING)
    legs = await api.store.legs(APPLICATION, EVERYTHING, LegFilter(conversation_id=conversation_id))
    record = await api.store.conversation(APPLICATION, conversation_id)
    return record, {row.id: row for row in members.rows}, {row.id: row for row in legs.rows}


def _told(conversation: Conversation) -> tuple[Any, ...]:
    return conversation.record, conversation.changed_members, conversation.changed_legs


@pytest.mark.endpoint("POST /v1/redact/transaction")
async def test_nothing_is_left_of_who_called_whom(api: Api, call: Call) -> None:
    recorded = await call.record()
    await call.end()
    status, report = await api.basic(
        "POST",
        "/v2/reports",
        {"product": "VOICE-CALL", "account_id": API_KEY, "from": CALLER, "date_end": "2099-01-01T00:00:00Z"},
    )
    assert status == 200
    await until(lambda: any((api.directory / "reports").glob("*.zip")))
    before = await api.store.log(call.conversation_id)
    assert _holding(api.directory, CALLER, CALLED, VOICE)

    assert await _redact(api) == (204, None)

    # Neither in the rows nor in what the database keeps of older ones.
    assert _holding(api.directory, CALLER, CALLED, VOICE, "Ann Example") == []
    assert not recorded.exists()
    assert not list((api.directory / "reports").iterdir())
    # The log has the same facts, and one that says so; the rows are what it tells.
    log = await api.store.log(call.conversation_id)
    assert [(fact.id, fact.type) for fact in log[:-1]] == [(fact.id, fact.type) for fact in before]
    assert (log[-1].type, log[-1].body) == ("leg:redacted", {"leg_id": "leg-1"})
    assert await _rows(api, call.conversation_id) == _told(replay(log))
    leg = await api.store.leg(APPLICATION, "leg-1")
    assert isinstance(leg, LegRecord)
    assert (leg.from_, leg.to) == ({"type": "phone", "number": REDACTED},) * 2
    assert (leg.status, leg.duration, leg.dialog, leg.headers) == ("completed", 20, {}, {})
    (digit,) = [fact.body["digit"] for fact in log if fact.type == "audio:dtmf"]
    assert digit == REDACTED
    # What is shown.
    shown = await api.expect(200, "GET", "/v1/calls/leg-1")
    assert shown["from"] == {"type": "phone", "number": REDACTED}
    await api.expect(404, "GET", "/v1/files/rec-1")
    _, after = await api.basic("GET", f"/v2/reports/{report['request_id']}")
    assert after["from"] == REDACTED
    assert "download_report" not in after["_links"]


async def test_nobody_of_the_conversation_keeps_the_signalling(api: Api, call: Call) -> None:
    other = msgspec.structs.replace(
        records.leg("leg-2", application_id=APPLICATION), conversation_id=call.conversation_id
    )
    user = records.user("USR-2", "vapi-user-2", APPLICATION)
    await call.do(StartLeg(leg=other, user=user), users=[user])
    await api.store.commit(Batch(legs=[records.leg("leg-3", application_id=APPLICATION)]))
    ladders = api.services.ladders
    for leg_id in ("leg-1", "leg-2", "leg-3"):
        ladders.follow(leg_id, f"call-{leg_id}")
        ladders.add(message(f"INVITE sip:0{CALLER[2:]}@example.com SIP/2.0", call_id=f"call-{leg_id}"))
    await ladders.close()
    await call.end()
    assert (await _redact(api))[0] == 204
    kept = [leg_id for leg_id in ("leg-1", "leg-2", "leg-3") if await api.store.leg_trace(leg_id)]
    assert kept == ["leg-3"]


async def test_webhooks_that_are_owed_say_no_more_than_the_log(api: Api, call: Call) -> None:
    await call.end()
    owed = await api.store.deliveries_with(APPLICATION, ["leg-1"])
    assert any(delivery.payload.get("from") == CALLER for delivery in owed)
    await api.store.save_delivery(msgspec.structs.replace(owed[0], state="delivered"))
    assert (await _redact(api))[0] == 204
    kept = await api.store.deliveries_with(APPLICATION, ["leg-1"])
    by_id = {delivery.id: delivery for delivery in kept}
    assert [by_id[delivery.id].stream for delivery in owed] == [delivery.stream for delivery in owed]
    assert CALLER not in msgspec.json.encode(kept).decode()
    assert {by_id[delivery.id].webhook.address for delivery in owed} == {"http://shop.example.test/event"}
    assert by_id[owed[0].id].state == "delivered"


class Watched:
    """An outbox that takes notes, and reports that ask at each withdrawal whether the log still tells."""

    def __init__(self, api: Api, conversation_id: str) -> None:
        self._api = api
        self._conversation_id = conversation_id
        self.revised: list[Delivery] = []
        self.told: list[bool] = []

    def revise(self, deliveries: Iterable[Delivery]) -> None:
        self.revised += deliveries

    async def withdraw(self, account: str, since: str, veil: Veil) -> None:
        await self._api.reports.withdraw(account, since, veil)
        log = await self._api.store.log(self._conversation_id)
        self.told.append(CALLER in msgspec.json.encode(log).decode())

    async def redact(self) -> None:
        api = self._api
        redaction = Redaction(api.store, api.switchboard, api.files, self, self, api.ladders)
        await redaction.redact_call(API_KEY, "leg-1")


async def test_webhooks_in_memory_are_revised_too(api: Api, call: Call) -> None:
    await call.end()
    owed = await api.store.deliveries_with(APPLICATION, ["leg-1"])
    watched = Watched(api, call.conversation_id)
    await watched.redact()
    assert {delivery.id for delivery in owed} <= {delivery.id for delivery in watched.revised}
    assert CALLER not in msgspec.json.encode(watched.revised).decode()


async def test_reports_are_withdrawn_before_the_log_is_hidden_and_after(api: Api, call: Call) -> None:
    """One that was ordered in between has read the log as it was."""
    await call.end()
    watched = Watched(api, call.conversation_id)
    await watched.redact()
    assert watched.told == [True, False]


async def test_redacting_twice_changes_nothing(api: Api, call: Call) -> None:
    await call.end()
    assert (await _redact(api))[0] == 204
    log = await api.store.log(call.conversation_id)
    assert (await _redact(api))[0] == 204
    assert await api.store.log(call.conversation_id) == log


async def test_the_conversation_goes_on(api: Api, call: Call) -> None:
    """Memory knows no more than the rows, and other legs keep theirs."""
    other = Call(api, await _application(api))
    other.conversation_id = call.conversation_id
    user = records.user("USR-2", "vapi-user-2", APPLICATION)
    leg = msgspec.structs.replace(
        records.leg("leg-2", application_id=APPLICATION),
        conversation_id=call.conversation_id,
        member_id="MEM-2",
        user_id=user.id,
        user_name=user.name,
        from_={"type": "phone", "number": "447700900789"},
        to={"type": "phone", "number": CALLED},
    )
    await other.do(StartLeg(leg=leg, user=user), AnswerLeg(leg_id="leg-2"))
    await call.end()
    assert (await _redact(api))[0] == 204
    await other.do(EndLeg(leg_id="leg-2", status="completed", reason="hangup"))
    log = await api.store.log(call.conversation_id)
    assert [fact.position for fact in log] == list(range(1, len(log) + 1))
    assert await _rows(api, call.conversation_id) == _told(replay(log))
    kept = await api.store.leg(APPLICATION, "leg-2")
    assert kept is not None
    assert kept.from_ == {"type": "phone", "number": "447700900789"}


async def test_a_call_is_hidden_wherever_it_was(api: Api, call: Call) -> None:
    application = await _application(api)
    second = await api.switchboard.open(application, NewConversation(name="sales"))
    third = await api.switchboard.open(application, NewConversation(name="complaints"))
    first = call.conversation_id
    for room in (second.id, third.id):
        call.leg = await api.switchboard.move(application, call.leg, room)
        call.conversation_id = room
    await call.end()
    assert (await _redact(api))[0] == 204
    assert _holding(api.directory, CALLER, CALLED) == []
    for room in (first, second.id, third.id):
        log = await api.store.log(room)
        assert log[-1].type == "leg:redacted"
        assert await _rows(api, room) == _told(replay(log))


async def test_a_conversation_that_is_deleted(api: Api, call: Call) -> None:
    await call.end()
    await api.expect(204, "DELETE", f"/v1/conversations/{call.conversation_id}")
    assert (await _redact(api))[0] == 204
    assert _holding(api.directory, CALLER, CALLED) == []
    assert replay(await api.store.log(call.conversation_id)).record.state == "DELETED"
    await api.expect(404, "GET", f"/v1/conversations/{call.conversation_id}")


async def test_an_application_that_is_deleted(api: Api, call: Call) -> None:
    recorded = await call.record()
    await call.end()
    assert (await api.basic("DELETE", f"/v2/applications/{APPLICATION}"))[0] == 204
    assert _holding(api.directory, CALLER, CALLED, VOICE)
    assert (await _redact(api, key=OTHER_KEY, secret=OTHER_SECRET))[0] == 404
    assert (await _redact(api))[0] == 204
    assert _holding(api.directory, CALLER, CALLED, VOICE, "Ann Example") == []
    assert not recorded.exists()


async def test_what_was_said_to_an_input_and_its_recording_go(api: Api, call: Call) -> None:
    saved = await call.record(fact=_asr_fact)
    heard = {"asr_id": "asr-1", "results": [{"word": "seven elephants"}]}
    await call.do(Note(type="audio:asr:done", body={"channel": {"id": "leg-1"}, "asr": heard}))
    await call.end()
    assert (await _redact(api))[0] == 204
    assert not saved.exists()
    facts = await api.store.log(call.conversation_id)
    assert [fact.body["asr"] for fact in facts if fact.type.startswith("audio:asr")] == [{}, {}]


def _asr_fact(recording_id: str) -> Note:
    kept = {"asr_id": recording_id, "media_service_uuid": recording_id}
    return Note(type="audio:asr:record:done", body={"channel": {"id": "leg-1"}, "asr": kept})


def _record_fact(recording_id: str) -> Note:
    return Note(type="audio:record", body={"recording_id": recording_id})


async def test_recordings_of_other_times_stay(api: Api, call: Call) -> None:
    await call.end()
    later = await call.record()
    assert (await _redact(api))[0] == 204
    assert later.exists()


async def test_a_call_that_goes_on_is_refused(api: Api, call: Call) -> None:
    status, body = await _redact(api)
    assert (status, body["type"]) == (
        403,
        "https://developer.nexmo.com/api-errors/redact#premature-redaction",
    )
    running = await call.record(running=True)
    await call.end()
    assert (await _redact(api))[0] == 403
    assert running.exists()
    leg = await api.store.leg(APPLICATION, "leg-1")
    assert leg is not None
    assert leg.from_["number"] == CALLER


async def test_a_leg_whose_row_is_kept_no_more(api: Api, call: Call) -> None:
    await call.end()
    while await api.store.forget_legs(APPLICATION, "9999", 10):
        pass
    assert (await _redact(api))[0] == 204
    assert _holding(api.directory, CALLER, CALLED) == []
    assert await api.store.leg(APPLICATION, "leg-1") is None


async def test_a_call_of_another_account_is_no_call(api: Api, call: Call) -> None:
    await call.end()
    absent = await _redact(api, "leg-9")
    foreign = await _redact(api, key=OTHER_KEY, secret=OTHER_SECRET)
    for status, body in (absent, foreign):
        assert (status, body["title"]) == (404, "Invalid ID")
        assert body["type"].endswith("#invalid-id")
    assert foreign[1]["detail"] == absent[1]["detail"].replace("leg-9", "leg-1")
    assert _holding(api.directory, CALLER)


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"id": "leg-1", "product": "sms", "type": "outbound"}, 403, "#unprovisioned"),
        ({"id": "leg-1", "product": "voce"}, 422, "/redact#invalid-product"),
        ({"product": "voice"}, 422, "#invalid-payload"),
        ({"id": "", "product": "voice"}, 422, "#invalid-payload"),
        ({"id": "x" * 101, "product": "voice"}, 422, "#invalid-payload"),
        ({"id": "leg-1", "product": "voice", "type": "sideways"}, 422, "#invalid-payload"),
        ([], 422, "#invalid-payload"),
    ],
)
async def test_requests_that_are_wrong(api: Api, body: object, status: int, kind: str) -> None:
    answer = await api.basic("POST", URL, body)
    assert answer[0] == status
    assert answer[1]["type"].endswith(kind)


async def test_only_accounts_redact(api: Api) -> None:
    await api.expect(401, "POST", URL, {"id": "leg-1", "product": "voice"})
    assert (await _redact(api, secret="wrong"))[0] == 401
