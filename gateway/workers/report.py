"""What an operator can see of a media worker."""

from typing import NamedTuple


class Report(NamedTuple):
    """Of one post."""

    pid: int | None
    """Of the process; None while there is none."""
    legs: int
    """That it has now."""
    load: float
    """The share of 20 ms that its ticks took lately."""
    late_ms: float
    """By how much ticks began late: 99 of 100 less."""
    deaths: int
    """Of its processes, in the last seconds."""
    refuses: str
    """Why it takes no new conversations; empty when it does."""
