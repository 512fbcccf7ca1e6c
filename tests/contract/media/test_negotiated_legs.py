"""From SDP to sound: what telephones describe is agreed on, carried by a real worker, and heard.

Codecs are FFmpeg's and SRTP is libsrtp's on the telephones' side.
"""

import asyncio
import base64
import re
import secrets
import struct

import pytest

from gateway.legs.sip_media import start_rtp
from media.control import Codec, Dtmf, Join, SdesKeys, SendDtmf
from signalling.sdp.negotiation import OfferAnswer
from signalling.sdp.stream import CodecName, LocalMedia, StreamSpec
from tests.support.media_exchange import Exchange, all_hear_each_other, hears
from tests.support.soft_phone import SoftPhone, usual_step
from tests.support.waiting import until

pytestmark = [pytest.mark.contract, pytest.mark.asyncio(loop_scope="module")]

CODECS: tuple[CodecName, ...] = ("PCMU", "PCMA", "G722", "opus")
CLOCKS = (8000, 16_000, 48_000)
"""Of telephone-event."""
TIMES_MS: dict[Codec, tuple[int, ...]] = dict.fromkeys(CODECS, (10, 20, 30, 40, 50, 60)) | {
    "opus": (10, 20, 40, 60)
}
SUITES = {"AES_CM_128_HMAC_SHA1_80": 30, "AES_CM_128_HMAC_SHA1_32": 30, "AEAD_AES_128_GCM": 28}
ENCODINGS = {"PCMU": "PCMU/8000", "PCMA": "PCMA/8000", "G722": "G722/8000", "opus": "opus/48000/2"}
OFFERER: Codec = "PCMU"
ANSWERER: Codec = "opus"
EVENTS = 101
PRESSES = 50
"""Of a key, until the worker goes by the new description: it may still be at the one before."""


def description(phone: SoftPhone, events_hz: int = 8000) -> bytes:
    """What a telephone says of itself, as an offer or an answer."""
    number, codec, keys = phone.sort.payload_type, phone.sort.codec, phone.keys
    lines = [
        *("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"),
        f"m=audio {phone.port} RTP/{'AVP' if keys is None else 'SAVP'} {number} {EVENTS}",
        f"a=rtpmap:{number} {ENCODINGS[codec]}",
        f"a=rtpmap:{EVENTS} telephone-event/{events_hz}",
        f"a=ptime:{phone.ptime_ms}",
    ]
    if keys is not None:
        lines.append(f"a=crypto:7 {keys.peer_suite} inline:{base64.b64encode(keys.peer_key).decode()}")
    return "\r\n".join([*lines, ""]).encode()


class Negotiated:
    """A leg whose stream comes of descriptions alone."""

    def __init__(self, exchange: Exchange, leg: str, local: LocalMedia) -> None:
        self._exchange = exchange
        self._leg = leg
        self._local = local
        self._media = OfferAnswer(1, secrets.token_bytes)

    def answer(self, phone: SoftPhone, events_hz: int = 8000) -> str:
        """Take a telephone's offer; our answer."""
        self._media.receive_offer(description(phone, events_hz))
        sdp, stream = self._media.answer(self._local)
        self._start(stream)
        return sdp.decode()

    def offer(self) -> str:
        """Our own offer."""
        return self._media.offer(self._local).decode()

    def receive_answer(self, phone: SoftPhone) -> None:
        """Take a telephone's answer."""
        self._start(self._media.receive_answer(description(phone)))

    def _start(self, stream: StreamSpec) -> None:
        self._exchange.worker.do(start_rtp(self._leg, stream))
        self._exchange.worker.do(Join(leg=self._leg, room="r"))


async def negotiated(exchange: Exchange, leg: str, **wishes: object) -> Negotiated:
    """Open a leg that speaks every codec."""
    local = LocalMedia("127.0.0.1", await exchange.open(leg), CODECS, **wishes)  # type: ignore[arg-type]
    return Negotiated(exchange, leg, local)


@pytest.mark.parametrize("codec", CODECS)
async def test_every_packet_time_and_clock_of_events_that_a_phone_may_offer(
    exchange: Exchange, codec: Codec
) -> None:
    listener = await exchange.call("listener", "PCMU", 300)
    calls = []
    for place, ptime_ms in enumerate(TIMES_MS[codec]):
        phone = await exchange.phone(codec, 450 + 150 * place, ptime_ms=ptime_ms)
        leg = await negotiated(exchange, str(ptime_ms))
        leg.answer(phone)
        phone.speak_to(exchange.ports[str(ptime_ms)])
        calls.append((phone, leg))
    phones = [phone for phone, _ in calls]
    await asyncio.gather(
        hears(listener, *(phone.tone_hz for phone in phones)), *(hears(phone, 300) for phone in phones)
    )
    for phone, leg in calls:
        assert usual_step(phone) == phone.sort.clock * phone.ptime_ms // 1000
        for digit, events_hz in enumerate(CLOCKS):
            await _press_and_be_pressed(exchange, phone, leg, digit, events_hz)


async def _press_and_be_pressed(
    exchange: Exchange, phone: SoftPhone, leg: Negotiated, digit: int, events_hz: int
) -> None:
    name = str(phone.ptime_ms)
    leg.answer(phone, events_hz)
    for _ in range(PRESSES):
        phone.press(digit, events_hz)
        pressed = await exchange.worker.told(Dtmf, leg=name, digit=str(digit))
        if pressed.duration_ms == 120:
            break
    assert pressed.duration_ms == 120
    exchange.worker.do(SendDtmf(leg=name, digits=str(digit)))

    def ends() -> list[bytes]:
        events = [packet for packet in list(phone.packets) if packet[1] & 0x7F == EVENTS]
        return [event for event in events if event[12] == digit and event[13] & 0x80]

    await until(ends, "that the digit is sent")
    assert struct.unpack("!H", ends()[0][14:16]) == (events_hz // 10,)


async def test_every_suite_whoever_offers(exchange: Exchange) -> None:
    """The telephone offers under `optional`, answers under `always`: each uses the key that it was told."""
    phones: list[SoftPhone] = []
    for suite, octets in SUITES.items():
        for codec in OFFERER, ANSWERER:
            name, is_offerer = f"{suite} {codec}", codec == OFFERER
            theirs = secrets.token_bytes(octets)
            keys = SdesKeys(suite=suite, key=bytes(octets), peer_suite=suite, peer_key=theirs)
            phone = await exchange.phone(codec, 400 + 150 * len(phones), keys)
            leg = await negotiated(exchange, name, srtp="optional" if is_offerer else "always")
            ours = _key(leg.answer(phone) if is_offerer else leg.offer(), suite)
            phone.rekey(SdesKeys(suite=suite, key=ours, peer_suite=suite, peer_key=theirs))
            if not is_offerer:
                leg.receive_answer(phone)
            phone.speak_to(exchange.ports[name])
            phones.append(phone)
    await all_hear_each_other(phones)
    assert [phone.unreadable for phone in phones] == [0] * len(phones)


def _key(sdp: str, suite: str) -> bytes:
    """Our key of a suite."""
    found = re.search(rf"^a=crypto:\d+ {suite} inline:(\S+)", sdp, re.MULTILINE)
    assert found is not None, sdp
    return base64.b64decode(found[1])
