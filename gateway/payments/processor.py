"""What charges cards: a port, and the processor behind an HTTP address that the operator configures.

A charge is asked for once and never again by itself: nobody here can know whether a request whose answer was
lost has been carried out. Its id goes along as `Idempotency-Key`, so that a processor, too, can tell.
"""

from typing import Literal, Protocol

import aiohttp
import msgspec

from gateway.errors import GatewayError
from gateway.ncco.effects import Card

TIMEOUT_S = 30.0
"""For everything: banks take their time, and a caller waits."""
MAX_REPLY = 64 * 1024
"""Octets of the processor's answer that are read."""

Status = Literal["success", "failure"]


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be charged, and for whom."""

    id: str
    amount: str
    """A decimal number."""
    currency: str
    """ISO 4217, in small letters."""
    card: Card
    application_id: str
    leg_id: str


class NotCharged(GatewayError):
    """The processor did not say how the charge went; `detail` says why, and nothing of the card."""


class Processor(Protocol):
    """Charges cards."""

    async def charge(self, payment: Payment) -> Status:
        """Charge, once. Raises NotCharged."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class _Answer(msgspec.Struct, frozen=True):
    status: Status


class HttpProcessor:
    """The processor at an HTTP address: POST a payment as JSON, get `{"status": "success" | "failure"}`."""

    def __init__(self, url: str, secret: str = "", timeout_s: float = TIMEOUT_S) -> None:
        """`secret` is sent as the bearer's token; no header at all when it is empty."""
        self._url = url
        self._headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def charge(self, payment: Payment) -> Status:
        """See `Processor.charge`."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        headers = {**self._headers, "Idempotency-Key": payment.id, "Content-Type": "application/json"}
        body = msgspec.json.encode(payment)
        try:
            # A redirection would carry the card to an address that the operator has not named.
            async with self._session.post(
                self._url, data=body, headers=headers, allow_redirects=False
            ) as response:
                return await _read(response)
        except TimeoutError:
            raise NotCharged("the payment processor does not answer; whether it charged is unknown") from None
        except aiohttp.ClientConnectorError:
            raise NotCharged("the payment processor cannot be reached") from None
        except (aiohttp.ClientError, OSError):
            raise NotCharged("the payment processor broke off; whether it charged is unknown") from None

    async def close(self) -> None:
        """See `Processor.close`."""
        if self._session is not None:
            await self._session.close()


async def _read(response: aiohttp.ClientResponse) -> Status:
    if response.status >= 300:
        raise NotCharged(f"the payment processor answered {response.status}")
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_REPLY:
            raise NotCharged(f"the payment processor answered with more than {MAX_REPLY} octets")
    try:
        return msgspec.json.decode(bytes(body), type=_Answer).status
    except msgspec.DecodeError:
        raise NotCharged('the payment processor did not answer {"status": "success" | "failure"}') from None
