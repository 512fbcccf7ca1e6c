"""What a soft leg's peer says: packets in, a frame of 20 ms for the mixer whenever it wants one."""

import numpy as np

from media.codecs.codec import Codec
from media.dsp.conceal import MADE
from media.dsp.ring import SHORTEST
from media.engine.state import FRAME, RATE, Jitter
from media.errors import Malformed
from media.legs.soft.tempo import Line, Tempo
from media.rtp import pacing
from media.rtp.jitter import LOSS, PAUSE
from media.rtp.ordering import Outcome, PacketBuffer
from media.rtp.playing import PATIENCE, URGENT

NOISE_OF_NO_PACKET = 127
"""A level of comfort noise that is silence: -127 dBov (RFC 3389 section 3.1)."""
SILENCE = 0.0


class Inbound:
    """Puts packets into order, decodes them in time and makes up for those that are missing.

    The figures of its delay are in the row `leg` of `jitter`, as those of a leg that the engine carries.
    """

    def __init__(self, codec: Codec, jitter: Jitter, leg: int) -> None:
        self._codec = codec
        self._jitter = jitter
        self._leg = leg
        self._buffer = PacketBuffer(codec.clock)
        self._tempo = Tempo(codec.rate)
        self._frame = codec.rate // 50
        self._span = codec.clock // 50
        self._rng = np.random.default_rng(0)
        self._refused = 0
        self._zero = 0
        """By which the lags of this stream are reckoned."""
        self.clear()

    def clear(self) -> None:
        """The peer has begun another stream, or is not listened to any more."""
        self._buffer.clear()
        self._samples = np.zeros(0, np.int16)
        """Decoded, and not played yet."""
        self._anchor = 0
        """Position after the last packet that was decoded."""
        self._made_up = 0
        """Samples at 8 kHz since then."""
        self._doubtful = 0
        """Of those, the ones that count as concealed, until it is known what they stand for; then how."""
        self._noise: int | None = None
        """Level below full scale, in dB, of what sounds in a pause."""
        self._speaks = True
        """Audio has come since that was said."""
        self._patience = 0

    def resume(self) -> None:
        """The leg is carried here again: what has been measured since on another clock is of no use."""
        if self._jitter.zero[self._leg] != self._zero:
            self.clear()

    def put(self, timestamp: int, payload: bytes, missing: int = 0, *, is_known: bool = False) -> None:
        """A packet of audio; `missing` ones between the newest before and this have not come.

        `is_known`: one with its number has come before.
        """
        span, buffer, row = self._codec.span(payload), self._buffer, self._jitter
        position = buffer.locate(timestamp)
        if is_known and buffer.comes_again(position):
            row.duplicates[self._leg] += 1
            self._refused += 1
            return
        self._speaks = True
        if span > 0:
            self._welcome(position, missing)
        outcome = buffer.insert(position, span, payload)
        if outcome is Outcome.DUPLICATE:
            row.duplicates[self._leg] += 1
        elif outcome is Outcome.LATE:
            row.late[self._leg] += 1
        self._refused += outcome is not Outcome.STORED

    def _welcome(self, position: int, missing: int) -> None:
        """Begin with a packet, or go back to it, where that may be."""
        buffer, row, leg = self._buffer, self._jitter, self._leg
        if not buffer.belongs(position):
            buffer.start(position)
            pacing.begin(row.rows, leg, self._narrow(position))
            self._zero = int(row.zero[leg])
        lag = int(pacing.arrive(row.rows, leg, self._narrow(position)))
        self._explain(position, missing)
        ahead = position - buffer.head
        if ahead < 0 and self._may_go_back(position, lag):
            buffer.head = position
            row.inserted[leg] -= ahead * RATE // self._codec.clock

    def _explain(self, position: int, missing: int) -> None:
        """Was the gap before this packet a loss, or a pause? See `media.rtp.jitter.explain`."""
        if not self._made_up or self._doubtful < 0 or position < self._anchor:
            return
        if position == self._anchor or missing or self._buffer.waits:
            self._doubtful = LOSS
        else:
            self._jitter.concealed[self._leg] -= self._doubtful
            self._doubtful = PAUSE

    def _may_go_back(self, position: int, lag: int) -> bool:
        """Only made-up frames have been played since, and the delay stays within what it may be."""
        if not self._made_up or self._buffer.waits or position < self._anchor:
            return False
        playing = int(pacing.lag(self._jitter.rows, self._leg, self._due()))
        return bool(pacing.may_return(self._jitter.rows, self._leg, playing, lag))

    def rest(self, payload: bytes) -> None:
        """A packet of comfort noise (RFC 3389): after what has come a pause begins, and sounds like this."""
        self._noise = payload[0] & 0x7F if payload else NOISE_OF_NO_PACKET
        self._speaks = False

    def take_refused(self) -> int:
        """Packets since the last call that could not be played: late, too many, or none of this codec's."""
        refused, self._refused = self._refused, 0
        return refused

    def take(self) -> bytes:
        """The next 20 ms, at the codec's rate."""
        row, leg = self._jitter, self._leg
        if self._buffer.is_empty:
            frame = self._next(0)
        else:
            surplus = int(pacing.settle(row.rows, leg, self._due()))
            frame = self._stretched(surplus)
        row.clock[leg] += FRAME
        return frame.astype("<i2").tobytes()

    def _narrow(self, position: int) -> int:
        return position * RATE // self._codec.clock

    def _due(self) -> int:
        """What is played next, in samples at 8 kHz."""
        return self._narrow(self._buffer.head) - len(self._samples) * RATE // self._codec.rate

    def _stretched(self, surplus: int) -> Line:
        """The next frame, of more or less than is due where the delay is not what it ought to be."""
        self._fill(self._frame, surplus)
        self._patience = max(self._patience - 1, 0)
        frame, used = self._samples[: self._frame], self._frame
        if not 0 <= surplus < SHORTEST and not self._patience and not self._made_up:
            while surplus > 0 and len(self._samples) < 2 * self._frame and self._buffer.has_next:
                self._samples = np.concatenate([self._samples, self._next(surplus)])
            shift = self._tempo.find(self._samples, surplus, urgent=surplus >= URGENT)
            if shift:
                self._patience = PATIENCE + 1
                changed = self._tempo.shorten if surplus > 0 else self._tempo.lengthen
                frame = changed(self._samples, shift)
                used += (shift if surplus > 0 else -shift) * self._codec.rate // RATE
                moved = self._jitter.removed if surplus > 0 else self._jitter.inserted
                moved[self._leg] += shift
        self._samples = self._samples[used:]
        return frame

    def _fill(self, samples: int, surplus: int) -> None:
        while len(self._samples) < samples:
            self._samples = np.concatenate([self._samples, self._next(surplus)])

    def _next(self, surplus: int) -> Line:
        """What is decoded or made up next."""
        buffer, codec = self._buffer, self._codec
        if buffer.waits and not buffer.has_next and surplus <= -FRAME:
            # The delay is to grow, and what is missing may still come.
            self._jitter.inserted[self._leg] += FRAME
            return self._make_up(self._frame, None)
        due = buffer.take()
        if due is None:
            return self._pause(surplus)
        if self._speaks:
            self._noise = None
        samples = due.span * codec.rate // codec.clock
        if due.payload is None:
            return self._make_up(samples, due.following)
        self._anchor = buffer.head
        self._made_up = self._doubtful = 0
        try:
            return np.frombuffer(codec.decode(due.payload), "<i2")
        except Malformed:
            self._refused += 1
            return self._make_up(samples, None)

    def _pause(self, surplus: int) -> Line:
        """A frame of a pause: time goes on."""
        buffer = self._buffer
        if not buffer.is_empty:
            buffer.head += self._span
            if self._made_up >= MADE:
                self._jump(surplus)
        if self._noise is None:
            return self._make_up(self._frame, None)
        self._made_up += FRAME
        loudest = 32768 * 3**0.5 * 10 ** (-self._noise / 20)
        noise = self._rng.uniform(-loudest, loudest, self._frame)
        return np.asarray(noise.clip(-32767, 32767), np.int16)

    def _jump(self, surplus: int) -> None:
        """Nothing is heard and nothing waits: the delay may be anything, if nothing is played twice."""
        row, leg = self._jitter, self._leg
        surplus = max(surplus, self._narrow(self._anchor - self._buffer.head))
        self._buffer.head += surplus * self._codec.clock // RATE
        row.removed[leg] += max(surplus, 0)
        row.inserted[leg] += max(-surplus, 0)

    def _make_up(self, samples: int, following: bytes | None) -> Line:
        """What is heard in place of a packet, with the help of the one after it where that is known."""
        before = self._made_up
        self._made_up += samples * RATE // self._codec.rate
        if not self._buffer.is_empty:
            told = min(self._made_up, MADE) - min(before, MADE)
            self._jitter.concealed[self._leg] += told if self._doubtful != PAUSE else 0
            self._doubtful += told if self._doubtful >= 0 else 0
        return np.frombuffer(self._codec.conceal(samples, following), "<i2")
