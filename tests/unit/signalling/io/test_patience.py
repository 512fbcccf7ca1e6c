"""How long a connection is waited for, by its real figures in virtual time."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field

import pytest

from signalling.io.patience import Chances, Patience
from tests.support.leaping import LeapingLoop

pytestmark = pytest.mark.unit

HOUR_S = 3600.0


@dataclass
class Watched:
    """A connection's patience, and when it ended."""

    is_ours: bool = False
    is_used: bool = False
    pings: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._ended: asyncio.Future[float] = self._loop.create_future()
        chances = Chances(lambda: self.is_used, lambda: self.pings.append(self._passed()), self._end)
        self.patience = Patience(chances, is_ours=self.is_ours)
        self.patience.begin()

    def drip(self, every_s: float, *, has_messages: bool = False, is_partial: bool = True) -> None:
        """Bring octets again and again."""
        if not self._ended.done():
            self.patience.hear(has_messages=has_messages, is_partial=is_partial)
            self._loop.call_later(every_s, lambda: self.drip(every_s, is_partial=is_partial))

    async def end(self) -> float | None:
        """How long the connection lasted: seconds; None when it outlasts an hour."""
        try:
            async with asyncio.timeout(HOUR_S):
                return await self._ended
        except TimeoutError:
            self.patience.stop()
            return None

    def _passed(self) -> float:
        return self._loop.time() - self._began

    def _end(self) -> None:
        self.patience.stop()
        if not self._ended.done():
            self._ended.set_result(self._passed())


def run(story: Coroutine[None, None, float | None]) -> float | None:
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(story)


def test_a_handshake_takes_five_seconds_at_most() -> None:
    async def story() -> float | None:
        return await Watched().end()

    assert run(story()) == pytest.approx(5)


@pytest.mark.parametrize("is_partial", [True, False], ids=["drips", "pings"])
def test_the_first_message_takes_ten_seconds_at_most(is_partial: bool) -> None:
    async def story() -> float | None:
        watched = Watched()
        watched.patience.open()
        watched.drip(0.5, is_partial=is_partial)
        return await watched.end()

    assert run(story()) == pytest.approx(10)


def test_a_later_message_that_drips_takes_ten_seconds_at_most() -> None:
    async def story() -> float | None:
        watched = Watched()
        watched.patience.open()
        watched.patience.hear(has_messages=True, is_partial=False)
        await asyncio.sleep(60)
        watched.drip(0.5)
        return await watched.end()

    assert run(story()) == pytest.approx(70)


def test_two_minutes_without_a_word_are_the_end_unless_somebody_needs_it() -> None:
    async def story(is_used: bool) -> float | None:
        watched = Watched(is_used=is_used)
        watched.patience.open()
        watched.patience.hear(has_messages=True, is_partial=False)
        return await watched.end()

    assert run(story(is_used=False)) == pytest.approx(120)
    assert run(story(is_used=True)) is None


def test_who_pings_after_a_message_stays() -> None:
    async def story() -> float | None:
        watched = Watched()
        watched.patience.open()
        watched.patience.hear(has_messages=True, is_partial=False)
        watched.drip(100, is_partial=False)
        return await watched.end()

    assert run(story()) is None
