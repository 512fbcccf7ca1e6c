"""Which servers of trunks are alive, as their probes say."""

from collections.abc import Sequence
from typing import Literal

from gateway.config import TrunkSettings
from gateway.config.trunks import TrunkTarget
from gateway.routing.trunks import Server

Health = Literal["unknown", "alive", "dead"]


class TrunkHealth:
    """What is known of targets, each by its addresses; of those that nobody probes, nothing."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, TrunkTarget], dict[Server, Health]] = {}

    def note(self, trunk: str, target: TrunkTarget, server: Server, health: Health) -> None:
        """What a probe of one address has found out; `unknown` when it begins."""
        self._known.setdefault((trunk, target), {})[server] = health

    def drop(self, trunk: str, target: TrunkTarget, server: Server) -> None:
        """The target is not there any more."""
        self._known.get((trunk, target), {}).pop(server, None)

    def of(self, trunk: str, target: TrunkTarget) -> Health:
        """What is known: one address that is alive is enough, and only all of them together are dead."""
        known = set(self._known.get((trunk, target), {}).values())
        if "alive" in known:
            return "alive"
        return "dead" if known == {"dead"} else "unknown"

    def is_dead(self, trunk: str, target: TrunkTarget, server: Server) -> bool:
        """Whether one address of it does not answer."""
        return self._known.get((trunk, target), {}).get(server) == "dead"

    def alive(self, trunk: TrunkSettings) -> Sequence[TrunkTarget]:
        """The targets that may be called. All of them when all are dead: probes may be wrong, calls tell."""
        targets = trunk.all_targets()
        return [each for each in targets if self.of(trunk.name, each) != "dead"] or targets

    def forget(self, trunk: str) -> None:
        """The trunk is gone, or is another one by now."""
        self._known = {key: servers for key, servers in self._known.items() if key[0] != trunk}
