"""How often passwords are tried: an account that is guessed at is judged seldom, be there one or not."""

from collections import OrderedDict
from hashlib import blake2b

from signalling.sip.buckets import Buckets

MAX_FAILURES_PER_HOUR = 60
"""Wrong answers for one name; from then on it is judged once a minute."""

MAX_NAMES = 10_000
"""Names that were tried, and that logged in: each some 200 octets, however long it is."""

_KEY_OCTETS = 16
"""Of a name only a digest is kept: a stranger may write one that fills a message."""


class Attempts:
    """Remembers who failed. Where an account was at home before, it is judged all the same.

    So a guesser elsewhere does not lock an honest phone out, which would be the easier attack.
    """

    def __init__(self) -> None:
        self._failures = Buckets(MAX_FAILURES_PER_HOUR / 3600, MAX_FAILURES_PER_HOUR, MAX_NAMES)
        self._homes: OrderedDict[str, str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._failures)

    def may_try(self, name: str, source: str, now: float) -> bool:
        """Whether credentials of `name`, with its realm, from `source` are to be judged."""
        key = _key(name)
        return self._failures.has(key, now) or self._homes.get(key) == source

    def fail(self, name: str, now: float) -> None:
        """They were wrong."""
        self._failures.take(_key(name), now)

    def succeed(self, name: str, source: str) -> None:
        """They were right."""
        key = _key(name)
        self._homes[key] = source
        self._homes.move_to_end(key)
        if len(self._homes) > MAX_NAMES:
            self._homes.popitem(last=False)


def _key(name: str) -> str:
    return blake2b(name.encode("utf-8", "surrogateescape"), digest_size=_KEY_OCTETS).hexdigest()
