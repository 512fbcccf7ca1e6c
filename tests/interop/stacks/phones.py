"""Other people's phones behind one set of verbs, so that every one of them plays the same scenes."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gateway.demo.phone import Phone, PhoneSettings
from tests.support.child import Child
from tests.support.debian_baresip import DebianBaresip
from tests.support.interop import BARESIP, DEBIAN, KAMAILIO, PJSUA, PYVOIP
from tests.support.kamailio import Kamailio
from tests.support.pjsua_phone import PjsuaPhone
from tests.support.pyvoip_phone import PyVoipPhone
from tests.support.tls import Certificate
from tests.support.waiting import until

TONE_HZ = 440
PATIENCE_S = 30.0
"""Only a fault needs this long."""
CODECS_OF_BARESIP = {"": "pcmu", "G722": "g722/16000/1", "opus": "opus/48000/2"}
CODECS_OF_PJSIP = {"": "", "G722": "G722/16000/1", "opus": "opus/48000/2"}
ANSWER = r"^SIP/2\.0 (\d+) .*\n(?:.+\n)*?CSeq: \d+ (\w+)$"


def answers(trace: str, method: str) -> set[int]:
    """The status codes of the answers to requests of a method, in a trace of SIP messages."""
    found = re.findall(
        r"^SIP/2\.0 (\d+) .*\n(?:.+\n)*?CSeq: \d+ (\w+)\s*$", trace.replace("\r", ""), re.MULTILINE
    )
    return {int(status) for status, of in found if of == method}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a scene needs of its phone, besides that it calls and answers."""

    name: str
    directory: Path
    gateway_port: int
    transport: str = "udp"
    tls: Certificate | None = None
    """What it proves its name with; it believes in the same authority."""
    encrypted: bool = False
    """It insists on SRTP."""
    domain: str = ""
    """Where it registers, with `password`; also what its calls name, by way of the gateway."""
    password: str = ""
    early: bool = False
    """It says something before it is told to `answer`."""
    reliable: bool = False
    """It insists on PRACK."""
    timed: bool = False
    """It wants a session timer."""
    asks: bool = False
    """It sends OPTIONS."""
    keys_by_info: bool = False
    codec: str = ""
    """The only one that it has: `G722` or `opus`; else G.711."""
    proxy_port: int = 0
    """The proxy between it and the gateway, where there is one."""


class StackPhone(Protocol):
    """One running phone, which says a tone of `TONE_HZ` in its calls and answers whoever calls."""

    uri: str

    @property
    def heard(self) -> Path:
        """What it heard: a WAV file at 8 kHz, which grows."""
        ...

    async def call(self, uri: str) -> None: ...
    async def answer(self) -> None: ...
    async def hang_up(self) -> None: ...
    async def hold(self) -> None: ...
    async def resume(self) -> None: ...
    async def transfer(self, uri: str) -> None: ...
    async def consult(self, uri: str) -> None:
        """Call somebody else besides."""

    async def join(self) -> None:
        """Connect the two, and leave."""

    async def press(self, key: str) -> None: ...
    async def saw(self, event: str) -> None:
        """Wait for `established`, `closed`, `registered`."""

    async def got_key(self, key: str) -> None: ...
    async def ask(self, uri: str) -> None:
        """Send OPTIONS."""

    async def refresh(self) -> None:
        """Begin the session's interval anew."""

    def trace(self) -> str:
        """Every SIP message that it sent and received, as it logs them itself."""


class BaresipPhone:
    """baresip-python."""

    def __init__(self, phone: Phone, log: Path) -> None:
        self._phone, self._log = phone, log
        self.heard, self.uri = phone.heard, phone.uri
        self.call, self.hang_up, self.transfer = phone.call, phone.hang_up, phone.transfer
        self.hold, self.resume, self.press = phone.hold, phone.resume, phone.dtmf
        self.answer, self.consult, self.join = phone.answer, phone.consult, phone.join

    async def saw(self, event: str) -> None:
        await self._phone.wait(event, timeout=PATIENCE_S)

    async def got_key(self, key: str) -> None:
        await self._phone.wait("dtmf", text=key, timeout=PATIENCE_S)

    async def ask(self, uri: str) -> None:
        raise NotImplementedError

    async def refresh(self) -> None:
        raise NotImplementedError

    def trace(self) -> str:
        return self._log.read_text("utf-8", "replace")


class DebianPhone:
    """Debian's baresip."""

    def __init__(self, phone: DebianBaresip) -> None:
        self._phone = phone
        self.uri = phone.uri

    @property
    def heard(self) -> Path:
        return self._phone.heard

    async def call(self, uri: str) -> None:
        await self._phone.order("dial", uri)

    async def answer(self) -> None:
        await self._phone.order("accept")

    async def hang_up(self) -> None:
        await self._phone.order("hangup")

    async def hold(self) -> None:
        await self._phone.order("hold")

    async def resume(self) -> None:
        await self._phone.order("resume")

    async def transfer(self, uri: str) -> None:
        await self._phone.order("transfer", uri)

    async def consult(self, uri: str) -> None:
        raise NotImplementedError

    async def join(self) -> None:
        raise NotImplementedError

    async def press(self, key: str) -> None:
        await self._phone.order("sndcode", key)

    async def saw(self, event: str) -> None:
        if event == "registered":
            # It may be before its control port takes anybody.
            await until(lambda: 200 in answers(self.trace(), "REGISTER"), event)
        else:
            await self._phone.wait(event)

    async def got_key(self, key: str) -> None:
        await self._phone.wait("dtmf", text=key)

    async def ask(self, uri: str) -> None:
        await self._phone.order("options", uri)

    async def refresh(self) -> None:
        raise NotImplementedError

    def trace(self) -> str:
        return self._phone.trace()


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

    async def consult(self, uri: str) -> None:
        await self._child.order("consult", uri)

    async def join(self) -> None:
        await self._child.order("join")

    async def press(self, key: str) -> None:
        await self._child.order(self._keys, key)

    async def saw(self, event: str) -> None:
        await self._child.wait(event, within_s=PATIENCE_S)

    async def got_key(self, key: str) -> None:
        await self._child.wait("dtmf", within_s=PATIENCE_S, digit=key)

    async def answer(self) -> None:
        await self._child.order("answer")

    async def ask(self, uri: str) -> None:
        await self._child.order("options", uri)

    async def refresh(self) -> None:
        """To PJSIP, resuming is a re-INVITE, which is a refresh (RFC 4028 section 7.4)."""
        await self._child.order("resume")

    def trace(self) -> str:
        return self._child.log.read_text("utf-8", "replace")


@asynccontextmanager
async def _baresip(wish: Wish) -> AsyncIterator[StackPhone]:
    parameters: tuple[str, ...] = (
        *(["dtmfmode=info"] if wish.keys_by_info else []),
        *(["100rel=required"] if wish.reliable else []),
        *(["answermode=early"] if wish.early else []),
    )
    if wish.proxy_port or wish.domain:
        port = wish.proxy_port or wish.gateway_port
        parameters = (*parameters, f'outbound="sip:127.0.0.1:{port};transport={wish.transport}"')
    settings = PhoneSettings(
        name=wish.name,
        directory=wish.directory,
        tone_hz=TONE_HZ,
        password=wish.password,
        domain=wish.domain if wish.password else "",
        encryption="srtp-mand" if wish.encrypted else "",
        parameters=parameters,
        codecs=(CODECS_OF_BARESIP[wish.codec],),
        transport="tcp" if wish.transport == "tcp" else "udp",
        answers=not wish.early,
        traced=True,
    )
    async with await Phone.start(settings) as phone:
        yield BaresipPhone(phone, wish.directory / f"{wish.name}.log")


@asynccontextmanager
async def _kamailio(wish: Wish) -> AsyncIterator[StackPhone]:
    """A phone behind the proxy, and called by a number that the proxy knows.

    It is baresip-python, and pjsua2 for what the other cannot do.
    """
    needs_pjsua = wish.early or wish.timed or wish.asks or wish.transport == "tls"
    async with (_pjsua if needs_pjsua else _baresip)(wish) as phone:
        if not wish.domain or wish.encrypted:
            port = int(phone.uri.partition(";")[0].rpartition(":")[2])
            phone.uri = Kamailio.number_of(port, "srtp" if wish.encrypted else wish.transport)
        yield phone


@asynccontextmanager
async def _pjsua(wish: Wish) -> AsyncIterator[StackPhone]:
    proxy = f"127.0.0.1:{wish.proxy_port or wish.gateway_port}"
    options = {
        "transport": wish.transport,
        "tls": str(wish.tls.directory) if wish.tls else "",
        "proxy": proxy if wish.proxy_port or wish.domain else "",
        "domain": wish.domain if wish.password else "",
        "password": wish.password,
        "srtp": "mandatory" if wish.encrypted else "",
        "answers": "early" if wish.early else "at once",
        "codec": CODECS_OF_PJSIP[wish.codec],
        "prack": "mandatory" if wish.reliable else "",
        "timer": "always" if wish.timed else "",
    }
    async with PjsuaPhone(wish.name, wish.directory, tone_hz=TONE_HZ, **options) as phone:
        yield ChildPhone(phone, keys="info" if wish.keys_by_info else "dtmf")


@asynccontextmanager
async def _debian(wish: Wish) -> AsyncIterator[StackPhone]:
    account = [f"answermode={'early' if wish.early else 'auto'}"]
    if wish.domain:
        account.append(f'outbound="sip:127.0.0.1:{wish.gateway_port}"')
    if wish.password:
        account.append(f"regint=60;auth_pass={wish.password}")
    if wish.encrypted:
        account.append("mediaenc=srtp-mand")
    async with DebianBaresip(
        wish.name,
        wish.directory,
        tone_hz=TONE_HZ,
        transport=wish.transport,
        domain=wish.domain if wish.password else "",
        codec=CODECS_OF_BARESIP[wish.codec],
        account=tuple(account),
        config=_tls_of_debian(wish),
    ) as phone:
        yield DebianPhone(phone)


def _tls_of_debian(wish: Wish) -> tuple[str, ...]:
    """It wants certificate and key in one file."""
    if wish.tls is None:
        return ()
    both = wish.directory / "both.pem"
    both.write_bytes(wish.tls.key.read_bytes() + wish.tls.certificate.read_bytes())
    return f"sip_certificate {both}", f"sip_cafile {wish.tls.authority}"


@asynccontextmanager
async def _pyvoip(wish: Wish) -> AsyncIterator[StackPhone]:
    async with PyVoipPhone(
        wish.name,
        wish.directory,
        tone_hz=TONE_HZ,
        server_port=wish.gateway_port,
        domain=wish.domain,
        password=wish.password,
    ) as phone:
        yield ChildPhone(phone)


PHONES = {BARESIP: _baresip, DEBIAN: _debian, PJSUA: _pjsua, PYVOIP: _pyvoip, KAMAILIO: _kamailio}
"""What starts a phone of each stack that has phones."""
