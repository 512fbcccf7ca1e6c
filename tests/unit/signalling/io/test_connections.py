"""How many connections peers may hold, by the real figures."""

import pytest

from signalling.io.connections import Connections
from signalling.sip.calls import Flow
from tests.support.doors import Noted

pytestmark = pytest.mark.unit

LOCAL = ("192.0.2.2", 5060)


class Peer:
    """The other end of a connection; nothing is sent."""

    def send(self, data: bytes) -> None:
        raise AssertionError("nothing is sent")

    def close(self) -> None:
        return


def admit(table: Connections, host: str, port: int = 40_000) -> Flow | None:
    return table.admit(Peer(), "tcp", (host, port), LOCAL)


@pytest.fixture
def table() -> Connections:
    return Connections(Noted(), lambda _: None)


@pytest.mark.parametrize(
    ("host", "elsewhere"), [("198.51.100.{}", "203.0.113.1"), ("2001:db8::{}", "2001:db8:0:1::1")]
)
def test_one_source_holds_64(table: Connections, host: str, elsewhere: str) -> None:
    of_one = [host.format(1 if "." in host else number) for number in range(65)]
    flows = [admit(table, source, 40_000 + number) for number, source in enumerate(of_one)]
    assert flows.index(None) == 64, "of IPv6 a source is a network"
    assert admit(table, elsewhere) is not None
    assert flows[0] is not None
    table.forget(flows[0])
    assert admit(table, of_one[1]) is not None


def test_all_sources_hold_2048(table: Connections) -> None:
    sources = [f"198.51.{number >> 8}.{number & 255}" for number in range(2049)]
    flows = [admit(table, source) for source in sources]
    assert flows.index(None) == len(table) == 2048
    for flow in flows[:-1]:
        assert flow is not None
        table.forget(flow)
    assert len(table) == len(table._per_source) == 0
