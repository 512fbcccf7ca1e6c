"""Client transactions: a request of ours and the responses to it."""

from collections.abc import Callable
from dataclasses import replace

from signalling.sip.calls import Flow
from signalling.sip.message import Headers, Request, Response, respond
from signalling.sip.transaction import invite_client, non_invite_client
from signalling.sip.transaction.machine import Key, Surroundings, Transaction
from signalling.sip.transaction.vocabulary import Do, Input, State

OnResponse = Callable[[Response, float], None]
"""Takes a response and `now`. A timeout comes as 408, a lost connection as 503 (RFC 3261 section 8.1.3.1)."""


class ClientTransaction(Transaction):
    """Runs the INVITE or non-INVITE client table for `request`."""

    def __init__(
        self, key: Key, request: Request, flow: Flow, surroundings: Surroundings, on_response: OnResponse
    ) -> None:
        self.is_invite = request.method == "INVITE"
        table = invite_client.TABLE if self.is_invite else non_invite_client.TABLE
        super().__init__(key, table, flow, surroundings)
        self.request = request
        self.fallback: Flow | None = None
        """The flow that the request was meant for, when it is tried over TCP first."""
        self._octets = bytes(request)
        self._on_response = on_response

    def start(self, now: float) -> None:
        """Send the request."""
        self.feed(Input.START, now)

    def fall_back(self, now: float) -> bool:
        """Send the request again where it was meant for. False when it cannot help: it was, or was heard."""
        if self.fallback is None or self.state not in {State.CALLING, State.TRYING}:
            return False
        self.flow, self.fallback = self.fallback, None
        travel_over(self.request, self.flow)
        self._octets = bytes(self.request)
        self._transmit(self._octets)
        self._start("A" if self.is_invite else "E", now)
        return True

    def receive(self, response: Response, now: float) -> None:
        """Take a response that matches this transaction."""
        if response.status_code < 200:
            symbol = Input.PROVISIONAL
        elif not self.is_invite:
            symbol = Input.FINAL
        else:
            symbol = Input.SUCCESS if response.status_code < 300 else Input.FAILURE
        self.feed(symbol, now, response)

    def _perform(self, action: Do, now: float, message: Request | Response | None) -> None:
        match action:
            case Do.ACK if isinstance(message, Response):
                self._transmit(bytes(acknowledge_failure(self.request, message)))
            case Do.DELIVER if isinstance(message, Response):
                self._on_response(message, now)
            case Do.TIMEOUT:
                self._on_response(respond(self.request, 408), now)
            case Do.BROKEN:
                self._on_response(respond(self.request, 503), now)


def travel_over(request: Request, flow: Flow) -> None:
    """Name the transport of a flow in our Via."""
    request.headers.set_first("Via", str(replace(request.via, transport=flow.transport.upper())))


def acknowledge_failure(request: Request, response: Response) -> Request:
    """Build the ACK to a 300-699 response: in the INVITE's own transaction (RFC 3261 section 17.1.1.3)."""
    return _in_transaction_of(request, "ACK", response.headers.get("To"))


def cancel(request: Request) -> Request:
    """Build the CANCEL of an INVITE (RFC 3261 section 9.1)."""
    return _in_transaction_of(request, "CANCEL", request.headers.get("To"))


def _in_transaction_of(request: Request, method: str, to: str | None) -> Request:
    headers = Headers([("Via", str(request.via)), ("Max-Forwards", "70")])
    for name in ("From", "Call-ID", "Route"):
        for value in request.headers.lines(name):
            headers.add(name, value)
    headers.add("To", to or "")
    headers.add("CSeq", f"{request.cseq.number} {method}")
    return Request(method, request.uri, headers)
