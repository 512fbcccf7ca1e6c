"""The ladders of all legs: in memory while their calls live, in the store afterwards.

Messages are known by their Call-ID before anybody knows of which leg they are: the first of a call wait a
moment here until a leg says that it is its own.
"""

import asyncio
import logging
from collections import OrderedDict

from gateway.errors import Unavailable
from gateway.sight.ladder import Ladder
from gateway.store.records import LegTraceRecord, SipMessage
from gateway.store.sip import SipStore

MAX_STRANGERS = 256
"""Calls that no leg has claimed: refused ones, mostly. The oldest make room: a flood fills nothing."""
MAX_OF_STRANGER = 8
"""Messages of such a call: an INVITE that is challenged, and again."""
MAX_LADDERS = 4000
"""Legs in memory: twice the calls that an endpoint has. The oldest is put away early."""
LINGER_S = 5.0
"""How long a ladder stays open after its last call: an ACK, or a retransmission, may follow the end."""

log = logging.getLogger(__name__)


class _Leg:
    """A ladder and the Call-IDs of its leg's calls."""

    def __init__(self) -> None:
        self.ladder = Ladder()
        self.live: set[str] = set()
        self.known: set[str] = set()
        self.timer: asyncio.TimerHandle | None = None
        self.writing: asyncio.Task[None] | None = None

    def hurry(self) -> None:
        """Wait for nothing more."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class Ladders:
    """Takes every message, keeps those of legs, and finds them again."""

    def __init__(self, store: SipStore, linger_s: float = LINGER_S) -> None:
        self._store = store
        self._linger_s = linger_s
        self._legs: dict[str, _Leg] = {}
        self._legs_of: dict[str, list[str]] = {}
        """By Call-ID: two legs, where the gateway called itself."""
        self._strangers: OrderedDict[str, list[SipMessage]] = OrderedDict()

    def __len__(self) -> int:
        """How many are in memory."""
        return len(self._legs)

    def add(self, message: SipMessage) -> None:
        """A message came in or went out."""
        legs = self._legs_of.get(message.call_id)
        if legs is None:
            self._wait(message)
            return
        for leg_id in legs:
            self._legs[leg_id].ladder.add(message)

    def follow(self, leg_id: str, call_id: str) -> None:
        """A call is a leg's, and what was heard of it already."""
        leg = self._legs.setdefault(leg_id, _Leg())
        leg.hurry()
        leg.live.add(call_id)
        if call_id in leg.known:
            return
        leg.known.add(call_id)
        self._legs_of.setdefault(call_id, []).append(leg_id)
        for message in self._strangers.pop(call_id, ()):
            leg.ladder.add(message)
        if len(self._legs) > MAX_LADDERS:
            oldest = next(known for known, each in self._legs.items() if each.writing is None)
            self._legs[oldest].live.clear()
            self._put_away(oldest)

    def over(self, leg_id: str, call_id: str) -> None:
        """A call of a leg has ended; with its last one the ladder is written soon."""
        leg = self._legs.get(leg_id)
        if leg is None:
            return
        leg.live.discard(call_id)
        if not leg.live and leg.timer is None:
            loop = asyncio.get_running_loop()
            leg.timer = loop.call_later(self._linger_s, self._put_away, leg_id)

    async def of(self, leg_id: str) -> LegTraceRecord:
        """What is known of a leg; the caller has found out whose leg it is."""
        leg = self._legs.get(leg_id)
        if leg is not None:
            return leg.ladder.record(leg_id)
        return await self._store.leg_trace(leg_id) or LegTraceRecord(leg_id=leg_id)

    async def forget(self, leg_id: str) -> None:
        """Keep nothing of a leg."""
        leg = self._part(leg_id)
        if leg is not None and leg.writing is not None:
            await leg.writing
        await self._store.forget_leg_trace(leg_id)

    async def close(self) -> None:
        """Write what is in memory."""
        for leg_id, leg in list(self._legs.items()):
            leg.live.clear()
            self._put_away(leg_id)
        await asyncio.gather(*(leg.writing for leg in self._legs.values() if leg.writing is not None))

    def _wait(self, message: SipMessage) -> None:
        """Keep a message until a leg claims it, or others have come."""
        waiting = self._strangers.setdefault(message.call_id, [])
        self._strangers.move_to_end(message.call_id)
        if len(waiting) < MAX_OF_STRANGER:
            waiting.append(message)
        if len(self._strangers) > MAX_STRANGERS:
            self._strangers.popitem(last=False)

    def _put_away(self, leg_id: str) -> None:
        leg = self._legs[leg_id]
        leg.hurry()
        if leg.writing is None:
            leg.writing = asyncio.create_task(self._write(leg_id, leg))

    async def _write(self, leg_id: str, leg: _Leg) -> None:
        """Let go of a leg once it is in the store, so that it can be read at any time."""
        try:
            await self._store.keep_leg_trace(leg.ladder.record(leg_id))
        except Unavailable as error:
            log.warning("the messages of leg %s are lost: %s", leg_id, error)
        leg.writing = None
        if not leg.live and leg.timer is None and self._legs.get(leg_id) is leg:
            self._part(leg_id)

    def _part(self, leg_id: str) -> _Leg | None:
        """Take a leg out of memory."""
        leg = self._legs.pop(leg_id, None)
        if leg is None:
            return None
        leg.hurry()
        for call_id in leg.known:
            legs = self._legs_of[call_id]
            legs.remove(leg_id)
            if not legs:
                del self._legs_of[call_id]
        return leg
