"""For clients whose hosts cannot be changed: a network where the hosts of Nexmo are the gateway."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.clients import Terminal
from tests.support.gateway import API_KEY, API_SECRET, RunningGateway
from tests.support.network import private_network, why_not
from tests.support.tls import Certificate, make_certificate

HOSTS = ("api.nexmo.com", "rest.nexmo.com")
HTTPS = 443


@pytest.fixture(scope="module")
def certificate(directory: Path) -> Certificate:
    return make_certificate(directory / "tls", *HOSTS, "*.nexmo.com", "*.vonage.com")


@pytest.fixture(scope="module")
def network() -> Iterator[None]:
    if reason := why_not():
        pytest.skip(reason)
    with private_network():
        yield


@pytest.fixture(scope="module")
def hosts(directory: Path) -> Path:
    """What is /etc/hosts to the client."""
    file = directory / "hosts"
    file.write_text("127.0.0.1 localhost " + " ".join(HOSTS) + "\n")
    return file


@pytest.fixture(scope="module")
def terminal(directory: Path, hosts: Path, certificate: Certificate) -> Terminal:
    """The customer's, with the account's credentials in its environment and nothing in its home."""
    home = directory / "home"
    home.mkdir()
    environ = {
        "HOME": str(home),
        "NODE_EXTRA_CA_CERTS": str(certificate.authority),
        "VONAGE_API_KEY": API_KEY,
        "VONAGE_API_SECRET": API_SECRET,
    }
    return Terminal(home, environ, hosts)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(network: None, directory: Path, certificate: Certificate) -> AsyncIterator[RunningGateway]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORDBOARD_SERVER_TLS_PORT", str(HTTPS))
        async with RunningGateway(directory / "gateway", tls=certificate) as running:
            yield running
