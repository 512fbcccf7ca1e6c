"""What is kept of keys: a session that takes over goes on behind everything that was sent under the key."""

import struct

import numpy as np
import pytest

from media.rtp.kept_keys import AGREED, MARK_WORDS, MAX_KEYS, KeptKeys, Marks, follow
from media.rtp.srtp import SUITES, WINDOW, BadKey, Keyring, Opener, Sealer, Unauthentic

pytestmark = pytest.mark.unit

SSRC = 0xCAFEBABE
CM = "AES_CM_128_HMAC_SHA1_80"


def packet(index: int) -> bytes:
    return struct.pack("!BBHII", 0x80, 9, index & 0xFFFF, 0, SSRC) + b"sound" * 4


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


def test_a_packet_that_was_sealed_and_not_sent_leaves_a_gap() -> None:
    mark = Marks().of(CM, key(CM))
    Sealer(CM, key(CM), mark).rtp(packet(7))
    assert mark[2] == 8
    with pytest.raises(Unauthentic):
        Sealer(CM, key(CM), mark).rtp(packet(7))


def test_reports_are_never_sealed_under_an_index_twice() -> None:
    mark = Marks().of(CM, key(CM))
    report = struct.pack("!BBHI", 0x80, 201, 1, SSRC)
    seen = []
    for _ in range(3):
        sealer = Sealer(CM, key(CM), mark)
        seen += [sealer.rtcp(report)[8:12] for _ in range(3)]
    assert len(set(seen)) == 9


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
    assert again.of(*pairs[0][0])[2] == (70_000 & 0xFFFF) + 1
    fresh = again.of(CM, key(CM, 99))
    assert fresh[2] == 0
    assert again.of(*pairs[0][0])[2] != 0, "the key whose turn was longest ago made room"


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
