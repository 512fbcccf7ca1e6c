"""The non-INVITE server transaction: RFC 3261 figure 8.

Our users answer a request at once, so the TU never learns of a transport error: it is absorbed.
"""

from signalling.sip.transaction.vocabulary import Do, Input, Start, State, Table

TABLE: Table = {
    (State.INITIAL, Input.START): (State.TRYING, ()),
    (State.TRYING, Input.REQUEST): (State.TRYING, ()),
    (State.TRYING, Input.SEND_PROVISIONAL): (State.PROCEEDING, (Do.SEND,)),
    (State.TRYING, Input.SEND_FINAL): (State.COMPLETED, (Do.SEND, Start("J"))),
    (State.TRYING, Input.TRANSPORT_ERROR): (State.TERMINATED, ()),
    (State.PROCEEDING, Input.REQUEST): (State.PROCEEDING, (Do.RESEND,)),
    (State.PROCEEDING, Input.SEND_PROVISIONAL): (State.PROCEEDING, (Do.SEND,)),
    (State.PROCEEDING, Input.SEND_FINAL): (State.COMPLETED, (Do.SEND, Start("J"))),
    (State.PROCEEDING, Input.TRANSPORT_ERROR): (State.TERMINATED, ()),
    (State.COMPLETED, Input.REQUEST): (State.COMPLETED, (Do.RESEND,)),
    (State.COMPLETED, Input.SEND_FINAL): (State.COMPLETED, ()),
    (State.COMPLETED, Input.TRANSPORT_ERROR): (State.TERMINATED, ()),
    (State.COMPLETED, Input.TIMER_J): (State.TERMINATED, ()),
}
