"""The extension that tells how far an application's audio has been played."""

import json

import pytest

from media.legs.playout import MAX_BUFFERED_FRAMES
from media.legs.websocket_protocol import WebsocketProtocol
from tests.support.frame_port import FakePort

pytestmark = pytest.mark.unit

FRAME = 320
CLEAR = '{"action":"clear"}'


def ask(interval: object = 100) -> str:
    return json.dumps({"action": "cordboard:report", "interval": interval})


def read(protocol: WebsocketProtocol) -> list[dict[str, object]]:
    """The texts so far, which are taken away."""
    texts = [json.loads(message) for message in protocol.outgoing if isinstance(message, str)]
    protocol.outgoing.clear()
    return texts


def report(**milliseconds: int) -> dict[str, object]:
    return {
        "received": sum(milliseconds.values()),
        **dict.fromkeys(("played", "waiting", "cleared", "dropped"), 0),
        **milliseconds,
        "event": "cordboard:report",
    }


def test_who_does_not_ask_is_told_nothing() -> None:
    protocol = WebsocketProtocol(FakePort(), 8000)
    protocol.receive_binary(bytes(FRAME * 9))
    for _ in range(100):
        protocol.tick()
    assert read(protocol) == []


def test_a_report_comes_at_once_and_then_at_its_interval() -> None:
    port = FakePort()
    protocol = WebsocketProtocol(port, 8000)
    protocol.receive_binary(bytes(FRAME * 20))
    protocol.receive_text(ask(100))
    assert read(protocol) == [report(waiting=400)]
    for _ in range(10):
        protocol.tick()
        port.play()
    assert read(protocol) == [report(played=80, waiting=320), report(played=180, waiting=220)]


def test_a_clear_is_reported_with_what_was_heard_before_it() -> None:
    port = FakePort()
    protocol = WebsocketProtocol(port, 8000)
    protocol.receive_text(ask(60_000))
    protocol.receive_binary(bytes(FRAME * 20))
    protocol.tick()
    port.play(3)
    read(protocol)
    protocol.receive_text(CLEAR)
    assert read(protocol) == [{"event": "websocket:cleared"}, report(played=60, cleared=340)]
    protocol.receive_binary(bytes(FRAME))
    protocol.tick()
    port.play()
    protocol.receive_text(ask(60_000))
    assert read(protocol) == [report(played=80, cleared=340)]


def test_what_found_no_room_is_reported() -> None:
    protocol = WebsocketProtocol(FakePort(), 8000)
    protocol.receive_binary(bytes(FRAME * (MAX_BUFFERED_FRAMES + 7)))
    protocol.receive_text(ask())
    assert read(protocol) == [report(waiting=20 * MAX_BUFFERED_FRAMES, dropped=140)]


def test_an_interval_of_0_is_no_more_reports() -> None:
    protocol = WebsocketProtocol(FakePort(), 8000)
    protocol.receive_text(ask(20))
    protocol.receive_text(ask(0))
    read(protocol)
    protocol.receive_text(CLEAR)
    for _ in range(10):
        protocol.tick()
    assert read(protocol) == [{"event": "websocket:cleared"}]
    assert protocol.ignored_texts == 0


@pytest.mark.parametrize("interval", [None, "500", 19, 60_001, -100, 100.0, True, False, [], {}, 1 << 70])
def test_what_is_no_interval_is_ignored(interval: object) -> None:
    protocol = WebsocketProtocol(FakePort(), 8000)
    protocol.receive_text(ask(interval))
    protocol.tick()
    assert read(protocol) == []
    assert protocol.ignored_texts == 1


def test_an_interval_in_another_message_does_no_harm() -> None:
    protocol = WebsocketProtocol(FakePort(), 8000)
    protocol.receive_text('{"action":"clear","interval":"soon"}')
    assert read(protocol) == [{"event": "websocket:cleared"}]
