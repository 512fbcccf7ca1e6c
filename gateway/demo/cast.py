"""Everybody who plays a part: the gateway, the application with its number, two phones and a websocket."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from gateway.cli.keys import Key
from gateway.demo.application import Application
from gateway.demo.consumer import Consumer
from gateway.demo.phone import Phone, PhoneSettings
from gateway.demo.rest import Rest
from gateway.demo.screen import Screen
from gateway.demo.server import NUMBER, Server

TONES = {"caller": 400, "second phone": 550, "websocket": 1050}
"""Hz: apart from each other's multiples and from the key tones."""
CALLER_NUMBER = "447700900900"
REQUEST_TIMEOUT_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Cast:
    """All of them, running."""

    server: Server
    application: Application
    rest: Rest
    """The interface, with a token of the application."""
    caller: Phone
    second: Phone
    consumer: Consumer


@asynccontextmanager
async def assembled(directory: Path, screen: Screen) -> AsyncIterator[Cast]:
    """Start them, and end them afterwards. Raises ServerError, PhoneError and RestError."""
    async with AsyncExitStack() as stack:
        screen.step("Starting the gateway, on SQLite and local files")
        server = await Server.start(directory)
        stack.push_async_callback(server.stop)
        screen.step("Starting two softphones (baresip) and a websocket, each with a tone of its own")
        second = await _phone(stack, directory, "bob", TONES["second phone"])
        caller = await _phone(stack, directory, CALLER_NUMBER, TONES["caller"])
        consumer = Consumer(TONES["websocket"])
        await consumer.start()
        stack.push_async_callback(consumer.stop)
        timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S)
        session = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
        application = Application(NUMBER, _guests(second, consumer))
        await application.start()
        stack.push_async_callback(application.stop)
        screen.step(f"Registering the application, renting {NUMBER} and linking it")
        application.rest = await _registered(session, server, application.url)
        yield Cast(
            server=server,
            application=application,
            rest=application.rest,
            caller=caller,
            second=second,
            consumer=consumer,
        )


async def _phone(stack: AsyncExitStack, directory: Path, name: str, tone_hz: int) -> Phone:
    settings = PhoneSettings(name=name, directory=directory, tone_hz=tone_hz)
    return await stack.enter_async_context(await Phone.start(settings))


def _guests(second: Phone, consumer: Consumer) -> list[dict[str, Any]]:
    return [
        {"type": "sip", "uri": second.uri},
        {
            "type": "websocket",
            "uri": consumer.url,
            "content-type": "audio/l16;rate=16000",
            "headers": {"part": "consumer"},
        },
    ]


async def _registered(session: aiohttp.ClientSession, server: Server, url: str) -> Rest:
    """Create the application, give it a number; the interface with a token of its new key."""
    basic = aiohttp.encode_basic_auth(server.account["api_key"], server.account["api_secret"])
    account = Rest(session, server.http, basic)
    webhooks = {
        "answer_url": {"address": f"{url}/answer", "http_method": "GET"},
        "event_url": {"address": f"{url}/event", "http_method": "POST"},
    }
    created = await account.json(
        "POST",
        "/v2/applications",
        json={"name": "Demonstration", "capabilities": {"voice": {"webhooks": webhooks}}},
    )
    number = {"country": "GB", "msisdn": NUMBER}
    await account.json("POST", "/number/buy", data=number)
    await account.json("POST", "/number/update", data=number | {"app_id": created["id"]})
    key = Key(created["id"], created["keys"]["private_key"])
    return Rest(session, server.http, f"Bearer {key.token()}")
