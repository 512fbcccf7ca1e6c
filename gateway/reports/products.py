"""What each product of a report tells of a leg: columns, and which legs it is about. Pure.

Nobody is charged and no network is known: these columns stand because programs read them.
"""

from typing import Literal

import msgspec

from gateway.conversation.leg import is_over
from gateway.routing.endpoints import address_text
from gateway.store.records import LegRecord

Product = Literal["VOICE-CALL", "VOICE-FAILED", "IN-APP-VOICE", "WEBSOCKET-CALL", "CONVERSATIONS", "ASR"]
CURRENCY = "EUR"


class VoiceRow(msgspec.Struct, frozen=True, kw_only=True):
    """VOICE-CALL, VOICE-FAILED and IN-APP-VOICE."""

    account_id: str
    call_id: str
    direction: str
    from_: str = msgspec.field(name="from")
    to: str
    network: str = ""
    network_name: str = ""
    country: str = ""
    country_name: str = ""
    date_start: str
    """When the leg came to be, which dates are compared with."""
    date_end: str
    """Empty while it lasts."""
    duration: int
    """Seconds from answer to end."""
    status: str
    status_description: str
    currency: str = CURRENCY
    price: float = 0.0
    total_price: float = 0.0


class WebsocketRow(msgspec.Struct, frozen=True, kw_only=True):
    """WEBSOCKET-CALL."""

    account_id: str
    call_id: str
    date_start: str
    date_end: str
    duration: int
    status: str
    currency: str = CURRENCY
    price: float = 0.0
    total_price: float = 0.0


class ConversationRow(msgspec.Struct, frozen=True, kw_only=True):
    """CONVERSATIONS of the type ip-voice."""

    account_id: str
    request_id: str
    """The leg again: the call was requested as this."""
    application_id: str
    conversation_id: str
    user_id: str
    leg_id: str
    date_start: str
    date_end: str
    duration: int
    status: str
    currency: str = CURRENCY
    price: float = 0.0
    total_price: float = 0.0


class AsrRow(msgspec.Struct, frozen=True, kw_only=True):
    """ASR: there is none yet."""

    account_id: str
    call_id: str
    direction: str
    from_: str = msgspec.field(name="from")
    to: str
    call_date_start: str
    date_start: str
    date_end: str
    duration: int
    status: str
    status_description: str
    currency: str = CURRENCY
    price: float = 0.0
    total_price: float = 0.0


Row = VoiceRow | WebsocketRow | ConversationRow | AsrRow

ROWS: dict[Product, type[Row]] = {
    "VOICE-CALL": VoiceRow,
    "VOICE-FAILED": VoiceRow,
    "IN-APP-VOICE": VoiceRow,
    "WEBSOCKET-CALL": WebsocketRow,
    "CONVERSATIONS": ConversationRow,
    "ASR": AsrRow,
}
_TYPES: dict[Product, frozenset[str]] = {
    "VOICE-CALL": frozenset({"phone", "sip"}),
    "VOICE-FAILED": frozenset({"phone", "sip"}),
    "IN-APP-VOICE": frozenset({"app"}),
    "WEBSOCKET-CALL": frozenset({"websocket"}),
    "CONVERSATIONS": frozenset({"phone", "sip", "app", "websocket"}),
    "ASR": frozenset(),
}
"""The types of legs that a product is about."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. A filter that is None lets everything through."""

    account: str
    product: Product
    date_start: str = ""
    """Included."""
    date_end: str = "9999"
    """Excluded."""
    direction: str | None = None
    status: str | None = None
    from_: str | None = None
    to: str | None = None
    conversation_id: str | None = None

    def row(self, leg: LegRecord) -> Row | None:
        """What the report says of a leg; None when it says nothing of it."""
        return _SHOW[self.product](self, leg) if self._wants(leg) else None

    def _wants(self, leg: LegRecord) -> bool:
        if leg.type not in _TYPES[self.product]:
            return False
        if self.product == "VOICE-FAILED" and not (is_over(leg) and leg.start_time is None):
            return False
        wanted = (
            (self.direction, leg.direction),
            (self.status, leg.status),
            (self.from_, address_text(leg.from_)),
            (self.to, address_text(leg.to)),
            (self.conversation_id, leg.conversation_id),
        )
        return all(wish in (None, there) for wish, there in wanted)


def _voice(question: Question, leg: LegRecord) -> Row:
    return VoiceRow(
        account_id=question.account,
        call_id=leg.id,
        direction=leg.direction,
        from_=address_text(leg.from_),
        to=address_text(leg.to),
        date_start=leg.created,
        date_end=leg.end_time or "",
        duration=leg.duration,
        status=leg.status,
        status_description=leg.reason or "",
    )


def _websocket(question: Question, leg: LegRecord) -> Row:
    return WebsocketRow(
        account_id=question.account,
        call_id=leg.id,
        date_start=leg.created,
        date_end=leg.end_time or "",
        duration=leg.duration,
        status=leg.status,
    )


def _conversation(question: Question, leg: LegRecord) -> Row:
    return ConversationRow(
        account_id=question.account,
        request_id=leg.id,
        application_id=leg.application_id,
        conversation_id=leg.conversation_id,
        user_id=leg.user_id,
        leg_id=leg.id,
        date_start=leg.created,
        date_end=leg.end_time or "",
        duration=leg.duration,
        status=leg.status,
    )


_SHOW = {
    "VOICE-CALL": _voice,
    "VOICE-FAILED": _voice,
    "IN-APP-VOICE": _voice,
    "WEBSOCKET-CALL": _websocket,
    "CONVERSATIONS": _conversation,
}
