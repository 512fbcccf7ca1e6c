"""Cutting a TCP stream into messages, whole and octet by octet."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sip.errors import RemoteSipError
from signalling.sip.reading import MAX_MESSAGE, parse_message
from signalling.sip.stream import MAX_HEAD, StreamFramer

pytestmark = pytest.mark.unit

ONE = b"OPTIONS sip:a@b SIP/2.0\r\nl: 4\r\n\r\nbody"
TWO = b"SIP/2.0 200 OK\r\nContent-Length : \r\n 0\r\n\r\n"
THREE = b"OPTIONS sip:a@b SIP/2.0\nContent-Length: 0\n\n"
BROKEN = b"OPTIONS sip:a@b SIP/2.0\r\n\r\n"

FIXTURES = sorted((Path(__file__).parents[4] / "fixtures" / "sip").glob("*/*.sip"))


def cut(pieces: list[bytes]) -> tuple[list[bytes], int, bool]:
    """Feed pieces to one framer: the messages, the pings, and whether it broke."""
    framer = StreamFramer()
    messages: list[bytes] = []
    for piece in pieces:
        try:
            messages += framer.feed(piece)
        except RemoteSipError:
            break
    return messages, framer.pings, framer.broken


def octets(data: bytes) -> list[bytes]:
    return [data[index : index + 1] for index in range(len(data))]


def test_two_messages_at_once() -> None:
    assert StreamFramer().feed(ONE + TWO + THREE) == [ONE, TWO, THREE]


def test_a_message_in_pieces() -> None:
    framer = StreamFramer()
    assert framer.feed(ONE[:20]) == []
    assert framer.feed(ONE[20:-1]) == []
    assert framer.feed(ONE[-1:] + TWO[:5]) == [ONE]
    assert framer.feed(TWO[5:]) == [TWO]


@given(
    st.lists(
        st.sampled_from([ONE, TWO, THREE, BROKEN, b"\r\n", b"\r\n\r\n", b"\n", b"\r", b"junk"]), max_size=6
    )
)
def test_octet_by_octet_is_the_same_as_whole(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    assert cut(octets(data)) == cut([data]) == cut(pieces)


@given(st.binary(max_size=200).map(lambda data: data.replace(b"\x00", b"\r\n")), st.integers(1, 7))
def test_any_octets_are_cut_the_same_however_they_come(data: bytes, size: int) -> None:
    assert cut([data[start : start + size] for start in range(0, len(data), size)]) == cut([data])


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_every_fixture_is_cut_the_same_however_it_comes(path: Path) -> None:
    data = path.read_bytes()[: MAX_HEAD + 2000]
    assert cut(octets(data)) == cut([data])


def test_what_is_cut_out_parses() -> None:
    data = (FIXTURES[0].parents[1] / "good" / "compact.sip").read_bytes()
    messages = StreamFramer().feed(b"\r\n" + data + data)
    assert [parse_message(message).body for message in messages] == [b"hi", b"hi"]


class TestKeepAlive:
    def test_double_crlf_is_a_ping_and_single_is_not(self) -> None:
        framer = StreamFramer()
        assert framer.feed(b"\r\n\r\n") == []
        assert framer.pings == 1
        framer.feed(b"\r\n")
        assert framer.pings == 1
        framer.feed(b"\r\n")
        assert framer.pings == 2

    def test_a_message_ends_a_run_of_line_ends(self) -> None:
        framer = StreamFramer()
        assert framer.feed(b"\r\n" + TWO + b"\r\n" + TWO) == [TWO, TWO]
        assert framer.pings == 0

    def test_line_ends_are_not_kept(self) -> None:
        framer = StreamFramer()
        framer.feed(b"\r\n" * 100_000)
        assert framer.pings == 50_000
        assert framer.feed(TWO) == [TWO]


class TestLimits:
    def test_head(self) -> None:
        filler = b"X: y\r\n" * 50
        start, end = b"OPTIONS sip:a@b SIP/2.0\r\n" + filler, b"\r\nl: 0\r\n\r\n"
        longest = (
            start + b"A: " + b"y" * 8000 + b"\r\nB: " + b"y" * (MAX_HEAD - len(start) - len(end) - 8008) + end
        )
        assert len(longest) == MAX_HEAD
        assert StreamFramer().feed(longest) == [longest]
        with pytest.raises(RemoteSipError) as caught:
            StreamFramer().feed(longest.replace(b"\r\nl:", b"z\r\nl:"))
        assert caught.value.status_code == 513
        with pytest.raises(RemoteSipError):
            StreamFramer().feed(b"y" * (MAX_HEAD + 1))

    def test_whole_message(self) -> None:
        head = b"OPTIONS sip:a@b SIP/2.0\r\nl: %d\r\n\r\n"
        room = MAX_MESSAGE - len(head % MAX_MESSAGE)
        assert len(StreamFramer().feed(head % room + b"x" * room)) == 1
        with pytest.raises(RemoteSipError) as caught:
            StreamFramer().feed(head % (room + 1))
        assert caught.value.status_code == 513

    def test_messages_before_a_fault_are_not_lost(self) -> None:
        framer = StreamFramer()
        assert framer.feed(ONE + BROKEN) == [ONE]
        assert framer.broken
        with pytest.raises(RemoteSipError, match="Content-Length is missing"):
            framer.feed(b"")
        with pytest.raises(RemoteSipError):
            framer.feed(ONE)
