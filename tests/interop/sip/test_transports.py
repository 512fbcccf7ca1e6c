"""Calls over every transport, in and out, with peers that we did not write or wrote by hand."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from gateway.demo.hearing import is_speech_like, read_wav
from gateway.demo.phone import Phone, PhoneSettings
from tests.support.gateway import RunningGateway, trunk_to
from tests.support.hand_phone import DatagramPhone, WebSocketPhone
from tests.support.line import Line, talk
from tests.support.pjsua_phone import IS_INSTALLED, PjsuaPhone
from tests.support.ports import free_ports
from tests.support.rtp_party import RtpParty
from tests.support.sipp import Sipp, needs_sipp
from tests.support.tls import Certificate, make_certificate
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

NUMBER = "447700000301"
OVER_TCP = "4471"


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


HOSTS = ["::1"] if has_ipv6() else []


class Place:
    """A gateway on all transports, with a rented number behind which something is said."""

    def __init__(self, line: Line, certificate: Certificate, ports: dict[str, int]) -> None:
        self.line = line
        self.certificate = certificate
        self.ports = ports

    def uri(self, transport: str) -> str:
        """The number, over a transport."""
        port = self.ports.get(transport, self.line.gateway.sip_port)
        return f"sip:{self.line.number}@127.0.0.1:{port};transport={transport}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    directory = tmp_path_factory.mktemp("transports")
    made = make_certificate(directory / "tls")
    tls_port, ws_port, wss_port, carrier = free_ports(4)
    sip = {
        "trusted": ["127.0.0.0/8", "::1/128"],
        "more_hosts": HOSTS,
        "transports": ["udp", "tcp", "tls", "ws", "wss"],
        "tls_port": tls_port,
        "ws_port": ws_port,
        "wss_port": wss_port,
        "tls_certificate": str(made.certificate),
        "tls_key": str(made.key),
        "tls_ca": str(made.authority),
    }
    trunks = [{**trunk_to(carrier, OVER_TCP), "transport": "tcp"}]
    async with AsyncExitStack() as stack:
        more = {"limits": {"calls_per_second": 30}}
        gateway = await stack.enter_async_context(
            RunningGateway(directory, sip=sip, trunks=trunks, egress=("127.0.0.0/8", "::1/128"), more=more)
        )
        webhooks = await stack.enter_async_context(WebhookApp())
        line = await Line.rent(gateway, webhooks)
        line.webhooks.answer(talk())
        yield Place(line, made, {"tls": tls_port, "ws": ws_port, "wss": wss_port, "carrier": carrier})


def heard_speech(phone: Phone) -> Callable[[], bool]:
    return lambda: is_speech_like(read_wav(phone.heard)[0])


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_baresip_calls_in(place: Place, tmp_path: Path, transport: str) -> None:
    async with await Phone.start(PhoneSettings(name=NUMBER, directory=tmp_path, tone_hz=440)) as anna:
        await anna.call(place.uri(transport))
        await anna.wait("established")
        await until(heard_speech(anna), "speech heard", every_s=0.5)
        await anna.wait("closed", timeout=40)


@needs_sipp
async def test_sipp_calls_in_over_tcp(place: Place, tmp_path: Path) -> None:
    async with RtpParty(880) as party:
        keys = {"rtp_port": party.port, "caller": NUMBER}
        to = f"127.0.0.1:{place.line.gateway.sip_port}"
        options = ("-s", place.line.number, "-t", "t1")
        async with Sipp(
            "inbound_answered_gateway_hangs_up", tmp_path, to=to, keys=keys, options=options
        ) as caller:
            await caller.finish()
        assert "SIP/2.0/TCP" in caller.messages()
        assert is_speech_like(party.heard())


@needs_sipp
async def test_a_trunk_over_tcp_is_called(place: Place, tmp_path: Path) -> None:
    async with RtpParty(880) as party:
        options = ("-t", "t1", "-p", str(place.ports["carrier"]))
        async with Sipp(
            "outbound_answered_gateway_hangs_up", tmp_path, keys={"rtp_port": party.port}, options=options
        ) as carrier:
            called = {"type": "phone", "number": f"{OVER_TCP}00000001"}
            created = await place.line.create_call(called, talk())
            await carrier.finish()
        assert any("SIP/2.0/TCP" in message for message in carrier.received())
        await place.line.webhooks.wait(uuid=created["uuid"], status="completed", within_s=45)
        assert is_speech_like(party.heard())


async def test_a_browser_calls_in_over_websocket(place: Place) -> None:
    async with (
        RtpParty(880) as party,
        WebSocketPhone.connect(f"ws://127.0.0.1:{place.ports['ws']}/") as socket,
    ):
        phone = WebSocketPhone(socket)
        await phone.call(f"sip:{place.line.number}@127.0.0.1", party.port)
        assert phone.far_contact == f"sip:cordboard@127.0.0.1:{place.ports['ws']};transport=ws"
        await phone.answer_bye()
        assert is_speech_like(party.heard())


@pytest.mark.skipif(not HOSTS, reason="this machine has no ::1")
async def test_a_call_over_ipv6(place: Place) -> None:
    port = place.line.gateway.sip_port
    async with RtpParty(880) as party, DatagramPhone("::1", ("::1", port)) as phone:
        await phone.call(f"sip:{place.line.number}@[::1]:{port}", party.port)
        assert phone.far_contact == f"sip:cordboard@[::1]:{port}"
        await phone.answer_bye()
        assert is_speech_like(party.heard())


@needs_sipp
async def test_an_address_over_tcp_is_called(place: Place, tmp_path: Path) -> None:
    async with RtpParty(880) as party:
        keys: dict[str, object] = {"rtp_port": party.port}
        async with Sipp(
            "outbound_answered_gateway_hangs_up", tmp_path, keys=keys, options=("-t", "t1")
        ) as callee:
            created = await place.line.create_call(
                {"type": "sip", "uri": f"{callee.uri};transport=tcp"}, talk()
            )
            await callee.finish()
        assert any("SIP/2.0/TCP" in message for message in callee.received())
        await place.line.webhooks.wait(uuid=created["uuid"], status="completed", within_s=45)


@pytest.mark.skipif(not IS_INSTALLED, reason="pjsua2-python is not installed (Python before 3.13)")
async def test_a_phone_that_proves_its_name_is_called_over_tls(place: Place, tmp_path: Path) -> None:
    options = {"transport": "tls", "tls": str(place.certificate.directory)}
    async with PjsuaPhone(NUMBER, tmp_path, tone_hz=440, **options) as phone:
        created = await place.line.create_call({"type": "sip", "uri": phone.uri}, talk())
        await phone.wait("established", within_s=30)
        await phone.wait("closed", within_s=40)
        await place.line.webhooks.wait(uuid=created["uuid"], status="completed", within_s=45)
        # It leaves the header of its file as it was at the beginning.
        assert is_speech_like(np.frombuffer(phone.heard.read_bytes()[44:], "<i2"))


@pytest.mark.skipif(not IS_INSTALLED, reason="pjsua2-python is not installed (Python before 3.13)")
async def test_a_phone_of_a_foreign_authority_is_told_nothing(place: Place, tmp_path: Path) -> None:
    foreign = make_certificate(tmp_path / "foreign")
    options = {"transport": "tls", "tls": str(foreign.directory)}
    async with PjsuaPhone(NUMBER, tmp_path, tone_hz=440, **options) as phone:
        created = await place.line.create_call({"type": "sip", "uri": phone.uri}, talk())
        await place.line.webhooks.wait(uuid=created["uuid"], status="failed", within_s=45)
        assert "INVITE" not in phone.log.read_text("utf-8", "replace")
