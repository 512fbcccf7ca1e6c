"""An endpoint under a clock of its own, and the phones that register and call there; no socket."""

from ipaddress import ip_network

from signalling.sdp.stream import LocalMedia
from signalling.sip.calls import Flow, IncomingCall
from signalling.sip.config import EndpointConfig
from signalling.sip.digest import Nonces
from signalling.sip.endpoint import Endpoint
from signalling.sip.guard import Guard
from tests.bench import sip_texts

SERVER = ("198.51.100.1", 5060)
STEP_S = 0.1
"""What lingers for 32 s stays few beside what is counted."""
NONCE_STEP_S = 0.0001
LINGERING_S = 40.0
"""Then nothing lingers."""
NEW_CALLS_PER_S = 100_000
"""The guard's limit is not what is measured."""
MEDIA = LocalMedia(SERVER[0], 40000)


class Phones:
    """The endpoint with its phones: those of `users` register with a password, calls need none."""

    def __init__(self, users: int, *, trusted: str = "192.0.2.0/24", step_s: float = STEP_S) -> None:
        """`step_s`: between two requests, by the endpoint's clock."""
        self.now = 1000.0
        self.nonces = Nonces(b"x" * 32)
        passwords = {f"phone{index}": sip_texts.PASSWORD for index in range(users)}
        guard = Guard([ip_network(trusted)] if trusted else [], passwords, sip_texts.REALM, self.nonces)
        self._flow = Flow("udp", (sip_texts.HOST, 5060), SERVER)
        self._step_s, self._drawn = step_s, 0
        config = EndpointConfig(*SERVER, guard, max_new_calls_per_s=NEW_CALLS_PER_S)
        self.endpoint = Endpoint(config, self._random)

    def nonce(self) -> str:
        """A nonce as a 401 would bring it: no two are alike, for no two are of one moment."""
        self.now += NONCE_STEP_S
        return self.nonces.issue(self.now, sip_texts.HOST)

    def send(self, request: bytes) -> list[bytes]:
        """What the endpoint answers to it, a step after the one before."""
        self.now += self._step_s
        due = self.endpoint.next_timer()
        if due is not None and due <= self.now:
            self.endpoint.handle_timers(self.now)
        self.endpoint.receive(request, self._flow, self.now)
        self._accept()
        return [transmit.data for transmit in self.endpoint.transmits()]

    def call(self, name: str) -> str:
        """Set one call up, and return the To of its dialog. Raises StopIteration when nobody answers."""
        ok = next(data for data in self.send(sip_texts.invite(name)) if data.startswith(b"SIP/2.0 200"))
        line = next(line for line in ok.decode().split("\r\n") if line.startswith("To: "))
        to = line.removeprefix("To: ")
        self.send(sip_texts.follow("ACK", name, 1, to))
        return to

    def hang_up(self, name: str, to: str) -> None:
        """End a call whose dialog has that To."""
        self.send(sip_texts.follow("BYE", name, 2, to))

    def calm(self) -> None:
        """Let everything go that only lingers."""
        self.now += LINGERING_S
        self.endpoint.handle_timers(self.now)
        self.endpoint.transmits()

    def _accept(self) -> None:
        for event in self.endpoint.events():
            if isinstance(event, IncomingCall):
                self.endpoint.accept(event.call, MEDIA, self.now)
        self.endpoint.events()
        self.endpoint.notices()

    def _random(self, count: int) -> bytes:
        self._drawn += 1
        return self._drawn.to_bytes(count, "big")
