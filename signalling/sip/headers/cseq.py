"""CSeq: the order of requests in a dialog (RFC 3261 section 20.16)."""

from dataclasses import dataclass
from functools import lru_cache

from signalling.sip.errors import RemoteSipError
from signalling.sip.grammar import BLANK, MAX_REMEMBERED, number, token

MAX_CSEQ = 2**31 - 1
"""RFC 3261 section 8.1.1.5."""


@dataclass(frozen=True, slots=True)
class CSeq:
    """Sequence number, 0..MAX_CSEQ, and the method that it counts."""

    number: int
    method: str

    @classmethod
    @lru_cache(MAX_REMEMBERED)
    def parse(cls, text: str) -> "CSeq":
        """Read the value. Raises RemoteSipError."""
        digits, blank, method = text.strip(BLANK).replace("\t", " ").partition(" ")
        if not blank:
            raise RemoteSipError("CSeq has no method")
        return cls(number(digits, MAX_CSEQ, "CSeq"), token(method, "CSeq method"))

    def __str__(self) -> str:
        return f"{self.number} {self.method}"
