"""Many soft legs in one tick: all receive, then all encode, all send, all decode.

A codec drives the interpreter out of the caches, and the other way round: leg by leg the same work takes a
third more. What is heard goes out before what was said is decoded, for which there is a cushion.
"""

from media.legs.soft.leg import SoftLeg


class Chorus:
    """Of one worker. `add` legs, then `tick`."""

    def __init__(self) -> None:
        self._legs: list[SoftLeg] = []

    def add(self, leg: SoftLeg) -> None:
        """Let this leg do its 20 ms with the others."""
        self._legs.append(leg)

    def tick(self) -> None:
        """Move what has come, and what is to be heard, of those who were added."""
        legs, self._legs = self._legs, []
        for step in (SoftLeg.receive, SoftLeg.encode, SoftLeg.send, SoftLeg.decode):
            for leg in legs:
                step(leg)
