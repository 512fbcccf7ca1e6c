"""The demonstration's one call, from the first ring to the last hang-up, and the evidence of it."""

import asyncio
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from gateway.demo import hearing
from gateway.demo.application import ROOM
from gateway.demo.cast import TONES, Cast
from gateway.demo.consumer import RATE_HZ
from gateway.demo.phone import Phone
from gateway.demo.proof import Evidence, Recorded
from gateway.demo.screen import Screen
from gateway.demo.server import NUMBER

TALK_S = 5.0
"""How long everybody speaks: a tone counts when it stands for a second."""
STEP_TIMEOUT_S = 15.0
LOOK_EVERY_S = 0.25
PAUSE_S = 1.2
"""So much silence after speech means that the menu is over: pauses within it are shorter."""
PAUSE_DBOV = -50.0
WAV_HEADER_BYTES = 44
PHONE_RATE_HZ = 8000
SETTLE_S = 1.0
"""For what is written down after the last hang-up."""

Json = dict[str, Any]


class StepFailed(Exception):
    """A step was not seen in time; what follows it cannot be shown."""


async def play(cast: Cast, screen: Screen, evidence: Evidence) -> None:
    """Make the call. Raises StepFailed, PhoneError and RestError; the evidence so far stands."""
    async with _following(cast, screen, evidence):
        try:
            await _menu(cast, screen, evidence)
            await _conversation(cast, screen, evidence)
            await _farewell(cast, screen, evidence)
            await _until("all of the history live", lambda: _caught_up(evidence))
        finally:
            evidence.webhooks = list(cast.application.seen)
            for failure in cast.application.failures:
                screen.step(f"The application failed: {failure}")


async def collect(cast: Cast, directory: Path, evidence: Evidence) -> None:
    """Measure what everybody heard, and fetch the recording. Raises StepFailed and RestError."""
    evidence.matrix = {
        "caller": _levels(*_wav(cast.caller.heard)),
        "second phone": _levels(*_wav(cast.second.heard)),
        "websocket": _levels(cast.consumer.heard, RATE_HZ),
    }
    for kind, webhook in evidence.webhooks:
        if kind == "recording":
            path = directory / "recording.mp3"
            path.write_bytes(await cast.rest.bytes("GET", webhook["recording_url"]))
            pcm, rate_hz = _decoded(path)
            evidence.recorded = Recorded(str(path), len(pcm) / rate_hz, _levels(pcm, rate_hz))
            return


@asynccontextmanager
async def _following(cast: Cast, screen: Screen, evidence: Evidence) -> AsyncIterator[None]:
    """Show the events as they happen."""
    events = cast.rest.events("/v1/events")
    await anext(events)

    async def follow() -> None:
        async for event in events:
            if event is not None:
                evidence.live.append(event)
                screen.event(event)

    following = asyncio.create_task(follow())
    try:
        yield
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _menu(cast: Cast, screen: Screen, evidence: Evidence) -> None:
    screen.step(f"The caller dials {NUMBER}")
    await cast.caller.call(cast.server.number_uri(NUMBER))
    established = await cast.caller.wait("established", timeout=STEP_TIMEOUT_S)
    await _until("a spoken menu and a pause after it", lambda: _spoken(cast.caller, established.heard_s))
    evidence.menu_heard = True
    screen.step("The caller has heard the menu and presses 1")
    await cast.caller.dtmf("1")
    async with asyncio.timeout(STEP_TIMEOUT_S):
        await cast.application.wait("digit")


async def _conversation(cast: Cast, screen: Screen, evidence: Evidence) -> None:
    screen.step(
        "The application puts the caller into a room, and calls the second phone and the websocket in"
    )
    await _until("all in the room", lambda: _all_joined(cast, evidence))
    screen.step(f"Everybody speaks for {TALK_S:g} s")
    await asyncio.sleep(TALK_S)


async def _farewell(cast: Cast, screen: Screen, evidence: Evidence) -> None:
    screen.step("The caller hangs up; the application sends the others home")
    await cast.caller.hang_up()
    await cast.second.wait("closed", timeout=STEP_TIMEOUT_S)
    async with asyncio.timeout(STEP_TIMEOUT_S):
        await cast.consumer.closed.wait()
        await cast.application.wait("recording")
    await _until("all gone from the room", lambda: _all_left(cast, evidence))
    await asyncio.sleep(SETTLE_S)
    await _all_left(cast, evidence)


async def _until(what: str, true: Callable[[], Awaitable[bool]]) -> None:
    try:
        async with asyncio.timeout(STEP_TIMEOUT_S):
            while True:
                if await true():
                    return
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        raise StepFailed(f"not seen within {STEP_TIMEOUT_S:g} s: {what}") from None


async def _spoken(phone: Phone, since_s: float) -> bool:
    pcm, rate_hz = _wav(phone.heard)
    heard = hearing.part(pcm, since_s, rate_hz=rate_hz)
    quiet = hearing.level_dbov(heard[-int(PAUSE_S * rate_hz) :]) < PAUSE_DBOV
    return quiet and hearing.is_speech_like(heard, rate_hz=rate_hz)


async def _all_joined(cast: Cast, evidence: Evidence) -> bool:
    if not evidence.conversation_id:
        rooms = await cast.rest.json("GET", "/v1/conversations", params={"page_size": 100})
        found = [room["id"] for room in rooms["_embedded"]["conversations"] if room["name"] == ROOM]
        evidence.conversation_id = found[0] if found else ""
        if not found:
            return False
    members = await cast.rest.json("GET", f"/v1/conversations/{evidence.conversation_id}/members")
    states = [member["state"] for member in members["_embedded"]["members"]]
    return states.count("JOINED") >= len(TONES)


async def _all_left(cast: Cast, evidence: Evidence) -> bool:
    path = f"/beta/conversations/{evidence.conversation_id}/events"
    evidence.history = await cast.rest.json("GET", path)
    types = [event["type"] for event in evidence.history]
    return types.count("member:left") >= len(TONES)


async def _caught_up(evidence: Evidence) -> bool:
    live = [event for event in evidence.live if event.get("conversation_id") == evidence.conversation_id]
    return sum(event.get("id") is not None for event in live) >= len(evidence.history)


def _wav(path: Path) -> tuple[hearing.Pcm, int]:
    """Samples and rate. A file that was only opened so far holds no sound."""
    try:
        if path.stat().st_size <= WAV_HEADER_BYTES:
            return np.empty(0, np.int16), PHONE_RATE_HZ
        return hearing.read_wav(path)
    except (OSError, EOFError, ValueError, wave.Error) as error:
        raise StepFailed(f"{path} cannot be listened to: {error}") from None


def _decoded(path: Path) -> tuple[hearing.Pcm, int]:
    """Samples and rate of a mono recording of any format."""
    try:
        pcm, rate_hz = soundfile.read(path, dtype="int16")
    except (OSError, soundfile.SoundFileError) as error:
        raise StepFailed(f"{path} cannot be listened to: {error}") from None
    return pcm, rate_hz


def _levels(pcm: hearing.Pcm, rate_hz: int) -> dict[str, float]:
    return {name: hearing.tone_level_dbov(pcm, hertz, rate_hz=rate_hz) for name, hertz in TONES.items()}
