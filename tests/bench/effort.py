"""How hard a bench works, and how it tells what it does and what it cannot."""

from collections.abc import Callable, Iterator

import msgspec


class Effort(msgspec.Struct, frozen=True):
    """What every bench gets: how often to repeat, which share of the usual work, where to tell things."""

    repetitions: int
    share: float
    tell: Callable[[str], None]
    """Takes what is done now."""
    lack: Callable[[str], None]
    """Takes why figures are missing: the reader of the others shall know."""

    def count(self, usual: int) -> int:
        """The usual number of something, scaled."""
        return max(1, round(usual * self.share))

    def rounds(self, what: str) -> Iterator[int]:
        """Number the repetitions, and tell each."""
        for repetition in range(1, self.repetitions + 1):
            self.tell(f"{what}, {repetition} of {self.repetitions}")
            yield repetition


def full(tell: Callable[[str], None], lack: Callable[[str], None]) -> Effort:
    """For figures to be trusted."""
    return Effort(5, 1.0, tell, lack)


def quick(tell: Callable[[str], None], lack: Callable[[str], None]) -> Effort:
    """To see that everything works."""
    return Effort(2, 0.2, tell, lack)
