"""A customer of the gateway: an application, its key as a file, and what the API shows of it."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp

from tests.support.clients import THROTTLED, THROTTLED_S
from tests.support.gateway import API_KEY, API_SECRET, RunningGateway
from tests.support.rest import App
from tests.support.waiting import LIMIT_S


@dataclass(frozen=True)
class Customer:
    """What a client needs to be set up, and a second pair of eyes on what it has done."""

    gateway: RunningGateway
    app: App
    key: Path
    """A PEM file: the application's private key."""

    @classmethod
    async def register(cls, gateway: RunningGateway, directory: Path) -> Self:
        """A new application, with webhooks where nobody listens."""
        nobody = "http://127.0.0.1:9"
        app = await gateway.rest.create_application(f"{nobody}/answer", f"{nobody}/event")
        key = directory / "private.key"
        key.write_text(app.private_key)
        return cls(gateway, app, key)

    @property
    def setup(self) -> tuple[str, ...]:
        """The arguments of a program of tests/clients."""
        return self.gateway.url, API_KEY, API_SECRET, self.app.id, str(self.key)

    async def shown(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """What the API shows the application."""
        return await self.gateway.rest.expect(200, "GET", path, app=self.app)

    async def make(self, path: str, **body: object) -> Any:  # noqa: ANN401 - JSON
        """Post without the client, for what its test starts from; the id of what is made."""
        made = await self.gateway.rest.expect(201, "POST", path, app=self.app, body=body)
        return made["id"]

    async def room(self, *users: str) -> tuple[str, ...]:
        """The ids of a new conversation and of a joined member for each of these users, by their ids."""
        conversation = await self.make("/v1/conversations")
        join = {"state": "joined", "channel": {"type": "app"}}
        path = f"/v1/conversations/{conversation}/members"
        return conversation, *[await self.make(path, user={"id": user}, **join) for user in users]

    async def of_account(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """What the API shows the account."""
        return await self.gateway.rest.expect(200, "GET", path)

    async def is_gone(self, path: str) -> bool:
        """Whether the API knows no such thing (any more)."""
        return (await self.gateway.rest.request("GET", path, app=self.app)).status == 404

    async def place(self, **body: object) -> str:
        """Place a call, as soon as the gateway takes another one; its uuid."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                answer = await self.gateway.rest.request("POST", "/v1/calls", app=self.app, body=body)
                if answer.status != THROTTLED:
                    assert answer.status == 201, answer
                    return str(answer.body["uuid"])
                await asyncio.sleep(THROTTLED_S)

    async def is_admitted(self, token: str) -> bool:
        """Whether the API takes the token: what is asked for does not exist, and who may not ask gets 401."""
        url = f"{self.gateway.url}/v1/conversations/CON-unknown"
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
            assert response.status in {404, 401}, await response.text()
            return response.status == 404

    async def rent(self) -> str:
        """A number of the account, linked to the application."""
        return await self.gateway.number_for(self.app)
