"""The pairs of sockets that a worker has been lent, until their legs want them."""

import os
import socket

from media.control.lending import HEIRS, Pair, borrow
from media.worker.refusal import Refusal


class Loans:
    """What comes over the lending channel, on an inherited descriptor."""

    def __init__(self, fd: int) -> None:
        self._channel = socket.socket(fileno=fd)
        self._pairs: dict[str, Pair] = {}
        self._memory: int | None = None
        self.door: socket.socket | None = None
        """Where another gateway asks for what is lent, should this one die."""

    def take_memory(self) -> int:
        """The descriptor of the memory that was lent last. Raises Refusal."""
        self._read()
        if self._memory is None:
            raise Refusal("no memory has been lent")
        fd, self._memory = self._memory, None
        return fd

    @property
    def waiting(self) -> dict[str, Pair]:
        """The sockets of legs that have not been taken yet, by the leg's name."""
        self._read()
        return dict(self._pairs)

    def take(self, leg: str) -> Pair:
        """The leg's sockets. Raises Refusal."""
        if leg not in self._pairs:
            self._read()
        try:
            return self._pairs.pop(leg)
        except KeyError:
            raise Refusal("no sockets have been lent for this leg") from None

    def close(self) -> None:
        """Let go of what nobody has taken."""
        for pair in self._pairs.values():
            pair.close()
        self._pairs.clear()
        if self.door is not None:
            self.door.close()
        self._channel.close()

    def _read(self) -> None:
        while (borrowed := borrow(self._channel)) is not None:
            if borrowed.memory is not None:
                self._keep_memory(borrowed.memory)
            if borrowed.door is not None:
                self._keep_door(borrowed.door)
            self._pairs |= borrowed.pairs

    def _keep_door(self, fd: int) -> None:
        self.door = socket.socket(fileno=fd)
        # Whoever comes is told by the kernel who listened last: us, who may hang by then.
        self.door.listen(HEIRS)

    def _keep_memory(self, fd: int) -> None:
        if self._memory is not None:
            os.close(self._memory)
        self._memory = fd
