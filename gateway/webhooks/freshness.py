"""How long a downloaded file may be used again, as its host said (RFC 9111).

The cache is private: each application has its own. Nothing is guessed: a file without `max-age` or `Expires`
is asked for again, by its validators where it has any.
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import msgspec

MAX_AGE_S = 86_400.0
"""A host may say a year; a day later it is asked whether the file has changed."""

_VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
_MAX_VALIDATOR = 1024
"""Characters; longer ones are not sent back."""


class Freshness(msgspec.Struct, frozen=True, kw_only=True):
    """What the host said of a file."""

    kept: bool
    """Whether it is worth keeping: it is fresh for a while, or can be asked about."""
    until: float
    """Used unasked before this moment (seconds since 1970)."""
    validators: dict[str, str] = {}
    """Headers of a request that asks whether it has changed."""


def judge(headers: Mapping[str, str], now: float) -> Freshness:
    """What the headers of an answer, by their names in small letters, say at this moment."""
    directives = _directives(headers.get("cache-control", ""))
    validators = {
        request: headers[name]
        for name, request in _VALIDATORS.items()
        if 0 < len(headers.get(name, "")) <= _MAX_VALIDATOR
    }
    if "no-store" in directives:
        return Freshness(kept=False, until=now)
    lifetime_s = 0.0 if "no-cache" in directives else _lifetime(directives, headers)
    lifetime_s = min(max(lifetime_s - _seconds(headers.get("age", "0")), 0.0), MAX_AGE_S)
    return Freshness(kept=bool(lifetime_s or validators), until=now + lifetime_s, validators=validators)


def _lifetime(directives: Mapping[str, str], headers: Mapping[str, str]) -> float:
    if "max-age" in directives:
        return _seconds(directives["max-age"])
    try:
        expires = parsedate_to_datetime(headers["expires"])
        return (expires - parsedate_to_datetime(headers["date"])).total_seconds()
    except (KeyError, ValueError, TypeError):
        return 0.0


def _directives(value: str) -> dict[str, str]:
    """`public, max-age=60` → {"public": "", "max-age": "60"}."""
    parts = (part.strip().partition("=") for part in value.split(","))
    return {name.strip().lower(): argument.strip().strip('"') for name, _, argument in parts if name.strip()}


def _seconds(text: str) -> float:
    """A delta-seconds; 0 for what is none."""
    text = text.strip()
    return float(text) if text.isascii() and text.isdecimal() and len(text) <= 10 else 0.0
