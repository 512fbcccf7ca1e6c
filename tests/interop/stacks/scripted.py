"""SIPp and sipsak in the table: they play scripts, and have no verbs of a phone."""

import asyncio
import itertools
import shutil
from contextlib import AsyncExitStack

from gateway.demo.hearing import tone_level_dbov
from tests.interop.stacks.phones import TONE_HZ
from tests.interop.stacks.scenes import (
    BEN_HZ,
    HEARD_S,
    OFFICE,
    PASSWORD,
    SCENES,
    House,
    Scene,
    carl_at,
    hears,
    hears_early,
    new_user,
    seconds,
)
from tests.support import interop
from tests.support.hearing import UNHEARD_DBOV
from tests.support.kamailio import TRUNKS
from tests.support.line import talk
from tests.support.rtp_party import RtpParty
from tests.support.sipp import Sipp

SIPSAK = str(shutil.which("sipsak"))
SIPSAK_LIMIT_S = 30
MENU = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 2, "timeOut": 10}}
_callers = (str(number) for number in itertools.count(447700000901))


def _calls_in(scenario: str, *options: str, talks: bool = False) -> Scene:
    """SIPp calls the number, and the scenario goes as it is written."""

    async def play(house: House) -> None:
        if talks:
            house.line.webhooks.answer(talk())
        async with RtpParty(TONE_HZ) as party, _sipp(house, scenario, *options, party=party) as sipp:
            await sipp.finish()

    return play


def _is_called(scenario: str) -> Scene:
    """The gateway calls SIPp and says something, and the scenario goes as it is written."""

    async def play(house: House) -> None:
        async with (
            RtpParty(TONE_HZ) as party,
            Sipp(scenario, house.directory, keys={"rtp_port": party.port}) as sipp,
        ):
            await house.line.create_call({"type": "sip", "uri": sipp.uri}, talk())
            await sipp.finish()

    return play


def _sipp(house: House, scenario: str, *options: str, party: RtpParty, port: int = 0, **keys: object) -> Sipp:
    to = f"127.0.0.1:{port or house.line.gateway.sip_port}"
    words = {"rtp_port": party.port, "caller": next(_callers), **keys}
    return Sipp(scenario, house.directory, to=to, keys=words, options=("-s", house.line.number, *options))


async def _audio(house: House) -> None:
    async with RtpParty(TONE_HZ) as party:
        since = seconds(house.ben.heard)
        async with _sipp(house, "inbound_answered_caller_hangs_up", "-d", "3000", party=party) as sipp:
            party.speak_to(await sipp.far_rtp_port())
            await sipp.finish()
        assert tone_level_dbov(party.heard(), BEN_HZ, steady_s=HEARD_S) > UNHEARD_DBOV
        assert hears(house.ben.heard, TONE_HZ, since)


async def _transfer(house: House) -> None:
    async with AsyncExitStack() as stack:
        party = await stack.enter_async_context(RtpParty(TONE_HZ))
        keys: dict[str, object] = {"rtp_port": party.port}
        target = await stack.enter_async_context(
            Sipp("outbound_answered_phone_hangs_up", house.directory, keys=keys)
        )
        caller = _sipp(house, "refer_moves_the_party", "-d", "500", party=party, target=target.uri)
        await (await stack.enter_async_context(caller)).finish()
        await target.finish()


async def _keys_by_info(house: House) -> None:
    house.line.webhooks.answer(MENU)
    async with RtpParty(TONE_HZ) as party, _sipp(house, "info_digits_in", "-d", "500", party=party) as sipp:
        pressed = await house.line.webhooks.wait_for(lambda hook: "dtmf" in hook.fields, "input")
        assert pressed.fields["dtmf"]["digits"] == "5#"
        await sipp.finish()


async def _keys_in(house: House) -> None:
    house.line.webhooks.answer(MENU)
    async with (
        RtpParty() as party,
        _sipp(house, "inbound_presses_keys_in_rtp", "-d", "500", party=party) as sipp,
    ):
        pressed = await house.line.webhooks.wait_for(lambda hook: "dtmf" in hook.fields, "input")
        assert pressed.fields["dtmf"]["digits"] == "5#"
        await sipp.finish()


async def _early_media(house: House) -> None:
    """Carl hears it."""
    async with await carl_at(house) as carl:
        await hears_early(house, carl)
        assert not any(event.name == "established" for event in carl.events)


async def _registers(house: House) -> None:
    name = await new_user(house.line)
    async with Sipp(
        "register_by_password",
        house.directory,
        to=f"127.0.0.1:{house.line.gateway.sip_port}",
        keys={"domain": OFFICE},
        options=("-s", name, "-au", name, "-ap", PASSWORD),
    ) as sipp:
        await sipp.finish()


async def _sipsak(*options: str) -> None:
    """It ends with 0 when the answer is 200."""
    process = await asyncio.create_subprocess_exec(
        SIPSAK, *options, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(SIPSAK_LIMIT_S):
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode(errors="replace")


async def _asks(house: House) -> None:
    await _sipsak("-s", house.line.uri)


async def _asks_by_tcp(house: House) -> None:
    await _sipsak("-E", "tcp", "-s", house.line.uri)


async def _registers_by_sipsak(house: House) -> None:
    name = await new_user(house.line)
    where = f"sip:{name}@{OFFICE}:{house.line.gateway.sip_port}"
    await _sipsak("-U", "-C", f"sip:{name}@127.0.0.1:9", "-x", "60", "-a", PASSWORD, "-u", name, "-s", where)


async def _both_are_asked(house: House) -> None:
    """The phone asks the gateway through Kamailio, and the gateway asks Kamailio, which answers itself."""
    await SCENES[interop.OPTIONS](house)
    for way in TRUNKS:
        report = await house.line.gateway.rest.expect(200, "POST", f"/cordboard/trunks/{way}/test")
        assert [server["status"] for server in report["servers"]] == [200], way


PLAYS: dict[str, dict[str, Scene]] = {
    interop.SIPP: {
        interop.CALL_IN: _calls_in("inbound_answered_caller_hangs_up"),
        interop.CALL_OUT: _is_called("outbound_answered_gateway_hangs_up"),
        interop.AUDIO: _audio,
        interop.HOLD: _calls_in("inbound_hold_and_resume"),
        interop.TRANSFER: _transfer,
        interop.KEYS_IN: _keys_in,
        interop.KEYS_BY_INFO: _keys_by_info,
        interop.TCP: _calls_in("inbound_answered_gateway_hangs_up", "-t", "t1", talks=True),
        interop.EARLY_MEDIA: _early_media,
        interop.TIMER: _calls_in("session_timer_refreshed_by_caller", talks=True),
        interop.PRACK: _calls_in("session_100rel_required", talks=True),
        interop.REGISTRATION: _registers,
        interop.OPTIONS: _calls_in("options_gets_200"),
    },
    interop.SIPSAK: {
        interop.OPTIONS: _asks,
        interop.TCP: _asks_by_tcp,
        interop.REGISTRATION: _registers_by_sipsak,
    },
    **dict.fromkeys((interop.BARESIP, interop.DEBIAN, interop.PJSUA, interop.PYVOIP), SCENES),
    interop.KAMAILIO: SCENES | {interop.OPTIONS: _both_are_asked},
}
"""Stack → feature → scene."""
