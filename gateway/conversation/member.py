"""The life of a member: invited, joined, left (Conversation API, members)."""

from typing import Literal

import msgspec

from gateway.states import step
from gateway.store.records import Json, MemberRecord

State = Literal["INVITED", "JOINED", "LEFT"]
Turn = Literal["invite", "join", "leave"]

TRANSITIONS: dict[tuple[State | None, Turn], State] = {
    (None, "invite"): "INVITED",
    (None, "join"): "JOINED",
    ("INVITED", "join"): "JOINED",
    ("INVITED", "leave"): "LEFT",
    ("JOINED", "join"): "JOINED",
    ("JOINED", "leave"): "LEFT",
}
"""A JOINED member joins again when its leg is answered: the reference trace has it so. LEFT is the end."""

_STAMP: dict[Turn, str] = {"invite": "invited", "join": "joined", "leave": "left"}


def turn(member: MemberRecord | None, fresh: MemberRecord, what: Turn, now: str) -> MemberRecord:
    """The member after a turn; `fresh` is what it looks like without its past. Raises IllegalTransition."""
    state = step(TRANSITIONS, member.state if member else None, what)
    stamps = {**(member.timestamp if member else {}), **fresh.timestamp, _STAMP[what]: now}
    return msgspec.structs.replace(fresh, state=state, timestamp=stamps)


def is_in(member: MemberRecord) -> bool:
    """Whether the member is in the conversation, or asked in."""
    return member.state != "LEFT"


def user_body(member: MemberRecord) -> Json:
    """The member's user as event bodies show it: with `id` and with `user_id`."""
    return {
        "id": member.user_id,
        "user_id": member.user_id,
        "name": member.user_name,
        "display_name": member.user_display_name,
        "member_id": member.id,
    }
