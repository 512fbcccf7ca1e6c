"""Floods from one source and from ever other ones: trunks call on, and memory stays what it was."""

import asyncio
import json
import socket
from collections import Counter
from pathlib import Path
from typing import Any, Self

import pytest

from signalling.sip.incidents import Kind
from tests.bench import flood_sender
from tests.bench.caller import Caller
from tests.conftest import StartGateway
from tests.support.gateway import RunningGateway
from tests.support.sip_script import Says
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.security

ATTACKER = "127.0.0.66"
"""Another source on loopback; the gateway trusts 127.0.0.1 alone."""
BATCH, PAUSE_S = 40, 0.01
"""Some 4000 datagrams a second, which leaves honest parties on the same two cores some room."""
MOST_MIB = 50.0
CROWD, CROWD_PER_S, CROWD_S = 50_000, 2000, 8
"""Sources, their datagrams a second in all, and how long."""


class Flood:
    """Sends INVITEs from one address for as long as the context lasts."""

    def __init__(self, port: int) -> None:
        self.sent = self.answered = 0
        self._target = ("127.0.0.1", port)
        self._message = bytes(Says("INVITE", uri="sip:42@127.0.0.1"))

    async def __aenter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((ATTACKER, 0))
        self._task = asyncio.create_task(self._send())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._socket.close()

    async def _send(self) -> None:
        while True:
            for _ in range(BATCH):
                self._exchange()
            await asyncio.sleep(PAUSE_S)

    def _exchange(self) -> None:
        try:
            self._socket.sendto(self._message, self._target)
            self.sent += 1
            while self._socket.recv(4096):
                self.answered += 1
        except BlockingIOError:
            return


def events(gateway: RunningGateway) -> list[dict[str, Any]]:
    """The security log so far."""
    file = gateway.data / "security.log"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def bans(gateway: RunningGateway) -> list[str]:
    """Sources that the log says were banned."""
    return [event["source"] for event in events(gateway) if event["event"] == "SourceBanned"]


def resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@pytest.fixture
async def gateway(start_gateway: StartGateway) -> RunningGateway:
    return await start_gateway(sip={"users": [{"username": "ann", "password": "right"}]})


async def test_others_call_on_through_a_flood(gateway: RunningGateway, webhooks: WebhookApp) -> None:
    webhooks.answer({"action": "conversation", "name": "room"})
    number = await gateway.number_for(await gateway.application(webhooks))
    caller = await Caller.open(gateway.sip_port, number)
    try:
        assert (await caller.call(2, 2)).lost == 0
        before = resident_mib(gateway.pid)
        async with Flood(gateway.sip_port) as flood:
            await until(lambda: bans(gateway), "the ban", every_s=0.2)
            outcome = await caller.call(1, 4)
            sent = flood.sent
        assert outcome.lost == 0, f"of {sent} datagrams"
        assert resident_mib(gateway.pid) - before <= MOST_MIB
        assert flood.answered <= sent / 10
        assert bans(gateway) == [ATTACKER]
        counts = Counter(event["event"] for event in events(gateway))
        assert counts["RateExceeded"] >= 1
        listed = await gateway.rest.expect(200, "GET", "/cordboard/sip/bans")
        assert [ban["source"] for ban in listed["bans"]] == [ATTACKER]
        assert (await caller.call(2, 2)).lost == 0
    finally:
        caller.close()
    await gateway.rest.expect(204, "DELETE", f"/cordboard/sip/bans/{ATTACKER}")
    async with Flood(gateway.sip_port) as flood:
        await until(lambda: flood.answered, "an answer to whom the operator let in again")


async def test_a_trunk_calls_on_through_a_crowd(start_gateway: StartGateway, webhooks: WebhookApp) -> None:
    """Every datagram has another source, and the domain lets all of them in; they may take what they get."""
    gateway = await start_gateway()
    webhooks.answer({"action": "conversation", "name": "room"})
    app = await gateway.application(webhooks)
    number = await gateway.number_for(app)
    domain = {"name": "opened", "application_id": app.id, "acl": ["0.0.0.0/0"]}
    await gateway.rest.expect(201, "POST", "/v1/psip", body=domain)
    caller = await Caller.open(gateway.sip_port, number)
    try:
        before = resident_mib(gateway.pid)
        words = (gateway.sip_port, CROWD_PER_S, CROWD_S, CROWD, "sip:1@opened")
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.to_thread(flood_sender.main, *words))
            full = f'"{Kind.SESSION_LIMIT}"'
            log = gateway.data / "security.log"
            await until(lambda: log.exists() and full in log.read_text(), "a full house", every_s=0.2)
            outcome = await caller.call(1, 3)
        assert outcome.lost == 0
        assert resident_mib(gateway.pid) - before <= MOST_MIB
        assert bans(gateway) == []
    finally:
        caller.close()
