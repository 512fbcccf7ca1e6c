"""Which events a client may post, and what their bodies need (Conversation API, events). Pure.

Every other type is the gateway's own: a client that could post `member:left` or `leg:status:update` would be
writing history.
"""

import re
from collections.abc import Callable

import msgspec

from gateway.errors import Invalid
from gateway.store.records import Json

MAX_CUSTOM_BODY = 4096
"""Octets of JSON in the body of a custom event (documented limits)."""

CUSTOM = re.compile(r"custom:[A-Za-z0-9_-]{1,100}")

NOT_YET = re.compile(r"audio:.*|ephemeral|video:.*|rtc:.*|text:update")
"""Types that clients of the original may post and that would have to act on something here."""

MESSAGE_TYPES = frozenset(
    {"text", "image", "audio", "video", "file", "vcard", "template", "custom", "location", "random"}
)

REFERABLE = ("text", "image", "event", "message")
"""What can be seen and delivered."""

Check = Callable[[Json], str | None]
"""What is wrong with a body, in words that begin with the name of the member; None when nothing is."""


def _text(body: Json) -> str | None:
    return None if isinstance(body.get("text"), str) else '"text" must be a string'


def _refers(body: Json) -> str | None:
    event_id = body.get("event_id")
    is_number = isinstance(event_id, int) and not isinstance(event_id, bool)
    return None if is_number else '"event_id" must be a number'


def _image(body: Json) -> str | None:
    return None if isinstance(body.get("representations"), dict) else '"representations" must be an object'


def _message(body: Json) -> str | None:
    kind = body.get("message_type")
    if kind not in MESSAGE_TYPES:
        return f'"message_type" must be one of [{", ".join(sorted(MESSAGE_TYPES))}]'
    if kind == "text":
        return _text(body)
    if kind != "random" and not isinstance(body.get(kind), dict):
        return f'"{kind}" must be an object'
    return None


def _anything(_body: Json) -> str | None:
    return None


def _custom(body: Json) -> str | None:
    size = len(msgspec.json.encode(body))
    return None if size <= MAX_CUSTOM_BODY else f'"body" must be at most {MAX_CUSTOM_BODY} octets of JSON'


CHECKS: dict[str, Check] = {
    "text": _text,
    "image": _image,
    "message": _message,
    "text:typing:on": _anything,
    "text:typing:off": _anything,
    **dict.fromkeys(
        [f"{kind}:{state}" for kind in REFERABLE for state in ("seen", "delivered")],
        _refers,
    ),
    **dict.fromkeys([f"message:{state}" for state in ("submitted", "rejected", "undeliverable")], _refers),
}


def check_client_event(kind: str, body: Json) -> None:
    """Raises Invalid for a type that is not a client's to post, and for a body that does not fit its type."""
    check = _custom if CUSTOM.fullmatch(kind) else CHECKS.get(kind)
    if check is None:
        raise _refused(kind)
    wrong = check(body)
    if wrong is not None:
        raise Invalid("Input validation failure.", code="http:error:validation-fail", body=wrong)


def _refused(kind: str) -> Invalid:
    if NOT_YET.fullmatch(kind):
        why = f'"type" {kind!r} cannot be posted yet'
    elif kind.startswith("custom:"):
        why = '"type" must be custom: and 1 to 100 of A-Z a-z 0-9 _ -'
    else:
        why = f'"type" {kind!r} is not an event that a client may post'
    return Invalid("Input validation failure.", code="http:error:validation-fail", type=why)
