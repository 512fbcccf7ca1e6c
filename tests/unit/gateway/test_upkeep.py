"""When chores have their turn, in virtual time."""

import asyncio

import pytest

from gateway.clock import ManualClock
from gateway.upkeep import PAUSE_S, Chore, Upkeep

pytestmark = pytest.mark.unit

START = 1_000.0


class Enough(Exception):
    """The test has seen what it wanted."""


class Log:
    """What was done, and when, on a clock that sleeping moves."""

    def __init__(self, until_s: float) -> None:
        self.clock = ManualClock(START)
        self.done: list[tuple[str, float]] = []
        self._until_s = until_s

    async def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)
        if self.clock.monotonic() > self._until_s:
            raise Enough

    def chore(self, name: str, every_s: float, *more: bool) -> Chore:
        """It says of its first bites whether there is more; later ones find nothing."""
        answers = list(more)

        async def bite(now: float) -> bool:
            assert now == self.clock.wall()
            self.done.append((name, round(now - START, 3)))
            return answers.pop(0) if answers else False

        return Chore(name, every_s, bite)

    async def of(self, *chores: Chore) -> list[tuple[str, float]]:
        with pytest.raises(Enough):
            await Upkeep(chores, self.clock, self.sleep).run()
        return self.done


async def test_everything_is_looked_after_at_the_start_and_then_each_in_its_time() -> None:
    log = Log(until_s=10.5)
    assert await log.of(log.chore("often", 2.0), log.chore("seldom", 5.0)) == [
        ("often", 0.0),
        ("seldom", 0.0),
        ("often", 2.0),
        ("often", 4.0),
        ("seldom", 5.0),
        ("often", 6.0),
        ("often", 8.0),
        ("often", 10.0),
        ("seldom", 10.0),
    ]


async def test_a_long_chore_lets_the_others_have_their_turn() -> None:
    log = Log(until_s=0.3)
    done = await log.of(log.chore("long", 60.0, True, True, True), log.chore("short", 0.1))
    assert [each for each in done if each[0] == "long"] == [
        ("long", 0.0),
        *(("long", round(turns * PAUSE_S, 3)) for turns in (1, 2, 3)),
    ]
    assert [each for each in done if each[0] == "short"] == [
        ("short", 0.0),
        ("short", 0.1),
        ("short", 0.2),
    ]


async def test_a_chore_that_fails_ends_neither_itself_nor_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = Log(until_s=2.5)

    async def broken(now: float) -> bool:
        log.done.append(("broken", now - START))
        raise ValueError("the disk is on fire")

    done = await log.of(Chore("broken", 1.0, broken), log.chore("good", 1.0))
    assert [name for name, _ in done] == ["broken", "good"] * 3
    assert "the chore 'broken' failed" in caplog.text


async def test_closing_ends_it() -> None:
    asleep = asyncio.Event()

    async def sleep(_: float) -> None:
        asleep.set()
        await asyncio.Event().wait()

    upkeep = Upkeep([Log(0).chore("a", 1.0)], ManualClock(), sleep)
    await upkeep.close()
    upkeep.start()
    await asleep.wait()
    await upkeep.close()
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
