"""A dictionary in as few octets as its text takes, for large tables of which little is asked.

A word costs a Python dictionary two hundred octets and more, this one some thirty; a look takes microseconds.
"""

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from pickle import PickleBuffer
from typing import SupportsIndex

import msgspec

_decode = msgspec.msgpack.decode

Octets = bytes | bytearray | memoryview


class Packed:
    """What a dictionary with text as keys says; the values are what JSON has."""

    def __init__(self, octets: Octets, places: Octets) -> None:
        """`octets`: key and value of each entry, in the order of the keys; `places`: where each begins.

        A place has 32 bits; the last says where the last value ends. What both are in may be a file.
        """
        self._octets = memoryview(octets)
        self._places = memoryview(places).cast("B").cast("I")

    def __len__(self) -> int:
        return len(self._places) // 2

    def __contains__(self, key: str) -> bool:
        return self._find(key) is not None

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[object, ...]:
        """The same again, of what protocol 5 can keep apart."""
        return Packed, (PickleBuffer(self._octets), PickleBuffer(self._places))

    def get(self, key: str, default: object = None) -> object:
        """The value, made anew at each look."""
        entry = self._find(key)
        if entry is None:
            return default
        return _decode(self._octets[self._places[2 * entry + 1] : self._places[2 * entry + 2]])

    def _find(self, key: str) -> int | None:
        wanted = key.encode(errors="surrogatepass")
        entry = bisect_left(range(len(self)), wanted, key=self._key)
        return entry if entry < len(self) and self._key(entry) == wanted else None

    def _key(self, entry: int) -> bytes:
        return bytes(self._octets[self._places[2 * entry] : self._places[2 * entry + 1]])


def packed(table: Mapping[str, object]) -> Packed:
    """What says the same as a dictionary."""
    encode = msgspec.msgpack.encode
    octets = bytearray()
    places = array("I")
    for key, value in sorted((key.encode(), value) for key, value in table.items()):
        places.append(len(octets))
        octets += key
        places.append(len(octets))
        octets += encode(value)
    places.append(len(octets))
    return Packed(octets, places.tobytes())
