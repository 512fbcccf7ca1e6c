"""What a live leg is told: the messages of its inbox, besides the happenings of its script."""

import asyncio
from typing import TYPE_CHECKING

import msgspec

from gateway.legs.line import End, Referral
from gateway.ncco.schema import Ncco
from gateway.ports import Admission
from gateway.store.records import Json, Webhook
from media.control import BeepHeard, ListeningFailed, MachineHeard

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Something for one leg."""


class Rang(Message, frozen=True, kw_only=True):
    """The called side rings; with early media it can be heard already."""

    early_media: bool = False


class HearEarly(Message, frozen=True, kw_only=True):
    """A leg that this one dialled can be heard before it answers."""


class Connected(Message, frozen=True, kw_only=True):
    """The leg is answered and its audio is set up."""

    dialog: Json | None


class Changed(Message, frozen=True, kw_only=True):
    """What the leg's line needs to go on is other than it was."""


class Over(Message, frozen=True, kw_only=True):
    """The leg ended; without `end` it is the gateway who ends it, as its state then wants."""

    end: End | None = None


class Pressed(Message, frozen=True, kw_only=True):
    """The leg sent a digit."""

    digit: str
    duration_ms: int


class Spoke(Message, frozen=True, kw_only=True):
    """The leg has begun to speak, or has ended."""

    speaks: bool
    level_dbov: int
    """How loud it is at that moment: -127 to 0."""


class Given(Message, frozen=True, kw_only=True):
    """An NCCO came: from an answer URL, inline, or as the reply to a webhook."""

    ncco: Ncco
    script: int = 0
    """Which of the leg's scripts asked for it; what comes for one that a transfer recalled is too late."""


class NoNcco(Message, frozen=True, kw_only=True):
    """The answer URL and its fallback gave no NCCO."""

    reason: str
    script: int = 0


class Fetch(Message, frozen=True, kw_only=True):
    """Get an NCCO from a URL."""

    webhook: Webhook


class Transfer(Message, frozen=True, kw_only=True):
    """Go to another conversation, and run another NCCO there, inline or from `answer`; without either, stay.

    It outlives the gateway from the moment when it is told.
    """

    conversation_id: str
    muted: bool = False
    ncco: Ncco | None = None
    answer: Webhook | None = None


class SubscribeDigits(Message, frozen=True, kw_only=True):
    """Post each digit there as it is pressed; nowhere when None."""

    webhook: Webhook | None


class Started(Message, frozen=True, kw_only=True):
    """Somebody has started a conversation that the leg may be waiting in."""

    conversation_id: str


class SwitchAudio(Message, frozen=True, kw_only=True):
    """Mute or earmuff; None leaves as it is."""

    muted: bool | None
    earmuffed: bool | None


class Admit(Message, frozen=True, kw_only=True):
    """Who knocks is let in: go there, and answer. `outcome` has the member's id, or why it could not be."""

    admission: Admission
    outcome: asyncio.Future[str]


class CalleeHeard(Message, frozen=True, kw_only=True):
    """What has been heard of who answered the leg."""

    heard: MachineHeard | BeepHeard | ListeningFailed


class Referred(Message, frozen=True, kw_only=True):
    """Who is at the other end wants to be replaced."""

    referral: Referral


class Joined(Message, frozen=True, kw_only=True):
    """Whom another leg talks to is to take this one's place: so wants the peer of both."""

    wisher: "LiveLeg"
    referral: Referral


class Succeed(Message, frozen=True, kw_only=True):
    """Go where another leg is and take its place: so wants the leg that this one talks to."""

    other: "LiveLeg"
    wisher: "LiveLeg"
    referral: Referral


class Replaced(Message, frozen=True, kw_only=True):
    """Another leg is there to take this one's place."""

    by: "LiveLeg"


class NotReplaced(Message, frozen=True, kw_only=True):
    """Who was called to take this one's place cannot be had."""

    leg: "LiveLeg"
    sip_code: int


class Left(Message, frozen=True, kw_only=True):
    """The other party has gone where this leg wanted it to go: nothing is left to do."""


class RangTooLong(Message, frozen=True, kw_only=True):
    """Nobody answered within the time that the plan gives."""


class LastedTooLong(Message, frozen=True, kw_only=True):
    """The call has lasted as long as the plan allows."""
