"""Secrets as they are kept."""

import pytest

from gateway.hashing import COST, hash_secret, is_secret

pytestmark = pytest.mark.unit


def test_a_secret_is_known_again_and_nothing_else_is() -> None:
    hashed = hash_secret("Correct4Horse", 2)
    assert is_secret("Correct4Horse", hashed)
    assert not is_secret("correct4horse", hashed)


def test_the_same_secret_is_never_kept_the_same() -> None:
    one, other = hash_secret("Correct4Horse", 2), hash_secret("Correct4Horse", 2)
    assert one.salt != other.salt
    assert one.digest != other.digest


def test_it_knows_what_it_cost() -> None:
    assert hash_secret("Correct4Horse").cost == COST
