"""The voice examples as a newcomer runs them: programs that a gateway asks, and people on phones."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.demo.phone import Phone, PhoneSettings
from tests.support.caller import Caller
from tests.support.customer import Customer
from tests.support.examples import Example, settings_of
from tests.support.gateway import RunningGateway, trunk_to
from tests.support.ports import free_ports

AGENT, PERSON = "447700900003", "447700900004"
_names = itertools.count(447700000701)

StartCaller = Callable[..., Awaitable[Caller]]


@dataclass(frozen=True)
class Running:
    """An example that answers the calls of its numbers."""

    example: Example
    customer: Customer
    url: str
    number: str
    """A number that leads to it."""

    @property
    def uri(self) -> str:
        """What a phone dials."""
        return self.customer.gateway.sip_uri(self.number)


StartExample = Callable[..., Awaitable[Running]]


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def agent_phone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Phone]:
    """Whom the gateway's trunk leads to."""
    settings = PhoneSettings(name=AGENT, tone_hz=660, directory=tmp_path_factory.mktemp("agent"))
    async with await Phone.start(settings) as phone:
        yield phone


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def person_phone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Phone]:
    """Somebody who says nothing but what they are told to say."""
    async with await Phone.start(
        PhoneSettings(name=PERSON, directory=tmp_path_factory.mktemp("person"))
    ) as phone:
        yield phone


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def gateway(
    agent_phone: Phone, person_phone: Phone, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningGateway]:
    directory = tmp_path_factory.mktemp("gateway")
    trunks = [trunk_to(phone.port, phone.name, name=phone.name) for phone in (agent_phone, person_phone)]
    async with RunningGateway(directory, trunks=trunks) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="package")
async def stack() -> AsyncIterator[AsyncExitStack]:
    """What a test has started, ended after it."""
    async with AsyncExitStack() as entered:
        yield entered


@pytest.fixture
def agent(agent_phone: Phone) -> Caller:
    """Who listens at the called phone; earlier calls do not count."""
    return _listening(agent_phone)


@pytest.fixture
def person(person_phone: Phone) -> Caller:
    """Who listens at the other one."""
    return _listening(person_phone)


def _listening(phone: Phone) -> Caller:
    listening = Caller(phone)
    listening.listens_from_now()
    return listening


@pytest_asyncio.fixture(loop_scope="package")
async def start_caller(stack: AsyncExitStack, tmp_path: Path) -> StartCaller:
    """A phone that says a tone, and its person."""

    async def start(tone_hz: int = 440, name: str = "") -> Caller:
        settings = PhoneSettings(name=name or str(next(_names)), tone_hz=tone_hz, directory=tmp_path)
        return Caller(await stack.enter_async_context(await Phone.start(settings)))

    return start


@pytest_asyncio.fixture(loop_scope="package")
async def start_example(stack: AsyncExitStack, gateway: RunningGateway, tmp_path: Path) -> StartExample:
    """Run an example for an application whose webhooks it is; `{number}` in settings is its number."""

    async def start(name: str, *arguments: str, **settings: str) -> Running:
        (port,) = free_ports(1)
        url = f"http://127.0.0.1:{port}"
        app = await gateway.rest.create_application(f"{url}/answer", f"{url}/event")
        key = tmp_path / f"{name}.key"
        key.write_text(app.private_key)
        customer = Customer(gateway, app, key)
        number = await customer.rent()
        own = {variable: text.format(number=number) for variable, text in settings.items()}
        environ = {"PORT": str(port), **settings_of(customer), **own}
        example = await stack.enter_async_context(Example.started(name, *arguments, **environ))
        await example.shows("Running on")
        return Running(example, customer, url, number)

    return start
