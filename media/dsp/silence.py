"""How long it has been silent."""

import numpy as np
from numpy.typing import NDArray

QUIET = 150
"""Mean amplitude of a frame up to which it is silence: -47 dB of full scale, a line with nobody on it."""
FRAME_S = 0.02


class Silence:
    """Hears frames in their order, and knows for how many seconds nothing was to be heard."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def hear(self, frames: NDArray[np.int16]) -> None:
        """Frames of shape [n, samples, channels]; one channel that is not silent is enough."""
        loudness = np.abs(frames.astype(np.float32)).mean(axis=1).max(axis=1)
        (loud,) = np.nonzero(loudness > QUIET)
        if loud.size:
            self.seconds = (len(frames) - 1 - int(loud[-1])) * FRAME_S
        else:
            self.seconds += len(frames) * FRAME_S
