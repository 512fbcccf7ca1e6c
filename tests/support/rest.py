"""The HTTP interface as a customer's program uses it."""

import time
import uuid
from dataclasses import dataclass
from typing import Any, Self

import aiohttp
import jwt

TOKEN_LIFE_S = 300


@dataclass(frozen=True)
class App:
    """A registered application: its id and the private key that signs its tokens."""

    id: str
    private_key: str

    def token(self, **claims: object) -> str:
        """A fresh JWT; claims replace the usual ones."""
        now = int(time.time())
        usual = {"application_id": self.id, "iat": now, "exp": now + TOKEN_LIFE_S, "jti": str(uuid.uuid4())}
        return jwt.encode({**usual, **claims}, self.private_key, algorithm="RS256")


@dataclass(frozen=True)
class Answer:
    """Status and JSON body of a response; None for an empty body."""

    status: int
    body: Any


class Rest:
    """Requests with an account's or an application's credentials."""

    def __init__(self, url: str, api_key: str, api_secret: str) -> None:
        self.url = url
        self._key, self._secret = api_key, api_secret

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def request(self, method: str, path: str, *, app: App | None = None, body: object = None) -> Answer:
        """One request; with `app` its token is sent, otherwise the account's basic authentication."""
        auth = aiohttp.encode_basic_auth(self._key, self._secret)
        headers = {"Authorization": f"Bearer {app.token()}" if app else auth}
        json = {} if body is None else {"json": body}
        async with self._session.request(method, self.url + path, headers=headers, **json) as response:  # type: ignore[arg-type]
            text = await response.text()
            return Answer(response.status, await response.json(content_type=None) if text else None)

    async def expect(
        self, status: int, method: str, path: str, *, app: App | None = None, body: object = None
    ) -> Any:  # noqa: ANN401 - JSON
        """The body of a response that must have this status."""
        answer = await self.request(method, path, app=app, body=body)
        assert answer.status == status, f"{method} {path}: {answer.status} {answer.body}"
        return answer.body

    async def download(self, url: str, app: App) -> tuple[int, bytes]:
        """Status and content of a file, such as a recording_url."""
        async with self._session.get(url, headers={"Authorization": f"Bearer {app.token()}"}) as response:
            return response.status, await response.read()

    async def create_application(self, answer_url: str, event_url: str, fallback_url: str = "") -> App:
        """Register an application whose keys the gateway makes."""
        hooks = {
            "answer_url": {"address": answer_url, "http_method": "GET"},
            "event_url": {"address": event_url, "http_method": "POST"},
        }
        if fallback_url:
            hooks["fallback_answer_url"] = {"address": fallback_url, "http_method": "GET"}
        body = {"name": f"test {uuid.uuid4()}", "capabilities": {"voice": {"webhooks": hooks}}}
        created = await self.expect(201, "POST", "/v2/applications", body=body)
        return App(created["id"], created["keys"]["private_key"])

    async def rent(self, msisdn: str, app: App, country: str = "GB") -> None:
        """Buy a number and link it to an application."""
        fields = {"country": country, "msisdn": msisdn}
        credentials = {"api_key": self._key, "api_secret": self._secret}
        for path, more in (("/number/buy", {}), ("/number/update", {"app_id": app.id})):
            async with self._session.post(
                self.url + path, params=credentials, data={**fields, **more}
            ) as response:
                assert response.status == 200, f"{path}: {response.status} {await response.text()}"

    async def events(self, conversation_id: str, app: App) -> list[dict[str, Any]]:
        """A conversation's whole numbered history, oldest first."""
        events: list[dict[str, Any]] = await self.expect(
            200, "GET", f"/beta/conversations/{conversation_id}/events", app=app
        )
        return events
