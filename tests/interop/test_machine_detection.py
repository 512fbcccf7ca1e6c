"""Machine detection on real calls: a phone answers as people and machines do, and hears what comes of it."""

import os
import signal
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gateway.demo.hearing import part, read_wav, tone_level_dbov
from gateway.demo.phone import Phone, PhoneSettings
from tests.support.gateway import RunningGateway, trunk_to
from tests.support.greetings import HIBARI, RATE, SET, Answer, render
from tests.support.hearing import SPOKEN_DBOV, UNHEARD_DBOV
from tests.support.line import Line
from tests.support.make_audio import write_tone
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

CALLEE = {"type": "phone", "number": "447700900003"}
MESSAGE_HZ = 1700
WAIT_S = 60
ALIGNED_S = 0.4
"""How exactly what a phone says and what it hears lie beside each other."""


class Callee:
    """A phone that answers one call after the other with greetings."""

    def __init__(self, phone: Phone, directory: Path) -> None:
        self.phone = phone
        self._path = directory / "greeting.wav"
        self._began_s = 0.0

    def prepare(self, name: str) -> Answer:
        """Get the greeting of that name ready, before the call: this takes a moment."""
        (greeting,) = (each for each in SET if each.name == name)
        answer = render(greeting, HIBARI)
        _write(self._path, answer)
        return answer

    async def answers(self) -> None:
        """Answer the next call and say the greeting at once, however busy everybody is."""
        await self.phone.wait("ringing", timeout=WAIT_S)
        await self.phone.say(self._path)
        await self.phone.answer()
        self._began_s = (await self.phone.wait("established", timeout=WAIT_S)).heard_s

    async def beeped(self, answer: Answer) -> float:
        """When in what it has heard the machine's beep was over."""
        assert answer.beep_s is not None
        said = await self.phone.wait("said", timeout=WAIT_S)
        return said.heard_s - (answer.ended_s - answer.beep_s)

    async def hears_message(self) -> None:
        """Wait until the message is heard in this call."""
        await until(lambda: self._message(self._began_s) > SPOKEN_DBOV - 6, "the message", every_s=0.2)

    def has_not_heard_message_until(self, end_s: float) -> None:
        level = self._message(self._began_s, end_s)
        assert level < UNHEARD_DBOV, f"the message was heard at {level:.1f} dBov before the beep was over"

    def _message(self, start_s: float, end_s: float | None = None) -> float:
        heard = part(read_wav(self.phone.heard)[0], start_s, end_s)
        return tone_level_dbov(heard, MESSAGE_HZ, steady_s=0.1)


def _write(path: Path, answer: Answer) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(answer.samples[: round(answer.ended_s * RATE)].astype("<i2").tobytes())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def callee(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Callee]:
    """Whom the gateway's trunk leads to."""
    directory = tmp_path_factory.mktemp("callee")
    settings = PhoneSettings(name=CALLEE["number"], directory=directory, answers=False)
    async with await Phone.start(settings) as phone:
        yield Callee(phone, directory)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(callee: Callee, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    directory = tmp_path_factory.mktemp("files")
    trunk = trunk_to(callee.phone.port, "4477009")
    async with RunningGateway(directory / "gateway", trunks=[trunk]) as gateway, WebhookApp() as webhooks:
        write_tone(directory / "message.wav", MESSAGE_HZ)
        webhooks.serve("/message.wav", directory / "message.wav", "audio/wav")
        yield await Line.rent(gateway, webhooks)


async def call(line: Line, *actions: dict[str, Any], **detection: object) -> str:
    """Call the callee, with a message for it where nothing else is given: the leg's id."""
    message = {"action": "stream", "streamUrl": [f"{line.webhooks.url}/message.wav"]}
    line.webhooks.forget()
    return str((await line.create_call(CALLEE, *(actions or (message,)), **detection))["uuid"])


async def told(line: Line, uuid: str, status: str, **more: object) -> dict[str, Any]:
    """Wait until a webhook says so of the callee."""
    hook = await line.webhooks.wait("/event", {"call_uuid": uuid, "status": status, **more}, within_s=WAIT_S)
    return hook.fields


def listened_to(line: Line) -> list[Path]:
    """The files that are written and followed now."""
    return list((line.gateway.data / "listening").iterdir())


async def is_over(line: Line, uuid: str) -> dict[str, Any]:
    """Wait for the end, and see that nothing of the listening is left."""
    ended = await line.webhooks.wait("/event", {"uuid": uuid, "status": "completed"}, within_s=WAIT_S)
    await until(lambda: not listened_to(line), "nothing is left")
    return ended.fields


@pytest.mark.row("POST /v1/calls advanced_machine_detection", "webhook human or machine.sub_state")
async def test_the_message_comes_after_the_beep(line: Line, callee: Callee) -> None:
    answer = callee.prepare("personal, beep")
    uuid = await call(line, advanced_machine_detection={"mode": "detect_beep"})
    await callee.answers()
    await told(line, uuid, "machine")
    assert (await line.call_state(uuid))["status"] == "machine"
    await told(line, uuid, "machine", sub_state="beep_start")
    await callee.hears_message()
    callee.has_not_heard_message_until(await callee.beeped(answer) - ALIGNED_S)
    await is_over(line, uuid)


@pytest.mark.row("status human", "webhook human or machine.call_uuid")
async def test_a_human_hears_the_message_when_known(line: Line, callee: Callee) -> None:
    callee.prepare("hello")
    uuid = await call(line, advanced_machine_detection={"mode": "detect_beep", "behavior": "hangup"})
    await callee.answers()
    await told(line, uuid, "human")
    await callee.hears_message()
    await is_over(line, uuid)


@pytest.mark.row("POST /v1/calls machine_detection", "status machine")
async def test_a_machine_is_hung_up_on(line: Line, callee: Callee) -> None:
    callee.prepare("company")
    uuid = await call(line, {"action": "wait", "timeout": 60}, machine_detection="hangup")
    await callee.answers()
    await told(line, uuid, "machine")
    ended = await is_over(line, uuid)
    assert ended["disconnected_by"] == "platform"


async def test_a_call_outlives_whoever_listens_to_it(line: Line, callee: Callee) -> None:
    callee.prepare("silent")
    uuid = await call(line, advanced_machine_detection={"mode": "detect"})
    await callee.answers()
    await until(lambda: listened_to(line), "somebody who listens")
    (listener,) = (pid for pid, words in line.gateway.children().items() if "media.hearing" in words)
    os.kill(listener, signal.SIGKILL)
    error = await line.webhooks.wait_for(lambda hook: "reason" in hook.fields, "error", within_s=WAIT_S)
    assert error.fields["reason"].startswith("machine detection: ")
    await told(line, uuid, "human")
    await callee.hears_message()
    await is_over(line, uuid)
