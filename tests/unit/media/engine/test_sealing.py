"""SRTP in the engine's own path: what leaves is sealed, and nothing but what the key proves is heard."""

import errno
import struct

import numpy as np
import pytest

from media.codecs.g711 import ENCODE, PCMU
from media.engine import records, standin
from media.engine.state import FRAME, RTP_PACKET, SEALED_PACKET
from media.engine.syscalls import endpoint
from media.engine.taking_over import take_over
from media.rtp import latch, sealing
from media.rtp.kept_keys import NEXT, STREAMS, KeptKeys
from media.rtp.sealing import KEYLESS, PLAIN, SEAL
from media.rtp.srtp import SUITES, Keyring, Opener, Sealer, Unauthentic
from tests.support.board import Board, Peer

pytestmark = pytest.mark.unit

CM = "AES_CM_128_HMAC_SHA1_80"
ELSEWHERE = endpoint("203.0.113.9", 6666)


class KeyedPeer:
    """The far end of a leg under keys, which its board does not let talk by itself."""

    def __init__(self, board: Board, suite: str = CM, fill: int = 1) -> None:
        self.peer = board.open(1000, room=0)
        self.peer.silent = True
        self._board = board
        self._opened = 0
        self.rekey(suite, fill)

    def rekey(self, suite: str, fill: int) -> None:
        """Agree on other keys."""
        ours, theirs = (bytes([fill + side]) * SUITES[suite][1] for side in (0, 1))
        self._agreed = (suite, ours), (suite, theirs)
        self.sealer, self.opener = Sealer(suite, theirs), Opener(suite, ours)
        self.key(KeptKeys(self._board.state.marks[self.peer.leg]))

    def key(self, kept: KeptKeys) -> None:
        """Give the engine the keys, with what is kept of them."""
        self.keys = Keyring(kept)
        self.keys.use(*self._agreed)
        self._board.engine.command(records.KEY_RTP, self.peer.leg, *self.keys.words)

    def next(self) -> bytes:
        """The next 20 ms, sealed."""
        octets = bytes([int(ENCODE[PCMU, self.peer.says & 0xFFFF])]) * FRAME
        return self.sealer.rtp(self.peer.packet(octets))

    def say(self, ticks: int) -> None:
        """Talk for so long."""
        for _ in range(ticks):
            self.peer.deliver(self.next())
            self._board.tick()

    def opened(self) -> list[bytes]:
        """What has been sent to it since the last call, opened."""
        new = self.peer.got[self._opened :]
        self._opened += len(new)
        return [self.opener.rtp(packet) for packet in new]


def said_by(board: Board, leg: int) -> int:
    return int(np.median(board.state.frames.said[leg, :FRAME]))


def test_the_row_of_a_packet_has_room_for_its_seal() -> None:
    assert RTP_PACKET + SEAL <= SEALED_PACKET


@pytest.mark.parametrize("suite", SUITES)
def test_a_leg_under_keys_is_heard_and_hears(board: Board, suite: str) -> None:
    keyed, plain = KeyedPeer(board, suite), board.open(2000, room=0)
    keyed.say(12)
    assert (plain.heard() == keyed.peer.says).all()
    packets = keyed.opened()
    assert len(packets) == 12
    assert [struct.unpack("!H", packet[2:4])[0] for packet in packets] == list(range(12))
    assert packets[-1][12:] == bytes([int(ENCODE[PCMU, plain.says & 0xFFFF])]) * FRAME
    assert {len(packet) for packet in keyed.peer.got} == {
        RTP_PACKET + {CM: 10, "AES_CM_128_HMAC_SHA1_32": 4, "AEAD_AES_128_GCM": 16}[suite]
    }


def test_octets_are_counted_without_their_seal(board: Board) -> None:
    keyed = KeyedPeer(board)
    keyed.say(5)
    assert board.state.sender.octets[0] == 5 * FRAME
    assert board.state.reception.octets[0] == 5 * FRAME


def test_digits_are_sealed(board: Board) -> None:
    keyed = KeyedPeer(board)
    keyed.say(3)
    board.state.sender.digits[0, 0] = 5
    records.publish(board.state.sender.digits_put, 0, 1)
    keyed.say(1)
    assert keyed.opened()[-1][1] & 0x7F == 101


def test_what_comes_again_or_is_forged_is_not_heard(board: Board) -> None:
    keyed = KeyedPeer(board)
    first = keyed.next()
    keyed.peer.deliver(first)
    keyed.say(5)
    before = int(board.state.meter.dropped[0])
    received = int(board.state.reception.packets[0])
    forged = bytearray(keyed.next())
    forged[40] ^= 1
    plain = keyed.peer.packet(bytes(FRAME))
    for refused in (first, bytes(forged), plain, b"\x80", b"\x80\x00" + bytes(2000)):
        keyed.peer.deliver(refused)
    board.tick()
    assert board.state.meter.dropped[0] - before == 5
    assert board.state.reception.packets[0] == received


def test_a_flood_of_forgeries_from_elsewhere_does_not_move_the_stream(board: Board) -> None:
    keyed = KeyedPeer(board)
    keyed.say(3)
    board.tick(latch.PROVEN_DOUBT_TICKS)
    assert board.state.stream.latch[0] == latch.DOUBTED
    for _ in range(20):
        keyed.peer.deliver(keyed.peer.packet(bytes(FRAME)), ELSEWHERE)
    board.tick()
    assert board.state.stream.remote[0] == keyed.peer.address


def test_who_proves_the_key_is_followed(board: Board) -> None:
    keyed = KeyedPeer(board)
    keyed.say(3)
    board.tick(latch.PROVEN_DOUBT_TICKS)
    keyed.peer.deliver(keyed.next(), ELSEWHERE)
    board.tick()
    assert board.state.stream.remote[0] == ELSEWHERE
    assert standin.machine.connected[keyed.peer.fd] == ELSEWHERE
    assert (0, ELSEWHERE, 0) in board.events(records.LATCHED)


def test_no_index_is_used_twice_whoever_dies(board: Board) -> None:
    """A packet that did not get out of the door has used its index, too."""
    keyed = KeyedPeer(board)
    keyed.say(2)
    standin.machine.errors[keyed.peer.fd].extend([errno.ECONNREFUSED, errno.EAGAIN, errno.EAGAIN])
    board.tick()
    assert len(keyed.peer.got) == 2
    assert board.state.marks[0, 0, board.state.stream.sealing_mark[0], STREAMS + NEXT] == 3
    take_over(board.state, {0: keyed.peer.fd})
    keyed.key(KeptKeys(board.state.marks[0]))
    board.state.sender.sequence[0] = 2
    board.tick()
    assert len(keyed.peer.got) == 2, "a number that was used does not leave again"
    board.tick(2)
    assert [struct.unpack("!H", packet[2:4])[0] for packet in keyed.opened()] == [0, 1, 3, 4]


def test_an_index_is_marked_before_its_packet_is_sealed(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyed = KeyedPeer(board)
    keyed.say(2)
    sealed, protect = [], sealing._protect

    def watched(*given: int) -> int:
        sealed.append(int(board.state.marks[0, 0, board.state.stream.sealing_mark[0], STREAMS + NEXT]))
        return protect(*given)

    monkeypatch.setattr(sealing, "_protect", watched)
    board.tick(3)
    assert sealed == [3, 4, 5]


def test_what_the_key_does_not_prove_moves_no_mark(board: Board) -> None:
    keyed = KeyedPeer(board)
    keyed.say(2)
    before = board.state.marks[0, 1].copy()
    for ahead in (300, 30_000):
        keyed.peer.sequence += ahead
        keyed.peer.deliver(keyed.peer.packet(bytes(FRAME)))
    board.tick()
    assert (board.state.marks[0, 1] == before).all()


def test_a_stream_before_the_last_is_not_heard_by_who_takes_over(board: Board) -> None:
    keyed = KeyedPeer(board)
    keyed.say(5)
    old = [keyed.next() for _ in range(5)]
    for packet in old:
        keyed.peer.deliver(packet)
        board.tick()
    keyed.peer.ssrc += 1
    keyed.say(5)
    take_over(board.state, {0: keyed.peer.fd})
    keyed.key(KeptKeys(board.state.marks[0]))
    board.tick()
    received, dropped = int(board.state.reception.packets[0]), int(board.state.meter.dropped[0])
    for packet in old:
        keyed.peer.deliver(packet)
        board.tick()
    assert board.state.reception.packets[0] == received
    assert board.state.meter.dropped[0] == dropped + len(old)
    keyed.say(3)
    assert board.state.reception.packets[0] == received + 3


def test_nothing_is_sent_or_heard_while_the_keys_are_to_come(board: Board) -> None:
    keyed = KeyedPeer(board)
    keyed.say(5)
    timestamp, sent = int(board.state.sender.timestamp[0]), len(keyed.peer.got)
    keyed.keys.wait()
    board.engine.command(records.KEY_RTP, 0, *keyed.keys.words)
    received = int(board.state.reception.packets[0])
    for _ in range(4):
        keyed.peer.deliver(keyed.peer.packet(bytes(FRAME)))
        board.tick()
    assert len(keyed.peer.got) == sent
    assert board.state.reception.packets[0] == received
    assert board.state.sender.timestamp[0] == timestamp + 4 * FRAME, "time goes on"


def test_who_takes_over_waits_for_the_keys(board: Board) -> None:
    keyed, plain = KeyedPeer(board), board.open(2000, room=0)
    keyed.say(5)
    take_over(board.state, {0: keyed.peer.fd, 1: plain.fd})
    assert (board.state.stream.sealing[0], board.state.stream.opening[0]) == (KEYLESS, KEYLESS)
    assert (board.state.stream.sealing[1], board.state.stream.opening[1]) == (PLAIN, PLAIN)
    sent = len(keyed.peer.got)
    board.tick(3)
    assert len(keyed.peer.got) == sent


def test_other_keys_take_the_place_of_the_first(board: Board) -> None:
    keyed = KeyedPeer(board)
    keyed.say(5)
    keyed.opened()
    first = keyed.opener
    keyed.rekey("AEAD_AES_128_GCM", 9)
    keyed.say(5)
    with pytest.raises(Unauthentic):
        first.rtp(keyed.peer.got[-1])
    assert len(keyed.opened()) == 5
    assert said_by(board, 0) == keyed.peer.says


def test_a_leg_that_is_opened_anew_has_no_keys(board: Board) -> None:
    keyed = KeyedPeer(board)
    keyed.say(1)
    peer = Peer(0, 500)
    board.engine.command(records.CLOSE_LEG, 0)
    board.engine.command(records.OPEN_RTP, 0, peer.fd, 7, 0, 0)
    board.tick()
    assert (board.state.stream.sealing[0], board.state.stream.opening[0]) == (PLAIN, PLAIN)
