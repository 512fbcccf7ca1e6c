"""End of speech to the input webhook, on real calls: a grammar and free speech.

A synthetic caller says a phrase; the figure runs from the packet with its last sound to the request at the
application, less the silence that `endOnSilence` asks for before speech counts as over. It holds the way
through the worker and its file, the recogniser, the log and the webhook. The gateway is `cordboard serve`, as
an operator runs it; calls are made one after another, and who is not understood makes the figure fail.
"""

import asyncio
import tempfile
import wave
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np

from media.codecs.g711 import ENCODE, PCMU
from media.hearing.recognisers import whisper
from tests.bench.effort import Effort
from tests.bench.hearing_words import PHRASES
from tests.bench.ivr_caller import TalkingCaller
from tests.bench.ivr_ear import FRAME, Ear
from tests.bench.report import Figure
from tests.support.gateway import RunningGateway
from tests.support.spoken import write_spoken
from tests.support.webhook_app import Hook, WebhookApp

END_ON_SILENCE_S = 0.5
SPOKEN = 4
"""Phrases of one go."""
SOUND = 330
"""Of 32768, forty decibels below full scale: where a phrase ends."""
LEAD_S = 0.5
"""Of silence, before the caller speaks."""
WEBHOOK_LIMIT_S = 10.0


class NotUnderstood(Exception):
    """The recogniser heard nothing: how fast it was means nothing."""


class Listener:
    """An application that asks its callers to speak, and a caller who does."""

    def __init__(self, phrases: list[list[bytes]]) -> None:
        self.phrases = phrases
        self.context: tuple[str, ...] = ()
        self.url = ""
        self._said: asyncio.Queue[tuple[float, dict[str, Any]]] = asyncio.Queue()

    def ask(self, _hook: Hook) -> list[dict[str, Any]]:
        """The NCCO."""
        speech = {"endOnSilence": END_ON_SILENCE_S, "context": list(self.context)}
        return [{"action": "input", "type": ["speech"], "speech": speech, "eventUrl": [self.url]}]

    def note(self, hook: Hook) -> list[dict[str, Any]]:
        """The input webhook came; more is asked, so that the caller is who hangs up."""
        self._said.put_nowait((asyncio.get_running_loop().time(), hook.fields["speech"]))
        return self.ask(hook)

    async def speak(self, ear: Ear, caller: str) -> float:
        """Say the phrase whose turn it is: how long the webhook took (seconds). Raises NotUnderstood."""
        phrase = self.phrases.pop(0)
        self.phrases.append(phrase)
        await asyncio.sleep(LEAD_S)
        ended = await ear.say(phrase)
        async with asyncio.timeout(WEBHOOK_LIMIT_S):
            at, speech = await self._said.get()
        if not speech.get("results"):
            raise NotUnderstood(str(speech))
        return at - ended - END_ON_SILENCE_S


def measure(effort: Effort) -> list[Figure]:
    """The wait with a grammar, and that with free speech."""
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as directory:
        return asyncio.run(_measure(effort, Path(directory)))


async def _measure(effort: Effort, directory: Path) -> list[Figure]:
    phrases = PHRASES[: effort.count(SPOKEN)]
    listener = Listener([_frames(directory, phrase) for phrase in phrases])
    free = "whisper" if whisper.is_installed() else "pocketsphinx"
    waits: dict[str, list[float]] = {"a grammar of ten phrases": [], f"free speech, {free}": []}
    contexts = dict(zip(waits, (PHRASES, ()), strict=True))
    async with _gateway(directory / "gateway", listener) as caller:
        for name, listener.context in contexts.items():
            effort.tell(f"the first words, {name}")
            await _wait_ms(caller)
        for _ in effort.rounds("end of speech to the input webhook"):
            for name, listener.context in contexts.items():
                waits[name] += [await _wait_ms(caller) for _ in phrases]
    return [
        Figure(f"End of speech to input webhook, beyond endOnSilence, {name}", "ms", tuple(values))
        for name, values in waits.items()
    ]


async def _wait_ms(caller: TalkingCaller[float]) -> float:
    (wait_s,) = (await caller.call(1, 1)).passed
    return 1000 * wait_s


def _frames(directory: Path, phrase: str) -> list[bytes]:
    """The phrase in µ-law; its last sound is in the last frame."""
    with wave.open(str(write_spoken(directory / "phrase.wav", phrase))) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    end = int(np.flatnonzero(np.abs(samples) > SOUND)[-1]) + 1
    whole = np.concatenate([np.zeros(-end % FRAME, np.int16), samples[:end]])
    encoded = ENCODE[PCMU, whole.astype(np.uint16)].tobytes()
    return [encoded[start : start + FRAME] for start in range(0, len(encoded), FRAME)]


@asynccontextmanager
async def _gateway(directory: Path, listener: Listener) -> AsyncIterator[TalkingCaller[float]]:
    """Somebody who calls a gateway whose application is the listener."""
    async with WebhookApp() as webhooks, RunningGateway(directory) as gateway, AsyncExitStack() as stack:
        listener.url = f"{webhooks.url}/said"
        webhooks.on("/answer", listener.ask)
        webhooks.on("/said", listener.note)
        number = await gateway.number_for(await gateway.application(webhooks))
        caller = await TalkingCaller.open(gateway.sip_port, number, listener.speak)
        stack.callback(caller.close)
        yield caller
