"""A leg that comes from another worker: what is kept for it, and given back when it is refused."""

import os
from collections.abc import Iterator
from typing import cast

import pytest

from media.control import Notice, OpenRtp, Refused
from media.control.lending import Pair
from media.engine.state import RTP
from media.worker.ledger import Memory, open_memory, size_for
from media.worker.luggage import Luggage, write_luggage
from media.worker.refusal import Refusal
from media.worker.sockets import Loans
from media.worker.worker import Worker

pytestmark = pytest.mark.unit

LUGGAGE = write_luggage(Luggage(kind=RTP, due=0, ticks=0, rows={}, switches=()), {"p": (1, 0)}, ("r",))


class NothingLent:
    """Loans of a gateway that has lent nothing."""

    def take(self, leg: str) -> Pair:
        raise Refusal(f"nothing for {leg}")


@pytest.fixture
def memory() -> Iterator[Memory]:
    fd = os.memfd_create("test", os.MFD_CLOEXEC)
    yield open_memory(fd, size_for(2))
    os.close(fd)


def test_nothing_is_kept_for_a_leg_that_is_refused(memory: Memory) -> None:
    told: list[Notice] = []
    worker = Worker(memory, cast("Loans", NothingLent()), told.append)
    worker.carry_out(OpenRtp(leg="anna", luggage=LUGGAGE))
    assert told == [Refused(command="OpenRtp", subject="anna", reason="nothing for anna")]
    ledger = memory.ledger
    for names in (ledger.legs, ledger.plays, ledger.recordings):
        assert not names.any(), "a row that nobody would give back"
