"""Pairs of ports out of a range."""

import socket

import pytest

from gateway.errors import Unavailable
from gateway.workers import sockets
from gateway.workers.sockets import bind_pair

pytestmark = pytest.mark.contract


def test_a_pair_is_two_ports_the_first_even() -> None:
    pair = bind_pair("127.0.0.1", range(20001, 30000))
    rtp, rtcp = pair.rtp.getsockname()[1], pair.rtcp.getsockname()[1]
    assert (rtp % 2, rtcp) == (0, rtp + 1)
    assert rtp > 20001
    pair.close()


def test_a_full_range_is_refused_until_a_pair_is_given_back() -> None:
    taken = bind_pair("127.0.0.1", range(20000, 30000))
    port = taken.rtp.getsockname()[1]
    only = range(port, port + 2)
    with pytest.raises(Unavailable, match=f"{port}-{port + 1}"):
        bind_pair("127.0.0.1", only)
    taken.close()
    again = bind_pair("127.0.0.1", only)
    assert again.rtp.getsockname()[1] == port
    again.close()


def test_half_a_pair_is_none() -> None:
    taken = bind_pair("127.0.0.1", range(20000, 30000))
    port = taken.rtp.getsockname()[1]
    taken.rtp.close()
    with pytest.raises(Unavailable):
        bind_pair("127.0.0.1", range(port, port + 2))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", port))
    taken.rtcp.close()


def test_a_range_without_a_pair_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "ATTEMPTS", 1)
    with pytest.raises(Unavailable, match="no pair"):
        bind_pair("127.0.0.1", range(20001, 20002))
