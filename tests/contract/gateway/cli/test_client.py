"""Answers that no gateway gives, and the bounds on those that one does."""

import pytest

from gateway.cli.client import Client, RequestFailed
from tests.contract.gateway.cli.fakes import FakeGateway

pytestmark = pytest.mark.contract


@pytest.fixture
def client(fake: FakeGateway) -> Client:
    return Client(fake.url, "Bearer token")


def test_an_answer_that_is_no_json(fake: FakeGateway, client: Client) -> None:
    fake.prepare("GET", "/health", b"<html>")
    with pytest.raises(RequestFailed, match="is no JSON"):
        client.get("/health")


def test_an_answer_that_is_too_long(
    fake: FakeGateway, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.cli.client.MAX_BODY_BYTES", 100)
    fake.prepare("GET", "/health", b"[" + b" " * 98 + b"]")
    assert client.get("/health") == []
    fake.prepare("GET", "/health", b"[" + b" " * 99 + b"]")
    with pytest.raises(RequestFailed, match="longer than 100 bytes"):
        client.get("/health")


@pytest.mark.parametrize("stream", [b"data: " + b"1" * 200 + b"\n\n", b"data: no json\n\n"])
def test_a_stream_of_something_else(
    fake: FakeGateway, client: Client, monkeypatch: pytest.MonkeyPatch, stream: bytes
) -> None:
    monkeypatch.setattr("gateway.cli.client.MAX_EVENT_LINE_BYTES", 100)
    fake.prepare("GET", "/v1/events", b'data: {"id": 1}\n\n' + stream)
    events = client.events("/v1/events")
    assert next(events) == {"id": 1}
    with pytest.raises(RequestFailed, match="broke off"):
        next(events)


def test_a_refusal_that_is_no_json(fake: FakeGateway, client: Client) -> None:
    fake.prepare("GET", "/health", b"Bad Gateway", status=502)
    with pytest.raises(RequestFailed, match="502") as caught:
        client.get("/health")
    assert caught.value.status == 502
