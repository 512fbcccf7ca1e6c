"""Identifiers that count instead of being random, so that tests can name them."""

import itertools
import uuid

from gateway.ids import Ids


def counting_ids() -> Ids:
    """Ids from uuids 1, 2, 3 …"""
    numbers = itertools.count(1)
    return Ids(lambda: uuid.UUID(int=next(numbers)))
