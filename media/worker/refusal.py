"""Saying no, and the free rows that it is mostly about."""

from media.errors import MediaError


class Refusal(MediaError):
    """A command that cannot be carried out; the message says why."""


class Rows:
    """The free rows of a table. `what` names one, for the refusal."""

    def __init__(self, count: int, what: str) -> None:
        self._free = list(reversed(range(count)))
        self._count = count
        self._what = what

    def take(self) -> int:
        """A free row. Raises Refusal when there is none."""
        if not self._free:
            raise Refusal(f"the worker has {self._count} {self._what} and can hold no more")
        return self._free.pop()

    def give_back(self, row: int) -> None:
        """The row is free again."""
        self._free.append(row)
