"""SIGKILL of the gateway at every stage of a webhook: no event is lost, each keeps its id and its order."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from gateway.store.records import Json
from tests.conftest import StartGateway
from tests.support.gateway import RunningGateway
from tests.support.rest import App
from tests.support.rude_server import Answer, RudeServer, http, says, stays_silent
from tests.support.waiting import until
from tests.support.webhook_fields import judge, judge_lives

pytestmark = pytest.mark.faults

GOOD = says(http(200, b"{}"))
NOWHERE = {"type": "websocket", "uri": "ws://127.0.0.1:9/", "content-type": "audio/l16;rate=16000"}


async def call(
    gateway: RunningGateway, app: App, to: Mapping[str, object], *ncco: Mapping[str, object]
) -> str:
    """Make a call; the id of its leg."""
    body = {"to": [to], "from": {"type": "phone", "number": "447700900000"}, "ncco": list(ncco)}
    made = await gateway.rest.expect(201, "POST", "/v1/calls", app=app, body=body)
    return str(made["uuid"])


def first_arrivals(host: RudeServer) -> list[Json]:
    """What it was told, without what it was told again."""
    first: dict[tuple[str, str], Json] = {}
    for body in host.bodies:
        if "status" in body:  # and not why nobody could be reached
            first.setdefault((body["uuid"], body["status"]), body)
    return list(first.values())


def statuses(host: RudeServer, leg: str) -> list[str]:
    return [body["status"] for body in first_arrivals(host) if body["uuid"] == leg]


def ids(host: RudeServer) -> dict[tuple[str, str], set[bytes]]:
    """By event, the ids under which it was delivered."""
    found: dict[tuple[str, str], set[bytes]] = {}
    for body, request in zip(host.bodies, host.requests, strict=True):
        if "status" not in body:
            continue
        (line,) = (each for each in request.split(b"\r\n") if each.startswith(b"X-Cordboard-Delivery:"))
        found.setdefault((body["uuid"], body["status"]), set()).add(line)
    return found


@pytest.mark.parametrize(
    ("host", "reached"),
    [(GOOD, 0), (stays_silent, 1), (says(http(503)), 2)],
    ids=["between fact and delivery", "on its way", "waiting to be tried again"],
)
async def test_events_of_calls(start_gateway: StartGateway, host: Answer, reached: int) -> None:
    async with RudeServer(host) as events:
        gateway = await start_gateway()
        app = await gateway.rest.create_application(events.url, events.url)
        legs = [await call(gateway, app, NOWHERE) for _ in range(3)]
        await until(lambda: len(events.requests) >= reached, "the events are on their way")
        await gateway.kill()
        events.answer = GOOD
        await gateway.restart()
        await until(
            lambda: all("completed" in statuses(events, leg) for leg in legs), "the end of every call"
        )
        told = first_arrivals(events)
        for each in told:
            judge(each)
        judge_lives(told)
        for leg in legs:
            shown = await gateway.rest.expect(200, "GET", f"/v1/calls/{leg}", app=app)
            assert shown["status"] in statuses(events, leg)
        assert {len(each) for each in ids(events).values()} == {1}


async def test_a_question_whose_fallback_is_being_asked(start_gateway: StartGateway) -> None:
    """It begins anew, with the URL that it was for."""
    async with RudeServer(says(http(500))) as told, RudeServer(stays_silent) as backup, bot() as websocket:
        gateway = await start_gateway()
        app = await gateway.rest.create_application(backup.url, f"{told.url}/events", backup.url)
        notify = {"action": "notify", "payload": {"floor": 7}, "eventUrl": [told.url]}
        await call(gateway, app, {**NOWHERE, "uri": websocket}, notify)
        await until(lambda: backup.requests, "the fallback is asked")
        assert b"original_request=" in backup.requests[0]
        asked = len(of_notify(told))
        told.answer = backup.answer = GOOD
        await gateway.kill()
        await gateway.restart()
        await until(lambda: len(of_notify(told)) > asked, "the question is put again")
        assert "original_request" not in of_notify(told)[-1]


def of_notify(host: RudeServer) -> list[dict[str, object]]:
    return [body for body in host.bodies if "payload" in body]


@asynccontextmanager
async def bot() -> AsyncIterator[str]:
    """A websocket application that listens and says nothing; its URL."""

    async def listen(request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        async for _ in websocket:
            await asyncio.sleep(0)
        return websocket

    app = web.Application()
    app.router.add_get("/", listen)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"ws://{host}:{port}/"
    finally:
        await runner.cleanup()
