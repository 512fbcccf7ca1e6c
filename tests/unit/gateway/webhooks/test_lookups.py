"""Lookups of names: one at a time for each, bounded, and not waited for when nobody answers."""

import asyncio
import socket

import pytest

from gateway.webhooks import lookups
from gateway.webhooks.failures import DnsFailure, InvalidUrl
from gateway.webhooks.lookups import Lookups
from gateway.webhooks.targets import Target

pytestmark = pytest.mark.unit

SHOP = Target("shop.example", 443)


class Servers:
    """Name servers that are silent until `speak`, and then say or raise `answer`."""

    def __init__(self, answer: list[str] | Exception) -> None:
        self.answer = answer
        self.questions: list[str] = []
        self.speak = asyncio.Event()

    async def __call__(self, host: str, port: int) -> list[str]:
        self.questions.append(f"{host}:{port}")
        await self.speak.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_wants_the_same_name_waits_for_the_same_answer() -> None:
    servers = Servers(["192.0.2.1"])
    asked = Lookups(servers)
    waiting = [asyncio.ensure_future(asked.addresses(SHOP)) for _ in range(9)]
    await turns()
    servers.speak.set()
    assert await asyncio.gather(*waiting) == [["192.0.2.1"]] * 9
    assert servers.questions == ["shop.example:443"]
    await asked.addresses(SHOP)
    assert len(servers.questions) == 2, "an answer is not kept"
    asked.close()


async def test_one_who_gives_up_leaves_the_others_their_answer() -> None:
    servers = Servers(["192.0.2.1"])
    asked = Lookups(servers)
    impatient, patient = (asyncio.ensure_future(asked.addresses(SHOP)) for _ in range(2))
    await turns()
    impatient.cancel()
    servers.speak.set()
    assert await patient == ["192.0.2.1"]
    asked.close()


async def test_so_many_names_are_looked_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "MAX_RUNNING", 2)
    servers = Servers(["192.0.2.1"])
    asked = Lookups(servers)
    running = [asyncio.ensure_future(asked.addresses(Target(f"h{n}.example", 80))) for n in range(2)]
    await turns()
    with pytest.raises(DnsFailure):
        await asked.addresses(SHOP)
    servers.speak.set()
    await asyncio.gather(*running)
    assert await asked.addresses(SHOP)
    asked.close()


async def test_silent_servers_hold_one_question_however_often_it_is_put(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lookups, "DNS_TIMEOUT_S", 0.0)
    servers = Servers(["192.0.2.1"])
    asked = Lookups(servers)
    for _ in range(3):
        with pytest.raises(DnsFailure):
            await asked.addresses(SHOP)
        await turns()
    assert servers.questions == ["shop.example:443"]
    asked.close()


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), DnsFailure),
        (UnicodeError("label too long"), InvalidUrl),
        ([], DnsFailure),
    ],
)
async def test_what_has_no_address(answer: list[str] | Exception, failure: type[Exception]) -> None:
    servers = Servers(answer)
    servers.speak.set()
    asked = Lookups(servers)
    with pytest.raises(failure):
        await asked.addresses(SHOP)
    asked.close()
