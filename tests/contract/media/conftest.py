"""Workers and telephones for the contract tests."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from media.control import OpenRtp, RtpOpened, StartRtp
from tests.support.media_exchange import Exchange, exchange_of
from tests.support.media_worker import MediaWorker, Telephone

Call = Callable[..., Awaitable[Telephone]]


@pytest.fixture
async def worker() -> AsyncIterator[MediaWorker]:
    async with MediaWorker("--max-legs", "8") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_worker() -> AsyncIterator[MediaWorker]:
    """One for all tests of a module."""
    async with MediaWorker("--max-legs", "16") as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def exchange(one_worker: MediaWorker) -> AsyncIterator[Exchange]:
    """Telephones in rooms of that worker, which forgets them after the test."""
    async with exchange_of(one_worker) as exchange:
        yield exchange


@pytest.fixture
async def call(worker: MediaWorker) -> AsyncIterator[Call]:
    """Open and start an RTP leg, and give the telephone at its other end."""
    async with AsyncExitStack() as stack:

        async def make(leg: str, tone_hz: int = 0, described_port: int | None = None) -> Telephone:
            phone = await stack.enter_async_context(Telephone(tone_hz))
            worker.do(OpenRtp(leg=leg))
            opened = await worker.told(RtpOpened, leg=leg)
            worker.do(
                StartRtp(
                    leg=leg,
                    remote_host="127.0.0.1",
                    remote_port=described_port or phone.port,
                    codec="PCMU",
                    payload_type=0,
                    dtmf_payload_type=101,
                )
            )
            phone.speak_to(opened.port)
            return phone

        yield make
