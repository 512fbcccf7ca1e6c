"""What facts and webhooks keep of a leg that is redacted: that it was, and not between whom. Pure.

Its addresses are hidden wherever they stand, in whatever a conversation's members said too; what it sent and
what was said to it alone (digits, speech, headers) is emptied.
"""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from gateway.conversation import events
from gateway.store.records import EventRecord, Json, LegRecord

REDACTED = "REDACTED"
"""What stands where an address stood."""
WORD = 6
"""Characters from which on an address is hidden inside of longer texts too.

Shorter ones (an extension, say) would hit parts of ids and times: they are hidden where an address stands."""

_ADDRESSES = frozenset({"from", "to", "number", "uri", "user", "extension"})
_IDS = ("id", "leg_id", "uuid", "rtc_id")
_OWN = frozenset({"headers", "dialog", "digit", "digits", "dtmf", "speech", "asr", "text"})


class Veil:
    """Hides what is known of a leg in JSON values. It is the same leg in each of `legs`."""

    def __init__(self, legs: Iterable[LegRecord]) -> None:
        self._ids: set[str] = set()
        self._members: set[str] = set()
        self.texts: set[str] = set()
        """The addresses."""
        for leg in legs:
            self._ids.add(leg.id)
            self._members.add(leg.member_id)
            for address in (leg.from_, leg.to):
                given = (text for name, text in address.items() if name in _ADDRESSES)
                self.texts.update(text for text in given if isinstance(text, str) and text)
        self.texts.discard(REDACTED)
        words = sorted((text for text in self.texts if len(text) >= WORD), key=len, reverse=True)
        self._words = re.compile(
            rf"(?<![0-9A-Za-z])(?:{'|'.join(map(re.escape, words))})(?![0-9A-Za-z])" if words else r"(?!)"
        )

    def fact(self, fact: EventRecord, now: str) -> EventRecord:
        """The fact without what is to be hidden; the same one when there is nothing in it."""
        if fact.type.startswith("conversation:"):
            return fact  # the application's own words for what it made
        body: Json = self.hide(fact.body)
        if self._members & {fact.from_, fact.to}:
            body = _emptied_of(body)
        if fact.type == events.LEG_CREATED and fact.body["leg"]["id"] in self._ids:
            body = {**body, "redacted": now}
        return fact if body == fact.body else msgspec.structs.replace(fact, body=body)

    def hide(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """The value without what is to be hidden."""
        match value:
            case dict():
                hidden = {self.hide(name): self._member(name, item) for name, item in value.items()}
                return _emptied_of(hidden) if self._is_about(value) else hidden
            case list():
                return [self.hide(item) for item in value]
            case str():
                return self._words.sub(REDACTED, value)
            case int() if str(value) in self.texts:
                return REDACTED
            case _:
                return value

    def _member(self, name: str, item: Any) -> Any:  # noqa: ANN401 - JSON
        if name in _ADDRESSES and isinstance(item, str) and item in self.texts:
            return REDACTED
        return self.hide(item)

    def _is_about(self, value: Json) -> bool:
        channel = value.get("channel")
        named = [value.get(name) for name in _IDS] + [
            channel.get("id") if isinstance(channel, dict) else None
        ]
        return any(isinstance(each, str) and each in self._ids for each in named)


def _emptied_of(value: Json) -> Json:
    return {name: _empty(item) if name in _OWN else item for name, item in value.items()}


def _empty(item: Any) -> Any:  # noqa: ANN401 - JSON
    """Nothing, of the same kind."""
    match item:
        case dict():
            return {}
        case str():
            return REDACTED
        case list():
            return []
        case _:
            return None
