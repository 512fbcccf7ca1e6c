"""One voice for several threads: who has been served goes to the end of the line."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A lock that is fair. The one of `threading` goes, as a rule, to whoever has just let go of it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._line: deque[threading.Event] = deque()
        """The first has its turn."""

    @property
    def length(self) -> int:
        """How many stand in line, the one whose turn it is included."""
        return len(self._line)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait in line, and have the voice alone."""
        mine = threading.Event()
        with self._guard:
            self._line.append(mine)
            if self._line[0] is mine:
                mine.set()
        mine.wait()
        try:
            yield
        finally:
            with self._guard:
                self._line.popleft()
                if self._line:
                    self._line[0].set()
