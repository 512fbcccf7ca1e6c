"""The examples answer with NCCOs that the gateway understands."""

import runpy
import wave
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer

from gateway.ncco.schema import read_ncco

pytestmark = pytest.mark.contract

EXAMPLES = Path(__file__).parents[2] / "examples"
ANSWERING = (
    "hello.py",
    "echo.py",
    "conference.py",
    "call_in_progress.py",
    "websocket_player.py",
    "websocket_bot.py",
)


def application(name: str) -> web.Application:
    app = runpy.run_path(str(EXAMPLES / name))["app"]
    assert isinstance(app, web.Application)
    return app


@pytest.mark.parametrize("name", ANSWERING)
async def test_it_answers_a_call(name: str) -> None:
    async with TestClient(TestServer(application(name))) as client:
        reply = await client.get("/answer", params={"from": "447700900001", "to": "447700900000"})
        assert reply.status == 200
        assert read_ncco(await reply.json())
        status = await client.post("/event", json={"status": "completed", "uuid": "leg-1"})
        assert status.status == 200


@pytest.mark.parametrize(("digits", "action"), [("1", "conversation"), ("2", "talk"), (None, "talk")])
async def test_the_conference_is_joined_with_1(digits: str | None, action: str) -> None:
    async with TestClient(TestServer(application("conference.py"))) as client:
        reply = await client.post("/digit", json={"dtmf": {"digits": digits, "timed_out": digits is None}})
        ncco: list[dict[str, Any]] = await reply.json()
        assert [entry["action"] for entry in ncco] == [action]
        assert read_ncco(ncco)


async def test_the_echo_says_everything_back() -> None:
    async with (
        TestClient(TestServer(application("echo.py"))) as client,
        client.ws_connect("/audio") as socket,
    ):
        await socket.send_str('{"event":"websocket:connected"}')
        await socket.send_bytes(b"\x01\x00" * 320)
        assert await socket.receive_bytes(timeout=5) == b"\x01\x00" * 320


async def test_the_player_is_never_further_ahead_than_the_gateways_buffer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer, messages = 3072, 7000
    with wave.open(str(tmp_path / "long.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(640 * messages))
    monkeypatch.setenv("FILE", str(tmp_path / "long.wav"))
    async with (
        TestClient(TestServer(application("websocket_player.py"))) as client,
        client.ws_connect("/audio") as socket,
    ):
        received, played, asked = 0, 0, deque[int]()
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                assert len(message.data) == 640
                received += 1
                assert received - played <= buffer
            else:
                asked.append(message.json()["payload"]["messages"])
            while asked and (received - played == buffer or received == messages):
                played = asked.popleft()
                await socket.send_json({"event": "websocket:notify", "payload": {"messages": played}})
    assert (received, played) == (messages, messages)
