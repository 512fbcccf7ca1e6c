"""Which servers of trunks are alive, as their probes say."""

from collections.abc import Sequence
from typing import Literal

from gateway.config import TrunkSettings
from gateway.config.trunks import TrunkTarget

Health = Literal["unknown", "alive", "dead"]


class TrunkHealth:
    """What is known of targets; of those that nobody probes, nothing."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, TrunkTarget], Health] = {}

    def note(self, trunk: str, target: TrunkTarget, health: Health) -> None:
        """What a probe has found out."""
        self._known[trunk, target] = health

    def of(self, trunk: str, target: TrunkTarget) -> Health:
        """What is known."""
        return self._known.get((trunk, target), "unknown")

    def alive(self, trunk: TrunkSettings) -> Sequence[TrunkTarget]:
        """The targets that may be called. All of them when all are dead: probes may be wrong, calls tell."""
        targets = trunk.all_targets()
        return [each for each in targets if self.of(trunk.name, each) != "dead"] or targets

    def forget(self, trunk: str) -> None:
        """The trunk is gone, or is another one by now."""
        self._known = {key: health for key, health in self._known.items() if key[0] != trunk}
