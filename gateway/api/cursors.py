"""Places in lists that links hold on to: cursors, and pages whose places are counted besides."""

import base64
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta

from gateway.api.validation import invalid
from gateway.store.queries import Page, Window

T = TypeVar("T")

MAX_OFFSET = 2**31 - 1
"""Far beyond every list, well within a database's integers."""


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A place in a list: the rows after `key`, or those before it."""

    key: str
    backwards: bool = False
    skip: Annotated[int, Meta(ge=0, le=MAX_OFFSET)] = 0
    """Rows to leave out first."""
    total: Annotated[int, Meta(ge=0, le=MAX_OFFSET)] = 0
    """Rows of the list, where they are counted."""

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """The inverse of `str`. Raises Invalid."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            return msgspec.json.decode(raw, type=cls)
        except (ValueError, msgspec.DecodeError):
            raise invalid("cursor", "must be a cursor from a link") from None


def neighbours(page: Page[Any], cursor: Cursor | None) -> dict[str, Cursor]:
    """The cursors of the pages before and after, where there are any."""
    backwards = cursor is not None and cursor.backwards
    ahead, behind = (page.first_key, page.last_key) if backwards else (page.last_key, page.first_key)
    found = {}
    if ahead is not None and (page.has_more or backwards):
        found["next"] = Cursor(ahead)
    if behind is not None and (page.has_more if backwards else cursor is not None):
        found["prev"] = Cursor(behind, backwards=True)
    return found


def window(size: int, cursor: Cursor | None, descending: bool, index: int = 0) -> Window:
    """The rows that the cursor means; without one, those that come after the first `index`."""
    if cursor is None:
        return Window(limit=size, offset=index, descending=descending)
    turned = descending != cursor.backwards
    return Window(limit=size, offset=cursor.skip, after=cursor.key, descending=turned)


@dataclass(frozen=True, kw_only=True)
class Stretch(Generic[T]):
    """A page of a list whose places are counted, in an order that may begin with what is added meanwhile.

    Who counts on their own gets the rows that stand at a place now. Links hold on to the rows themselves: who
    follows them gets each row once, and the count that the list had where the following began.
    """

    page: Page[T]
    size: int
    index: int
    """How many rows came before."""
    cursor: Cursor | None

    @property
    def rows(self) -> list[T]:
        """The rows in the order of the list."""
        return self.page.rows[::-1] if self._backwards else self.page.rows

    @property
    def total(self) -> int:
        """The rows of the list."""
        return self.page.total if self.cursor is None else self.cursor.total

    def places(self) -> dict[str, tuple[int, dict[str, str]]]:
        """Where links lead, by relation: the index of the first row there, and the cursor."""
        here, end = self.index, max(self.total - 1, 0) // self.size * self.size
        beside = neighbours(self.page, self.cursor)
        ahead = beside.get("next")
        cursors: dict[str, tuple[int, Cursor | None]] = {"self": (here, self.cursor), "first": (0, None)}
        beyond = end - here - self.size
        if end == here:
            cursors["last"] = cursors["self"]
        elif ahead is not None and beyond >= 0:
            cursors["last"] = end, self._anchored(ahead, skip=beyond)
        else:
            cursors["last"] = end, None
        if "prev" in beside:
            cursors["prev"] = max(here - self.size, 0), self._anchored(beside["prev"])
        elif here > 0 and self.cursor is None:
            cursors["prev"] = max(here - self.size, 0), self._before()
        if ahead is not None:
            cursors["next"] = here + self.size, self._anchored(ahead)
        return {
            relation: (at, {"cursor": str(cursor)} if cursor else {})
            for relation, (at, cursor) in cursors.items()
        }

    @property
    def _backwards(self) -> bool:
        return self.cursor is not None and self.cursor.backwards

    def _anchored(self, cursor: Cursor, skip: int = 0) -> Cursor:
        return msgspec.structs.replace(cursor, skip=skip, total=self.total)

    def _before(self) -> Cursor | None:
        """The rows before this page; None when it is an empty one."""
        first = self.page.first_key
        return None if first is None else self._anchored(Cursor(first, backwards=True))
