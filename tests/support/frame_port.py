"""A FramePort whose mixer is the test."""

from collections import deque

from media.legs.port import INBOUND_FRAMES


class FakePort:
    """Keeps what is pushed until `play`, and pops what the test puts into `heard`."""

    def __init__(self, frame_octets: int = 320) -> None:
        self.frame_octets = frame_octets
        self.waiting: deque[bytes] = deque()
        self.mixed: list[bytes] = []
        self.heard: deque[bytes] = deque()
        self.pushed = 0
        self.played = 0

    def push(self, frame: bytes) -> bool:
        if len(frame) != self.frame_octets:
            raise ValueError(f"a frame of {len(frame)} octets")
        if len(self.waiting) == INBOUND_FRAMES:
            return False
        self.waiting.append(frame)
        self.pushed += 1
        return True

    def pop(self) -> bytes | None:
        return self.heard.popleft() if self.heard else None

    def clear(self) -> None:
        self.played += len(self.waiting)
        self.waiting.clear()

    def play(self, frames: int = 1) -> None:
        """The mixer takes frames."""
        for _ in range(min(frames, len(self.waiting))):
            self.mixed.append(self.waiting.popleft())
            self.played += 1
