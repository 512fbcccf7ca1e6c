"""Sound, keys and reports that are slipped into running calls: nobody hears, believes or answers them.

The callers are phones, one with SRTP. What an attacker may know is what a capture shows: addresses, SSRC and
numbers; it writes the sender's address as it likes. What comes from the very address of a peer without keys
cannot be told from the peer's own: of that, only what is malformed is slipped in.
"""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.demo.hearing import matrix, part, read_wav, tone_level_dbov
from gateway.demo.phone import Phone, PhoneSettings
from tests.support.capture import Capture, Datagram, Forger
from tests.support.gateway import RunningGateway
from tests.support.hearing import (
    LOUDNESS_TOLERANCE_DB,
    SPOKEN_DBOV,
    assert_all_hear_each_other,
    assert_does_not_hear,
)
from tests.support.line import Line, room
from tests.support.network import private_network, why_not
from tests.support.overheard import Overheard
from tests.support.rtp_party import mulaw_tone
from tests.support.waiting import LIMIT_S, until
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.security, pytest.mark.asyncio(loop_scope="module")]

TONES = {"plain": 440, "keyed": 660}
FORGED_HZ = 2300
PACKETS = 200
"""Of each attack: four seconds of sound, sent within a second or two."""
EVERY_S = 0.2
EVENTS = 101
STRANGER = "127.0.0.66"


@pytest.fixture(scope="module")
def network() -> Iterator[None]:
    if reason := why_not():
        pytest.skip(reason)
    with private_network():
        yield


class Scene:
    """Two phones in a room, a capture of what they say, and who forges."""

    def __init__(self, line: Line, phones: dict[str, Phone], capture: Capture, forger: Forger) -> None:
        self._line, self.phones, self._capture, self._forger = line, phones, capture, forger

    def overheard(self, name: str) -> Overheard:
        """The call of a phone."""
        return Overheard(self._capture.datagrams, self._line.gateway.sip_port, self.phones[name].port)

    def inject(self, name: str, source: tuple[str, int], packets: list[bytes], next_door: int = 0) -> None:
        """Send packets to the port of a phone's leg, or the one of its RTCP."""
        host, port = self.overheard(name).gateway
        for packet in packets:
            self._forger.send(Datagram(source, (host, port + next_door), packet))

    def answers_to(self, source: tuple[str, int]) -> int:
        """Datagrams that went to an attacker."""
        return sum(one.target == source for one in self._capture.datagrams)

    async def digits(self) -> list[str]:
        """That the room knows of."""
        answered = next(hook for hook in self._line.webhooks.hooks if hook.fields.get("status") == "answered")
        call = await self._line.call_state(answered.fields["uuid"])
        events = await self._line.events(call["conversation_uuid"])
        return [event["body"]["digit"] for event in events if event["type"] == "audio:dtmf"]

    async def nothing_is_heard_of_it(self) -> None:
        """Wait until the phones have heard each other for more than a second from now on, and nobody else."""
        tones = {**TONES, "forged": FORGED_HZ}
        since = {name: _heard_s(phone) for name, phone in self.phones.items()}
        heard: dict[str, dict[str, float]] = {}

        def are_heard() -> bool:
            sounds = {
                name: part(read_wav(phone.heard)[0], since[name]) for name, phone in self.phones.items()
            }
            heard.update(matrix(sounds, tones, steady_s=0.3))
            with contextlib.suppress(AssertionError):
                assert_all_hear_each_other(heard, TONES)
                return all(len(sound) > 8000 * 2 for sound in sounds.values())
            return False

        await until(are_heard, "that the phones hear each other", every_s=EVERY_S)
        for name in TONES:
            assert_does_not_hear(heard, name, "forged")


def _heard_s(phone: Phone) -> float:
    return len(read_wav(phone.heard)[0]) / 8000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(network: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    directory = tmp_path_factory.mktemp("injection")
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(RunningGateway(directory / "gateway"))
        line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        line.webhooks.answer(room())
        domain = {"name": "mixed", "application_id": line.app.id, "acl": ["127.0.0.0/8"], "srtp": "optional"}
        await gateway.rest.expect(201, "POST", "/v1/psip", body=domain)
        capture = await stack.enter_async_context(Capture())
        phones = {}
        for name, hertz in TONES.items():
            phones[name] = phone = await _phone(stack, line, directory, name, hertz)
            await phone.call("sip:room@mixed")
            await phone.wait("established", timeout=20)
        scene = Scene(line, phones, capture, stack.enter_context(Forger()))
        await scene.nothing_is_heard_of_it()
        yield scene


async def _phone(stack: AsyncExitStack, line: Line, directory: Path, name: str, hertz: int) -> Phone:
    settings = PhoneSettings(
        name=name,
        directory=directory,
        tone_hz=hertz,
        proxy=f"127.0.0.1:{line.gateway.sip_port}",
        encryption="srtp-mand" if name == "keyed" else "",
    )
    return await stack.enter_async_context(await Phone.start(settings))


def tone_after(packet: bytes) -> list[bytes]:
    """What would go on with the stream of a packet: its SSRC, the next numbers and times, another voice."""
    sequence, timestamp, ssrc = struct.unpack("!HII", packet[2:12])
    tone = mulaw_tone(FORGED_HZ)
    return [
        struct.pack(
            "!BBHII", 0x80, 0, (sequence + step) & 0xFFFF, (timestamp + step * 160) & 0xFFFFFFFF, ssrc
        )
        + tone[step * 160 % 8000 :][:160]
        for step in range(1, PACKETS)
    ]


def key_after(packet: bytes) -> list[bytes]:
    """A key that is pressed within the stream of a packet (RFC 4733)."""
    sequence, timestamp, ssrc = struct.unpack("!HII", packet[2:12])
    return [
        struct.pack("!BBHII", 0x80, EVENTS, (sequence + step) & 0xFFFF, timestamp, ssrc)
        + struct.pack("!BBH", 5, 0x80 if step > 5 else 0, step * 160)
        for step in range(1, 9)
    ]


def goodbyes(packet: bytes) -> list[bytes]:
    """RTCP in the name of a stream: nothing was received, and BYE."""
    ssrc = packet[8:12]
    report = b"\x81\xc9\x00\x07" + ssrc + ssrc + b"\xff\x7f\xff\xff" + bytes(16)
    return [report + b"\x81\xcb\x00\x01" + ssrc] * 3


def oddities(packet: bytes) -> list[bytes]:
    """Packets that no sender makes, in the stream of one."""
    head = packet[1:12]
    return [
        b"",
        b"\x80",
        b"\x80" + head[:10],
        *(bytes([first]) + head + body for first in (0x00, 0x40, 0xC0) for body in (b"", bytes(160))),
        b"\x8f" + head + bytes(8),
        b"\x90" + head + b"\xbe\xde\xff\xff" + bytes(8),
        b"\xa0" + head + bytes(159) + b"\xff",
        b"\xa0" + head + bytes(160),
        b"\x80" + head + bytes(1500),
        b"\x80" + head + bytes(9000),
    ]


PLACES = ("another-port", "another-host")


@pytest.mark.parametrize("name", TONES)
@pytest.mark.parametrize("place", PLACES)
async def test_a_stranger_who_knows_the_stream_is_not_heard(scene: Scene, name: str, place: str) -> None:
    source = (STRANGER if place == "another-host" else "127.0.0.1", 9)
    newest = scene.overheard(name).sent_by_phone()[-1]
    before = await scene.digits()
    scene.inject(name, source, tone_after(newest))
    scene.inject(name, source, key_after(newest))
    scene.inject(name, source, goodbyes(newest), next_door=1)
    await scene.nothing_is_heard_of_it()
    assert await scene.digits() == before
    assert scene.answers_to(source) == 0


async def test_who_has_the_address_and_not_the_key_is_not_heard(scene: Scene) -> None:
    """Plain RTP, keys pressed and RTCP from where the phone itself sends, and what it said itself, again."""
    overheard = scene.overheard("keyed")
    host, port = overheard.phone
    said = overheard.sent_by_phone()
    before = await scene.digits()
    scene.inject("keyed", (host, port), tone_after(said[-1]))
    scene.inject("keyed", (host, port), key_after(said[-1]))
    scene.inject("keyed", (host, port), said[-PACKETS:])
    scene.inject("keyed", (host, port), [one[:-1] + bytes([one[-1] ^ 1]) for one in said[-PACKETS:]])
    scene.inject("keyed", (host, port + 1), goodbyes(said[-1]), next_door=1)
    await scene.nothing_is_heard_of_it()
    assert await scene.digits() == before


@pytest.mark.parametrize("name", TONES)
async def test_what_is_malformed_does_not_disturb(scene: Scene, name: str) -> None:
    """From where the phone itself sends."""
    overheard = scene.overheard(name)
    scene.inject(name, overheard.phone, oddities(overheard.sent_by_phone()[-1]) * 20)
    await scene.nothing_is_heard_of_it()


async def test_what_a_phone_itself_presses_is_all_that_is_told(scene: Scene) -> None:
    """After all of this; else nothing would be proved by silence."""
    before = await scene.digits()
    await scene.phones["keyed"].dtmf("7")
    async with asyncio.timeout(LIMIT_S):
        while await scene.digits() == before:  # noqa: ASYNC110 - the log tells nobody
            await asyncio.sleep(EVERY_S)
    assert await scene.digits() == [*before, "7"]


async def test_what_comes_as_the_peers_own_is_heard(scene: Scene) -> None:
    """Without keys nothing tells it apart; else it would not be known that what is forged arrives at all."""
    overheard = scene.overheard("plain")
    since = _heard_s(scene.phones["keyed"])
    scene.inject("plain", overheard.phone, tone_after(overheard.sent_by_phone()[-1]))

    def is_heard() -> bool:
        sound = part(read_wav(scene.phones["keyed"].heard)[0], since)
        return tone_level_dbov(sound, FORGED_HZ, steady_s=0.3) > SPOKEN_DBOV - LOUDNESS_TOLERANCE_DB

    await until(is_heard, "that it is heard", every_s=EVERY_S)
