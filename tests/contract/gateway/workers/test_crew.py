"""The crew over processes of ours that play workers."""

import os
import signal

import pytest

from gateway.clock import SystemClock
from gateway.workers.crew import Crew
from gateway.workers.post import Post
from media.control import AnyNotice, OpenRtp, RtpOpened
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
