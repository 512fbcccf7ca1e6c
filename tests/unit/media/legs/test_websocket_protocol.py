"""The conversation with a websocket application, in virtual ticks."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from media.legs.websocket_protocol import MAX_NOTIFICATIONS, MAX_OUTGOING, WebsocketProtocol
from tests.support.frame_port import FakePort

pytestmark = pytest.mark.unit

CLEAR = '{"action":"clear"}'
CLEARED = '{"event":"websocket:cleared"}'


def notify(payload: str = "{}") -> str:
    return f'{{"action":"notify","payload":{payload}}}'


def notified(payload: str = "{}") -> str:
    return f'{{"event":"websocket:notify","payload":{payload}}}'


@pytest.mark.parametrize(("rate", "octets"), [(8000, 320), (16000, 640)])
def test_audio_goes_both_ways_in_frames_of_20_ms(rate: int, octets: int) -> None:
    port = FakePort(octets)
    protocol = WebsocketProtocol(port, rate)
    protocol.receive_binary(b"\1" * octets)
    port.heard.extend([b"\2" * octets, b"\3" * octets])
    protocol.tick()
    protocol.hear()
    assert list(port.waiting) == [b"\1" * octets]
    assert list(protocol.outgoing) == [b"\2" * octets, b"\3" * octets]


def test_a_key_press_is_told() -> None:
    protocol = WebsocketProtocol(FakePort(), 8000)
    protocol.send_dtmf("5", 260)
    assert json.loads(protocol.outgoing[0]) == {"event": "websocket:dtmf", "digit": "5", "duration": 260}


def test_a_notification_waits_until_its_audio_has_been_played() -> None:
    port = FakePort()
    protocol = WebsocketProtocol(port, 8000)
    protocol.receive_binary(bytes(320 * 10))
    protocol.receive_text(notify('{"n": 1.50}'))
    protocol.receive_binary(bytes(320 * 10))
    for _ in range(9):
        protocol.tick()
        port.play()
    protocol.tick()
    assert not protocol.outgoing
    port.play()
    protocol.tick()
    assert list(protocol.outgoing) == [notified('{"n": 1.50}')]


def test_a_notification_without_audio_before_it_is_sent_with_the_next_tick() -> None:
    protocol = WebsocketProtocol(FakePort(), 8000)
    protocol.receive_text(notify())
    protocol.tick()
    assert list(protocol.outgoing) == [notified()]


def test_a_notification_waits_for_the_frame_that_it_cut_off() -> None:
    port = FakePort()
    protocol = WebsocketProtocol(port, 8000)
    protocol.receive_binary(b"\1" * 8)
    protocol.receive_text(notify())
    protocol.tick()
    assert not protocol.outgoing
    port.play()
    protocol.tick()
    assert list(protocol.outgoing) == [notified()]
    assert port.mixed == [b"\1" * 8 + bytes(312)]


def test_clear_drops_the_audio_and_answers_what_waited_for_it() -> None:
    port = FakePort()
    protocol = WebsocketProtocol(port, 8000)
    protocol.receive_binary(bytes(320 * 20))
    protocol.tick()
    protocol.receive_text(notify("1"))
    protocol.receive_text(notify("2"))
    protocol.receive_text(CLEAR)
    assert list(protocol.outgoing) == [notified("1"), notified("2"), CLEARED]
    protocol.receive_binary(b"\1" * 320)
    protocol.receive_text(notify("3"))
    protocol.tick()
    assert len(protocol.outgoing) == 3
    port.play()
    protocol.tick()
    assert port.mixed == [b"\1" * 320]
    assert protocol.outgoing[-1] == notified("3")


def test_the_flush_of_the_audio_connector_is_obeyed_without_an_answer() -> None:
    port = FakePort()
    protocol = WebsocketProtocol(port, 8000)
    protocol.receive_binary(bytes(320 * 20))
    protocol.receive_text(CLEARED)
    protocol.tick()
    assert not port.waiting
    assert not protocol.outgoing


def test_a_slow_application_loses_the_oldest_audio_and_no_key_press() -> None:
    port = FakePort()
    protocol = WebsocketProtocol(port, 8000)
    protocol.send_dtmf("1", 100)
    for number in range(MAX_OUTGOING + 9):
        port.heard.append(number.to_bytes(2, "big") * 160)
        protocol.hear()
    assert len(protocol.outgoing) == MAX_OUTGOING
    assert protocol.dropped_outgoing == 10
    assert "websocket:dtmf" in str(protocol.outgoing[0])
    assert protocol.outgoing[1] == (10).to_bytes(2, "big") * 160


def test_an_application_that_talks_and_never_reads_costs_a_bounded_queue() -> None:
    protocol = WebsocketProtocol(FakePort(), 8000)
    for _ in range(MAX_OUTGOING * 3):
        protocol.receive_text(CLEAR)
    assert len(protocol.outgoing) == MAX_OUTGOING


def test_notifications_beyond_the_bound_are_ignored() -> None:
    protocol = WebsocketProtocol(FakePort(), 8000)
    protocol.receive_binary(bytes(320))
    for _ in range(MAX_NOTIFICATIONS + 2):
        protocol.receive_text(notify())
    assert protocol.ignored_texts == 2


@given(st.text())
@example("ok")
@example("")
@example("{}")
@example("[" * 60_000)
@example('{"action":1}')
@example('{"action":"notify","payload":' + "[" * 60_000)
@example('{"action":"hangup"}')
@example("\ud800")
def test_any_other_text_is_counted_and_ignored(text: str) -> None:
    protocol = WebsocketProtocol(FakePort(), 8000)
    protocol.receive_text(text)
    protocol.tick()
    assert protocol.ignored_texts == 1
    assert not protocol.outgoing
