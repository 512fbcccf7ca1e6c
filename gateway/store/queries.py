"""What is asked of the store and what comes back: windows, filters, pages."""

from typing import Generic, TypeVar

import msgspec

from gateway.store.records import (
    ConversationRecord,
    MemberRecord,
)

MAX_PAGE = 100
"""Rows in one page (documented limits)."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows of a list: at most `limit` of those after the key `after` (exclusive), without `offset`."""

    limit: int = 10
    offset: int = 0
    after: str | None = None
    """The sort key of the last row that the caller has, as `Page.last_key` gave it."""
    descending: bool = False


class LegFilter(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of GET /v1/calls and GET /legs."""

    status: str | None = None
    conversation_id: str | None = None
    date_start: str | None = None
    date_end: str | None = None
    open_only: bool = False
    """Only those that have not ended."""
    shown_only: bool = False
    """Only those that are not removed."""
    seen_by: str | None = None
    """Only this user's, and those in conversations that the user has joined."""


class MembershipFilter(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of GET /users/{id}/conversations, and its order."""

    state: str | None = None
    """Of the user's member: INVITED, JOINED or LEFT."""
    date_start: str | None = None
    by_sort_key: bool = False
    """By `properties.custom_sort_key`, then by creation time, which is the order otherwise."""


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation, and the member that a user is in it."""

    conversation: ConversationRecord
    member: MemberRecord


class NumberFilter(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of GET /account/numbers; None and "" ask for nothing."""

    country: str | None = None
    pattern: str = ""
    """Digits, with stars for any digits: `44*`, `*007`."""
    app_id: str | None = None
    linked: bool | None = None
    """Whether the number belongs to an application."""


class PoolFilter(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of GET /number/search; None and "" ask for nothing."""

    country: str
    pattern: str = ""
    type: str | None = None
    features: tuple[str, ...] = ()
    """Every one of these."""


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of GET events."""

    start_id: int | None = None
    end_id: int | None = None
    """Included, as `start_id` is."""
    types: tuple[tuple[str, ...], ...] = ()
    """A type has to match a pattern of each group; a pattern is exact, or a prefix when it ends in `*`."""
    without_deleted: bool = False


T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A stretch of a list."""

    rows: list[T]
    total: int
    """Rows that the filter matches in all."""
    has_more: bool
    """Whether rows follow the last one."""
    last_key: str | None
    """What to give as `Window.after` for the rows that follow."""
    first_key: str | None = None
    """What to give as `Window.after`, with the order turned round, for the rows before."""
