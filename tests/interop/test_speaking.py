"""Who speaks, as events of a conversation: one baresip phone talks, one hums softly, one is silent."""

import asyncio
from pathlib import Path

import pytest

from gateway.demo.phone import Phone, PhoneSettings
from tests.support.gateway import RunningGateway
from tests.support.line import Line, room
from tests.support.spoken import write_spoken
from tests.support.waiting import LIMIT_S
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.interop

TALKER, SILENT, FAINT = "447700000601", "447700000602", "447700000603"
WORDS = "Good morning. Can everybody hear me?"
LEVEL = 45
FAINT_DBOV = -55.0


Told = tuple[str, str, int]
"""The leg, the type and the level of an event."""


async def speaking(line: Line, conversation_id: str) -> list[Told]:
    """What has been told of speaking so far."""
    events = await line.events(conversation_id)
    return [
        (event["body"]["channel"]["id"], event["type"], event["body"]["level_dbov"])
        for event in events
        if event["type"].startswith("audio:speaking:")
    ]


async def has_spoken(line: Line, conversation_id: str) -> list[Told]:
    """All of that, once somebody has ended to speak."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            told = await speaking(line, conversation_id)
            if told and told[-1][1] == "audio:speaking:off":
                return told
            await asyncio.sleep(0.1)


async def joins(line: Line, directory: Path, name: str, hertz: int = 0) -> tuple[Phone, str]:
    """A phone that has called, and its leg."""
    phone = await Phone.start(
        PhoneSettings(name=name, tone_hz=hertz, level_dbov=FAINT_DBOV, directory=directory)
    )
    await phone.call(line.uri)
    await phone.wait("established", timeout=30)
    asked = await line.webhooks.wait("/answer", {"from": name})
    return phone, asked.fields["uuid"]


async def test_who_talks_is_told_and_nobody_else(tmp_path: Path) -> None:
    words = write_spoken(tmp_path / "words.wav", WORDS)
    async with RunningGateway(tmp_path / "gateway") as gateway, WebhookApp() as webhooks:
        line = await Line.rent(gateway, webhooks)
        wanted = {"name": "floor", "properties": {"speaking_detection_level": LEVEL}}
        made = await gateway.rest.expect(201, "POST", "/v1/conversations", app=line.app, body=wanted)
        webhooks.answer(room("floor"))
        talker, talking = await joins(line, tmp_path, TALKER)
        silent, _ = await joins(line, tmp_path, SILENT)
        faint, _ = await joins(line, tmp_path, FAINT, hertz=440)
        async with talker, silent, faint:
            await talker.say(words)
            told = await has_spoken(line, made["id"])
    assert {leg for leg, _, _ in told} == {talking}
    pairs = [kind for _, kind, _ in told]
    assert pairs == ["audio:speaking:on", "audio:speaking:off"] * (len(pairs) // 2)
    began, ended = [dbov for _, _, dbov in told[::2]], [dbov for _, _, dbov in told[1::2]]
    assert all(-LEVEL <= level <= 0 for level in began)
    assert -127 <= min(ended) <= max(ended) < max(began)
