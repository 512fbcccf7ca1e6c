"""The legs of a worker: opening, starting, moving between rooms, closing."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from media.control import (
    Conceal,
    Dtmf,
    Join,
    KeysFailed,
    LegQuality,
    Notice,
    OpenWebsocket,
    Restrict,
    RtpLatched,
    RtpOpened,
    RtpSilent,
    SendDtmf,
    SetAudio,
    Speaking,
    StartRtp,
)
from media.control.lending import Pair
from media.engine import records
from media.engine.engine import Engine
from media.engine.ports import EnginePort
from media.engine.state import DIGITS, FREE, RATE
from media.engine.syscalls import host_and_port
from media.legs.crowd import Crowd
from media.legs.soft.chorus import Chorus
from media.legs.websocket import WebsocketLeg
from media.rtp.dtls import Identity
from media.rtp.sending import PAUSE
from media.worker import restrictions
from media.worker.ledger import Ledger
from media.worker.luggage import Luggage, pack, unpack
from media.worker.refusal import Refusal
from media.worker.restrictions import EVERYBODY, Restriction
from media.worker.rooms import Room, Rooms
from media.worker.rows import Rows
from media.worker.rtcp import Reporter
from media.worker.rtp_leg import RtpLeg, Shared, Tell
from media.worker.silence import Silence
from media.worker.sockets import Loans

DIGITS_BY_CODE = "0123456789*#ABCD"
"""RFC 4733 section 3.2, table 4."""
DIGIT_CODES = {digit: code for code, digit in enumerate(DIGITS_BY_CODE)}
GOODBYE_S = 2.0
"""How long BYE, and the websockets' closing, may take at the end of the worker."""
NOWHERE = -1
WEBSOCKET_DIGIT_MS = 100
"""What an application is told about a digit that was not pressed but sent."""


@dataclass(slots=True)
class Leg:
    """One leg and what is its own."""

    name: str
    row: int
    room: Room | None = None
    rtp: RtpLeg | None = None
    websocket: WebsocketLeg | None = None
    concealed: bool = False
    packed: "asyncio.Future[Luggage | None] | None" = None
    """What waits for its luggage: it moves to another worker."""
    restriction: Restriction = EVERYBODY

    @property
    def rate(self) -> int:
        """Times RATE at which it is talked to."""
        if self.websocket is not None:
            return self.websocket.rate // RATE
        return self.rtp.rate // RATE if self.rtp is not None else 1


class Carriage(NamedTuple):
    """What RTP travels by."""

    loans: Loans
    identity: Identity


class Legs:
    """All legs. `notify` takes what the gateway should know."""

    def __init__(
        self,
        engine: Engine,
        ledger: Ledger,
        rooms: Rooms,
        carriage: Carriage,
        notify: Callable[[Notice], None],
    ) -> None:
        self._engine = engine
        self._rooms = rooms
        self._notify = notify
        self._loans = carriage.loans
        self._shared = Shared(engine, ledger, Reporter(engine.state.legs.kind.size), carriage.identity)
        self._rows = Rows(ledger.legs, "legs")
        self._legs: dict[str, Leg] = {}
        self._by_row: dict[int, Leg] = {}
        self._closing: dict[int, Leg] = {}
        self._gone = asyncio.Event()
        self._crowd = Crowd(engine.state)
        self._chorus = Chorus()
        self._silence = Silence(engine.state.legs.kind.size)
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._legs)

    def __iter__(self) -> Iterator[Leg]:
        return iter(list(self._legs.values()))

    @property
    def pairs(self) -> dict[str, Pair]:
        """The sockets of every RTP leg that has not gone, by the leg's name."""
        legs = (*self._legs.values(), *self._closing.values())
        return {leg.name: leg.rtp.pair for leg in legs if leg.rtp is not None}

    def find(self, name: str) -> Leg:
        """The open leg of that name. Raises Refusal."""
        try:
            return self._legs[name]
        except KeyError:
            raise Refusal("there is no such leg") from None

    def admit(self, name: str) -> tuple[Leg, Pair]:
        """A new leg with a row, and the sockets that were lent for it. Raises Refusal."""
        pair = self._loans.take(name)
        try:
            return self._add(name), pair
        except Refusal:
            pair.close()
            raise

    def open_rtp(self, leg: Leg, pair: Pair, luggage: Luggage | None) -> None:
        """Let a leg that has been admitted use its sockets; it may come from another worker."""
        if luggage is not None and self._engine.state.legs.kind[leg.row] != FREE:
            # Whoever opened it before died after that, and what it left is newer.
            luggage = None
        if luggage is not None:
            unpack(luggage, self._engine.state, self._shared.ledger, leg.row)
        tell = Tell(self.latched, self.digit, self.keys_failed)
        leg.rtp = RtpLeg(self._shared, leg.row, pair, tell, luggage)
        self._notify(RtpOpened(leg=leg.name, port=pair.port))

    def start_rtp(self, command: StartRtp) -> None:
        """Apply the outcome of an offer/answer exchange. Raises Refusal."""
        leg = self.find(command.leg)
        if leg.rtp is None:
            raise Refusal("this is no RTP leg")
        leg.rtp.start(command)
        self._silence.expect(leg.row, due=leg.rtp.hears)

    def handed_over(self, row: int, heard: int) -> None:
        """The engine has let go of an RTP leg that it does not carry."""
        leg = self._by_row.get(row)
        if leg is not None and leg.rtp is not None:
            leg.rtp.handed_over(heard)

    def open_websocket(self, command: OpenWebsocket) -> None:
        """Connect to an application; the outcome comes as a notice. Raises Refusal."""
        leg = self._add(command.leg)
        pushed = int(self._engine.state.ports.pushed[leg.row])
        self._engine.command(records.OPEN_PORT, leg.row, command.rate // RATE, pushed)
        port = EnginePort(self._engine.state, leg.row, command.rate)
        leg.websocket = WebsocketLeg(command, port, self._notify)
        task = asyncio.create_task(leg.websocket.run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def join(self, command: Join) -> Room:
        """Put a leg into a room, out of the one it was in: the room it is in now. Raises Refusal."""
        leg = self.find(command.leg)
        if leg.room is not None and leg.room.name == command.room:
            return leg.room
        self._leave_room(leg)
        leg.room = self._rooms.enter(command.room, leg.name)
        self._apply_restriction(leg)
        return leg.room

    def move(self, leg: Leg) -> None:
        """Let the engine mix the leg where it is now."""
        row = NOWHERE if leg.room is None else leg.room.row
        self._engine.command(records.MOVE, leg.row, row)

    def leave(self, leg: Leg) -> None:
        """Take a leg out of its room."""
        self._leave_room(leg)
        self.move(leg)

    def _leave_room(self, leg: Leg) -> None:
        if leg.room is not None:
            self._rooms.leave(leg.room, leg.name)
            leg.room = None

    def set_audio(self, command: SetAudio) -> None:
        """Mute and earmuff, and what is to be told of its voice. Raises Refusal."""
        leg = self.find(command.leg)
        self._engine.state.voices.quietest[leg.row] = command.voice_level
        self._engine.state.legs.muted[leg.row] = command.muted
        self._engine.state.legs.earmuffed[leg.row] = command.earmuffed

    def restrict(self, command: Restrict) -> None:
        """Say who of its room hears a leg, and whom it hears. Raises Refusal."""
        leg = self.find(command.leg)
        leg.restriction = restrictions.read(command)
        self._apply_restriction(leg)

    def _apply_restriction(self, leg: Leg) -> None:
        restrictions.apply(self._engine.state, leg, self._companions(leg))

    def _companions(self, leg: Leg) -> Iterator[Leg]:
        """The others in its room."""
        names = leg.room.legs if leg.room is not None else ()
        return (self._legs[name] for name in names if name != leg.name)

    def conceal(self, command: Conceal) -> None:
        """Keep what a leg says, and its digits, from everybody but the gateway. Raises Refusal."""
        leg = self.find(command.leg)
        leg.concealed = command.concealed
        self._engine.state.legs.concealed[leg.row] = command.concealed

    def send_dtmf(self, command: SendDtmf) -> None:
        """Send digits, after those that are being sent. Raises Refusal."""
        leg = self.find(command.leg)
        codes = [_digit_code(digit) for digit in command.digits]
        if leg.websocket is not None:
            for digit in command.digits.upper().replace("P", ""):
                leg.websocket.send_dtmf(digit, WEBSOCKET_DIGIT_MS)
            return
        if leg.rtp is None or not leg.rtp.sends_digits:
            raise Refusal("the peer takes no telephone-events")
        sender = self._engine.state.sender
        put = int(sender.digits_put[leg.row])
        if put + len(codes) - int(sender.digits_taken[leg.row]) > DIGITS:
            raise Refusal(f"more than {DIGITS} digits would be waiting to be sent")
        for k, code in enumerate(codes):
            sender.digits[leg.row, (put + k) % DIGITS] = code
        records.publish(sender.digits_put, leg.row, put + len(codes))

    def close(self, leg: Leg) -> None:
        """Forget a leg; its row is free again when the engine has let go of it."""
        self._leave_room(leg)
        self._remove(leg)
        self._closing[leg.row] = leg
        if leg.websocket is not None:
            leg.websocket.close()
        self._engine.command(records.CLOSE_LEG, leg.row)

    def pack(self, leg: Leg) -> "asyncio.Future[Luggage | None]":
        """Let go of a leg that moves; a websocket has no luggage. Awaited when the engine has let go."""
        leg.packed = asyncio.get_running_loop().create_future()
        self.close(leg)
        return leg.packed

    def closed(self, row: int, due: int) -> None:
        """The engine has let go of a leg, which is not in the tick that was due then any more."""
        leg = self._closing.pop(row)
        if not self._legs and not self._closing:
            self._gone.set()
        if leg.packed is not None:
            leg.packed.set_result(self._luggage(leg, due))
        elif leg.rtp is not None:
            self._notify(leg.rtp.quality(leg.name))
        else:
            self._notify(LegQuality(leg=leg.name))
        if leg.rtp is not None:
            leg.rtp.close(goodbye=leg.packed is None)
        self._rows.give_back(row)

    def _luggage(self, leg: Leg, due: int) -> Luggage | None:
        if leg.rtp is None:
            return None
        return pack(self._engine.state, self._shared.ledger, leg.row, leg.rtp.kind, due)

    async def gone(self) -> None:
        """Wait until all legs that were closed have gone, but not longer than GOODBYE_S."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await asyncio.gather(*self._tasks)
                if self._closing:
                    await self._gone.wait()

    def latched(self, row: int, source: int) -> None:
        """The engine believes a source."""
        leg = self._by_row.get(row)
        if leg is not None:
            host, port = host_and_port(source)
            self._notify(RtpLatched(leg=leg.name, host=host, port=port))

    def keys_failed(self, row: int, host: str, reason: str) -> None:
        """A leg will not have the keys that it waits for."""
        leg = self._by_row.get(row)
        if leg is not None:
            self._notify(KeysFailed(leg=leg.name, host=host, reason=reason))

    def digit(self, row: int, code: int, duration_ms: int) -> None:
        """A leg has sent a digit: the gateway is told and, unless it is concealed, who is in its room."""
        leg = self._by_row.get(row)
        if leg is None:
            return
        digit = DIGITS_BY_CODE[code]
        self._notify(Dtmf(leg=leg.name, digit=digit, duration_ms=duration_ms))
        for other in self._companions(leg) if not leg.concealed else ():
            if other.websocket is not None:
                other.websocket.send_dtmf(digit, duration_ms)

    def speaking(self, row: int, speaks: int, level: int) -> None:
        """A leg has begun or ended to speak; one that is being closed has ended."""
        leg = self._by_row.get(row) or self._closing.get(row)
        if leg is not None:
            self._notify(Speaking(leg=leg.name, speaks=bool(speaks), level_dbov=-level))

    def tick(self) -> None:
        """Let the legs that the engine does not carry move their audio, each after its beat."""
        for row in self._engine.served_ports():
            leg = self._by_row.get(row)
            if leg is None:
                continue
            if leg.websocket is not None:
                leg.websocket.tick(self._crowd)
            elif leg.rtp is not None:
                leg.rtp.join(self._chorus)
        self._crowd.send()
        self._chorus.tick()

    def look_for_silence(self, now: float) -> None:
        """Tell of peers that ought to be heard and are not."""
        packets = self._engine.state.reception.packets
        for row, silent_s in self._silence.look(packets, now):
            heard = bool(packets[row])
            self._notify(RtpSilent(leg=self._by_row[row].name, silent_s=silent_s, heard=heard))

    def take_dropped(self) -> int:
        """Packets that soft legs have refused since the last call."""
        return sum(leg.rtp.take_dropped() for leg in self._legs.values() if leg.rtp is not None)

    def _add(self, name: str) -> Leg:
        if name in self._legs:
            raise Refusal("there is such a leg already")
        was_left = self._rows.was_left(name)
        leg = Leg(name, self._rows.take(name))
        audio = self._engine.state.legs
        # One that another worker left stays muted until the gateway has said again what it is.
        for switch in () if was_left else (audio.muted, audio.earmuffed, audio.concealed, audio.restricted):
            switch[leg.row] = 0
        if not was_left:
            self._engine.state.voices.quietest[leg.row] = 0
        self._legs[name] = self._by_row[leg.row] = leg
        return leg

    def settle(self) -> None:
        """Forget what another worker left and the gateway has not asked for again."""
        self._rows.settle()

    def _remove(self, leg: Leg) -> None:
        del self._legs[leg.name]
        del self._by_row[leg.row]
        self._silence.expect(leg.row, due=False)


def _digit_code(digit: str) -> int:
    if digit in "pP":
        return PAUSE
    try:
        return DIGIT_CODES[digit.upper()]
    except KeyError:
        raise Refusal(f"{digit!r} is no digit") from None
