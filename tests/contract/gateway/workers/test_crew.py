"""The crew over processes of ours that play workers."""

import os
import signal

import pytest

from gateway import supervisor
from gateway.clock import SystemClock
from gateway.errors import Unavailable
from gateway.workers.crew import Crew
from gateway.workers.post import Post
from gateway.workers.process import WorkerProcess
from media.control import AnyNotice, OpenRtp, RtpOpened
from media.control.lending import Loan
from tests.support.waiting import until

pytestmark = pytest.mark.contract


async def test_a_worker_may_be_silent_until_it_has_settled() -> None:
    notices: list[AnyNotice] = []
    lost: list[frozenset[str]] = []
    post = Post("127.0.0.1", range(20000, 30000))
    crew = Crew(["tests.support.fake_child", "slow"], [post], SystemClock(), notices.append, lost.append)
    try:
        await crew.start(8)
        await until(lambda: crew.spare_pid, "the spare")
        first, spare = crew.pid, crew.spare_pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: crew.pid == spare, "the take-over")
        crew.send(OpenRtp(leg="a"))
        await until(lambda: any(isinstance(notice, RtpOpened) for notice in notices), "the answer")
        assert crew.pid == spare
        assert not lost
    finally:
        await crew.close()


async def test_workers_are_there_without_the_process_that_forks_them() -> None:
    """One that cannot fork stands for it here."""
    post = Post("127.0.0.1", range(20000, 30000))
    arguments = ["tests.support.fake_child", "well"]
    crew = Crew(arguments, [post], SystemClock(), lambda _: None, lambda _: None, forks=True)
    try:
        await crew.start(8)
        await until(lambda: crew.spare_pid, "the spare")
        assert crew.forge is not None
        assert crew.forge.pid is None
    finally:
        await crew.close()


def flood(process: WorkerProcess) -> None:
    for _ in range(100_000):
        process.send(OpenRtp(leg="a" * 1000))


async def test_nothing_is_lent_that_no_command_can_be_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "MAX_UNSENT", 1000)
    process = WorkerProcess(["tests.support.fake_child"], SystemClock(), lambda _: None, lambda: None)
    await process.start()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    with pytest.raises(Unavailable, match="does not read"):
        flood(process)
    reader, writer = os.pipe2(os.O_NONBLOCK)
    with pytest.raises(Unavailable, match="does not read"):
        process.lend(Loan(legs=("a",)), [writer, writer])
    os.close(writer)
    assert os.read(reader, 1) == b"", "nobody else has the other end"
    os.close(reader)
    await process.close()
