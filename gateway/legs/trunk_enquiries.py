"""Asks the servers of a trunk, when the operator wants to know: one OPTIONS to each address, all at once."""

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from gateway.config import TrunkSettings
from gateway.config.trunks import TrunkTarget
from gateway.legs.sip_transports import transport_of
from gateway.routing.trunk_report import ServerReport
from signalling.io.shell import SipShell
from signalling.sip.calls import Flow
from signalling.sip.errors import SipError
from signalling.sip.notices import AnyNotice, EnquiryAnswered, EnquiryHandle
from signalling.sip.uri import SipUri

LOOKUP_S = 3.0
"""How long a name may take to be found: resolvers ask in vain for longer than anybody waits."""
ANSWER_S = 5.0
"""How long a server may take to say something: somebody is waiting, and calls are not more patient."""


class TrunkEnquiries:
    """The enquiries that are under way."""

    def __init__(self, shell: SipShell) -> None:
        self._shell = shell
        self._asked: dict[EnquiryHandle, asyncio.Future[EnquiryAnswered]] = {}

    async def ask(self, trunk: TrunkSettings) -> list[ServerReport]:
        """Ask every server at each of its addresses."""
        asked = await asyncio.gather(*(self._ask_target(target) for target in trunk.all_targets()))
        return [answer for answers in asked for answer in answers]

    def on_notice(self, notice: AnyNotice) -> None:
        """What the SIP endpoint tells."""
        if isinstance(notice, EnquiryAnswered):
            # What cannot even be sent is told before the enquiry has its handle.
            asyncio.get_running_loop().call_soon(self._hear, notice)

    def _hear(self, notice: EnquiryAnswered) -> None:
        answer = self._asked.get(notice.enquiry)
        if answer is not None and not answer.done():
            answer.set_result(notice)

    async def _ask_target(self, target: TrunkTarget) -> Sequence[ServerReport]:
        server = ServerReport(host=target.host, port=target.port, transport=target.transport)
        try:
            async with asyncio.timeout(LOOKUP_S):
                flows = await self._shell.targets(target.host, target.port or None, transport_of(target))
        except SipError as error:
            return [replace(server, reason=error.reason)]
        except TimeoutError:
            return [replace(server, reason=f"no address was found in {LOOKUP_S:g} s")]
        return await asyncio.gather(*(self._ask(flow, server) for flow in flows))

    async def _ask(self, flow: Flow, server: ServerReport) -> ServerReport:
        host, port = flow.remote
        uri = SipUri(scheme="sip", user=None, host=server.host, port=server.port or None)
        asked = replace(server, address=f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            said = await self._answer(self._shell.enquire(uri, flow))
        except SipError as error:
            return replace(asked, reason=error.reason)
        except TimeoutError:
            return replace(asked, reason=f"nothing was heard in {ANSWER_S:g} s")
        time_ms = round((loop.time() - began) * 1000, 1)
        return replace(asked, status=said.status_code, reason=said.reason, time_ms=time_ms)

    async def _answer(self, enquiry: EnquiryHandle) -> EnquiryAnswered:
        """Raises TimeoutError."""
        answer = self._asked[enquiry] = asyncio.get_running_loop().create_future()
        try:
            return await asyncio.wait_for(answer, ANSWER_S)
        finally:
            del self._asked[enquiry]
