"""Answers that start no transaction and leave nothing behind (RFC 3261 section 8.2.7)."""

import hashlib
from collections import Counter

from signalling.sip.calls import Flow
from signalling.sip.errors import RemoteSipError
from signalling.sip.incidents import MAX_TEXT, Incident, Kind
from signalling.sip.message import Request, Response
from signalling.sip.modesty import modest
from signalling.sip.reading import read_beginning
from signalling.sip.refusals import TOO_LARGE, Refusal, malformed, unknown_method
from signalling.sip.session.context import TOKEN_OCTETS, Context


class Stateless:
    """Tells senders what is wrong, and counts: `malformed` what is no SIP, `refused` what gets a refusal."""

    def __init__(self, context: Context, secret: bytes, counters: Counter[str]) -> None:
        """`secret` makes tags that nobody else can."""
        self._context = context
        self._secret = secret
        self._counters = counters
        self._heard_octets = 0

    def heard(self, octets: int) -> None:
        """So long is the message that is answered from now on: strangers get no much longer answer."""
        self._heard_octets = octets

    def refuse_unreadable(self, data: bytes, error: RemoteSipError, flow: Flow) -> None:
        """Count what is no message. Whoever sent one that is too large is told."""
        self._report(error, flow)
        if error.status_code == TOO_LARGE.status_code:
            self.refuse_large(data, flow)
        else:
            self._counters["malformed"] += 1

    def refuse_malformed(self, message: Request | Response, error: RemoteSipError, flow: Flow) -> None:
        """Count it, and tell a request's sender: a Via that can be read is all that a response needs."""
        self._counters["malformed"] += 1
        self._report(error, flow)
        if isinstance(message, Response) or message.method == "ACK":
            return
        try:
            message.headers.set_first("Via", str(message.via.stamped(*flow.remote)))
        except RemoteSipError:
            return
        refusal = unknown_method(message) or malformed(error)
        self.answer(self._context.refusal(message, refusal, tag=self.tag(message)), flow)

    def refuse_large(self, beginning: bytes, flow: Flow) -> None:
        """Tell a request's sender that it is too long, if its beginning says enough for an answer."""
        try:
            message = read_beginning(beginning)
            message.check()
            message.headers.set_first("Via", str(message.via.stamped(*flow.remote)))
        except RemoteSipError:
            self._counters["malformed"] += 1
            return
        if isinstance(message, Request) and message.method != "ACK":
            self.refuse(message, TOO_LARGE, flow)

    def refuse(self, request: Request, refusal: Refusal, flow: Flow) -> None:
        """Refuse a request, as often as it comes."""
        self._counters["refused"] += 1
        self.answer(self._context.refusal(request, refusal, tag=self.tag(request)), flow)

    def answer(self, response: Response, flow: Flow) -> None:
        """Send a stateless answer, to strangers none that is much longer than their request."""
        if self._context.config.guard.trusts(flow.remote[0]):
            self._context.send(flow, bytes(response))
        elif octets := modest(response, self._heard_octets, flow):
            self._context.send(flow, octets)

    def tag(self, request: Request) -> str:
        """Make the To tag of a stateless response: the same for each retransmission (section 8.2.7)."""
        origin = "\n".join(request.headers.lines("Via")[:1] + request.headers.lines("Call-ID")[:1])
        octets = origin.encode("utf-8", "surrogateescape")
        return hashlib.blake2b(octets, key=self._secret, digest_size=TOKEN_OCTETS).hexdigest()

    def _report(self, error: RemoteSipError, flow: Flow) -> None:
        detail = error.reason[:MAX_TEXT]
        self._context.notify(Incident(Kind.REQUEST_BAD_FORMAT, flow.remote[0], flow.transport, detail=detail))
