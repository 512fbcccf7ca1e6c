"""The one door for everything that goes to a host which a customer has named.

For every request the name is looked up once; every address that it has is judged; the request goes to one of
those very addresses, while Host and SNI keep the name. So a name that changes its address between the
question and the connection (DNS rebinding) gains nothing. A connection may serve the requests that follow,
but only those to the same name while that has the same addresses.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import msgspec
from yarl import URL

from gateway.store.records import Json, Webhook
from gateway.webhooks import download
from gateway.webhooks.addresses import AddressPolicy, address_of
from gateway.webhooks.connections import Admitted, Connections
from gateway.webhooks.exchange import Reply, Request, encode
from gateway.webhooks.failures import (
    BadContent,
    ConnectionClosed,
    ConnectTimeout,
    EgressError,
    InvalidUrl,
    RefusedAddress,
    SocketTimeout,
    TlsFailure,
)
from gateway.webhooks.lookups import Lookups, Resolve
from gateway.webhooks.signing import Sign, unsigned
from gateway.webhooks.targets import parse_target

HTTP = frozenset({"http", "https"})
USER_AGENT = "Cordboard"

MAX_REPLY = 1 << 20
"""Octets of a webhook's reply that are read; the rest is cut off, and what is left is no NCCO."""
MAX_REDIRECTS = 3
"""For files alone; a webhook is never redirected."""
FETCH_TIMEOUT_S = 30.0
"""For a whole file, redirects included: somebody is waiting to hear it."""
FETCH_CONNECT_S = 3.0


class _Limits(msgspec.Struct, frozen=True):
    """Seconds to connect, between octets, and for everything."""

    connect_s: float
    read_s: float
    total_s: float


NOTHING_KNOWN: Mapping[str, str] = {}
_FETCH_LIMITS = _Limits(FETCH_CONNECT_S, FETCH_TIMEOUT_S, FETCH_TIMEOUT_S)


class Egress:
    """Requests to customers' hosts. Every failure is an EgressError."""

    def __init__(
        self,
        allow: tuple[str, ...] = (),
        *,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`allow`: networks (CIDR) besides the public ones; ValueError for what is none.

        `tls`: whom to trust, the system's authorities when None.
        """
        self._policy = AddressPolicy(allow)
        self._lookups = Lookups(resolve)
        self._connections = Connections(tls or ssl.create_default_context())

    async def close(self) -> None:
        """Start no more lookups, and let go of the connections."""
        self._lookups.close()
        await self._connections.close()

    async def admit(self, url: str, schemes: Collection[str] = HTTP) -> Admitted:
        """Where the URL may be connected to. Raises InvalidUrl, DnsFailure and RefusedAddress.

        One bad address among several refuses the host: an honest name has none.
        """
        target = parse_target(url, schemes)
        is_name = address_of(target.host) is None
        addresses = await self._lookups.addresses(target) if is_name else [target.host]
        if not all(self._policy.admits(address) for address in addresses):
            raise RefusedAddress
        return Admitted(target.host, tuple(dict.fromkeys(addresses)), target.port)

    async def request(
        self, webhook: Webhook, payload: Json, headers: Mapping[str, str], sign: Sign = unsigned
    ) -> Reply:
        """Send a webhook once and read its reply, whatever it is; redirects are not followed.

        `sign` makes headers from the octets of the body. The webhook's two timeouts bound the connecting and
        the waiting; their sum bounds everything, so that a host that drips gains nothing. Raises EgressError.
        """
        connect_s, socket_s = webhook.connect_timeout_ms / 1000, webhook.socket_timeout_ms / 1000
        try:
            request = encode(webhook, payload)
        except ValueError:
            raise InvalidUrl from None
        limits = _Limits(connect_s, socket_s, connect_s + socket_s)
        headers = {**headers, **sign(request.body or b"")}
        async with self._exchange(request, headers, limits) as response:
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > MAX_REPLY:
                    break
            return Reply(response.status, _content_type(response), bytes(body))

    async def fetch(
        self,
        url: str,
        into: Path,
        limit: int = download.MAX_FILE,
        known: Mapping[str, str] = NOTHING_KNOWN,
    ) -> download.Fetched:
        """Save an audio file of at most `limit` octets as `into`; what kind it is by its content.

        `known` are headers that ask for it only if it has changed. Nothing stands at `into` unless all of it
        arrived. Raises EgressError; Unavailable when our own disk is full.
        """
        try:
            async with asyncio.timeout(FETCH_TIMEOUT_S):
                for _ in range(MAX_REDIRECTS + 1):
                    request = Request("GET", url, None)
                    async with self._exchange(request, known, _FETCH_LIMITS) as response:
                        if response.status == 304 and known:
                            return download.Fetched(None, download.headers_of(response))
                        if response.status not in (301, 302, 303, 307, 308):
                            return await download.save(response, into, limit)
                        url = _redirected(url, response.headers.get("Location", ""))
        except TimeoutError:
            raise SocketTimeout from None
        raise BadContent("Too many redirects.")

    @asynccontextmanager
    async def _exchange(
        self, request: Request, headers: Mapping[str, str], limits: _Limits
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        admitted = await self.admit(request.url)
        sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **headers}
        if request.body is not None:
            sent["Content-Type"] = "application/json"
        timeout = aiohttp.ClientTimeout(connect=limits.connect_s, sock_read=limits.read_s)
        with _told():
            async with (
                asyncio.timeout(limits.total_s),
                self._connections.exchange(admitted, request, sent, timeout) as response,
            ):
                yield response


@contextmanager
def _told() -> Iterator[None]:
    """Say what went wrong in our own words."""
    try:
        yield
    except EgressError:
        raise
    except aiohttp.ConnectionTimeoutError:
        raise ConnectTimeout from None
    except TimeoutError:
        raise SocketTimeout from None
    except (aiohttp.ClientSSLError, ssl.SSLError):
        raise TlsFailure from None
    except aiohttp.InvalidURL:
        raise InvalidUrl from None
    except aiohttp.ClientResponseError:
        raise BadContent("Not HTTP.") from None
    except (aiohttp.ClientError, OSError):
        raise ConnectionClosed from None


def _content_type(response: aiohttp.ClientResponse) -> str:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _redirected(url: str, location: str) -> str:
    try:
        return str(URL(url).join(URL(location)))
    except ValueError:
        raise InvalidUrl from None
