"""The demonstration's way to the HTTP interface: requests, and the stream of events."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp


class RestError(Exception):
    """The gateway refused a request."""


class Rest:
    """Requests with one set of credentials over one shared session."""

    def __init__(self, session: aiohttp.ClientSession, url: str, authorization: str) -> None:
        self._session = session
        self._url = url
        self._headers = {"Authorization": authorization}

    async def json(self, method: str, path: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
        """The answer's JSON. `arguments` are aiohttp's (`json`, `data`, `params`). Raises RestError."""
        body = await self.bytes(method, self._url + path, **arguments)
        return json.loads(body) if body else None

    async def bytes(self, method: str, url: str, **arguments: Any) -> bytes:  # noqa: ANN401 - aiohttp's
        """The answer's body, from any address. Raises RestError."""
        async with self._session.request(method, url, headers=self._headers, **arguments) as response:
            body = await response.read()
            if response.status >= 400:
                raise RestError(f"{method} {url}: {response.status} {body.decode(errors='replace')[:500]}")
            return body

    async def events(self, path: str) -> AsyncIterator[dict[str, Any] | None]:
        """A stream's events as they come. The first item is None: from then on nothing is missed."""
        headers = self._headers | {"Accept": "text/event-stream"}
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._session.get(self._url + path, headers=headers, timeout=timeout) as response:
            if response.status != 200:
                raise RestError(f"GET {path}: {response.status} {await response.text()}")
            yield None
            async for line in response.content:
                if line.startswith(b"data:"):
                    yield json.loads(line.removeprefix(b"data:"))
