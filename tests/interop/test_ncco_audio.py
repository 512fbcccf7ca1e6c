"""What baresip phones hear of NCCO options: ringback, what a callee is told first, music for who waits."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.demo.phone import Phone, PhoneSettings
from tests.interop.test_rest_audio import Party
from tests.support.gateway import RunningGateway, trunk_to
from tests.support.line import Line, room
from tests.support.make_audio import write_tone
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

ANNA_HZ, BEN_HZ, MUSIC_HZ, TOLD_HZ = 440, 660, 1200, 1700

StartParty = Callable[[int], Awaitable[Party]]
_callers = itertools.count(447700000301)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def callee(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Party]:
    """Whom the gateway's trunk leads to."""
    directory = tmp_path_factory.mktemp("callee")
    settings = PhoneSettings(name="447700900003", tone_hz=BEN_HZ, directory=directory)
    async with await Phone.start(settings) as phone:
        yield Party(phone, "")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(callee: Party, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    directory = tmp_path_factory.mktemp("files")
    trunk = trunk_to(callee.phone.port, "4477009")
    async with RunningGateway(directory / "gateway", trunks=[trunk]) as gateway, WebhookApp() as webhooks:
        for hertz in (MUSIC_HZ, TOLD_HZ):
            write_tone(directory / f"{hertz}.wav", hertz)
            webhooks.serve(f"/{hertz}.wav", directory / f"{hertz}.wav", "audio/wav")
        yield await Line.rent(gateway, webhooks)


@pytest_asyncio.fixture(loop_scope="module")
async def start_party(tmp_path: Path) -> AsyncIterator[StartParty]:
    """A phone that says a tone, with what it hears."""
    async with AsyncExitStack() as stack:

        async def start(hertz: int) -> Party:
            settings = PhoneSettings(name=str(next(_callers)), tone_hz=hertz, directory=tmp_path)
            return Party(await stack.enter_async_context(await Phone.start(settings)), "")

        yield start


@pytest.mark.row(
    "connect.endpoint[phone].onAnswer",
    "connect.endpoint[phone].onAnswer.url",
    "connect.endpoint[phone].onAnswer.ringbackTone",
)
async def test_the_caller_hears_the_ringback_while_the_callee_is_told_something(
    line: Line, callee: Party, start_party: StartParty
) -> None:
    anna, ben, url = await start_party(ANNA_HZ), callee, line.webhooks.url
    phone = {"type": "phone", "number": ben.phone.name}
    told = {"action": "stream", "streamUrl": [f"{url}/{TOLD_HZ}.wav"], "loop": 0}
    stop = {"action": "input", "dtmf": {"maxDigits": 1, "timeOut": 10}, "eventUrl": [f"{url}/pressed"]}
    line.webhooks.on("/callee", lambda _: [{**told, "bargeIn": True}, stop])
    line.webhooks.on("/pressed", lambda _: [])
    on_answer = {"url": f"{url}/callee", "ringbackTone": f"{url}/{MUSIC_HZ}.wav"}
    line.webhooks.answer({"action": "connect", "endpoint": [{**phone, "onAnswer": on_answer}]})
    await anna.phone.call(line.uri)
    await ben.phone.wait("established", timeout=30)
    await anna.hears(MUSIC_HZ)
    await ben.hears(TOLD_HZ)
    ben.never_heard(ANNA_HZ)
    anna.never_heard(BEN_HZ)
    await ben.phone.dtmf("1")
    await anna.phone.wait("established", timeout=30)
    await anna.hears(BEN_HZ)
    await ben.hears(ANNA_HZ)
    await anna.hears_no_more(MUSIC_HZ)
    await ben.hears_no_more(TOLD_HZ)
    ben.never_heard(MUSIC_HZ)
    anna.never_heard(TOLD_HZ)


@pytest.mark.row("conversation.startOnEnter", "conversation.musicOnHoldUrl")
async def test_attendees_hear_music_until_a_moderator_enters(line: Line, start_party: StartParty) -> None:
    attendee, moderator = await start_party(ANNA_HZ), await start_party(BEN_HZ)
    name, music = attendee.phone.name, f"{line.webhooks.url}/{MUSIC_HZ}.wav"

    def enter(waits: bool) -> list[dict[str, object]]:
        return [room(startOnEnter=not waits, musicOnHoldUrl=[music])]

    line.webhooks.on("/answer", lambda hook: enter(hook.fields["from"] == name))
    await attendee.phone.call(line.uri)
    await attendee.hears(MUSIC_HZ)
    await moderator.phone.call(line.uri)
    await moderator.hears(ANNA_HZ)
    await attendee.hears(BEN_HZ)
    await attendee.hears_no_more(MUSIC_HZ)
    moderator.never_heard(MUSIC_HZ)
