"""Websocket legs: the media worker speaks the protocol, this decides where it may connect to."""

from urllib.parse import urlsplit

import msgspec

from gateway.errors import Unavailable
from gateway.legs.line import End, LineListener, Summons
from gateway.media_plane import MediaPlane
from gateway.routing.endpoints import WebsocketEndpoint
from gateway.store.records import Json
from gateway.webhooks.egress import Egress
from gateway.webhooks.failures import EgressError
from media.control import OpenWebsocket


class WebsocketLine:
    """Legs that are websocket applications."""

    def __init__(self, media: MediaPlane, egress: Egress) -> None:
        self.listener: LineListener | None = None
        self._media = media
        self._egress = egress

    async def dial(self, summons: Summons) -> None:
        """Connect to the endpoint's URI. Its end, when it cannot be reached, is told to the listener."""
        endpoint = summons.endpoint
        if not isinstance(endpoint, WebsocketEndpoint):
            raise TypeError("a websocket line dials websocket endpoints")
        end = await self._connect(summons, endpoint)
        if self.listener is None:
            return
        if end is None:
            self.listener.answered(summons.leg_id, None)
        else:
            self.listener.ended(summons.leg_id, end)

    async def _connect(self, summons: Summons, endpoint: WebsocketEndpoint) -> End | None:
        try:
            admitted = await self._egress.admit(endpoint.uri, ("ws", "wss"))
        except EgressError as error:
            return End(status="failed", reason=str(error))
        first = {"event": "websocket:connected", "content-type": endpoint.content_type, **summons.connected}
        command = OpenWebsocket(
            leg=summons.leg_id,
            uri=endpoint.uri,
            address=admitted.address,
            port=admitted.port,
            rate=endpoint.rate,
            first_message=msgspec.json.encode(first).decode(),
        )
        try:
            failed = await self._media.open_websocket(command)
        except Unavailable as error:
            return End(status="failed", reason=error.detail)
        if failed is None:
            return None
        host = urlsplit(endpoint.uri).hostname
        reason = f"{host} cannot be connected: {failed.reason}"
        return End(status="unanswered" if failed.timed_out else "failed", reason=reason)

    async def ring(self, leg_id: str) -> None:
        """Websocket legs are never inbound."""

    async def progress(self, leg_id: str) -> None:
        """Websocket legs are never inbound."""

    async def answer(self, leg_id: str) -> Json | None:
        """Websocket legs are never inbound."""
        return None

    async def hang_up(self, leg_id: str, sip_code: int | None = None) -> None:
        """Closing its media is all there is to do, and whoever hangs up does that for every leg."""
