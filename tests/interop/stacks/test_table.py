"""The interop table: every feature with every stack that we did not write, each cell a test."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from gateway.demo.phone import Phone, PhoneSettings
from tests.interop.stacks.scenes import BEN_HZ, ENCRYPTED, OFFICE, ROOM, House
from tests.interop.stacks.scripted import PLAYS
from tests.support import interop
from tests.support.debian_baresip import BARESIP
from tests.support.gateway import RunningGateway
from tests.support.kamailio import HAS_TLS, KAMAILIO, Kamailio
from tests.support.line import Line
from tests.support.pjsua_phone import IS_INSTALLED as HAS_PJSUA
from tests.support.ports import free_ports
from tests.support.sipp import can_play
from tests.support.tls import make_certificate
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.interop

MISSING = {
    interop.DEBIAN: "" if BARESIP else "baresip is not installed (Debian package baresip-core)",
    interop.PJSUA: "" if HAS_PJSUA else "pjsua2-python has no wheel for this Python",
    interop.SIPP: "" if shutil.which("sipp") else "sipp is not installed (Debian package sip-tester)",
    interop.SIPSAK: "" if shutil.which("sipsak") else "sipsak is not installed (Debian package sipsak)",
    interop.KAMAILIO: "" if KAMAILIO else "kamailio is not installed (Debian package kamailio)",
}
"""Why a stack cannot be tried on this machine."""
ALSO_NEEDED = {
    **dict.fromkeys(((stack, interop.EARLY_MEDIA) for stack in interop.STACKS), interop.SIPP),
    **dict.fromkeys(
        (
            (interop.KAMAILIO, feature)
            for feature in (interop.TLS, interop.EARLY_MEDIA, interop.TIMER, interop.OPTIONS)
        ),
        interop.PJSUA,
    ),
}
"""Cell → another stack that plays in it."""


def _missing(stack: str, feature: str) -> str:
    """Why a cell cannot be tried on this machine; empty when it can."""
    if (stack, feature) == (interop.SIPP, interop.KEYS_IN) and not can_play():
        return "sipp plays keys by raw sockets, which only root has"
    if (stack, feature) == (interop.KAMAILIO, interop.TLS) and not HAS_TLS:
        return "Kamailio is without TLS (Debian package kamailio-tls-modules)"
    return MISSING.get(stack, "") or MISSING.get(ALSO_NEEDED.get((stack, feature), ""), "")


def _cells() -> list[object]:
    return [
        pytest.param(
            stack,
            feature,
            id=f"{stack}-{feature}",
            marks=[
                pytest.mark.cell(stack, feature),
                pytest.mark.skipif(bool(_missing(stack, feature)), reason=_missing(stack, feature)),
            ],
        )
        for stack, feature in interop.cells()
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    directory = tmp_path_factory.mktemp("stacks")
    made = make_certificate(directory / "tls")
    tls_port = free_ports(1)[0]
    sip = {
        "transports": ["udp", "tcp", "tls"],
        "tls_port": tls_port,
        "tls_certificate": str(made.certificate),
        "tls_key": str(made.key),
        "tls_ca": str(made.authority),
    }
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

        line = await rent("gateway", sip=sip)
        old = await rent("old", sip={"digest_algorithms": ["MD5"]})
        proxy = None
        if KAMAILIO:
            proxy = Kamailio(directory / "proxy", gateway_port=line.gateway.sip_port, tls=made)
            await stack.enter_async_context(proxy)
            for trunk in proxy.trunks:
                await line.gateway.rest.expect(201, "POST", "/cordboard/trunks", body=trunk)
        settings = PhoneSettings(name="447700000500", directory=directory, tone_hz=BEN_HZ)
        ben = await stack.enter_async_context(await Phone.start(settings))
        webhooks.answer(ROOM)
        await ben.call(line.uri)
        await ben.wait("established")
        await webhooks.wait(status="answered")
        yield House(line, ben, old, tls_port, made, proxy, directory)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("stack", "feature"), _cells())
async def test_a_cell(house: House, stack: str, feature: str) -> None:
    house.line.webhooks.forget()
    house.line.webhooks.answer(ROOM)
    house.stack = stack
    await PLAYS[stack][feature](house)


def test_no_cell_is_absent() -> None:
    assert set(interop.LIMITS) == set(interop.STACKS)
    for stack, limits in interop.LIMITS.items():
        assert set(limits) <= set(interop.FEATURES), stack
        assert set(interop.NOTES.get(stack, {})) <= set(interop.FEATURES) - set(limits), stack
        assert set(PLAYS[stack]) >= set(interop.FEATURES) - set(limits), stack
