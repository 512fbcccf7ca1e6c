"""What routes answer when all is well: a status and the type of the body, or of the rows of a list."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from gateway.api.paging import Paging
from gateway.api.versions import Listing, Shapes, Version

T = TypeVar("T")

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer to a request that succeeds."""

    status: int = 200
    model: Any = None
    """A msgspec type: what the body is, or each row of a list. Without one there is no JSON."""
    paging: Paging | None = None
    """The style of a list."""
    media_types: tuple[str, ...] = (JSON,)
    """What the body may be; those that are not JSON have no type."""
    also: tuple[int, ...] = ()
    """Other statuses of success, of the same body: 206 where a range is sent."""

    @property
    def content_types(self) -> tuple[str, ...]:
        """What the body may be; nothing where there is none."""
        has_json = self.model is not None
        return tuple(kind for kind in self.media_types if kind != JSON or has_json)


def shown(present: Callable[..., Any]) -> Any:  # noqa: ANN401 - unions are no types
    """What a presenter is annotated to return."""
    return get_type_hints(present)["return"]


def created(shapes: Shapes[T]) -> Reply:
    """The answer to a creation."""
    return Reply(status=shapes.status, model=shown(shapes.created))


def one(shapes: Shapes[T]) -> Reply:
    """A resource alone."""
    return Reply(model=shown(shapes.one))


def changed(shapes: Shapes[T]) -> Reply:
    """The answer to a change."""
    return Reply(model=shown(shapes.changed or shapes.one))


def listed(shapes: Listing[T], *media_types: str) -> Reply:
    """A list of a resource; `media_types` are what it may be besides JSON."""
    return Reply(model=shown(shapes.row), paging=shapes.paging, media_types=(JSON, *media_types))


NOTHING = Reply(status=204)
"""There is nothing to say."""
EMPTY = Reply(model=dict[str, None])
"""`{}`, which the first generation of the Conversation API says instead."""


def deleted(version: Version) -> Reply:
    """The answer to a deletion."""
    return NOTHING if version.ends_in_silence else EMPTY
