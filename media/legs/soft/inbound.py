"""What a soft leg's peer says: packets in, a frame of 20 ms for the mixer whenever it wants one."""

import numpy as np

from media.codecs.codec import Codec
from media.codecs.repeating import REPEATS
from media.errors import Malformed
from media.rtp.ordering import Outcome, PacketBuffer

NOISE_OF_NO_PACKET = 127
"""A level of comfort noise that is silence: -127 dBov (RFC 3389 section 3.1)."""
SILENCE = 0.0


class Inbound:
    """Puts packets into order, decodes them and makes up for those that are missing."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._buffer = PacketBuffer(codec.clock)
        self._frame = codec.rate // 50
        self._samples = bytearray()
        self._made_up = REPEATS
        """Frames in a row that nothing came for; in the beginning there is nothing to go on."""
        self._noise = SILENCE
        """RMS of what sounds in a pause."""
        self._speaks = True
        """Audio has come since that was said."""
        self._rng = np.random.default_rng(0)
        self._refused = 0

    def clear(self) -> None:
        """The peer has begun another stream, or is not listened to any more."""
        self._buffer.clear()
        self._samples.clear()
        self._made_up = REPEATS
        self._noise = SILENCE

    def put(self, timestamp: int, payload: bytes) -> None:
        """A packet of audio."""
        self._speaks = True
        if self._buffer.insert(timestamp, self._codec.span(payload), payload) is not Outcome.STORED:
            self._refused += 1

    def rest(self, payload: bytes) -> None:
        """A packet of comfort noise (RFC 3389): after what has come a pause begins, and sounds like this."""
        level = payload[0] & 0x7F if payload else NOISE_OF_NO_PACKET
        self._noise = 32768 * 10 ** (-level / 20)
        self._speaks = False

    def take_refused(self) -> int:
        """Packets since the last call that could not be played: late, too many, or none of this codec's."""
        refused, self._refused = self._refused, 0
        return refused

    def take(self) -> bytes:
        """The next 20 ms, at the codec's rate."""
        octets = 2 * self._frame
        while len(self._samples) < octets:
            self._samples += self._next()
        frame = bytes(self._samples[:octets])
        del self._samples[:octets]
        return frame

    def _next(self) -> bytes:
        due = self._buffer.take()
        if due is None:
            return self._fill()
        self._made_up = 0
        if self._speaks:
            self._noise = SILENCE
        samples = due.span * self._codec.rate // self._codec.clock
        if due.payload is None:
            return self._codec.conceal(samples, due.following)
        try:
            return self._codec.decode(due.payload)
        except Malformed:
            self._refused += 1
            return self._codec.conceal(samples, None)

    def _fill(self) -> bytes:
        """A frame in a pause: of noise where that is asked for, the end of what was said, or silence."""
        if self._noise > SILENCE:
            # The same frame again and again would hum.
            noise = self._rng.normal(0, self._noise, self._frame)
            return noise.clip(-32768, 32767).astype("<i2").tobytes()
        self._made_up += 1
        if self._made_up > REPEATS:
            return b"\0" * (2 * self._frame)
        return self._codec.conceal(self._frame, None)
