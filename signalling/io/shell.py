"""Runs one SIP endpoint on real sockets, with real time and one armed timer."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from signalling.io.gate import Gate
from signalling.io.listening import Listening
from signalling.io.resolution.location import Place
from signalling.io.resolution.resolver import Resolver
from signalling.io.sockets import Sockets
from signalling.sdp.destinations import Destinations
from signalling.sdp.stream import LocalMedia, StreamSpec
from signalling.sip.calls import AnyCallEvent, CallHandle, Flow, Transport
from signalling.sip.config import EndpointConfig, Invitation
from signalling.sip.digest import Login
from signalling.sip.endpoint import Endpoint
from signalling.sip.flood import FloodPolicy
from signalling.sip.headers.refer_to import ReferTo
from signalling.sip.incidents import Incident
from signalling.sip.notices import AnyNotice, EnquiryHandle, ProbeHandle, RegistrationHandle
from signalling.sip.probe import Watch
from signalling.sip.registrar.binding import Aor, Binding
from signalling.sip.registration import Enrolment
from signalling.sip.trace import Tap
from signalling.sip.uri import SipUri

log = logging.getLogger(__name__)

OnEvent = Callable[[AnyCallEvent], None]
OnNotice = Callable[[AnyNotice], None]
T = TypeVar("T")


class SipShell:
    """An endpoint with its sockets. Between `start` and `close` its verbs work; they send at once.

    `on_event` is called for each event, in order, and may call verbs itself; `on_notice` for each notice.
    Times are the event loop's.
    """

    def __init__(
        self,
        config: EndpointConfig,
        on_event: OnEvent,
        on_notice: OnNotice = lambda _: None,
        *,
        listening: Listening | None = None,
        resolver: Resolver | None = None,
        tap: Tap = lambda *_: None,
        flood: FloodPolicy | None = None,
    ) -> None:
        """`listening` None is UDP and TCP at the configuration's host and port; `flood` None bears all."""
        plain: dict[Transport, int] = {"udp": config.port, "tcp": config.port}
        self._config = config
        self._on_event = on_event
        self._on_notice = on_notice
        self._tap = tap
        self._endpoint = Endpoint(config, secrets.token_bytes)  # start() makes another when it knows the port
        self._sockets = Sockets(listening or Listening((config.host,), plain), self)
        self._resolver = resolver or Resolver()
        policy = FloodPolicy.lenient() if flood is None else flood
        tell = partial(_tell, on_notice)
        self.gate = Gate(policy, config.guard.trusts, tell, self._sockets.shut_out)
        self._timer: asyncio.Handle | None = None
        self._due: float | None = None
        self._is_flushing = False

    async def start(self) -> int:
        """Bind all sockets and return the port of UDP. Raises OSError."""
        await self._sockets.bind()
        self.prefer_trusted()
        self._endpoint = Endpoint(replace(self._config, port=self.port), secrets.token_bytes)
        return self.port

    def prefer_trusted(self) -> None:
        """Have whom the guard trusts by now wait in a queue of their own, which no flood can fill."""
        self._sockets.queue_apart(self._config.guard.networks)

    async def close(self) -> None:
        """Close the sockets. Calls are not ended: hang up first."""
        if self._timer is not None:
            self._timer.cancel()
        self.gate.close()
        await self._sockets.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def port(self) -> int:
        """The port of UDP, which TCP shares; of another transport where we listen for neither."""
        ports = self.ports
        return ports.get("udp") or ports.get("tcp") or next(iter(ports.values()), self._config.port)

    @property
    def ports(self) -> Mapping[Transport, int]:
        """The port of each transport that we listen for."""
        return self._sockets.ports

    @property
    def calls(self) -> int:
        """How many calls have not ended."""
        return self._endpoint.calls

    @property
    def counters(self) -> Mapping[str, int]:
        """What came in and led to nothing, by kind."""
        return self._endpoint.counters

    def flow(self, address: str, port: int, transport: Transport = "udp", name: str = "") -> Flow:
        """Make the flow to an address; over TLS its server must prove `name`."""
        return Flow(transport, (address, port), self._sockets.local(transport, address), name=name)

    async def targets(
        self, host: str, port: int | None = None, transport: Transport | None = None, *, secure: bool = False
    ) -> list[Flow]:
        """Find where a host's requests go, in the order to try them (RFC 3263): at least one flow.

        Without a port, NAPTR and SRV records decide; without a transport those, or UDP. `secure` leaves TLS
        alone. Raises RemoteSipError 503 when there is no address.
        """
        return await self._located(Place(host, port, transport, secure))

    async def resolve(self, uri: SipUri) -> list[Flow]:
        """Find where requests to a URI go. Like `targets`."""
        return await self._located(Place.of(uri))

    async def flow_to(self, host: str, port: int, transport: Transport = "udp") -> Flow:
        """Make the flow to a host by name. Raises RemoteSipError 503 when it has no address."""
        return (await self.targets(host, port, transport))[0]

    async def _located(self, place: Place) -> list[Flow]:
        found = await self._resolver.resolve(place, self._sockets.families)
        return [self.flow(one.address, one.port, one.transport, one.name) for one in found]

    # Verbs: those of the endpoint, now.

    def invite(self, invitation: Invitation) -> CallHandle:
        """See Endpoint.invite."""
        return self._flushed(self._endpoint.invite(invitation, self._now()))

    def check(self, call: CallHandle, local: LocalMedia) -> None:
        """See Endpoint.check."""
        self._endpoint.check(call, local)

    def ring(self, call: CallHandle) -> None:
        """See Endpoint.ring."""
        self._endpoint.ring(call, self._now())
        self._flush()

    def progress(self, call: CallHandle, local: LocalMedia) -> StreamSpec | None:
        """See Endpoint.progress."""
        return self._flushed(self._endpoint.progress(call, local, self._now()))

    def accept(self, call: CallHandle, local: LocalMedia) -> StreamSpec | None:
        """See Endpoint.accept."""
        return self._flushed(self._endpoint.accept(call, local, self._now()))

    def reject(self, call: CallHandle, status_code: int, reason: str | None = None) -> None:
        """See Endpoint.reject."""
        self._endpoint.reject(call, status_code, reason, self._now())
        self._flush()

    def hang_up(self, call: CallHandle, reason: str = "") -> None:
        """See Endpoint.hang_up."""
        self._endpoint.hang_up(call, self._now(), reason)
        self._flush()

    def probe(self, call: CallHandle) -> None:
        """See Endpoint.probe."""
        self._endpoint.probe(call, self._now())
        self._flush()

    def hold(self, call: CallHandle) -> None:
        """See Endpoint.hold."""
        self._endpoint.hold(call, self._now())
        self._flush()

    def resume(self, call: CallHandle) -> None:
        """See Endpoint.resume."""
        self._endpoint.resume(call, self._now())
        self._flush()

    def refer(self, call: CallHandle, target: ReferTo) -> None:
        """See Endpoint.refer."""
        self._endpoint.refer(call, target, self._now())
        self._flush()

    def report_transfer(self, call: CallHandle, status_code: int) -> None:
        """See Endpoint.report_transfer."""
        self._endpoint.report_transfer(call, status_code, self._now())
        self._flush()

    def press(self, call: CallHandle, digits: str) -> None:
        """See Endpoint.press."""
        self._endpoint.press(call, digits, self._now())
        self._flush()

    def call_id(self, call: CallHandle) -> str:
        """See Endpoint.call_id."""
        return self._endpoint.call_id(call)

    def dialog_state(self, call: CallHandle) -> dict[str, object]:
        """See Endpoint.dialog_state."""
        return self._endpoint.dialog_state(call)

    def adopt(
        self,
        values: Mapping[str, object],
        *,
        login: Login | None = None,
        destinations: Destinations | None = None,
    ) -> CallHandle:
        """See Endpoint.adopt."""
        adopted = self._endpoint.adopt(values, self._now(), login=login, destinations=destinations)
        return self._flushed(adopted)

    # Registrations: of phones with us, and ours with others.

    def contacts(self, aor: Aor) -> tuple[Binding, ...]:
        """See Registrar.contacts."""
        return self._endpoint.registrar.contacts(aor, self._now())

    def everybody(self) -> list[tuple[Aor, tuple[Binding, ...]]]:
        """See Registrar.everybody."""
        return self._endpoint.registrar.everybody(self._now())

    def restore(self, aor: Aor, bindings: Sequence[Binding]) -> None:
        """See Registrar.restore."""
        self._endpoint.registrar.restore(aor, bindings, self._now())
        self._flush()

    def forget(self, aor: Aor) -> None:
        """See Registrar.forget."""
        self._endpoint.registrar.forget(aor)
        self._flush()

    def register(self, enrolment: Enrolment) -> RegistrationHandle:
        """See Outreach.register."""
        return self._flushed(self._endpoint.outreach.register(enrolment, self._now()))

    def unregister(self, registration: RegistrationHandle) -> None:
        """See Outreach.unregister."""
        self._endpoint.outreach.unregister(registration, self._now())
        self._flush()

    def watch(self, watch: Watch) -> ProbeHandle:
        """See Outreach.watch."""
        return self._flushed(self._endpoint.outreach.watch(watch, self._now()))

    def unwatch(self, probe: ProbeHandle) -> None:
        """See Outreach.unwatch."""
        self._endpoint.outreach.unwatch(probe)

    def enquire(self, target: SipUri, flow: Flow) -> EnquiryHandle:
        """See Outreach.enquire."""
        return self._flushed(self._endpoint.outreach.enquire(target, flow, self._now()))

    # What the sockets bring.

    def receive(self, data: bytes, flow: Flow) -> None:
        """Take one message from a socket."""
        if self.gate.admits(data, flow):
            self._tap("in", flow, data)
            self._endpoint.receive(data, flow, self._now())
            self._flush()

    def receive_oversize(self, beginning: bytes, flow: Flow) -> None:
        """Take the beginning of a datagram that is too long."""
        if self.gate.admits_oversize(beginning, flow):
            self._endpoint.receive_oversize(beginning, flow)
            self._flush()

    def admits(self, data: bytes, flow: Flow) -> bool:
        """Whether a datagram is to be looked at, though it is no SIP."""
        return self.gate.admits(data, flow)

    def is_welcome(self, host: str) -> bool:
        """Whether connections from an address are taken."""
        return self.gate.is_welcome(host)

    def receive_closed(self, flow: Flow) -> None:
        """Take the end of a connection."""
        self._endpoint.receive_closed(flow, self._now())
        self._flush()

    def is_used(self, flow: Flow) -> bool:
        """Whether a call needs a connection."""
        return self._endpoint.is_used(flow)

    def _tick(self) -> None:
        self._timer = self._due = None
        self._endpoint.handle_timers(self._now())
        self._flush()

    def _flushed(self, value: T) -> T:
        self._flush()
        return value

    def _flush(self) -> None:
        """Send what is to be sent, tell what happened, arm the timer; again while that makes more."""
        if self._is_flushing:
            return
        self._is_flushing = True
        try:
            while self._send_all() or self._tell_all():
                pass
        finally:
            self._is_flushing = False
        self._arm()

    def _send_all(self) -> bool:
        transmits = self._endpoint.transmits()
        for transmit in transmits:
            self._tap("out", transmit.flow, transmit.data)
            self._sockets.send(transmit.flow, transmit.data)
        return bool(transmits)

    def _tell_all(self) -> bool:
        events, notices = self._endpoint.events(), self._endpoint.notices()
        for event in events:
            _tell(self._on_event, event)
        for notice in notices:
            if isinstance(notice, Incident):
                self.gate.note(notice)
            _tell(self._on_notice, notice)
        return bool(events or notices)

    def _arm(self) -> None:
        due = self._endpoint.next_timer()
        if due == self._due:
            return
        if self._timer is not None:
            self._timer.cancel()
        # What is due at once need not be a TimerHandle (uvloop), so its time is kept here.
        self._due = due
        self._timer = None if due is None else asyncio.get_running_loop().call_at(due, self._tick)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _tell(listener: Callable[[T], None], news: T) -> None:
    try:
        listener(news)
    except Exception:
        # One call's trouble must not stop the others' signalling.
        log.exception("the handler of %s failed", type(news).__name__)
