"""What a script should know, as values: mostly what came of its effects."""

import msgspec

from gateway.store.records import Json


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the script should know."""


class Answered(Happening, frozen=True, kw_only=True):
    """The script's own leg is answered."""


class PlayEnded(Happening, frozen=True, kw_only=True):
    """A prompt is over."""

    play: str
    failed: bool = False
    """It could not be played, or not to its end; the application has been told why."""


class DigitPressed(Happening, frozen=True, kw_only=True):
    """The leg sent a digit."""

    digit: str


class TimerFired(Happening, frozen=True, kw_only=True):
    """A timer ran out."""

    timer: str


class LegAnswered(Happening, frozen=True, kw_only=True):
    """A dialled leg is answered."""

    leg: str


class LegReplaced(Happening, frozen=True, kw_only=True):
    """Another leg has taken the place of a dialled one: what happens to it counts from now on."""

    leg: str
    by: str


class LegEnded(Happening, frozen=True, kw_only=True):
    """A dialled leg is over, answered or not."""

    leg: str
    status: str
    sip_code: int | None = None
    """How SIP said it; None where nobody was called."""


class RecordingEnded(Happening, frozen=True, kw_only=True):
    """A recording is over."""

    recording: str


class SpeechStarted(Happening, frozen=True, kw_only=True):
    """Somebody has begun to speak."""

    listening: str


class SpeechEnded(Happening, frozen=True, kw_only=True):
    """The speech is over; `speech` is what the input webhook says of it."""

    listening: str
    speech: Json


class PaymentOpened(Happening, frozen=True, kw_only=True):
    """The leg may pay."""

    charge: str
    today: str
    """The date as ISO 8601 has it, in UTC: a card may have run out."""


class PaymentRefused(Happening, frozen=True, kw_only=True):
    """The leg may not pay; the application has been told why."""

    charge: str


class Charged(Happening, frozen=True, kw_only=True):
    """A payment went through, or did not: the application has been told which."""

    charge: str


class Replied(Happening, frozen=True, kw_only=True):
    """The webhook was answered, or given up."""

    request: str
