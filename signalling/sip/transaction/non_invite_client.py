"""The non-INVITE client transaction: RFC 3261 figure 6."""

from signalling.sip.transaction.vocabulary import Do, Input, Start, State, Stop, Table

TABLE: Table = {
    (State.INITIAL, Input.START): (State.TRYING, (Do.SEND, Start("E"), Start("F"))),
    (State.TRYING, Input.TIMER_E): (State.TRYING, (Do.RESEND, Start("E"))),
    (State.TRYING, Input.TIMER_F): (State.TERMINATED, (Do.TIMEOUT,)),
    (State.TRYING, Input.TRANSPORT_ERROR): (State.TERMINATED, (Do.BROKEN,)),
    (State.TRYING, Input.PROVISIONAL): (State.PROCEEDING, (Do.DELIVER,)),
    (State.TRYING, Input.FINAL): (State.COMPLETED, (Stop("E"), Stop("F"), Start("K"), Do.DELIVER)),
    (State.PROCEEDING, Input.TIMER_E): (State.PROCEEDING, (Do.RESEND, Start("E"))),
    (State.PROCEEDING, Input.TIMER_F): (State.TERMINATED, (Do.TIMEOUT,)),
    (State.PROCEEDING, Input.TRANSPORT_ERROR): (State.TERMINATED, (Do.BROKEN,)),
    (State.PROCEEDING, Input.PROVISIONAL): (State.PROCEEDING, (Do.DELIVER,)),
    (State.PROCEEDING, Input.FINAL): (State.COMPLETED, (Stop("E"), Stop("F"), Start("K"), Do.DELIVER)),
    # Retransmitted responses are absorbed until timer K.
    (State.COMPLETED, Input.PROVISIONAL): (State.COMPLETED, ()),
    (State.COMPLETED, Input.FINAL): (State.COMPLETED, ()),
    (State.COMPLETED, Input.TRANSPORT_ERROR): (State.TERMINATED, ()),
    (State.COMPLETED, Input.TIMER_K): (State.TERMINATED, ()),
}
