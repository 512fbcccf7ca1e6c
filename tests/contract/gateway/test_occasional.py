"""A child that is there only while it is needed, over real processes of ours."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable

import pytest

from gateway import occasional
from gateway.clock import SystemClock
from gateway.errors import Unavailable
from gateway.occasional import MAX_WAITING, Occasional
from gateway.supervisor import Child
from media.control import AnyNotice, OpenRtp, RtpOpened
from tests.support.fake_child import PORT
from tests.support.waiting import until

pytestmark = pytest.mark.contract


class Helper:
    """One, and what becomes of it."""

    def __init__(self, manner: str) -> None:
        self.notices: list[AnyNotice] = []
        self.losses = 0
        self.is_needed = True
        arguments = ["tests.support.fake_child", manner]

        def make(on_death: Callable[[], None]) -> Child:
            return Child("helper", arguments, SystemClock(), self.notices.append, on_death)

        self.it = Occasional(make, lambda: self.is_needed, self._lost)

    def _lost(self) -> None:
        self.losses += 1

    @property
    def opened(self) -> list[str]:
        return [notice.leg for notice in self.notices if isinstance(notice, RtpOpened)]


Make = Callable[..., Helper]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    made: list[Helper] = []

    def helper(manner: str = "well") -> Helper:
        made.append(Helper(manner))
        return made[-1]

    yield helper
    for each in made:
        await each.it.close()
        assert each.it.pid is None


async def test_it_comes_with_the_first_command_and_loses_none(make: Make) -> None:
    helper = make()
    await asyncio.sleep(0)
    assert helper.it.pid is None
    for leg in "abc":
        helper.it.send(OpenRtp(leg=leg))
    await until(lambda: len(helper.notices) == 3, "the answers")
    assert helper.notices == [RtpOpened(leg=leg, port=PORT) for leg in "abc"]
    helper.it.send(OpenRtp(leg="d"))
    await until(lambda: helper.opened[3:] == ["d"], "the answer of one that is there")


async def test_it_goes_when_nobody_has_needed_it_for_long(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(occasional, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(occasional, "IDLE_S", 0.05)
    helper = make()
    helper.it.send(OpenRtp(leg="a"))
    await until(lambda: helper.opened == ["a"], "the answer")
    first = helper.it.pid
    assert first is not None
    helper.is_needed = False
    await until(lambda: helper.it.pid is None, "its end")
    helper.is_needed = True
    helper.it.send(OpenRtp(leg="b"))
    await until(lambda: helper.opened == ["a", "b"], "the answer of the next")
    assert helper.it.pid != first
    assert helper.losses == 0


async def test_what_is_asked_while_it_goes_is_done_by_the_next(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(occasional, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(occasional, "IDLE_S", 0.0)
    helper = make()
    for number in range(5):
        helper.is_needed = True
        helper.it.send(OpenRtp(leg=str(number)))
        await until(lambda: len(helper.opened) > number, "the answer")  # noqa: B023 - awaited here
        # It goes at once, and the next command meets it anywhere on its way.
        helper.is_needed = False
        await asyncio.sleep(0.002 * number)
    assert helper.losses == 0


async def test_one_that_is_expected_comes_before_it_is_asked(make: Make) -> None:
    helper = make()
    helper.it.wake()
    await until(lambda: helper.it.pid is not None, "the process")


async def test_one_that_does_not_start_loses_what_waits(make: Make) -> None:
    helper = make("fail")
    helper.it.send(OpenRtp(leg="a"))
    await until(lambda: helper.losses > 0, "the loss")


async def test_one_that_is_killed_is_missed_and_comes_again(make: Make) -> None:
    helper = make()
    helper.it.send(OpenRtp(leg="a"))
    await until(lambda: helper.opened == ["a"], "the answer")
    first = helper.it.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await until(lambda: helper.losses == 1 and helper.it.pid not in (None, first), "the next")


async def test_only_so_many_commands_wait(make: Make) -> None:
    helper = make("never-ready")
    for _ in range(MAX_WAITING):
        helper.it.send(OpenRtp(leg="a"))
    with pytest.raises(Unavailable, match="commands wait"):
        helper.it.send(OpenRtp(leg="a"))
