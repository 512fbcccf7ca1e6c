"""REST acts on the live audio of calls: two baresip phones in one conversation tell what they hear."""

import asyncio
import itertools
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from gateway.demo.hearing import Pcm, is_speech_like, part, read_wav, tone_level_dbov
from gateway.demo.phone import Phone, PhoneSettings
from tests.support.gateway import RunningGateway
from tests.support.hearing import SPOKEN_DBOV, UNHEARD_DBOV
from tests.support.line import Line, room
from tests.support.make_audio import write_tone
from tests.support.waiting import LIMIT_S, until
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]
endpoint = pytest.mark.endpoint

ANNA_HZ, BEN_HZ, FILE_HZ, OTHER_HZ = 440, 660, 1200, 1700
MIN_HEARD_DBOV = SPOKEN_DBOV - 6
STRETCH_S = 1.0
LISTEN_S = 0.1
"""Between two looks at what was heard: each reads the whole recording."""
TEXT = "This is said to whoever should hear it, and nobody else can."

_callers = itertools.count(447700000201)


class Party:
    """A phone in the conversation, and its leg."""

    def __init__(self, phone: Phone, leg_id: str) -> None:
        self.phone = phone
        self.leg_id = leg_id

    def heard(self, since_s: float = 0.0) -> Pcm:
        """What it has heard since a moment of its recording."""
        # Before its beginning there is nothing; a negative moment would be counted from the end.
        return part(read_wav(self.phone.heard)[0], max(0.0, since_s))

    def now_s(self) -> float:
        """This moment of its recording."""
        return len(self.heard()) / 8000

    def _latest(self, hertz: int) -> float:
        return tone_level_dbov(self.heard(max(0.0, self.now_s() - STRETCH_S)), hertz, steady_s=0.4)

    async def hears(self, hertz: int) -> None:
        """Wait until a tone is heard."""
        await until(
            lambda: self._latest(hertz) > MIN_HEARD_DBOV,
            f"{self.phone.name} hears {hertz} Hz",
            every_s=LISTEN_S,
        )

    async def hears_no_more(self, hertz: int) -> None:
        """Wait until a tone is not heard any more."""
        await until(
            lambda: self._latest(hertz) < UNHEARD_DBOV,
            f"{self.phone.name} no more hears {hertz} Hz",
            every_s=LISTEN_S,
        )

    async def hears_speech(self, since_s: float) -> None:
        """Wait until speech is heard."""
        await until(
            lambda: is_speech_like(self.heard(since_s)), f"{self.phone.name} hears speech", every_s=LISTEN_S
        )

    def never_heard(self, hertz: int) -> None:
        """Nothing of a tone is in all that was heard."""
        level = tone_level_dbov(self.heard(), hertz, steady_s=0.4)
        assert level < UNHEARD_DBOV, f"{self.phone.name} heard {hertz} Hz at {level:.1f} dBov"


class Pair:
    """Anna and Ben in one conversation."""

    def __init__(self, line: Line, anna: Party, ben: Party, conversation_id: str) -> None:
        self.line = line
        self.anna, self.ben = anna, ben
        self.conversation_id = conversation_id

    @property
    def room(self) -> str:
        """The path of the conversation."""
        return f"/v1/conversations/{self.conversation_id}"

    async def do(self, status: int, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """A request of the application; the body of the answer."""
        return await self.line.gateway.rest.expect(status, method, path, app=self.line.app, body=body)

    async def event(self, kind: str, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The event of that type whose body fits, once it is there."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                for event in await self.line.events(self.conversation_id):
                    if event["type"] == kind and fits(event["body"]):
                        return event
                await asyncio.sleep(0.1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningGateway]:
    async with RunningGateway(tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(gateway: RunningGateway, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    directory = tmp_path_factory.mktemp("files")
    async with WebhookApp() as webhooks:
        for hertz in (FILE_HZ, OTHER_HZ):
            write_tone(directory / f"{hertz}.wav", hertz)
            webhooks.serve(f"/{hertz}.wav", directory / f"{hertz}.wav", "audio/wav")
        yield await Line.rent(gateway, webhooks)


@pytest_asyncio.fixture(loop_scope="module")
async def pair(line: Line, tmp_path: Path) -> AsyncIterator[Pair]:
    name = f"room {next(_callers)}"
    line.webhooks.answer(room(name))
    async with AsyncExitStack() as stack:
        anna, ben = [await _caller(line, tmp_path, hertz, stack) for hertz in (ANNA_HZ, BEN_HZ)]
        await anna.hears(BEN_HZ)
        await ben.hears(ANNA_HZ)
        state = await line.call_state(anna.leg_id)
        yield Pair(line, anna, ben, state["conversation_uuid"])


async def _caller(line: Line, directory: Path, hertz: int, stack: AsyncExitStack) -> Party:
    number = str(next(_callers))
    settings = PhoneSettings(name=number, tone_hz=hertz, directory=directory)
    phone = await stack.enter_async_context(await Phone.start(settings))
    await phone.call(line.uri)
    await phone.wait("established", timeout=30)
    asked = await line.webhooks.wait("/answer", {"from": number})
    return Party(phone, asked.fields["uuid"])


def _file(pair: Pair, hertz: int) -> dict[str, object]:
    return {"stream_url": [f"{pair.line.webhooks.url}/{hertz}.wav"], "loop": 0}


@endpoint("PUT /v1/conversations/{id}/stream", "DELETE /v1/conversations/{id}/stream")
async def test_everybody_hears_a_file_until_it_is_stopped(pair: Pair) -> None:
    started = await pair.do(200, "PUT", f"{pair.room}/stream", _file(pair, FILE_HZ))
    assert started == {"message": "Stream started", "uuid": pair.conversation_id}
    for party in (pair.anna, pair.ben):
        await party.hears(FILE_HZ)
    stopped = await pair.do(200, "DELETE", f"{pair.room}/stream")
    assert stopped == {"message": "Stream stopped", "uuid": pair.conversation_id}
    for party in (pair.anna, pair.ben):
        await party.hears_no_more(FILE_HZ)
    await pair.anna.hears(BEN_HZ)
    await pair.event("audio:play:done", lambda body: body["outcome"] == "stopped")


@endpoint(
    "PUT /v1/calls/{id}/stream",
    "DELETE /v1/calls/{id}/stream",
    "POST /v0.3/legs/{id}/stream",
    "PUT /v0.3/legs/{id}",
)
async def test_one_leg_hears_its_file_and_nobody_else_does(pair: Pair) -> None:
    leg_id = pair.anna.leg_id
    await pair.do(200, "POST", f"/v0.3/legs/{leg_id}/stream", _file(pair, FILE_HZ))
    await pair.anna.hears(FILE_HZ)
    await pair.do(200, "PUT", f"/v1/calls/{leg_id}/stream", _file(pair, OTHER_HZ))
    await pair.anna.hears(OTHER_HZ)
    await pair.anna.hears_no_more(FILE_HZ)
    await pair.do(204, "PUT", f"/v0.3/legs/{pair.ben.leg_id}", {"action": "mute"})
    await pair.anna.hears_no_more(BEN_HZ)
    await pair.do(200, "DELETE", f"/v1/calls/{leg_id}/stream")
    await pair.anna.hears_no_more(OTHER_HZ)
    for hertz in (FILE_HZ, OTHER_HZ):
        pair.ben.never_heard(hertz)


@endpoint("PUT /v1/conversations/{id}/talk", "PUT /v1/calls/{id}/talk", "DELETE /v0.3/legs/{id}/talk")
async def test_speech_is_heard_by_those_it_is_for(pair: Pair) -> None:
    for party in (pair.anna, pair.ben):
        await pair.do(204, "PUT", f"/v0.3/legs/{party.leg_id}", {"action": "mute"})
    await pair.anna.hears_no_more(BEN_HZ)
    await pair.ben.hears_no_more(ANNA_HZ)
    quiet_s = pair.ben.now_s()
    await pair.do(200, "PUT", f"/v1/calls/{pair.anna.leg_id}/talk", {"text": TEXT})
    await pair.anna.hears_speech(pair.anna.now_s() - 2 * STRETCH_S)
    done = await pair.event("audio:say:done", lambda body: "channel" in body)
    assert (done["body"]["outcome"], done["body"]["channel"]["id"]) == ("played", pair.anna.leg_id)
    assert not is_speech_like(pair.ben.heard(quiet_s))
    await pair.do(200, "PUT", f"{pair.room}/talk", {"text": TEXT, "loop": 0})
    for party in (pair.anna, pair.ben):
        await party.hears_speech(party.now_s() - 2 * STRETCH_S)
    # It sounds for everybody: what stops there is another thing than what stops for a leg.
    await pair.do(204, "DELETE", f"/v0.3/legs/{pair.ben.leg_id}/talk")
    await pair.ben.hears_speech(pair.ben.now_s())
    await pair.do(200, "DELETE", f"{pair.room}/talk")
    await pair.event("audio:say:done", lambda body: body["outcome"] == "stopped")


@endpoint("PUT /v1/calls/{id}/dtmf", "POST /v0.3/legs/{id}/dtmf", "DELETE /v0.3/legs/{id}")
async def test_digits_arrive_and_a_removed_leg_is_hung_up(pair: Pair) -> None:
    leg_id = pair.ben.leg_id
    assert (await pair.do(200, "PUT", f"/v1/calls/{leg_id}/dtmf", {"digits": "12"}))["message"] == "DTMF sent"
    await pair.do(200, "POST", f"/v0.3/legs/{leg_id}/dtmf", {"digits": "p#"})
    for digit in "12#":
        await pair.ben.phone.wait("dtmf", text=digit, timeout=30)
    sent = await pair.event("audio:dtmf", lambda body: body.get("digits") == "p#")
    assert sent["body"]["channel"]["id"] == leg_id
    await pair.do(204, "DELETE", f"/v0.3/legs/{leg_id}")
    await pair.ben.phone.wait("closed", timeout=30)
    await pair.do(404, "PUT", f"/v1/calls/{leg_id}/dtmf", {"digits": "1"})
    listed = await pair.do(200, "GET", f"/v0.3/legs?page_size=100&conversation_id={pair.conversation_id}")
    assert [leg["id"] for leg in listed["_embedded"]["legs"]] == [pair.anna.leg_id]


@endpoint(
    "PUT /v1/conversations/{id}/record", "POST /v0.3/legs/{id}/recording", "DELETE /v0.3/legs/{id}/recording"
)
async def test_both_voices_are_in_the_recordings(pair: Pair) -> None:
    webhooks = pair.line.webhooks
    wanted = {"action": "start", "format": "wav", "event_url": [f"{webhooks.url}/mixed"]}
    await pair.do(204, "PUT", f"{pair.room}/record", wanted)
    leg = f"/v0.3/legs/{pair.anna.leg_id}/recording"
    of_leg = await pair.do(200, "POST", leg, {"split": True, "format": "wav", "beep": True})
    since_s = pair.ben.now_s()
    await until(lambda: pair.ben.now_s() > since_s + 2 * STRETCH_S, "two seconds")
    await pair.do(204, "PUT", f"{pair.room}/record", {"action": "stop"})
    await pair.do(204, "DELETE", leg)
    mixed = await webhooks.wait("/mixed", within_s=LIMIT_S)
    split = await webhooks.wait(recording_uuid=of_leg["id"], within_s=LIMIT_S)
    (one,) = await _channels(pair, mixed.fields["recording_url"])
    assert min(_level(one, ANNA_HZ), _level(one, BEN_HZ)) > MIN_HEARD_DBOV
    anna, rest = await _channels(pair, split.fields["recording_url"])
    assert (_level(anna, ANNA_HZ) > MIN_HEARD_DBOV, _level(anna, BEN_HZ) > UNHEARD_DBOV) == (True, False)
    assert (_level(rest, BEN_HZ) > MIN_HEARD_DBOV, _level(rest, ANNA_HZ) > UNHEARD_DBOV) == (True, False)


async def _channels(pair: Pair, url: str) -> list[Pcm]:
    """The channels of a recording, at 16 kHz."""
    status, content = await pair.line.gateway.rest.download(url, pair.line.app)
    assert status == 200
    with wave.open(BytesIO(content)) as file:
        channels = file.getnchannels()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, channels)
    return [samples[:, channel] for channel in range(channels)]


def _level(pcm: Pcm, hertz: int) -> float:
    return tone_level_dbov(pcm, hertz, rate_hz=16_000, steady_s=0.6)
