"""Other people's phones behind one set of verbs, so that every one of them plays the same scenes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gateway.demo.phone import Phone, PhoneSettings
from tests.support.child import Child
from tests.support.interop import BARESIP, KAMAILIO, PJSUA, PYVOIP
from tests.support.kamailio import Kamailio
from tests.support.pjsua_phone import PjsuaPhone
from tests.support.pyvoip_phone import PyVoipPhone

TONE_HZ = 440
PATIENCE_S = 30.0
"""Only a fault needs this long."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a scene needs of its phone, besides that it calls and answers."""

    name: str
    directory: Path
    gateway_port: int
    transport: str = "udp"
    encrypted: bool = False
    """It insists on SRTP."""
    domain: str = ""
    """Where it registers, with `password`; also what its calls name, by way of the gateway."""
    password: str = ""
    early: bool = False
    """It says something before it answers."""
    reliable: bool = False
    """It insists on PRACK."""
    timed: bool = False
    """It wants a session timer."""
    keys_by_info: bool = False
    proxy_port: int = 0
    """The proxy between it and the gateway, where there is one."""


class StackPhone(Protocol):
    """One running phone, which says a tone of `TONE_HZ` in its calls and answers whoever calls."""

    heard: Path
    uri: str

    async def call(self, uri: str) -> None: ...
    async def hang_up(self) -> None: ...
    async def hold(self) -> None: ...
    async def resume(self) -> None: ...
    async def transfer(self, uri: str) -> None: ...
    async def press(self, key: str) -> None: ...
    async def saw(self, event: str) -> None:
        """Wait for `established`, `closed`, `registered`."""

    async def got_key(self, key: str) -> None: ...
    def got(self, text: str) -> bool:
        """Whether a SIP message that it received has this text, where it shows them; else True."""


class BaresipPhone:
    """baresip-python, which does not show its messages."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone
        self.heard, self.uri = phone.heard, phone.uri
        self.call, self.hang_up, self.transfer = phone.call, phone.hang_up, phone.transfer
        self.hold, self.resume, self.press = phone.hold, phone.resume, phone.dtmf

    async def saw(self, event: str) -> None:
        await self._phone.wait(event, timeout=PATIENCE_S)

    async def got_key(self, key: str) -> None:
        await self._phone.wait("dtmf", text=key, timeout=PATIENCE_S)

    def got(self, text: str) -> bool:
        return True


class ChildPhone:
    """A phone that takes orders as a `Child`."""

    def __init__(self, phone: PjsuaPhone | PyVoipPhone, *, keys: str = "dtmf") -> None:
        self._child: Child = phone
        self._keys = keys
        self.heard, self.uri = phone.heard, phone.uri

    async def call(self, uri: str) -> None:
        """pyVoIP takes the user alone."""
        is_pyvoip = isinstance(self._child, PyVoipPhone)
        await self._child.order("call", uri.removeprefix("sip:").partition("@")[0] if is_pyvoip else uri)

    async def hang_up(self) -> None:
        await self._child.order("hang_up")

    async def hold(self) -> None:
        await self._child.order("hold")

    async def resume(self) -> None:
        await self._child.order("resume")

    async def transfer(self, uri: str) -> None:
        await self._child.order("transfer", uri)

    async def press(self, key: str) -> None:
        await self._child.order(self._keys, key)

    async def saw(self, event: str) -> None:
        await self._child.wait(event, within_s=PATIENCE_S)

    async def got_key(self, key: str) -> None:
        await self._child.wait("dtmf", within_s=PATIENCE_S, digit=key)

    def got(self, text: str) -> bool:
        return (
            any(text in message for message in self._child.messages())
            if isinstance(self._child, PjsuaPhone)
            else True
        )


@asynccontextmanager
async def _baresip(wish: Wish) -> AsyncIterator[StackPhone]:
    parameters = (
        *(["dtmfmode=info"] if wish.keys_by_info else []),
        *(["100rel=required"] if wish.reliable else []),
        *(["answermode=early"] if wish.early else []),
    )
    needs_proxy = wish.proxy_port or wish.domain
    settings = PhoneSettings(
        name=wish.name,
        directory=wish.directory,
        tone_hz=TONE_HZ,
        password=wish.password,
        domain=wish.domain if wish.password else "",
        proxy=f"127.0.0.1:{wish.proxy_port or wish.gateway_port}" if needs_proxy else "",
        encryption="srtp-mand" if wish.encrypted else "",
        parameters=parameters,
    )
    async with await Phone.start(settings) as phone:
        yield BaresipPhone(phone)


@asynccontextmanager
async def _kamailio(wish: Wish) -> AsyncIterator[StackPhone]:
    """The same phone behind the proxy, and called by a number that the proxy knows."""
    async with _baresip(wish) as phone:
        if not wish.domain:
            phone.uri = Kamailio.number_of(int(phone.uri.rpartition(":")[2]))
        yield phone


@asynccontextmanager
async def _pjsua(wish: Wish) -> AsyncIterator[StackPhone]:
    options = {
        "transport": wish.transport,
        "proxy": f"127.0.0.1:{wish.gateway_port}" if wish.domain else "",
        "domain": wish.domain if wish.password else "",
        "password": wish.password,
        "srtp": "mandatory" if wish.encrypted else "",
        "answers": "early" if wish.early else "at once",
        "prack": "mandatory" if wish.reliable else "",
        "timer": "always" if wish.timed else "",
    }
    async with PjsuaPhone(wish.name, wish.directory, tone_hz=TONE_HZ, **options) as phone:
        yield ChildPhone(phone, keys="info" if wish.keys_by_info else "dtmf")


@asynccontextmanager
async def _pyvoip(wish: Wish) -> AsyncIterator[StackPhone]:
    async with PyVoipPhone(
        wish.name, wish.directory, tone_hz=TONE_HZ, server_port=wish.gateway_port
    ) as phone:
        yield ChildPhone(phone)


PHONES = {BARESIP: _baresip, PJSUA: _pjsua, PYVOIP: _pyvoip, KAMAILIO: _kamailio}
"""What starts a phone of each stack that has phones."""
