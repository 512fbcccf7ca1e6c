"""Websocket endpoints as applications write them."""

import pytest

from gateway.errors import Invalid
from gateway.routing.endpoints import (
    MAX_WEBSOCKET_HEADERS,
    CustomAuthorization,
    VonageAuthorization,
    WebsocketEndpoint,
    read_endpoint,
)
from gateway.store.records import Json

pytestmark = pytest.mark.unit

SECRET = "Bearer 8n7w-sesame"


def endpoint(**members: object) -> WebsocketEndpoint:
    read = read_endpoint({"type": "websocket", "uri": "wss://bot.example/", **members}, "to[0]")
    assert isinstance(read, WebsocketEndpoint)
    return read


@pytest.mark.parametrize(
    ("content_type", "rate"),
    [
        ("audio/l16;rate=8000", 8000),
        ("audio/l16;rate=16000", 16000),
        ("audio/l16; rate=16000", 16000),
        ("audio/l16;rate=24000", 24000),
    ],
)
def test_the_rate_is_in_the_content_type(content_type: str, rate: int) -> None:
    assert endpoint(**{"content-type": content_type}).rate == rate


@pytest.mark.parametrize("name", ["content-type", "contentType", "content_type"])
def test_the_content_type_has_three_spellings(name: str) -> None:
    assert endpoint(**{name: "audio/l16;rate=8000"}).rate == 8000


def test_what_an_endpoint_lacks_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        read_endpoint({"type": "websocket"}, "to[0]")
    assert refused.value.parameters == {"to[0].uri": "must be given"}


def test_without_a_content_type_it_is_16_khz() -> None:
    assert endpoint().rate == 16000


@pytest.mark.parametrize(
    "content_type", ["audio/l16;rate=44100", "audio/l16", "audio/l16;rate=160000", "audio/mpeg"]
)
def test_another_content_type_is_refused(content_type: str) -> None:
    with pytest.raises(Invalid) as refused:
        endpoint(**{"content-type": content_type})
    assert refused.value.parameters == {
        "to[0].content-type": "must be audio/l16;rate=16000, or a rate of 8000 or 24000"
    }


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"type": "custom", "value": SECRET}, CustomAuthorization(value=SECRET)),
        ({"type": "custom", "value": "x" * 8191}, CustomAuthorization(value="x" * 8191)),
        ({"type": "vonage"}, VonageAuthorization()),
        ({"type": "vonage", "value": ""}, VonageAuthorization()),
        (None, None),
    ],
)
def test_authorization(written: Json | None, meant: object) -> None:
    assert endpoint(authorization=written).authorization == meant


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ({"type": "custom"}, "to[0].authorization.value"),
        ({"type": "custom", "value": ""}, "to[0].authorization.value"),
        ({"type": "custom", "value": "x" * 8192}, "to[0].authorization.value"),
        ({"type": "custom", "value": "clé"}, "to[0].authorization.value"),
        ({"type": "custom", "value": f"{SECRET}\r\nHost: other"}, "to[0].authorization.value"),
        ({"type": "custom", "value": f"{SECRET}\n"}, "to[0].authorization.value"),
        ({"type": "basic", "value": SECRET}, "to[0].authorization.type"),
        (SECRET, "to[0].authorization"),
    ],
)
def test_another_authorization_is_refused_and_not_repeated(written: object, place: str) -> None:
    with pytest.raises(Invalid) as refused:
        endpoint(authorization=written)
    assert list(refused.value.parameters) == [place]
    assert "sesame" not in f"{refused.value} {refused.value.parameters}"


@pytest.mark.parametrize("kind", ["custom", "vonage"])
def test_what_shows_an_endpoint_shows_no_secret(kind: str) -> None:
    assert "sesame" not in repr(endpoint(authorization={"type": kind, "value": SECRET}))


def test_headers_may_be_nested_and_keep_their_names() -> None:
    headers = {"caller_id": {"display_name": "Ann", "tags": [1, None, {"a_b": "c"}]}, "X": None}
    assert endpoint(headers=headers).headers == headers


def test_too_many_headers_are_refused() -> None:
    around = len('{"a":""}')
    assert endpoint(headers={"a": "x" * (MAX_WEBSOCKET_HEADERS - around)}).headers
    with pytest.raises(Invalid) as refused:
        endpoint(headers={"a": "x" * (MAX_WEBSOCKET_HEADERS - around + 1)})
    assert list(refused.value.parameters) == ["to[0].headers"]
