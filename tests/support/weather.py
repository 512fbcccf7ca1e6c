"""What a network does to a packet: loses, doubles, delays and, by delays that differ, reorders it."""

import random
from typing import NamedTuple


class Weather(NamedTuple):
    """Probabilities, and the range of the delay in seconds."""

    loss: float = 0.0
    doubled: float = 0.0
    delay: tuple[float, float] = (0.0, 0.0)

    def copies(self, dice: random.Random) -> list[float]:
        """After how many seconds each copy of a packet arrives; none if it is lost."""
        if dice.random() < self.loss:
            return []
        return [dice.uniform(*self.delay) for _ in range(2 if dice.random() < self.doubled else 1)]
