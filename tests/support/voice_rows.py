"""What the Voice API promises, a row each: options of actions and calls, webhook fields, statuses, messages.

Options are read from the types that NCCOs and bodies are read into, so that no new one is forgotten. The rest
is that of the published reference.
"""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from gateway.api.calls import CreateCall, ModifyCall
from gateway.ncco.schema import ACTIONS

WEBHOOKS: dict[str, tuple[str, ...]] = {
    "answer": (
        "to",
        "from",
        "uuid",
        "conversation_uuid",
        "region_url",
        "endpoint_type",
        "SipHeader_X-*",
        "SipHeader_User-to-User",
    ),
    "event": (
        "from",
        "to",
        "uuid",
        "conversation_uuid",
        "status",
        "direction",
        "timestamp",
        "headers",
        "sip_code",
        "detail",
    ),
    "answered": ("start_time", "rate", "network"),
    "human or machine": ("call_uuid", "sub_state"),
    "completed": (
        "end_time",
        "network",
        "duration",
        "start_time",
        "rate",
        "price",
        "sip_code",
        "disconnected_by",
    ),
    "transfer": ("conversation_uuid_from", "conversation_uuid_to", "uuid", "timestamp"),
    "input": (
        "dtmf.digits",
        "dtmf.timed_out",
        "speech.results",
        "speech.timeout_reason",
        "speech.error",
        "speech.recording_url",
    ),
    "notify": ("conversation_uuid", "payload", "timestamp"),
    "record": (
        "start_time",
        "end_time",
        "recording_url",
        "recording_uuid",
        "size",
        "conversation_uuid",
        "timestamp",
    ),
    "transcription": ("conversation_uuid", "type", "recording_uuid", "status", "transcription_url"),
    "payment": ("from", "to", "uuid", "conversation_uuid", "type", "status", "timestamp"),
    "error": ("reason", "conversation_uuid", "timestamp"),
    "fallback": ("reason", "original_request.url", "original_request.type"),
    "call placed": (
        "from",
        "to",
        "uuid",
        "conversation_uuid",
        "client_ref",
        "status",
        "direction",
        "timestamp",
    ),
}
"""Webhooks and their fields (Voice API, webhook reference)."""

STATUSES = (
    "started",
    "ringing",
    "answered",
    "human",
    "machine",
    "busy",
    "cancelled",
    "failed",
    "rejected",
    "timeout",
    "unanswered",
    "disconnected",
    "completed",
)
"""What a call's status webhooks say (Voice API, call statuses)."""


SSML = (
    "speak",
    "break",
    "emphasis",
    "lang",
    "phoneme",
    "prosody volume",
    "prosody rate",
    "prosody pitch",
    "say-as",
    "s",
    "p",
    "sub",
)
"""Tags (Voice API, customizing text to speech)."""

WEBSOCKET = (
    "websocket:connected",
    "audio at 8000 Hz",
    "audio at 16000 Hz",
    "audio at 24000 Hz",
    "websocket:dtmf",
    "clear",
    "notify",
    "authorization custom",
    "authorization vonage",
)
"""What websocket applications and the platform say to each other (Voice API, websockets)."""


def options() -> Iterator[str]:
    """`talk`, `talk.text` … `connect.endpoint[phone].dtmfAnswer` …: every action with its options."""
    for action, struct in ACTIONS.items():
        yield action
        yield from (f"{action}.{option}" for option in _options(struct))


def call_options() -> Iterator[str]:
    """`POST /v1/calls length_timer` …, `PUT /v1/calls mute` …: what calls are made and steered with."""
    yield from (f"POST /v1/calls {name}" for name in CreateCall.__struct_encode_fields__)
    yield from (f"PUT /v1/calls {each.__struct_config__.tag}" for each in get_args(ModifyCall))


def ssml() -> Iterator[str]:
    """`<speak>` …: every tag."""
    yield from (f"<{tag}>" for tag in SSML)


def websocket() -> Iterator[str]:
    """`websocket clear` …: every message and format."""
    yield from (f"websocket {each}" for each in WEBSOCKET)


def webhook_fields() -> Iterator[str]:
    """`webhook answer.to` …: every field of every webhook."""
    for webhook, fields in WEBHOOKS.items():
        yield from (f"webhook {webhook}.{name}" for name in fields)


def statuses() -> Iterator[str]:
    """`status started` …: every status."""
    yield from (f"status {status}" for status in STATUSES)


def rows() -> list[str]:
    """All of them."""
    return [*options(), *ssml(), *call_options(), *webhook_fields(), *statuses(), *websocket()]


def _options(struct: type[msgspec.Struct]) -> Iterator[str]:
    hints = get_type_hints(struct, include_extras=False)
    for python_name, name in zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True):
        inner = list(_structs(hints[python_name]))
        yield name
        for each in inner:
            tag = each.__struct_config__.tag
            place = f"{name}[{tag}]" if tag is not None else name
            if tag is not None:
                yield place
            yield from (f"{place}.{option}" for option in _options(each))


def _structs(hint: Any) -> Iterator[type[msgspec.Struct]]:  # noqa: ANN401 - a type of any kind
    """The structs that a type holds, however deep in lists and unions."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    elif get_origin(hint) in (list, tuple, dict, Union, UnionType, Annotated):
        for part in get_args(hint):
            yield from _structs(part)
