"""Finding servers by a real DNS server on loopback, with the event loop's time in the test's hands."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from signalling.io.resolution import dns
from signalling.io.resolution.dns import DnsServers
from signalling.io.resolution.hosts import HostsFile
from signalling.io.resolution.location import Place
from signalling.io.resolution.resolver import SILENCE_TTL_S, Resolver
from signalling.io.shell import SipShell
from signalling.sip.config import EndpointConfig
from signalling.sip.errors import RemoteSipError
from signalling.sip.uri import SipUri
from tests.support.dns import DnsServer
from tests.support.wire import guard

pytestmark = pytest.mark.contract

ZONE = (
    'example.com 60 IN NAPTR 10 10 "s" "SIP+D2T" "" _sip._tcp.example.com.',
    "_sip._tcp.example.com 60 IN SRV 2 0 5062 b.example.com.",
    "_sip._tcp.example.com 60 IN SRV 1 0 5061 a.example.com.",
    "a.example.com 60 IN A 192.0.2.1",
    "b.example.com 30 IN A 192.0.2.2",
    "b.example.com 30 IN A 192.0.2.3",
)
ANSWER_S = 20.0


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DnsServer]:
    monkeypatch.setattr(dns, "ANSWER_TIMEOUT_S", ANSWER_S)
    monkeypatch.setattr(dns, "SERVER_TIMEOUT_S", ANSWER_S)
    async with DnsServer(*ZONE) as started:
        yield started


@pytest.fixture
def resolver(server: DnsServer, tmp_path: Path) -> Resolver:
    return Resolver(DnsServers((server.address,)), HostsFile(tmp_path / "hosts"))


@pytest.fixture
async def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets time pass for what asks the event loop; sockets and timers run as before."""
    loop = asyncio.get_running_loop()
    clock, passed = loop.time, [0.0]
    monkeypatch.setattr(loop, "time", lambda: clock() + passed[0])

    def pass_(seconds: float) -> None:
        passed[0] += seconds

    return pass_


async def addresses(resolver: Resolver, place: Place) -> list[tuple[str, str, int]]:
    """The targets; the server shuffles addresses of one name, so that by port they are sorted."""
    found = [(one.transport, one.address, one.port) for one in await resolver.resolve(place, frozenset({4}))]
    return sorted(found, key=lambda target: (target[2], target[1]))


async def test_naptr_srv_and_addresses_are_followed(resolver: Resolver, server: DnsServer) -> None:
    expected = [("tcp", "192.0.2.1", 5061), ("tcp", "192.0.2.2", 5062), ("tcp", "192.0.2.3", 5062)]
    assert await addresses(resolver, Place("example.com")) == expected
    asked = dict(server.asked)
    assert await addresses(resolver, Place("example.com")) == expected
    assert dict(server.asked) == asked


async def test_many_who_ask_at_once_ask_once(resolver: Resolver, server: DnsServer) -> None:
    await asyncio.gather(*(addresses(resolver, Place("example.com")) for _ in range(50)))
    assert set(server.asked.values()) == {1}


async def test_what_ran_out_is_asked_again(
    resolver: Resolver, server: DnsServer, later: Callable[[float], None]
) -> None:
    await addresses(resolver, Place("b.example.com", 5060))
    server.publish("b.example.com 30 IN A 192.0.2.33")
    assert len(await addresses(resolver, Place("b.example.com", 5060))) == 2
    later(31)
    assert await addresses(resolver, Place("b.example.com", 5060)) == [("udp", "192.0.2.33", 5060)]


@pytest.mark.parametrize("name", ["nobody.example.com", "example.com"], ids=["no name", "no record"])
async def test_what_is_not_there_is_not_asked_for_again_and_again(
    resolver: Resolver, server: DnsServer, later: Callable[[float], None], name: str
) -> None:
    for _ in range(3):
        with pytest.raises(RemoteSipError, match="has no address") as refused:
            await resolver.resolve(Place(name, 5060))
        assert refused.value.status_code == 503
    assert server.asked[name, "A"] == server.asked[name, "AAAA"] == 1
    server.publish(f"{name} 60 IN A 192.0.2.5")
    later(61)
    assert await addresses(resolver, Place(name, 5060)) == [("udp", "192.0.2.5", 5060)]


async def test_while_servers_fail_the_last_word_holds(
    resolver: Resolver, server: DnsServer, later: Callable[[float], None]
) -> None:
    known = await addresses(resolver, Place("example.com"))
    server.refuses = True
    later(3600)
    assert await addresses(resolver, Place("example.com")) == known
    server.refuses = False
    server.publish("example.com 60 IN A 192.0.2.77")
    assert await addresses(resolver, Place("example.com")) == known
    later(SILENCE_TTL_S + 1)
    assert await addresses(resolver, Place("example.com")) == [("udp", "192.0.2.77", 5060)]


async def test_a_silent_server_is_waited_for_no_longer_than_a_caller_waits(
    server: DnsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dns, "ANSWER_TIMEOUT_S", 0.3)
    monkeypatch.setattr(dns, "SERVER_TIMEOUT_S", 0.1)
    server.is_silent = True
    impatient = Resolver(DnsServers((server.address,)), HostsFile(tmp_path / "hosts"))
    with pytest.raises(RemoteSipError):
        await impatient.resolve(Place("a.example.com", 5060))


async def test_a_second_server_is_asked_when_the_first_fails(server: DnsServer, tmp_path: Path) -> None:
    async with DnsServer() as broken:
        broken.refuses = True
        both = Resolver(DnsServers((broken.address, server.address)), HostsFile(tmp_path / "hosts"))
        assert await addresses(both, Place("a.example.com", 5060)) == [("udp", "192.0.2.1", 5060)]


async def test_the_hosts_file_comes_first(server: DnsServer, tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("192.0.2.99 a.example.com\n")
    resolver = Resolver(DnsServers((server.address,)), HostsFile(tmp_path / "hosts"))
    assert await addresses(resolver, Place("a.example.com", 5060)) == [("udp", "192.0.2.99", 5060)]
    assert not server.asked


async def test_names_without_a_dot_are_the_systems(resolver: Resolver, server: DnsServer) -> None:
    assert await addresses(resolver, Place("localhost", 5060)) == [("udp", "127.0.0.1", 5060)]
    assert not server.asked


async def test_a_shell_makes_flows_of_what_is_found(resolver: Resolver) -> None:
    shell = SipShell(EndpointConfig("127.0.0.1", 0, guard()), lambda _: None, resolver=resolver)
    async with shell:
        flows = await shell.resolve(SipUri.parse("sip:42@example.com"))
        assert {(flow.transport, flow.name) for flow in flows} == {("tcp", "example.com")}
        assert flows[0].remote == ("192.0.2.1", 5061)
        assert {flow.remote for flow in flows[1:]} == {("192.0.2.2", 5062), ("192.0.2.3", 5062)}
        assert await shell.targets("example.com") == flows
        assert (await shell.flow_to("a.example.com", 5070)).remote == ("192.0.2.1", 5070)
