"""The registrar's memory: its bounds, and what a run takes over from the one before."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sip.calls import Flow
from signalling.sip.message import Request
from signalling.sip.reading import parse_message
from signalling.sip.registrar.binding import Aor, Binding
from signalling.sip.registrar.repetitions import Repetitions
from signalling.sip.registrar.table import MAX_CONTACTS, BindingTable
from signalling.sip.uri import SipUri
from tests.support.registering import AOR, PHONE, Phones, Register
from tests.support.wire import ALICE, BOB

pytestmark = pytest.mark.unit

UDP = Flow("udp", ALICE, BOB)


def binding(number: int, expires_at: float = 100.0, flow: Flow = UDP) -> Binding:
    return Binding(SipUri("sip", "42", f"192.0.2.{number}"), flow, expires_at, "registration", 1)


def test_the_longest_unrefreshed_contact_gives_way() -> None:
    phones = Phones()
    for number in range(MAX_CONTACTS):
        phones.accept(Register((f"<sip:42@192.0.2.{number}>",), cseq=number + 1))
        phones.wait(1)
    phones.accept(Register(("<sip:42@192.0.2.0>",), cseq=20))
    contacts = phones.accept(Register((PHONE,), cseq=21, extra=("Expires: 60",)))
    assert len(contacts) == MAX_CONTACTS
    assert PHONE in phones.uris
    assert "<sip:42@192.0.2.0>" in phones.uris
    assert "<sip:42@192.0.2.1>" not in phones.uris


def test_a_full_table_refuses_new_contacts_and_keeps_what_it_has() -> None:
    phones = Phones(settings={"max_bindings": 2})
    phones.accept(Register((PHONE,)))
    phones.guard.account = "43"
    phones.accept(Register((PHONE,), user="43", call_id="43"))
    phones.guard.account = "44"
    refused = phones.register(Register((PHONE,), user="44", call_id="44"))
    assert (refused.status_code, refused.headers.get("Retry-After")) == (503, "10")
    phones.guard.account = "43"
    phones.accept(Register((PHONE,), user="43", call_id="43", cseq=2))


def test_answers_to_repeat_are_bounded_in_number_and_time() -> None:
    repetitions = Repetitions(lifetime=32.0, capacity=2)
    requests = []
    for cseq in range(1, 4):
        request = parse_message(bytes(Register(cseq=cseq)))
        assert isinstance(request, Request)
        requests.append(request)
        repetitions.keep(request, UDP, str(cseq).encode(), now=float(cseq))
    kept = [repetitions.answer_to(request, UDP, 10.0) for request in requests]
    assert (kept, len(repetitions)) == ([None, b"2", b"3"], 2)
    assert repetitions.answer_to(requests[2], UDP, 35.0) is None
    assert repetitions.answer_to(requests[2], replace(UDP, remote=("192.0.2.9", 5060)), 10.0) is None


def test_what_a_run_knew_is_taken_over_as_far_as_it_lasts() -> None:
    phones = Phones()
    registrar, now = phones.endpoint.registrar, phones.script.now
    tcp = Flow("tcp", ("192.0.2.2", 40001), BOB, -1)
    dead = replace(binding(3, now + 50, tcp), reg_id=1, instance="x")
    registrar.restore(AOR, [binding(1, now + 50), binding(2, now + 50, tcp), dead, binding(4, now)], now)
    assert phones.uris == ["<sip:42@192.0.2.1>", "<sip:42@192.0.2.2>"]
    assert phones.bindings[1].flow == Flow("tcp", ("192.0.2.2", 5060), BOB, 0)
    assert phones.endpoint.notices() == []
    registrar.restore(AOR, [binding(9, now + 50)], now)
    assert len(phones.bindings) == 2
    phones.wait(100)
    assert (len(registrar), phones.endpoint.next_timer()) == (0, None)


_FLOWS = [UDP, *(Flow("tcp", ALICE, BOB, number) for number in (1, 2))]
_BINDINGS = st.builds(binding, st.integers(1, 20), st.floats(0, 100).map(float), st.sampled_from(_FLOWS))
_DEEDS = st.one_of(
    st.tuples(st.just("put"), st.sampled_from("abc"), st.lists(_BINDINGS, max_size=12)),
    st.tuples(st.just("close"), st.sampled_from(_FLOWS[1:]), st.none()),
    st.tuples(st.just("sweep"), st.floats(0, 100).map(float), st.none()),
)


@given(st.lists(_DEEDS, max_size=12))
def test_the_table_counts_and_finds_what_it_holds(deeds: list[tuple[str, object, object]]) -> None:
    table = BindingTable(capacity=100)
    for deed, what, bindings in deeds:
        if deed == "put":
            table.put(Aor("acme", str(what)), bindings)  # type: ignore[arg-type]
        elif deed == "close":
            table.closed(what)  # type: ignore[arg-type]
            assert not table.is_used(what)  # type: ignore[arg-type]
        else:
            table.sweep(what)  # type: ignore[arg-type]
        held = [each for _, found in table.items(-1.0) for each in found]
        assert len(table) == len(held)
        assert all(table.is_used(each.flow) for each in held if each.flow.connection)
        assert all(any(each.flow == flow for each in held) for flow in _FLOWS[1:] if table.is_used(flow))
