"""Whose turn it is."""

import threading

import pytest

from media.speech.turns import Turns
from tests.support.waiting import until

pytestmark = pytest.mark.unit


async def test_whoever_asks_again_is_behind_those_who_wait() -> None:
    turns, served = Turns(), list[str]()

    async def wait(name: str) -> threading.Thread:
        def serve() -> None:
            with turns.turn():
                served.append(name)

        in_line = turns.length
        thread = threading.Thread(target=serve)
        thread.start()
        await until(lambda: turns.length > in_line)
        return thread

    with turns.turn():
        waiting = [await wait("first"), await wait("second")]
    with turns.turn():
        served.append("again")
    for thread in waiting:
        thread.join()
    assert served == ["first", "second", "again"]


def test_a_turn_that_fails_is_over() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns.turn():
        raise ZeroDivisionError
    with turns.turn():
        assert turns.length == 1
