"""Speech in calls: from the input action to who listens, from what is heard to webhook, facts and file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.store.records import Json
from media.control import (
    Hypothesis,
    ListenForSpeech,
    ListeningFailed,
    SpeechBegan,
    SpeechHeard,
    SpeechPartial,
)
from tests.support.exchange import Exchange, open_exchange
from tests.support.played import Everything, ncco
from tests.support.waiting import until

pytestmark = pytest.mark.contract

URL = "http://shop.example/said"
PROMPT = {"action": "talk", "text": "sales or support?", "bargeIn": True}
THANKS = {"action": "talk", "text": "thanks"}
HOLD = {"action": "conversation", "name": "hold"}


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        yield opened
        assert list((tmp_path / "listening").iterdir()) == []


def listen(**speech: object) -> Json:
    return {"action": "input", "type": ["speech"], "speech": speech, "eventUrl": [URL]}


async def command_of(exchange: Exchange) -> ListenForSpeech:
    """Wait until a leg is listened to: how."""
    await until(lambda: exchange.media.listening, "somebody who listens")
    ((command, _),) = exchange.media.listening.values()
    assert isinstance(command, ListenForSpeech)
    return command


async def said(exchange: Exchange, text: str = "sales", **more: object) -> None:
    """Somebody has spoken, and it has been understood."""
    command = await command_of(exchange)
    exchange.media.hears(SpeechBegan(listening=command.listening, at_s=1.0))
    heard = {
        "listening": command.listening,
        "results": (Hypothesis(text, 0.94), Hypothesis("sails", 0.5)),
        **more,
    }
    exchange.media.hears(SpeechHeard(**heard))  # type: ignore[arg-type]


def posted(exchange: Exchange) -> list[Json]:
    return [each for each in exchange.outbox.payloads() if "speech" in each]


def errors(exchange: Exchange) -> list[str]:
    return [each["reason"] for each in exchange.outbox.payloads() if "reason" in each]


async def asr_facts(exchange: Exchange, leg_id: str, type_: str = "audio:asr:done") -> list[Json]:
    """What was heard of the leg, wherever it was then."""
    facts = [fact for log in await exchange.logs() for fact in log]
    return [fact.body for fact in facts if fact.type == type_ and fact.body["channel"]["id"] == leg_id]


def content(path: str) -> bytes | None:
    """Of a file, if there is one."""
    return Path(path).read_bytes() if Path(path).exists() else None


async def test_what_a_caller_says_is_posted_and_the_reply_is_run(exchange: Exchange) -> None:
    exchange.outbox.hosts[URL] = ncco(THANKS)
    leg_id = await exchange.answered_call_in(listen(context=["sales", "support"], language="en-GB"), HOLD)
    command = await command_of(exchange)
    assert (command.context, command.language) == (("sales", "support"), "en-GB")
    ((recording, written),) = exchange.media.ears.items()
    assert (recording, written.leg, written.path) == (command.listening, leg_id, command.path)
    await said(exchange)
    await exchange.playing("thanks")
    (payload,) = posted(exchange)
    assert payload["uuid"] == leg_id
    assert payload["dtmf"] == {"digits": None, "timed_out": False}
    assert payload["speech"] == {
        "timeout_reason": "end_on_silence_timeout",
        "results": [{"text": "sales", "confidence": "0.94"}, {"text": "sails", "confidence": "0.5"}],
    }
    (body,) = await asr_facts(exchange, leg_id)
    assert body["channel"]["id"] == body["asr"]["call_id"] == leg_id
    assert body["asr"] == {
        "asr_id": command.listening,
        "call_id": leg_id,
        "timeout_reason": "end_on_silence_timeout",
        "results": [{"word": "sales", "confidence": "0.94"}, {"word": "sails", "confidence": "0.5"}],
    }


@pytest.mark.row("input.speech.sensitivity")
async def test_a_voice_must_be_as_sure_as_the_action_says(exchange: Exchange) -> None:
    await exchange.answered_call_in(listen(sensitivity=10), HOLD)
    assert (await command_of(exchange)).sensitivity == 10
    await said(exchange)
    await until(lambda: posted(exchange))


async def test_a_word_silences_the_prompt(exchange: Exchange) -> None:
    await exchange.answered_call_in(PROMPT, listen(), HOLD)
    await exchange.playing("sales or support?")
    command = await command_of(exchange)
    exchange.media.hears(SpeechBegan(listening=command.listening, at_s=0.5))
    await until(lambda: not exchange.media.playing, "silence")
    await said(exchange)
    await until(lambda: posted(exchange))


async def test_the_longest_speech(exchange: Exchange) -> None:
    await exchange.answered_call_in(listen(maxDuration=2), HOLD)
    await said(exchange, ended_by="max_duration")
    await until(lambda: posted(exchange))
    assert posted(exchange)[0]["speech"]["timeout_reason"] == "max_duration"


async def test_nobody_speaks(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(listen(startTimeout=1), HOLD)
    await until(lambda: posted(exchange))
    assert posted(exchange)[0]["speech"] == {"timeout_reason": "start_timeout", "results": []}
    assert not exchange.media.listening
    (body,) = await asr_facts(exchange, leg_id)
    assert body["asr"]["timeout_reason"] == "start_timeout"


async def test_a_digit_ends_the_listening(exchange: Exchange) -> None:
    both = {**listen(saveAudio=True), "type": ["dtmf", "speech"], "dtmf": {"maxDigits": 1}}
    leg_id = await exchange.answered_call_in(both, HOLD)
    await command_of(exchange)
    exchange.calls.digit(leg_id, "7", 100)
    await until(lambda: posted(exchange))
    assert posted(exchange)[0]["speech"] == {"results": []}
    assert posted(exchange)[0]["dtmf"] == {"digits": "7", "timed_out": False}
    assert not exchange.media.listening
    assert await asr_facts(exchange, leg_id) == []


async def test_saved_audio_is_a_recording(exchange: Exchange, tmp_path: Path) -> None:
    leg_id = await exchange.answered_call_in(listen(saveAudio=True), HOLD)
    command = await command_of(exchange)
    await said(exchange)
    await until(lambda: posted(exchange))
    url = f"http://gateway.example/v1/files/{command.listening}"
    assert posted(exchange)[0]["speech"]["recording_url"] == url
    record = await exchange.store.recording(exchange.application.id, command.listening)
    assert record is not None
    assert (record.format, record.size, record.end_time is not None) == ("wav", 17, True)
    assert content(record.path) == b"what the leg says"
    assert Path(record.path).parent == tmp_path
    (body,) = await asr_facts(exchange, leg_id, "audio:asr:record:done")
    assert body["asr"]["destination_url"] == url
    assert body["asr"]["media_service_uuid"] == command.listening
    assert await exchange.store.medium(command.listening) is not None


async def test_audio_that_is_not_to_be_saved_is_gone(exchange: Exchange) -> None:
    await exchange.answered_call_in(listen(), HOLD)
    command = await command_of(exchange)
    assert content(command.path)
    await said(exchange)
    await until(lambda: posted(exchange))
    assert content(command.path) is None
    assert await exchange.store.recording(exchange.application.id, command.listening) is None


async def test_what_is_understood_so_far_is_posted_where_it_is_wished(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(listen(partialResults=True), HOLD)
    command = await command_of(exchange)
    assert command.partial
    exchange.media.hears(SpeechBegan(listening=command.listening, at_s=0.5))
    exchange.media.hears(SpeechPartial(listening=command.listening, text="sale"))
    await until(lambda: posted(exchange))
    (partial,) = exchange.outbox.submitted[-1:]
    assert partial.webhook.address == URL
    assert not partial.wants_reply
    assert partial.payload["uuid"] == leg_id
    assert partial.payload["speech"] == {"partial": True, "results": [{"text": "sale"}]}
    await said(exchange)
    await until(lambda: len(posted(exchange)) == 2)


@pytest.mark.parametrize("both", [False, True])
async def test_where_nobody_listens_the_script_goes_on(exchange: Exchange, both: bool) -> None:
    exchange.media.deaf_about = "the hearing process is dead"
    action = listen()
    if both:
        action = {**action, "type": ["dtmf", "speech"], "dtmf": {"maxDigits": 1}}
    leg_id = await exchange.answered_call_in(action, THANKS)
    if both:
        await exchange.listening(leg_id)
        exchange.calls.digit(leg_id, "7", 100)
    await exchange.playing("thanks")
    (payload,) = posted(exchange)
    assert payload["speech"] == {"error": "the hearing process is dead", "results": []}
    assert payload["dtmf"]["digits"] == ("7" if both else None)
    assert errors(exchange) == ["input.speech: the hearing process is dead"]


async def test_a_hearing_process_that_dies_while_somebody_speaks(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(listen(), THANKS)
    command = await command_of(exchange)
    exchange.media.hears(SpeechBegan(listening=command.listening, at_s=0.5))
    exchange.media.hears(ListeningFailed(listening=command.listening, reason="the hearing process died"))
    await exchange.playing("thanks")
    assert posted(exchange)[0]["speech"] == {"error": "the hearing process died", "results": []}
    (body,) = await asr_facts(exchange, leg_id)
    assert body["asr"]["error"] == "the hearing process died"


async def test_a_language_that_nobody_understands(exchange: Exchange) -> None:
    await exchange.answered_call_in(listen(language="tlh"), THANKS)
    command = await command_of(exchange)
    exchange.media.hears(SpeechHeard(listening=command.listening, failed="tlh is not understood"))
    await exchange.playing("thanks")
    assert posted(exchange)[0]["speech"] == {"error": "tlh is not understood", "results": []}
    assert errors(exchange) == ["input.speech: tlh is not understood"]


async def test_another_leg_of_the_conversation_is_listened_to(exchange: Exchange) -> None:
    first = await exchange.answered_call_in(HOLD)
    second = await exchange.answered_call_in(listen(uuid=[first]), THANKS)
    await exchange.playing("thanks")
    assert posted(exchange)[0]["speech"]["error"] == "no such leg is in the conversation"
    assert not exchange.media.ears
    exchange.peer_ends(second)


async def test_a_call_that_ends_leaves_nothing(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(listen(saveAudio=True), HOLD)
    command = await command_of(exchange)
    exchange.media.hears(SpeechBegan(listening=command.listening, at_s=0.5))
    exchange.peer_ends(leg_id)
    await exchange.until_gone(leg_id)
    assert not exchange.media.listening
    await until(lambda: not Path(command.path).exists())


async def test_a_worker_that_dies_leaves_nothing(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(listen(), HOLD)
    command = await command_of(exchange)
    exchange.media.dead = True
    exchange.calls.media_lost(Everything())
    await exchange.until_gone(leg_id)
    await until(lambda: not Path(command.path).exists())
    assert not exchange.ears


async def test_what_a_killed_gateway_left_is_swept(exchange: Exchange, tmp_path: Path) -> None:
    leftover = tmp_path / "listening" / "somebody.wav"
    leftover.write_bytes(b"what somebody said")
    exchange.ears.sweep()
    assert not leftover.exists()


async def test_what_is_said_is_in_no_log(exchange: Exchange, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    await exchange.answered_call_in(listen(partialResults=True), HOLD)
    command = await command_of(exchange)
    exchange.media.hears(SpeechPartial(listening=command.listening, text="my secret"))
    await said(exchange, text="my secret word")
    await until(lambda: len(posted(exchange)) == 2)
    assert "secret" not in caplog.text
