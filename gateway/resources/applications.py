"""Applications: what their deletion takes along, and what it leaves.

A deleted application is gone for everybody at once: its tokens count no more, its numbers ring nowhere, what
it has live is hung up. What its calls left stays its account's: reports tell of them and they can be redacted
until they are forgotten like all calls are (`leg_persistence_time`); then the chores forget the rest of it.
Files stay in the account's media until their time is over or the account deletes them.
"""

from typing import Protocol

from gateway.store.base import Store
from gateway.upkeep import BITE


class Legs(Protocol):
    """The legs that live, as far as applications end with them."""

    async def drop(self, application_id: str) -> None:
        """Hang up all that an application has live, and wait a while for it to be over."""
        ...


class ApplicationResource:
    """What can be done with applications that is more than their record."""

    def __init__(self, store: Store, legs: Legs) -> None:
        self._store = store
        self._legs = legs

    async def delete(self, application_id: str) -> None:
        """Delete; one of which nothing is kept is forgotten at once. Doing it again does no harm."""
        # Hidden first: nothing new begins while what lives is ended.
        await self._store.delete_application(application_id)
        await self._legs.drop(application_id)
        await self._store.forget_application(application_id, BITE)
