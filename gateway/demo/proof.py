"""What a demonstration must have seen. Pure: evidence in, claims out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

HEARD_DBOV = -35.0
"""Tones are sent at -20 dBov; whoever is meant to hear one does so well above this."""
SILENT_DBOV = -50.0
"""Whoever is not meant to hear one does so at most at this."""

Json = Mapping[str, Any]
Matrix = Mapping[str, Mapping[str, float]]
"""`matrix[listener][speaker]` in dBov."""


@dataclass(frozen=True)
class Recorded:
    """The recording, as fetched."""

    path: str
    duration_s: float
    levels_dbov: Mapping[str, float]
    """Of each party's tone."""


@dataclass
class Evidence:
    """What was seen so far."""

    menu_heard: bool = False
    webhooks: list[tuple[str, Json]] = field(default_factory=list)
    live: list[Json] = field(default_factory=list)
    """All conversations' events, in the order of the stream."""
    conversation_id: str = ""
    history: list[Json] = field(default_factory=list)
    recorded: Recorded | None = None
    matrix: Matrix = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """One thing that must be true."""

    text: str
    held: bool
    detail: str = ""


def claims(evidence: Evidence, parties: tuple[str, ...], *, shortest_recording_s: float) -> Iterator[Claim]:
    """Every claim of the demonstration, proven or not."""
    yield Claim("the caller heard the spoken menu", evidence.menu_heard)
    yield from _webhooks(evidence)
    yield from _history(evidence, len(parties))
    yield from _recording(evidence.recorded, parties, shortest_recording_s)
    yield from _hearing(evidence.matrix, parties)


def _webhooks(evidence: Evidence) -> Iterator[Claim]:
    kinds = [kind for kind, _ in evidence.webhooks]
    yield Claim("the application was asked for the NCCO", "answer" in kinds)
    digits = [(body.get("dtmf") or {}).get("digits") for kind, body in evidence.webhooks if kind == "digit"]
    yield Claim("the application was told the digit 1", digits == ["1"], f"it was told {digits}")
    for status in ("started", "ringing", "answered", "completed"):
        told = any(kind == "event" and body.get("status") == status for kind, body in evidence.webhooks)
        yield Claim(f"the application was told that a call was {status}", told)


def _history(evidence: Evidence, parties: int) -> Iterator[Claim]:
    history = evidence.history
    types = [str(event.get("type")) for event in history]
    yield Claim(
        f"{parties} members joined the conversation", types.count("member:joined") >= parties, f"{types}"
    )
    yield Claim(f"{parties} members left it", types.count("member:left") >= parties, f"{types}")
    numbers = [int(event["id"]) for event in history if event.get("id")]
    whole = numbers == list(range(1, len(numbers) + 1)) and bool(numbers)
    yield Claim("its events are numbered from 1 without a gap", whole, f"{numbers}")
    live = {
        (int(event["id"]), str(event.get("type")))
        for event in evidence.live
        if event.get("id") and event.get("conversation_id") == evidence.conversation_id
    }
    unseen = [(event.get("id"), event.get("type")) for event in history if _key(event) not in live]
    yield Claim("each of them was seen live as it happened", not unseen and bool(live), f"not seen: {unseen}")


def _key(event: Json) -> tuple[int, str]:
    return int(event.get("id") or 0), str(event.get("type"))


def _recording(recorded: Recorded | None, parties: tuple[str, ...], shortest_s: float) -> Iterator[Claim]:
    yield Claim("the conversation was recorded", recorded is not None)
    duration_s = recorded.duration_s if recorded else 0.0
    yield Claim(
        f"the recording is at least {shortest_s:g} s long", duration_s >= shortest_s, f"{duration_s:.1f} s"
    )
    for party in parties:
        level = recorded.levels_dbov.get(party, -96.0) if recorded else -96.0
        yield Claim(f"{party} is on the recording", level > HEARD_DBOV, f"{level:.0f} dBov")


def _hearing(matrix: Matrix, parties: tuple[str, ...]) -> Iterator[Claim]:
    for listener in parties:
        for speaker in parties:
            level = matrix.get(listener, {}).get(speaker)
            detail = "nothing was measured" if level is None else f"{level:.0f} dBov"
            if listener == speaker:
                silent = level is not None and level < SILENT_DBOV
                yield Claim(f"{listener} does not hear itself", silent, detail)
            else:
                yield Claim(f"{listener} hears {speaker}", level is not None and level > HEARD_DBOV, detail)
