"""A dictionary in as few octets as its text takes, for large tables of which little is asked.

A word costs a Python dictionary two hundred octets and more, this one some thirty; a look takes microseconds.
"""

from array import array
from bisect import bisect_left
from collections.abc import Mapping

import msgspec

_decode = msgspec.msgpack.decode


class Packed:
    """What a dictionary with text as keys says; the values are what JSON has."""

    def __init__(self, table: Mapping[str, object]) -> None:
        encode = msgspec.msgpack.encode
        self._octets = bytearray()
        """Key and value of each entry, in the order of the keys."""
        self._keys, self._values = array("I"), array("I")
        """Where each begins; the last says where the last value ends."""
        for key, value in sorted((key.encode(), value) for key, value in table.items()):
            self._keys.append(len(self._octets))
            self._octets += key
            self._values.append(len(self._octets))
            self._octets += encode(value)
        self._keys.append(len(self._octets))

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: str) -> bool:
        return self._find(key) is not None

    def get(self, key: str, default: object = None) -> object:
        """The value, made anew at each look."""
        place = self._find(key)
        if place is None:
            return default
        return _decode(self._octets[self._values[place] : self._keys[place + 1]])

    def _find(self, key: str) -> int | None:
        wanted = key.encode(errors="surrogatepass")
        place = bisect_left(range(len(self)), wanted, key=self._key)
        return place if place < len(self) and self._key(place) == wanted else None

    def _key(self, place: int) -> bytes:
        return bytes(self._octets[self._keys[place] : self._values[place]])
