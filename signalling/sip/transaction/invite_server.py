"""The INVITE server transaction: RFC 3261 figure 7 as replaced by RFC 6026 figure 5.

A transport error is absorbed where the figure tells the TU: responses are repeated on the peer's next flow,
and the TU's own timers (no ACK) end what cannot be delivered.
"""

from signalling.sip.transaction.vocabulary import Do, Input, Start, State, Stop, Table

TABLE: Table = {
    (State.INITIAL, Input.START): (State.PROCEEDING, ()),
    (State.PROCEEDING, Input.REQUEST): (State.PROCEEDING, (Do.RESEND,)),
    (State.PROCEEDING, Input.SEND_PROVISIONAL): (State.PROCEEDING, (Do.SEND,)),
    (State.PROCEEDING, Input.SEND_SUCCESS): (State.ACCEPTED, (Do.SEND, Start("L"))),
    (State.PROCEEDING, Input.SEND_FAILURE): (State.COMPLETED, (Do.SEND, Start("G"), Start("H"))),
    (State.PROCEEDING, Input.ACK): (State.PROCEEDING, ()),
    (State.PROCEEDING, Input.TRANSPORT_ERROR): (State.PROCEEDING, ()),
    (State.ACCEPTED, Input.REQUEST): (State.ACCEPTED, ()),
    (State.ACCEPTED, Input.ACK): (State.ACCEPTED, (Do.DELIVER,)),
    (State.ACCEPTED, Input.SEND_SUCCESS): (State.ACCEPTED, (Do.SEND,)),
    (State.ACCEPTED, Input.TRANSPORT_ERROR): (State.ACCEPTED, ()),
    (State.ACCEPTED, Input.TIMER_L): (State.TERMINATED, ()),
    (State.COMPLETED, Input.REQUEST): (State.COMPLETED, (Do.RESEND,)),
    (State.COMPLETED, Input.ACK): (State.CONFIRMED, (Stop("G"), Stop("H"), Start("I"))),
    (State.COMPLETED, Input.TRANSPORT_ERROR): (State.COMPLETED, ()),
    (State.COMPLETED, Input.TIMER_G): (State.COMPLETED, (Do.RESEND, Start("G"))),
    (State.COMPLETED, Input.TIMER_H): (State.TERMINATED, ()),
    (State.CONFIRMED, Input.REQUEST): (State.CONFIRMED, ()),
    (State.CONFIRMED, Input.ACK): (State.CONFIRMED, ()),
    (State.CONFIRMED, Input.TRANSPORT_ERROR): (State.CONFIRMED, ()),
    (State.CONFIRMED, Input.TIMER_I): (State.TERMINATED, ()),
}
