"""The demonstration's websocket: it says its tone in frames of 20 ms and keeps what it hears."""

import numpy as np
import pytest
from aiohttp import ClientSession

from gateway.demo.consumer import FRAME_SAMPLES, RATE_HZ, Consumer
from gateway.demo.hearing import tone_level_dbov

pytestmark = pytest.mark.contract


async def test_it_says_its_tone_and_hears_ours() -> None:
    consumer = Consumer(1050)
    await consumer.start()
    try:
        async with ClientSession() as session, session.ws_connect(consumer.url) as socket:
            await socket.send_str('{"event":"websocket:connected"}')
            await socket.send_bytes(np.arange(FRAME_SAMPLES, dtype="<i2").tobytes())
            frames = [await socket.receive_bytes(timeout=5) for _ in range(20)]
        async with ClientSession() as session, session.ws_connect(consumer.url):
            pass
        await consumer.closed.wait()
    finally:
        await consumer.stop()
    assert {len(frame) for frame in frames} == {2 * FRAME_SAMPLES}
    said = np.frombuffer(b"".join(frames), dtype="<i2").astype(np.int16)
    assert tone_level_dbov(said, 1050, rate_hz=RATE_HZ, steady_s=0.2) == pytest.approx(-20.0, abs=0.5)
    assert consumer.messages == [{"event": "websocket:connected"}]
    assert consumer.heard.tolist() == list(range(FRAME_SAMPLES))


async def test_it_does_not_keep_more_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.demo.consumer.MAX_HEARD_BYTES", 1000)
    consumer = Consumer(1050)
    await consumer.start()
    try:
        async with ClientSession() as session, session.ws_connect(consumer.url) as socket:
            for _ in range(10):
                await socket.send_bytes(bytes(640))
            await socket.close()
        await consumer.closed.wait()
    finally:
        await consumer.stop()
    assert consumer.heard.nbytes == 1280
