"""What a resource offers: methods and paths with their handlers, and the types of what they read and answer.

One table serves the router and the OpenAPI description, so that neither can know what the other does not.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.api.replies import JSON, Reply
from gateway.api.requests import (
    AccountHandler,
    Model,
    OpenHandler,
    OwnerHandler,
    Reads,
    TenantHandler,
    VersionedHandler,
)
from gateway.api.rights import Right
from gateway.api.versions import Version


@dataclass(frozen=True, kw_only=True)
class Route:
    """A method and a path."""

    method: str
    path: str
    """As aiohttp has it: variable segments in braces."""
    summary: str
    """What it does, as the heading of a page says it: imperative, no full stop."""
    body: Model = None
    """What the handler reads the body, or the form, into."""
    body_type: str = JSON
    """The media type of the body."""
    query: Model = None
    """What the handler reads the query into, paging apart."""
    reply: Reply | None = None
    """What it answers when all is well; a body without a type when None."""
    refusals: tuple[int, ...] = ()
    """Statuses of errors besides those that every route of its kind has, such as 409 and 429."""

    @property
    def reads(self) -> Reads:
        """What the handler may read."""
        return Reads(body=self.body, query=self.query)


@dataclass(frozen=True, kw_only=True)
class OpenRoute(Route):
    """For anybody."""

    handler: OpenHandler


@dataclass(frozen=True, kw_only=True)
class TenantRoute(Route):
    """For who has an application's JWT."""

    handler: TenantHandler
    needs: Right = Right.ADMIN
    """What it asks of a user's token."""
    counts: bool = False
    """Whether an account may ask it only so often (documented limits)."""


@dataclass(frozen=True, kw_only=True)
class AccountRoute(Route):
    """For who has an account's key and secret: as Basic, in the query or in a form."""

    handler: AccountHandler
    only_basic: bool = False
    """As Basic alone, checked before the body is read."""


@dataclass(frozen=True, kw_only=True)
class OwnerRoute(Route):
    """For who has an account's key and secret, as Basic or in the query, or an application's JWT."""

    handler: OwnerHandler
    needs: Right = Right.ADMIN
    """What it asks of a user's token."""
    or_anybody: bool = False
    """For others as well: the handler sees to what they may."""


UnversionedRoute = OpenRoute | TenantRoute | AccountRoute | OwnerRoute


@dataclass(frozen=True, kw_only=True)
class VersionedRoute(Route):
    """A part of the Conversation API, its path without the version's prefix: for who has a JWT."""

    handler: VersionedHandler
    needs: Right = Right.ADMIN
    """What it asks of a user's token."""
    bodies: Callable[[Version], Model] | None = None
    """Instead of `body`, where the versions differ."""
    replies: Callable[[Version], Reply] | None = None
    """Instead of `reply`, where the versions differ."""
    is_list: bool = False
    """Versions that were published for lists alone have it too."""
    prefixes: frozenset[str] | None = None
    """Only in these versions; when None, in all but those that were published for lists alone."""

    def is_in(self, version: Version) -> bool:
        """Whether a version has it."""
        if self.prefixes is not None:
            return version.prefix in self.prefixes
        return self.is_list or not version.lists_only

    def reads_in(self, version: Version) -> Reads:
        """What the handler may read in a version."""
        return Reads(body=self.body if self.bodies is None else self.bodies(version), query=self.query)

    def reply_in(self, version: Version) -> Reply | None:
        """What it answers in a version."""
        return self.reply if self.replies is None else self.replies(version)


AnyRoute = UnversionedRoute | VersionedRoute
