"""Users at all their devices at once: over the App channel, and at their registered SIP phones.

The first to answer has the call, and the other side stops ringing. Whoever declines in an app declines for
the user; a phone that is busy or declines leaves the apps ringing.
"""

import logging
from typing import Protocol

from gateway.errors import GatewayError
from gateway.legs.app import AppLine
from gateway.legs.line import End, LineListener, Referral, Summons
from gateway.legs.phones import Phones
from gateway.legs.sip import SipLine
from gateway.routing.endpoints import AppEndpoint
from gateway.store.records import Json

log = logging.getLogger(__name__)


class Ringing(Protocol):
    """A line where a leg may ring."""

    def withdraw(self, leg_id: str) -> None:
        """Let it ring no more. Nothing is told of it afterwards."""
        ...


class UserLine:
    """Legs that are users of the application.

    It stands between the two lines and who hears them: of a leg that rings on both, one story is told.
    """

    def __init__(self, app: AppLine, sip: SipLine, phones: Phones) -> None:
        self._app = app
        self._sip = sip
        self._phones = phones
        self._shared: set[str] = set()
        """Legs that ring on both lines: as many as are being dialled."""

    def listen(self, listener: LineListener) -> None:
        """Tell `listener` what all legs of both lines do."""
        self._app.listener = _Side(listener, self._shared, self._sip, decides=True)
        self._sip.listener = _Side(listener, self._shared, self._app, decides=False)

    async def dial(self, summons: Summons) -> None:
        """Let the user's apps ring, and the phones if there are any."""
        await self._app.dial(summons)
        endpoint, leg_id = summons.endpoint, summons.leg_id
        if not isinstance(endpoint, AppEndpoint) or not self._phones.has_any(
            summons.application, endpoint.user
        ):
            return
        self._shared.add(leg_id)
        try:
            await self._sip.dial(summons)
        except GatewayError as error:
            log.warning("the phones of a user do not ring: %s", error)
            self._shared.discard(leg_id)
        if leg_id not in self._shared:
            # It was answered or hung up meanwhile.
            self._sip.withdraw(leg_id)

    async def ring(self, leg_id: str) -> None:
        """These legs are never inbound."""

    async def progress(self, leg_id: str) -> None:
        """These legs are never inbound."""

    async def answer(self, leg_id: str) -> Json | None:
        """These legs are never inbound."""
        return None

    async def hang_up(self, leg_id: str, sip_code: int | None = None) -> None:
        """End the leg wherever it is."""
        self._shared.discard(leg_id)
        await self._app.hang_up(leg_id)
        await self._sip.hang_up(leg_id, sip_code)

    def keep(self, leg_id: str) -> Json | None:
        """As its phone does; nobody else at the other end has audio."""
        return self._sip.keep(leg_id)

    def has(self, leg_id: str) -> bool:
        """Whether its phone is there."""
        return self._sip.has(leg_id)


class _Side:
    """What one of the two lines tells, as long as the other has a say about a leg."""

    def __init__(self, listener: LineListener, shared: set[str], other: Ringing, *, decides: bool) -> None:
        """`decides`: a refusal here is the user's."""
        self._listener = listener
        self._shared = shared
        self._other = other
        self._decides = decides

    def ringing(self, leg_id: str, *, early_media: bool = False) -> None:
        """Of a shared leg it has been told: the apps ring first."""
        if leg_id not in self._shared:
            self._listener.ringing(leg_id, early_media=early_media)

    def answered(self, leg_id: str, dialog: Json | None) -> None:
        """This side has the leg from now on."""
        self._take(leg_id)
        self._listener.answered(leg_id, dialog)

    def changed(self, leg_id: str) -> None:
        """What is kept of the leg is other than it was."""
        self._listener.changed(leg_id)

    def ended(self, leg_id: str, end: End) -> None:
        """The leg is over, unless the other side may still answer."""
        if self._decides or leg_id not in self._shared:
            self._take(leg_id)
            self._listener.ended(leg_id, end)
        self._shared.discard(leg_id)

    def digit_signalled(self, leg_id: str, digit: str, duration_ms: int) -> None:
        """The leg pressed a key."""
        self._listener.digit_signalled(leg_id, digit, duration_ms)

    def referred(self, leg_id: str, referral: Referral) -> None:
        """The leg is to be replaced."""
        self._listener.referred(leg_id, referral)

    def _take(self, leg_id: str) -> None:
        if leg_id in self._shared:
            self._shared.discard(leg_id)
            self._other.withdraw(leg_id)
