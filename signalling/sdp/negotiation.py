"""One side of the offer/answer exchange (RFC 3264) over one audio stream."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from signalling.sdp.agreement import Ours, agree, renew
from signalling.sdp.audio import PeerAudio, find_audio, read_audio
from signalling.sdp.compose import Session, answered_audio, offered_audio, rejected
from signalling.sdp.errors import SdpError
from signalling.sdp.formats import PayloadTypes
from signalling.sdp.ice import LITE
from signalling.sdp.kept import Kept
from signalling.sdp.model import MediaDescription, Origin, SessionDescription
from signalling.sdp.parse import parse
from signalling.sdp.secrets import RandomBytes, Secrets, nothing_random
from signalling.sdp.stream import Direction, LocalMedia, SrtpPolicy, StreamSpec
from signalling.sdp.write import write
from signalling.sip.table import advance

__all__ = ["OfferAnswer", "SdpError", "State"]


class State(StrEnum):
    """Whose offer is open."""

    STABLE = "stable"
    LOCAL_OFFER = "local-offer"
    REMOTE_OFFER = "remote-offer"


Input = Literal["offer", "answer", "receive_offer", "receive_answer", "rollback"]

TABLE: Mapping[tuple[State, Input], State] = {
    (State.STABLE, "offer"): State.LOCAL_OFFER,
    (State.STABLE, "receive_offer"): State.REMOTE_OFFER,
    (State.LOCAL_OFFER, "receive_answer"): State.STABLE,
    (State.LOCAL_OFFER, "rollback"): State.STABLE,
    (State.REMOTE_OFFER, "answer"): State.STABLE,
    (State.REMOTE_OFFER, "rollback"): State.STABLE,
}

OTHERS: Mapping[SrtpPolicy, tuple[SrtpPolicy, ...]] = {"optional": ("always", "never")}
"""What a peer may want that refuses keys in a plain stream: a profile that says so, or no keys."""


@dataclass(frozen=True, slots=True)
class _Received:
    """The peer's open offer: all of it, and the streams that we could take part in, by place."""

    description: SessionDescription
    usable: Mapping[int, PeerAudio] = field(repr=False)


class OfferAnswer:
    """Offers, answers, and the stream that came of them.

    A verb at the wrong time raises IllegalTransition. A verb that raises SdpError leaves the stream and the
    open offer as they were: the offer stays open until it is answered or rolled back.
    """

    def __init__(self, session_id: int = 1, random: RandomBytes = nothing_random) -> None:
        """`random` makes keys for SRTP and logins for ICE; a session that has none agrees to neither."""
        self.state = State.STABLE
        self.stream: StreamSpec | None = None
        """What was agreed on last; an open offer does not touch it."""
        self._session_id = session_id
        self._numbers = PayloadTypes()
        self._secrets = Secrets(random)
        self._sent: SessionDescription | None = None
        self._streams: tuple[MediaDescription, ...] = ()
        self._place = 0
        self._protocol = ""
        self._offered: tuple[LocalMedia, Direction] | None = None
        self._others: tuple[SrtpPolicy, ...] = ()
        """As what the open offer could be made again."""
        self._received: _Received | None = None

    @classmethod
    def going_on(cls, kept: Kept, random: RandomBytes) -> "OfferAnswer":
        """Go on where another left off, with secrets of our own."""
        exchange = cls(int(kept.sent.origin.session_id), random)
        exchange.stream = kept.stream
        exchange._sent, exchange._streams, exchange._place = kept.sent, kept.sent.media, kept.place
        exchange._protocol = kept.protocol
        exchange._numbers.learn(kept.encodings.items())
        return exchange

    @property
    def kept(self) -> Kept | None:
        """What it takes to go on elsewhere; None before there is a stream. An open offer is left out."""
        if self._sent is None or self.stream is None:
            return None
        return Kept(self._sent, self._place, self._protocol, self.stream, self._numbers.encodings)

    def offer(self, local: LocalMedia, direction: Direction = "sendrecv") -> bytes:
        """Write an offer. Streams of earlier exchanges keep their places (RFC 3264 section 8)."""
        state = advance(TABLE, self.state, "offer")
        session = Session(self._numbers, self._secrets, self.stream, self._protocol)
        audio = self._streams[self._place] if self._is_out else offered_audio(local, direction, session)
        sdp = self._write(local, self._streams or (audio,), self._place, audio)
        self._offered = (local, direction)
        self._others = OTHERS.get(local.srtp, ()) if self.stream is None else ()
        self.state = state
        return sdp

    def offer_otherwise(self) -> bytes | None:
        """Offer the first stream under the next policy that ours allows; None when there is no other."""
        if self._offered is None or not self._others:
            return None
        (local, direction), (policy, *others) = self._offered, self._others
        self.rollback()
        sdp = self.offer(replace(local, srtp=policy), direction)
        self._others = tuple(others)
        return sdp

    def receive_answer(self, sdp: bytes) -> StreamSpec:
        """Read the answer to our offer. Raises SdpError for no SDP, a rejected stream or a strange codec."""
        state = advance(TABLE, self.state, "receive_answer")
        if self._offered is None:
            raise SdpError("nothing was offered")
        description = parse(sdp)
        if self._is_out:
            return self._silence(state)
        peer = read_audio(description, self._place)
        stream = agree(peer, Ours(*self._offered, self._secrets, self.stream, self._numbers))
        self._settle(peer, stream, state)
        return stream

    def receive_offer(self, sdp: bytes) -> None:
        """Read an offer. Raises SdpError when none of its streams can be used at all.

        One that takes out the stream that runs, by port 0, is as good as others (RFC 3264 section 8.2).
        """
        state = advance(TABLE, self.state, "receive_offer")
        description = parse(sdp)
        self._received = _Received(description, self._usable(description))
        self.state = state

    def check(self, local: LocalMedia) -> None:
        """Raise the SdpError that an answer to the open offer would raise; nothing changes."""
        if self._received is not None:
            _choose(self._received, Ours(local, "sendrecv", Secrets(bytes), None))

    def answer(self, local: LocalMedia, direction: Direction = "sendrecv") -> tuple[bytes, StreamSpec]:
        """Write the answer to the peer's offer; all its streams but one are rejected in it.

        That is the first which our policy takes. `direction` is our wish; the stream's is what the offer
        leaves of it. Raises SdpError when no codec is common, or when encryption is wanted by one side alone.
        """
        state = advance(TABLE, self.state, "answer")
        if self._received is None:
            raise SdpError("nothing was received")
        if not self._received.usable:
            return self._agree_to_silence(local, self._received.description.media, state)
        ours = Ours(local, direction, self._secrets, self.stream)
        place, peer = _choose(self._received, ours)
        if self.stream is not None:
            renew(peer, self._secrets, self.stream)
        stream = agree(peer, ours)
        self._numbers.learn(peer.formats.all)
        sdp = self._write(local, self._received.description.media, place, answered_audio(local, peer, stream))
        self._settle(peer, stream, state)
        return sdp, stream

    def rollback(self) -> None:
        """Forget the open offer, ours or the peer's: the stream stays what it was."""
        self._close(advance(TABLE, self.state, "rollback"))

    @property
    def _is_out(self) -> bool:
        """The peer has taken the stream out, and has not yet put it back."""
        return bool(self._streams) and not self._streams[self._place].port

    def _usable(self, description: SessionDescription) -> Mapping[int, PeerAudio]:
        try:
            return find_audio(description)
        except SdpError:
            place = self._place
            runs = self.stream is not None and place < len(description.media)
            if runs and not description.media[place].port:
                return {}
            raise

    def _agree_to_silence(
        self, local: LocalMedia, streams: tuple[MediaDescription, ...], state: State
    ) -> tuple[bytes, StreamSpec]:
        sdp = self._write(local, streams, self._place, rejected(streams[self._place]))
        return sdp, self._silence(state)

    def _silence(self, state: State) -> StreamSpec:
        """End an exchange by which nothing is heard either way, until a stream is put back."""
        if self.stream is None:
            raise SdpError("nothing has run yet")
        self.stream = replace(self.stream, direction="inactive")
        self._close(state)
        return self.stream

    def _settle(self, peer: PeerAudio, stream: StreamSpec, state: State) -> None:
        self.stream = stream
        self._protocol = peer.protocol
        self._close(state)

    def _close(self, state: State) -> None:
        self._offered = None
        self._received = None
        self.state = state

    def _write(
        self, local: LocalMedia, streams: tuple[MediaDescription, ...], place: int, audio: MediaDescription
    ) -> bytes:
        """Write `audio` at its place among rejected streams. The version rises when anything has changed."""
        media = tuple(audio if index == place else rejected(stream) for index, stream in enumerate(streams))
        last = self._sent
        version = last.origin.version if last else "1"
        origin = Origin(str(self._session_id), version, local.address)
        attributes = LITE if audio.values("ice-ufrag") else ()
        description = SessionDescription(origin, connection=local.address, attributes=attributes, media=media)
        if last is not None and description != last:
            description = replace(description, origin=replace(origin, version=str(int(version) + 1)))
        sdp = write(description)
        self._sent, self._streams, self._place = description, media, place
        return sdp


def _choose(received: _Received, ours: Ours) -> tuple[int, PeerAudio]:
    """Choose the first stream that our policy takes. Raises the first SdpError when it takes none."""
    faults: list[SdpError] = []
    for place, peer in received.usable.items():
        try:
            agree(peer, ours)
        except SdpError as error:
            faults.append(error)
        else:
            return place, peer
    raise faults[0]
