"""Selective audio: who hears the leg, and whom it hears (NCCO reference, conversation: canSpeak, canHear)."""

from typing import Annotated

from msgspec import Meta

from gateway.ncco.actions.base import Action
from gateway.reading import invalid

MAX_LEGS = 100
"""In one list: as many as the media worker takes."""

LegIds = Annotated[list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(max_length=MAX_LEGS)]
"""Uuids of legs, which need not be there yet; none is nobody."""


class SelectiveAction(Action, frozen=True, kw_only=True):
    """An action that takes the leg to others, with what it says of their hearing each other."""

    mute: bool = False
    can_speak: LegIds | None = None
    """Who hears the leg; everybody when None."""
    can_hear: LegIds | None = None
    """Whom it hears; everybody when None."""


def check_selective(action: SelectiveAction, place: str) -> None:
    """What the types cannot say. Raises Invalid."""
    if action.mute and action.can_speak is not None:
        raise invalid(f"{place}.mute", "not together with canSpeak, which says already who hears the leg")


def names(legs: list[str] | None) -> tuple[str, ...] | None:
    """A list of legs as effects have it."""
    return None if legs is None else tuple(legs)
