"""Many websocket legs that only have to be sent what they hear: all of them in one call of a kernel.

A leg joins for one tick, if nothing else waits for its application; whatever the system does not take at once
goes into its transport, and the leg waits there like any other.
"""

import os
from typing import NamedTuple

import numpy as np

from media.engine.kernels.streaming import HEAD, KEY, make_streams, stream_all
from media.engine.ports import EnginePort
from media.engine.state import State
from media.legs.websocket_sending import Outlet


class _Member(NamedTuple):
    port: EnginePort
    outlet: Outlet


class Crowd:
    """Of one worker. `add` legs, then `send`."""

    def __init__(self, state: State) -> None:
        self._ports = state.ports.rows
        self._outbound = state.frames.outbound
        self._members: list[_Member] = []
        self._streams = make_streams(state.legs.kind.size)

    def add(self, port: EnginePort, outlet: Outlet) -> None:
        """Send what this port hears with the others."""
        self._members.append(_Member(port, outlet))

    def send(self) -> None:
        """Send those who were added what they hear: one frame in a round, and hardly ever there is more."""
        while self._members:
            self._fill()
            count, streams = len(self._members), self._streams
            stream_all(streams, count, self._ports, self._outbound)
            outcomes = zip(
                self._members, streams.popped[:count].tolist(), streams.sent.tolist(), strict=False
            )
            self._members = [
                member
                for row, (member, popped, sent) in enumerate(outcomes)
                if self._goes_on(row, member, popped, sent)
            ]

    def _fill(self) -> None:
        streams, count = self._streams, len(self._members)
        for row, (port, outlet) in enumerate(self._members):
            streams.legs[row], streams.samples[row], streams.popped[row] = port.leg, port.samples, port.popped
            streams.fds[row] = outlet.fd
        streams.keys[:count] = np.frombuffer(os.urandom(count * KEY), np.uint8).reshape(count, KEY)

    def _goes_on(self, row: int, member: _Member, popped: int, sent: int) -> bool:
        """Note what became of a member's message: whether it may have another."""
        port, outlet = member
        before, port.popped = port.popped, popped
        length = HEAD + 2 * port.samples
        if popped > before and sent < length:
            outlet.hold(self._streams.messages[row, max(sent, 0) : length].tobytes())
            return False
        return port.is_behind
