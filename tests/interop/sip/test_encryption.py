"""SRTP with baresip: both directions, under each policy, judged by what is heard."""

import contextlib
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.demo.hearing import is_speech_like, read_wav
from gateway.demo.phone import Phone, PhoneSettings
from tests.support.gateway import RunningGateway
from tests.support.hearing import assert_all_hear_each_other, heard_matrix
from tests.support.line import Line, room, talk
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

POLICIES = ("never", "optional", "always")
DISAGREE = {("never", "srtp-mand"), ("always", "")}
_numbers = (str(number) for number in itertools.count(447900800001))
PARTIES = {"anna": 440, "ben": 660, "carol": 880}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    """A gateway with a domain for each policy."""
    async with AsyncExitStack() as stack:
        directory = tmp_path_factory.mktemp("encryption")
        gateway = await stack.enter_async_context(
            RunningGateway(directory, more={"limits": {"calls_per_second": 30}})
        )
        line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        line.webhooks.answer(room())
        for policy in POLICIES:
            wanted = {
                "name": f"{policy}-domain",
                "application_id": line.app.id,
                "acl": ["127.0.0.0/8"],
                "srtp": policy,
            }
            await gateway.rest.expect(201, "POST", "/v1/psip", body=wanted)
        yield line


async def _phone(
    stack: AsyncExitStack, line: Line, directory: Path, name: str, encryption: str = ""
) -> Phone:
    """A phone whose calls go to the gateway."""
    settings = PhoneSettings(
        name=name,
        directory=directory,
        tone_hz=PARTIES[name],
        proxy=f"127.0.0.1:{line.gateway.sip_port}",
        encryption=encryption,
    )
    return await stack.enter_async_context(await Phone.start(settings))


async def test_encrypted_and_plain_phones_hear_each_other(line: Line, tmp_path: Path) -> None:
    line.webhooks.answer(room())
    async with AsyncExitStack() as stack:
        files: dict[str, Path] = {}
        for name, encryption, policy in (
            ("anna", "srtp-mand", "always"),
            ("ben", "srtp", "optional"),
            ("carol", "", "optional"),
        ):
            phone = await _phone(stack, line, tmp_path, name, encryption)
            files[name] = phone.heard
            await phone.call(f"sip:room@{policy}-domain")
            await phone.wait("established", timeout=20)

        def all_hear_each_other() -> bool:
            with contextlib.suppress(AssertionError, ValueError):
                assert_all_hear_each_other(heard_matrix(files, PARTIES), PARTIES)
                return True
            return False

        await until(all_hear_each_other, "that all hear each other", every_s=0.5)


@pytest.mark.parametrize(("policy", "encryption"), [("always", ""), ("never", "srtp-mand")])
async def test_who_differs_about_encryption_is_refused(
    line: Line, tmp_path: Path, policy: str, encryption: str
) -> None:
    async with AsyncExitStack() as stack:
        phone = await _phone(stack, line, tmp_path, "anna", encryption)
        await phone.call(f"sip:room@{policy}-domain")
        assert (await phone.wait("closed", timeout=20)).text.startswith("488")


@pytest.mark.parametrize("encryption", ["srtp", "srtp-mand"])
async def test_a_phone_is_called_with_encryption(line: Line, tmp_path: Path, encryption: str) -> None:
    async with AsyncExitStack() as stack:
        phone = await _phone(stack, line, tmp_path, "ben", encryption)
        await line.create_call({"type": "sip", "uri": f"{phone.uri};media=srtp"}, talk())
        await phone.wait("established", timeout=20)
        await phone.wait("closed", timeout=40)
        assert is_speech_like(read_wav(phone.heard)[0])


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("encryption", ["", "srtp", "srtp-mand"])
async def test_a_trunk_is_called_as_its_policy_says(
    line: Line, tmp_path: Path, policy: str, encryption: str
) -> None:
    """Every pair of policies has one outcome: what both take, or no call."""
    number = next(_numbers)
    async with AsyncExitStack() as stack:
        phone = await _phone(stack, line, tmp_path, "ben", encryption)
        trunk = {
            "name": f"carrier-{number}",
            "targets": [{"host": "127.0.0.1", "port": phone.port}],
            "prefixes": [number],
            "srtp": policy,
        }
        await line.gateway.rest.expect(201, "POST", "/cordboard/trunks", body=trunk)
        call = await line.create_call({"type": "phone", "number": number}, talk())
        if (policy, encryption) in DISAGREE:
            await line.webhooks.wait(status="failed", uuid=call["uuid"], within_s=30)
            return
        await phone.wait("established", timeout=20)
        await until(lambda: is_speech_like(read_wav(phone.heard)[0]), "that speech is heard", every_s=0.5)


async def test_a_phone_without_encryption_is_not_talked_to_openly(line: Line, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        phone = await _phone(stack, line, tmp_path, "carol")
        call = await line.create_call({"type": "sip", "uri": f"{phone.uri};media=srtp"}, talk())
        await line.webhooks.wait(status="failed", uuid=call["uuid"], within_s=30)
