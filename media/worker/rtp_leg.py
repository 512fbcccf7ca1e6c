"""One RTP leg of a worker: its ports, who carries it, and how that changes with the peer's SDP.

The engine opens every such leg. What it cannot carry it hands over, socket and row, to a SoftLeg, and takes
back when the peer changes its mind. Each change of a stream goes through the engine, in commands that it
takes between two ticks: there is one who writes the row at any time.
"""

import secrets
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import msgspec

from media.codecs import g711
from media.codecs.codec import FORMATS
from media.control import Direction, LegQuality, StartRtp
from media.control.lending import Pair
from media.engine import records
from media.engine.engine import Engine
from media.engine.ports import EnginePort
from media.engine.state import FREE, PORT, RATE, RTP
from media.engine.syscalls import endpoint
from media.legs.soft.chorus import Chorus
from media.legs.soft.leg import SoftLeg, suits_engine
from media.legs.soft.path import Path, PathListener, Trust
from media.legs.soft.receiver import Listener
from media.rtp.dtls import Identity
from media.rtp.kept_keys import KeptKeys
from media.rtp.srtp import BadKey
from media.worker.ledger import Ledger
from media.worker.luggage import Luggage
from media.worker.refusal import Refusal
from media.worker.rtcp import Reporter, RtcpSession, Way

DIRECTIONS: dict[Direction, int] = {
    "sendrecv": records.HEARS | records.SENDS,
    "sendonly": records.SENDS,
    "recvonly": records.HEARS,
    "inactive": 0,
}
NO_TYPE = -1
MAX_PENDING = 4
"""Changes of a stream between two ticks; `media.rtp.srtp` keeps the sessions of twice as many."""


class Tell(NamedTuple):
    """Who is told what a leg notices; the first argument is its row, as in the engine's events."""

    latched: Callable[[int, int], None]
    """The endpoint that is believed."""
    digit: Callable[[int, int, int], None]
    """Code, and milliseconds."""
    keys_failed: Callable[[int, str, str], None]
    """With whom, and why."""


class Shared(NamedTuple):
    """What the RTP legs of a worker have in common."""

    engine: Engine
    ledger: Ledger
    reporter: Reporter
    identity: Identity


class RtpLeg:
    """From OpenRtp until the engine has let go of it."""

    def __init__(
        self, shared: Shared, row: int, pair: Pair, tell: Tell, luggage: Luggage | None = None
    ) -> None:
        """`luggage`: of a leg that another worker carried, whose rows have been filled with it."""
        engine = self._engine = shared.engine
        self._row = row
        self.pair = pair
        self._rtcp = RtcpSession(engine.state, row, pair.rtcp, shared.reporter)
        listener = Listener(partial(tell.latched, row), partial(tell.digit, row), self._rtcp.hear)
        path_listener = PathListener(listener.latched, partial(tell.keys_failed, row))
        kept = KeptKeys(shared.ledger.marks[row], shared.ledger.agreed[row])
        self._path = Path(engine.state, row, pair.rtp, Trust(shared.identity, kept), path_listener)
        self._soft = SoftLeg(engine.state, row, pair.rtp, self._path, listener)
        self._plan: StartRtp | None = None
        """What the soft leg is to carry; None while the engine does."""
        self._codec = ""
        self.hears = False
        """The peer may send."""
        self._awaited = 0
        """Times that the engine has been asked to hand the leg over, and has not yet."""
        self._keyed: list[int] = []
        """Of the commands with keys that the engine may not have taken yet, the numbers."""
        self.sends_digits = False
        self._taken_over = int(engine.state.legs.kind[row]) if luggage is None else luggage.kind
        """RTP or PORT, as whom another worker left it; FREE for a leg that is new."""
        if luggage is not None:
            pushed = int(engine.state.ports.pushed[row])
            engine.command(records.ADOPT, row, luggage.kind, pair.rtp.fileno(), luggage.due, pushed)
        if self._taken_over != FREE:
            self._path.go_on()
            return
        kept.forget()
        ssrc, timestamp, sequence = secrets.randbits(32), secrets.randbits(32), secrets.randbits(16)
        # Now, while the row is nobody's: digits may be put before the engine opens it with its next tick.
        sender = engine.state.sender
        sender.digits_taken[row] = sender.digits_put[row]
        engine.state.tones.wanted[row] = 0
        engine.command(records.OPEN_RTP, row, pair.rtp.fileno(), ssrc, sequence, timestamp)

    def start(self, command: StartRtp) -> None:
        """Apply the outcome of an offer/answer exchange. Raises Refusal, and then nothing has changed."""
        remote = _endpoint(command.remote_host, command.remote_port)
        self._refuse_haste()
        try:
            self._path.set(command)
        except BadKey as error:
            raise Refusal(str(error)) from None
        was_soft = self._plan is not None or self._taken_over == PORT
        if self._plan is not None:
            self._soft.pause()
        # Before anything that lets the engine send: an agreement on keys is never followed by plain RTP.
        self._keyed.append(int(self._engine.state.rings.commands_put[0]))
        self._engine.command(records.KEY_RTP, self._row, *self._path.keys.words)
        events = NO_TYPE if command.dtmf_payload_type is None else command.dtmf_payload_type
        noise = NO_TYPE if command.cn_payload_type is None else command.cn_payload_type
        self.sends_digits = events != NO_TYPE or command.in_band_dtmf
        self._engine.state.tones.wanted[self._row] = command.in_band_dtmf
        codec, direction = g711.CODECS.get(command.codec, g711.PCMU), _direction(command)
        self._engine.command(
            records.START_RTP,
            self._row,
            remote,
            command.payload_type,
            events,
            codec,
            direction,
            noise,
            _signalled(command.signalling_host),
        )
        self._plan = None if suits_engine(command) else command
        self._taken_over = FREE
        if self._plan is not None:
            self._hand_over(self._plan)
        elif was_soft:
            self._engine.command(records.CARRY, self._row, RTP, 0, 0)
        self._codec, self.hears = command.codec, bool(direction & records.HEARS)
        shared = self.pair.rtp if command.rtcp_mux else None
        self._rtcp.travel(Way(self._path.keys, shared, FORMATS[command.codec].clock))
        self._rtcp.start()

    def _refuse_haste(self) -> None:
        """A session must not go while the engine may still use it. Raises Refusal."""
        taken = int(self._engine.state.rings.commands_taken[0])
        self._keyed = [at for at in self._keyed if at >= taken]
        if len(self._keyed) >= MAX_PENDING:
            raise Refusal("the stream changes faster than it can be carried")

    def _hand_over(self, plan: StartRtp) -> None:
        pushed = int(self._engine.state.ports.pushed[self._row])
        rate = FORMATS[plan.codec].rate // RATE
        self._engine.command(records.CARRY, self._row, PORT, rate, pushed)
        self._awaited += 1

    def handed_over(self, heard: int) -> None:
        """The engine has let go of the leg, at this number of frames; later plans may have come since."""
        self._awaited -= 1
        if self._awaited == 0 and self._plan is not None:
            rate = FORMATS[self._plan.codec].rate
            self._soft.resume(self._plan, EnginePort(self._engine.state, self._row, rate, heard))

    @property
    def rate(self) -> int:
        """In Hz, at which it is talked to."""
        return FORMATS[self._codec].rate if self._codec else RATE

    def join(self, chorus: Chorus) -> None:
        """Another 20 ms have passed."""
        chorus.add(self._soft)

    def take_dropped(self) -> int:
        """Packets that the soft leg has refused since the last call."""
        return self._soft.take_dropped()

    @property
    def kind(self) -> int:
        """Who carries it: RTP for the engine, PORT for the control thread."""
        return RTP if self._plan is None else PORT

    def close(self, *, goodbye: bool = True) -> None:
        """Say BYE, unless another worker goes on, and give the ports back; the engine has let go."""
        self._rtcp.close(goodbye=goodbye)
        self.pair.close()

    def quality(self, name: str) -> LegQuality:
        """What was counted over the leg's life."""
        return msgspec.structs.replace(self._rtcp.quality(name), codec=self._codec)


def _direction(command: StartRtp) -> int:
    only_sends = command.direction == "sendonly" and command.is_trusted
    return DIRECTIONS[command.direction] | (records.LISTENED_TO if only_sends else 0)


def _endpoint(host: str, port: int) -> int:
    try:
        return endpoint(host, port)
    except OSError:
        raise Refusal(f"{host} is no IPv4 address") from None


def _signalled(host: str | None) -> int:
    """The address; 0 where signalling comes by IPv6, or from who knows where."""
    try:
        return endpoint(host, 0) >> 16 if host else 0
    except OSError:
        return 0
