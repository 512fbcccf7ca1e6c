"""What is tried with every phone: one scene for each feature of the table."""

import asyncio
import itertools
import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gateway.demo.hearing import Pcm, is_speech_like, part, tone_level_dbov
from gateway.demo.phone import Phone, PhoneSettings
from tests.interop.stacks.phones import PATIENCE_S, PHONES, TONE_HZ, StackPhone, Wish, answers
from tests.support import interop
from tests.support.hearing import UNHEARD_DBOV
from tests.support.kamailio import Kamailio
from tests.support.line import Line, connect_sip, room, talk
from tests.support.rtp_party import RtpParty
from tests.support.sipp import Sipp
from tests.support.tls import Certificate
from tests.support.waiting import until

BEN_HZ, CARL_HZ = 660, 880
CARL = "447700000599"
RINGS_WITH_MEDIA = (interop.DEBIAN, interop.PJSUA, interop.KAMAILIO)
"""Whose phones send 183."""
TALKS_EARLY = (interop.PJSUA, interop.KAMAILIO)
"""Whose phones say something before they answer as well."""
ROOM = room("table")
OFFICE, ENCRYPTED = "localhost", "encrypted"
"""Domains: where phones register, and where nobody calls in the clear. The first needs no DNS, which some
phones ask."""
MD5_ALONE = (interop.DEBIAN, interop.PYVOIP)
"""Whose phones take no challenge where SHA-256 stands beside MD5."""
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
    old: Line
    """Another gateway's, which challenges by MD5 alone."""
    tls_port: int
    tls: Certificate
    kamailio: Kamailio | None
    directory: Path
    stack: str = ""
    """Whose turn it is."""
    _names: "itertools.count[int]" = field(default_factory=lambda: itertools.count(447700000501))

    def phone(self, **wishes: Any) -> AbstractAsyncContextManager[StackPhone]:  # noqa: ANN401 - fields of Wish
        """A phone of the stack, with a number of its own."""
        name = wishes.pop("name", "") or str(next(self._names))
        proxy_port = 0
        if self.kamailio and self.stack == interop.KAMAILIO:
            is_tls = wishes.get("transport") == "tls"
            proxy_port = self.kamailio.tls_port if is_tls else self.kamailio.port
        wish = Wish(
            name=name,
            directory=self.directory,
            gateway_port=wishes.pop("port", self.line.gateway.sip_port),
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


async def carl_at(house: House) -> Phone:
    """Carl, who is no phone of the stack's."""
    return await Phone.start(PhoneSettings(name=CARL, directory=house.directory, tone_hz=CARL_HZ))


def heard(path: Path) -> Pcm:
    """What was heard so far at 8 kHz; the header of a file that is still being written tells no length."""
    octets = path.read_bytes() if path.exists() else b""
    if len(octets) < WAV_HEADER_OCTETS:
        return np.zeros(0, np.int16)
    channels, rate = int.from_bytes(octets[22:24], "little"), int.from_bytes(octets[24:28], "little")
    sound = octets[WAV_HEADER_OCTETS:]
    # Tones are all that is looked for, so nothing is lost by leaving samples out.
    return np.frombuffer(sound[: len(sound) // 2 * 2], "<i2")[:: channels * rate // 8000].astype(np.int16)


def seconds(path: Path) -> float:
    """How much was heard so far."""
    return len(heard(path)) / 8000


def hears(path: Path, hertz: int, since_s: float) -> bool:
    """Whether somebody has heard a tone for a while since then."""
    return tone_level_dbov(part(heard(path), since_s), hertz, steady_s=HEARD_S) > UNHEARD_DBOV


async def both_hear(house: House, phone: StackPhone) -> None:
    """From now on Ben and the phone hear each other."""
    await hear_each_other(phone, house.ben, BEN_HZ)


async def hear_each_other(phone: StackPhone, other: Phone, other_hz: int) -> None:
    """From now on the phone and somebody else do."""
    heard_by_phone, heard_by_other = seconds(phone.heard), seconds(other.heard)
    await until(lambda: hears(phone.heard, other_hz, heard_by_phone), "that the phone hears", every_s=0.2)
    await until(lambda: hears(other.heard, TONE_HZ, heard_by_other), "that it is heard", every_s=0.2)


def connect_to(phone: StackPhone) -> dict[str, Any]:
    """The action that connects a caller to a phone."""
    if phone.uri.isdecimal():
        return {"action": "connect", "endpoint": [{"type": "phone", "number": phone.uri}]}
    return connect_sip(phone.uri)


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


async def attended(house: House) -> None:
    """The phone talks with Carl, calls Carol besides, joins the two and leaves."""
    async with house.phone() as phone, house.phone() as carol, await carl_at(house) as carl:
        house.line.webhooks.answer(connect_sip(carl.uri))
        await phone.call(house.line.uri)
        await phone.saw("established")
        await hear_each_other(phone, carl, CARL_HZ)
        house.line.webhooks.answer(connect_to(carol))
        await phone.consult(house.line.uri)
        for both in (carol, phone):
            await both.saw("established")
        await phone.join()
        await phone.saw("closed")
        await hear_each_other(carol, carl, CARL_HZ)


async def g722(house: House) -> None:
    await _by_codec(house, "G722")


async def opus(house: House) -> None:
    await _by_codec(house, "opus")


async def _by_codec(house: House, codec: str) -> None:
    """The phone has no other."""
    async with house.phone(codec=codec) as phone:
        await phone.call(house.line.uri)
        await phone.saw("established")
        await both_hear(house, phone)
        described = set(re.findall(r"^a=rtpmap:\d+ ([\w-]+)/", phone.trace(), re.MULTILINE))
        assert described == {codec, "telephone-event"}


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
    """The phone calls, and where it listens over this transport it is called as well."""
    async with house.phone(transport=transport, tls=house.tls if transport == "tls" else None) as phone:
        await phone.call(f"sip:{house.line.number}@127.0.0.1:{port};transport={transport}")
        await phone.saw("established")
        await both_hear(house, phone)
        await phone.hang_up()
        await phone.saw("closed")
        if f"transport={transport}" in phone.uri or phone.uri.isdecimal():
            await house.call_out(phone)
            await phone.saw("established")
            await both_hear(house, phone)
        assert "SIP/2.0/UDP" not in phone.trace()


async def new_user(line: Line) -> str:
    """A user of the office, who has PASSWORD; the name."""
    name = next(_users)
    user = {"key": name, "secret": PASSWORD}
    await line.gateway.rest.expect(201, "POST", f"/v1/psip/{OFFICE}/users", body=user)
    return name


async def registration(house: House) -> None:
    """The phone registers, and is called by its user's name."""
    line = house.old if house.stack in MD5_ALONE else house.line
    name = await new_user(line)
    async with house.phone(name=name, domain=OFFICE, password=PASSWORD, port=line.gateway.sip_port) as phone:
        await phone.saw("registered")
        await line.create_call({"type": "sip", "uri": f"sip:{name}@{OFFICE}"}, talk())
        await phone.saw("established")
        await until(lambda: is_speech_like(heard(phone.heard)), "speech", every_s=0.2)


async def early_media(house: House) -> None:
    async with house.phone() as phone:
        await hears_early(house, phone)
    if house.stack in RINGS_WITH_MEDIA:
        await _is_heard_early(house)


async def hears_early(house: House, caller: StackPhone | Phone) -> None:
    """The caller hears SIPp, which never answers."""
    async with (
        RtpParty(CARL_HZ) as party,
        Sipp("outbound_early_media_gets_cancel", house.directory, keys={"rtp_port": party.port}) as sipp,
    ):
        house.line.webhooks.answer(connect_sip(sipp.uri))
        since = seconds(caller.heard)
        await caller.call(house.line.uri)
        party.speak_to(await sipp.far_rtp_port(within_s=PATIENCE_S))
        await until(
            lambda: hears(caller.heard, CARL_HZ, since), "that the caller hears it early", every_s=0.2
        )
        await caller.hang_up()
        await sipp.finish()


async def _is_heard_early(house: House) -> None:
    """Carl calls the number, and hears the phone that he is connected to before it answers."""
    async with house.phone(early=True) as phone, await carl_at(house) as carl:
        house.line.webhooks.answer(connect_to(phone))
        since = seconds(carl.heard)
        await carl.call(house.line.uri)
        await until(lambda: 183 in answers(phone.trace(), "INVITE"), "that it rings with media")
        if house.stack in TALKS_EARLY:
            await until(lambda: hears(carl.heard, TONE_HZ, since), "that Carl hears it early", every_s=0.2)
        assert not any(event.name == "established" for event in carl.events)
        await phone.answer()
        await phone.saw("established")
        await hear_each_other(phone, carl, CARL_HZ)


async def timer(house: House) -> None:
    async with house.phone(timed=True) as phone:
        await phone.call(house.line.uri)
        await phone.saw("established")
        # Who asks names no refresher; who grants does.
        await until(lambda: ";refresher=" in phone.trace(), "a session interval")
        refreshes = _granted(phone)
        await phone.refresh()
        await until(lambda: _granted(phone) > refreshes, "a refresh")
        await both_hear(house, phone)


def _granted(phone: StackPhone) -> int:
    """How often an answer has granted it a session interval."""
    trace = phone.trace().replace("\r", "")
    return len(re.findall(r"^SIP/2\.0 200 .*\n(?:.+\n)*?Session-Expires: \d+;", trace, re.MULTILINE))


async def prack(house: House) -> None:
    async with house.phone(reliable=True) as phone:
        await phone.call(house.line.uri)
        await phone.saw("established")
        assert answers(phone.trace(), "PRACK") == {200}
        await both_hear(house, phone)


async def options(house: House) -> None:
    async with house.phone(asks=True) as phone:
        await phone.ask(house.line.uri)
        await until(lambda: answers(phone.trace(), "OPTIONS"), "an answer")
        assert answers(phone.trace(), "OPTIONS") == {200}


Scene = Callable[[House], Awaitable[None]]

SCENES: dict[str, Scene] = {
    interop.CALL_IN: call_in,
    interop.CALL_OUT: call_out,
    interop.AUDIO: audio,
    interop.HOLD: hold,
    interop.TRANSFER: transfer,
    interop.ATTENDED: attended,
    interop.KEYS_IN: keys_in,
    interop.KEYS_OUT: keys_out,
    interop.KEYS_BY_INFO: keys_by_info,
    interop.SRTP: srtp,
    interop.TCP: tcp,
    interop.TLS: tls,
    interop.REGISTRATION: registration,
    interop.EARLY_MEDIA: early_media,
    interop.G722: g722,
    interop.OPUS: opus,
    interop.TIMER: timer,
    interop.PRACK: prack,
    interop.OPTIONS: options,
}
"""Feature → scene for a phone."""
