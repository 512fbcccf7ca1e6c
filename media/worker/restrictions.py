"""Who hears whom in a room, beyond mute and earmuff: lists of names become the engine's `may_hear`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from media.control import Restrict
from media.engine.state import HEARD_BY_SOME, HEARS_SOME, State
from media.worker.refusal import Refusal

MAX_NAMES = 100
"""In one list. In each tick a voice for some is added for each of these, beside the room's sum: full lists of
1000 legs in one room take 3 ms of 20."""

Names = frozenset[str] | None
"""None is everybody."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """Whom a leg is heard by and whom it hears."""

    heard_by: Names = None
    hears: Names = None

    @property
    def bits(self) -> int:
        """`Legs.restricted` of the engine."""
        by_some, some = self.heard_by is not None, self.hears is not None
        return HEARD_BY_SOME * by_some | HEARS_SOME * some


EVERYBODY = Restriction()


class Party(Protocol):
    """A leg, as far as this goes."""

    name: str
    row: int
    restriction: Restriction


def read(command: Restrict) -> Restriction:
    """What a command asks for. Raises Refusal."""
    return Restriction(_names(command.heard_by), _names(command.hears))


def apply(state: State, leg: Party, companions: Iterable[Party]) -> None:
    """Let the engine know who of its companions hears a leg, and whom of them it hears."""
    for other in companions:
        state.may_hear[leg.row, other.row] = _may_hear(leg, other)
        state.may_hear[other.row, leg.row] = _may_hear(other, leg)
    # The last, so that nobody hears what they should not, even for a tick.
    state.legs.restricted[leg.row] = leg.restriction.bits


def _names(names: tuple[str, ...] | None) -> Names:
    if names is None:
        return None
    if len(names) > MAX_NAMES:
        raise Refusal(f"a leg can be restricted to {MAX_NAMES} others, not to {len(names)}")
    return frozenset(names)


def _may_hear(listener: Party, speaker: Party) -> bool:
    """Both sides have to agree."""
    heard_by, hears = speaker.restriction.heard_by, listener.restriction.hears
    return (heard_by is None or listener.name in heard_by) and (hears is None or speaker.name in hears)
