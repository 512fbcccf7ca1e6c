"""`cordboard demo`: the call, what was seen of it, and whether that was everything."""

import asyncio
import tempfile
from pathlib import Path

import aiohttp
from rich.console import Console

from gateway.demo.cast import TONES, assembled
from gateway.demo.phone import PhoneError
from gateway.demo.proof import Evidence, claims
from gateway.demo.rest import RestError
from gateway.demo.scenario import TALK_S, StepFailed, collect, play
from gateway.demo.screen import Screen
from gateway.demo.server import ServerError

LONGEST_S = 60.0
"""The whole demonstration; about 25 s on an idle machine."""


FAILURES = (StepFailed, PhoneError, RestError, ServerError, aiohttp.ClientError, OSError)
"""What may go wrong when everything is real; TimeoutError is an OSError."""


async def demonstrate(console: Console) -> bool:
    """Whether everything was seen."""
    directory = Path(tempfile.mkdtemp(prefix="cordboard-demo-"))
    evidence = Evidence()
    with Screen(console) as screen:
        failures = await _perform(directory, screen, evidence)
    if evidence.history:
        screen.history(f"GET /beta/conversations/{evidence.conversation_id}/events", evidence.history)
    if recorded := evidence.recorded:
        screen.step(f"The recording: {recorded.path}, {recorded.duration_s:.1f} s")
    if evidence.matrix:
        screen.hearing(evidence.matrix, TONES)
    made = list(claims(evidence, tuple(TONES), shortest_recording_s=TALK_S))
    screen.verdict(made)
    for failure in failures:
        screen.step(f"What went wrong: {failure}")
    screen.step(f"Logs, sounds and the database are in {directory}")
    return not failures and all(claim.held for claim in made)


async def _perform(directory: Path, screen: Screen, evidence: Evidence) -> list[str]:
    """Fill the evidence; what went wrong on the way. The claims tell what is missing, whatever failed."""
    failures = []
    try:
        async with asyncio.timeout(LONGEST_S) as limit, assembled(directory, screen) as cast:
            try:
                await play(cast, screen, evidence)
            except FAILURES as error:
                failures.append(_in_words(error))
            await collect(cast, directory, evidence)
    except FAILURES as error:
        failures.append(f"it was not over after {LONGEST_S:g} s" if limit.expired() else _in_words(error))
    return failures


def _in_words(error: Exception) -> str:
    return str(error) or ("a step took too long" if isinstance(error, TimeoutError) else type(error).__name__)
