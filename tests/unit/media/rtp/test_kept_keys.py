"""What is kept of keys: a session that takes over goes on behind everything that was sent under the key."""

import struct
from collections.abc import Callable

import numpy as np
import pytest

from media.engine.compile import COMPILED
from media.rtp import kept_keys, sealing, srtp
from media.rtp.kept_keys import (
    AGREED,
    MARK_WORDS,
    MAX_KEYS,
    MAX_STREAMS,
    NEXT,
    STREAMS,
    KeptKeys,
    Marks,
    Words,
    follow,
)
from media.rtp.srtp import SUITES, WINDOW, BadKey, Keyring, Opener, Sealer, Unauthentic

pytestmark = pytest.mark.unit

SSRC = 0xCAFEBABE
CM = "AES_CM_128_HMAC_SHA1_80"


def packet(index: int, ssrc: int = SSRC) -> bytes:
    return struct.pack("!BBHII", 0x80, 9, index & 0xFFFF, 0, ssrc) + b"sound" * 4


def next_of(mark: Words, ssrc: int) -> int:
    """The index that comes after what a stream has used, as far as the mark knows."""
    return int(mark[kept_keys.find(mark, STREAMS, ssrc) + NEXT])


def report(ssrc: int) -> bytes:
    return struct.pack("!BBHI", 0x80, 201, 1, ssrc)


REPORT = report(SSRC)


def sealed_index(packet: bytes) -> int:
    """Of SRTCP, behind an empty report; the bit before it says that it is encrypted."""
    return int.from_bytes(packet[8:12], "big") & 0x7FFFFFFF


def assert_refused(use: Callable[[bytes], bytes], packet: bytes) -> None:
    with pytest.raises(Unauthentic):
        use(packet)


class Death(Exception):
    """A process ends here."""


def _die(*_: object) -> int:
    raise Death


def key(suite: str, fill: int = 7) -> bytes:
    return bytes([fill]) * SUITES[suite][1]


def indices(first: int, last: int) -> list[int]:
    """Some of them, never so far apart that a receiver could misunderstand."""
    return [*range(first, last, 0x4000), last]


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("newest", [0, 1, 40_000, 65_535, 65_536, 65_537, 200_000, 1_000_003])
def test_a_sealer_goes_on_where_the_one_before_stopped(suite: str, newest: int) -> None:
    mark = Marks().of(suite, key(suite))
    opener = Opener(suite, key(suite))
    before = Sealer(suite, key(suite), mark)
    for index in indices(0, newest):
        opener.rtp(before.rtp(packet(index)))
    after = Sealer(suite, key(suite), mark)
    for index in range(newest + 1, newest + 4):
        assert opener.rtp(after.rtp(packet(index))) == packet(index)


@pytest.mark.parametrize("first", [0, 500, 33_000, 65_530])
def test_a_stream_may_begin_anywhere(first: int) -> None:
    mark = Marks().of(CM, key(CM))
    opener = Opener(CM, key(CM))
    for index in range(first, first + 20):
        # Each by a sealer of its own, as if each worker had died after one packet.
        assert opener.rtp(Sealer(CM, key(CM), mark).rtp(packet(index))) == packet(index)


@pytest.mark.parametrize("newest", [0, 65_536, 300_000])
def test_an_opener_goes_on_where_the_one_before_stopped(newest: int) -> None:
    mark = Marks().of(CM, key(CM))
    sealer, before = Sealer(CM, key(CM)), Opener(CM, key(CM), mark)
    last = b""
    for index in indices(0, newest):
        last = sealer.rtp(packet(index))
        before.rtp(last)
    after = Opener(CM, key(CM), mark)
    with pytest.raises(Unauthentic):
        after.rtp(last)
    assert after.rtp(sealer.rtp(packet(newest + 1))) == packet(newest + 1)


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("newest", [5, 33_000, 65_500, 65_540])
def test_nothing_comes_again_to_who_takes_over(suite: str, newest: int) -> None:
    mark = Marks().of(suite, key(suite))
    sealer, before = Sealer(suite, key(suite)), Opener(suite, key(suite), mark)
    came = [sealer.rtp(packet(index)) for index in range(max(newest - 2 * WINDOW, 0), newest + 1)]
    for sealed in came:
        before.rtp(sealed)
    after = Opener(suite, key(suite), mark)
    for sealed in came:
        with pytest.raises(Unauthentic):
            after.rtp(sealed)
    coming = [packet(newest + step) for step in range(1, 2 * WINDOW) if step != WINDOW]
    assert [after.rtp(sealer.rtp(each)) for each in coming] == coming


@pytest.mark.parametrize("suite", SUITES)
def test_a_stream_that_the_peer_has_left_does_not_come_again_either(suite: str) -> None:
    """Under one key a peer may take another SSRC; what it sent under the first is as old as before."""
    mark = Marks().of(suite, key(suite))
    sealer, before = Sealer(suite, key(suite)), Opener(suite, key(suite), mark)
    came = [
        sealer.rtp(packet(index, ssrc)) for ssrc in (111, 0, 222) for index in range(65_500, 65_500 + WINDOW)
    ]
    for sealed in came:
        before.rtp(sealed)
    after = Opener(suite, key(suite), mark)
    for sealed in came:
        assert_refused(after.rtp, sealed)
    going_on = packet(65_500 + WINDOW, 111)
    assert after.rtp(sealer.rtp(going_on)) == going_on


def test_a_stream_of_our_own_is_not_sealed_again_either() -> None:
    mark = Marks().of(CM, key(CM))
    before = Sealer(CM, key(CM), mark)
    before.rtp(packet(10, 1))
    before.rtp(packet(5, 2))
    after = Sealer(CM, key(CM), mark)
    for again in (packet(10, 1), packet(5, 2)):
        assert_refused(after.rtp, again)
    assert Opener(CM, key(CM)).rtp(after.rtp(packet(6, 2))) == packet(6, 2)


def test_the_index_of_a_stream_is_its_own() -> None:
    """One that begins anew with small numbers is not taken for the same one, rolled over."""
    mark = Marks().of(CM, key(CM))
    sealer, opener = Sealer(CM, key(CM), mark), Opener(CM, key(CM))
    for given in (packet(65_000, 1), packet(3, 2), packet(4, 2)):
        assert opener.rtp(sealer.rtp(given)) == given
    assert (next_of(mark, 1), next_of(mark, 2)) == (65_001, 5)


def test_what_comes_out_of_order_does_not_put_a_mark_back() -> None:
    mark = Marks().of(CM, key(CM))
    sealer, before = Sealer(CM, key(CM)), Opener(CM, key(CM), mark)
    first, second, third = (sealer.rtp(packet(index)) for index in (1, 2, 3))
    for sealed in (third, first):
        before.rtp(sealed)
    assert next_of(mark, SSRC) == 4
    after = Opener(CM, key(CM), mark)
    for sealed in (third, second, first):
        assert_refused(after.rtp, sealed)


@pytest.mark.parametrize("suite", SUITES)
def test_a_forgery_moves_no_mark(suite: str) -> None:
    """Else who has no key could let the next worker take the true stream for an old one."""
    mark = Marks().of(suite, key(suite))
    sealer, opener = Sealer(suite, key(suite)), Opener(suite, key(suite), mark)
    opener.rtp(sealer.rtp(packet(1)))
    opener.rtcp(sealer.rtcp(REPORT))
    before = mark.copy()
    for forged in (packet(30_000), packet(7, ssrc=666), packet(2)):
        assert_refused(opener.rtp, forged + bytes(16))
    spoilt = bytearray(sealer.rtcp(REPORT))
    spoilt[9] ^= 1
    for report in (bytes(spoilt), REPORT + bytes(14), REPORT, REPORT[:5], b""):
        assert_refused(opener.rtcp, report)
    assert mark.tolist() == before.tolist()
    assert Opener(suite, key(suite), mark).rtp(sealer.rtp(packet(2))) == packet(2)


def test_one_stream_too_many_is_neither_opened_nor_sealed() -> None:
    mark, ours = (Marks().of(CM, key(CM)) for _ in range(2))
    peer, opener, sealer = Sealer(CM, key(CM)), Opener(CM, key(CM), mark), Sealer(CM, key(CM), ours)
    for ssrc in range(1, MAX_STREAMS + 1):
        opener.rtp(peer.rtp(packet(5, ssrc)))
        opener.rtcp(peer.rtcp(report(ssrc)))
        sealer.rtp(packet(5, ssrc))
        sealer.rtcp(report(ssrc))
    # Another peer of the same key, since none of ours would seal that.
    other, beyond = Sealer(CM, key(CM)), MAX_STREAMS + 1
    for use, given in (
        (opener.rtp, other.rtp(packet(5, beyond))),
        (opener.rtcp, other.rtcp(report(beyond))),
        (sealer.rtp, packet(5, beyond)),
        (sealer.rtcp, report(beyond)),
    ):
        assert_refused(use, given)
    assert opener.rtp(peer.rtp(packet(6, 1))) == packet(6, 1), "those that are known go on"


@pytest.mark.parametrize("suite", SUITES)
def test_no_report_comes_again_to_who_takes_over(suite: str) -> None:
    mark = Marks().of(suite, key(suite))
    sealer, before = Sealer(suite, key(suite)), Opener(suite, key(suite), mark)
    came = [sealer.rtcp(report(ssrc)) for ssrc in (SSRC, 7, SSRC, SSRC)]
    overtaken = came[2]
    for sealed in (came[0], came[1], came[3]):
        before.rtcp(sealed)
    assert_refused(before.rtcp, overtaken)
    after = Opener(suite, key(suite), mark)
    for sealed in came:
        assert_refused(after.rtcp, sealed)
    assert after.rtcp(sealer.rtcp(REPORT)) == REPORT


@pytest.mark.skipif(COMPILED, reason="nothing can be put into the middle of a compiled kernel")
def test_an_index_is_marked_before_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who dies between the two has left out a number, and not used one twice."""
    mark = Marks().of(CM, key(CM))
    sealer = Sealer(CM, key(CM), mark)
    monkeypatch.setattr(sealing, "_protect", _die)
    monkeypatch.setattr(srtp, "_run", _die)
    for use, given in ((sealer.rtp, packet(7)), (sealer.rtcp, REPORT)):
        with pytest.raises(Death):
            use(given)
    monkeypatch.undo()
    after = Sealer(CM, key(CM), mark)
    assert_refused(after.rtp, packet(7))
    assert sealed_index(after.rtcp(REPORT)) == 2


def test_a_packet_that_was_sealed_and_not_sent_leaves_a_gap() -> None:
    mark = Marks().of(CM, key(CM))
    Sealer(CM, key(CM), mark).rtp(packet(7))
    assert next_of(mark, SSRC) == 8
    with pytest.raises(Unauthentic):
        Sealer(CM, key(CM), mark).rtp(packet(7))


def test_reports_are_never_sealed_under_an_index_twice() -> None:
    mark = Marks().of(CM, key(CM))
    seen = []
    for _ in range(3):
        sealer = Sealer(CM, key(CM), mark)
        seen += [sealed_index(sealer.rtcp(REPORT)) for _ in range(3)]
    assert seen == list(range(1, 10))


def test_marks_outlive_a_keyring_and_forget_the_oldest_key() -> None:
    rows = np.zeros((2, MAX_KEYS, MARK_WORDS), np.int64)
    ring = Keyring(KeptKeys(rows))
    pairs = [((CM, key(CM, fill)), (CM, key(CM, fill + 100))) for fill in range(MAX_KEYS)]
    for pair in pairs:
        ring.use(*pair)
    ring.use(*pairs[0])
    with pytest.raises(BadKey):
        ring.use((CM, b"short"), pairs[1][1])
    assert ring.sealer is not None
    ring.sealer.rtp(packet(70_000 & 0xFFFF))
    again = Marks(rows[0])
    assert next_of(again.of(*pairs[0][0]), SSRC) == (70_000 & 0xFFFF) + 1
    fresh = again.of(CM, key(CM, 99))
    assert next_of(fresh, SSRC) == 0
    assert next_of(again.of(*pairs[0][0]), SSRC) != 0, "the key whose turn was longest ago made room"


def test_what_a_handshake_gave_is_kept_for_its_peer() -> None:
    agreed = np.zeros(AGREED, np.uint8)
    ours, theirs = (CM, key(CM, 1)), (CM, key(CM, 2))
    kept = KeptKeys(agreed=agreed)
    assert kept.agreed_with("AB:CD") is None
    kept.agree("AB:CD", ours, theirs)
    assert KeptKeys(agreed=agreed).agreed_with("AB:CD") == (ours, theirs)
    assert KeptKeys(agreed=agreed).agreed_with("AB:CE") is None
    kept.forget()
    assert kept.agreed_with("AB:CD") is None


@pytest.mark.parametrize(
    ("newest", "sequence", "index"),
    [(-1, 65_535, 65_535), (0, 1, 1), (65_535, 0, 65_536), (65_536, 65_535, 65_535), (100, 40_000, 40_000)],
)
def test_an_index_is_the_nearest(newest: int, sequence: int, index: int) -> None:
    assert follow(newest, sequence) == index
