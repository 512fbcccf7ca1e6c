"""The HTTP interface in a thread of its own, and the command line beside it."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from gateway.clock import ManualClock
from tests.contract.gateway.cli.fakes import Shell
from tests.support.api import API_KEY, API_SECRET, APPLICATION, Api, key_pair

T = TypeVar("T")

PATIENCE_S = 60.0


class RunningClock(ManualClock):
    """Time as it is: the command line signs its tokens by it."""

    def wall(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()


class Served:
    """A gateway's interface, whose calls only take notes; what is asked here is done in its own thread."""

    def __init__(self, api: Api, loop: asyncio.AbstractEventLoop) -> None:
        self.api = api
        self._loop = loop

    @property
    def url(self) -> str:
        return str(self.api.client.make_url("/"))

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """What the API itself answers to the application."""
        return self.do(self.api.expect(200, "GET", path))

    def basic(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """What it answers to the account."""
        status, body = self.do(self.api.basic("GET", path))
        assert status == 200, body
        return body

    def shell(self, directory: Path) -> Shell:
        """A command line that knows the account, and the application's key."""
        keys = directory / "data" / "keys"
        keys.mkdir(parents=True)
        (keys / f"{APPLICATION}.key").write_text(key_pair(APPLICATION)[0])
        environ = {
            "CORDBOARD_DATA_DIRECTORY": str(directory / "data"),
            "CORDBOARD_SERVER_PUBLIC_URL": self.url,
            "CORDBOARD_ACCOUNT_API_KEY": API_KEY,
            "CORDBOARD_ACCOUNT_API_SECRET": API_SECRET,
        }
        return Shell(directory / "data", environ)


@contextmanager
def serving(directory: Path) -> Iterator[Served]:
    """Start it, and end it with the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    served = Served(Api(directory, clock=RunningClock()), loop)
    try:
        served.do(served.api.__aenter__())
        yield served
        served.do(served.api.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
