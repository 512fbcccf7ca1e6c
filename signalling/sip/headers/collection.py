"""The header fields of one message, in order."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from signalling.sip.errors import LocalSipError
from signalling.sip.grammar import BLANK, split
from signalling.sip.headers.names import Name, is_list, key, name_of


class Headers:
    """Ordered header fields with case-insensitive names; compact names are the same as long ones.

    Holds nothing that cannot be written: a name that is no token or a value with CR or LF is a LocalSipError.
    """

    __slots__ = ("_fields", "_index")

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields = [_field(name, value) for name, value in fields]
        self._index: dict[str, list[str]] | None = None
        """The values by key, for a message is asked for its fields dozens of times; None after a change."""

    def get(self, name: str) -> str | None:
        """First value of `name` as sent (a list is not cut), None when there is none."""
        return next(iter(self._values(name)), None)

    def lines(self, name: str) -> list[str]:
        """Every value of `name` as sent, one for each header line."""
        return list(self._values(name))

    def all(self, name: str) -> list[str]:
        """Every element of `name`: lists are cut at their commas, other fields give one element a line.

        Raises RemoteSipError when a quoted string or an angle bracket does not close.
        """
        if not is_list(name):
            return self.lines(name)
        return [element for line in self._values(name) for element in split(line, ",") if element]

    def add(self, name: str, value: str) -> None:
        """Append a field."""
        self._insert(len(self._fields), _field(name, value))

    def prepend(self, name: str, value: str) -> None:
        """Put a field before all others, as a new topmost Via."""
        self._insert(0, _field(name, value))

    def set(self, name: str, value: str) -> None:
        """Make `value` the only one of `name`, in the place of its first."""
        field = _field(name, value)
        places = [place for place, known in enumerate(self._fields) if known.name.key == field.name.key]
        first = places[0] if places else len(self._fields)
        self.remove(name)
        self._insert(first, field)

    def set_first(self, name: str, value: str) -> None:
        """Replace the first element of `name` and keep the others, as for a stamped topmost Via."""
        elements = [value, *self.all(name)[1:]]
        self.remove(name)
        for element in reversed(elements):
            self.prepend(name, element)

    def remove(self, name: str) -> None:
        """Drop every field of that name."""
        wanted = key(name)
        self._fields = [field for field in self._fields if field.name.key != wanted]
        self._index = None

    def items(self) -> list[tuple[str, str]]:
        """Every field, in order, as (name, value)."""
        return [(field.name.text, field.value) for field in self._fields]

    def copy(self) -> "Headers":
        """Return an independent copy."""
        copied = Headers()
        copied._fields = list(self._fields)
        return copied

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.items())

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._folded() == other._folded()

    __hash__ = None  # type: ignore[assignment]  # it is mutable

    def __repr__(self) -> str:
        return f"Headers({self.items()!r})"

    def _values(self, name: str) -> Sequence[str]:
        if self._index is None:
            self._index = {}
            for field in self._fields:
                self._index.setdefault(field.name.key, []).append(field.value)
        return self._index.get(key(name), ())

    def _insert(self, place: int, field: "_Field") -> None:
        self._fields.insert(place, field)
        self._index = None

    def _folded(self) -> list[tuple[str, str]]:
        return [(field.name.key, field.value) for field in self._fields]


class _Field(NamedTuple):
    name: Name
    value: str


def _field(name: str, value: str) -> _Field:
    known = name_of(name)
    if known is None:
        raise LocalSipError("header name is not a token")
    if "\r" in value or "\n" in value:
        raise LocalSipError(f"line break in the value of {name}")
    return _Field(known, value.strip(BLANK))
