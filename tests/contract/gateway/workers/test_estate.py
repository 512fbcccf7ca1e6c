"""What comes through the door, and what stays behind it."""

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.workers.estate import Estate, claim, open_door
from media.control import Command, Join, OpenRtp, encode
from media.control.lending import Loan, Pair, lend

pytestmark = pytest.mark.contract

ORDERS: tuple[Command, ...] = (OpenRtp(leg="a"), Join(leg="a", room="r"))


NO_COMMAND, TOO_LONG = b"\x00\x00\x00\x01\xc1", b"\xff\xff\xff\xff"


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def pair() -> Pair:
    return Pair(*(socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)))


def claimed(door: Path, hand_over: Callable[[socket.socket], None]) -> Estate | None:
    """What is claimed of a worker that hands over so, and then ends."""
    with open_door(door) as listening:

        def serve() -> None:
            heir, _ = listening.accept()
            with heir:
                hand_over(heir)

        worker = threading.Thread(target=serve)
        worker.start()
        estate = claim(door)
        worker.join()
    return estate


def written(*octets: bytes) -> int:
    fd = os.memfd_create("orders")
    os.write(fd, b"".join(octets))
    return fd


def test_everything_is_handed_over(tmp_path: Path) -> None:
    memory, orders, theirs = os.memfd_create("memory"), written(*map(encode, ORDERS)), pair()
    os.write(memory, b"kept")

    def hand_over(heir: socket.socket) -> None:
        lend(heir, Loan(memory=True, orders=True), [memory, orders])
        lend(heir, Loan(legs=("a",)), theirs.descriptors)

    estate = claimed(tmp_path / "door", hand_over)
    assert estate is not None
    assert os.pread(estate.memory, 4, 0) == b"kept"
    assert tuple(estate.orders) == ORDERS
    ours = estate.pairs["a"]
    assert os.fstat(ours.rtp.fileno()).st_ino == os.fstat(theirs.rtp.fileno()).st_ino
    assert os.fstat(ours.rtcp.fileno()).st_ino == os.fstat(theirs.rtcp.fileno()).st_ino
    for each in (ours, theirs):
        each.close()
    for fd in (memory, orders, estate.memory):
        os.close(fd)


def test_a_door_that_was_never_there(tmp_path: Path) -> None:
    assert claim(tmp_path / "door") is None


def test_a_door_behind_which_nobody_is(tmp_path: Path) -> None:
    open_door(tmp_path / "door").close()
    assert claim(tmp_path / "door") is None


def test_a_door_is_made_anew_and_however_deep_it_lies(tmp_path: Path) -> None:
    deep = tmp_path / ("long" * 30)
    deep.mkdir()
    open_door(deep / "door").close()
    with open_door(deep / "door"):
        pass


@pytest.mark.parametrize(
    "rest", [b"", b"\x00\x00\x00\x01\xc1", b"\xff\xff\xff\xff"], ids=["none", "no", "long"]
)
def test_what_makes_no_sense_is_given_up(tmp_path: Path, rest: bytes) -> None:
    before = open_files()
    memory, orders, theirs = os.memfd_create("memory"), written(rest), pair()

    def hand_over(heir: socket.socket) -> None:
        lend(heir, Loan(legs=("a",)), theirs.descriptors)
        if rest:
            lend(heir, Loan(memory=True, orders=True), [memory, orders])

    assert claimed(tmp_path / "door", hand_over) is None
    theirs.close()
    for fd in (memory, orders):
        os.close(fd)
    assert open_files() == before, "and nothing is left open"
