"""Rooms by name: which row each has, and who is in it in which order."""

from dataclasses import dataclass, field

from media.worker.ledger import Names
from media.worker.rows import Rows


@dataclass(slots=True)
class Room:
    """One room. It is kept while legs are in it or recordings hold it."""

    name: str
    row: int
    legs: list[str] = field(default_factory=list)
    """In the order in which they joined."""
    recordings: int = 0


class Rooms:
    """All rooms of a worker."""

    def __init__(self, names: Names) -> None:
        self._rows = Rows(names, "rooms")
        self._rooms: dict[str, Room] = {}

    def get(self, name: str) -> Room | None:
        """The room, when there is one of that name; one that another worker left may have nobody in it."""
        if name not in self._rooms and self._rows.was_left(name):
            self._rooms[name] = Room(name, self._rows.take(name))
        return self._rooms.get(name)

    def enter(self, name: str, leg: str) -> Room:
        """Put a leg into a room, which comes into being with its first. Raises Refusal."""
        room = self._rooms.get(name)
        if room is None:
            room = self._rooms[name] = Room(name, self._rows.take(name))
        room.legs.append(leg)
        return room

    def leave(self, room: Room, leg: str) -> None:
        """Take a leg out."""
        room.legs.remove(leg)
        self.forget_if_unused(room)

    def settle(self) -> None:
        """Forget what another worker left and nobody is in."""
        self._rows.settle()
        for room in list(self._rooms.values()):
            self.forget_if_unused(room)

    def forget_if_unused(self, room: Room) -> None:
        """Let a room go that nobody is in and nothing records."""
        if not room.legs and not room.recordings and self._rooms.get(room.name) is room:
            del self._rooms[room.name]
            self._rows.give_back(room.row)
