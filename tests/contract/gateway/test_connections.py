"""Kept connections: which requests share one, and what happens when the host has closed it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.store.records import Webhook
from gateway.webhooks import connections
from gateway.webhooks.egress import Egress
from gateway.webhooks.failures import ConnectionClosed, EgressError, RefusedAddress, SocketTimeout
from tests.support.rude_server import (
    Answer,
    RudeServer,
    closes,
    http,
    keeps,
    resets,
    says,
    stays_silent,
)
from tests.support.waiting import until

pytestmark = pytest.mark.contract

LOOPBACK = ("127.0.0.0/8",)


class Names:
    """A name server: what a name leads to, as long as nobody changes it."""

    def __init__(self) -> None:
        self.addresses = ["127.0.0.1"]
        self.questions = 0

    async def __call__(self, host: str, port: int) -> list[str]:
        self.questions += 1
        return self.addresses


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture
async def door(names: Names) -> AsyncIterator[Egress]:
    opened = Egress(LOOPBACK, resolve=names)
    yield opened
    await opened.close()


async def _ask(door: Egress, server: RudeServer, name: str = "shop.example", *, method: str = "POST") -> int:
    hook = Webhook(
        address=f"http://{name}:{server.port}/",
        http_method="GET" if method == "GET" else "POST",
        connect_timeout_ms=300,
        socket_timeout_ms=300,
    )
    return (await door.request(hook, {}, {})).status


async def _failure(door: Egress, server: RudeServer) -> type[EgressError]:
    with pytest.raises(EgressError) as failure:
        await _ask(door, server)
    return type(failure.value)


FOREVER = keeps(*[http()] * 10, then=closes)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_one_connection_serves_one_request_after_the_other(
    door: Egress, names: Names, method: str
) -> None:
    async with RudeServer(FOREVER) as server:
        for _ in range(3):
            await _ask(door, server, method=method)
        assert server.connections == 1
        assert names.questions == 3


async def test_requests_at_the_same_time_do_not_wait_for_each_other(door: Egress) -> None:
    async with RudeServer(FOREVER) as server:
        await asyncio.gather(*(_ask(door, server) for _ in range(3)))
        assert server.connections == 3


async def test_a_host_that_closes_politely_is_not_kept(door: Egress) -> None:
    async with RudeServer(says(http(Connection="close"))) as server:
        assert [await _ask(door, server) for _ in range(2)] == [200, 200]
        assert server.connections == 2


async def test_another_name_has_another_connection(door: Egress) -> None:
    async with RudeServer(FOREVER) as server:
        await _ask(door, server, "shop.example")
        await _ask(door, server, "cafe.example")
        assert server.connections == 2


async def test_a_name_that_leads_elsewhere_has_another_connection(door: Egress, names: Names) -> None:
    async with RudeServer(FOREVER) as server:
        await _ask(door, server)
        names.addresses = ["127.0.0.2"]
        assert await _failure(door, server) is ConnectionClosed
        names.addresses = ["10.0.0.1"]
        assert await _failure(door, server) is RefusedAddress
        names.addresses = ["127.0.0.1", "10.0.0.1"]
        assert await _failure(door, server) is RefusedAddress
        names.addresses = ["127.0.0.1"]
        await _ask(door, server)
        assert server.connections == 1


async def test_the_order_of_addresses_does_not_matter(door: Egress, names: Names) -> None:
    async with RudeServer(FOREVER) as server:
        names.addresses = ["127.0.0.1", "127.0.0.2"]
        await _ask(door, server)
        names.addresses = ["127.0.0.2", "127.0.0.1"]
        await _ask(door, server)
        assert server.connections == 1


@pytest.mark.parametrize("ending", [closes, resets])
async def test_a_request_that_meets_a_closed_connection_has_another_try(door: Egress, ending: Answer) -> None:
    async with RudeServer(keeps(http(), then=ending)) as server:
        assert [await _ask(door, server) for _ in range(2)] == [200, 200]
        assert server.connections == 2


async def test_but_only_one(door: Egress) -> None:
    async with RudeServer(keeps(http(), then=closes)) as server:
        await _ask(door, server)
        server.answer = closes
        assert await _failure(door, server) is ConnectionClosed
        assert server.connections == 2


@pytest.mark.parametrize(
    ("ending", "failure"),
    [
        (says(b"HTTP/1.1 200 OK\r\nContent-Ty"), ConnectionClosed),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[]"), ConnectionClosed),
        (stays_silent, SocketTimeout),
    ],
)
async def test_and_none_when_the_host_did_something(
    door: Egress, ending: Answer, failure: type[EgressError]
) -> None:
    async with RudeServer(keeps(http(), then=ending)) as server:
        await _ask(door, server)
        assert await _failure(door, server) is failure
        assert server.connections == 1


async def test_the_longest_idle_is_closed_when_there_are_many(
    door: Egress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_IDLE", 2)
    async with RudeServer(FOREVER) as server:
        for name in ("a.example", "b.example", "c.example"):
            await _ask(door, server, name)
        await until(lambda: server.open == 2)
        await _ask(door, server, "c.example")
        assert server.connections == 3
        await _ask(door, server, "a.example")
        assert server.connections == 4


async def test_an_idle_connection_closes_by_itself(door: Egress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "KEEP_S", 0.02)
    async with RudeServer(FOREVER) as server:
        await _ask(door, server)
        await until(lambda: server.open == 0)
        await _ask(door, server)
        assert server.connections == 2


async def test_a_closed_door_keeps_nothing(door: Egress) -> None:
    async with RudeServer(FOREVER) as server:
        await _ask(door, server)
        await door.close()
        await until(lambda: server.open == 0)
        await _ask(door, server)
        await until(lambda: server.open == 0)
