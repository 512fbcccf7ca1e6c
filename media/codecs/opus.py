"""Opus (RFC 6716, RFC 7587) through libopus, at 48 kHz: as wide as anybody hears.

Each packet carries a coarse copy of the one before (FEC), so that a single loss is repaired from the packet
that follows; without it libopus makes something up (PLC). Both need no more than the loss being told.

The package makes and keeps the states. Its own ways to code a packet make a list of all samples, which takes
longer than to decode them; so libopus is called here, on memory that stays. Meanwhile other threads go on.
"""

import ctypes
from collections.abc import Callable

import numpy as np
from opuslib_next import Decoder, Encoder
from opuslib_next.api import libopus
from opuslib_next.exceptions import OpusError

from media.errors import Malformed

BIT_RATE = 40_000
"""Fullband speech at its best (RFC 7587 section 3.1.1: 28 to 40), and its copy for FEC. From 32 kbit/s down
libopus leaves out what is above 10 kHz."""
COMPLEXITY = 5
"""Of 10: half the time of the highest, and speech sounds the same."""
EXPECTED_LOSS = 10
"""Percent, which tells the encoder how much the copy is worth."""
PACKET_MS = (60, 40, 20, 10)
"""Frames that Opus has; 30 and 50 ms it has not."""
LONGEST = 5760
"""Samples that a packet has at most, 120 ms (RFC 6716 section 3.2.5)."""
MAX_PAYLOAD = 1275
"""Octets of a frame at most (RFC 6716 section 3.2.1), and four times what 60 ms take at our rate."""

_ADDRESS, _INT, _OCTETS = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p


def _function(name: str, *arguments: type) -> Callable[..., int]:
    """One of libopus, which returns a number, less than 0 for an error."""
    # By index, since that is a function of its own: the package has told its what to take.
    function: Callable[..., int] = libopus[name]
    function.argtypes, function.restype = arguments, _INT  # type: ignore[attr-defined]
    return function


_encode = _function("opus_encode", _ADDRESS, _OCTETS, _INT, _ADDRESS, _INT)
_decode = _function("opus_decode", _ADDRESS, _OCTETS, _INT, _ADDRESS, _INT, _INT)
_samples_of = _function("opus_decoder_get_nb_samples", _ADDRESS, _OCTETS, _INT)


class OpusCodec:
    """One stream, mono (see `media.codecs.codec.Codec`); a stereo sender is mixed down by the decoder."""

    clock = 48_000
    rate = 48_000

    def __init__(self) -> None:
        self._decoder = Decoder(self.rate, 1)
        self._encoder = Encoder(self.rate, 1, "voip")
        self._encoder.bitrate = BIT_RATE
        self._encoder.complexity = COMPLEXITY
        self._encoder.inband_fec = 1
        self._encoder.packet_loss_perc = EXPECTED_LOSS
        self._decoding = ctypes.cast(self._decoder.decoder_state, _ADDRESS)
        self._encoding = ctypes.cast(self._encoder.encoder_state, _ADDRESS)
        self._samples = np.zeros(LONGEST, np.int16)
        self._samples_at = self._samples.ctypes.data
        self._payload = np.zeros(MAX_PAYLOAD, np.uint8)
        self._payload_at = self._payload.ctypes.data

    def packet_ms(self, asked_ms: int) -> int:
        """The longest frame that is not longer."""
        return next((length for length in PACKET_MS if length <= asked_ms), PACKET_MS[-1])

    def span(self, payload: bytes) -> int:
        """As its first octets say; 0 for what cannot be."""
        return max(_samples_of(self._decoding, payload, len(payload)), 0)

    def decode(self, payload: bytes) -> bytes:
        """Raises Malformed."""
        return self._decoded(payload, self.span(payload), fec=False)

    def conceal(self, samples: int, following: bytes | None) -> bytes:
        """From the copy in `following`, where that is there."""
        try:
            return self._decoded(following or b"", min(samples, LONGEST), fec=following is not None)
        except Malformed:
            return b"\0" * (2 * samples)

    def encode(self, samples: bytes) -> bytes:
        """One of PACKET_MS."""
        octets = _encode(self._encoding, samples, len(samples) // 2, self._payload_at, MAX_PAYLOAD)
        if octets < 0:
            raise ValueError(f"no frame for Opus: {OpusError(octets)}")
        return self._payload[:octets].tobytes()

    def _decoded(self, payload: bytes, samples: int, *, fec: bool) -> bytes:
        decoded = _decode(self._decoding, payload, len(payload), self._samples_at, samples, fec)
        if decoded < 0:
            raise Malformed(f"no Opus packet: {OpusError(decoded)}")
        return self._samples[:decoded].tobytes()
