"""The demonstration's application, called by a gateway that only writes down what it is asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, encode_basic_auth, web
from aiohttp.test_utils import TestServer

from gateway.demo.application import MENU, ROOM, Application
from gateway.demo.rest import Rest, RestError

pytestmark = pytest.mark.contract

GUEST = {"type": "sip", "uri": "sip:bob@127.0.0.1"}


class Gateway:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.news = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/refused":
            return web.json_response({"detail": "no such thing"}, status=404)
        if request.path == "/v1/events":
            return web.Response(text=': following\n\ndata: {"id":1}\n\nid: 2\ndata: {"id":2}\n\n')
        self.asked.append((request.method, request.path, await request.json()))
        self.news.set()
        return web.json_response({"uuid": "guest-leg"})


@asynccontextmanager
async def running() -> AsyncIterator[Application]:
    """The application, which stops before the way to the gateway closes: it may be on that way still."""
    application = Application("447700900000", [GUEST])
    await application.start()
    try:
        yield application
    finally:
        await application.stop()


async def test_a_call_from_the_menu_to_the_farewell() -> None:
    gateway = Gateway()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", gateway.handle)
    async with TestServer(app) as server, ClientSession() as session, running() as application:
        application.rest = Rest(session, str(server.make_url("")).rstrip("/"), "Bearer token")
        async with session.get(f"{application.url}/answer", params={"from": "1"}) as reply:
            assert (await reply.json())[0]["text"] == MENU
        pressed = {"uuid": "caller-leg", "dtmf": {"digits": "1"}}
        async with session.post(f"{application.url}/digit", json=pressed) as reply:
            (action,) = await reply.json()
            assert (action["action"], action["name"], action["record"]) == ("conversation", ROOM, True)
        await gateway.news.wait()
        gateway.news.clear()
        over = {"uuid": "caller-leg", "status": "completed"}
        async with session.post(f"{application.url}/event", json=over) as reply:
            assert reply.status == 200
        await gateway.news.wait()
        assert await application.wait("event", status="completed") == over
    assert [request[:2] for request in gateway.asked] == [
        ("POST", "/v1/calls"),
        ("PUT", "/v1/calls/guest-leg"),
    ]
    call = gateway.asked[0][2]
    assert (call["to"], call["ncco"][0]["name"]) == ([GUEST], ROOM)
    assert gateway.asked[1][2] == {"action": "hangup"}


async def test_another_digit_is_said_good_bye() -> None:
    pressed = {"uuid": "u", "dtmf": {"digits": "2"}}
    async with (
        ClientSession() as session,
        running() as application,
        session.post(f"{application.url}/digit", json=pressed) as reply,
    ):
        assert [action["action"] for action in await reply.json()] == ["talk"]


async def test_rest_reads_streams_and_tells_refusals() -> None:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", Gateway().handle)
    async with TestServer(app) as server, ClientSession() as session:
        rest = Rest(session, str(server.make_url("")).rstrip("/"), encode_basic_auth("key", "secret"))
        assert [event async for event in rest.events("/v1/events")] == [None, {"id": 1}, {"id": 2}]
        with pytest.raises(RestError, match=r"404.*no such thing"):
            await rest.json("GET", "/refused")
        with pytest.raises(RestError, match="404"):
            await anext(rest.events("/refused"))
