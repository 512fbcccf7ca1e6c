"""The yardstick of websocket legs: connections that carry the same messages, and do nothing else.

`python -m tests.bench.bare_websockets URL COUNT RATE` connects, prints "ready", and then sends a frame of
silence on each connection every 20 ms and reads what comes, until its standard input ends.
"""

import asyncio
import sys

import aiohttp
import uvloop

FRAME_S = 0.02


async def main(url: str, count: int, rate: int) -> None:
    """Be the process."""
    async with aiohttp.ClientSession() as session:
        sockets = [await session.ws_connect(url) for _ in range(count)]
        tasks = [asyncio.create_task(read(socket)) for socket in sockets]
        tasks.append(asyncio.create_task(write(sockets, bytes(rate // 50 * 2))))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
        for task in tasks:
            task.cancel()


async def read(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Until the other side closes."""
    async for _ in socket:
        pass


async def write(sockets: list[aiohttp.ClientWebSocketResponse], frame: bytes) -> None:
    """A frame for each, again and again."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        for socket in sockets:
            await socket.send_bytes(frame)
        due += FRAME_S
        await asyncio.sleep(max(due - loop.time(), 0))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
