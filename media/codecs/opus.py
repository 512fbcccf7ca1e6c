"""Opus (RFC 6716, RFC 7587) through libopus, at 48 kHz: as wide as anybody hears.

Each packet carries a coarse copy of the one before (FEC), so that a single loss is repaired from the packet
that follows; without it libopus makes something up (PLC). Both need no more than the loss being told.
"""

from opuslib_next import Decoder, Encoder
from opuslib_next.api.decoder import get_nb_samples
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

    def packet_ms(self, asked_ms: int) -> int:
        """The longest frame that is not longer."""
        return next((length for length in PACKET_MS if length <= asked_ms), PACKET_MS[-1])

    def span(self, payload: bytes) -> int:
        """As its first octets say; 0 for what cannot be."""
        return self._samples(payload) * self.clock // self.rate

    def decode(self, payload: bytes) -> bytes:
        """Raises Malformed."""
        return self._decoded(payload, self._samples(payload), fec=False)

    def conceal(self, samples: int, following: bytes | None) -> bytes:
        """From the copy in `following`, where that is there."""
        try:
            return self._decoded(following or b"", samples, fec=following is not None)
        except Malformed:
            return b"\0" * (2 * samples)

    def encode(self, samples: bytes) -> bytes:
        """One of PACKET_MS."""
        payload: bytes = self._encoder.encode(samples, len(samples) // 2)
        return payload

    def _samples(self, payload: bytes) -> int:
        try:
            samples = get_nb_samples(self._decoder.decoder_state, payload, len(payload)) if payload else 0
        except OpusError:
            return 0
        return int(samples)

    def _decoded(self, payload: bytes, samples: int, *, fec: bool) -> bytes:
        try:
            decoded: bytes = self._decoder.decode(payload, samples, fec)
        except OpusError as error:
            raise Malformed(f"no Opus packet: {error}") from None
        return decoded
