"""The interop table: every feature with every stack that we did not write, each cell a test."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from gateway.demo.phone import Phone, PhoneSettings
from tests.interop.stacks.scenes import BEN_HZ, ENCRYPTED, OFFICE, ROOM, SCENES, House
from tests.interop.stacks.scripted import PLAYS
from tests.support import interop
from tests.support.debian_baresip import BARESIP
from tests.support.gateway import RunningGateway, trunk_to
from tests.support.kamailio import KAMAILIO, PHONE_PREFIX, Kamailio
from tests.support.line import Line
from tests.support.pjsua_phone import IS_INSTALLED as HAS_PJSUA
from tests.support.ports import free_ports
from tests.support.tls import make_certificate
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

MISSING = {
    interop.DEBIAN: "" if BARESIP else "baresip is not installed (Debian package baresip-core)",
    interop.PJSUA: "" if HAS_PJSUA else "pjsua2-python has no wheel for this Python",
    interop.SIPP: "" if shutil.which("sipp") else "sipp is not installed (Debian package sip-tester)",
    interop.SIPSAK: "" if shutil.which("sipsak") else "sipsak is not installed (Debian package sipsak)",
    interop.KAMAILIO: "" if KAMAILIO else "kamailio is not installed (Debian package kamailio)",
}
"""Why a stack cannot be tried on this machine."""


def _cells() -> list[object]:
    return [
        pytest.param(
            stack,
            feature,
            id=f"{stack}-{feature}",
            marks=[
                pytest.mark.cell(stack, feature),
                pytest.mark.skipif(bool(MISSING.get(stack)), reason=MISSING.get(stack, "")),
            ],
        )
        for stack, feature in interop.cells()
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    directory = tmp_path_factory.mktemp("stacks")
    made = make_certificate(directory / "tls")
    tls_port, kamailio_port = free_ports(2)
    sip = {
        "transports": ["udp", "tcp", "tls"],
        "tls_port": tls_port,
        "tls_certificate": str(made.certificate),
        "tls_key": str(made.key),
        "tls_ca": str(made.authority),
    }
    trunks = [trunk_to(kamailio_port, PHONE_PREFIX)]
    more: dict[str, dict[str, object]] = {"limits": {"calls_per_second": 100}}
    async with AsyncExitStack() as stack:
        webhooks = await stack.enter_async_context(WebhookApp())

        async def rent(name: str, **settings: Any) -> Line:  # noqa: ANN401 - as RunningGateway takes them
            gateway = RunningGateway(directory / name, more=more, **settings)
            line = await Line.rent(await stack.enter_async_context(gateway), webhooks)
            for domain, policy in ((OFFICE, "optional"), (ENCRYPTED, "always")):
                wanted = {
                    "name": domain,
                    "application_id": line.app.id,
                    "acl": ["127.0.0.0/8"],
                    "srtp": policy,
                }
                await gateway.rest.expect(201, "POST", "/v1/psip", body=wanted)
            return line

        line = await rent("gateway", sip=sip, trunks=trunks)
        old = await rent("old", sip={"digest_algorithms": ["MD5"]})
        if KAMAILIO:
            proxy = Kamailio(directory / "proxy", port=kamailio_port, gateway_port=line.gateway.sip_port)
            await stack.enter_async_context(proxy)
        settings = PhoneSettings(name="447700000500", directory=directory, tone_hz=BEN_HZ)
        ben = await stack.enter_async_context(await Phone.start(settings))
        webhooks.answer(ROOM)
        await ben.call(line.uri)
        await ben.wait("established")
        await webhooks.wait(status="answered")
        yield House(line, ben, old, tls_port, made, kamailio_port, directory)


@pytest.mark.parametrize(("stack", "feature"), _cells())
async def test_a_cell(house: House, stack: str, feature: str) -> None:
    house.line.webhooks.forget()
    house.line.webhooks.answer(ROOM)
    house.stack = stack
    await PLAYS.get(stack, SCENES)[feature](house)


def test_no_cell_is_absent() -> None:
    assert set(interop.LIMITS) == set(interop.STACKS)
    for stack, limits in interop.LIMITS.items():
        assert set(limits) <= set(interop.FEATURES), stack
        assert set(interop.NOTES.get(stack, {})) <= set(interop.FEATURES) - set(limits), stack
        assert set(PLAYS.get(stack, SCENES)) >= set(interop.FEATURES) - set(limits), stack
