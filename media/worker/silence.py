"""Peers that may send RTP and do not: gone without a word, behind a wall, or silent by agreement. Pure."""

SILENCE_S = 30.0
"""How long nothing comes before the gateway is told: longer than people breathe, shorter than they wait."""


class Silence:
    """Watches one leg."""

    def __init__(self) -> None:
        self._packets = 0
        self._since: float | None = None
        """The last packet, or the moment from which on some were due; None while none are."""
        self._told = 0

    def look(self, packets: int, *, due: bool, now: float) -> float | None:
        """How many seconds nothing has come, each time that another SILENCE_S are full; otherwise None.

        `packets`: how many have come in all. `due`: whether the peer may send, by the last offer and answer.
        """
        if not due or self._since is None or packets != self._packets:
            self._packets, self._told = packets, 0
            self._since = now if due else None
            return None
        silent_s = now - self._since
        if silent_s < SILENCE_S * (self._told + 1):
            return None
        self._told += 1
        return silent_s
