"""A rented number: the gateway, the application behind it and its webhooks, as most tests need them."""

from dataclasses import dataclass
from typing import Any

from tests.support.gateway import RunningGateway
from tests.support.rest import App
from tests.support.webhook_app import WebhookApp


@dataclass(frozen=True)
class Line:
    """What a call to a rented number goes through."""

    gateway: RunningGateway
    webhooks: WebhookApp
    app: App
    number: str

    @classmethod
    async def rent(cls, gateway: RunningGateway, webhooks: WebhookApp) -> "Line":
        """Register an application for these webhooks and rent it a number."""
        app = await gateway.application(webhooks)
        return cls(gateway, webhooks, app, await gateway.number_for(app))

    @property
    def uri(self) -> str:
        """What a phone dials."""
        return self.gateway.sip_uri(self.number)

    async def create_call(self, to: dict[str, Any], *ncco: dict[str, Any], **more: object) -> dict[str, Any]:
        """Have the gateway call somebody, with an NCCO inline. The response: uuid, conversation_uuid, ..."""
        origin = {"type": "phone", "number": self.number}
        body = {"to": [to], "from": origin, "ncco": list(ncco), **more}
        created: dict[str, Any] = await self.gateway.rest.expect(
            201, "POST", "/v1/calls", app=self.app, body=body
        )
        return created

    async def call_state(self, uuid: str) -> dict[str, Any]:
        """One call as `GET /v1/calls/{uuid}` tells it."""
        call: dict[str, Any] = await self.gateway.rest.expect(200, "GET", f"/v1/calls/{uuid}", app=self.app)
        return call

    async def hang_up(self, uuid: str) -> None:
        """End a call by REST."""
        await self.gateway.rest.expect(
            204, "PUT", f"/v1/calls/{uuid}", app=self.app, body={"action": "hangup"}
        )

    async def events(self, conversation_id: str) -> list[dict[str, Any]]:
        """A conversation's history."""
        return await self.gateway.rest.events(conversation_id, self.app)


def talk(
    text: str = "Welcome to the test. Please press a key, and then wait for what comes.", **more: object
) -> dict[str, Any]:
    """The NCCO action of that name."""
    return {"action": "talk", "text": text, **more}


def room(name: str = "room", **more: object) -> dict[str, Any]:
    """The NCCO action `conversation`."""
    return {"action": "conversation", "name": name, **more}


def connect_sip(uri: str, **more: object) -> dict[str, Any]:
    """The NCCO action `connect` to a SIP address."""
    return {"action": "connect", "endpoint": [{"type": "sip", "uri": uri}], **more}


async def allow_payments(line: Line, **webhooks: dict[str, str]) -> None:
    """Set the application's `payment_enabled`, and more webhooks of its voice."""
    path = f"/v2/applications/{line.app.id}"
    rest = line.gateway.rest
    application = await rest.expect(200, "GET", path)
    voice = application["capabilities"]["voice"]
    voice["payment_enabled"] = True
    voice["webhooks"] |= webhooks
    body = {"name": application["name"], "capabilities": application["capabilities"]}
    await rest.expect(200, "PUT", path, body=body)
