"""A speech server that misbehaves: the next engine speaks, in time, and the key is told to nobody else."""

import asyncio
import io
import json
import logging
from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.control import Speak
from media.control.remote_speech import RemoteSpeech
from media.errors import Unspeakable
from media.speech import remote
from media.speech.cache import Cache
from media.speech.provider import Audio, Utterance
from media.speech.remote import Remote
from media.speech.speaker import Speaker
from tests.support.ports import free_ports
from tests.support.rude_server import Answer, RudeServer, closes, drips, http, resets, says, stays_silent

pytestmark = pytest.mark.faults

KEY = "sk-only-for-the-server"
TONE = np.full(4800, 2000, np.int16)


def encoded(kind: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, TONE, 24_000, format=kind)
    return file.getvalue()


WAV = http(body=encoded("WAV"), content_type="audio/wav")


def keeps_dripping(response: bytes) -> Answer:
    """The head at once, and the body octet by octet."""
    head, body = response.split(b"\r\n\r\n", 1)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await says(head + b"\r\n\r\n")(reader, writer)
        await drips(body, 0.01)(reader, writer)

    return answer


class Backup:
    """Speaks whatever the server does not."""

    name = "backup"

    def voice(self, language: str, style: int) -> str | None:
        return "any"

    def speak(self, utterance: Utterance, voice: str) -> Audio:
        return Audio(np.ones(800, np.int16), 8000)


def settings(port: int, **more: object) -> RemoteSpeech:
    base: dict[str, object] = {
        "url": f"http://127.0.0.1:{port}/v1/",
        "key": KEY,
        "voices": {"en": ("alloy", "nova"), "fr-FR": ("echo",)},
        "timeout_s": 20.0,
    }
    return RemoteSpeech(**{**base, **more})  # type: ignore[arg-type]


async def said(server: Remote, text: str = "Hello.", speed: float = 1.0) -> Audio:
    return await asyncio.to_thread(server.speak, Utterance(text, speed), "alloy")


async def test_what_is_asked_for() -> None:
    async with RudeServer(says(WAV)) as server:
        audio = await said(Remote(settings(server.port, model="m-1")), "Ça va?", 1.5)
        (request,) = server.requests
    assert audio.rate == 24_000
    assert np.array_equal(audio.samples, TONE)
    head, body = request.split(b"\r\n\r\n", 1)
    assert head.startswith(b"POST /v1/audio/speech HTTP/1.1")
    assert f"Authorization: Bearer {KEY}".encode() in head
    expected = {"model": "m-1", "input": "Ça va?", "voice": "alloy", "response_format": "wav", "speed": 1.5}
    assert json.loads(body) == expected


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ("wav", WAV),
        ("mp3", http(body=encoded("MP3"), content_type="audio/mpeg")),
        ("pcm", http(body=TONE.tobytes(), content_type="audio/pcm")),
        ("pcm", http(body=TONE.tobytes(), content_type="application/octet-stream")),
    ],
)
async def test_every_format_is_understood(form: str, answer: bytes) -> None:
    async with RudeServer(says(answer)) as server:
        audio = await said(Remote(settings(server.port, format=form)))
    assert audio.rate == 24_000
    assert np.median(audio.samples) == pytest.approx(2000, rel=0.1)


def test_voices_are_chosen_by_language_and_style() -> None:
    voice = Remote(settings(1)).voice
    assert [voice("en-GB", style) for style in (0, 1, 2)] == ["alloy", "nova", "alloy"]
    assert voice("FR-fr", 7) == "echo"
    assert voice("fr-CA", 0) is None
    assert Remote(settings(1, voices={"*": ("any",)})).voice("xx", 0) == "any"


SLOW = "it is too slow"
MISBEHAVIOURS: dict[str, tuple[Answer, str]] = {
    "closes": (closes, "RemoteDisconnected"),
    "resets": (resets, "Error"),
    "is silent": (stays_silent, SLOW),
    "drips": (drips(WAV, 0.01), SLOW),
    "drips its body": (keeps_dripping(WAV), SLOW),
    "500": (says(http(500)), "HTTP 500"),
    "401": (says(http(401)), "HTTP 401"),
    "429": (says(http(429)), "HTTP 429"),
    "HTML": (says(http(body=b"<html>", content_type="text/html")), "text/html"),
    "no audio": (says(http(body=b"RIFFnothing", content_type="audio/wav")), "cannot be read"),
    "cut off": (says(WAV[:-100]), "cut off|IncompleteRead"),
    "no HTTP": (says(b"SSH-2.0-OpenSSH_9.6\r\n"), "BadStatusLine"),
    "redirects": (says(http(302, Location="http://127.0.0.1:9/")), "HTTP 302"),
}


@pytest.mark.parametrize("name", MISBEHAVIOURS)
async def test_the_next_engine_speaks(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    answer, reason = MISBEHAVIOURS[name]
    timeout_s = 0.5 if reason == SLOW else 20.0
    caplog.set_level(logging.DEBUG)
    async with RudeServer(answer) as server:
        first = Remote(settings(server.port, timeout_s=timeout_s))
        with pytest.raises(Unspeakable, match=reason) as caught:
            await said(first)
        speaker = Speaker([Remote(settings(server.port, timeout_s=timeout_s)), Backup()], Cache(tmp_path))
        spoken = await asyncio.to_thread(speaker.speak, Speak(speech="S", text="Hello."))
    assert spoken.voice == "backup:any"
    assert KEY not in caplog.text + str([record.__dict__ for record in caplog.records]) + str(caught.value)


async def test_where_nobody_listens() -> None:
    with pytest.raises(Unspeakable, match="ConnectionRefusedError"):
        await said(Remote(settings(free_ports(1)[0])))


async def test_an_answer_that_does_not_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "MAX_OCTETS", 1000)
    async with RudeServer(says(WAV)) as server:
        with pytest.raises(Unspeakable, match="too long"):
            await said(Remote(settings(server.port)))


@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_that_failed_is_left_alone_for_a_while(status: int) -> None:
    now = 1000.0

    def clock() -> float:
        return now

    async with RudeServer(says(http(status))) as server:
        voice = Remote(settings(server.port), clock)
        for _ in range(3):
            with pytest.raises(Unspeakable):
                await said(voice)
        assert server.connections == 1
        now += remote.REST_S
        server.answer = says(WAV)
        assert (await said(voice)).samples.size
        assert server.connections == 2


async def test_a_text_that_is_refused_is_no_failure_of_the_server() -> None:
    async with RudeServer(says(http(400))) as server:
        voice = Remote(settings(server.port))
        with pytest.raises(Unspeakable, match="refused the text: HTTP 400"):
            await said(voice)
        server.answer = says(WAV)
        assert (await said(voice)).samples.size
