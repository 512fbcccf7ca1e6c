"""What baresip phones hear of `talk` and `stream`, and what is told when they cannot be played."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
import soundfile
from aiohttp import web

from gateway.demo.hearing import Pcm, level_dbov, read_wav, tone_level_dbov
from gateway.demo.phone import Phone, PhoneSettings
from tests.support.gateway import RunningGateway
from tests.support.hearing import UNHEARD_DBOV
from tests.support.line import Line, talk
from tests.support.webhook_app import Hook, WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

LEVEL_DBOV = -20.0
TONE_S = 1.0
STEADY_S = 0.5
TEXT = "Please hold the line."
WINDOW = 160
LOUD_DBOV = -45.0

FORMATS = {
    700: ("8-bit.wav", "PCM_U8", 8000),
    900: ("a-law.wav", "ALAW", 8000),
    1100: ("mu-law.wav", "ULAW", 8000),
    1300: ("gsm.wav", "GSM610", 8000),
    1500: ("mpeg-2.mp3", "MPEG_LAYER_III", 16000),
    1700: ("mpeg-2.5.mp3", "MPEG_LAYER_III", 8000),
    1900: ("16-bit.wav", "PCM_16", 16000),
}
"""A tone in each form that is published for `streamUrl`."""

Hear = Callable[..., Awaitable[Pcm]]
_callers = itertools.count(447700000601)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    directory = tmp_path_factory.mktemp("prompts")
    async with RunningGateway(directory / "gateway") as gateway, WebhookApp() as webhooks:
        for hertz, (name, subtype, rate) in FORMATS.items():
            amplitude = 10 ** (LEVEL_DBOV / 20) * np.sqrt(2)
            tone = amplitude * np.sin(2 * np.pi * hertz * np.arange(int(rate * TONE_S)) / rate)
            soundfile.write(directory / name, tone, rate, subtype=subtype)
            webhooks.serve(f"/{hertz}", directory / name, "application/octet-stream")
        webhooks.on("/page", lambda _: web.Response(text="<html>Not here</html>", content_type="text/html"))
        webhooks.on("/absent", lambda _: web.Response(status=404))
        yield await Line.rent(gateway, webhooks)


@pytest.fixture
def hear(line: Line, tmp_path: Path) -> Hear:
    """Calls with these actions; what the caller heard until the gateway hung up."""
    answers: dict[str, tuple[dict[str, object], ...]] = {}
    line.webhooks.on("/answer", lambda hook: list(answers[hook.fields["from"]]))

    async def hear(*actions: dict[str, object]) -> Pcm:
        settings = PhoneSettings(name=str(next(_callers)), directory=tmp_path)
        answers[settings.name] = actions
        async with await Phone.start(settings) as phone:
            await phone.call(line.uri)
            await phone.wait("established", timeout=30)
            await phone.wait("closed", timeout=60)
        return read_wav(phone.heard)[0]

    return hear


def stream(line: Line, name: object, **more: object) -> dict[str, object]:
    return {"action": "stream", "streamUrl": [f"{line.webhooks.url}/{name}"], **more}


def windows(pcm: Pcm) -> list[Pcm]:
    return [pcm[at : at + WINDOW] for at in range(0, len(pcm) - WINDOW + 1, WINDOW)]


def sounding(pcm: Pcm) -> Pcm:
    """What is heard, without the silence."""
    loud = [window for window in windows(pcm) if level_dbov(window) > LOUD_DBOV]
    return np.concatenate(loud) if loud else np.zeros(0, np.int16)


def seconds(pcm: Pcm) -> float:
    """How long something is heard."""
    return len(sounding(pcm)) / 8000


@pytest.mark.row("stream.streamUrl")
async def test_every_published_format_is_heard(line: Line, hear: Hear) -> None:
    heard = await hear(*(stream(line, hertz) for hertz in FORMATS))
    levels = {FORMATS[hertz][0]: tone_level_dbov(heard, hertz, steady_s=STEADY_S) for hertz in FORMATS}
    assert all(level == pytest.approx(LEVEL_DBOV, abs=2.5) for level in levels.values()), levels
    assert seconds(heard) == pytest.approx(len(FORMATS) * TONE_S, rel=0.15)


@pytest.mark.row("stream.level")
async def test_levels_of_a_file(line: Line, hear: Hear) -> None:
    wanted = {900: -1.0, 1100: -0.5, 1500: "0", 1900: 1}
    heard = await hear(*(stream(line, hertz, level=level) for hertz, level in wanted.items()))
    levels = [tone_level_dbov(heard, hertz, steady_s=STEADY_S) for hertz in wanted]
    assert levels[0] < UNHEARD_DBOV
    assert levels[1:] == pytest.approx([LEVEL_DBOV - 6, LEVEL_DBOV, LEVEL_DBOV + 6], abs=2.5)


@pytest.mark.row("stream.loop")
async def test_a_file_is_heard_as_often_as_it_says(line: Line, hear: Hear) -> None:
    assert seconds(await hear(stream(line, 1900, loop=3))) == pytest.approx(3 * TONE_S, rel=0.15)


@pytest.mark.row("talk.level", "talk.loop")
async def test_levels_and_loops_of_speech(hear: Hear) -> None:
    plain, soft, silent = await asyncio.gather(
        hear(talk(TEXT)), hear(talk(TEXT, level=-0.5, loop=2)), hear(talk(TEXT, level="-1"))
    )
    assert seconds(soft) == pytest.approx(2 * seconds(plain), rel=0.2)
    assert level_dbov(sounding(soft)) == pytest.approx(level_dbov(sounding(plain)) - 6, abs=2)
    assert seconds(silent) == 0


@pytest.mark.row("<speak>", "<break>", "<prosody rate>", "<prosody volume>")
async def test_ssml_is_heard(hear: Hear) -> None:
    plain, slow, pause = await asyncio.gather(
        hear(talk(f"<speak>{TEXT}</speak>")),
        hear(talk(f"<speak><prosody rate='x-slow' volume='-6dB'>{TEXT}</prosody></speak>")),
        hear(talk('<speak>\n<s>One</s><break time="2s"/>two</speak>')),
    )
    assert seconds(slow) > 1.4 * seconds(plain)
    assert level_dbov(sounding(slow)) == pytest.approx(level_dbov(sounding(plain)) - 6, abs=2.5)
    quiet = [level_dbov(window) <= LOUD_DBOV for window in windows(pause)]
    longest = max(len(list(run)) for is_quiet, run in itertools.groupby(quiet) if is_quiet)
    assert longest * WINDOW / 8000 == pytest.approx(2.0, abs=0.5)


BROKEN = {
    "line 2, column 9": talk("<speak>one\n<b>two</speak>"),
    'rate="warp"': talk("<speak><prosody rate='warp'>a</prosody></speak>"),
    "Filipino (fil-PH)": talk("Kumusta", language="fil-PH"),
    "404": "absent",
    "Not a WAV, MP3 or Ogg file": "page",
}
"""By what is told of it."""


@pytest.mark.row("webhook error.reason")
async def test_what_cannot_be_played_is_told_and_the_call_goes_on(line: Line, hear: Hear) -> None:
    actions = [stream(line, what) if isinstance(what, str) else what for what in BROKEN.values()]
    for heard in await asyncio.gather(*(hear(action, stream(line, 1900)) for action in actions)):
        assert tone_level_dbov(heard, 1900, steady_s=STEADY_S) == pytest.approx(LEVEL_DBOV, abs=2.5)
    for reason in BROKEN:

        def tells(hook: Hook, reason: str = reason) -> bool:
            return hook.path == "/event" and reason in str(hook.fields.get("reason"))

        told = await line.webhooks.wait_for(tells, reason)
        assert "cannot be played" in told.fields["reason"]
