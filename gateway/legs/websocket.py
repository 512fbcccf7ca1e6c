"""Websocket legs: the media worker speaks the protocol, this decides where it may connect to, and as whom."""

import asyncio
import logging
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from gateway.errors import Unavailable
from gateway.legs.line import End, LineListener, Summons
from gateway.media_plane import MediaPlane
from gateway.routing.endpoints import CustomAuthorization, VonageAuthorization, WebsocketEndpoint
from gateway.store.records import ApplicationRecord, Json, LegStatus
from gateway.webhooks.egress import Egress
from gateway.webhooks.failures import EgressError
from gateway.webhooks.signing import Vouch
from media.control import OpenWebsocket

log = logging.getLogger(__name__)

MAX_REASON = 500
"""Characters of why a host cannot be connected: they may quote what it has answered."""


class WebsocketLine:
    """Legs that are websocket applications."""

    def __init__(self, media: MediaPlane, egress: Egress, vouch: Vouch) -> None:
        """`vouch` makes the headers of an endpoint whose authorization is `vonage`."""
        self.listener: LineListener | None = None
        self._media = media
        self._egress = egress
        self._vouch = vouch
        self._connecting: dict[str, asyncio.Task[None]] = {}

    async def dial(self, summons: Summons) -> None:
        """Begin to connect to the endpoint's URI. What comes of it is told to the listener."""
        endpoint = summons.endpoint
        if not isinstance(endpoint, WebsocketEndpoint):
            raise TypeError("a websocket line dials websocket endpoints")
        connecting = asyncio.create_task(self._connect(summons, endpoint), name=f"websocket {summons.leg_id}")
        self._connecting[summons.leg_id] = connecting

    async def hang_up(self, leg_id: str, sip_code: int | None = None) -> None:
        """Stop connecting. What is connected ends with its media, which whoever hangs up closes."""
        connecting = self._connecting.pop(leg_id, None)
        if connecting is not None:
            connecting.cancel()
            await asyncio.wait({connecting})

    async def ring(self, leg_id: str) -> None:
        """Websocket legs are never inbound."""

    async def progress(self, leg_id: str) -> None:
        """Websocket legs are never inbound."""

    async def answer(self, leg_id: str) -> Json | None:
        """Websocket legs are never inbound."""
        return None

    def keep(self, leg_id: str) -> Json | None:
        """Nothing but that it can go on: its media worker connects it again."""
        return None if leg_id in self._connecting else {}

    def has(self, leg_id: str) -> bool:
        """Whether its media is there."""
        return self._media.has(leg_id)

    async def _connect(self, summons: Summons, endpoint: WebsocketEndpoint) -> None:
        """Connect, and tell."""
        try:
            end = await self._open(summons, endpoint)
        except EgressError as error:
            end = _failed(endpoint, str(error))
        except Unavailable as error:
            end = _failed(endpoint, error.detail)
        except Exception:
            log.exception("websocket leg %s broke", summons.leg_id)
            end = End(status="failed", reason="internal error")
        self._connecting.pop(summons.leg_id, None)
        if self.listener is None:
            return
        if end is None:
            self.listener.answered(summons.leg_id, None)
        else:
            self.listener.ended(summons.leg_id, end)

    async def _open(self, summons: Summons, endpoint: WebsocketEndpoint) -> End | None:
        """None when it is connected. Raises EgressError and Unavailable."""
        admitted = await self._egress.admit(endpoint.uri, ("ws", "wss"))
        command = OpenWebsocket(
            leg=summons.leg_id,
            uri=endpoint.uri,
            address=admitted.address,
            port=admitted.port,
            rate=endpoint.rate,
            first_message=first_message(endpoint),
            headers=dict(await self._authorization(endpoint, summons.application)),
        )
        failed = await self._media.open_websocket(command)
        if failed is None:
            return None
        return _failed(endpoint, failed.reason, "unanswered" if failed.timed_out else "failed")

    async def _authorization(
        self, endpoint: WebsocketEndpoint, application: ApplicationRecord
    ) -> Mapping[str, str]:
        match endpoint.authorization:
            case CustomAuthorization(value=value):
                return {"Authorization": value}
            case VonageAuthorization():
                return await self._vouch(application)
            case None:
                return {}


def _failed(endpoint: WebsocketEndpoint, reason: str, status: LegStatus = "failed") -> End:
    host = urlsplit(endpoint.uri).hostname
    return End(status=status, reason=f"{host} cannot be connected: {reason[:MAX_REASON]}", reported=True)


def first_message(endpoint: WebsocketEndpoint) -> str:
    """The text `websocket:connected`: the endpoint's headers stand beside what is ours, which they leave."""
    ours = {"event": "websocket:connected", "content-type": endpoint.content_type}
    return msgspec.json.encode({**ours, **endpoint.headers, **ours}).decode()
