"""`[sip.guard]`: how much SIP traffic is borne from strangers, and where is written what they tried."""

from collections.abc import Iterator
from ipaddress import ip_network

import msgspec

from gateway.config.errors import Path as KeyPath

MAX_SCANNERS = 100
"""Words looked for in each User-Agent."""
MOST_PER_SECOND = 100_000
"""More than one process reads."""
LONGEST_BAN_S = 86_400
"""Addresses change hands: who has one tomorrow is somebody else."""

Wrong = tuple[KeyPath, object, str]


class SipGuardSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[sip.guard]`. Trunks and trusted networks are exempt from all but `new_calls_per_s`."""

    rate: int = 10
    """Messages a second from one source, for as long as it likes."""
    burst: int = 20
    """Messages at once."""
    ban_s: int = 300
    """How long a source is not listened to that was above its rate for too long, or that guessed."""
    failures_per_minute: int = 10
    """Wrong passwords from one source."""
    new_calls_per_s: int = 200
    """Calls that come in, from all sources together; more are refused with 503."""
    exempt: tuple[str, ...] = ()
    """Networks (CIDR) that are borne whatever they send, though they need a password: a large office."""
    scanners: tuple[str, ...] = ()
    """Words of User-Agents that get no answer, besides those that are known."""
    events: str = ""
    """The file of security events; `security.log` in the data directory when empty."""


def guard_problems(guard: SipGuardSettings) -> Iterator[Wrong]:
    """What is out of range."""
    bounds = {
        "rate": MOST_PER_SECOND,
        "burst": MOST_PER_SECOND,
        "ban_s": LONGEST_BAN_S,
        "failures_per_minute": MOST_PER_SECOND,
        "new_calls_per_s": MOST_PER_SECOND,
    }
    for key, most in bounds.items():
        if not 1 <= getattr(guard, key) <= most:
            yield ("sip", "guard", key), getattr(guard, key), f"a whole number from 1 to {most}"
    for network in guard.exempt:
        try:
            ip_network(network)
        except ValueError as error:
            yield ("sip", "guard", "exempt"), network, f'networks such as "10.0.0.0/8" ({error})'
    if len(guard.scanners) > MAX_SCANNERS:
        yield ("sip", "guard", "scanners"), f"{len(guard.scanners)} words", f"at most {MAX_SCANNERS}"
    if "" in guard.scanners:
        yield ("sip", "guard", "scanners"), "", "words that are not empty"
