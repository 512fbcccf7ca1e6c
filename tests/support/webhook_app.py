"""A voice application's web server: remembers every request and answers by rule."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from aiohttp import web


@dataclass(frozen=True)
class Hook:
    """One request. `fields` is the query of a GET and the JSON body of a POST."""

    path: str
    method: str
    fields: dict[str, Any]
    headers: dict[str, str]


Reply = object
"""Something for JSON, or an `aiohttp.web.Response` as it is."""
Rule = Callable[[Hook], Reply]


class WebhookApp:
    """Serves `/answer`, `/event` and any other path; the reply is `{}` where no rule says otherwise."""

    def __init__(self) -> None:
        self.hooks: list[Hook] = []
        self._rules: dict[str, Rule] = {}
        self._untold: list[Hook] = []
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2**20)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def answer_url(self) -> str:
        return f"{self.url}/answer"

    @property
    def event_url(self) -> str:
        return f"{self.url}/event"

    def answer(self, *actions: dict[str, Any]) -> None:
        """Reply to `/answer` with these NCCO actions."""
        self.on("/answer", lambda _: list(actions))

    def serve(self, path: str, file: Path, content_type: str) -> None:
        """Reply to a path with a file."""
        self.on(path, lambda _: web.Response(body=file.read_bytes(), content_type=content_type))

    def on(self, path: str, rule: Rule) -> None:
        """Reply to requests for a path with what the rule makes of them."""
        self._rules[path] = rule

    def forget(self) -> None:
        """Requests so far do not count any more."""
        self.hooks.clear()
        self._untold.clear()

    def statuses(self, uuid: str) -> list[str]:
        """The statuses that event webhooks told about one leg, in order of arrival."""
        return [
            str(hook.fields["status"])
            for hook in self.hooks
            if hook.fields.get("uuid") == uuid and "status" in hook.fields
        ]

    async def wait(
        self,
        path: str = "/event",
        fields: dict[str, object] | None = None,
        *,
        within_s: float = 15.0,
        **more: object,
    ) -> Hook:
        """The oldest request for that path with those fields that no earlier `wait` has returned."""
        wanted = {**(fields or {}), **more}

        def matches(hook: Hook) -> bool:
            return hook.path == path and all(hook.fields.get(key) == value for key, value in wanted.items())

        return await self.wait_for(matches, f"{path} with {wanted}", within_s=within_s)

    async def wait_for(
        self, matches: Callable[[Hook], bool], what: str = "such request", *, within_s: float = 15.0
    ) -> Hook:
        """The oldest matching request that no earlier wait has returned."""
        try:
            async with asyncio.timeout(within_s), self._news:
                while True:
                    for hook in self._untold:
                        if matches(hook):
                            self._untold.remove(hook)
                            return hook
                    await self._news.wait()
        except TimeoutError:
            seen = "\n".join(f"{hook.path} {hook.fields}" for hook in self.hooks)
            raise AssertionError(f"no {what} within {within_s:g} s, but:\n{seen}") from None

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        fields = json.loads(body) if body else dict(request.query)
        hook = Hook(request.path, request.method, fields, dict(request.headers))
        rule = self._rules.get(request.path)
        reply = rule(hook) if rule else {}
        async with self._news:
            self.hooks.append(hook)
            self._untold.append(hook)
            self._news.notify_all()
        return reply if isinstance(reply, web.StreamResponse) else web.json_response(reply)
