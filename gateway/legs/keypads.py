"""How keys get to who is at the other end of a leg: with its audio, unless its line has another way."""

from collections.abc import Callable

from gateway.media_plane import MediaPlane
from media.control import SendDtmf

Press = Callable[[str], None]
"""Sends digits, `0-9*#` and `p` for a pause. Raises Unavailable."""


class Keypads:
    """The legs whose keys are signalled, by id: as many as live."""

    def __init__(self) -> None:
        self._ways: dict[str, Press] = {}

    def signal(self, leg_id: str, press: Press) -> None:
        """The leg's keys go by signalling from now on."""
        self._ways[leg_id] = press

    def forget(self, leg_id: str) -> None:
        """The leg is over, if it had a way of its own."""
        self._ways.pop(leg_id, None)

    def press(self, media: MediaPlane, leg_id: str, digits: str) -> None:
        """Send digits to a leg. Raises Unavailable."""
        way = self._ways.get(leg_id)
        if way is None:
            media.send(SendDtmf(leg=leg_id, digits=digits))
        else:
            way(digits)
