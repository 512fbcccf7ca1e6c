"""Peers that may send RTP and do not: gone without a word, behind a wall, or silent by agreement. Pure."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from media.engine.state import Ints

SILENCE_S = 30.0
"""How long nothing comes before the gateway is told: longer than people breathe, shorter than they wait."""
NOBODYS = -1
"""No count of packets."""


class Silence:
    """Watches the legs of a worker, a row for each."""

    def __init__(self, rows: int) -> None:
        self._due: NDArray[np.bool_] = np.zeros(rows, np.bool_)
        self._packets: Ints = np.zeros(rows, np.int64)
        self._since = np.zeros(rows)
        """The last packet, or the last look at which none was due."""
        self._told: Ints = np.zeros(rows, np.int64)

    def expect(self, row: int, *, due: bool) -> None:
        """Say whether the peer may send, by the last offer and answer."""
        self._due[row] = due
        if not due:
            # Whoever may send before the next look has as much time as anybody.
            self._packets[row] = NOBODYS

    def look(self, packets: Ints, now: float) -> Iterator[tuple[int, float]]:
        """Rows, and how many seconds nothing has come, each time that another SILENCE_S are full.

        `packets`: [row] how many have come in all. `now`: in seconds.
        """
        fresh = ~self._due | (packets != self._packets)
        self._packets[fresh] = packets[fresh]
        self._since[fresh] = now
        self._told[fresh] = 0
        silent_s = now - self._since
        full = np.flatnonzero(silent_s >= SILENCE_S * (self._told + 1))
        self._told[full] += 1
        return zip(full.tolist(), silent_s[full].tolist(), strict=True)
