"""Programmable SIP with real callers: SIPp by address, baresip by password, into an application."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gateway.demo.phone import Phone, PhoneSettings
from tests.support.gateway import API_KEY, API_SECRET, RunningGateway
from tests.support.line import Line, talk
from tests.support.ports import free_ports
from tests.support.rtp_party import RtpParty
from tests.support.sipp import Sipp, needs_sipp
from tests.support.tls import Certificate, make_certificate
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

SUFFIX = "sip.example.com"
CALLER = "447700000001"
LOOPBACK = ["127.0.0.0/8"]
ELSEWHERE = ["192.0.2.0/24"]
TRUSTED = "127.0.0.2"
"""Whose calls to the gateway itself are let in; phones are at 127.0.0.1."""
SIP: dict[str, object] = {
    "domains": [SUFFIX],
    "trusted": [f"{TRUSTED}/32"],
    "account_login": True,
    "transports": ["udp", "tcp", "tls"],
}
DOMAINS: dict[str, dict[str, object]] = {
    "bakery": {"acl": LOOPBACK},
    "foreign": {"acl": ELSEWHERE},
    "locked": {"acl": LOOPBACK, "digest_auth": True},
    "secret": {"acl": LOOPBACK, "tls": "always"},
    "public": {"acl": LOOPBACK, "tls": "never"},
    "coded": {"acl": LOOPBACK, "srtp": "always"},
    "trunk": {"acl": LOOPBACK, "domain_type": "trunk"},
}
ANN = {"key": "ann", "secret": "sesame-open"}


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Who the gateway is over TLS."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def tls_port() -> int:
    """Where it listens for TLS."""
    return free_ports(1)[0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(
    tmp_path_factory: pytest.TempPathFactory, tls: Certificate, tls_port: int
) -> AsyncIterator[Line]:
    """A gateway with domains, and an application with a number besides."""
    async with AsyncExitStack() as stack:
        directory = tmp_path_factory.mktemp("psip")
        keys = {"tls_port": tls_port, "tls_certificate": str(tls.certificate), "tls_key": str(tls.key)}
        gateway = await stack.enter_async_context(RunningGateway(directory, sip={**SIP, **keys}))
        line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        for name, options in DOMAINS.items():
            wanted = {"name": name, "application_id": line.app.id, **options}
            await gateway.rest.expect(201, "POST", "/v1/psip", body=wanted)
        await gateway.rest.expect(201, "POST", "/v1/psip/locked/users", body=ANN)
        yield line


async def _sipp(
    line: Line, scenario: str, directory: Path, domain: str, user: str = "order", source: str = "127.0.0.1"
) -> Sipp:
    """Play a scenario to its end; the party that it names hears nothing."""
    async with RtpParty(880) as party:
        keys = {"rtp_port": party.port, "caller": CALLER, "domain": domain}
        target = f"127.0.0.1:{line.gateway.sip_port}"
        async with Sipp(
            scenario, directory, to=target, keys=keys, options=("-s", user, "-i", source)
        ) as caller:
            if scenario == "psip_call_is_answered":
                party.speak_to(await caller.far_rtp_port())
            await caller.finish()
            return caller


async def _asked(line: Line, to: str) -> dict[str, Any]:
    """What the application was asked about a call that is over."""
    answer = await line.webhooks.wait("/answer", to=to)
    await line.webhooks.wait(status="completed", uuid=answer.fields["uuid"])
    return answer.fields


@needs_sipp
@pytest.mark.parametrize("host", [f"bakery.{SUFFIX}", "bakery", "BAKERY.SIP.example.com."])
async def test_an_address_of_the_list_reaches_the_application(line: Line, tmp_path: Path, host: str) -> None:
    line.webhooks.answer(talk("Hello."))
    user = f"order-{len(host)}"
    await _sipp(line, "psip_call_is_answered", tmp_path, host, user)
    asked = await _asked(line, user)
    assert (asked["endpoint_type"], asked["from"]) == ("sip", CALLER)


@needs_sipp
@pytest.mark.parametrize("domain", ["foreign", "secret"])
async def test_who_may_not_call_is_refused_and_nobody_is_asked(
    line: Line, tmp_path: Path, domain: str
) -> None:
    before = len(line.webhooks.hooks)
    await _sipp(line, "psip_call_gets_403", tmp_path, f"{domain}.{SUFFIX}")
    assert len(line.webhooks.hooks) == before


@needs_sipp
async def test_plain_media_is_refused_where_it_has_to_be_encrypted(line: Line, tmp_path: Path) -> None:
    before = len(line.webhooks.hooks)
    await _sipp(line, "psip_call_gets_488", tmp_path, f"coded.{SUFFIX}")
    assert len(line.webhooks.hooks) == before


@needs_sipp
@pytest.mark.parametrize("host", [f"bakehouse.{SUFFIX}", "bakery.sip.example.net"])
async def test_a_host_that_names_no_domain_reaches_no_application(
    line: Line, tmp_path: Path, host: str
) -> None:
    await _sipp(line, "psip_call_gets_404", tmp_path, host, source=TRUSTED)


@needs_sipp
async def test_users_are_challenged_in_the_realm_of_their_domain(line: Line, tmp_path: Path) -> None:
    caller = await _sipp(line, "psip_call_gets_401", tmp_path, f"locked.{SUFFIX}")
    offered = "\n".join(caller.received())
    challenges = re.findall(r'^WWW-Authenticate:.*realm="(\w+)".*algorithm=([\w-]+)', offered, re.MULTILINE)
    assert challenges == [("locked", "MD5"), ("locked", "SHA-256")]


@needs_sipp
async def test_a_domain_for_trunks_reaches_the_numbers_of_its_account(line: Line, tmp_path: Path) -> None:
    line.webhooks.answer(talk("Hello."))
    await _sipp(line, "psip_call_is_answered", tmp_path, f"trunk.{SUFFIX}", line.number)
    assert (await _asked(line, line.number))["endpoint_type"] == "phone"
    await _sipp(line, "psip_call_gets_404", tmp_path, f"trunk.{SUFFIX}", "anything")


async def _phone(line: Line, directory: Path, secret: str, name: str = ANN["key"]) -> Phone:
    proxy = f"127.0.0.1:{line.gateway.sip_port}"
    return await Phone.start(PhoneSettings(name=name, directory=directory, password=secret, proxy=proxy))


async def test_a_user_calls_with_its_secret(line: Line, tmp_path: Path) -> None:
    line.webhooks.answer(talk("Hello."))
    async with await _phone(line, tmp_path, ANN["secret"]) as phone:
        await phone.call(f"sip:with-secret@locked.{SUFFIX}")
        await phone.wait("established", timeout=20)
        await phone.wait("closed", timeout=30)
    asked = await _asked(line, "with-secret")
    assert (asked["endpoint_type"], asked["from"]) == ("sip", ANN["key"])


@pytest.mark.parametrize(("name", "secret"), [("ann", "wrong-word"), ("eve", ANN["secret"])])
async def test_nobody_else_does(line: Line, tmp_path: Path, name: str, secret: str) -> None:
    before = len(line.webhooks.hooks)
    async with await _phone(line, tmp_path, secret, name) as phone:
        await phone.call(f"sip:stranger@locked.{SUFFIX}")
        assert "40" in (await phone.wait("closed", timeout=20)).text
    assert len(line.webhooks.hooks) == before


async def test_a_changed_secret_counts_at_once(line: Line, tmp_path: Path) -> None:
    line.webhooks.answer(talk("Hello."))
    user = "/v1/psip/locked/users/bob"
    rest = line.gateway.rest
    await rest.expect(201, "POST", "/v1/psip/locked/users", body={"key": "bob", "secret": "first-word"})
    await rest.expect(201, "PUT", user, body={"secret": "second-word"})
    async with await _phone(line, tmp_path, "second-word", "bob") as phone:
        await phone.call(f"sip:changed@locked.{SUFFIX}")
        await phone.wait("established", timeout=20)
        await rest.expect(200, "DELETE", user)
        await phone.wait("closed", timeout=30)
        await phone.call(f"sip:gone@locked.{SUFFIX}")
        assert "40" in (await phone.wait("closed", timeout=20)).text
    await _asked(line, "changed")


async def test_an_account_calls_its_own_numbers_with_its_key_and_secret(line: Line, tmp_path: Path) -> None:
    line.webhooks.answer(talk("Hello."))
    rest = line.gateway.rest
    other = await rest.expect(201, "POST", "/cordboard/accounts", body={"name": "Neighbour"})
    before = len(line.webhooks.hooks)
    async with await _phone(line, tmp_path, other["api_secret"], other["api_key"]) as stranger:
        await stranger.call(line.uri)
        assert "404" in (await stranger.wait("closed", timeout=20)).text
    assert len(line.webhooks.hooks) == before
    async with await _phone(line, tmp_path, API_SECRET, API_KEY) as phone:
        await phone.call(line.uri)
        await phone.wait("established", timeout=20)
        await phone.wait("closed", timeout=30)
    assert (await _asked(line, line.number))["endpoint_type"] == "phone"


async def _invite_over_tls(port: int, tls: Certificate, host: str) -> list[int]:
    """The statuses that answer an INVITE without SDP, up to the final one."""
    trust = ssl.create_default_context(cafile=str(tls.authority))
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust)
    lines = (
        f"INVITE sip:order@{host} SIP/2.0",
        "Via: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bKtls",
        "Max-Forwards: 70",
        f"From: <sip:{CALLER}@127.0.0.1>;tag=tls",
        f"To: <sip:order@{host}>",
        f"Call-ID: {host}",
        "CSeq: 1 INVITE",
        f"Contact: <sip:{CALLER}@127.0.0.1:5061;transport=tls>",
        "Content-Length: 0",
    )
    writer.write("".join(f"{each}\r\n" for each in (*lines, "")).encode())
    statuses: list[int] = []
    async with asyncio.timeout(30):
        while not statuses or statuses[-1] < 200:
            line = await reader.readline()
            assert line, f"the connection ended after {statuses}"
            if line.startswith(b"SIP/2.0 "):
                statuses.append(int(line.split()[1]))
    writer.close()
    return statuses


async def test_over_tls_the_domain_decides_as_well(line: Line, tls: Certificate, tls_port: int) -> None:
    line.webhooks.answer()
    assert await _invite_over_tls(tls_port, tls, f"public.{SUFFIX}") == [403]
    let_in = await _invite_over_tls(tls_port, tls, f"secret.{SUFFIX}")
    assert let_in[0] == 100
    assert 403 not in let_in
    await line.webhooks.wait("/answer", to="order")
