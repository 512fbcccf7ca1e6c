"""Which worker gets a new conversation: the one with the most headroom. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from gateway.errors import Unavailable

FULL = 0.6
"""Of 20 ms. A tick that takes longer has too little left for what else the machine does: no new legs then."""
CONTROL_FULL = 0.85
"""Of a core, for the thread that codecs and websockets are served by: they have cushions, ticks have none."""
LEAST_COST = 0.0005
"""Of 20 ms, for a leg: what it takes at least, and what one is taken for while nothing is measured."""

DRAINING = "the gateway is being stopped: no new conversations"


class Standing(NamedTuple):
    """What is known of a worker."""

    legs: int
    """As many as it has now."""
    load: float = 0.0
    """How far it was taken up when it last told: `load_of`."""
    measured: int = 0
    """Legs that it had then."""
    serves: bool = True
    """A process fills the post."""
    closed: str = ""
    """Why it takes no new legs, whatever its load is."""
    draining: bool = False
    """It takes no new conversations; legs for those that it has are welcome."""


def load_of(ticks: float, control: float) -> float:
    """How far a worker is taken up, as a share of 20 ms, by whichever of its threads is nearer to its limit.

    `ticks`: share of 20 ms; `control`: share of a core.
    """
    return max(ticks, control / CONTROL_FULL * FULL)


def expected_load(standing: Standing) -> float:
    """The load with the legs that came since it was told, each at the cost of those before."""
    cost = max(standing.load / standing.measured, LEAST_COST) if standing.measured else LEAST_COST
    return standing.load + cost * (standing.legs - standing.measured)


def refusal(standing: Standing) -> str:
    """Why a worker takes no new legs; empty when it does."""
    if not standing.closed and standing.load > FULL:
        return f"media is busy for {standing.load:.0%} of the time: no new legs for a while"
    return standing.closed


def unwelcome(standing: Standing) -> str:
    """Why a worker takes no new conversations; empty when it does."""
    return refusal(standing) or (DRAINING if standing.draining else "")


def choose(standings: Sequence[Standing]) -> int:
    """The place in the list of the best for a new conversation. Raises Unavailable when none takes any."""
    refusals = [unwelcome(each) for each in standings]
    takers = [place for place, reason in enumerate(refusals) if not reason]
    if not takers:
        raise Unavailable(refusals[0])
    return min(takers, key=lambda place: _rank(standings[place]))


def _rank(standing: Standing) -> tuple[bool, float, int]:
    """Whoever serves comes before whoever will; then it is headroom, then legs."""
    return not standing.serves, expected_load(standing), standing.legs
