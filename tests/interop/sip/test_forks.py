"""Several phones behind one address that a proxy calls at once: SIPp is the proxy and both phones."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.demo.hearing import part, tone_level_dbov
from tests.support.gateway import RunningGateway
from tests.support.hearing import UNHEARD_DBOV
from tests.support.line import Line, connect_sip
from tests.support.rtp_party import RtpParty
from tests.support.sipp import Sipp, needs_sipp
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, needs_sipp, pytest.mark.asyncio(loop_scope="module")]

CALLER = "447700000001"
CALLER_HZ, ONE_HZ, TWO_HZ = 880, 1200, 1700
HEARD_S = 0.6
TALK_MS = "4000"
"""After the answer, before the caller hangs up."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    async with AsyncExitStack() as stack:
        gateway = RunningGateway(tmp_path_factory.mktemp("forks"))
        await stack.enter_async_context(gateway)
        yield await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))


class Ear:
    """What the caller hears."""

    def __init__(self, party: RtpParty) -> None:
        self._party = party

    def now(self) -> float:
        """Seconds of sound so far."""
        return time.monotonic() - self._party.arrivals[0][0] if self._party.arrivals else 0.0

    def hears(self, hertz: int, since_s: float) -> bool:
        """Whether a tone was heard for a while since then."""
        sound = part(self._party.heard(), since_s)
        return tone_level_dbov(sound, hertz, steady_s=HEARD_S) > UNHEARD_DBOV


FIRST, BOTH = "forks_first_of_two_answers", "forks_both_answer"
USUAL, LATE = "inbound_answered_caller_hangs_up", "forks_early_media_is_acknowledged_late"


@pytest.mark.parametrize(("scenario", "calling"), [(FIRST, USUAL), (FIRST, LATE), (BOTH, USUAL)])
async def test_one_is_heard_at_a_time_and_the_winner_in_the_end(
    line: Line, tmp_path: Path, scenario: str, calling: str
) -> None:
    line.webhooks.forget()
    async with RtpParty(CALLER_HZ) as mouth, RtpParty(ONE_HZ) as one, RtpParty(TWO_HZ) as two:
        ports = {"one_port": one.port, "two_port": two.port}
        async with Sipp(scenario, tmp_path, keys=dict(ports)) as phones:
            line.webhooks.answer(connect_sip(phones.uri))
            keys = {"rtp_port": mouth.port, "caller": CALLER}
            where = f"127.0.0.1:{line.gateway.sip_port}"
            options = ("-s", line.number, "-d", TALK_MS)
            async with Sipp(calling, tmp_path, to=where, keys=keys, options=options) as caller:
                port = await phones.far_rtp_port()
                one.speak_to(port)
                two.speak_to(port)
                ear = Ear(mouth)
                if scenario == FIRST:
                    await until(lambda: ear.hears(TWO_HZ, 0.0), "that the second is heard early", every_s=0.1)
                    assert not ear.hears(ONE_HZ, 0.0)
                await line.webhooks.wait(status="answered", fields={"to": phones.uri})
                since = ear.now()
                await until(lambda: ear.hears(ONE_HZ, since), "that the winner is heard", every_s=0.1)
                await asyncio.gather(caller.finish(), phones.finish())
                assert not ear.hears(TWO_HZ, since + HEARD_S)
