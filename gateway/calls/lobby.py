"""The lobby: who has entered conversations that nobody has started yet.

They are members as the others are, but hear music and nobody hears them. A conversation has started as long
as somebody is in it who does not wait.
"""


class Lobby:
    """Who waits where: a leg is noted before it enters and until it has left."""

    def __init__(self) -> None:
        self._waiting: set[tuple[str, str]] = set()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def wait(self, conversation_id: str, leg_id: str) -> None:
        """The leg waits until somebody starts the conversation."""
        self._waiting.add((conversation_id, leg_id))

    def leave(self, conversation_id: str, leg_id: str) -> None:
        """The leg waits there no more, if it did."""
        self._waiting.discard((conversation_id, leg_id))

    def waits(self, conversation_id: str, leg_id: str) -> bool:
        """Whether the leg waits there."""
        return (conversation_id, leg_id) in self._waiting
