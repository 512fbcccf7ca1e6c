"""Which trunk a number leaves by: the toll policy, closed by default. Pure."""

from collections.abc import Sequence

from gateway.config import TrunkSettings


class NoTrunk(Exception):
    """No trunk may carry the number; the text says what the operator can do."""


def choose_trunk(trunks: Sequence[TrunkSettings], number: str) -> TrunkSettings:
    """The first trunk one of whose prefixes the number begins with. Raises NoTrunk."""
    if not trunks:
        raise NoTrunk("there is no trunk; add [[trunks]] with prefixes to the configuration")
    for trunk in trunks:
        if any(number.startswith(prefix) for prefix in trunk.prefixes):
            return trunk
    raise NoTrunk(f"no trunk has a prefix that {number} begins with")
