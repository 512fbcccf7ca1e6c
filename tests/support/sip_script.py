"""A SIP peer that says exactly what a test writes, to one endpoint in virtual time."""

import random
from dataclasses import dataclass, field

from signalling.sip.calls import AnyCallEvent, CallHandle, Flow, IncomingCall
from signalling.sip.config import Invitation
from signalling.sip.endpoint import Endpoint
from signalling.sip.message import Request, Response
from signalling.sip.reading import read_message
from signalling.sip.uri import SipUri
from tests.support.wire import ALICE, BOB, Transport, config, media

SDP = (
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
)
VIDEO = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=video 4000 RTP/AVP 34\r\n"


@dataclass(frozen=True)
class Says:
    """A request of the peer, as text with sensible fields. `extra` are further header lines."""

    method: str = "INVITE"
    uri: str = "sip:42@192.0.2.2"
    branch: str = "z9hG4bK-1"
    to_tag: str = ""
    from_tag: str = "peer"
    call_id: str = "call-1"
    cseq: int = 1
    extra: tuple[str, ...] = ()
    body: str = ""
    content_type: str = "application/sdp"

    def __bytes__(self) -> bytes:
        lines = [
            f"{self.method} {self.uri} SIP/2.0",
            f"Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch={self.branch}",
            f"From: <sip:447700900000@192.0.2.1>;tag={self.from_tag}",
            f"To: <sip:42@192.0.2.2>{';tag=' + self.to_tag if self.to_tag else ''}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.cseq} {self.method}",
            "Contact: <sip:peer@192.0.2.1:5060>",
            *self.extra,
        ]
        if not any(line.startswith("Max-Forwards") for line in self.extra):
            lines.append("Max-Forwards: 70")
        if self.body:
            lines.append(f"Content-Type: {self.content_type}")
        return "\r\n".join([*lines, f"Content-Length: {len(self.body)}", "", self.body]).encode()


@dataclass
class Script:
    """One endpoint at BOB's address, and a peer at ALICE's whose every word is written in the test."""

    settings: dict[str, object] = field(default_factory=dict)
    transport: Transport = "udp"
    now: float = 1000.0
    events: list[AnyCallEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.endpoint = Endpoint(config(BOB, **self.settings), random.Random(7).randbytes)
        self.flow = Flow(self.transport, ALICE, BOB, 1 if self.transport == "tcp" else 0)

    def say(self, message: Says | bytes) -> list[Request | Response]:
        """Deliver a message and return what the endpoint sends at once."""
        self.endpoint.receive(bytes(message), self.flow, self.now)
        return self.heard()

    def ask(self, message: Says) -> Response:
        """Deliver a request that has exactly one response."""
        (response,) = self.say(message)
        assert isinstance(response, Response)
        return response

    def wait(self, seconds: float) -> list[Request | Response]:
        """Let time pass timer by timer and return what the endpoint sends meanwhile."""
        deadline = self.now + seconds
        said = []
        while (at := self.endpoint.next_timer()) is not None and at <= deadline:
            self.now = at
            self.endpoint.handle_timers(at)
            said += self.heard()
        self.now = deadline
        return said

    def heard(self) -> list[Request | Response]:
        """What the endpoint sends now; a refusal may repeat what was malformed."""
        self.events += self.endpoint.events()
        return [read_message(transmit.data) for transmit in self.endpoint.transmits()]

    # The endpoint as the callee.

    def ring_in(self, **changes: object) -> CallHandle:
        """The peer calls; returns the call."""
        self.say(Says(**{"body": SDP, **changes}))  # type: ignore[arg-type]
        event = self.events[-1]
        assert isinstance(event, IncomingCall)
        return event.call

    def accept(self, call: CallHandle) -> Response:
        """The endpoint's user answers; returns the 200."""
        self.endpoint.accept(call, media(BOB), self.now)
        (response,) = self.heard()
        assert isinstance(response, Response)
        return response

    def establish_in(self) -> tuple[CallHandle, str]:
        """A call from the peer that is up; returns it and the endpoint's tag."""
        call = self.ring_in()
        tag = self.accept(call).to.tag or ""
        self.say(Says("ACK", branch="z9hG4bK-ack", to_tag=tag))
        return call, tag

    # The endpoint as the caller.

    def call_out(self, **changes: object) -> tuple[CallHandle, Request]:
        """The endpoint's user calls the peer; returns the call and the INVITE."""
        wanted = Invitation(SipUri("sip", "42", ALICE[0]), self.flow, "447700900000", media(BOB), **changes)  # type: ignore[arg-type]
        call = self.endpoint.invite(wanted, self.now)
        (request,) = self.heard()
        assert isinstance(request, Request)
        return call, request

    def reply(
        self, request: Request, status_code: int, *extra: str, tag: str = "peer", body: str = ""
    ) -> list[Request | Response]:
        """The peer answers a request; returns what the endpoint sends then."""
        to = str(request.to) if request.to.tag else f"{request.to};tag={tag}"
        lines = [
            f"SIP/2.0 {status_code} Said",
            f"Via: {request.via}",
            f"From: {request.from_}",
            f"To: {to}",
            f"Call-ID: {request.call_id}",
            f"CSeq: {request.cseq}",
            *extra,
        ]
        if not any(line.startswith("Contact") for line in extra):
            lines.append("Contact: <sip:peer@192.0.2.1:5060>")
        if body:
            lines.append("Content-Type: application/sdp")
        return self.say("\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]).encode())

    def establish_out(self) -> tuple[CallHandle, Request]:
        """A call to the peer that is up; returns it and its INVITE."""
        call, request = self.call_out()
        self.reply(request, 200, body=SDP)
        return call, request


def names(messages: list[Request | Response]) -> list[str]:
    """Methods and status codes, for comparing."""
    return [
        message.method if isinstance(message, Request) else str(message.status_code) for message in messages
    ]
