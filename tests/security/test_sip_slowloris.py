"""Connections that drip hold up nobody, and are gone in the end with all that they held."""

import asyncio
from pathlib import Path
from typing import Self

import pytest

from tests.conftest import StartGateway
from tests.support.line import Line, talk
from tests.support.rtp_party import RtpParty
from tests.support.sip_script import SDP, Says
from tests.support.sipp import Sipp, needs_sipp
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.security, needs_sipp]

SOURCES, OF_EACH = 32, 62
"""Nearly all connections that the gateway takes, and nearly all that one source may have."""

MOST_OF_THEM = 1000
"""At one time: on a busy machine the first are cut off before the last are there."""

CALLER = "447700900177"


class Drippers:
    """Connections from many sources, each of which sends a request octet by octet."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._message = bytes(Says(body=SDP))
        self._writers: list[asyncio.StreamWriter] = []
        self._dripping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        for source in range(SOURCES):
            for _ in range(OF_EACH):
                local = (f"127.0.2.{source + 1}", 0)
                _, writer = await asyncio.open_connection("127.0.0.1", self._port, local_addr=local)
                self._writers.append(writer)
        self._dripping = asyncio.create_task(self._drip())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._dripping is not None:
            self._dripping.cancel()
            await asyncio.gather(self._dripping, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()

    async def _drip(self) -> None:
        for octet in self._message:
            for writer in self._writers:
                if not writer.is_closing():
                    writer.write(bytes([octet]))
            await asyncio.sleep(0.5)


async def test_a_call_over_tcp_goes_through_two_thousand_drips(
    start_gateway: StartGateway, webhooks: WebhookApp, tmp_path: Path
) -> None:
    gateway = await start_gateway()
    line = await Line.rent(gateway, webhooks)
    webhooks.answer(talk())
    files = Path(f"/proc/{gateway.pid}/fd")

    def held() -> int:
        return sum(1 for _ in files.iterdir())

    before = held()
    async with Drippers(gateway.sip_port), RtpParty() as party:
        await until(lambda: held() >= before + MOST_OF_THEM, "most that drip are connected", every_s=0.1)
        async with Sipp(
            "inbound_answered_gateway_hangs_up",
            tmp_path,
            to=f"127.0.0.1:{gateway.sip_port}",
            keys={"rtp_port": party.port, "caller": CALLER},
            options=("-s", line.number, "-t", "t1"),
        ) as caller:
            await caller.finish()
        await until(lambda: held() <= before + 5, "those that drip are cut off", every_s=0.2)
    completed = await webhooks.wait("/event", {"from": CALLER}, status="completed")
    assert webhooks.statuses(completed.fields["uuid"]) == ["started", "ringing", "answered", "completed"]
