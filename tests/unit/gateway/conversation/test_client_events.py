"""What a client may post, and what it may not: every type, each of its bodies good and bad."""

import re

import pytest

from gateway.api.validation import convert
from gateway.conversation import events
from gateway.conversation.client_events import BODIES, MAX_FREE_BODY, UNKEPT, body_type, stored
from gateway.conversation.event_states import POSTED, STATES
from gateway.conversation.projections import _FOLDS
from gateway.errors import Invalid
from gateway.store.records import Json

pytestmark = pytest.mark.unit

URL = "https://example.com/a.mp3"
LEG = "63f61863-4a51-4f6b-86e1-46edebcf9356"

OWN = [
    *(set(_FOLDS) - {*events.MUTE.values(), *events.EARMUFF.values()}),
    *events.UNNUMBERED,
    "sip:ringing",
    "sip:answered",
    "sip:hangup",
    "sip:status",
    "member:media",
    "member:message:status",
    "audio:say:done",
    "audio:play:done",
    "audio:record:done",
    "audio:speaking:on",
    "audio:asr:done",
    "event:delete",
    "conversation:deleted",
    "rtc:new",
    "rtc:offer",
    "rtc:ice",
    "rtc:terminate",
    "rtc:transfer",
    "mixer:publisher:created",
    "custom",
    "custom:*",
    "text:",
    "TEXT",
    "foo",
    "",
]


def read(kind: str, body: Json) -> Json:
    """The body as it comes to stand in the log."""
    return stored(convert(body, body_type(kind), text=True, at="body"))


@pytest.mark.parametrize("kind", OWN)
def test_what_the_gateway_writes_nobody_else_does(kind: str) -> None:
    with pytest.raises(Invalid) as refused:
        body_type(kind)
    assert list(refused.value.parameters) == ["type"]


def test_media_negotiation_is_told_where_it_belongs() -> None:
    with pytest.raises(Invalid) as refused:
        body_type("rtc:answer")
    assert "App channel" in refused.value.parameters["type"]


GOOD: list[tuple[str, Json]] = [
    ("text", {"text": "hi"}),
    ("text", {"text": "hi", "language": "en", "channels": ["sms", "app"]}),
    ("text", {"text": "x" * 2500}),
    ("text:update", {"text": "ho", "original_event_id": 3}),
    ("text:update", {"text": "ho"}),
    ("text:typing:on", {"activity": 1}),
    ("text:typing:off", {}),
    ("image", {"representations": {"original": {"url": URL, "size": 1, "type": "image"}, "thumbnail": {}}}),
    ("image", {"representations": {}}),
    ("message", {"message_type": "text", "text": "hi"}),
    ("message", {"message_type": "image", "image": {"url": URL}}),
    ("message", {"message_type": "audio", "audio": {"url": URL}}),
    ("message", {"message_type": "video", "video": {"url": URL}}),
    ("message", {"message_type": "file", "file": {"url": URL, "name": "a.mp3"}}),
    ("message", {"message_type": "vcard", "vcard": {"url": URL}, "image": {"url": URL}}),
    ("message", {"message_type": "template", "template": {"name": "hello", "parameters": ["Ann", {"n": 1}]}}),
    (
        "message",
        {
            "message_type": "template",
            "template": {"name": "hello", "whatsapp": {"policy": "deterministic", "locale": "en"}},
            "whatsapp": {"policy": "deterministic", "locale": "en"},
        },
    ),
    ("message", {"message_type": "custom", "custom": {"anything": ["goes"]}}),
    ("message", {"message_type": "location", "location": {"longitude": "1.5", "latitude": "2"}}),
    ("message", {"message_type": "location", "location": {"longitude": 1.5, "latitude": 2.0, "name": "x"}}),
    ("message", {"message_type": "random"}),
    ("message", {"message_type": "text", "text": "hi", "viber_service": {"ttl": 30}}),
    ("ephemeral", {"any": {"thing": None}}),
    ("custom:order-placed_2", {"anything": ["goes"], "null": None}),
    ("custom:order:placed", {}),
    ("custom:" + "x" * 100, {}),
    *(
        (f"{kind}:{state}", {"event_id": 1})
        for kind in ("text", "image", "event")
        for state in ("seen", "delivered")
    ),
    *((f"message:{state}", {"event_id": 2**31 - 1}) for state in STATES),
    (
        "audio:say",
        {"text": "hi", "language": "en-US", "style": 0, "level": -1.0, "loop": 0, "queue": True}
        | {"voice_name": "Amy", "premium": True, "ssml": True},
    ),
    ("audio:say", {"text": "x" * 1500, "language": "", "style": 1000, "level": 1.0, "loop": 9}),
    ("audio:say", {"text": "<speak>" + "<b>x</b>" * 1500 + "</speak>", "level": 0.0, "loop": 1}),
    ("audio:say:stop", {"say_id": "s-1"}),
    ("audio:play", {"stream_url": [URL], "level": 0.5, "loop": 0, "queue": False}),
    ("audio:play:stop", {"play_id": "p-1"}),
    (
        "audio:record",
        {"format": "wav", "validity": 1, "channels": 32, "beep_start": True, "beep_stop": True}
        | {"streamed": True, "detect_speech": True, "split": True, "multitrack": True}
        | {"transcription": {"language": "en-US", "sentiment_analysis": True}},
    ),
    (
        "audio:record",
        {"format": "ogg", "channels": 1, "beep_start": False, "beep_stop": False, "mulitrack": True},
    ),
    ("audio:record:stop", {"record_id": "r-1"}),
    ("audio:record:stop", {"recording_id": "r-1"}),
    ("audio:dtmf", {"digits": "0123456789abcdABCD*#pP"}),
    ("audio:dtmf", {"digit": "1" * 45, "channel": {"id": LEG, "type": "app"}, "dtmf_seq": 0}),
    *(
        (f"{what}:{state}", body)
        for what in ("audio:mute", "audio:earmuff", "video:mute")
        for state in ("on", "off")
        for body in ({"rtc_id": LEG}, {})
    ),
    ("audio:ringing:start", {}),
    ("audio:ringing:stop", {}),
]

BAD: list[tuple[str, Json, str]] = [
    ("text", {}, "body.text"),
    ("text", {"text": 1}, "body.text"),
    ("text", {"text": "x" * 2501}, "body.text"),
    ("text", {"text": "x", "channels": ["fax"]}, "body.channels[0]"),
    ("text:update", {"original_event_id": 3}, "body.text"),
    ("text:update", {"text": "x", "original_event_id": 0}, "body.original_event_id"),
    ("text:typing:on", {"activity": "much"}, "body.activity"),
    ("image", {}, "body.representations"),
    ("image", {"representations": "x"}, "body.representations"),
    ("image", {"representations": {"original": {"url": "ftp://x"}}}, "body.representations.original.url"),
    ("message", {}, "body.message_type"),
    ("message", {"message_type": "bogus"}, "body.message_type"),
    ("message", {"message_type": 7}, "body.message_type"),
    ("message", {"message_type": "text"}, "body.text"),
    ("message", {"message_type": "text", "text": "x" * 10_001}, "body.text"),
    ("message", {"message_type": "image", "image": "x"}, "body.image"),
    ("message", {"message_type": "audio", "audio": {}}, "body.audio.url"),
    ("message", {"message_type": "video", "video": {"url": "x"}}, "body.video.url"),
    ("message", {"message_type": "file", "file": {"url": "https://x/" + "y" * 2048}}, "body.file.url"),
    ("message", {"message_type": "vcard"}, "body.vcard"),
    ("message", {"message_type": "template", "template": {}}, "body.template.name"),
    (
        "message",
        {"message_type": "template", "template": {"name": "x", "parameters": ["x"] * 101}},
        "body.template.parameters",
    ),
    ("message", {"message_type": "custom", "custom": "x"}, "body.custom"),
    ("message", {"message_type": "location", "location": {"longitude": "1"}}, "body.location.latitude"),
    *(
        (f"{kind}:{state}", body, "body.event_id")
        for kind, state in (
            ("text", "seen"),
            ("image", "delivered"),
            ("event", "seen"),
            ("message", "rejected"),
        )
        for body in ({}, {"event_id": "x"}, {"event_id": True}, {"event_id": 0}, {"event_id": 2**31})
    ),
    ("custom:big", {"a": "x" * MAX_FREE_BODY}, "body"),
    ("ephemeral", {"a": "x" * MAX_FREE_BODY}, "body"),
    ("custom:", {}, "type"),
    ("custom:a b", {}, "type"),
    ("custom:ä", {}, "type"),
    ("custom:" + "x" * 101, {}, "type"),
    ("audio:say", {}, "body.text"),
    ("audio:say", {"text": ""}, "body.text"),
    ("audio:say", {"text": "x" * 1501}, "body.text"),
    ("audio:say", {"text": "<b>x</b>" * 1500}, "body.text"),
    ("audio:say", {"text": "<speak>" + "<b/>" * 5000}, "body.text"),
    ("audio:say", {"text": "x", "level": 1.5}, "body.level"),
    ("audio:say", {"text": "x", "level": -1.5}, "body.level"),
    ("audio:say", {"text": "x", "loop": -1}, "body.loop"),
    ("audio:say", {"text": "x", "style": 1001}, "body.style"),
    ("audio:say", {"text": "x", "language": "x" * 36}, "body.language"),
    ("audio:say", {"text": "x", "queue": "maybe"}, "body.queue"),
    ("audio:say:stop", {}, "body.say_id"),
    ("audio:play", {}, "body.stream_url"),
    ("audio:play", {"stream_url": []}, "body.stream_url"),
    ("audio:play", {"stream_url": [URL, URL]}, "body.stream_url"),
    ("audio:play", {"stream_url": ["file:///etc/passwd"]}, "body.stream_url[0]"),
    ("audio:play", {"stream_url": [URL], "loop": 1.5}, "body.loop"),
    ("audio:play:stop", {"play_id": ""}, "body.play_id"),
    ("audio:record", {"format": "flac"}, "body.format"),
    ("audio:record", {"validity": 0}, "body.validity"),
    ("audio:record", {"channels": 33}, "body.channels"),
    ("audio:record", {"transcription": {}}, "body.transcription.language"),
    ("audio:record:stop", {}, "body.record_id"),
    ("audio:dtmf", {}, "body.digits"),
    ("audio:dtmf", {"digits": "12e"}, "body.digits"),
    ("audio:dtmf", {"digit": "1" * 46}, "body.digit"),
    ("audio:mute:on", {"rtc_id": 5}, "body.rtc_id"),
    ("audio:earmuff:off", {"rtc_id": "x" * 101}, "body.rtc_id"),
    ("video:mute:on", {"rtc_id": ""}, "body.rtc_id"),
]


@pytest.mark.parametrize(("kind", "body"), GOOD)
def test_good(kind: str, body: Json) -> None:
    assert read(kind, body) == body


@pytest.mark.parametrize(("kind", "body", "wrong"), BAD)
def test_bad(kind: str, body: Json, wrong: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(kind, body)
    ((name, reason),) = refused.value.parameters.items()
    assert name == wrong
    assert reason.startswith(f'"{wrong}" ')
    assert refused.value.code == "http:error:validation-fail"


@pytest.mark.parametrize("letter", ["x", "ä", "😀"])
def test_a_free_body_has_4096_octets_of_json(letter: str) -> None:
    around = len(b'{"a":""}')
    count, rest = divmod(4096 - around, len(letter.encode()))
    body: Json = {"a": letter * count + "x" * rest}
    assert read("custom:big", body) == body
    with pytest.raises(Invalid) as refused:
        read("custom:big", {"a": body["a"] + "x"})
    assert "4096" in refused.value.parameters["body"]


def test_every_type_is_tried() -> None:
    formless = {"text:typing:on", "text:typing:off", "audio:ringing:start", "audio:ringing:stop"}
    same_body = re.compile(r"(text|image|event|message|audio:mute|audio:earmuff|video:mute):[a-z]+")
    tried_good = {kind if kind in BODIES else "custom:*" for kind, _ in GOOD}
    tried_bad = {kind if kind in BODIES else "custom:*" for kind, _, _ in BAD}
    assert tried_good == set(BODIES)
    assert {kind for kind in set(BODIES) - formless - tried_bad if not same_body.fullmatch(kind)} == set()


@pytest.mark.parametrize(
    ("kind", "sent", "kept"),
    [
        ("audio:say", {"text": "hi"}, {"text": "hi", "level": 0.0, "loop": 1}),
        ("audio:play", {"stream_url": [URL]}, {"stream_url": [URL], "level": 0.0, "loop": 1}),
        (
            "audio:record",
            {},
            {"format": "mp3", "channels": 1, "beep_start": False, "beep_stop": False},
        ),
        ("text:seen", {"event_id": "3"}, {"event_id": 3}),
        (
            "audio:play",
            {"stream_url": [URL], "level": "0.5", "loop": "2"},
            {"stream_url": [URL], "level": 0.5, "loop": 2},
        ),
        ("text", {"text": "hi", "nobody": "knows this"}, {"text": "hi"}),
    ],
)
def test_defaults_are_filled_in_and_sloppy_clients_understood(kind: str, sent: Json, kept: Json) -> None:
    assert read(kind, sent) == kept


def test_what_is_forgotten_or_posted_is_a_clients_to_post() -> None:
    assert set(BODIES) >= UNKEPT
    assert set(BODIES) >= POSTED
