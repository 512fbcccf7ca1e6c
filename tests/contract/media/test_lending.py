"""Descriptors that are lent: each arrives as what it was lent as."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from media.control.lending import LEGS_AT_ONCE, Loan, Pair, borrow, in_loans, lend

pytestmark = pytest.mark.contract

Channel = tuple[socket.socket, socket.socket]


@pytest.fixture
def channel() -> Iterator[Channel]:
    lender, borrower = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with lender, borrower:
        yield lender, borrower


@pytest.fixture
def pair() -> Iterator[Pair]:
    pair = Pair(*(socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)))
    pair.rtp.bind(("127.0.0.1", 0))
    yield pair
    pair.close()


def test_nothing_is_there_before_anything_is_lent(channel: Channel) -> None:
    assert borrow(channel[1]) is None


def test_what_is_lent_is_the_same_at_the_other_end(channel: Channel, pair: Pair) -> None:
    lender, borrower = channel
    memory = os.memfd_create("memory")
    os.write(memory, b"notes")
    lend(lender, Loan(memory=True, legs=("anna",)), [memory, *pair.descriptors])
    os.close(memory)
    borrowed = borrow(borrower)
    assert borrowed is not None
    assert (borrowed.door, borrowed.orders) == (None, None)
    assert borrowed.memory is not None
    assert os.pread(borrowed.memory, 5, 0) == b"notes"
    assert borrowed.pairs["anna"].port == pair.port
    assert borrowed.pairs["anna"].descriptors != pair.descriptors
    borrowed.pairs["anna"].close()
    os.close(borrowed.memory)


def test_many_legs_go_in_several_loans(pair: Pair) -> None:
    legs = [f"leg {number}" for number in range(LEGS_AT_ONCE + 1)]
    first, second = in_loans(dict.fromkeys(legs, pair))
    assert [*first[0].legs, *second[0].legs] == legs
    assert second == (Loan(legs=(legs[-1],)), list(pair.descriptors))


def test_a_loan_that_lacks_descriptors_is_none_and_leaves_nothing_open(channel: Channel, pair: Pair) -> None:
    lender, borrower = channel
    before = _open_files()
    octets = msgspec.msgpack.encode(Loan(legs=("anna", "ben")))
    socket.send_fds(lender, [octets], list(pair.descriptors))
    with pytest.raises(ValueError, match="without all"):
        borrow(borrower)
    assert _open_files() == before


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
