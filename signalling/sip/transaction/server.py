"""Server transactions: a peer's request and our responses to it."""

from signalling.sip.calls import Flow
from signalling.sip.message import Request, Response
from signalling.sip.transaction import invite_server, non_invite_server
from signalling.sip.transaction.machine import Key, Origin, Surroundings, Transaction
from signalling.sip.transaction.vocabulary import Input


class ServerTransaction(Transaction):
    """Runs the INVITE or non-INVITE server table for `request`."""

    def __init__(
        self, key: Key, request: Request, flow: Flow, surroundings: Surroundings, now: float
    ) -> None:
        self.is_invite = request.method == "INVITE"
        table = invite_server.TABLE if self.is_invite else non_invite_server.TABLE
        super().__init__(key, table, flow, surroundings)
        self.request = request
        self.origin: Origin | None = None
        """What a copy that came by another path would have, too; None for a request within a dialog."""
        self.local_tag = ""
        """The To tag of our responses, once its user knows it."""
        self.feed(Input.START, now)

    def receive(self, request: Request, flow: Flow, now: float) -> bool:
        """Take a retransmission or an ACK. Returns whether the TU is to have it.

        The peer is answered where it was heard last, for a NAT may give it another port: at another address
        it is somebody else, who saw its branch.
        """
        if flow.remote[0] == self.flow.remote[0]:
            self.flow = flow
        return self.feed(Input.ACK if request.method == "ACK" else Input.REQUEST, now, request)

    def repeat(self, now: float) -> None:
        """Send the last response again, unasked."""
        self.feed(Input.REQUEST, now)

    def respond(self, response: Response, now: float) -> None:
        """Send a response and keep it for retransmissions."""
        self._octets = bytes(response)
        if response.status_code < 200:
            symbol = Input.SEND_PROVISIONAL
        elif not self.is_invite:
            symbol = Input.SEND_FINAL
        else:
            symbol = Input.SEND_SUCCESS if response.status_code < 300 else Input.SEND_FAILURE
        self.feed(symbol, now)
