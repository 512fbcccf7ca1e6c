"""Phones register, and are called where they are: SIPp for the letter of it, baresip for calls."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.demo.hearing import is_speech_like, read_wav
from gateway.demo.phone import Phone, PhoneSettings
from tests.support.gateway import RunningGateway
from tests.support.line import Line, talk
from tests.support.sipp import Sipp, needs_sipp
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

DOMAIN = "office"
SECRET = "sesame-open"
USERS = ("ann", "bob", "carol", "dora")
LONG_TALK = talk("This goes on for quite some time, so that the phone ends the call and not the script. " * 5)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    """A gateway with one domain and its users."""
    async with AsyncExitStack() as stack:
        directory = tmp_path_factory.mktemp("registrar")
        gateway = await stack.enter_async_context(
            RunningGateway(directory, more={"limits": {"calls_per_second": 30}})
        )
        line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        wanted = {"name": DOMAIN, "application_id": line.app.id, "acl": ["127.0.0.0/8"]}
        await gateway.rest.expect(201, "POST", "/v1/psip", body=wanted)
        for name in USERS:
            user = {"key": name, "secret": SECRET}
            await gateway.rest.expect(201, "POST", f"/v1/psip/{DOMAIN}/users", body=user)
        yield line


async def _phone(line: Line, settings: PhoneSettings) -> Phone:
    """A phone that registers in the domain."""
    proxy = f"127.0.0.1:{line.gateway.sip_port}"
    settings.directory.mkdir(exist_ok=True)
    domain = settings.domain or DOMAIN
    return await Phone.start(
        replace(settings, password=settings.password or SECRET, domain=domain, proxy=proxy)
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _proof(user: str, nonce: str, count: int) -> str:
    """The Authorization that answers a challenge (RFC 7616 section 3.4.1)."""
    uri, nc, cnonce = f"sip:{DOMAIN}", f"{count:08x}", "0a4f113b"
    secret, request = _md5(f"{user}:{DOMAIN}:{SECRET}"), _md5(f"REGISTER:{uri}")
    response = _md5(f"{secret}:{nonce}:{nc}:{cnonce}:auth:{request}")
    return (
        f'Authorization: Digest username="{user}", realm="{DOMAIN}", nonce="{nonce}", uri="{uri}", '
        f'response="{response}", algorithm=MD5, qop=auth, nc={nc}, cnonce="{cnonce}"'
    )


async def _sipp(line: Line, scenario: str, directory: Path, user: str, keys: dict[str, object]) -> Sipp:
    """Play a scenario of a phone to its end."""
    target = f"127.0.0.1:{line.gateway.sip_port}"
    keys = {"domain": DOMAIN, **keys}
    async with Sipp(scenario, directory, to=target, keys=keys, options=("-s", user)) as phone:
        await phone.finish()
        return phone


async def _call(line: Line, address: dict[str, str]) -> str:
    """Have a SIP address called; the leg's id."""
    call = await line.create_call({"type": "sip", **address}, LONG_TALK)
    leg_id: str = call["uuid"]
    return leg_id


def _uri(user: str, domain: str = DOMAIN) -> dict[str, str]:
    return {"uri": f"sip:{user}@{domain}"}


async def _over(line: Line, leg_id: str) -> None:
    await line.webhooks.wait(status="completed", uuid=leg_id, within_s=45)


@needs_sipp
@pytest.mark.parametrize(
    ("scenario", "user"),
    [
        ("register_is_granted_and_taken_back", "ann"),
        ("register_too_brief_gets_423", "ann"),
        ("register_of_another_gets_403", "bob"),
        ("register_without_outbound_hop_gets_439", "ann"),
    ],
)
async def test_the_letter_of_registering(line: Line, tmp_path: Path, scenario: str, user: str) -> None:
    challenged = await _sipp(line, "register_gets_401", tmp_path, user, {})
    nonce = re.search(r'nonce="([^"]+)"', challenged.received()[0])
    assert nonce is not None
    # SIPp knows MD5, but looks at the first challenge alone, which asks for SHA-256.
    proofs = {f"proof{count}": _proof("ann", nonce[1], count) for count in (1, 2, 3)}
    await _sipp(line, scenario, tmp_path, user, dict(proofs))


@pytest.mark.row("connect.endpoint[sip].user", "connect.endpoint[sip].domain")
@pytest.mark.parametrize("address", [{"uri": f"sip:ann@{DOMAIN}"}, {"user": "ann", "domain": DOMAIN}])
async def test_a_registered_phone_is_called_and_hears(
    line: Line, tmp_path: Path, address: dict[str, str]
) -> None:
    async with await _phone(line, PhoneSettings(name="ann", directory=tmp_path, tone_hz=440)) as phone:
        await phone.wait("registered", timeout=20)
        leg_id = await _call(line, address)
        await phone.wait("established", timeout=30)
        await until(lambda: is_speech_like(read_wav(phone.heard)[0]), "ann hears speech", every_s=0.5)
        await phone.hang_up()
        await _over(line, leg_id)
    trace = await line.gateway.rest.expect(200, "GET", f"/v1/legs/{leg_id}/trace", app=line.app)
    assert f"To: <sip:ann@{DOMAIN}>" in trace["messages"][0]["text"]


async def test_all_phones_of_a_user_ring_and_the_first_answer_wins(line: Line, tmp_path: Path) -> None:
    async with (
        await _phone(line, PhoneSettings(name="bob", directory=tmp_path / "desk", answers=False)) as desk,
        await _phone(line, PhoneSettings(name="bob", directory=tmp_path / "hall", answers=False)) as hall,
        await _phone(line, PhoneSettings(name="bob", directory=tmp_path / "cell", answers=False)) as cell,
    ):
        phones = (desk, hall, cell)
        for phone in phones:
            await phone.wait("registered", timeout=20)
        leg_id = await _call(line, _uri("bob"))
        for phone in phones:
            await phone.wait("ringing", timeout=30)
        await hall.answer()
        await hall.wait("established", timeout=30)
        await asyncio.gather(desk.wait("closed", timeout=20), cell.wait("closed", timeout=20))
        assert [event.name for event in hall.events].count("closed") == 0
        await hall.hang_up()
        await _over(line, leg_id)
        assert line.webhooks.statuses(leg_id) == ["started", "ringing", "answered", "completed"]


async def test_a_wrong_password_registers_nobody_and_nobody_is_called(line: Line, tmp_path: Path) -> None:
    async with await _phone(line, PhoneSettings(name="carol", directory=tmp_path, password="guess")) as phone:
        await phone.wait("refused", timeout=20)
        leg_id = await _call(line, _uri("carol"))
        ended = await line.webhooks.wait(status="unanswered", uuid=leg_id, within_s=30)
        assert ended.fields["sip_code"] == 480


async def test_registrations_survive_a_restart(line: Line, tmp_path: Path) -> None:
    async with await _phone(line, PhoneSettings(name="dora", directory=tmp_path)) as phone:
        await phone.wait("registered", timeout=20)
        await line.gateway.stop()
        await line.gateway.start()
        leg_id = await _call(line, _uri("dora"))
        await phone.wait("established", timeout=30)
        await phone.hang_up()
        await _over(line, leg_id)
        assert [event.name for event in phone.events].count("registered") == 1


async def test_a_user_of_the_application_is_called_at_the_phone(line: Line, tmp_path: Path) -> None:
    rest = line.gateway.rest
    await rest.expect(201, "POST", "/v0.3/users", app=line.app, body={"name": "ann"})
    async with await _phone(line, PhoneSettings(name="ann", directory=tmp_path, tone_hz=440)) as phone:
        await phone.wait("registered", timeout=20)
        call = await line.create_call({"type": "app", "user": "ann"}, LONG_TALK)
        await phone.wait("established", timeout=30)
        await until(lambda: is_speech_like(read_wav(phone.heard)[0]), "ann hears speech", every_s=0.5)
        members = [event["type"] for event in await line.events(call["conversation_uuid"])]
        assert [kind for kind in members if kind.startswith("member:")] == [
            "member:invited", "member:joined", "member:media",
        ]  # fmt: skip
        await phone.hang_up()
        await _over(line, call["uuid"])


async def _depot(line: Line) -> None:
    """A domain with one user."""
    wanted = {"name": "depot", "application_id": line.app.id, "acl": ["127.0.0.0/8"]}
    await line.gateway.rest.expect(201, "POST", "/v1/psip", body=wanted)
    user = {"key": "eve", "secret": SECRET}
    await line.gateway.rest.expect(201, "POST", "/v1/psip/depot/users", body=user)


@needs_sipp
@pytest.mark.endpoint("DELETE /v1/psip/{domain}")
async def test_a_domain_goes_with_its_users_and_their_phones(line: Line, tmp_path: Path) -> None:
    rest = line.gateway.rest
    registrations = "/v1/psip/depot/registrations"
    await _depot(line)
    async with await _phone(line, PhoneSettings(name="eve", directory=tmp_path, domain="depot")) as phone:
        await phone.wait("registered", timeout=20)
        await rest.expect(409, "DELETE", "/v1/psip/depot")
        (eve,) = await rest.expect(200, "GET", registrations)
        assert eve["key"] == "eve"

        await rest.expect(200, "DELETE", "/v1/psip/depot?cascade=true")
        await rest.expect(404, "GET", registrations)
        keys: dict[str, object] = {"domain": "depot", "caller": "447700900001", "rtp_port": 9}
        await _sipp(line, "psip_call_gets_404", tmp_path, "eve", keys)

        # Whoever takes the name next does not inherit the phones that rang there.
        await _depot(line)
        assert await rest.expect(200, "GET", registrations) == []
        leg_id = await _call(line, _uri("eve", "depot"))
        ended = await line.webhooks.wait(status="unanswered", uuid=leg_id, within_s=30)
        assert ended.fields["sip_code"] == 480
        assert "ringing" not in [event.name for event in phone.events]
