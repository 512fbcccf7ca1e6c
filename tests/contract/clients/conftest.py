"""One gateway per module, a customer of it, and the marker by which each test says what it proves."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.contract.clients.not_yet import NOT_YET
from tests.support.customer import Customer
from tests.support.gateway import RunningGateway
from tests.support.listener import Listener
from tests.support.tls import Certificate, make_certificate
from tests.support.webhook_app import WebhookApp

TONE = Path(__file__).parents[3] / "fixtures" / "audio" / "tone-1000.wav"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect the tests to fail that are here before what they prove."""
    for item in items:
        proved = [name for mark in item.iter_markers("endpoint") for name in mark.args]
        missing = [f"{name}: {NOT_YET[name]}" for name in proved if name in NOT_YET]
        if missing:
            item.add_marker(pytest.mark.xfail(reason="; ".join(missing), strict=True))


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For what the module's client reads and writes."""
    return tmp_path_factory.mktemp("client")


@pytest.fixture(scope="module")
def certificate(directory: Path) -> Certificate:
    return make_certificate(directory / "tls")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(directory: Path, certificate: Certificate) -> AsyncIterator[RunningGateway]:
    async with RunningGateway(directory / "gateway", tls=certificate) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def customer(gateway: RunningGateway, directory: Path) -> Customer:
    return await Customer.register(gateway, directory)


@pytest_asyncio.fixture(loop_scope="module")
async def listener(customer: Customer) -> AsyncIterator[Listener]:
    """Somebody on the line: in a call that is answered, and silent."""
    async with Listener.called_by(customer) as listening:
        yield listening


@pytest_asyncio.fixture(loop_scope="module")
async def sound_url() -> AsyncIterator[str]:
    """Where a sound can be fetched."""
    async with WebhookApp() as server:
        server.serve("/tone.wav", TONE, "audio/wav")
        yield f"{server.url}/tone.wav"
