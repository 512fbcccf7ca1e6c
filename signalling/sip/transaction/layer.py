"""Which transaction a message belongs to (RFC 3261 sections 17.1.3, 17.2.3 and 8.2.2.2).

A request whose branch is no id, as from peers of RFC 2543, is known by the fields that section 17.2.3 names.
"""

from collections.abc import Callable

from signalling.sip.calls import Flow
from signalling.sip.headers.via import Via
from signalling.sip.message import Request, Response
from signalling.sip.timers import Agenda, Timers
from signalling.sip.transaction.client import ClientTransaction, OnResponse, travel_over
from signalling.sip.transaction.large import LargeRequests
from signalling.sip.transaction.machine import Key, Origin, Surroundings, Transaction
from signalling.sip.transaction.server import ServerTransaction
from signalling.sip.transaction.vocabulary import Input, State


class TransactionLayer:
    """Every live transaction of an endpoint, by the id of its messages."""

    def __init__(self, timers: Timers, agenda: Agenda, send: Callable[[Flow, bytes], None]) -> None:
        self._surroundings = Surroundings(timers, agenda, send, self._forget)
        self._clients: dict[Key, ClientTransaction] = {}
        self._servers: dict[Key, ServerTransaction] = {}
        self._origins: dict[Origin, ServerTransaction] = {}
        self._large = LargeRequests()

    def __len__(self) -> int:
        """How many transactions live."""
        return len(self._clients) + len(self._servers)

    def send(self, request: Request, flow: Flow, on_response: OnResponse, now: float) -> ClientTransaction:
        """Start a client transaction. The request's topmost Via is ours and has a fresh branch."""
        way = self._way(request, flow, now)
        if way != flow:
            travel_over(request, way)
        key = _key(request.via, request.method)
        transaction = ClientTransaction(key, request, way, self._surroundings, on_response)
        transaction.fallback = flow if way != flow else None
        self._clients[key] = transaction
        transaction.start(now)
        return transaction

    def serve(self, request: Request, flow: Flow, now: float) -> ServerTransaction:
        """Start a server transaction for a request that matched none."""
        key = _server_key(request)
        transaction = ServerTransaction(key, request, flow, self._surroundings, now)
        self._servers[key] = transaction
        if transaction.is_invite and request.to.tag is None:
            transaction.origin = _origin(request)
            self._origins[transaction.origin] = transaction
        return transaction

    def server_of(self, request: Request) -> ServerTransaction | None:
        """Find the transaction that a request belongs to: its own, for an ACK that of its INVITE."""
        return self._servers.get(_server_key(request, "INVITE" if request.method == "ACK" else ""))

    def cancelled_by(self, cancel: Request) -> ServerTransaction | None:
        """Find the INVITE's transaction that a CANCEL names."""
        return self._servers.get(_server_key(cancel, "INVITE"))

    def is_merged(self, request: Request) -> bool:
        """Whether a request came before by another path (RFC 3261 section 8.2.2.2)."""
        return request.to.tag is None and _origin(request) in self._origins

    def receive_response(self, response: Response, now: float) -> bool:
        """Give a response to its transaction. Returns whether there is one."""
        transaction = self._clients.get(_key(response.via, response.cseq.method))
        if transaction is None:
            return False
        transaction.receive(response, now)
        return True

    def receive_closed(self, flow: Flow, now: float) -> None:
        """Tell every transaction on a flow that it is gone."""
        for transaction in [*self._clients.values(), *self._servers.values()]:
            if transaction.flow != flow or transaction.state is State.TERMINATED:
                continue
            if isinstance(transaction, ClientTransaction) and transaction.fall_back(now):
                self._large.refuse(flow, now)
            else:
                transaction.feed(Input.TRANSPORT_ERROR, now)

    def _way(self, request: Request, flow: Flow, now: float) -> Flow:
        """The flow that a request takes: that of the INVITE for its CANCEL (section 9.1)."""
        if request.method == "CANCEL" and (invite := self._clients.get(_key(request.via, "INVITE"))):
            return invite.flow
        return self._large.flow(flow, len(bytes(request)), now)

    def _forget(self, transaction: Transaction) -> None:
        if isinstance(transaction, ClientTransaction):
            del self._clients[transaction.key]
        elif isinstance(transaction, ServerTransaction):
            del self._servers[transaction.key]
            if transaction.origin is not None:
                del self._origins[transaction.origin]


def _key(via: Via, method: str) -> Key:
    return via.branch, via.host.lower(), via.port, method


def _server_key(request: Request, method: str = "") -> Key:
    """The id of a request that came in; `method` is that of the request which it belongs to, if another's."""
    via, method = request.via, method or request.method
    if via.transaction_id:
        return _key(via, method)
    # The Via comes with the address that it was stamped with. A line break stands in no field.
    named = (str(request.uri), request.from_.tag or "", request.call_id, str(request.cseq.number), str(via))
    return "\n".join(named), via.host.lower(), via.port, method


def _origin(request: Request) -> Origin:
    return request.call_id, request.from_.tag, request.cseq.number, request.method
