"""Somebody who saw a call of SIPp's on the wire tries to end, move and steal it from another address."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

import pytest
import pytest_asyncio

from gateway.demo.hearing import is_speech_like
from tests.support.gateway import RunningGateway
from tests.support.line import Line, talk
from tests.support.rtp_party import RtpParty
from tests.support.sip_script import SDP, Says
from tests.support.sipp import Sipp, needs_sipp
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module"), needs_sipp]

ATTACKER = "127.0.0.66"
"""Another source on loopback; the gateway trusts 127.0.0.1 alone."""

OPEN = "open-house"
"""A domain of the same application, which the attacker may call without a password."""

CALLER = "447700900166"
MOVED = SDP.replace("192.0.2.1", ATTACKER)
FORGED = ("INVITE", "UPDATE", "INFO", "REFER", "BYE")
GUESSES = 12
"""With the others still fewer at once than a source may send."""


class Eavesdropper:
    """A socket of its own, and the ids of somebody's call."""

    def __init__(self, port: int, seen: str) -> None:
        self._target = ("127.0.0.1", port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((ATTACKER, 0))
        self._from_tag, self._tag = re.findall(r"^(?:From|To):.*;tag=(\S+)", seen, re.MULTILINE)
        (self._call_id,) = re.findall(r"^Call-ID: (\S+)", seen, re.MULTILINE)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._socket.close()

    async def say(self, method: str, number: int, tag: str = "") -> int:
        """Send a request of the call, and return the status of its answer."""
        says = Says(
            method,
            branch=f"z9hG4bK-forged{number}",
            from_tag=self._from_tag,
            to_tag=tag or self._tag,
            call_id=self._call_id,
            cseq=100 + number,
            body=MOVED if method in {"INVITE", "UPDATE"} else "",
        )
        return await self._ask(says)

    async def take_over(self, uri: str) -> int:
        """Call for the place of the call, and return the status of the first answer."""
        replaces = f"Replaces: {self._call_id};to-tag={self._tag};from-tag={self._from_tag}"
        return await self._ask(
            Says(uri=uri, branch="z9hG4bK-over", call_id="another", cseq=99, body=MOVED, extra=(replaces,))
        )

    async def _ask(self, says: Says) -> int:
        self._socket.sendto(bytes(says), self._target)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(20):
            answer = ""
            while f"CSeq: {says.cseq} " not in answer:
                answer = (await loop.sock_recv(self._socket, 8192)).decode()
        return int(answer[8:11])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(RunningGateway(tmp_path_factory.mktemp("trust")))
        line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        wanted = {"name": OPEN, "application_id": line.app.id, "acl": [f"{ATTACKER}/32"]}
        await gateway.rest.expect(201, "POST", "/v1/psip", body=wanted)
        yield line


def unexpected(gateway: RunningGateway) -> list[str]:
    """Sources that the security log says were not those of a call."""
    file = gateway.data / "security.log"
    events = [json.loads(each) for each in file.read_text().splitlines()] if file.exists() else []
    return [event["source"] for event in events if event["event"] == "UnexpectedAddress"]


async def test_a_call_goes_on_whatever_an_eavesdropper_says(line: Line, tmp_path: Path) -> None:
    line.webhooks.answer(talk("This goes on while somebody else tries to end it, and to hear it. " * 2))
    async with (
        RtpParty(440) as party,
        Sipp(
            "inbound_answered_gateway_hangs_up",
            tmp_path,
            to=f"127.0.0.1:{line.gateway.sip_port}",
            keys={"rtp_port": party.port, "caller": CALLER},
            options=("-s", line.number),
        ) as caller,
    ):
        party.speak_to(await caller.far_rtp_port())
        answered = next(message for message in caller.received() if " 200 " in message.partition("\n")[0])
        async with Eavesdropper(line.gateway.sip_port, answered) as attacker:
            assert {await attacker.say(method, at) for at, method in enumerate(FORGED)} == {481}
            assert await attacker.take_over(f"sip:anybody@{OPEN}") == 481
            guesses = [await attacker.say("BYE", 10 + at, f"{at:024x}") for at in range(GUESSES)]
            assert set(guesses) == {481}
        await caller.finish()
        assert is_speech_like(party.heard())
    completed = await line.webhooks.wait("/event", {"from": CALLER}, status="completed")
    assert line.webhooks.statuses(completed.fields["uuid"]) == ["started", "ringing", "answered", "completed"]
    await until(lambda: ATTACKER in unexpected(line.gateway), "the security event")
    assert set(unexpected(line.gateway)) == {ATTACKER}
