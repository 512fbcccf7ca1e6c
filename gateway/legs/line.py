"""What a leg is to the gateway, whatever carries it: a line to dial, ring, answer and hang up."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from gateway.routing.endpoints import Dialled, Endpoint
from gateway.store.records import ApplicationRecord, Json, LegStatus


class End(msgspec.Struct, frozen=True, kw_only=True):
    """How a leg ended."""

    status: LegStatus
    reason: str
    """In the words of the Conversation API's legs."""
    sip_code: int | None = None
    by_peer: bool = False
    reported: bool = False
    """The reason is something that the application can mend, and is told by an error webhook."""


class Summons(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to call, and as whom."""

    leg_id: str
    endpoint: Dialled
    caller: str
    """The number to show; empty for an unknown caller."""
    application: ApplicationRecord
    """Whose call it is."""
    member_id: str = ""
    """The member that the leg is to be; nobody's where it cannot be invited."""


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A call that comes in."""

    leg_id: str
    called: str
    """The user part of the request-URI: the number that was dialled."""
    caller: str
    headers: Json
    """What the application hears of the INVITE's headers, by name."""
    replaces: str = ""
    """The leg whose place it is to take."""
    is_party: bool = False
    """Who sent the call would be believed within that leg's; otherwise it proved a password at least."""
    domain: str = ""
    """The programmable SIP domain that was called, by its name; empty for calls to the gateway itself."""
    login: str = ""
    """The digest user that the caller is; empty for who came in without."""


class Referral(msgspec.Struct, frozen=True, kw_only=True):
    """Who is at the other end of a leg wants its party to be connected to somebody else, in its own place."""

    endpoint: Endpoint | None
    """Whom to call; None where there is a call already."""
    leg_id: str = ""
    """The leg of that call, which is the asker's too (attended transfer)."""
    report: Callable[[int], None]
    """Tells the asker how it went, by a final SIP status code."""


class Line(Protocol):
    """One kind of leg. Each verb names the leg; what comes of it is told to the `LineListener`."""

    async def dial(self, summons: Summons) -> None:
        """Call. Raises GatewayError when there is no way to."""
        ...

    async def ring(self, leg_id: str) -> None:
        """Tell an inbound caller that it rings."""
        ...

    async def progress(self, leg_id: str) -> None:
        """Let an inbound caller hear what comes before the answer. Raises GatewayError."""
        ...

    async def answer(self, leg_id: str) -> Json | None:
        """Answer an inbound caller; what a restart needs to end it. Raises GatewayError."""
        ...

    async def hang_up(self, leg_id: str, sip_code: int | None = None) -> None:
        """End the leg, whatever it is doing. Nothing is told of it afterwards."""
        ...

    def keep(self, leg_id: str) -> Json | None:
        """What another run of the gateway needs to go on with an answered leg; None where it cannot."""
        ...

    def has(self, leg_id: str) -> bool:
        """Whether the leg is there, of those that another run of the gateway has kept."""
        ...


class LineListener(Protocol):
    """Who hears what legs do."""

    def ringing(self, leg_id: str, *, early_media: bool = False) -> None:
        """The called side rings; with early media it can be heard already."""
        ...

    def answered(self, leg_id: str, dialog: Json | None) -> None:
        """The called side answered and its audio is set up."""
        ...

    def changed(self, leg_id: str) -> None:
        """What is kept of the leg is other than it was."""
        ...

    def ended(self, leg_id: str, end: End) -> None:
        """The leg is over."""
        ...

    def digit_signalled(self, leg_id: str, digit: str, duration_ms: int) -> None:
        """The leg pressed a key, and told by signalling."""
        ...

    def referred(self, leg_id: str, referral: Referral) -> None:
        """The leg is to be replaced."""
        ...


class Reception(Protocol):
    """Who takes incoming calls."""

    def incoming(self, arrival: Arrival) -> None:
        """A call came in; it wants ring, answer or hang_up."""
        ...
