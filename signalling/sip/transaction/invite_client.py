"""The INVITE client transaction: RFC 3261 figure 5 with RFC 6026 figure 8.

Responses that arrive too late are in the table with no action: the network may deliver them at any time.
"""

from signalling.sip.transaction.vocabulary import Do, Input, Start, State, Stop, Table

TABLE: Table = {
    (State.INITIAL, Input.START): (State.CALLING, (Do.SEND, Start("A"), Start("B"))),
    (State.CALLING, Input.TIMER_A): (State.CALLING, (Do.RESEND, Start("A"))),
    (State.CALLING, Input.TIMER_B): (State.TERMINATED, (Do.TIMEOUT,)),
    (State.CALLING, Input.TRANSPORT_ERROR): (State.TERMINATED, (Do.BROKEN,)),
    (State.CALLING, Input.ABANDON): (State.TERMINATED, ()),
    (State.CALLING, Input.PROVISIONAL): (State.PROCEEDING, (Stop("A"), Stop("B"), Do.DELIVER)),
    (State.CALLING, Input.SUCCESS): (State.ACCEPTED, (Stop("A"), Stop("B"), Start("M"), Do.DELIVER)),
    (State.CALLING, Input.FAILURE): (State.COMPLETED, (Stop("A"), Stop("B"), Start("D"), Do.ACK, Do.DELIVER)),
    (State.PROCEEDING, Input.PROVISIONAL): (State.PROCEEDING, (Do.DELIVER,)),
    (State.PROCEEDING, Input.SUCCESS): (State.ACCEPTED, (Start("M"), Do.DELIVER)),
    (State.PROCEEDING, Input.FAILURE): (State.COMPLETED, (Start("D"), Do.ACK, Do.DELIVER)),
    # Not in the figure: no timer runs here, so a lost connection would leave the TU waiting for ever.
    (State.PROCEEDING, Input.TRANSPORT_ERROR): (State.TERMINATED, (Do.BROKEN,)),
    # RFC 3261 section 9.1: 64*T1 after CANCEL without a final response.
    (State.PROCEEDING, Input.ABANDON): (State.TERMINATED, ()),
    (State.COMPLETED, Input.FAILURE): (State.COMPLETED, (Do.ACK,)),
    (State.COMPLETED, Input.PROVISIONAL): (State.COMPLETED, ()),
    (State.COMPLETED, Input.SUCCESS): (State.COMPLETED, ()),
    # The figure tells the TU, which has had its final response and could do nothing.
    (State.COMPLETED, Input.TRANSPORT_ERROR): (State.TERMINATED, ()),
    (State.COMPLETED, Input.TIMER_D): (State.TERMINATED, ()),
    (State.ACCEPTED, Input.SUCCESS): (State.ACCEPTED, (Do.DELIVER,)),
    (State.ACCEPTED, Input.PROVISIONAL): (State.ACCEPTED, ()),
    (State.ACCEPTED, Input.FAILURE): (State.ACCEPTED, ()),
    (State.ACCEPTED, Input.TRANSPORT_ERROR): (State.ACCEPTED, ()),
    (State.ACCEPTED, Input.TIMER_M): (State.TERMINATED, ()),
}
