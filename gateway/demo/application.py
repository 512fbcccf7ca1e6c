"""A voice application as a customer would write it: a menu, a digit, a room for everybody."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from aiohttp import web

from gateway.demo.rest import Rest

ROOM = "demonstration"
MENU = "Welcome to Cordboard. Please press 1 to join the conversation."

Json = dict[str, Any]


class Application:
    """The webhook server. A caller who presses 1 is put into the room, and the guests are called into it.

    When that caller has gone, the guests are sent home.

    Args:
        number: The number that the application is reached at; guests see it as the caller.
        guests: Endpoints, as POST /v1/calls takes them.
    """

    def __init__(self, number: str, guests: list[Json]) -> None:
        self._number = number
        self._guests = guests
        self._caller = ""
        self._legs: list[str] = []
        self._inviting: asyncio.Task[None] | None = None
        self.rest: Rest | None = None
        """The application's way to the gateway; set once it is registered there."""
        self._news = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = ""
        self.seen: list[tuple[str, Json]] = []
        """Which webhook (answer, event, digit, recording), and what it said."""
        self.failures: list[str] = []
        """What the gateway refused."""

    async def start(self) -> None:
        """Listen on any free port; `url` is the address afterwards."""
        app = web.Application()
        app.router.add_get("/answer", self._answer)
        for name, handler in (("event", self._event), ("digit", self._digit), ("recording", self._recording)):
            app.router.add_post(f"/{name}", handler)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stop listening."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    async def wait(self, webhook: str, **fields: object) -> Json:
        """The first webhook of that kind with these fields, seen or to come."""
        async with self._news:
            while True:
                for kind, body in self.seen:
                    if kind == webhook and all(body.get(key) == value for key, value in fields.items()):
                        return body
                await self._news.wait()

    async def _answer(self, request: web.Request) -> web.Response:
        await self._note("answer", dict(request.query))
        return web.json_response(
            [
                {"action": "talk", "text": MENU, "bargeIn": True},
                {
                    "action": "input",
                    "type": ["dtmf"],
                    "dtmf": {"maxDigits": 1, "timeOut": 10},
                    "eventUrl": [f"{self.url}/digit"],
                },
            ]
        )

    async def _digit(self, request: web.Request) -> web.Response:
        body = await request.json()
        await self._note("digit", body)
        if (body.get("dtmf") or {}).get("digits") != "1":
            return web.json_response([{"action": "talk", "text": "Good bye."}])
        self._caller = body["uuid"]
        self._inviting = self._later(self._invite())
        return web.json_response([self._room()])

    async def _invite(self) -> None:
        for guest in self._guests:
            call = {"to": [guest], "from": {"type": "phone", "number": self._number}, "ncco": [self._room()]}
            leg = await self._gateway().json("POST", "/v1/calls", json=call)
            self._legs.append(leg["uuid"])

    async def _dismiss(self) -> None:
        # A caller who hangs up at once may be faster than the guests are called.
        if self._inviting is not None:
            await self._inviting
        for leg in self._legs:
            await self._gateway().json("PUT", f"/v1/calls/{leg}", json={"action": "hangup"})

    def _room(self) -> Json:
        recording = [f"{self.url}/recording"]
        return {"action": "conversation", "name": ROOM, "record": True, "eventUrl": recording}

    def _gateway(self) -> Rest:
        if self.rest is None:
            raise RuntimeError("A call came in before the application was registered.")
        return self.rest

    async def _event(self, request: web.Request) -> web.Response:
        body = await request.json()
        await self._note("event", body)
        if self._caller and body.get("uuid") == self._caller and body.get("status") == "completed":
            self._later(self._dismiss())
        return web.Response()

    async def _recording(self, request: web.Request) -> web.Response:
        await self._note("recording", await request.json())
        return web.Response()

    async def _note(self, webhook: str, body: Json) -> None:
        async with self._news:
            self.seen.append((webhook, body))
            self._news.notify_all()

    def _later(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failures.append(str(error))
