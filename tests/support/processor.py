"""A payment processor: remembers what it is asked to charge, and answers as it is told to."""

import asyncio
from typing import Any, Self

from aiohttp import web


class FakeProcessor:
    """Serves `url`. `reply` is what it answers: JSON, a response as it is, or None for no answer at all."""

    def __init__(self) -> None:
        self.charges: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.reply: object = {"status": "success"}
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/charges", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/charges"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.may_answer.set()
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.charges.append(await request.json())
        self.headers.append(dict(request.headers))
        await self.may_answer.wait()
        if isinstance(self.reply, web.StreamResponse):
            return self.reply
        return web.json_response(self.reply)
