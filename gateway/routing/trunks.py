"""Which trunk a call leaves by: the toll policy, closed by default. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.config import TrunkSettings


class NoTrunk(Exception):
    """No trunk may carry the call; the text says what the operator can do."""


@dataclass(frozen=True, slots=True)
class Trunks:
    """The operator's trunks, and the name of the one behind which extensions are."""

    trunks: Sequence[TrunkSettings]
    vbc: str = ""

    def for_number(self, number: str) -> TrunkSettings:
        """The first trunk one of whose prefixes the number begins with. Raises NoTrunk."""
        if not self.trunks:
            raise NoTrunk("there is no trunk; add [[trunks]] with prefixes to the configuration")
        for trunk in self.trunks:
            if any(number.startswith(prefix) for prefix in trunk.prefixes):
                return trunk
        raise NoTrunk(f"no trunk has a prefix that {number} begins with")

    def for_extension(self) -> TrunkSettings:
        """The trunk to every extension. Raises NoTrunk."""
        for trunk in self.trunks:
            if trunk.name == self.vbc:
                return trunk
        raise NoTrunk("no VBC system is configured; set [vbc] trunk to the name of a trunk")
