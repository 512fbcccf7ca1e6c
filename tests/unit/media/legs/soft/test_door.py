"""Who is let in at a soft leg: every line of the door's table, with what just fails it."""

import socket
import struct
from typing import cast

import pylibsrtp
import pytest

from media.control import IceLite, SdesKeys, StartRtp
from media.engine.memory import make_state
from media.engine.syscalls import endpoint
from media.legs.soft.door import MAX_PACKET, MAX_READS, Door, DoorListener
from media.legs.soft.path import Address, Path, PathListener, Trust
from media.rtp import latch, reception
from media.rtp.dtls import Identity
from media.rtp.kept_keys import KeptKeys

pytestmark = pytest.mark.unit

PEER, OTHER_PORT, STRANGER = ("192.0.2.1", 4000), ("192.0.2.1", 4002), ("203.0.113.9", 666)
ICE = IceLite(local_user="ours", local_password="p" * 24, remote_user="theirs", remote_password="q" * 24)
KEYS = SdesKeys(
    suite="AES_CM_128_HMAC_SHA1_80", key=b"o" * 30, peer_suite="AES_CM_128_HMAC_SHA1_80", peer_key=b"t" * 30
)
REPORT = struct.pack("!BBHI", 0x80, 201, 1, 7)
IDENTITY = Identity()


class Wire:
    """Stands in for the leg's socket; `sources` are whom it was connected to."""

    def __init__(self) -> None:
        self.waiting: list[tuple[bytes, Address]] = []
        self.sources: list[Address] = []

    def recvfrom_into(self, octets: bytearray) -> tuple[int, Address]:
        if not self.waiting:
            raise BlockingIOError
        data, source = self.waiting.pop(0)
        length = min(len(data), len(octets))
        octets[:length] = data[:length]
        return length, source

    def connect(self, source: Address) -> None:
        self.sources.append(source)

    def sendto(self, data: bytes, where: Address) -> None:
        pass


class Leg:
    """A door, and who comes in."""

    def __init__(
        self, *, mux: bool = False, ice: IceLite | None = None, keys: SdesKeys | None = None
    ) -> None:
        self.wire = Wire()
        self.latched: list[int] = []
        self.reports: list[tuple[bytes, str]] = []
        state = make_state(1, 1, 1)
        self.state = state
        sock = cast("socket.socket", self.wire)
        listener = PathListener(self.latched.append, lambda *_: None)
        self.path = Path(state, 0, sock, Trust(IDENTITY, KeptKeys()), listener)
        told = DoorListener(self.latched.append, lambda data, host: self.reports.append((data, host)))
        self.door = Door(state, 0, sock, self.path, told)
        reception.clear(state.reception, 0)
        latch.describe(state.stream, 0, endpoint(*PEER))
        command = StartRtp(
            leg="a",
            remote_host=PEER[0],
            remote_port=PEER[1],
            codec="G722",
            payload_type=9,
            dtmf_payload_type=None,
            rtcp_mux=mux,
            ice=ice,
            security=keys,
        )
        self.path.set(command)
        self.door.start(command)

    def comes(self, data: bytes, source: Address = PEER) -> bool:
        """Whether it is heard as RTP."""
        self.wire.waiting.append((data, source))
        return len(list(self.door.read())) == 1


def rtp(sequence: int = 1, payload: bytes = b"hello", *, second: int = 9) -> bytes:
    return struct.pack("!BBHII", 0x80, second, sequence, 160 * sequence, 7) + payload


@pytest.mark.parametrize(("octets", "is_heard"), [(MAX_PACKET, True), (MAX_PACKET + 1, False), (1, False)])
def test_a_packet_is_neither_longer_nor_shorter_than_packets_are(octets: int, is_heard: bool) -> None:
    leg = Leg()
    assert leg.comes(rtp(payload=bytes(MAX_PACKET))[:octets]) is is_heard
    assert leg.door.take_dropped() == 1 - is_heard


def test_a_flood_waits() -> None:
    leg = Leg()
    leg.wire.waiting = [(rtp(number), PEER) for number in range(MAX_READS + 20)]
    assert len(list(leg.door.read())) == MAX_READS
    assert len(leg.wire.waiting) == 20


@pytest.mark.parametrize("first", [0, 1, 20, 63, 127])
def test_what_is_no_rtp_is_for_the_path(first: int) -> None:
    leg = Leg()
    assert not leg.comes(bytes([first]) + rtp()[1:])
    assert leg.door.take_dropped() == 1
    assert not leg.latched


def test_a_malformed_packet_chooses_nobody() -> None:
    leg = Leg()
    assert not leg.comes(b"\x8f\x09" + bytes(12))
    assert leg.door.take_dropped() == 1
    assert not leg.latched


def test_under_ice_nobody_is_heard_before_a_check() -> None:
    leg = Leg(mux=True, ice=ICE)
    assert not leg.comes(rtp())
    assert not leg.comes(REPORT)
    assert (leg.reports, leg.door.take_dropped()) == ([], 2)


def test_rtcp_on_the_rtp_port_is_for_its_session_where_that_was_agreed() -> None:
    leg = Leg(mux=True)
    assert leg.comes(rtp())
    assert not leg.comes(REPORT)
    assert (leg.reports, leg.door.take_dropped()) == ([(REPORT, PEER[0])], 0)


def test_rtcp_on_the_rtp_port_is_no_rtcp_where_that_was_not_agreed() -> None:
    leg = Leg()
    assert leg.comes(rtp())
    leg.comes(REPORT)
    assert not leg.reports


@pytest.mark.parametrize("source", [STRANGER, OTHER_PORT])
def test_rtcp_is_taken_from_exactly_who_is_believed(source: Address) -> None:
    leg = Leg(mux=True)
    leg.comes(REPORT)
    assert (leg.reports, leg.door.take_dropped()) == ([], 1), "nobody is believed yet"
    assert leg.comes(rtp())
    leg.comes(REPORT, source)
    assert (leg.reports, leg.door.take_dropped()) == ([], 1)


def test_under_keys_rtcp_is_for_its_session_to_open() -> None:
    leg = Leg(mux=True, keys=KEYS)
    leg.comes(REPORT, STRANGER)
    assert leg.reports == [(REPORT, STRANGER[0])]


def test_under_keys_nothing_else_is_heard_nor_believed() -> None:
    leg = Leg(keys=KEYS)
    assert not any(leg.comes(rtp(number)) for number in range(10))
    assert (leg.latched, leg.door.take_dropped()) == ([], 10)


def test_who_has_the_keys_is_followed_at_once_and_kept_apart_from_others() -> None:
    leg = Leg(keys=KEYS)
    policy = pylibsrtp.Policy(key=KEYS.peer_key, ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
    sealer = pylibsrtp.Session(policy=policy)
    for number, source in enumerate([PEER, STRANGER, OTHER_PORT]):
        assert leg.comes(sealer.protect(rtp(number)), source)
        assert leg.wire.sources[-1] == source
    assert leg.latched == [endpoint(*source) for source in (PEER, STRANGER, OTHER_PORT)]


def test_who_is_believed_for_good_is_all_that_the_kernel_shows() -> None:
    leg = Leg()
    assert leg.comes(rtp())
    assert leg.wire.sources == [PEER]
    assert not leg.comes(rtp(2), STRANGER)
    assert leg.latched == [endpoint(*PEER)]


def test_others_are_looked_at_while_one_that_is_chosen_may_be_displaced() -> None:
    leg = Leg()
    heard = [leg.comes(rtp(number), STRANGER) for number in range(5)]
    assert heard == [False, False, False, True, True]
    assert not leg.wire.sources
    assert leg.comes(rtp(900))
    assert leg.wire.sources == [PEER]
    assert leg.latched == [endpoint(*STRANGER), endpoint(*PEER)]


def test_the_kernel_shows_one_only_when_the_choice_is_certain() -> None:
    leg = Leg()
    for number in range(latch.CONFIRMATIONS):
        leg.comes(rtp(number), OTHER_PORT)
    for _ in range(latch.WINDOW_TICKS - 1):
        leg.door.pass_tick()
    assert not leg.wire.sources
    leg.door.pass_tick()
    assert leg.wire.sources == [OTHER_PORT]
