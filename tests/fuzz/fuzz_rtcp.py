"""RTCP packets: refused or read, and what is read is the same when written and read again."""

from media.errors import Malformed
from media.rtp.rtcp import MAX_PACKET, Report, ReportBlock, SenderInfo, parse, write
from tests.fuzz.running import Target, main

BLOCK = ReportBlock(1, 255, -1, 0xFFFFFFFF, 7, 1, 2)
SEEDS = [
    write(Report(7, None, ()), "us"),
    write(Report(7, None, (BLOCK, BLOCK)), "us", goodbye=True),
    write(Report(7, SenderInfo(1 << 63, 2, 3, 4), (BLOCK,)), "a-longer-name@example.com"),
]


def check(octets: bytes) -> None:
    """Try one input."""
    try:
        reports = parse(octets)
    except Malformed:
        return
    assert len(octets) <= MAX_PACKET
    for report in reports:
        assert parse(write(report, "us")) == [report]


TARGET = Target("rtcp", check, SEEDS, [b"\x80\xc8\0\6", b"\x81\xc9\0\7", b"\x9f", b"\xff\xff", b"\0"])

if __name__ == "__main__":
    main(TARGET)
