"""Key presses that come by two ways, counted once.

Some phones send a key as telephone-event (RFC 4733) and by INFO besides. Pure.
"""

from collections import deque
from typing import Literal

SAME_PRESS_S = 1.0
"""A key that comes by the other way within this time is the same press."""
MAX_SIGNALLED = 32
"""Keys by INFO that may still come as audio: more than anybody presses in that time."""

KeyWay = Literal["audio", "signalling"]


class Keys:
    """The keys of one leg. Whoever has sent them with the audio once is heard there alone."""

    def __init__(self) -> None:
        self._signalled: deque[tuple[str, float]] = deque(maxlen=MAX_SIGNALLED)
        self._is_audible = False

    def is_new(self, digit: str, way: KeyWay, now: float) -> bool:
        """Whether this is a press that has not been told yet; `now` in seconds."""
        if way == "signalling":
            if self._is_audible:
                return False
            self._signalled.append((digit, now))
            return True
        self._is_audible = True
        for press in self._signalled:
            if press[0] == digit and now - press[1] < SAME_PRESS_S:
                self._signalled.remove(press)
                return False
        return True
