"""What is tried with every phone: one scene for each feature of the table."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gateway.demo.hearing import Pcm, part, tone_level_dbov
from gateway.demo.phone import Phone
from tests.interop.stacks.phones import PHONES, TONE_HZ, StackPhone, Wish
from tests.support import interop
from tests.support.hearing import UNHEARD_DBOV
from tests.support.line import Line, room
from tests.support.waiting import until

BEN_HZ = 660
ROOM = room("table")
OFFICE, ENCRYPTED = "office", "encrypted"
"""Domains: where phones register, and where nobody calls in the clear."""
PASSWORD = "sesame-open"
HEARD_S = 0.6
WAV_HEADER_OCTETS = 44
HOLD_S = 1.5
SETTLE_S = 0.5
"""What was on its way when the call was held has arrived after this."""

_users = (f"ann{number}" for number in itertools.count(1))


@dataclass
class House:
    """What all scenes share: a gateway with a number, and Ben, who sits in its room and talks."""

    line: Line
    ben: Phone
    tls_port: int
    kamailio_port: int
    directory: Path
    stack: str = ""
    """Whose turn it is."""
    _names: "itertools.count[int]" = field(default_factory=lambda: itertools.count(447700000501))

    def phone(self, **wishes: Any) -> AbstractAsyncContextManager[StackPhone]:  # noqa: ANN401 - fields of Wish
        """A phone of the stack, with a number of its own."""
        name = wishes.pop("name", "") or str(next(self._names))
        proxy_port = self.kamailio_port if self.stack == interop.KAMAILIO else 0
        wish = Wish(
            name=name,
            directory=self.directory,
            gateway_port=self.line.gateway.sip_port,
            proxy_port=proxy_port,
            **wishes,
        )
        return PHONES[self.stack](wish)

    async def call_out(self, phone: StackPhone, *, media: str = "") -> str:
        """Have the gateway call the phone into Ben's room; the leg."""
        if phone.uri.isdecimal():
            to = {"type": "phone", "number": phone.uri}
        else:
            to = {"type": "sip", "uri": phone.uri + media}
        return str((await self.line.create_call(to, ROOM))["uuid"])


def heard(path: Path) -> Pcm:
    """What was heard so far; the header of a file that is still being written says nothing."""
    octets = path.read_bytes()[WAV_HEADER_OCTETS:] if path.exists() else b""
    return np.frombuffer(octets[: len(octets) // 2 * 2], "<i2").astype(np.int16)


def seconds(path: Path) -> float:
    """How much was heard so far."""
    return len(heard(path)) / 8000


def hears(path: Path, hertz: int, since_s: float) -> bool:
    """Whether somebody has heard a tone for a while since then."""
    return tone_level_dbov(part(heard(path), since_s), hertz, steady_s=HEARD_S) > UNHEARD_DBOV


async def both_hear(house: House, phone: StackPhone) -> None:
    """From now on Ben and the phone hear each other."""
    ben, other = seconds(house.ben.heard), seconds(phone.heard)
    await until(lambda: hears(phone.heard, BEN_HZ, other), "that the phone hears Ben", every_s=0.2)
    await until(lambda: hears(house.ben.heard, TONE_HZ, ben), "that Ben hears the phone", every_s=0.2)


async def call_in(house: House) -> None:
    async with house.phone() as phone:
        await phone.call(house.line.uri)
        await phone.saw("established")
        answered = await house.line.webhooks.wait(status="answered")
        await phone.hang_up()
        completed = await house.line.webhooks.wait(status="completed", uuid=answered.fields["uuid"])
        assert completed.fields["disconnected_by"] == "user"


async def call_out(house: House) -> None:
    async with house.phone() as phone:
        call = await house.call_out(phone)
        await phone.saw("established")
        await house.line.webhooks.wait(status="answered", uuid=call)
        await house.line.hang_up(call)
        await phone.saw("closed")
        completed = await house.line.webhooks.wait(status="completed", uuid=call)
        assert completed.fields["disconnected_by"] == "platform"


async def audio(house: House) -> None:
    async with house.phone() as phone:
        await phone.call(house.line.uri)
        await phone.saw("established")
        await both_hear(house, phone)


async def hold(house: House) -> None:
    async with house.phone() as phone:
        await phone.call(house.line.uri)
        await phone.saw("established")
        await both_hear(house, phone)
        await phone.hold()
        await asyncio.sleep(SETTLE_S)
        since = seconds(phone.heard)
        await asyncio.sleep(HOLD_S)
        assert not hears(phone.heard, BEN_HZ, since), "the gateway talks to a phone that holds"
        await phone.resume()
        await both_hear(house, phone)


async def transfer(house: House) -> None:
    """The phone sends Ben's room to Carol, and leaves."""
    async with house.phone() as phone, house.phone() as carol:
        await phone.call(house.line.uri)
        await phone.saw("established")
        await both_hear(house, phone)
        target = house.line.gateway.sip_uri(carol.uri) if carol.uri.isdecimal() else carol.uri
        await phone.transfer(target)
        await carol.saw("established")
        await both_hear(house, carol)


async def keys_in(house: House, *, by_info: bool = False) -> None:
    menu = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 2, "timeOut": 10}}
    house.line.webhooks.answer(menu)
    async with house.phone(keys_by_info=by_info) as phone:
        await phone.call(house.line.uri)
        await phone.saw("established")
        await asyncio.sleep(SETTLE_S)
        for key in "5#":
            await phone.press(key)
        pressed = await house.line.webhooks.wait_for(lambda hook: "dtmf" in hook.fields, "input")
        assert pressed.fields["dtmf"]["digits"] == "5#"


async def keys_by_info(house: House) -> None:
    await keys_in(house, by_info=True)


async def keys_out(house: House) -> None:
    async with house.phone() as phone:
        call = await house.call_out(phone)
        await phone.saw("established")
        await both_hear(house, phone)
        path = f"/v1/calls/{call}/dtmf"
        rest, app = house.line.gateway.rest, house.line.app
        await rest.expect(200, "PUT", path, app=app, body={"digits": "7#"})
        for key in "7#":
            await phone.got_key(key)


async def srtp(house: House) -> None:
    async with house.phone(encrypted=True, domain=ENCRYPTED) as phone:
        await phone.call(f"sip:table@{ENCRYPTED}")
        await phone.saw("established")
        await both_hear(house, phone)
        await phone.hang_up()
        await phone.saw("closed")
        await house.call_out(phone, media=";media=srtp")
        await phone.saw("established")
        await both_hear(house, phone)


async def tcp(house: House) -> None:
    await _over(house, "tcp", house.line.gateway.sip_port)


async def tls(house: House) -> None:
    await _over(house, "tls", house.tls_port)


async def _over(house: House, transport: str, port: int) -> None:
    async with house.phone(transport=transport) as phone:
        await phone.call(f"sip:{house.line.number}@127.0.0.1:{port};transport={transport}")
        await phone.saw("established")
        await both_hear(house, phone)
        await phone.hang_up()
        await house.line.webhooks.wait(status="completed")


async def new_user(house: House) -> str:
    """A user of the office, who has PASSWORD; the name."""
    name = next(_users)
    user = {"key": name, "secret": PASSWORD}
    await house.line.gateway.rest.expect(201, "POST", f"/v1/psip/{OFFICE}/users", body=user)
    return name


async def registration(house: House) -> None:
    name = await new_user(house)
    async with house.phone(name=name, domain=OFFICE, password=PASSWORD) as phone:
        await phone.saw("registered")
        await house.line.create_call({"type": "sip", "uri": f"sip:{name}@{OFFICE}"}, ROOM)
        await phone.saw("established")
        await both_hear(house, phone)


async def early_media(house: House) -> None:
    async with house.phone(early=True) as phone:
        call = await house.call_out(phone)
        await house.line.webhooks.wait(status="ringing", uuid=call)
        await phone.saw("established")
        await both_hear(house, phone)


async def timer(house: House) -> None:
    async with house.phone(timed=True) as phone:
        await phone.call(house.line.uri)
        await phone.saw("established")
        await until(lambda: phone.got("Session-Expires:"), "a session interval")
        await both_hear(house, phone)


async def prack(house: House) -> None:
    async with house.phone(reliable=True) as phone:
        await phone.call(house.line.uri)
        await phone.saw("established")
        await until(lambda: phone.got("RSeq:"), "a reliable provisional response")
        await both_hear(house, phone)


Scene = Callable[[House], Awaitable[None]]

SCENES: dict[str, Scene] = {
    interop.CALL_IN: call_in,
    interop.CALL_OUT: call_out,
    interop.AUDIO: audio,
    interop.HOLD: hold,
    interop.TRANSFER: transfer,
    interop.KEYS_IN: keys_in,
    interop.KEYS_OUT: keys_out,
    interop.KEYS_BY_INFO: keys_by_info,
    interop.SRTP: srtp,
    interop.TCP: tcp,
    interop.TLS: tls,
    interop.REGISTRATION: registration,
    interop.EARLY_MEDIA: early_media,
    interop.TIMER: timer,
    interop.PRACK: prack,
}
"""Feature → scene for a phone."""
