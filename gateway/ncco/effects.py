"""What a script wants done, as values.

`gateway.calls` carries them out and feeds back what came of them (`gateway.ncco.happenings`). Ids of plays,
legs, recordings and requests are made by the script, so that the answer to an effect can name it.
"""

from typing import Literal

import msgspec

from gateway.conversation.detection import Detection
from gateway.routing.endpoints import Dialled
from gateway.store.records import Json, Question, Transcription, Webhook


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A payment card as it was keyed in: never stored, logged or recorded, and nothing of it in its text."""

    number: str
    expires: str
    """MMYY."""
    code: str

    def __repr__(self) -> str:
        return "Card(…)"

    __str__ = __repr__


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the script wants done."""


class Answer(Effect, frozen=True, kw_only=True):
    """Answer the script's own leg. Followed by Answered."""


class Say(Effect, frozen=True, kw_only=True):
    """Speak to the leg. Followed by PlayEnded."""

    play: str
    text: str
    language: str
    style: int
    provider: str = ""
    """The name of a speech engine that is preferred, if there is one of that name."""
    level: float
    loop: int


class Stream(Effect, frozen=True, kw_only=True):
    """Play the file at a URL to the leg. Followed by PlayEnded."""

    play: str
    url: str
    level: float
    loop: int


class StopPlay(Effect, frozen=True, kw_only=True):
    """Stop a prompt; its PlayEnded still comes."""

    play: str


class Dial(Effect, frozen=True, kw_only=True):
    """Call an endpoint into this conversation. Followed by LegAnswered and LegEnded, or LegEnded alone."""

    leg: str
    endpoint: Dialled
    from_number: str | None
    from_random: bool
    """From one of the application's numbers."""
    ringing_s: int
    limit_s: int
    webhook: Webhook | None
    question: Question | None
    """Which of its webhooks may be replied to with an NCCO."""
    detection: Detection | None = None
    """Whether to find out if a machine answers."""


class AwaitReply(Effect, frozen=True, kw_only=True):
    """Wait for the reply to what a dialled leg asked. Followed by Replied, at once if it did not ask."""

    request: str


class Progress(Effect, frozen=True, kw_only=True):
    """Let a caller who is not answered hear what is played to them."""


class HangUpLeg(Effect, frozen=True, kw_only=True):
    """End a leg that this script dialled."""

    leg: str


class Enter(Effect, frozen=True, kw_only=True):
    """Move the leg into the named conversation of its application; it stays until it leaves."""

    name: str
    starts: bool
    """Whether the conversation starts with it; if not, it waits until somebody starts it."""
    music: Stream | None
    """What it hears while it waits."""
    muted: bool
    can_speak: tuple[str, ...] | None = None
    """The legs that hear it; everybody when None."""
    can_hear: tuple[str, ...] | None = None
    """The legs that it hears; everybody when None."""
    end_on_exit: bool
    record: bool
    webhook: Webhook | None
    """Where the recording's webhook goes."""
    transcription: Transcription | None = None
    """How the recording is to be transcribed, if it is."""


class MoveAll(Effect, frozen=True, kw_only=True):
    """Take the leg and everybody who is with it into another conversation; they stay until they leave."""

    conversation_id: str
    muted: bool
    can_speak: tuple[str, ...] | None = None
    """As in Enter, for the leg whose script it is."""
    can_hear: tuple[str, ...] | None = None


class StartRecording(Effect, frozen=True, kw_only=True):
    """Record the leg's conversation. Followed by RecordingEnded."""

    recording: str
    channels: int
    format: Literal["wav", "mp3", "ogg"]
    limit_s: int | None
    """Seconds after which it ends by itself."""
    silence_s: int | None
    """Seconds of silence after which it does."""
    beep: bool
    """Whether those who are recorded hear a beep first."""
    webhook: Webhook | None
    transcription: Transcription | None = None
    """How the recording is to be transcribed, if it is."""


class StopRecording(Effect, frozen=True, kw_only=True):
    """End a recording that this script started."""

    recording: str


class SetTimer(Effect, frozen=True, kw_only=True):
    """Feed TimerFired with this name after so many seconds; setting it again restarts it."""

    timer: str
    seconds: float


class ClearTimer(Effect, frozen=True, kw_only=True):
    """Forget a timer."""

    timer: str


class Ask(Effect, frozen=True, kw_only=True):
    """Send a webhook whose reply may carry an NCCO. Followed by Replied."""

    request: str
    webhook: Webhook | None
    """The application's event_url when None."""
    payload: Json
    about: Literal["leg", "conversation"] = "leg"
    """Whether it names the leg and its parties too."""
    queue: str | None = None
    """What goes out one after the other; alone when None."""


class Listen(Effect, frozen=True, kw_only=True):
    """Listen to what is said. Followed by SpeechStarted and SpeechEnded, or SpeechEnded alone."""

    listening: str
    leg: str | None
    """Who is listened to; the script's own leg when None."""
    language: str
    context: tuple[str, ...]
    end_on_silence_s: float
    max_duration_s: float
    sensitivity: int
    save_audio: bool
    partial: bool
    """Whether what has been understood so far is posted as well."""
    webhook: Webhook | None
    """Where that is posted; to the application's event_url when None."""


class StopListening(Effect, frozen=True, kw_only=True):
    """Listen no more; nothing is told of it any more."""

    listening: str
    nobody_spoke: bool = False
    """Because nobody did in time: how it ended, for the conversation's log."""


class Conceal(Effect, frozen=True, kw_only=True):
    """While `concealed`, nobody hears the leg, recordings included.

    Its digits are told to the script alone.
    """

    concealed: bool


class OpenPayment(Effect, frozen=True, kw_only=True):
    """See whether the leg may pay at all. Followed by PaymentOpened or PaymentRefused."""

    charge: str


class Charge(Effect, frozen=True, kw_only=True):
    """Have a card charged by the payment processor, and tell the application how it went.

    That is told whatever becomes of the leg and its script meanwhile. Followed by Charged.
    """

    charge: str
    card: Card
    amount: str
    """A decimal number."""
    currency: str
    """ISO 4217, in small letters."""
    webhook: Webhook | None
    """The application's event_url when None."""


class Tell(Effect, frozen=True, kw_only=True):
    """Send an event webhook about the leg whose reply is not read."""

    webhook: Webhook | None
    """The application's event_url when None."""
    payload: Json


class FollowDigits(Effect, frozen=True, kw_only=True):
    """Post each digit as it is pressed, as long as the leg lives."""

    webhook: Webhook | None
    """The application's event_url when None."""


class Refuse(Effect, frozen=True, kw_only=True):
    """End the script's own leg, which was not answered, as another leg ended."""

    status: str
    sip_code: int | None
    """The final response of that one; None where it never called."""


class HangUp(Effect, frozen=True, kw_only=True):
    """The script is over: end its own leg."""
