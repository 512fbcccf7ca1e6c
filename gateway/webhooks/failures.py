"""Why a request to a customer's host brought nothing, as one tree.

    EgressError
    ├── InvalidUrl          not a URL that we open
    ├── RefusedAddress      its host is, or has, an address that is not for customers to name
    ├── DnsFailure        ↻ its host has no address just now
    ├── ConnectTimeout    ↻ no connection in time
    ├── SocketTimeout     ↻ a connection, but no whole reply in time
    ├── ConnectionClosed  ↻ refused, closed or reset
    ├── TlsFailure          its certificate is not good, or it does not speak TLS
    ├── TooLarge            the reply has more octets than we take
    ├── BadContent          the reply is not what was asked for
    └── NoSecret          ↻ it is to be signed, and there is no secret to sign with

↻ marks what may be different in a second. The message is fit to be shown to the customer (`reason` in the
fallback request), and says nothing about our own network.
"""


class EgressError(Exception):
    """No reply that counts. `retryable` says whether the same request may succeed soon."""

    retryable = False
    text = "Request failed."

    def __init__(self, text: str = "") -> None:
        super().__init__(text or self.text)


class InvalidUrl(EgressError):
    """Not a URL that we open."""

    text = "Invalid URL."


class RefusedAddress(EgressError):
    """The host is, or has, an address that is not for customers to name."""

    text = "Address not allowed."


class DnsFailure(EgressError):
    """The host has no address just now."""

    retryable = True
    text = "Host not found."


class ConnectTimeout(EgressError):
    """No connection in time."""

    retryable = True
    text = "Connection timed out."


class SocketTimeout(EgressError):
    """A connection, but no whole reply in time."""

    retryable = True
    text = "Response timed out."


class ConnectionClosed(EgressError):
    """Refused, closed or reset."""

    retryable = True
    text = "Connection closed."


class TlsFailure(EgressError):
    """The certificate is not good, or the host does not speak TLS."""

    text = "TLS failure."


class TooLarge(EgressError):
    """The reply has more octets than we take."""

    text = "Response too large."


class BadContent(EgressError):
    """The reply is not what was asked for."""

    text = "Unexpected content."


class NoSecret(EgressError):
    """It is to be signed, and the account has no secret to sign with."""

    retryable = True
    text = "No signature secret."
