"""The pairs of sockets that a worker has been lent, until their legs want them."""

import os
import socket
from dataclasses import dataclass

from media.control.lending import HEIRS, borrow
from media.worker.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Pair:
    """Two bound sockets: RTP at an even port, RTCP at the next. The gateway has them, too."""

    rtp: socket.socket
    rtcp: socket.socket

    @property
    def port(self) -> int:
        """The RTP port."""
        port: int = self.rtp.getsockname()[1]
        return port

    @property
    def descriptors(self) -> tuple[int, int]:
        """Both, to be handed on."""
        return self.rtp.fileno(), self.rtcp.fileno()

    def close(self) -> None:
        """Let go of both. The ports are free when the gateway does so, too."""
        self.rtp.close()
        self.rtcp.close()


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
            loan, descriptors = borrowed
            if loan.memory:
                self._keep_memory(descriptors.pop(0))
            if loan.door:
                self._keep_door(descriptors.pop(0))
            for leg, rtp, rtcp in zip(loan.legs, descriptors[::2], descriptors[1::2], strict=True):
                self._pairs[leg] = Pair(socket.socket(fileno=rtp), socket.socket(fileno=rtcp))

    def _keep_door(self, fd: int) -> None:
        self.door = socket.socket(fileno=fd)
        # Whoever comes is told by the kernel who listened last: us, who may hang by then.
        self.door.listen(HEIRS)

    def _keep_memory(self, fd: int) -> None:
        if self._memory is not None:
            os.close(self._memory)
        self._memory = fd
