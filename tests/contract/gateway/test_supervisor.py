"""The supervisor over real child processes: a small program of ours that speaks the control contract."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable

import pytest

from gateway import supervisor
from gateway.clock import SystemClock
from gateway.errors import Unavailable
from gateway.supervisor import Child
from media.control import AnyNotice, Dtmf, OpenRtp, RtpOpened, SendDtmf
from tests.support.fake_child import PORT
from tests.support.waiting import until

pytestmark = pytest.mark.contract


class Supervised:
    """A child, and what it told."""

    def __init__(self, manner: str) -> None:
        self.notices: list[AnyNotice] = []
        self.deaths = 0
        self.pids: set[int] = set()
        arguments = ["tests.support.fake_child", manner]
        self.child = Child("test", arguments, SystemClock(), self.notices.append, self._died)

    def _died(self) -> None:
        self.deaths += 1

    async def start(self) -> int:
        await self.child.start()
        return self.seen()

    def seen(self) -> int:
        assert self.child.pid is not None
        self.pids.add(self.child.pid)
        return self.child.pid

    async def restarted(self, after: int) -> int:
        await until(lambda: self.child.state == "ready" and self.child.pid != after, "the restart")
        return self.seen()


Supervise = Callable[..., Supervised]


@pytest.fixture
async def supervise() -> AsyncIterator[Supervise]:
    """Makes supervised children; none of their processes is there after the test."""
    made: list[Supervised] = []

    def make(manner: str = "well") -> Supervised:
        made.append(Supervised(manner))
        return made[-1]

    yield make
    for each in made:
        await each.child.close()
        assert each.child.state == "dead"
        assert each.child.pid is None
        assert not [pid for pid in each.pids if exists(pid)]


def flood(child: Child) -> None:
    for _ in range(100_000):
        child.send(OpenRtp(leg="a" * 1000))


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_child_is_ready_once_started(supervise: Supervise) -> None:
    it = supervise()
    await it.start()
    assert it.child.state == "ready"
    assert it.deaths == 0


async def test_notices_come_in_order(supervise: Supervise) -> None:
    it = supervise()
    await it.start()
    it.child.send(OpenRtp(leg="a"))
    it.child.send(SendDtmf(leg="a", digits="12"))
    await until(lambda: len(it.notices) == 3)
    assert it.notices == [
        RtpOpened(leg="a", port=PORT),
        Dtmf(leg="a", digit="1", duration_ms=100),
        Dtmf(leg="a", digit="2", duration_ms=100),
    ]


async def test_pings_are_answered_and_kept_from_the_listener(supervise: Supervise) -> None:
    it = supervise()
    await it.start()
    await until(lambda: it.child.last_pong)
    assert it.notices == []


async def test_a_killed_child_is_missed_once_and_started_again(supervise: Supervise) -> None:
    it = supervise()
    pid = await it.start()
    os.kill(pid, signal.SIGKILL)
    await it.restarted(pid)
    assert it.deaths == 1
    it.child.send(OpenRtp(leg="a"))
    await until(lambda: it.notices)


async def test_a_child_that_does_not_answer_pings_is_killed(
    supervise: Supervise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "PING_EVERY_S", 0.01)
    monkeypatch.setattr(supervisor, "PING_DEADLINE_S", 0.5)
    it = supervise()
    pid = await it.start()
    it.child.send(OpenRtp(leg="mute"))
    await it.restarted(pid)
    assert not exists(pid)


async def test_a_stopped_child_is_killed(supervise: Supervise, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "PING_EVERY_S", 0.01)
    monkeypatch.setattr(supervisor, "PING_DEADLINE_S", 0.5)
    it = supervise()
    pid = await it.start()
    os.kill(pid, signal.SIGSTOP)
    await it.restarted(pid)
    assert not exists(pid)


async def test_a_child_is_not_blamed_for_our_own_lateness(
    supervise: Supervise, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without a pause between them a ping is nearly always out.
    monkeypatch.setattr(supervisor, "PING_EVERY_S", 0.0)
    monkeypatch.setattr(supervisor, "PING_DEADLINE_S", 1.0)
    it = supervise("thoughtful")
    pid = await it.start()
    for _ in range(3):
        before = it.child.last_pong
        time.sleep(1.1)  # noqa: ASYNC251 - nothing of ours runs
        await until(lambda before=before: it.child.last_pong is not before, "the next answer")  # type: ignore[misc]
    assert it.child.pid == pid
    assert it.deaths == 0


async def test_commands_for_a_child_that_does_not_read_are_bounded(
    supervise: Supervise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "MAX_UNSENT", 1000)
    it = supervise()
    pid = await it.start()
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(Unavailable, match="does not read"):
        flood(it.child)
    # The next ping cannot be written either, which is as good as no answer.
    await it.restarted(pid)


async def test_a_child_that_hangs_up_without_ending_is_killed(
    supervise: Supervise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "EXIT_DEADLINE_S", 0.1)
    it = supervise()
    pid = await it.start()
    it.child.send(OpenRtp(leg="linger"))
    await it.restarted(pid)
    assert not exists(pid)


@pytest.mark.parametrize("manner", ["fail", "garbage", "never-ready"])
async def test_a_child_that_dies_too_often_stays_down(
    supervise: Supervise, monkeypatch: pytest.MonkeyPatch, manner: str
) -> None:
    if manner == "never-ready":
        monkeypatch.setattr(supervisor, "START_DEADLINE_S", 0.2)
    monkeypatch.setattr(supervisor, "EXIT_DEADLINE_S", 0.1)
    it = supervise(manner)
    if manner == "garbage":
        await it.child.start()
        await until(lambda: it.deaths == supervisor.MAX_DEATHS and it.child.state == "dead")
    else:
        with pytest.raises(Unavailable, match="does not start"):
            await it.child.start()
    assert it.deaths == supervisor.MAX_DEATHS
    assert it.child.state == "dead"
    with pytest.raises(Unavailable, match="dead"):
        it.child.send(OpenRtp(leg="a"))


async def test_deaths_that_are_far_apart_are_forgiven(
    supervise: Supervise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "DEATHS_WINDOW_S", 0.0)
    it = supervise()
    pid = await it.start()
    for _ in range(supervisor.MAX_DEATHS + 1):
        it.child.send(OpenRtp(leg="die"))
        pid = await it.restarted(pid)
    assert it.deaths == supervisor.MAX_DEATHS + 1


async def test_close_drains(supervise: Supervise) -> None:
    it = supervise()
    pid = await it.start()
    await it.child.close()
    assert it.child.state == "dead"
    assert it.deaths == 0
    assert not exists(pid)


async def test_a_child_that_does_not_drain_is_killed(
    supervise: Supervise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "DRAIN_DEADLINE_S", 0.1)
    it = supervise("stubborn")
    pid = await it.start()
    await it.child.close()
    assert not exists(pid)


@pytest.mark.parametrize("turns", [0, 1, 3, 10])
async def test_a_child_that_is_closed_while_it_starts_ends(supervise: Supervise, turns: int) -> None:
    it = supervise()
    starting = asyncio.create_task(it.child.start())
    for _ in range(turns):
        await asyncio.sleep(0)
    await it.child.close()
    await asyncio.gather(starting, return_exceptions=True)
    assert it.deaths == 0


async def test_a_listener_that_breaks_does_not_end_the_supervision() -> None:
    def broken(_notice: AnyNotice) -> None:
        raise RuntimeError("no ears")

    def died() -> None:
        raise RuntimeError("no heart")

    child = Child("test", ["tests.support.fake_child"], SystemClock(), broken, died)
    try:
        await child.start()
        first = child.pid
        child.send(OpenRtp(leg="a"))
        child.send(OpenRtp(leg="die"))
        await until(lambda: child.state == "ready" and child.pid != first, "the restart")
    finally:
        await child.close()
    assert child.pid is None
