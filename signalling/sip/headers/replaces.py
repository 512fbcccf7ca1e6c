"""Replaces: the dialog whose place a new call takes (RFC 3891)."""

from dataclasses import dataclass

from signalling.sip.errors import RemoteSipError
from signalling.sip.grammar import Params, split, token


@dataclass(frozen=True, slots=True)
class Replaces:
    """A dialog, by its whole id as the one who is to give it up sees it: `to_tag` is that end's own tag."""

    call_id: str
    to_tag: str
    from_tag: str
    early_only: bool = False
    """Only while nobody has answered."""

    @classmethod
    def parse(cls, text: str) -> "Replaces":
        """Read the value. Raises RemoteSipError."""
        call_id, *pieces = split(text, ";")
        params = Params.parse(pieces)
        if not call_id or " " in call_id or "\t" in call_id:
            raise RemoteSipError("Replaces has no Call-ID")
        return cls(call_id, _tag(params, "to-tag"), _tag(params, "from-tag"), "early-only" in params)

    def __str__(self) -> str:
        tail = ";early-only" if self.early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{tail}"


def _tag(params: Params, name: str) -> str:
    value = params.get(name)
    if not value:
        raise RemoteSipError(f"Replaces has no {name}")
    return token(value, name)
