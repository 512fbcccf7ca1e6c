"""Privacy: what of a caller is not to be shown (RFC 3323 section 4.2, RFC 3325 section 9.3)."""

from collections.abc import Iterable

HIDING = frozenset({"id", "user", "header", "full", "yes"})
"""The values that keep a caller's identity from who is called; `full` and `yes` are Remote-Party-ID's."""


def hides_caller(values: Iterable[str]) -> bool:
    """Whether lines of Privacy, or the `privacy` of a Remote-Party-ID, hide who calls."""
    return any(word.strip().lower() in HIDING for value in values for word in value.split(";"))
