"""How high a voice is."""

import numpy as np

from gateway.demo.hearing import Pcm, tone_level_dbov
from tests.support.caller import MIN_HEARD_DBOV, RATE_HZ

PIECE = RATE_HZ // 20
HIGHEST_HZ, LOWEST_HZ = 400, 60


def apart(heard: Pcm, hertz: int) -> tuple[Pcm, Pcm]:
    """What was heard before a tone, and after it."""
    step = RATE_HZ // 4
    there = [
        at
        for at in range(0, len(heard) - step + 1, step)
        if tone_level_dbov(heard[at : at + step], hertz, steady_s=0.1) > MIN_HEARD_DBOV
    ]
    assert there, f"there is no {hertz} Hz"
    return heard[: there[0]], heard[there[-1] + step :]


def pitch_hz(voice: Pcm) -> float:
    """The median of the lags after which loud pieces are most like themselves."""
    whole = voice[: len(voice) // PIECE * PIECE].astype(np.float64).reshape(-1, PIECE)
    loud = whole[np.sqrt(np.mean(whole**2, axis=1)) > np.sqrt(np.mean(whole**2))]
    lags = slice(RATE_HZ // HIGHEST_HZ, RATE_HZ // LOWEST_HZ)
    repeated = [np.correlate(piece, piece, "full")[PIECE - 1 :][lags] for piece in loud]
    return RATE_HZ / float(np.median([lags.start + int(np.argmax(each)) for each in repeated]))
