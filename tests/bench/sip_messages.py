"""Messages read and written in a second, by CPU time; beside them the bare cutting of the same text.

No two texts that are read are alike: what remembers the last ones gains what it gains from traffic.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle
from typing import TypeVar

from signalling.sdp.parse import parse as parse_sdp
from signalling.sdp.write import write as write_sdp
from signalling.sip.headers.via import Via
from signalling.sip.reading import parse_message
from signalling.sip.uri import parse_uri
from tests.bench import sip_texts
from tests.bench.effort import Effort
from tests.bench.report import Figure, Yardstick

TIMES = 2000
"""How often each is done in one repetition."""

DIFFERENT = 10_000
"""Texts of each kind that is read: more than anything remembers."""

Text = TypeVar("Text", str, bytes)
Work = Callable[[], object]
Row = tuple[str, str, Work, Work]
"""What the figure is called, what its yardstick is called, and both."""


def measure(effort: Effort) -> list[Figure]:
    """Each kind of text in turn with its yardstick."""
    rows = _rows()
    times = effort.count(TIMES)
    rates: list[list[tuple[float, float]]] = [[] for _ in rows]
    for _ in effort.rounds("messages read and written"):
        for row, found in zip(rows, rates, strict=True):
            found.append((_rate(row[2], times), _rate(row[3], times)))
    return [
        Figure(name, "per s", tuple(ours for ours, _ in found), Yardstick(bare, tuple(b for _, b in found)))
        for (name, bare, *_), found in zip(rows, rates, strict=True)
    ]


def _rows() -> list[Row]:
    invite, ok, sdp = sip_texts.invite("c1"), sip_texts.answered("c1"), sip_texts.SDP.encode()
    read_invite, read_ok, read_sdp = parse_message(invite), parse_message(ok), parse_sdp(sdp)
    via, uri = Via.parse(sip_texts.VIA), parse_uri(sip_texts.URI)
    joined = "lines joined"
    numbers = range(DIFFERENT)
    invites, oks = (
        [sip_texts.invite(f"c{n}") for n in numbers],
        [sip_texts.answered(f"c{n}") for n in numbers],
    )
    sdps = [sdp.replace(b"3801", b"%d" % n) for n in numbers]
    vias = [sip_texts.VIA.replace("776", str(n)) for n in numbers]
    uris = [sip_texts.URI.replace("900001", str(n)) for n in numbers]
    return [
        _reading("INVITE with SDP read, each field checked", parse_message, _cut, invites),
        _reading("200 with SDP read, each field checked", parse_message, _cut, oks),
        _reading("SDP read", parse_sdp, _cut, sdps),
        _reading("Via read", Via.parse, _pieces, vias),
        _reading("URI read", parse_uri, _pieces, uris),
        ("INVITE with SDP written", joined, partial(bytes, read_invite), _joining(invite)),
        ("200 with SDP written", joined, partial(bytes, read_ok), _joining(ok)),
        ("SDP written", joined, partial(write_sdp, read_sdp), _joining(sdp)),
        ("Via written", "pieces joined", partial(str, via), partial(";".join, sip_texts.VIA.split(";"))),
        ("URI written", "pieces joined", partial(str, uri), partial(";".join, sip_texts.URI.split(";"))),
    ]


def _reading(
    name: str, ours: Callable[[Text], object], bare: Callable[[Text], object], texts: Sequence[Text]
) -> Row:
    """Both read the same texts in the same order."""
    mine, theirs = cycle(texts), cycle(texts)
    return name, "the same text cut", lambda: ours(next(mine)), lambda: bare(next(theirs))


def _rate(work: Work, times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        work()
    return times / (time.process_time() - began)


def _cut(data: bytes) -> list[tuple[str, str]]:
    """As little as any reader does."""
    pieces = []
    for line in data.decode().split("\r\n"):
        name, _, value = line.partition(":")
        pieces.append((name.lower(), value.strip()))
    return pieces


def _pieces(text: str) -> list[tuple[str, str, str]]:
    return [piece.partition("=") for piece in text.split(";")]


def _joining(data: bytes) -> Work:
    """As little as any writer does."""
    fields = [tuple(line.partition(": ")[::2]) for line in data.decode().split("\r\n")]
    return lambda: "\r\n".join([f"{name}: {value}" for name, value in fields]).encode()
