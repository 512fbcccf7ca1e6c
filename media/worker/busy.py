"""How busy the control thread is: with the codecs of soft legs, with websockets, with what it is asked."""

from collections import deque

from media.engine.engine import LOOKS


class Busy:
    """Of the last looks, the share of a core that one thread took. Time is given: seconds of any clock."""

    def __init__(self, now: float, spent: float) -> None:
        """`spent`: CPU time of the thread until now."""
        self._looks = deque([(now, spent)], maxlen=LOOKS)

    def look(self, now: float, spent: float) -> float:
        """0 to 1, over as long a time as the load of ticks is judged by."""
        begun, spent_then = self._looks[0]
        self._looks.append((now, spent))
        return (spent - spent_then) / (now - begun) if now > begun else 0.0
