"""RTCP written, read back, and read from anything."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.errors import Malformed
from media.rtp import rtcp

pytestmark = pytest.mark.unit

U32 = st.integers(0, 2**32 - 1)
BLOCKS = st.builds(
    rtcp.ReportBlock, U32, st.integers(0, 255), st.integers(-(2**23), 2**23 - 1), U32, U32, U32, U32
)
SENDERS = st.none() | st.builds(rtcp.SenderInfo, st.integers(0, 2**64 - 1), U32, U32, U32)
REPORTS = st.builds(rtcp.Report, U32, SENDERS, st.lists(BLOCKS, max_size=31).map(tuple))


@given(REPORTS, st.text("abc", max_size=40), st.booleans())
def test_what_is_written_is_read(report: rtcp.Report, cname: str, goodbye: bool) -> None:
    data = rtcp.write(report, cname, goodbye=goodbye)
    assert len(data) % 4 == 0
    assert rtcp.parse(data) == [report]


def test_the_octets_of_a_small_packet() -> None:
    data = rtcp.write(rtcp.Report(0x01020304, None, ()), "ab", goodbye=True)
    assert data.hex(" ", 4) == "80c90001 01020304 81ca0003 01020304 01026162 00000000 81cb0001 01020304"


@given(st.binary(max_size=200))
def test_anything_is_read_or_malformed(data: bytes) -> None:
    with suppress(Malformed):
        rtcp.parse(data)


@given(REPORTS, st.integers(0, 60), st.integers(0, 255))
def test_a_damaged_packet_is_read_or_malformed(report: rtcp.Report, at: int, octet: int) -> None:
    data = bytearray(rtcp.write(report, "cname"))
    data[at % len(data)] = octet
    with suppress(Malformed):
        rtcp.parse(bytes(data[: len(data) - at % 3]))


def test_a_packet_that_is_too_long_is_malformed() -> None:
    with pytest.raises(Malformed):
        rtcp.parse(bytes(rtcp.MAX_PACKET + 1))


def test_round_trip_is_the_time_that_the_peer_did_not_keep_the_report() -> None:
    sent = rtcp.ntp(1_700_000_000.0)
    block = rtcp.ReportBlock(1, 0, 0, 0, 0, rtcp.middle(sent), 65536 // 2)
    assert rtcp.round_trip_ms(block, rtcp.ntp(1_700_000_000.625)) == pytest.approx(125, abs=0.1)
    assert rtcp.round_trip_ms(block, rtcp.ntp(1_700_000_000.25)) is None
    assert rtcp.round_trip_ms(rtcp.ReportBlock(1, 0, 0, 0, 0, 0, 0), sent) is None
