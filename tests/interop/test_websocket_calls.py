"""The life of a websocket in a call. The application is the package websockets, the caller baresip."""

import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from vonage_jwt import verify_signature  # type: ignore[import-untyped]
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from gateway.demo.hearing import is_speech_like, read_wav
from gateway.demo.phone import Phone, PhoneSettings
from tests.support.gateway import SIGNATURE_SECRET, RunningGateway
from tests.support.line import Line, talk
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

HEADERS = {"room": "7", "caller": {"name": "Ann", "tags": ["a", "b"]}}
INSTEAD = "Nobody is at the other end. Here is what you hear instead of the machine, for some seconds."


class Application:
    """A websocket application: what it was asked, and what it was told first."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.hello: dict[str, Any] = {}
        self.connection: ServerConnection | None = None
        self.refusal: HTTPStatus | None = None
        self.uri = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Application"]:
        """Serve."""
        async with serve(self._talk, "127.0.0.1", 0, process_request=self._admit) as server:
            self.uri = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/audio"
            yield self

    def endpoint(self, **members: object) -> dict[str, Any]:
        """It, as an endpoint."""
        return {"type": "websocket", "uri": self.uri, "content-type": "audio/l16;rate=16000", **members}

    def connect(self, **options: object) -> dict[str, Any]:
        """The NCCO action."""
        return {"action": "connect", "endpoint": [self.endpoint(headers=HEADERS)], **options}

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        return connection.respond(self.refusal, "no\n") if self.refusal else None

    async def _talk(self, connection: ServerConnection) -> None:
        self.hello = json.loads(await connection.recv())
        self.connection = connection
        async for _ in connection:
            pass


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningGateway]:
    async with RunningGateway(tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def webhooks() -> AsyncIterator[WebhookApp]:
    async with WebhookApp() as app:
        yield app


@pytest_asyncio.fixture(loop_scope="module")
async def anna(tmp_path: Path) -> AsyncIterator[Phone]:
    settings = PhoneSettings(name="447700000001", tone_hz=440, directory=tmp_path)
    async with await Phone.start(settings) as phone:
        yield phone


@pytest_asyncio.fixture(loop_scope="module")
async def application() -> AsyncIterator[Application]:
    async with Application().running() as app:
        yield app


@pytest_asyncio.fixture(loop_scope="module")
async def line(gateway: RunningGateway, webhooks: WebhookApp) -> Line:
    return await Line.rent(gateway, webhooks)


def custom(header: str) -> bool:
    return header == "Basic c2VzYW1lOm9wZW4="


def vonage(header: str) -> bool:
    return bool(verify_signature(header.removeprefix("Bearer "), SIGNATURE_SECRET))


@pytest.mark.parametrize(
    ("authorization", "is_good"),
    [
        pytest.param(
            {"type": "custom", "value": "Basic c2VzYW1lOm9wZW4="},
            custom,
            marks=pytest.mark.row(
                "websocket authorization custom",
                "connect.endpoint[websocket].authorization[custom]",
                "connect.endpoint[websocket].authorization[custom].value",
            ),
            id="custom",
        ),
        pytest.param(
            {"type": "vonage"},
            vonage,
            marks=pytest.mark.row(
                "websocket authorization vonage", "connect.endpoint[websocket].authorization[vonage]"
            ),
            id="vonage",
        ),
    ],
)
@pytest.mark.row("connect.endpoint[websocket].authorization", "websocket websocket:connected")
async def test_the_application_knows_who_connects(
    line: Line,
    webhooks: WebhookApp,
    application: Application,
    authorization: dict[str, str],
    is_good: Callable[[str], bool],
) -> None:
    endpoint = application.endpoint(authorization=authorization, headers=HEADERS)
    created = await line.create_call(endpoint, {"action": "wait", "timeout": 60})
    await webhooks.wait(uuid=created["uuid"], status="answered")
    await until(lambda: bool(application.hello), "the application is greeted")
    (request,) = application.requests
    assert is_good(request.headers["Authorization"])
    assert request.headers.get("room") is None
    assert application.hello == {
        "event": "websocket:connected",
        "content-type": "audio/l16;rate=16000",
        **HEADERS,
    }
    await line.hang_up(created["uuid"])
    ended = await webhooks.wait(uuid=created["uuid"], status="completed")
    assert ended.fields["disconnected_by"] == "platform"
    assert "disconnected" not in webhooks.statuses(created["uuid"])


@pytest.mark.row("status disconnected", "webhook event.headers", "connect.endpoint[websocket].headers")
async def test_what_the_reply_to_disconnected_says_is_done(
    line: Line, webhooks: WebhookApp, application: Application, anna: Phone
) -> None:
    webhooks.answer(application.connect(), talk("This is never said."))
    webhooks.on("/event", lambda hook: [talk(INSTEAD)] if hook.fields.get("status") == "disconnected" else {})
    await anna.call(line.uri)
    await until(lambda: application.connection is not None, "the application is connected")
    assert application.connection is not None
    await application.connection.close()
    closed = await webhooks.wait(status="disconnected")
    await until(lambda: is_speech_like(read_wav(anna.heard)[0]), "the reply is carried out")
    await anna.hang_up()
    await webhooks.wait(uuid=closed.fields["uuid"], status="completed")

    assert (closed.fields["to"], closed.fields["headers"]) == (application.uri, HEADERS)
    of_the_leg = [hook.fields for hook in webhooks.hooks if hook.fields.get("uuid") == closed.fields["uuid"]]
    assert [fields["headers"] for fields in of_the_leg] == [HEADERS] * len(of_the_leg)
    assert len(application.requests) == 1, "nothing is connected again"


@pytest.mark.row("connect.eventType")
async def test_an_application_that_refuses_makes_room_for_the_reply(
    line: Line, webhooks: WebhookApp, application: Application, anna: Phone
) -> None:
    application.refusal = HTTPStatus.FORBIDDEN
    webhooks.answer(application.connect(eventType="synchronous"), talk("This is never said."))
    webhooks.on("/event", lambda hook: [talk(INSTEAD)] if hook.fields.get("status") == "failed" else {})
    await anna.call(line.uri)
    failed = await webhooks.wait(status="failed")
    await until(lambda: is_speech_like(read_wav(anna.heard)[0]), "the reply is carried out")
    assert failed.fields["headers"] == HEADERS
    (reason,) = [hook.fields["reason"] for hook in webhooks.hooks if "reason" in hook.fields]
    assert reason == "127.0.0.1 cannot be connected: the application answered 403 instead of upgrading"
    assert "disconnected" not in webhooks.statuses(failed.fields["uuid"])


@pytest.mark.parametrize(("ringing_s", "status"), [(3, "timeout"), (30, "unanswered")])
async def test_an_application_that_says_nothing_is_not_waited_for(
    line: Line, webhooks: WebhookApp, anna: Phone, ringing_s: int, status: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = {"type": "websocket", "uri": f"ws://127.0.0.1:{silent.getsockname()[1]}/"}
        webhooks.answer({"action": "connect", "endpoint": [endpoint], "timeout": ringing_s})
        await anna.call(line.uri)
        ended = await webhooks.wait(to=endpoint["uri"], status=status)
        await webhooks.wait(uuid=ended.fields["uuid"], status="completed")
        await anna.wait("closed")
