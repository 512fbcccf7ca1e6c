"""Speech on real calls: a phone speaks, the application reads what it said, and the phone hears the reply."""

import json
from pathlib import Path

import pytest

from gateway.demo.hearing import is_speech_like, read_wav
from tests.conftest import StartGateway, StartPhone
from tests.support.caller import Caller
from tests.support.line import Line, talk
from tests.support.spoken import write_spoken
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.interop

LONG = "Welcome. " + "Please tell us now which of our departments you would like to be put through to. " * 6
LAST = "Good bye and elephants."
WAIT_S = 60


@pytest.fixture
async def line(start_gateway: StartGateway, webhooks: WebhookApp) -> Line:
    return await Line.rent(await start_gateway(), webhooks)


def listen(webhooks: WebhookApp, **speech: object) -> dict[str, object]:
    return {"action": "input", "type": ["speech"], "speech": speech, "eventUrl": [f"{webhooks.url}/said"]}


async def downloaded(line: Line, url: str) -> bytes:
    """A file, with the application's token."""
    status, content = await line.gateway.rest.download(url, line.app)
    assert status == 200
    return content


def unkept(line: Line) -> list[Path]:
    """The files that are not to be kept."""
    return list((line.gateway.data / "listening").iterdir())


@pytest.mark.row(
    "input.speech",
    "input.speech.context",
    "input.speech.saveAudio",
    "webhook input.speech.results",
    "webhook input.speech.timeout_reason",
    "webhook input.speech.recording_url",
)
async def test_a_caller_speaks_into_the_prompt(line: Line, start_phone: StartPhone, tmp_path: Path) -> None:
    webhooks = line.webhooks
    options = {"context": ["sales department", "technical support"], "endOnSilence": 1, "saveAudio": True}
    webhooks.answer(talk(LONG + LAST, bargeIn=True), listen(webhooks, **options), talk("Nobody says this."))
    webhooks.on("/said", lambda _: [talk("You are connected with the support team.")])
    caller = Caller(await start_phone("447700000071"))
    await caller.phone.call(line.uri)
    await caller.phone.wait("established")
    await caller.hears("welcome")
    await caller.phone.say(write_spoken(tmp_path / "words.wav", "technical support"))

    said = await webhooks.wait("/said", within_s=WAIT_S)
    caller.listens_from_now()
    await caller.hears("support team")
    await caller.phone.wait("closed", timeout=WAIT_S)
    assert "elephants" not in await caller.words_so_far(), "the word silenced the prompt"
    speech = said.fields["speech"]
    assert speech["results"][0]["text"].lower() == "technical support"
    assert 0 < float(speech["results"][0]["confidence"]) <= 1
    assert speech["timeout_reason"] == "end_on_silence_timeout"
    assert said.fields["dtmf"] == {"digits": None, "timed_out": False}
    saved = tmp_path / "saved.wav"
    saved.write_bytes(await downloaded(line, speech["recording_url"]))
    assert is_speech_like(read_wav(saved)[0])
    await until(lambda: not unkept(line), "what is not to be kept is gone")


@pytest.mark.row("input.speech.startTimeout")
async def test_a_caller_says_nothing(line: Line, start_phone: StartPhone) -> None:
    webhooks = line.webhooks
    webhooks.answer(listen(webhooks, startTimeout=2), talk("We did not hear a thing."))
    caller = Caller(await start_phone("447700000072"))
    await caller.phone.call(line.uri)
    said = await webhooks.wait("/said", within_s=WAIT_S)
    await caller.hears("we did not hear")
    assert said.fields["speech"] == {"timeout_reason": "start_timeout", "results": []}
    await until(lambda: not unkept(line), "what is not to be kept is gone")


@pytest.mark.row(
    "record.transcription",
    "record.transcription.eventUrl",
    "webhook transcription.status",
    "webhook transcription.transcription_url",
)
async def test_a_message_is_written_down(line: Line, start_phone: StartPhone, tmp_path: Path) -> None:
    webhooks = line.webhooks
    record = {
        "action": "record",
        "endOnKey": "#",
        "eventUrl": [f"{webhooks.url}/recorded"],
        "transcription": {"eventUrl": [f"{webhooks.url}/transcribed"]},
    }
    webhooks.answer(talk("Please leave a message."), record, talk("Thank you."))
    caller = Caller(await start_phone("447700000073"))
    await caller.phone.call(line.uri)
    await caller.hears("leave a message")
    await caller.phone.say(write_spoken(tmp_path / "words.wav", "The train leaves at noon."))
    await caller.phone.wait("said", timeout=WAIT_S)
    await caller.phone.dtmf("#")

    recorded = await webhooks.wait("/recorded", within_s=WAIT_S)
    transcribed = await webhooks.wait("/transcribed", within_s=WAIT_S)
    assert transcribed.fields["recording_uuid"] == recorded.fields["recording_uuid"]
    assert transcribed.fields["conversation_uuid"] == recorded.fields["conversation_uuid"]
    assert (transcribed.fields["type"], transcribed.fields["status"]) == ("record", "transcribed")
    text = json.loads(await downloaded(line, transcribed.fields["transcription_url"]))
    (channel,) = text["channels"]
    sentences = " ".join(each["sentence"] for each in channel["transcript"]).lower()
    assert "train" in sentences
    assert "noon" in sentences
