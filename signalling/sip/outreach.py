"""What an endpoint asks its peers of its own accord: registrations, probes and enquiries, bounded."""

from functools import partial

from signalling.sip import outgoing
from signalling.sip.calls import Flow
from signalling.sip.errors import LocalSipError
from signalling.sip.message import Response
from signalling.sip.notices import EnquiryAnswered, EnquiryHandle, ProbeHandle, RegistrationHandle
from signalling.sip.probe import Probe, Watch, options
from signalling.sip.registration import Enrolment, Registration, State
from signalling.sip.session.context import Context
from signalling.sip.uri import SipUri

MAX_REGISTRATIONS = 500
"""Trunks that ask for a registration: each sends a request twice in the time that it is granted."""

MAX_PROBES = 1000
"""Peers that are watched: at the usual pace some 45 requests a second."""

MAX_ENQUIRIES = 100
"""Under way: an operator asks all servers of one trunk, and five operators at once will do."""


class Outreach:
    """The registrations and probes of an endpoint, by their handles."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._registrations: dict[RegistrationHandle, Registration] = {}
        self._probes: dict[ProbeHandle, Probe] = {}
        self._enquiries: set[EnquiryHandle] = set()

    def __len__(self) -> int:
        """How many there are of all three."""
        return len(self._registrations) + len(self._probes) + len(self._enquiries)

    def is_used(self, flow: Flow) -> bool:
        """Whether a registration of ours lives on a connection."""
        return any(registration.is_used(flow) for registration in self._registrations.values())

    def register(self, enrolment: Enrolment, now: float) -> RegistrationHandle:
        """Register and stay so: RegistrationChanged tells how it goes. Raises LocalSipError 503 when full."""
        self._registrations = {
            handle: known
            for handle, known in self._registrations.items()
            if known.state is not State.UNREGISTERED
        }
        if len(self._registrations) >= MAX_REGISTRATIONS:
            raise LocalSipError("too many registrations", 503)
        registration = Registration(self._context, enrolment)
        self._registrations[registration.handle] = registration
        registration.start(now)
        return registration.handle

    def unregister(self, handle: RegistrationHandle, now: float) -> None:
        """Take a registration back. Its last notice says `unregistered`; the handle is no good then."""
        registration = self._registrations.get(handle)
        if registration is not None:
            registration.stop(now)

    def watch(self, watch: Watch, now: float) -> ProbeHandle:
        """Probe a peer: ReachabilityChanged tells when it is gone or back. Raises LocalSipError 503."""
        if len(self._probes) >= MAX_PROBES:
            raise LocalSipError("too many probes", 503)
        probe = Probe(self._context, watch)
        self._probes[probe.handle] = probe
        probe.start(now)
        return probe.handle

    def unwatch(self, handle: ProbeHandle) -> None:
        """Probe no more. Nothing is told of it afterwards."""
        probe = self._probes.pop(handle, None)
        if probe is not None:
            probe.stop()

    def enquire(self, target: SipUri, flow: Flow, now: float) -> EnquiryHandle:
        """Ask a server by one OPTIONS: EnquiryAnswered tells what it says. Raises LocalSipError 503."""
        if len(self._enquiries) >= MAX_ENQUIRIES:
            raise LocalSipError("too many enquiries", 503)
        enquiry = EnquiryHandle(self._context.token())
        self._enquiries.add(enquiry)
        errand = options(self._context, target, flow, call_id=enquiry)
        outgoing.send(self._context, errand, partial(self._hear, enquiry), now)
        return enquiry

    def _hear(self, enquiry: EnquiryHandle, response: Response, now: float) -> None:
        del now
        self._enquiries.remove(enquiry)
        self._context.notify(EnquiryAnswered(enquiry, response.status_code, response.reason))
