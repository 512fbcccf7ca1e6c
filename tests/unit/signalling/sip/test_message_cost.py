"""Reading a hostile message takes work in proportion to its size: counted in executed lines, not timed."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest

from signalling.sip.errors import RemoteSipError
from signalling.sip.reading import read_message
from signalling.sip.stream import StreamFramer
from tests.support.lines_run import lines_run

pytestmark = pytest.mark.unit

START = b"OPTIONS sip:a@b SIP/2.0\r\n"
END = b"\r\n\r\n"

HOSTILE: dict[str, Callable[[int], bytes]] = {
    "headers": lambda count: START + b"X: y\r\n" * count + b"\r\n",
    "folds": lambda count: START + b"X: y" + b"\r\n z" * count + END,
    "vias": lambda count: START + b"v: " + b"SIP/2.0/UDP a," * count + END,
    "quotes": lambda count: START + b"m: " + b'"\\""' * count + END,
    "brackets": lambda count: START + b"m: " + b"<" * count + END,
    "contacts": lambda count: START + b"m: " + b"<sip:a@b>;q=1," * count + END,
    "parameters": lambda count: START + b"t: <sip:a@b>" + b";a" * count + END,
    "uri parameters": lambda count: START + b"t: <sip:a@b" + b";a=%41" * count + b">" + END,
    "leading line ends": lambda count: b"\r\n" * count + START + END,
}


def read(data: bytes) -> None:
    with suppress(RemoteSipError):
        read_message(data).check()


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_twice_the_size_is_at_most_twice_the_work(make: Callable[[int], bytes]) -> None:
    once = lines_run(partial(read, make(30)))
    assert lines_run(partial(read, make(60))) <= 2.2 * once


def test_a_dripping_connection_is_not_scanned_again_and_again() -> None:
    data = START + b"X: " + b"y" * 2000

    def drip(size: int) -> None:
        framer = StreamFramer()
        for index in range(size):
            framer.feed(data[index : index + 1])

    assert lines_run(lambda: drip(2000)) <= 2.2 * lines_run(lambda: drip(1000))
