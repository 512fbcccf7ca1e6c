"""RSeq and RAck: the numbers of reliable provisional responses (RFC 3262 section 7)."""

from dataclasses import dataclass

from signalling.sip.errors import RemoteSipError
from signalling.sip.grammar import BLANK, number
from signalling.sip.headers.cseq import CSeq

MAX_RSEQ = 2**32 - 1
"""RFC 3262 section 7.1."""


@dataclass(frozen=True, slots=True)
class RAck:
    """Which response a PRACK acknowledges: its RSeq, and the CSeq of its request."""

    rseq: int
    cseq: CSeq

    @classmethod
    def parse(cls, text: str) -> "RAck":
        """Read the value. Raises RemoteSipError."""
        digits, blank, cseq = text.strip(BLANK).replace("\t", " ").partition(" ")
        if not blank:
            raise RemoteSipError("RAck has no CSeq")
        return cls(parse_rseq(digits, "RAck"), CSeq.parse(cseq))

    def __str__(self) -> str:
        return f"{self.rseq} {self.cseq}"


def parse_rseq(text: str, name: str = "RSeq") -> int:
    """Read RSeq, 1 and up. Raises RemoteSipError."""
    rseq = number(text, MAX_RSEQ, name)
    if rseq == 0:
        raise RemoteSipError(f"{name} is 0")
    return rseq
