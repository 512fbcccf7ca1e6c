"""TLS as a layer of a connection's octets: below it the wire, above it another framing.

It makes no input or output: `ssl` keeps the octets in memory, so that one connection, with its limits and its
patience, is the same for all transports and in every event loop.
"""

import ssl

from signalling.io.framing import Framing
from signalling.sip.errors import RemoteSipError

READ_SIZE = 64 * 1024
"""Octets decrypted at a time."""


class Secured:
    """A framing inside TLS. As a client it names the server that it wants; as a server it names none."""

    def __init__(self, inner: Framing, context: ssl.SSLContext, server_name: str | None = None) -> None:
        self._inner = inner
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server_name is None, server_hostname=server_name
        )
        self._is_secured = False
        self._is_over = False
        self._shake_hands()

    def feed(self, data: bytes) -> list[bytes]:
        """See Framing. A handshake that fails and a record that cannot be read are errors."""
        self._incoming.write(data)
        try:
            self._shake_hands()
            plain = self._read()
        except ssl.SSLError as error:
            raise RemoteSipError(f"TLS: {error.reason or error}") from None
        return self._inner.feed(plain) if plain else []

    def frame(self, message: bytes) -> bytes:
        """See Framing."""
        return self._encrypt(self._inner.frame(message))

    def reply(self) -> bytes:
        """See Framing. The handshake's own words too."""
        return self._encrypt(self._inner.reply())

    def ping(self) -> bytes:
        """See Framing."""
        return self._encrypt(self._inner.ping())

    @property
    def is_open(self) -> bool:
        """See Framing."""
        return self._is_secured and self._inner.is_open

    @property
    def is_partial(self) -> bool:
        """See Framing."""
        return self._inner.is_partial

    @property
    def is_over(self) -> bool:
        """See Framing."""
        return self._is_over or self._inner.is_over

    def _shake_hands(self) -> None:
        if self._is_secured:
            return
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return
        self._is_secured = True

    def _read(self) -> bytes:
        plain = bytearray()
        while self._is_secured and not self._is_over:
            try:
                octets = self._tls.read(READ_SIZE)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                octets = b""
            self._is_over = not octets
            plain += octets
        return bytes(plain)

    def _encrypt(self, plain: bytes) -> bytes:
        if plain and self._is_secured:
            self._tls.write(plain)
        return self._outgoing.read()
