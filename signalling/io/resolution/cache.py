"""What DNS said, for as long as it holds. Bounded; time is an argument."""

from signalling.io.resolution.records import Answer, Question, Records

MAX_ENTRIES = 1024
"""Questions remembered. Applications choose names, so that nobody may fill the memory with them."""

MAX_TTL_S = 3600.0
"""Nobody waits longer than this for a change to be seen, whatever a record says."""

MAX_NEGATIVE_TTL_S = 60.0
"""How long a name may count as absent: a new record is to be found soon."""


class Cache:
    """Answers by question. The oldest goes when it is full.

    What has run out is kept until then: better than nothing while the servers are silent (RFC 8767).
    """

    def __init__(self) -> None:
        self._entries: dict[Question, tuple[Records, float]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def fresh(self, question: Question, now: float) -> Records | None:
        """Return what holds at `now`; empty for a name that is known to be absent, None when unknown."""
        found = self._entries.get(question)
        return found[0] if found is not None and now < found[1] else None

    def stale(self, question: Question) -> Records:
        """Return what was last known, if anything."""
        return self._entries.get(question, ((), 0.0))[0]

    def remember(self, question: Question, answer: Answer, now: float) -> None:
        """Keep an answer for its time."""
        most = MAX_TTL_S if answer.records else MAX_NEGATIVE_TTL_S
        self._entries.pop(question, None)
        if len(self._entries) >= MAX_ENTRIES:
            del self._entries[next(iter(self._entries))]
        self._entries[question] = (answer.records, now + min(answer.ttl_s, most))
