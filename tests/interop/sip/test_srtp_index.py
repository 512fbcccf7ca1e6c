"""What leaves for phones with SRTP, from a capture: nothing openly, and no index twice under a key.

The calls are held, resumed, sent digits, and lose their media worker twice.
"""

import contextlib
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from gateway.demo.hearing import matrix, part, read_wav
from gateway.demo.phone import Phone, PhoneSettings
from tests.support.capture import Capture
from tests.support.gateway import RunningGateway
from tests.support.hearing import assert_all_hear_each_other
from tests.support.line import Line, room
from tests.support.network import private_network, why_not
from tests.support.overheard import Overheard, Sealed
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.interop

TONES = {"anna": 440, "ben": 660}
EVENTS = 101
REPORTS = 2
"""Of each party between two things that happen, for SRTCP to have an index to use twice."""
EVERY_S = 0.2


@pytest.fixture
def network() -> Iterator[None]:
    if reason := why_not():
        pytest.skip(reason)
    with private_network():
        yield


@pytest.fixture
async def line(network: None, tmp_path: Path) -> AsyncIterator[Line]:
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(RunningGateway(tmp_path / "gateway"))
        line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        line.webhooks.answer(room())
        domain = {"name": "keyed", "application_id": line.app.id, "acl": ["127.0.0.0/8"], "srtp": "always"}
        await gateway.rest.expect(201, "POST", "/v1/psip", body=domain)
        yield line


class Party:
    """A phone that insists on SRTP, and what is overheard of its call."""

    def __init__(self, phone: Phone, line: Line, capture: Capture) -> None:
        self.phone = phone
        self._gateway, self._capture = line.gateway.sip_port, capture

    @property
    def overheard(self) -> Overheard:
        return Overheard(self._capture.datagrams, self._gateway, self.phone.port)

    def reports(self) -> int:
        return sum(sealed.is_report for sealed in self.overheard.sent_by_gateway())

    def heard_s(self) -> float:
        return len(read_wav(self.phone.heard)[0]) / 8000


async def hear_each_other(anna: Party, ben: Party) -> None:
    """Wait until each hears the other, in what comes from now on."""
    parties = {party.phone.name: party for party in (anna, ben)}
    since = {name: party.heard_s() for name, party in parties.items()}

    def heard() -> bool:
        new = {name: part(read_wav(parties[name].phone.heard)[0], since[name]) for name in parties}
        with contextlib.suppress(AssertionError):
            assert_all_hear_each_other(matrix(new, TONES), TONES)
            return True
        return False

    await until(heard, "that both hear each other", every_s=EVERY_S)


async def report(*parties: Party) -> None:
    """Wait for more of SRTCP, so that an index could come twice."""
    wanted = [party.reports() + REPORTS for party in parties]
    await until(
        lambda: all(party.reports() >= count for party, count in zip(parties, wanted, strict=True)),
        "more reports",
        every_s=EVERY_S,
    )


async def hold_and_resume(party: Party) -> None:
    """Two re-INVITEs."""
    before = party.overheard.answers(b"recvonly")
    await party.phone.hold()
    await until(lambda: party.overheard.answers(b"recvonly") > before, "held", every_s=EVERY_S)
    await party.phone.resume()


async def change_workers(line: Line) -> None:
    """SIGKILL of the one that serves."""
    before = line.gateway.worker_pid
    await until(lambda: len(line.gateway.workers) == 2, "the spare", every_s=EVERY_S)
    os.kill(before, signal.SIGKILL)
    await until(lambda: _serves(line) not in (None, before), "the next worker", every_s=EVERY_S)


def _serves(line: Line) -> int | None:
    with contextlib.suppress(StopIteration, OSError):
        return line.gateway.worker_pid
    return None


async def _phone(stack: AsyncExitStack, line: Line, name: str, directory: Path) -> Phone:
    settings = PhoneSettings(
        name=name,
        directory=directory,
        tone_hz=TONES[name],
        proxy=f"127.0.0.1:{line.gateway.sip_port}",
        encryption="srtp-mand",
    )
    return await stack.enter_async_context(await Phone.start(settings))


async def test_no_index_is_used_twice_whatever_happens_to_a_call(line: Line, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        capture = await stack.enter_async_context(Capture())
        anna, ben = [Party(await _phone(stack, line, name, tmp_path), line, capture) for name in TONES]
        await anna.phone.call("sip:room@keyed")
        await anna.phone.wait("established", timeout=20)
        called = await line.create_call({"type": "sip", "uri": f"{ben.phone.uri};media=srtp"}, room())
        await ben.phone.wait("established", timeout=20)
        await hear_each_other(anna, ben)
        for _ in range(2):
            await hold_and_resume(anna)
            await line.gateway.rest.expect(
                200, "PUT", f"/v1/calls/{called['uuid']}/dtmf", app=line.app, body={"digits": "12"}
            )
            await ben.phone.wait("dtmf", text="2")
            await hear_each_other(anna, ben)
            await report(anna, ben)
            await change_workers(line)
            await hear_each_other(anna, ben)
        await report(anna, ben)
        for party in (anna, ben):
            await party.phone.hang_up()
            await line.webhooks.wait(status="completed")
        for party in (anna, ben):
            assert_sealed_once(party.overheard.sent_by_gateway())
        sounds = [one for one in ben.overheard.sent_by_gateway() if not one.is_report]
        assert {one.octets[1] & 0x7F for one in sounds} == {0, EVENTS}


def assert_sealed_once(sent: list[Sealed]) -> None:
    """Each was sealed under a key that both sides have, and each under an index of its own."""
    used = Counter((one.key, one.is_report, one.stream, one.number) for one in sent)
    assert {index: times for index, times in used.items() if times > 1} == {}
    assert [one.octets[:16].hex() for one in sent if one.key is None] == []
    assert len({one.stream for one in sent}) == 1
