"""Long texts are heard from their first sentence on."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.media_plane import CannotSpeak
from gateway.store.records import Json
from media.control import Spoken
from tests.support.exchange import Exchange, open_exchange
from tests.support.played import EVENT, empty
from tests.support.waiting import until

pytestmark = pytest.mark.contract

FIRST = "Thank you for calling the harbour office of Little Hampton."
REST = ("We are open from nine to five, and on Saturdays until noon. " * 6).strip()
LONG: Json = {"action": "talk", "text": f"{FIRST} {REST}"}
NEXT: Json = {"action": "talk", "text": "goodbye"}


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        opened.outbox.hosts[EVENT] = empty
        yield opened


async def test_the_rest_follows_the_first_sentence(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(LONG, NEXT)
    await exchange.playing(FIRST)
    (first,) = exchange.media.playing.values()
    await exchange.playing(REST)
    exchange.media.end_plays()
    await until(lambda: set(exchange.media.playing.values()) - {first}, "the rest")
    assert "goodbye" not in exchange.media.spoken
    exchange.media.end_plays()
    await exchange.playing("goodbye")
    assert exchange.media.spoken == [FIRST, REST, "goodbye"]
    exchange.peer_ends(leg_id)
    await exchange.until_gone(leg_id)


async def test_what_is_repeated_is_spoken_as_a_whole(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in({**LONG, "loop": 2})
    await exchange.playing(f"{FIRST} {REST}")
    exchange.peer_ends(leg_id)
    await exchange.until_gone(leg_id)


async def test_a_rest_that_cannot_be_spoken_is_told(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak = exchange.media.speak

    async def speak_all_but_the_rest(text: str, *voice: Any) -> Spoken:  # noqa: ANN401 - as it comes
        if text == REST:
            raise CannotSpeak("the voice is gone")
        return await speak(text, *voice)

    monkeypatch.setattr(exchange.media, "speak", speak_all_but_the_rest)
    leg_id = await exchange.answered_call_in(LONG, NEXT)
    await exchange.playing(FIRST)
    exchange.media.end_plays()
    await exchange.playing("goodbye")
    (error,) = (payload for payload in exchange.outbox.payloads() if "reason" in payload)
    assert error["reason"] == "talk cannot be played: the voice is gone"
    exchange.peer_ends(leg_id)
    await exchange.until_gone(leg_id)


async def test_who_hangs_up_during_the_first_sentence_leaves_nothing(exchange: Exchange) -> None:
    leg_id = await exchange.answered_call_in(LONG)
    await exchange.playing(FIRST)
    exchange.peer_ends(leg_id)
    await exchange.until_gone(leg_id)
    assert not exchange.media.playing
