"""A gateway whose worker has no time left refuses new calls before anybody hears a fault.

The load is real: legs that are sent to come until no more are welcome. Only the bar is lower than usual, so
that it takes hundreds of them and not thousands. Couples who talked before, for whom a generator of the bench
speaks, judge every packet meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from gateway import app
from gateway.errors import Unavailable
from gateway.media_plane import MediaPlane
from gateway.workers import placement
from media.control import CloseLeg, Join, StartRtp
from tests.bench import machine
from tests.bench.media_peer import allow_files
from tests.bench.media_stage import MOST_LATE_MS, Heard, Peer
from tests.support.gateway_inside import GatewayInside
from tests.support.line import Line, room
from tests.support.sipp import Sipp, needs_sipp
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.faults, needs_sipp]

COUPLES = 20
MAX_LEGS = 2400
FULL = 0.1
CROWD = 50
"""Legs that come at once."""
BREATH_S = 0.3
"""Until the gateway knows what they cost."""
WARM_S, COUNT_S = 0.5, 2.0
MOST_WRONG = 0.25 / COUPLES
"""Of all packets: half of one partner's."""
COUNTS = 10
"""Of which the machine leaves the generator its time in one at least."""
SILENT_PORT = 9
CALLER = "447700000099"


class RoomyGateway(GatewayInside):
    """One worker, with room for many."""

    def _media(self) -> dict[str, object]:
        return {"workers": 1, "max_legs": MAX_LEGS}


class Stage:
    """A gateway, and legs of its worker that no call belongs to."""

    def __init__(self, line: Line, media: MediaPlane, couples: Peer) -> None:
        self.line = line
        self.media = media
        self._couples = couples
        self._names = tuple(f"crowd{k}" for k in range(MAX_LEGS - 4 * COUPLES))
        self._come = 0

    async def begin(self) -> None:
        """Let the couples call."""
        ports = await self._couples.hear(list[int])
        self._couples.say([await self._call(k, port) for k, port in enumerate(ports)])

    async def crowd(self) -> None:
        """Let legs come until no more are welcome."""
        while self._is_welcome():
            names = self._names[self._come : self._come + CROWD]
            assert names, "the worker is never busy"
            self._come += CROWD
            await asyncio.gather(*(self._open(leg, SILENT_PORT) for leg in names))
            for leg in names:
                self.media.send(Join(leg=leg, room="crowd"))
            await asyncio.sleep(BREATH_S)

    async def leave(self) -> None:
        """Let most of them go, until calls are welcome again."""
        for leg in self._names[CROWD : self._come]:
            self.media.send(CloseLeg(leg=leg))
        await until(self._is_welcome, "media has time again")

    async def couples_are_well(self) -> None:
        """Every packet that they get is the partner's word, and none is missing."""
        for _ in range(COUNTS):
            self._couples.say((WARM_S, COUNT_S))
            assert await self._couples.hear(str) == "counting"
            heard = await self._couples.hear(Heard)
            if heard.late_ms < MOST_LATE_MS:
                break
        assert heard.late_ms < MOST_LATE_MS, "the generator had no time"
        assert heard.received == pytest.approx(heard.sent, rel=MOST_WRONG)
        assert heard.wrong <= MOST_WRONG * heard.received, heard

    def _is_welcome(self) -> bool:
        try:
            self.media.admit()
        except Unavailable:
            return False
        return True

    async def _call(self, number: int, port: int) -> int:
        """One of a couple."""
        ours = await self._open(f"partner{number}", port)
        self.media.send(Join(leg=f"partner{number}", room=f"couple{number // 2}"))
        return ours

    async def _open(self, leg: str, port: int) -> int:
        """Open a leg towards a port: its own."""
        ours = await self.media.open_rtp(leg)
        start = StartRtp(
            leg=leg,
            remote_host="127.0.0.1",
            remote_port=port,
            codec="PCMU",
            payload_type=0,
            dtmf_payload_type=101,
        )
        self.media.send(start)
        return ours


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    planes: list[MediaPlane] = []

    class Shown(MediaPlane):
        async def start(self) -> None:
            planes.append(self)
            await super().start()

    monkeypatch.setattr(app, "MediaPlane", Shown)
    monkeypatch.setattr(placement, "FULL", FULL)
    allow_files(4 * MAX_LEGS)
    async with AsyncExitStack() as stack:
        couples = await stack.enter_async_context(Peer(machine.BENCH_CPU, "media_peer", "talk", 2 * COUPLES))
        gateway = await stack.enter_async_context(RoomyGateway(tmp_path / "gateway"))
        line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        line.webhooks.answer(room())
        stage = Stage(line, planes[0], couples)
        await stage.begin()
        yield stage


async def test_calls_are_refused_before_anybody_hears_a_fault(stage: Stage, tmp_path: Path) -> None:
    line = stage.line
    await stage.couples_are_well()
    await stage.crowd()
    with pytest.raises(Unavailable, match="busy"):
        stage.media.admit()
    await stage.couples_are_well()
    async with caller(line, tmp_path, "media_full_gets_503") as refused:
        await refused.finish()
    body = {
        "to": [{"type": "sip", "uri": "sip:x@127.0.0.1"}],
        "from": {"type": "phone", "number": line.number},
        "ncco": [room()],
    }
    await line.gateway.rest.expect(503, "POST", "/v1/calls", app=line.app, body=body)
    assert not [hook for hook in line.webhooks.hooks if hook.path == "/answer"], "nobody is asked in vain"

    await stage.leave()
    async with caller(line, tmp_path, "media_offer_is_answered") as welcome:
        await welcome.finish()
    await stage.couples_are_well()


def caller(line: Line, directory: Path, scenario: str) -> Sipp:
    """SIPp, with a plain offer."""
    keys: dict[str, object] = {
        "caller": CALLER,
        "net": "IP4",
        "host": "127.0.0.1",
        "media": "m=audio 9 RTP/AVP 0",
        "again": "",
    }
    target = f"127.0.0.1:{line.gateway.sip_port}"
    return Sipp(scenario, directory, to=target, keys=keys, options=("-s", line.number, "-d", "200"))
