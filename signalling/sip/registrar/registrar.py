"""REGISTER served: who may, what it changes, what is answered (RFC 3261 section 10.3).

A REGISTER has no transaction: see `signalling.sip.registrar.repetitions`.
"""

from collections.abc import Sequence
from email.utils import formatdate

from signalling.sip.admission import admit
from signalling.sip.calls import Flow
from signalling.sip.capabilities import OF_REGISTRAR
from signalling.sip.errors import RemoteSipError
from signalling.sip.guard import Admitted
from signalling.sip.headers.name_addr import NameAddr
from signalling.sip.message import Request, Response
from signalling.sip.refusals import OVERLOADED, Refusal
from signalling.sip.registrar.binding import Aor, Binding, BindingsChanged
from signalling.sip.registrar.repetitions import Repetitions
from signalling.sip.registrar.request import Wanted, is_direct, read_wanted
from signalling.sip.registrar.table import BindingTable
from signalling.sip.session.context import Context
from signalling.sip.uri import SipUri

FLOW_TIMER_S = 120
"""How often a phone must be heard on its flow (RFC 5626 section 5.4): as long as a connection may be idle."""

SWEEP_S = 30.0
"""How long an expired binding may still take up room. It is shown to nobody meanwhile."""

FORBIDDEN = Refusal(403)
NOT_FOUND = Refusal(404)
OUT_OF_ORDER = Refusal(500, "CSeq Out Of Order")


class Registrar:
    """The registrar of an endpoint, with the bindings of all its phones."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._table = BindingTable(context.config.max_bindings)
        self._repetitions = Repetitions(context.config.timers.timeout)

    def __len__(self) -> int:
        """How many bindings there are."""
        return len(self._table)

    def contacts(self, aor: Aor, now: float) -> tuple[Binding, ...]:
        """Where a user can be reached now, the preferred contact first."""
        return self._table.of(aor, now)

    def everybody(self, now: float) -> list[tuple[Aor, tuple[Binding, ...]]]:
        """Every address-of-record with its contacts."""
        return list(self._table.items(now))

    def is_used(self, flow: Flow) -> bool:
        """Whether a phone is reached by this connection."""
        return self._table.is_used(flow)

    def receive_closed(self, flow: Flow) -> None:
        """A connection is gone, and with it the contacts that were only there."""
        self._tell(self._table.closed(flow))

    def restore(self, aor: Aor, bindings: Sequence[Binding], now: float) -> None:
        """Take over the contacts that an endpoint before us knew, unless the user has come anew already.

        Connections did not survive it: a contact is called back at its own address, or forgotten. That is no
        news: whoever restores knows.
        """
        survivors = [
            binding if not binding.flow.connection else binding.after_close() for binding in bindings
        ]
        live = [binding for binding in survivors if binding is not None and binding.expires_at > now]
        if live and not self._table.of(aor, now) and self._table.has_room(aor, live):
            self._put(aor, live, now)

    def forget(self, aor: Aor) -> None:
        """Drop the contacts of a user who is one no more."""
        if self._table.of(aor, 0.0):
            self._table.put(aor, ())
            self._tell([aor])

    def serve(self, request: Request, flow: Flow, now: float, *, tag: str) -> Refusal | None:
        """Act on a REGISTER and answer it, or say why not."""
        if (octets := self._repetitions.answer_to(request, flow, now)) is not None:
            self._context.send(flow, octets)
            return None
        admitted = admit(self._context, request, flow, now)
        aor = admitted if isinstance(admitted, Refusal) else _aor(request, admitted)
        if isinstance(aor, Refusal):
            return aor
        try:
            wanted = read_wanted(request, flow, now)
        except RemoteSipError as error:
            return Refusal(error.status_code, error.reason)
        refusal = wanted if isinstance(wanted, Refusal) else self._apply(aor, request, wanted, now)
        if refusal is None:
            octets = bytes(self._answer(aor, request, now, tag))
            self._repetitions.keep(request, flow, octets, now)
            self._context.send(flow, octets)
        return refusal

    def _apply(self, aor: Aor, request: Request, wanted: Wanted, now: float) -> Refusal | None:
        """Change all bindings that the request names, or none (section 10.3 step 7)."""
        known = self._table.of(aor, now)
        touched = [binding for binding in known if wanted.is_star or _is_named(binding, wanted)]
        if any(_is_late(request, binding) for binding in touched):
            return OUT_OF_ORDER
        if not wanted.bindings and not wanted.is_star:
            return None
        stay = sorted(set(known) - set(touched), key=lambda binding: -binding.expires_at)
        new = [binding for binding, seconds in zip(wanted.bindings, wanted.lifetimes, strict=True) if seconds]
        if new and not self._table.has_room(aor, [*new, *stay]):
            return OVERLOADED
        self._put(aor, [*new, *stay], now)
        self._tell([aor])
        return None

    def _put(self, aor: Aor, bindings: Sequence[Binding], now: float) -> None:
        if not len(self._table):
            self._context.agenda.set(self, "sweep", now + SWEEP_S, self._sweep)
        self._table.put(aor, bindings)

    def _sweep(self, now: float) -> None:
        self._tell(self._table.sweep(now))
        if len(self._table):
            self._context.agenda.set(self, "sweep", now + SWEEP_S, self._sweep)

    def _tell(self, aors: Sequence[Aor]) -> None:
        for aor in aors:
            self._context.notify(BindingsChanged(aor))

    def _answer(self, aor: Aor, request: Request, now: float, tag: str) -> Response:
        response = self._context.response(request, 200, tag=tag)
        bindings = self._table.of(aor, now)
        for binding in bindings:
            response.headers.add("Contact", _written(binding, now))
        response.headers.set("Supported", OF_REGISTRAR)
        if "path" in request.supported:
            for value in request.headers.lines("Path"):
                response.headers.add("Path", value)
        if any(binding.is_outbound and binding.call_id == request.call_id for binding in bindings):
            response.headers.set("Require", "outbound")
            if is_direct(request):
                response.headers.set("Flow-Timer", str(FLOW_TIMER_S))
        if self._context.config.wall is not None:
            response.headers.set("Date", formatdate(self._context.config.wall(), usegmt=True))
        return response


def _aor(request: Request, admitted: Admitted) -> Aor | Refusal:
    """Whose contacts the request is about: only the user's own, by what the digest proved."""
    to, registrar = request.to.uri, request.uri
    if not isinstance(to, SipUri) or not isinstance(registrar, SipUri):
        return NOT_FOUND
    if not admitted.account or to.user != admitted.account:
        return FORBIDDEN
    if to.host.lower() != registrar.host.lower():
        return NOT_FOUND
    return Aor(admitted.domain, admitted.account)


def _is_named(binding: Binding, wanted: Wanted) -> bool:
    return any(new.replaces(binding) for new in wanted.bindings)


def _is_late(request: Request, binding: Binding) -> bool:
    return request.call_id == binding.call_id and request.cseq.number <= binding.cseq


def _written(binding: Binding, now: float) -> str:
    params = NameAddr(binding.contact).params.with_("expires", str(max(1, round(binding.expires_at - now))))
    if binding.q < 1:
        params = params.with_("q", f"{binding.q:.3f}")
    if binding.instance:
        params = params.with_("+sip.instance", binding.instance)
    if binding.reg_id:
        params = params.with_("reg-id", str(binding.reg_id))
    return str(NameAddr(binding.contact, params=params))
