"""Phones of every codec, plain and encrypted, in one room: baresip's own G.722 and Opus, judged by ear."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.demo.phone import Phone, PhoneSettings
from tests.support.gateway import RunningGateway
from tests.support.hearing import assert_all_hear_each_other, heard_matrix
from tests.support.line import Line, room
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

PHONES = (
    ("anna", 440, "g722/16000/1", ""),
    ("ben", 660, "opus/48000/2", ""),
    ("carol", 880, "pcma", "srtp-mand"),
    ("dora", 1100, "opus/48000/2", "srtp-mand"),
    ("emil", 1320, "pcmu", ""),
)
"""Name, pitch, codec, encryption."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    async with AsyncExitStack() as stack:
        directory = tmp_path_factory.mktemp("codecs")
        gateway = await stack.enter_async_context(
            RunningGateway(directory, more={"limits": {"calls_per_second": 30}})
        )
        line = await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))
        line.webhooks.answer(room())
        domain = {
            "name": "any-codec",
            "application_id": line.app.id,
            "acl": ["127.0.0.0/8"],
            "srtp": "optional",
        }
        await gateway.rest.expect(201, "POST", "/v1/psip", body=domain)
        yield line


async def test_phones_of_every_codec_hear_each_other(line: Line, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        files: dict[str, Path] = {}
        tones = {name: pitch for name, pitch, _, _ in PHONES}
        for name, pitch, codec, encryption in PHONES:
            settings = PhoneSettings(
                name=name,
                directory=tmp_path,
                tone_hz=pitch,
                proxy=f"127.0.0.1:{line.gateway.sip_port}",
                encryption=encryption,
                codecs=(codec,),
            )
            phone = await stack.enter_async_context(await Phone.start(settings))
            files[name] = phone.heard
            await phone.call("sip:room@any-codec")
            await phone.wait("established", timeout=20)

        def all_hear_each_other() -> bool:
            with contextlib.suppress(AssertionError, ValueError):
                assert_all_hear_each_other(heard_matrix(files, tones), tones)
                return True
            return False

        await until(all_hear_each_other, "that all hear each other", every_s=0.5)
