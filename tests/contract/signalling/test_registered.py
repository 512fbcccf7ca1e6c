"""Phones on real sockets: called over the very connection by which they registered, gone when it is."""

import asyncio

import pytest

from signalling.io.shell import SipShell
from signalling.sdp.stream import LocalMedia
from signalling.sip.calls import CallFailed
from signalling.sip.config import Invitation
from signalling.sip.notices import AnyNotice, RegistrationChanged
from signalling.sip.registrar.binding import Binding, BindingsChanged
from signalling.sip.registration import Enrolment, Place
from signalling.sip.uri import SipUri
from tests.support.registering import AOR, INSTANCE, Admits, Register
from tests.support.waiting import until
from tests.support.wire import config

pytestmark = pytest.mark.contract

HOST = "127.0.0.1"
PATIENCE_S = 10.0


class Desk:
    """A shell with a registrar, and what it told."""

    def __init__(self) -> None:
        self.notices: list[AnyNotice] = []
        self.failures: list[CallFailed] = []
        settings = config((HOST, 0), guard=Admits())
        self.shell = SipShell(settings, self._note, self.notices.append)

    def _note(self, event: object) -> None:
        if isinstance(event, CallFailed):
            self.failures.append(event)

    @property
    def bindings(self) -> tuple[Binding, ...]:
        return self.shell.contacts(AOR)

    def call(self) -> None:
        """Call the one phone."""
        (binding,) = self.bindings
        local = LocalMedia(HOST, 40000)
        self.shell.invite(Invitation(binding.contact, binding.flow, "447700900000", local))


async def _message(reader: asyncio.StreamReader) -> str:
    """The next message of a connection, without its body."""
    async with asyncio.timeout(PATIENCE_S):
        return (await reader.readuntil(b"\r\n\r\n")).decode()


@pytest.mark.parametrize(("contact", "survives"), [("", True), (f";{INSTANCE};reg-id=1", False)])
async def test_a_phone_is_called_over_its_connection(contact: str, *, survives: bool) -> None:
    desk = Desk()
    async with desk.shell:
        reader, writer = await asyncio.open_connection(HOST, desk.shell.port)
        uri = f"<sip:42@{HOST}:9;transport=tcp>{contact}"
        register = bytes(Register((uri,), extra=("Supported: outbound",))).replace(
            b"SIP/2.0/UDP", b"SIP/2.0/TCP"
        )
        writer.write(register)
        assert "200 OK" in await _message(reader)
        assert desk.shell.is_used(desk.bindings[0].flow)
        desk.call()
        assert (await _message(reader)).startswith(f"INVITE sip:42@{HOST}:9;transport=tcp SIP/2.0")
        writer.close()
        await until(lambda: len(desk.notices) == 2, "the registrar hears of it", every_s=0.02)
        assert desk.notices == [BindingsChanged(AOR)] * 2
        assert [(each.flow.remote, each.flow.connection) for each in desk.bindings] == (
            [((HOST, 9), 0)] if survives else []
        )
        await until(lambda: bool(desk.failures), "the call fails", every_s=0.02)


async def test_one_shell_registers_with_another_and_takes_it_back() -> None:
    carrier, trunk = Desk(), Desk()
    async with carrier.shell, trunk.shell:
        domain, aor = SipUri("sip", None, AOR.domain), SipUri("sip", AOR.user, AOR.domain)
        flow = trunk.shell.flow(HOST, carrier.shell.port)
        handle = trunk.shell.register(Enrolment((Place(domain, aor, flow),), AOR.user))

        def state() -> str:
            news = trunk.notices[-1]
            assert isinstance(news, RegistrationChanged)
            return news.state

        await until(lambda: state() == "registered", "the trunk is registered", every_s=0.02)
        assert carrier.bindings[0].flow.remote == (HOST, trunk.shell.port)
        trunk.shell.unregister(handle)
        await until(lambda: state() == "unregistered", "the trunk is not registered", every_s=0.02)
        assert carrier.bindings == ()
