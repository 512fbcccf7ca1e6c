"""SRTP as kernels call it: libsrtp itself, on a session's address, in place and without the interpreter.

Python's side of a session is in `media.rtp.srtp`; whoever makes one keeps it while its address is in use. A
session has no lock: it belongs to the thread that seals, or opens, by it.
"""

from collections.abc import Callable

import numpy as np
from llvmlite import binding
from numba import types
from numpy.typing import NDArray
from pylibsrtp import Session
from pylibsrtp._binding import ffi, lib

from media.engine.compile import COMPILED, kernel
from media.rtp import kept_keys
from media.rtp.packet import word16, word32

Octets = NDArray[np.uint8]

PLAIN = 0
"""In place of a session's address: RTP is neither sealed nor opened."""
KEYLESS = -1
"""There is to be a session, and there is none yet: nothing is sent, nothing heard."""
SEAL = 20
"""Octets by which the longest seal of our suites, of 16, may lengthen a packet, and some for alignment."""
REFUSED = -1

_Function = Callable[..., int]
"""On the addresses of a session, a packet and its length; 0 when it could."""


def _compiled(name: str) -> _Function:
    """A function of libsrtp, which is inside a module that the linker does not look into by itself."""
    symbol = f"cordboard_{name}"
    binding.add_symbol(symbol, int(ffi.cast("uintptr_t", ffi.addressof(lib, name))))
    signature = types.int32(types.uintp, types.uintp, types.uintp)
    function: _Function = types.ExternalFunction(symbol, signature)
    return function


def _interpreted(name: str) -> _Function:
    function = getattr(lib, name)

    def call(session: object, packet: int, length: int) -> int:
        at = int(session)  # type: ignore[call-overload]
        return int(function(ffi.cast("srtp_t", at), ffi.cast("void *", packet), ffi.cast("int *", length)))

    return call


_function = _compiled if COMPILED else _interpreted
_protect, _unprotect = _function("srtp_protect"), _function("srtp_unprotect")


def address(session: Session) -> int:
    """What kernels know a session by."""
    return int(ffi.cast("uintptr_t", session._srtp[0]))  # noqa: SLF001 - pylibsrtp has no word for it


@kernel
def without(session: int) -> int:
    """What takes the place of a session that is in another process."""
    return PLAIN if session == PLAIN else KEYLESS


@kernel
def seal(session: int, packet: Octets, length: int, size: NDArray[np.int32]) -> int:
    """Seal the packet in the first `length` octets: its length now, or REFUSED.

    `packet` has SEAL octets more. `size`: one integer to work in.
    """
    size[0] = length
    if _protect(np.uintp(session), packet.ctypes.data, size.ctypes.data) != 0:
        return REFUSED
    return int(size[0])


@kernel
def open_sealed(session: int, packet: Octets, length: int, size: NDArray[np.int32]) -> int:
    """Open the packet in the first `length` octets: its length now, or REFUSED, and then it is garbage.

    `size`: one integer to work in.
    """
    size[0] = length
    if _unprotect(np.uintp(session), packet.ctypes.data, size.ctypes.data) != 0:
        return REFUSED
    return int(size[0])


@kernel
def seal_marked(
    session: int, mark: kept_keys.Words, packet: Octets, length: int, size: NDArray[np.int32]
) -> int:
    """Seal as `seal` does. The index is marked first: it is used now, whatever happens."""
    if not kept_keys.note(mark, word16(packet, 2), word32(packet, 8)):
        return REFUSED
    return seal(session, packet, length, size)


@kernel
def open_marked(
    session: int, mark: kept_keys.Words, packet: Octets, length: int, size: NDArray[np.int32]
) -> int:
    """Open as `open_sealed` does, and mark what has proved to be of the key.

    What could not be marked is not opened: the library would remember any number of streams.
    """
    if kept_keys.find(mark, kept_keys.STREAMS, word32(packet, 8)) == kept_keys.FULL:
        return REFUSED
    plain = open_sealed(session, packet, length, size)
    if plain != REFUSED:
        kept_keys.note(mark, word16(packet, 2), word32(packet, 8))
    return plain
