"""Octets after a DELETE that has no body: dropped there and nowhere else."""

import pytest

from gateway.stray import Stray

pytestmark = pytest.mark.unit

HEAD = b"DELETE /v2/applications/a HTTP/1.1\r\nHost: here\r\n\r\n"
NEXT = b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n"


@pytest.mark.parametrize(
    ("came", "meant"),
    [
        ([HEAD + b"{}"], HEAD),
        ([HEAD, b"{}"], HEAD),
        ([HEAD + b"{}" + NEXT], HEAD + NEXT),
        ([HEAD, b"{}" + NEXT], HEAD + NEXT),
        ([HEAD, b"{}", NEXT], HEAD + NEXT),
        ([HEAD + b"{}", HEAD + b"{}"], HEAD + HEAD),
        ([HEAD, b"", b"{}"], HEAD),
    ],
)
def test_a_stray_body_is_dropped(came: list[bytes], meant: bytes) -> None:
    stray = Stray()
    assert b"".join(map(stray.without, came)) == meant


@pytest.mark.parametrize(
    "came",
    [
        [HEAD],
        [HEAD, NEXT],
        [HEAD + NEXT],
        [HEAD, NEXT, b"{}"],
        [HEAD + b"{"],
        [b"DELETE /a HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"],
        [b"DELETE /a HTTP/1.1\r\ncontent-length : 2\r\n\r\n", b"{}"],
        [b"DELETE /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"2\r\n{}\r\n0\r\n\r\n"],
        [b"PUT /a HTTP/1.1\r\nHost: here\r\n\r\n{}"],
        [b"POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\n", b"{}"],
        [b"{}"],
        [b"DELETE /a HTTP/1.1\r\nHost: he", b"re\r\n\r\n{}"],
    ],
)
def test_everything_else_is_left_alone(came: list[bytes]) -> None:
    stray = Stray()
    assert [stray.without(data) for data in came] == came
