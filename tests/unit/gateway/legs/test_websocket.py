"""What the websocket line orders of the media plane, and what it tells of the outcome."""

import asyncio
import json
from collections.abc import Mapping
from typing import cast

import pytest

from gateway.errors import Unavailable
from gateway.legs.line import End, Referral, Summons
from gateway.legs.websocket import MAX_REASON, WebsocketLine
from gateway.media_plane import MediaPlane
from gateway.routing.endpoints import WebsocketEndpoint, read_endpoint
from gateway.store.records import ApplicationRecord, Json, LegStatus
from gateway.webhooks.connections import Admitted
from gateway.webhooks.egress import Egress
from gateway.webhooks.failures import EgressError, NoSecret, RefusedAddress
from media.control import OpenWebsocket, WebsocketFailed
from tests.support import records

pytestmark = pytest.mark.unit

LEG = "leg-1"


class Media:
    """A media plane that connects as the test says."""

    def __init__(self) -> None:
        self.orders: list[OpenWebsocket] = []
        self.outcome: WebsocketFailed | Exception | None = None
        self.ordered = asyncio.Event()
        self.connects = asyncio.Event()
        self.connects.set()

    async def open_websocket(self, command: OpenWebsocket) -> WebsocketFailed | None:
        """See MediaPlane."""
        self.orders.append(command)
        self.ordered.set()
        await self.connects.wait()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


class Door:
    """An egress that admits everything, or nothing."""

    refusal: EgressError | None = None

    async def admit(self, _url: str, schemes: tuple[str, ...]) -> Admitted:
        """See Egress."""
        assert schemes == ("ws", "wss")
        if self.refusal is not None:
            raise self.refusal
        return Admitted("bot.example", ("192.0.2.1",), 443)


class Told:
    """The line, its surroundings, and what it told."""

    def __init__(self) -> None:
        self.media, self.door = Media(), Door()
        self.no_secret = False
        self.line = WebsocketLine(cast("MediaPlane", self.media), cast("Egress", self.door), self.vouch)
        self.line.listener = self
        self.what: asyncio.Queue[End | str] = asyncio.Queue()

    async def vouch(self, application: ApplicationRecord) -> Mapping[str, str]:
        if self.no_secret:
            raise NoSecret
        return {"Authorization": f"Bearer signed-for-{application.id}"}

    def ringing(self, leg_id: str, *, early_media: bool = False) -> None:
        raise AssertionError("websockets do not ring")

    def answered(self, leg_id: str, dialog: Json | None) -> None:
        assert (leg_id, dialog) == (LEG, None)
        self.what.put_nowait("answered")

    def changed(self, leg_id: str) -> None:
        raise AssertionError("there is nothing to change")

    def ended(self, leg_id: str, end: End) -> None:
        assert leg_id == LEG
        self.what.put_nowait(end)

    def digit_signalled(self, leg_id: str, digit: str, duration_ms: int) -> None:
        raise AssertionError("the worker tells of digits")

    def referred(self, leg_id: str, referral: Referral) -> None:
        raise AssertionError("websockets transfer nobody")

    async def dial(self, **members: object) -> End | str:
        """Dial, and the outcome."""
        await self.line.dial(summons(**members))
        return await self.what.get()


def not_connected(reason: str, status: LegStatus = "failed") -> End:
    """The end that names the host and the reason, and that the application is told of."""
    return End(status=status, reason=f"bot.example cannot be connected: {reason}", reported=True)


def summons(**members: object) -> Summons:
    endpoint = read_endpoint({"type": "websocket", "uri": "wss://bot.example/audio", **members})
    assert isinstance(endpoint, WebsocketEndpoint)
    return Summons(leg_id=LEG, endpoint=endpoint, caller="", application=records.application())


async def test_the_worker_is_told_where_and_how() -> None:
    told = Told()
    assert await told.dial(**{"content-type": "audio/l16;rate=24000"}) == "answered"
    (order,) = told.media.orders
    assert (order.leg, order.uri, order.address, order.port, order.rate) == (
        LEG,
        "wss://bot.example/audio",
        "192.0.2.1",
        443,
        24000,
    )
    assert order.headers == {}


async def test_headers_stand_in_the_first_message_and_leave_what_is_ours() -> None:
    told = Told()
    headers = {"language": "en", "caller": {"name": "Ann"}, "event": "websocket:dtmf", "content-type": "x"}
    await told.dial(headers=headers)
    first = json.loads(told.media.orders[0].first_message)
    assert list(first) == ["event", "content-type", "language", "caller"]
    assert first == {
        "event": "websocket:connected",
        "content-type": "audio/l16;rate=16000",
        "language": "en",
        "caller": {"name": "Ann"},
    }
    assert told.media.orders[0].headers == {}, "the handshake has none of them"


@pytest.mark.parametrize(
    ("authorization", "header"),
    [
        ({"type": "custom", "value": "Basic YTpi"}, "Basic YTpi"),
        ({"type": "vonage"}, f"Bearer signed-for-{records.APPLICATION}"),
    ],
)
async def test_authorization_goes_into_the_handshake_and_nowhere_else(
    authorization: Json, header: str
) -> None:
    told = Told()
    await told.dial(authorization=authorization)
    (order,) = told.media.orders
    assert order.headers == {"Authorization": header}
    assert header not in order.first_message


async def test_without_a_secret_to_sign_with_nothing_is_connected() -> None:
    told = Told()
    told.no_secret = True
    assert await told.dial(authorization={"type": "vonage"}) == not_connected(NoSecret.text)
    assert not told.media.orders


@pytest.mark.parametrize(
    ("outcome", "end"),
    [
        (WebsocketFailed(leg=LEG, reason="refused"), not_connected("refused")),
        (WebsocketFailed(leg=LEG, reason="slow", timed_out=True), not_connected("slow", "unanswered")),
        (WebsocketFailed(leg=LEG, reason="x" * 9000), not_connected("x" * MAX_REASON)),
        (Unavailable("no worker"), not_connected("no worker")),
        (RuntimeError("surprise"), End(status="failed", reason="internal error")),
    ],
)
async def test_what_goes_wrong_ends_the_leg(outcome: WebsocketFailed | Exception, end: End) -> None:
    told = Told()
    told.media.outcome = outcome
    assert await told.dial() == end


async def test_a_host_that_is_not_for_customers_is_not_connected() -> None:
    told = Told()
    told.door.refusal = RefusedAddress()
    assert await told.dial() == not_connected(RefusedAddress.text)
    assert not told.media.orders


async def test_who_hangs_up_does_not_wait_for_a_host_that_is_silent() -> None:
    told = Told()
    told.media.connects.clear()
    await told.line.dial(summons())
    await told.media.ordered.wait()
    await told.line.hang_up(LEG)
    told.media.connects.set()
    await asyncio.sleep(0)
    assert told.what.empty()


async def test_hanging_up_what_is_connected_is_the_medias_business() -> None:
    told = Told()
    assert await told.dial() == "answered"
    await told.line.hang_up(LEG)
    assert told.what.empty()
