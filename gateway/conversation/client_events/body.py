"""What all bodies of posted events have in common."""

from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.errors import Invalid
from gateway.forms import HTTP_URL

MAX_EVENT_ID = 2**31 - 1
"""Beyond every conversation, within a database's integers."""

EventId = Annotated[int, Meta(ge=1, le=MAX_EVENT_ID)]
Id = Annotated[str, Meta(min_length=1, max_length=100)]
Label = Annotated[str, Meta(min_length=1, max_length=200)]
Url = Annotated[str, Meta(pattern=HTTP_URL, max_length=2048)]
Text = Annotated[str, Meta(max_length=2500)]
"""The text of an event `text` (the service's own description)."""


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """The body of one type of event, or of several. What it does not name is not kept."""


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An object inside a body."""


class Nothing(Body, frozen=True, kw_only=True):
    """A body that says nothing: the type says it all."""


class Reference(Body, frozen=True, kw_only=True):
    """What has become of an event: it is seen, delivered and so on."""

    event_id: EventId


def wrong(name: str, reason: str) -> Invalid:
    """The error for one member of a posted event: `reason` follows its quoted name."""
    return Invalid(
        "Input validation failure.", code="http:error:validation-fail", **{name: f'"{name}" {reason}'}
    )
