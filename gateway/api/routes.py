"""A row of a resource's table of routes."""

from dataclasses import dataclass

from gateway.api.requests import VersionedHandler


@dataclass(frozen=True)
class Route:
    """A method and a path of the Conversation API, without the version's prefix."""

    method: str
    path: str
    handler: VersionedHandler
    is_list: bool = False
    """Versions that were published for lists alone have it too."""
