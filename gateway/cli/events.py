"""A conversation's event in one line of words; used by `tail` and by the demonstration."""

from collections.abc import Mapping
from typing import Any

Event = Mapping[str, Any]
Row = tuple[str, str, str, str]

COLUMNS = ("time", "#", "event", "what")


def row(event: Event) -> Row:
    """Time of day, public number, type, and what a reader wants to know of the body."""
    return (
        str(event.get("timestamp", ""))[11:23],
        str(event.get("id") or ""),
        str(event.get("type", "")),
        describe(event),
    )


def plain(event: Event) -> str:
    """The row as one line of a log."""
    time, number, kind, what = row(event)
    return f"{time:<12}  {number:>3}  {kind:<20}  {what}".rstrip()


def describe(event: Event) -> str:
    """The body's gist: who, over which channel, which digit, why."""
    body = event.get("body")
    if not isinstance(body, Mapping):
        return ""
    words = [
        _user(body, event),
        _channel(body.get("channel")),
        _state(body),
        *(f"{name} {body[name]}" for name in ("direction", "digit", "digits", "duration") if body.get(name)),
        _text(body.get("text")),
        _reason(body.get("reason")),
        str(body.get("destination_url") or ""),
    ]
    return " · ".join(word for word in words if word)


def end(endpoint: object) -> str:
    """Who or what is at this end of a call; empty when that is not known."""
    if not isinstance(endpoint, Mapping):
        return ""
    names = ("number", "uri", "user", "extension")
    return str(next((endpoint[name] for name in names if endpoint.get(name)), ""))


def _user(body: Event, event: Event) -> str:
    user = body.get("user")
    if not isinstance(user, Mapping):
        embedded = event.get("_embedded")
        user = embedded.get("from_user") if isinstance(embedded, Mapping) else None
    if not isinstance(user, Mapping):
        return ""
    name = str(user.get("display_name") or user.get("name") or "")
    # The made-up name of a phone's user tells a reader nothing that its channel does not.
    return "" if name.startswith("vapi-user-") else name


def _channel(channel: object) -> str:
    if not isinstance(channel, Mapping):
        return ""
    ends = [end(channel.get(side)) for side in ("from", "to")]
    return " ".join([str(channel.get("type", "")), " → ".join(filter(None, ends))]).strip()


def _state(body: Event) -> str:
    if isinstance(body.get("status"), str):
        return str(body["status"])
    audio = body.get("audio")
    return "" if not isinstance(audio, bool) else f"audio {'on' if audio else 'off'}"


def _text(text: object) -> str:
    if not isinstance(text, str) or not text:
        return ""
    return f"“{text if len(text) <= 60 else text[:59] + '…'}”"


def _reason(reason: object) -> str:
    return str(reason.get("text") or reason.get("code") or "") if isinstance(reason, Mapping) else ""
