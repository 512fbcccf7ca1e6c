"""When transactions repeat themselves and when they give up (RFC 3261 table 4), and the agenda beneath."""

import pytest

from signalling.sip.timers import MAX_STALE, Agenda, Timers
from tests.support.sip_script import SDP, Says, Script, names
from tests.support.wire import Transport

pytestmark = pytest.mark.unit


def times(script: Script, seconds: float, method: str) -> list[float]:
    """When the endpoint says something, in seconds from now."""
    start, said = script.now, []
    while (at := script.endpoint.next_timer()) is not None and at <= start + seconds:
        repeated = names(script.wait(at - script.now)).count(method)
        said += [round(script.now - start, 3)] * repeated
    return said


def test_an_invite_is_repeated_with_doubling_intervals_for_64_t1() -> None:
    script = Script()
    script.call_out()
    assert times(script, 40.0, "INVITE") == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert script.endpoint.pending_transactions == 0


def test_a_bye_is_repeated_up_to_t2_for_64_t1() -> None:
    script = Script()
    call, _ = script.establish_out()
    script.endpoint.hang_up(call, script.now)
    assert names(script.heard()) == ["BYE"]
    assert times(script, 40.0, "BYE") == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert script.endpoint.pending_transactions == 0


def test_a_bye_that_got_a_provisional_response_is_repeated_every_t2() -> None:
    script = Script()
    call, _ = script.establish_out()
    script.endpoint.hang_up(call, script.now)
    (bye,) = script.heard()
    script.reply(bye, 100)  # type: ignore[arg-type]
    assert times(script, 10.0, "BYE") == [0.5, 4.5, 8.5]


def test_a_refusal_is_repeated_up_to_t2_until_the_ack() -> None:
    script = Script()
    call = script.ring_in()
    script.endpoint.reject(call, 486, None, script.now)
    assert names(script.heard()) == ["486"]
    assert times(script, 8.0, "486") == [0.5, 1.5, 3.5, 7.5]
    script.say(Says("ACK", to_tag="x"))
    assert script.wait(60.0) == []
    assert script.endpoint.pending_transactions == 0


def test_timers_follow_t1() -> None:
    script = Script(settings={"timers": Timers(t1=0.1, t2=0.2, t4=0.3)})
    script.call_out()
    assert times(script, 10.0, "INVITE") == [0.1, 0.3, 0.7, 1.5, 3.1, 6.3]
    assert script.endpoint.pending_transactions == 0


@pytest.mark.parametrize(("transport", "linger_s"), [("udp", 32.0), ("tcp", 0.0)])
def test_a_failed_invite_lingers_for_timer_d(transport: Transport, linger_s: float) -> None:
    script = Script(transport=transport)
    _, invite = script.call_out()
    assert names(script.reply(invite, 486)) == ["ACK"]
    assert script.endpoint.next_timer() == script.now + linger_s
    assert script.endpoint.pending_transactions == 1
    script.wait(linger_s)
    assert script.endpoint.pending_transactions == 0


def test_nothing_is_repeated_over_tcp_but_the_2xx() -> None:
    """The 2xx crosses proxies, so it is repeated whatever the first hop is (RFC 3261 section 13.3.1.4)."""
    script = Script(transport="tcp")
    call = script.ring_in()
    script.accept(call)
    assert times(script, 2.0, "200") == [0.5, 1.5]
    script = Script(transport="tcp")
    script.call_out()
    assert times(script, 40.0, "INVITE") == []


def test_a_retransmitted_invite_gets_the_last_response_again() -> None:
    script = Script()
    call = script.ring_in()
    assert names(script.say(Says(body=SDP))) == ["100"]
    script.endpoint.ring(call, script.now)
    script.heard()
    assert names(script.say(Says(body=SDP))) == ["180"]
    script.accept(call)
    assert script.say(Says(body=SDP)) == [], "the 2xx is repeated by its own timer"


def test_an_agenda_calls_in_order_and_forgets_what_is_cleared() -> None:
    agenda, called = Agenda(), []
    for name, at in (("late", 3.0), ("early", 1.0), ("moved", 0.5), ("cleared", 2.0)):
        agenda.set("owner", name, at, lambda now, name=name: called.append((name, now)))  # type: ignore[misc]
    agenda.set("owner", "moved", 2.5, lambda now: called.append(("moved", now)))
    agenda.clear("owner", "cleared")
    assert (agenda.next(), len(agenda)) == (1.0, 3)
    agenda.run(2.5)
    assert called == [("early", 2.5), ("moved", 2.5)]
    agenda.clear_all("owner")
    assert (agenda.next(), len(agenda)) == (None, 0)


def test_an_agenda_keeps_few_cleared_entries() -> None:
    agenda = Agenda()
    worst = 0
    for at in range(4 * MAX_STALE):
        agenda.set("owner", "timer", float(at), lambda _: None)
        worst = max(worst, agenda.stale)
    assert MAX_STALE <= worst <= MAX_STALE + 2
