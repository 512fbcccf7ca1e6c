"""RTCP compound packets (RFC 3550 section 6): our reports written, the peer's read."""

import struct
from dataclasses import dataclass

from media.errors import Malformed

SENDER_REPORT, RECEIVER_REPORT, DESCRIPTION, GOODBYE = 200, 201, 202, 203

MAX_PACKET = 1500
"""Octets of a compound packet that is read."""
_VERSION = 2 << 6
_HEADER = struct.Struct("!BBH")
_SENDER = struct.Struct("!IIIIII")
_BLOCK = struct.Struct("!IIIIII")
_CNAME = 1
_NTP_EPOCH = 2_208_988_800
"""Seconds from 1900 to 1970."""


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What one side says about the stream that it receives (section 6.4.1). `delay` is in 1/65536 s."""

    ssrc: int
    fraction: int
    lost: int
    highest: int
    jitter: int
    last_report: int
    delay: int


@dataclass(frozen=True, slots=True)
class SenderInfo:
    """What a sender says about its own stream. `ntp`: seconds since 1900 with 32 fractional bits."""

    ntp: int
    timestamp: int
    packets: int
    octets: int


@dataclass(frozen=True, slots=True)
class Report:
    """A sender report, or a receiver report when `sender` is None."""

    ssrc: int
    sender: SenderInfo | None
    blocks: tuple[ReportBlock, ...]


def ntp(wall: float) -> int:
    """A wall-clock time, seconds since 1970, as a 64-bit NTP timestamp."""
    return int((wall + _NTP_EPOCH) * (1 << 32)) & 0xFFFFFFFFFFFFFFFF


def middle(ntp_time: int) -> int:
    """The 32 bits in the middle of an NTP timestamp, which reports echo."""
    return ntp_time >> 16 & 0xFFFFFFFF


def write(report: Report, cname: str, *, goodbye: bool = False) -> bytes:
    """A compound packet: the report, our name and, at the end, BYE."""
    compound = _write_report(report) + _write_name(report.ssrc, cname)
    if goodbye:
        compound += _packet(1, GOODBYE, struct.pack("!I", report.ssrc))
    return compound


def _write_report(report: Report) -> bytes:
    blocks = b"".join(_write_block(block) for block in report.blocks)
    if report.sender is None:
        return _packet(len(report.blocks), RECEIVER_REPORT, struct.pack("!I", report.ssrc) + blocks)
    sender = report.sender
    info = _SENDER.pack(
        report.ssrc,
        sender.ntp >> 32,
        sender.ntp & 0xFFFFFFFF,
        sender.timestamp,
        sender.packets & 0xFFFFFFFF,
        sender.octets & 0xFFFFFFFF,
    )
    return _packet(len(report.blocks), SENDER_REPORT, info + blocks)


def _write_block(block: ReportBlock) -> bytes:
    lost = min(max(block.lost, -0x800000), 0x7FFFFF) & 0xFFFFFF
    return _BLOCK.pack(
        block.ssrc,
        min(block.fraction, 255) << 24 | lost,
        block.highest & 0xFFFFFFFF,
        block.jitter & 0xFFFFFFFF,
        block.last_report,
        min(block.delay, 0xFFFFFFFF),
    )


def _write_name(ssrc: int, cname: str) -> bytes:
    name = cname.encode()[:255]
    items = struct.pack("!IBB", ssrc, _CNAME, len(name)) + name
    return _packet(1, DESCRIPTION, items + b"\0" * (4 - len(items) % 4))


def _packet(count: int, kind: int, body: bytes) -> bytes:
    return _HEADER.pack(_VERSION | count, kind, len(body) // 4) + body


def parse(data: bytes) -> list[Report]:
    """The reports in a compound packet; other kinds are stepped over. Raises Malformed and nothing else."""
    if len(data) > MAX_PACKET:
        raise Malformed("an RTCP packet that is too long")
    reports = []
    at = 0
    while at < len(data):
        if at + _HEADER.size > len(data):
            raise Malformed("an RTCP header that is cut off")
        first, kind, words = _HEADER.unpack_from(data, at)
        end = at + _HEADER.size + 4 * words
        if first >> 6 != _VERSION >> 6 or end > len(data):
            raise Malformed("an RTCP packet of another version, or cut off")
        if kind in (SENDER_REPORT, RECEIVER_REPORT):
            reports.append(_parse_report(data[at + _HEADER.size : end], first & 0x1F, kind))
        at = end
    return reports


def _parse_report(body: bytes, count: int, kind: int) -> Report:
    fixed = _SENDER.size if kind == SENDER_REPORT else 4
    if len(body) < fixed + count * _BLOCK.size:
        raise Malformed("an RTCP report that is cut off")
    sender = None
    if kind == SENDER_REPORT:
        _, seconds, fraction, timestamp, packets, octets = _SENDER.unpack_from(body)
        sender = SenderInfo(seconds << 32 | fraction, timestamp, packets, octets)
    blocks = tuple(_parse_block(body, fixed + k * _BLOCK.size) for k in range(count))
    return Report(int.from_bytes(body[:4], "big"), sender, blocks)


def _parse_block(body: bytes, at: int) -> ReportBlock:
    ssrc, losses, highest, jitter, last_report, delay = _BLOCK.unpack_from(body, at)
    lost = losses & 0xFFFFFF
    signed = lost - 0x1000000 if lost & 0x800000 else lost
    return ReportBlock(ssrc, losses >> 24, signed, highest, jitter, last_report, delay)


def round_trip_ms(block: ReportBlock, now: int) -> float | None:
    """The round-trip time from a report about our stream that has come at `now`, an NTP time (section 6.4.1).

    None when the peer has not seen a report of ours, or says what cannot be.
    """
    if block.last_report == 0:
        return None
    elapsed = (middle(now) - block.last_report - block.delay) & 0xFFFFFFFF
    return elapsed * 1000 / 65536 if elapsed < MAX_ROUND_TRIP else None


MAX_ROUND_TRIP = 10 << 16
"""Ten seconds. What is longer, or negative, comes from a peer that computes wrongly, or lies."""
