"""One gateway per module, a customer of it, and the variables that the examples read."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.customer import Customer
from tests.support.examples import settings_of
from tests.support.gateway import RunningGateway
from tests.support.listener import Listener
from tests.support.tls import Certificate, make_certificate


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("examples")


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


@pytest.fixture
def settings(customer: Customer) -> dict[str, str]:
    return settings_of(customer)


@pytest_asyncio.fixture(loop_scope="module")
async def listener(customer: Customer) -> AsyncIterator[Listener]:
    """Somebody on the line: in a call that is answered, and silent."""
    async with Listener.called_by(customer) as listening:
        yield listening
