"""A bare aiohttp handler that returns a file's bytes as JSON: a yardstick, or a fast host for webhooks.

`python -m tests.bench.bare_http FILE` tells its port on standard output and leaves when its standard input
ends.
"""

import asyncio
import sys
from pathlib import Path

import uvloop
from aiohttp import web

HOST = "127.0.0.1"


async def main(body: bytes) -> None:
    """Serve until nobody listens any more."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0)
    await site.start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]).read_bytes()))
