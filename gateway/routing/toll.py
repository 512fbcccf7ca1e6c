"""What may be called: the toll policy, closed by default. Pure.

A trunk allows prefixes and denies others; of those that match, the longest counts, and denying wins a tie.
What is not a plain E.164 number is never called, whatever its prefix: everything after it could be anything.
"""

from collections.abc import Iterable

from gateway.config.trunks import TrunkSettings
from gateway.routing.number_format import is_e164


def is_allowed(number: str, trunk: TrunkSettings) -> bool:
    """Whether the trunk may carry a call to the number."""
    if not is_e164(number):
        return False
    return _longest(number, trunk.prefixes) > _longest(number, trunk.denied)


def _longest(number: str, prefixes: Iterable[str]) -> int:
    """Digits of the longest prefix that matches; 0 for none."""
    return max((len(prefix) for prefix in prefixes if number.startswith(prefix)), default=0)
