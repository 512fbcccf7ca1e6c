"""A handler reads what its route declares: anything else is a defect that a test must hear."""

import pytest

from gateway.api.requests import Reads, Undeclared

pytestmark = pytest.mark.unit


def test_what_is_declared_may_be_read() -> None:
    reads = Reads(body=int, query=str)
    reads.check(reads.body, int)
    reads.check(reads.query, str)


@pytest.mark.parametrize("reads", [Reads(), Reads(body=str), Reads(query=int)])
def test_what_is_not_declared_may_not(reads: Reads) -> None:
    with pytest.raises(Undeclared):
        reads.check(reads.body, int)
