"""What a soft leg's peer hears: a frame of 20 ms in with every tick, payloads of the agreed length out."""

from typing import NamedTuple

from media.codecs.codec import Codec


class Sound(NamedTuple):
    """A payload, and how far before the end of the newest frame it begins, in units of the RTP clock."""

    payload: bytes
    before: int


class Outbound:
    """Cuts the frames into packets and encodes them."""

    def __init__(self, codec: Codec, ptime_ms: int) -> None:
        self._codec = codec
        packet_ms = codec.packet_ms(ptime_ms)
        self._octets = codec.rate // 1000 * packet_ms * 2
        self._samples = bytearray()

    def clear(self) -> None:
        """Something else is sent instead of what waits for the end of its packet."""
        self._samples.clear()

    def put(self, frame: bytes) -> list[Sound]:
        """The packets that this frame completes."""
        self._samples += frame
        complete = []
        while len(self._samples) >= self._octets:
            before = len(self._samples) // 2 * self._codec.clock // self._codec.rate
            complete.append(Sound(self._codec.encode(bytes(self._samples[: self._octets])), before))
            del self._samples[: self._octets]
        return complete
