"""ICE-lite and DTLS-SRTP with aiortc, which does both as browsers do: judged by what is heard."""

import asyncio
import contextlib
import json
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio
from OpenSSL import SSL

from tests.support.browser_phone import BrowserPhone
from tests.support.gateway import RunningGateway
from tests.support.hand_phone import DatagramPhone, WebSocketPhone
from tests.support.line import Line, room
from tests.support.media_worker import level_dbov
from tests.support.ports import free_ports
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

ANNA_HZ, BEN_HZ = 440, 1100
HEARD_DBOV = -30.0


@dataclass(frozen=True)
class Place:
    """A gateway, and its port for WebSockets."""

    line: Line
    ws_port: int


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(place: Place) -> Line:
    """A rented number of the gateway's, which leads into the room."""
    return place.line


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    """A gateway with a domain whose streams are all encrypted, and one where the caller chooses."""
    (ws_port,) = free_ports(1)
    sip = {"transports": ["udp", "ws"], "ws_port": ws_port}
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(
            RunningGateway(tmp_path_factory.mktemp("browsers"), sip=sip)
        )
        line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        line.webhooks.answer(room())
        for name, policy in (("browsers", "always"), ("chooses", "optional")):
            domain = {
                "name": name,
                "application_id": line.app.id,
                "acl": ["127.0.0.0/8"],
                "srtp": policy,
            }
            await gateway.rest.expect(201, "POST", "/v1/psip", body=domain)
        yield Place(line, ws_port)


@dataclass(frozen=True)
class Call:
    """A browser in a call, who signals for it, and what the gateway answered."""

    browser: BrowserPhone
    phone: DatagramPhone
    answer: str

    @property
    def port(self) -> int:
        """Of the gateway's stream."""
        port = re.search(r"^m=audio (\d+)", self.answer, re.MULTILINE)
        assert port is not None
        return int(port[1])


async def dial(
    stack: AsyncExitStack, line: Line, tone_hz: int, domain: str = "browsers", fingerprint: str = ""
) -> Call:
    """Call into the room; whoever signals may lie about the certificate."""
    browser = await stack.enter_async_context(BrowserPhone(tone_hz))
    phone = await stack.enter_async_context(DatagramPhone("127.0.0.1", ("127.0.0.1", line.gateway.sip_port)))
    offer = await browser.offer()
    if fingerprint:
        offer = re.sub(r"(a=fingerprint:sha-256) \S+", rf"\1 {fingerprint}", offer)
    return Call(browser, phone, await phone.offer(f"sip:room@{domain}", offer))


async def call(stack: AsyncExitStack, line: Line, tone_hz: int, domain: str = "browsers") -> Call:
    """Call into the room, until the browser hangs up at the end."""
    made = await dial(stack, line, tone_hz, domain)
    stack.push_async_callback(made.phone.bye)
    await made.browser.take_answer(made.answer)
    return made


def hello() -> bytes:
    """The first datagram of a DTLS client that nobody knows."""
    client = SSL.Connection(SSL.Context(SSL.DTLS_METHOD))
    client.set_connect_state()
    with contextlib.suppress(SSL.WantReadError):
        client.do_handshake()
    return client.bio_read(65536)


class Attacker(asyncio.DatagramProtocol):
    """Says hello to a port again and again, and counts what it gets for it."""

    def __init__(self) -> None:
        self.answers = 0

    def datagram_received(self, _data: bytes, _addr: tuple[str, int]) -> None:
        self.answers += 1

    async def pester(self, port: int) -> None:
        """For ever."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, remote_addr=("127.0.0.1", port))
        data = hello()
        with contextlib.closing(transport):
            while True:
                transport.sendto(data)
                await asyncio.sleep(0.002)


async def test_two_browsers_hear_each_other(line: Line) -> None:
    async with AsyncExitStack() as stack:
        calls = [await call(stack, line, ANNA_HZ)]
        lines = calls[0].answer.split("\r\n")
        assert {"a=ice-lite", "a=rtcp-mux", "a=setup:active"} <= set(lines)
        assert len([text for text in lines if text.startswith("a=candidate")]) == 1
        calls.append(await call(stack, line, BEN_HZ, "chooses"))
        anna, ben = (made.browser for made in calls)
        await until(lambda: {anna.state, ben.state} == {"connected"}, "that both are connected")
        await until(lambda: level_dbov(anna.heard(), BEN_HZ) > HEARD_DBOV, "that anna hears ben")
        await until(lambda: level_dbov(ben.heard(), ANNA_HZ) > HEARD_DBOV, "that ben hears anna")
        assert level_dbov(anna.heard(), ANNA_HZ) < HEARD_DBOV


async def test_the_keys_of_browsers_outlive_the_media_worker(line: Line) -> None:
    """Nobody shakes hands again: certificate, keys, how far they are used and the ICE pair are kept."""
    async with AsyncExitStack() as stack:
        made = [await call(stack, line, hertz) for hertz in (ANNA_HZ, BEN_HZ)]
        anna, ben = (each.browser for each in made)
        await until(lambda: level_dbov(anna.heard(), BEN_HZ) > HEARD_DBOV, "that anna hears ben")
        await until(lambda: level_dbov(ben.heard(), ANNA_HZ) > HEARD_DBOV, "that ben hears anna")
        pid = line.gateway.worker_pid
        await until(lambda: len(line.gateway.workers) == 2, "that a spare waits", every_s=0.2)
        os.kill(pid, signal.SIGKILL)
        await until(lambda: pid not in line.gateway.workers, "that the worker is dead")
        for browser in (anna, ben):
            browser.forget()
        await until(lambda: level_dbov(anna.heard(), BEN_HZ) > HEARD_DBOV, "that anna hears ben again")
        await until(lambda: level_dbov(ben.heard(), ANNA_HZ) > HEARD_DBOV, "that ben hears anna again")
        assert {anna.state, ben.state} == {"connected"}


async def test_an_attackers_hellos_change_nothing(line: Line) -> None:
    """They come to the port before the browser's own, and all the while, from where ICE has proved nobody."""
    async with AsyncExitStack() as stack:
        made = await dial(stack, line, ANNA_HZ)
        stack.push_async_callback(made.phone.bye)
        attacker = Attacker()
        pestering = asyncio.create_task(attacker.pester(made.port))
        stack.callback(pestering.cancel)
        other = await call(stack, line, BEN_HZ)
        await made.browser.take_answer(made.answer)
        anna, ben = made.browser, other.browser
        await until(lambda: anna.state == "connected", "that the browser is connected")
        await until(lambda: level_dbov(anna.heard(), BEN_HZ) > HEARD_DBOV, "that anna hears ben")
        await until(lambda: level_dbov(ben.heard(), ANNA_HZ) > HEARD_DBOV, "that ben hears anna")
        assert not pestering.done()
        assert attacker.answers == 0


async def test_another_certificate_than_was_named_ends_the_call(line: Line) -> None:
    async with AsyncExitStack() as stack:
        made = await dial(stack, line, ANNA_HZ, fingerprint=":".join(["AB"] * 32))
        await made.browser.take_answer(made.answer)
        await made.phone.answer_bye()
        await line.webhooks.wait(status="failed", sip_code=488)
    file = line.gateway.data / "security.log"
    (event,) = (each for each in map(json.loads, file.read_text().splitlines()))
    assert (event["event"], event["source"]) == ("KeysFailed", "127.0.0.1")
    assert "certificate" in event["detail"]


async def test_a_browser_over_websocket_needs_no_domain(place: Place) -> None:
    """RFC 7118: who calls the gateway itself so is encrypted as well, without a word of configuration."""
    async with AsyncExitStack() as stack:
        socket = await stack.enter_async_context(WebSocketPhone.connect(f"ws://127.0.0.1:{place.ws_port}/"))
        anna = await stack.enter_async_context(BrowserPhone(ANNA_HZ))
        phone = WebSocketPhone(socket)
        answer = await phone.offer(f"sip:{place.line.number}@127.0.0.1", await anna.offer())
        stack.push_async_callback(phone.bye)
        await anna.take_answer(answer)
        ben = (await call(stack, place.line, BEN_HZ)).browser
        await until(lambda: level_dbov(anna.heard(), BEN_HZ) > HEARD_DBOV, "that anna hears ben")
        await until(lambda: level_dbov(ben.heard(), ANNA_HZ) > HEARD_DBOV, "that ben hears anna")
