"""The system calls themselves, as numba can compile, and cache, them: through the C library's symbols."""

import errno as codes
import socket
from collections.abc import Callable

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from media.engine.compile import kernel

Octets = NDArray[np.uint8]
Samples = NDArray[np.int16]

_SOCKADDR_IN = 16
_DONTWAIT = int(socket.MSG_DONTWAIT)
_INET = int(socket.AF_INET)
_MONOTONIC = 1
_ABSTIME = 1
_LINE = 64
"""Octets of a line of the caches."""
_TO_READ, _KEPT_LONG, _DATA = 0, 3, 1
"""What LLVM wants to know of a prefetch."""


def _external(name: str, result: types.Type, *arguments: types.Type) -> Callable[..., int]:
    """A function of the C library."""
    function: Callable[..., int] = types.ExternalFunction(name, result(*arguments))
    return function


_int, _size, _address = types.int32, types.intp, types.uintp
_errno_location = _external("__errno_location", _address)
_recvfrom = _external("recvfrom", _size, _int, _address, _address, _int, _address, _address)
_recv = _external("recv", _size, _int, _address, _address, _int)
_send = _external("send", _size, _int, _address, _address, _int)
_sendto = _external("sendto", _size, _int, _address, _address, _int, _address, _int)
_connect = _external("connect", _int, _int, _address, _int)
_write = _external("write", _size, _int, _address, _address)
_gettime = _external("clock_gettime", _int, _int, _address)
_nanosleep = _external("clock_nanosleep", _int, _int, _int, _address, _address)


def _pointer(_context, address):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return types.CPointer(types.int16)(address), _inttoptr  # type: ignore[no-untyped-call]


def _errno_pointer(_context, address):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return types.CPointer(types.int32)(address), _inttoptr  # type: ignore[no-untyped-call]


def _barrier(_context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return types.void(), _seq_cst


def _hint(_context, _address):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return types.void(_address), _prefetch_line


def _inttoptr(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))


def _seq_cst(context, builder, _signature, _arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    builder.fence("seq_cst")
    return context.get_dummy_value()


def _prefetch_line(context, builder, _signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    number, octets = ir.IntType(32), ir.IntType(8).as_pointer()
    form = ir.FunctionType(ir.VoidType(), [octets, number, number, number])
    hint = builder.module.declare_intrinsic("llvm.prefetch", [octets], form)
    how = [number(value) for value in (_TO_READ, _KEPT_LONG, _DATA)]
    builder.call(hint, [builder.inttoptr(arguments[0], octets), *how])
    return context.get_dummy_value()


_to_int16: Callable[..., Samples] = intrinsic(_pointer)
_to_int32: Callable[..., NDArray[np.int32]] = intrinsic(_errno_pointer)
_fence: Callable[[], None] = intrinsic(_barrier)  # type: ignore[assignment]
_prefetch: Callable[..., None] = intrinsic(_hint)


@kernel
def fence() -> None:
    """Order the loads and stores before against those after, for the other thread to see."""
    _fence()


@kernel
def prefetch(address: int, octets: int) -> None:
    """Begin to bring octets into the caches. Any address will do: it is a hint."""
    for offset in range(0, octets, _LINE):
        _prefetch(np.uintp(address + offset))


@kernel
def samples_at(address: int, count: int) -> Samples:  # noqa: ARG001 - the stand-in checks it
    """The int16 samples at a memory address, to be indexed only; its owner keeps them alive."""
    return _to_int16(np.uintp(address))


@kernel
def _result(returned: int) -> int:
    """What the call returned or, where it failed, the error as a negative number."""
    if returned >= 0:
        return returned
    return -int(_to_int32(_errno_location())[0])


@kernel
def _write_address(address: Octets, endpoint: int) -> None:
    address[:_SOCKADDR_IN] = 0
    address[0] = _INET
    for k in range(2):
        address[2 + k] = (endpoint >> (8 - 8 * k)) & 0xFF
    for k in range(4):
        address[4 + k] = (endpoint >> (40 - 8 * k)) & 0xFF


@kernel
def _read_address(address: Octets) -> int:
    endpoint = 0
    for k in range(4, 8):
        endpoint = endpoint << 8 | int(np.int64(address[k]))
    return endpoint << 16 | int(np.int64(address[2])) << 8 | int(np.int64(address[3]))


@kernel
def receive(fd: int, packet: Octets, address: Octets) -> tuple[int, int]:
    """A datagram into `packet`: its length, or a negative error, and the endpoint that sent it."""
    address[_SOCKADDR_IN:] = 0
    address[_SOCKADDR_IN] = _SOCKADDR_IN
    where = address.ctypes.data
    got = _recvfrom(fd, packet.ctypes.data, packet.size, _DONTWAIT, where, where + _SOCKADDR_IN)
    return _result(got), _read_address(address)


@kernel
def receive_bound(fd: int, packet: Octets) -> int:
    """A datagram into `packet` where its source is certain: its length, or a negative error."""
    return _result(_recv(fd, packet.ctypes.data, packet.size, _DONTWAIT))


@kernel
def send(fd: int, packet: Octets, length: int) -> int:
    """Send the first octets of `packet` from a connected socket: octets sent, or a negative error."""
    return _result(_send(fd, packet.ctypes.data, length, _DONTWAIT))


@kernel
def send_to(fd: int, packet: Octets, length: int, endpoint: int, address: Octets) -> int:
    """Send the first octets of `packet` to an endpoint: octets sent, or a negative error."""
    _write_address(address, endpoint)
    return _result(_sendto(fd, packet.ctypes.data, length, _DONTWAIT, address.ctypes.data, _SOCKADDR_IN))


@kernel
def connect(fd: int, endpoint: int, address: Octets) -> int:
    """Let the socket talk with this endpoint alone: 0, or a negative error."""
    _write_address(address, endpoint)
    return _result(int(_connect(fd, address.ctypes.data, _SOCKADDR_IN)))


@kernel
def disconnect(fd: int, address: Octets) -> int:
    """Let the socket hear everybody again: 0, or a negative error."""
    address[:_SOCKADDR_IN] = 0
    return _result(int(_connect(fd, address.ctypes.data, _SOCKADDR_IN)))


@kernel
def now(time: NDArray[np.int64]) -> int:
    """Nanoseconds on the monotonic clock. `time`: two integers to work in."""
    _gettime(_MONOTONIC, time.ctypes.data)
    return int(time[0]) * 1_000_000_000 + int(time[1])


@kernel
def sleep_until(moment: int, time: NDArray[np.int64]) -> None:
    """Sleep until a moment of the monotonic clock, in nanoseconds."""
    time[0] = moment // 1_000_000_000
    time[1] = moment % 1_000_000_000
    while _nanosleep(_MONOTONIC, _ABSTIME, time.ctypes.data, np.uintp(0)) == codes.EINTR:
        pass


@kernel
def wake(fd: int, time: NDArray[np.int64]) -> None:
    """Add one to an eventfd."""
    time[0] = 1
    _write(fd, time.ctypes.data, 8)
