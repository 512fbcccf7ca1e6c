"""How good the audio of a leg was: the E-model of ITU-T G.107, reduced to what RTP tells. Pure.

R = 93.2 - Id - Ie,eff: a clean connection with default values, less what delay takes (Id, the two straight
lines that G.107 comes to below 400 ms), less what the codec and the losses take (Ie,eff, section 7.5 with
random loss, BurstR = 1).
"""

from typing import NamedTuple

import msgspec

BEST = 93.2
"""R of a clean narrow-band connection (G.107, default values)."""
KNEE_MS = 177.3
"""One-way delay from which on people talk into each other."""
PACKET_MS = 20
"""What one packet takes to fill."""
BUFFERED_JITTERS = 2
"""How many times the jitter a buffer holds back."""


class Robustness(NamedTuple):
    """What G.113 Appendix I says of a codec."""

    impairment: float
    """Ie: what it takes from R without any loss."""
    to_loss: float
    """Bpl: percent of lost packets at which it loses half of what is left."""


CONCEALED = Robustness(0, 25.1)
"""G.711 whose losses are concealed, as ours are."""

CODECS = {
    "PCMU": CONCEALED,
    "PCMA": CONCEALED,
    "G729": Robustness(11, 19.0),
}
"""By the names of RTP. What is no narrow-band codec (G722, opus) counts as G.711: its width is no part of
this scale, and it conceals losses no worse."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of a leg's audio."""

    codec: str = ""
    """Its name in RTP."""
    received: int = 0
    """Packets."""
    lost: int = 0
    """Packets that never came."""
    jitter_ms: float = 0.0
    round_trip_ms: float = 0.0
    """0 where the peer did not report."""

    @property
    def loss_percent(self) -> float:
        """What never came of what was sent, 0 to 100."""
        return 100 * self.lost / max(1, self.received + self.lost)


def rating(figures: Figures) -> float:
    """The transmission rating R, 0 to 93.2 (G.107)."""
    delay_ms = figures.round_trip_ms / 2 + BUFFERED_JITTERS * figures.jitter_ms + PACKET_MS
    by_delay = 0.024 * delay_ms + 0.11 * max(0.0, delay_ms - KNEE_MS)
    codec, loss = CODECS.get(figures.codec, CONCEALED), figures.loss_percent
    by_codec = codec.impairment + (95 - codec.impairment) * loss / (loss + codec.to_loss)
    return max(0.0, BEST - by_delay - by_codec)


def mos(figures: Figures) -> float:
    """The mean opinion score of what was measured, 1 to 4.5, with two decimals."""
    return round(opinion(rating(figures)), 2)


def opinion(r: float) -> float:
    """The mean opinion score of an R of 0 to 100 (G.107 Annex B)."""
    # Below an R of about 6.5 the cubic dips under 1, which no opinion does.
    return max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6)
