"""The free rows of a table, and whose the others are."""

from media.worker.ledger import NAME, Names
from media.worker.refusal import Refusal


class Rows:
    """The rows of a table, and who has them. `what` names one, for the refusal.

    Those with a name in the beginning were left by another worker: whoever has that name gets that row.
    """

    def __init__(self, names: Names, what: str) -> None:
        self._names = names
        self._left = {name.decode(): row for row, name in enumerate(names.tolist()) if name}
        self._free = [row for row in reversed(range(len(names))) if not names[row]]
        self._what = what

    def was_left(self, name: str) -> bool:
        """Whether there is a row that another worker gave to this name, and nobody has taken since."""
        return name in self._left

    @property
    def left(self) -> dict[str, int]:
        """All such rows, by name."""
        return dict(self._left)

    def take(self, name: str) -> int:
        """The name's row. Raises Refusal when there is none."""
        if name in self._left:
            return self._left.pop(name)
        octets = name.encode()
        if not 0 < len(octets) <= NAME or b"\0" in octets:
            raise Refusal(f"the name of one of the {self._what} has 1 to {NAME} octets, none of them 0")
        if not self._free:
            raise Refusal(f"the worker has {len(self._names)} {self._what} and can hold no more")
        row = self._free.pop()
        self._names[row] = octets
        return row

    def expect(self, name: str) -> int:
        """The row of somebody who will come from another worker, and counts as left by it until then."""
        row = self.take(name)
        self._left[name] = row
        return row

    def give_back(self, row: int) -> None:
        """The row is free again."""
        self._names[row] = b""
        self._free.append(row)

    def settle(self) -> list[int]:
        """What another worker left and nobody has taken is free; which rows those are."""
        rows = list(self._left.values())
        self._left.clear()
        for row in rows:
            self.give_back(row)
        return rows
