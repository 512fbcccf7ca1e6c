"""Messages as octets: MessagePack, framed by a four-byte big-endian length."""

import struct
from collections.abc import Iterator

import msgspec

from media.control.commands import Command, Commands
from media.control.listening import ListeningCommands, ListeningNotices
from media.control.notices import Notice, Notices

MAX_MESSAGE = 1 << 20
"""Octets in one message. The largest honest one (a websocket's first text) is below 16 KiB."""

AnyCommand = Commands | ListeningCommands
AnyNotice = Notices | ListeningNotices

_LENGTH = struct.Struct("!I")
_encoder = msgspec.msgpack.Encoder()
_command_decoder: msgspec.msgpack.Decoder[AnyCommand] = msgspec.msgpack.Decoder(AnyCommand)
_notice_decoder: msgspec.msgpack.Decoder[AnyNotice] = msgspec.msgpack.Decoder(AnyNotice)


def encode(message: Command | Notice) -> bytes:
    """The message with its length in front, ready to write."""
    body = _encoder.encode(message)
    return _LENGTH.pack(len(body)) + body


class Framer:
    """Cuts a byte stream into message bodies. Raises ValueError for a length above MAX_MESSAGE."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The bodies that are complete now, those before a length that is refused included."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > MAX_MESSAGE:
                raise ValueError(f"a control message of {length} octets; at most {MAX_MESSAGE} are allowed")
            if len(self._buffer) < _LENGTH.size + length:
                break
            body = bytes(self._buffer[_LENGTH.size : _LENGTH.size + length])
            del self._buffer[: _LENGTH.size + length]
            yield body


def decode_command(body: bytes) -> AnyCommand:
    """A command from its body. Raises msgspec.DecodeError."""
    return _command_decoder.decode(body)


def decode_notice(body: bytes) -> AnyNotice:
    """A notice from its body. Raises msgspec.DecodeError."""
    return _notice_decoder.decode(body)
