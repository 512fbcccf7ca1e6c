"""Which events a client may post, and what their bodies are (Conversation API, events). Pure.

`BODIES` is the whole list. Every other type is the gateway's own: a client that could post `member:left` or
`leg:status:update` would be writing history.
"""

import re
from typing import Any

import msgspec

from gateway.conversation.client_events import audio, chat
from gateway.conversation.client_events.body import Body, Nothing, Reference, wrong
from gateway.conversation.client_events.messages import AnyMessage
from gateway.store.records import Json

MAX_FREE_BODY = 4096
"""Octets of JSON in the body of a custom event (documented limits), and of an ephemeral one."""

CUSTOM = re.compile(r"custom:[A-Za-z0-9_:-]{1,100}")
"""The service's own description lets colons stand in the name, where the documentation has none."""

REFERENCES = (
    *(f"{kind}:{state}" for kind in ("text", "image", "event", "message") for state in ("seen", "delivered")),
    *(f"message:{state}" for state in ("submitted", "rejected", "undeliverable")),
)
"""Events that say what has become of another event."""

BodyType = Any
"""A msgspec type: a `Body`, a union of bodies, or an object of any members."""

BODIES: dict[str, BodyType] = {
    "text": chat.TextBody,
    "text:update": chat.TextUpdate,
    "text:typing:on": chat.Typing,
    "text:typing:off": chat.Typing,
    "image": chat.ImageBody,
    "message": AnyMessage,
    **dict.fromkeys(REFERENCES, Reference),
    "custom:*": Json,
    "ephemeral": Json,
    "audio:say": audio.Say,
    "audio:say:stop": audio.SayStop,
    "audio:play": audio.Play,
    "audio:play:stop": audio.PlayStop,
    "audio:record": audio.Record,
    "audio:record:stop": audio.RecordStop,
    "audio:dtmf": audio.Dtmf,
    **dict.fromkeys(
        [
            f"{what}:{state}"
            for what in ("audio:mute", "audio:earmuff", "video:mute")
            for state in ("on", "off")
        ],
        audio.Switch,
    ),
    "audio:ringing:start": Nothing,
    "audio:ringing:stop": Nothing,
}
"""Each type that a client may post, and its body. `custom:*` stands for every name behind `custom:`."""

UNKEPT = frozenset({"ephemeral", "text:typing:on", "text:typing:off"})
"""Events that are told to those who follow, and then forgotten: they have no id and are in no list."""

ClientBody = Body | Json
"""What `BODIES` reads: a typed body, or the object of a custom or an ephemeral event."""


def body_type(kind: str) -> BodyType:
    """What the body of an event is read into. Raises Invalid for a type that is not a client's to post."""
    model = BODIES.get("custom:*" if CUSTOM.fullmatch(kind) else kind)
    if model is None or kind == "custom:*":
        raise wrong("type", _why_not(kind))
    return model


def stored(body: ClientBody) -> Json:
    """The body as the log keeps it. Raises Invalid for a custom or an ephemeral one that is too large."""
    if isinstance(body, dict):
        if len(msgspec.json.encode(body)) > MAX_FREE_BODY:
            raise wrong("body", f"must be at most {MAX_FREE_BODY} octets of JSON")
        return body
    return {name: value for name, value in msgspec.to_builtins(body).items() if value is not None}


def _why_not(kind: str) -> str:
    if kind.startswith("custom:"):
        return "must be custom: and 1 to 100 of A-Z a-z 0-9 _ - :"
    if kind.startswith("rtc:"):
        return f"{kind!r} belongs to the App channel: client sessions send it, it is not posted"
    return f"{kind!r} is not an event that a client may post"
