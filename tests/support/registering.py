"""A SIP phone that registers, as text: to one endpoint in virtual time, whose guard asks for no password."""

from dataclasses import dataclass, field

from signalling.sip.calls import Flow
from signalling.sip.guard import Admitted
from signalling.sip.message import Request, Response
from signalling.sip.notices import AnyNotice
from signalling.sip.registrar.binding import Aor, Binding
from tests.support.sip_script import Script
from tests.support.wire import ALICE, BOB

AOR = Aor("acme", "42")
PHONE = "<sip:42@192.0.2.1:5062>"
OTHER = "<sip:42@192.0.2.9:5062>"
INSTANCE = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"'


class Admits:
    """A guard that has asked for the password already: whoever comes is `account`."""

    def __init__(self, account: str = AOR.user) -> None:
        self.account = account
        self.asked = 0

    networks = ()

    def trusts(self, _host: str) -> bool:
        return True

    def admit(self, _request: Request, _flow: Flow, _now: float) -> Admitted:
        self.asked += 1
        return Admitted(self.account, AOR.domain)


@dataclass(frozen=True)
class Register:
    """A REGISTER. `contacts` are header values, `vias` further Via headers below the phone's."""

    contacts: tuple[str, ...] = (PHONE,)
    cseq: int = 1
    call_id: str = "registration"
    branch: str = ""
    user: str = AOR.user
    host: str = AOR.domain
    registrar: str = AOR.domain
    vias: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    def __bytes__(self) -> bytes:
        lines = [
            f"REGISTER sip:{self.registrar} SIP/2.0",
            f"Via: SIP/2.0/UDP 192.0.2.1:5062;rport;branch=z9hG4bK-{self.branch or self.cseq}",
            *(f"Via: {via}" for via in self.vias),
            f"From: <sip:{self.user}@{self.host}>;tag=phone",
            f"To: <sip:{self.user}@{self.host}>",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.cseq} REGISTER",
            "Max-Forwards: 70",
            *(f"Contact: {contact}" for contact in self.contacts),
            *self.extra,
            "Content-Length: 0",
        ]
        return "\r\n".join([*lines, "", ""]).encode()


@dataclass
class Phones:
    """An endpoint with its registrar, and phones that register there."""

    guard: Admits = field(default_factory=Admits)
    settings: dict[str, object] = field(default_factory=dict)
    notices: list[AnyNotice] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.script = Script(settings={"guard": self.guard, **self.settings})
        self.endpoint = self.script.endpoint
        self.flow = Flow("udp", ALICE, BOB)

    def register(self, message: Register | bytes, flow: Flow | None = None) -> Response:
        """Deliver a REGISTER; it has exactly one answer."""
        self.endpoint.receive(bytes(message), flow or self.flow, self.script.now)
        (response,) = self.script.heard()
        self.notices += self.endpoint.notices()
        assert isinstance(response, Response)
        return response

    def accept(self, message: Register, flow: Flow | None = None) -> list[str]:
        """Deliver a REGISTER that is answered 200; returns the contacts of the answer."""
        response = self.register(message, flow)
        assert response.status_code == 200, response
        return response.headers.lines("Contact")

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.script.wait(seconds)
        self.notices += self.endpoint.notices()

    @property
    def bindings(self) -> tuple[Binding, ...]:
        """What the registrar knows of AOR."""
        return self.endpoint.registrar.contacts(AOR, self.script.now)

    @property
    def uris(self) -> list[str]:
        """The contacts of AOR."""
        return [f"<{binding.contact}>" for binding in self.bindings]
