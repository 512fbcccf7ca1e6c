"""One side of the offer/answer exchange (RFC 3264) over one audio stream."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Literal

from signalling.sdp.audio import (
    DTMF_PAYLOAD_TYPE,
    PeerAudio,
    answered_audio,
    find_audio,
    offered_audio,
    read_audio,
    rejected,
)
from signalling.sdp.errors import SdpError
from signalling.sdp.model import MediaDescription, Origin, SessionDescription
from signalling.sdp.parse import parse
from signalling.sdp.stream import Direction, LocalMedia, StreamSpec
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


class OfferAnswer:
    """Offers, answers, and the stream that came of them.

    A verb at the wrong time raises IllegalTransition. A verb that raises SdpError changes nothing: the offer
    stays open until it is answered or rolled back.
    """

    def __init__(self, session_id: int = 1) -> None:
        self.state = State.STABLE
        self.stream: StreamSpec | None = None
        """What was agreed on last; an open offer does not touch it."""
        self._session_id = session_id
        self._sent: SessionDescription | None = None
        self._streams: tuple[MediaDescription, ...] = ()
        self._place = 0
        self._offered: tuple[LocalMedia, Direction] | None = None
        self._received: tuple[SessionDescription, int, PeerAudio] | None = None

    def offer(self, local: LocalMedia, direction: Direction = "sendrecv") -> bytes:
        """Write an offer. Streams of earlier exchanges keep their places (RFC 3264 section 8)."""
        state = advance(TABLE, self.state, "offer")
        dtmf = self.stream.dtmf_payload_type if self.stream else None
        audio = offered_audio(local, direction, dtmf or DTMF_PAYLOAD_TYPE)
        sdp = self._write(local, self._streams or (audio,), self._place, audio)
        self._offered = (local, direction)
        self.state = state
        return sdp

    def receive_answer(self, sdp: bytes) -> StreamSpec:
        """Read the answer to our offer. Raises SdpError for no SDP, a rejected stream or a strange codec."""
        state = advance(TABLE, self.state, "receive_answer")
        if self._offered is None:
            raise SdpError("nothing was offered")
        local, direction = self._offered
        self.stream = read_audio(parse(sdp), self._place).agree(local.codecs, direction)
        self._close(state)
        return self.stream

    def receive_offer(self, sdp: bytes) -> None:
        """Read an offer. Raises SdpError when none of its streams can be used at all."""
        state = advance(TABLE, self.state, "receive_offer")
        description = parse(sdp)
        self._received = (description, *find_audio(description))
        self.state = state

    def answer(self, local: LocalMedia, direction: Direction = "sendrecv") -> tuple[bytes, StreamSpec]:
        """Write the answer to the peer's offer; all its streams but one are rejected in it.

        `direction` is our wish; the stream's is what the offer leaves of it. Raises SdpError when no codec is
        common.
        """
        state = advance(TABLE, self.state, "answer")
        if self._received is None:
            raise SdpError("nothing was received")
        description, place, peer = self._received
        stream = peer.agree(local.codecs, direction)
        sdp = self._write(local, description.media, place, answered_audio(local, stream))
        self.stream = stream
        self._close(state)
        return sdp, stream

    def rollback(self) -> None:
        """Forget the open offer, ours or the peer's: the stream stays what it was."""
        self._close(advance(TABLE, self.state, "rollback"))

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
        description = SessionDescription(origin, connection=local.address, media=media)
        if last is not None and description != last:
            description = replace(description, origin=replace(origin, version=str(int(version) + 1)))
        sdp = write(description)
        self._sent, self._streams, self._place = description, media, place
        return sdp
