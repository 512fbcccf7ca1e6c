"""What can be asked of a conversation, in the imperative."""

from typing import Literal

import msgspec

from gateway.conversation.detection import Callee, SubState
from gateway.store.records import Json, LegRecord, LegStatus, MemberRecord, UserRecord


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """Something asked of a conversation. A leg or member that is named has to be in it."""


class StartLeg(Command, frozen=True, kw_only=True):
    """A leg comes into being here. An inbound one rings at once; its member joins, unless it knocks."""

    leg: LegRecord
    user: UserRecord


class RingLeg(Command, frozen=True, kw_only=True):
    """An outbound leg rings."""

    leg_id: str


class AnswerLeg(Command, frozen=True, kw_only=True):
    """A leg is answered: its member joins and its audio flows. `dialog` ends it after a restart."""

    leg_id: str
    dialog: Json | None = None


class EndLeg(Command, frozen=True, kw_only=True):
    """A leg is over."""

    leg_id: str
    status: LegStatus
    reason: str
    sip_code: int | None = None
    disconnected_by: Literal["platform", "user"] = "platform"
    quality: Json = {}
    bandwidth: Json = {}
    """Both empty for a leg that had no audio."""


class DepartLeg(Command, frozen=True, kw_only=True):
    """A leg goes to another conversation, where ArriveLeg is committed in the same batch."""

    leg_id: str
    to_conversation: str


class ArriveLeg(Command, frozen=True, kw_only=True):
    """A leg comes from another conversation, with a new member of the user."""

    leg: LegRecord
    user: UserRecord
    member_id: str
    muted: bool = False


class SetAudio(Command, frozen=True, kw_only=True):
    """Mute or earmuff a leg; None leaves as it is."""

    leg_id: str
    muted: bool | None = None
    earmuffed: bool | None = None


class IdentifyCallee(Command, frozen=True, kw_only=True):
    """It is found out who answered a leg, or what became of the beep of the machine that did."""

    leg_id: str
    callee: Callee
    confidence: float
    """0 to 1."""
    advanced: bool
    """By advanced machine detection."""
    sub_state: SubState | None = None


class PressDigit(Command, frozen=True, kw_only=True):
    """A leg sent a digit."""

    leg_id: str
    digit: str
    duration_ms: int
    dtmf_id: str


class SwitchSpeaking(Command, frozen=True, kw_only=True):
    """A leg begins to speak, or ends."""

    leg_id: str
    speaks: bool
    level_dbov: int
    """How loud it is at that moment: -127 to 0."""


class UpdateConversation(Command, frozen=True, kw_only=True):
    """The conversation becomes another: fields of its record, with their new values."""

    changes: Json


class DeleteConversation(Command, frozen=True, kw_only=True):
    """The conversation ends, and everybody leaves it. No leg may live in it."""


class Expire(Command, frozen=True, kw_only=True):
    """What is due comes to its end: invitations that nobody took, and a conversation that is long empty."""


class AddMember(Command, frozen=True, kw_only=True):
    """A user is invited or joins. Of `member`, the state says which."""

    member: MemberRecord
    by: str | None = None
    """The member that asks, which may be this one; the system when None."""


class JoinMember(Command, frozen=True, kw_only=True):
    """Who was invited joins, maybe over another channel."""

    member_id: str
    channel: Json | None = None
    media: Json | None = None
    by: str | None = None


class LeaveMember(Command, frozen=True, kw_only=True):
    """A member leaves, declines or is thrown out. `reason` has `code` and `text`."""

    member_id: str
    reason: Json = {}
    by: str | None = None


class Note(Command, frozen=True, kw_only=True):
    """Write an event that changes nothing else: a client's, or the start and end of speech and audio."""

    type: str
    from_: str | None = None
    to: str | None = None
    body: Json = {}
    posted: bool = False
    """A client's: the member that it is from must have joined."""
    belated: bool = False
    """The end of what began here: members that have left since may stand in it."""


LegCommand = (
    StartLeg
    | RingLeg
    | AnswerLeg
    | EndLeg
    | DepartLeg
    | ArriveLeg
    | SetAudio
    | IdentifyCallee
    | PressDigit
    | SwitchSpeaking
)
MemberCommand = AddMember | JoinMember | LeaveMember
AnyCommand = LegCommand | MemberCommand | UpdateConversation | DeleteConversation | Expire | Note
