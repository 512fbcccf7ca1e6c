"""What a SIP peer wants when it transfers its party: the target of its REFER as an endpoint of ours."""

import logging
from collections.abc import Callable
from functools import partial

import msgspec

from gateway.errors import Invalid
from gateway.legs.line import Referral
from gateway.legs.sip_status import NOT_FOUND
from gateway.routing.endpoints import Endpoint, SipEndpoint, read_endpoint
from gateway.routing.number_format import is_e164
from gateway.routing.trunks import Trunks
from signalling.io.shell import SipShell
from signalling.sip.calls import CallHandle, TransferRequested
from signalling.sip.errors import SipError
from signalling.sip.headers.identity import user_and_host
from signalling.sip.uri import SipUri

log = logging.getLogger(__name__)


class Transfers:
    """Reads what peers ask for, and tells them how it went."""

    def __init__(self, shell: SipShell, trunks: Trunks, leg_of: Callable[[CallHandle], str]) -> None:
        """`leg_of` gives the leg of a call, empty for none."""
        self._shell = shell
        self._trunks = trunks
        self._leg_of = leg_of

    def read(self, wish: TransferRequested) -> Referral | None:
        """The wish in the gateway's words; None for one that is refused at once."""
        report = partial(self._report, wish.call)
        if wish.replaces is not None:
            return Referral(endpoint=None, leg_id=self._leg_of(wish.replaces), report=report)
        try:
            return Referral(endpoint=endpoint_of(wish, self._trunks), report=report)
        except Invalid as error:
            log.info("a transfer is refused: %s", error)
            report(NOT_FOUND)
            return None

    def _report(self, call: CallHandle, sip_code: int) -> None:
        try:
            self._shell.report_transfer(call, sip_code)
        except SipError as error:
            log.info("nobody is told of a transfer any more: %s", error)


def endpoint_of(wish: TransferRequested, trunks: Trunks) -> Endpoint:
    """Whom the peer wants called. Raises Invalid.

    A number at the gateway itself or at one of `trunks` is a telephone number, which toll policy decides on;
    another user of the gateway is one of the application's. All else is a SIP address as `connect` has it.
    """
    uri = wish.target
    user = user_and_host(uri)[0].lstrip("+")
    if isinstance(uri, SipUri):
        at_home = wish.is_here or trunks.serving(uri.host, uri.port) is not None
        if not (at_home and is_e164(user)):
            return _here({"type": "app", "user": user}, wish) if wish.is_here else _elsewhere(uri, wish)
    return _here({"type": "phone", "number": user}, wish)


def _here(endpoint: dict[str, str], wish: TransferRequested) -> Endpoint:
    if "Replaces" in wish.headers:
        raise Invalid("the call whose place is to be taken is not here")
    return read_endpoint(endpoint, "transfer")


def _elsewhere(uri: SipUri, wish: TransferRequested) -> Endpoint:
    custom = {name[2:]: text for name, text in wish.headers.items() if name.lower().startswith("x-")}
    standard = {name: text for name, text in wish.headers.items() if not name.lower().startswith("x-")}
    endpoint = read_endpoint({"type": "sip", "uri": str(uri), "headers": custom}, "transfer")
    if not isinstance(endpoint, SipEndpoint):
        raise TypeError("a SIP address makes a SIP endpoint")
    return msgspec.structs.replace(endpoint, standard_headers=standard)
