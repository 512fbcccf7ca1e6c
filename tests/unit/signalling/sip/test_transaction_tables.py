"""The four transaction tables, pair by pair, against the figures of RFC 3261 and RFC 6026."""

import pytest

from signalling.sip.table import IllegalTransition, advance
from signalling.sip.transaction import invite_client, invite_server, non_invite_client, non_invite_server
from signalling.sip.transaction.vocabulary import Do, Input, Start, State, Table

pytestmark = pytest.mark.unit

On, S = Input, State

# (state, input) -> next state, read off the figures by hand: RFC 3261 figures 5, 6 and 8 with RFC 6026's.
FIGURES: dict[str, tuple[Table, dict[tuple[State, Input], State]]] = {
    "INVITE client": (
        invite_client.TABLE,
        {
            (S.INITIAL, On.START): S.CALLING,
            (S.CALLING, On.TIMER_A): S.CALLING,
            (S.CALLING, On.TIMER_B): S.TERMINATED,
            (S.CALLING, On.TRANSPORT_ERROR): S.TERMINATED,
            (S.CALLING, On.PROVISIONAL): S.PROCEEDING,
            (S.CALLING, On.SUCCESS): S.ACCEPTED,
            (S.CALLING, On.FAILURE): S.COMPLETED,
            (S.PROCEEDING, On.PROVISIONAL): S.PROCEEDING,
            (S.PROCEEDING, On.SUCCESS): S.ACCEPTED,
            (S.PROCEEDING, On.FAILURE): S.COMPLETED,
            (S.COMPLETED, On.FAILURE): S.COMPLETED,
            (S.COMPLETED, On.TRANSPORT_ERROR): S.TERMINATED,
            (S.COMPLETED, On.TIMER_D): S.TERMINATED,
            (S.ACCEPTED, On.SUCCESS): S.ACCEPTED,
            (S.ACCEPTED, On.TIMER_M): S.TERMINATED,
        },
    ),
    "non-INVITE client": (
        non_invite_client.TABLE,
        {
            (S.INITIAL, On.START): S.TRYING,
            (S.TRYING, On.TIMER_E): S.TRYING,
            (S.TRYING, On.TIMER_F): S.TERMINATED,
            (S.TRYING, On.TRANSPORT_ERROR): S.TERMINATED,
            (S.TRYING, On.PROVISIONAL): S.PROCEEDING,
            (S.TRYING, On.FINAL): S.COMPLETED,
            (S.PROCEEDING, On.TIMER_E): S.PROCEEDING,
            (S.PROCEEDING, On.TIMER_F): S.TERMINATED,
            (S.PROCEEDING, On.TRANSPORT_ERROR): S.TERMINATED,
            (S.PROCEEDING, On.PROVISIONAL): S.PROCEEDING,
            (S.PROCEEDING, On.FINAL): S.COMPLETED,
            (S.COMPLETED, On.TIMER_K): S.TERMINATED,
        },
    ),
    "INVITE server": (
        invite_server.TABLE,
        {
            (S.INITIAL, On.START): S.PROCEEDING,
            (S.PROCEEDING, On.REQUEST): S.PROCEEDING,
            (S.PROCEEDING, On.SEND_PROVISIONAL): S.PROCEEDING,
            (S.PROCEEDING, On.SEND_SUCCESS): S.ACCEPTED,
            (S.PROCEEDING, On.SEND_FAILURE): S.COMPLETED,
            (S.PROCEEDING, On.TRANSPORT_ERROR): S.PROCEEDING,
            (S.ACCEPTED, On.REQUEST): S.ACCEPTED,
            (S.ACCEPTED, On.ACK): S.ACCEPTED,
            (S.ACCEPTED, On.SEND_SUCCESS): S.ACCEPTED,
            (S.ACCEPTED, On.TRANSPORT_ERROR): S.ACCEPTED,
            (S.ACCEPTED, On.TIMER_L): S.TERMINATED,
            (S.COMPLETED, On.REQUEST): S.COMPLETED,
            (S.COMPLETED, On.TIMER_G): S.COMPLETED,
            (S.COMPLETED, On.TRANSPORT_ERROR): S.COMPLETED,
            (S.COMPLETED, On.ACK): S.CONFIRMED,
            (S.COMPLETED, On.TIMER_H): S.TERMINATED,
            (S.CONFIRMED, On.TIMER_I): S.TERMINATED,
        },
    ),
    "non-INVITE server": (
        non_invite_server.TABLE,
        {
            (S.INITIAL, On.START): S.TRYING,
            (S.TRYING, On.SEND_PROVISIONAL): S.PROCEEDING,
            (S.TRYING, On.SEND_FINAL): S.COMPLETED,
            (S.PROCEEDING, On.REQUEST): S.PROCEEDING,
            (S.PROCEEDING, On.SEND_PROVISIONAL): S.PROCEEDING,
            (S.PROCEEDING, On.SEND_FINAL): S.COMPLETED,
            (S.PROCEEDING, On.TRANSPORT_ERROR): S.TERMINATED,
            (S.COMPLETED, On.REQUEST): S.COMPLETED,
            (S.COMPLETED, On.TRANSPORT_ERROR): S.TERMINATED,
            (S.COMPLETED, On.TIMER_J): S.TERMINATED,
        },
    ),
}

# In our tables and in no figure: what a network may deliver late, and what would otherwise wait for ever.
BEYOND_THE_FIGURES: dict[str, dict[tuple[State, Input], State]] = {
    "INVITE client": {
        (S.CALLING, On.ABANDON): S.TERMINATED,
        (S.PROCEEDING, On.ABANDON): S.TERMINATED,
        (S.PROCEEDING, On.TRANSPORT_ERROR): S.TERMINATED,
        (S.COMPLETED, On.PROVISIONAL): S.COMPLETED,
        (S.COMPLETED, On.SUCCESS): S.COMPLETED,
        (S.ACCEPTED, On.PROVISIONAL): S.ACCEPTED,
        (S.ACCEPTED, On.FAILURE): S.ACCEPTED,
        (S.ACCEPTED, On.TRANSPORT_ERROR): S.ACCEPTED,
    },
    "non-INVITE client": {
        (S.COMPLETED, On.PROVISIONAL): S.COMPLETED,
        (S.COMPLETED, On.FINAL): S.COMPLETED,
        (S.COMPLETED, On.TRANSPORT_ERROR): S.TERMINATED,
    },
    "INVITE server": {
        (S.PROCEEDING, On.ACK): S.PROCEEDING,
        (S.CONFIRMED, On.REQUEST): S.CONFIRMED,
        (S.CONFIRMED, On.ACK): S.CONFIRMED,
        (S.CONFIRMED, On.TRANSPORT_ERROR): S.CONFIRMED,
    },
    "non-INVITE server": {
        (S.TRYING, On.REQUEST): S.TRYING,
        (S.TRYING, On.TRANSPORT_ERROR): S.TERMINATED,
        (S.COMPLETED, On.SEND_FINAL): S.COMPLETED,
    },
}


@pytest.mark.parametrize("name", FIGURES)
def test_the_table_has_exactly_the_pairs_that_are_known(name: str) -> None:
    table, figure = FIGURES[name]
    assert {pair: row[0] for pair, row in table.items()} == figure | BEYOND_THE_FIGURES[name]


@pytest.mark.parametrize("name", FIGURES)
def test_every_other_pair_is_illegal(name: str) -> None:
    table, _ = FIGURES[name]
    for state in State:
        for symbol in Input:
            if (state, symbol) not in table:
                with pytest.raises(IllegalTransition):
                    advance(table, state, symbol)


@pytest.mark.parametrize("name", FIGURES)
def test_what_comes_late_sends_nothing(name: str) -> None:
    table, _ = FIGURES[name]
    for pair in BEYOND_THE_FIGURES[name]:
        assert not {Do.SEND, Do.RESEND, Do.ACK} & set(table[pair][1])


@pytest.mark.parametrize("name", FIGURES)
def test_every_state_that_waits_for_the_network_alone_has_a_timer(name: str) -> None:
    """A transaction ends by itself wherever neither its user nor a peer has to move."""
    table, _ = FIGURES[name]
    for (before, _), (after, actions) in table.items():
        if after in {S.ACCEPTED, S.COMPLETED, S.CONFIRMED} and before is not after:
            assert any(isinstance(action, Start) for action in actions)


@pytest.mark.parametrize("name", FIGURES)
def test_the_user_hears_last(name: str) -> None:
    """Timers are set before the user may destroy the transaction."""
    table, _ = FIGURES[name]
    for _, actions in table.values():
        assert Do.DELIVER not in actions[:-1]
