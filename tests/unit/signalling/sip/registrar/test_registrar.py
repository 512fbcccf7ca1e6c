"""REGISTER: what it changes, what is answered, and what is refused (RFC 3261 section 10.3)."""

from ipaddress import ip_network

import pytest

from signalling.sip import digest
from signalling.sip.calls import Flow
from signalling.sip.digest import Login, Nonces
from signalling.sip.guard import Guard
from signalling.sip.headers.auth import parse_challenges
from signalling.sip.registrar.binding import BindingsChanged
from tests.support.registering import AOR, OTHER, PHONE, Admits, Phones, Register
from tests.support.wire import ALICE, BOB

pytestmark = pytest.mark.unit

REFUSED: dict[str, tuple[Register, int, dict[str, str]]] = {
    "too brief": (Register(extra=("Expires: 59",)), 423, {"Min-Expires": "60"}),
    "one contact too brief": (Register((PHONE, f"{OTHER};expires=5")), 423, {"Min-Expires": "60"}),
    "another's address": (Register(user="43"), 403, {}),
    "another domain's address": (Register(host="else.where"), 404, {}),
    "star without expiry": (Register(("*",)), 400, {}),
    "star that stays": (Register(("*",), extra=("Expires: 60",)), 400, {}),
    "star and another": (Register(("*", PHONE), extra=("Expires: 0",)), 400, {}),
    "no SIP contact": (Register(("<tel:+442079460000>",)), 400, {}),
    "eleven contacts": (Register(tuple(f"<sip:42@192.0.2.{n}>" for n in range(11))), 403, {}),
    "nine proxies": (Register(extra=tuple(f"Path: <sip:p{n};lr>" for n in range(9))), 400, {}),
    "malformed Path": (Register(extra=("Path: <sip:p",)), 400, {}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_register_changes_nothing(name: str) -> None:
    message, status_code, headers = REFUSED[name]
    phones = Phones()
    response = phones.register(message)
    assert response.status_code == status_code
    assert {header: response.headers.get(header) for header in headers} == headers
    assert phones.bindings == ()
    assert not [notice for notice in phones.notices if isinstance(notice, BindingsChanged)]
    assert (phones.endpoint.pending_transactions, phones.endpoint.next_timer()) == (0, None)


def test_a_trusted_source_without_a_password_is_nobody_to_register() -> None:
    assert Phones(Admits("")).register(Register(user="42")).status_code == 403


def test_only_the_password_of_the_user_registers() -> None:
    nonces = Nonces(b"secret")
    guard = Guard([ip_network("198.51.100.0/24")], {"42": "password"}, "acme", nonces)
    phones = Phones(settings={"guard": guard})
    challenged = phones.register(Register())
    assert challenged.status_code == 401
    challenges = parse_challenges(challenged.headers.lines("WWW-Authenticate"))
    for cseq, (password, status_code) in enumerate({"wrong": 401, "password": 200}.items(), start=2):
        login = Login("42", password)
        value = digest.answer(challenges, login, "REGISTER", "sip:acme", lambda: "cnonce")
        again = Register(cseq=cseq, extra=(f"Authorization: {value}",))
        assert phones.register(again).status_code == status_code


@pytest.mark.parametrize(
    ("contact", "extra", "seconds"),
    [
        (PHONE, (), 3600),
        (PHONE, ("Expires: 120",), 120),
        (f"{PHONE};expires=90", ("Expires: 120",), 90),
        (PHONE, ("Expires: 99999",), 3600),
        (PHONE, ("Expires: soon",), 3600),
        (f"{PHONE};expires=99999999999999", (), 3600),
    ],
)
def test_the_time_that_is_granted(contact: str, extra: tuple[str, ...], seconds: int) -> None:
    phones = Phones()
    assert phones.accept(Register((contact,), extra=extra)) == [f"{PHONE};expires={seconds}"]
    phones.wait(seconds - 0.1)
    assert phones.uris == [PHONE]
    phones.wait(0.1)
    assert phones.uris == []


def test_what_expired_is_swept_and_told() -> None:
    phones = Phones()
    phones.accept(Register(extra=("Expires: 60",)))
    phones.notices.clear()
    phones.wait(200)
    assert phones.notices == [BindingsChanged(AOR)]
    assert (len(phones.endpoint.registrar), phones.endpoint.next_timer()) == (0, None)


def test_a_refresh_makes_the_time_anew_and_a_query_changes_nothing() -> None:
    phones = Phones()
    phones.accept(Register(extra=("Expires: 100",)))
    phones.wait(50)
    assert phones.accept(Register((), cseq=2)) == [f"{PHONE};expires=50"]
    assert phones.accept(Register(cseq=3, extra=("Expires: 100",))) == [f"{PHONE};expires=100"]
    assert phones.notices == [BindingsChanged(AOR)] * 2


def test_contacts_come_and_go_one_by_one_and_all_by_a_star() -> None:
    phones = Phones()
    phones.accept(Register((f"{PHONE};q=0.5", OTHER)))
    assert phones.uris == [OTHER, PHONE]
    assert phones.accept(Register((f"{OTHER};expires=0",), cseq=2)) == [f"{PHONE};expires=3600;q=0.500"]
    assert phones.accept(Register((OTHER,), cseq=3)) == [
        f"{OTHER};expires=3600",
        f"{PHONE};expires=3600;q=0.500",
    ]
    assert phones.accept(Register(("*",), cseq=4, extra=("Expires: 0",))) == []
    assert len(phones.endpoint.registrar) == 0


def test_a_late_register_of_the_same_call_fails_whole() -> None:
    phones = Phones()
    phones.accept(Register(cseq=5))
    for late in (
        Register((f"{PHONE};expires=0", OTHER), cseq=5, branch="late"),
        Register(("*",), cseq=4, extra=("Expires: 0",)),
    ):
        assert phones.register(late).status_code == 500
        assert phones.uris == [PHONE]
    phones.accept(Register((f"{PHONE};expires=0",), cseq=1, call_id="restarted"))
    assert phones.uris == []


def test_a_repetition_over_udp_gets_the_same_answer_and_asks_no_password() -> None:
    phones = Phones()
    first = phones.register(Register())
    phones.wait(20)
    assert bytes(phones.register(Register())) == bytes(first)
    assert (phones.guard.asked, len(phones.notices)) == (1, 1)
    phones.wait(20)
    assert phones.register(Register()).status_code == 500


def test_the_answer_has_the_date_where_there_is_a_clock() -> None:
    assert Phones().register(Register()).headers.get("Date") is None
    response = Phones(settings={"wall": lambda: 1_600_000_000.0}).register(Register())
    assert response.headers.get("Date") == "Sun, 13 Sep 2020 12:26:40 GMT"


def test_a_phone_is_where_it_was_heard_whatever_its_contact_says() -> None:
    phones = Phones()
    behind_nat = Flow("udp", ("203.0.113.7", 40123), BOB)
    phones.accept(Register(("<sip:42@192.168.1.20:5062>",)), behind_nat)
    (binding,) = phones.bindings
    assert (binding.flow, str(binding.contact)) == (behind_nat, "sip:42@192.168.1.20:5062")


def test_users_are_told_apart_by_domain() -> None:
    phones = Phones()
    phones.accept(Register())
    registrar, now = phones.endpoint.registrar, phones.script.now
    assert registrar.contacts(AOR._replace(domain="other"), now) == ()
    assert [aor for aor, _ in registrar.everybody(now)] == [AOR]
    registrar.forget(AOR)
    assert (phones.uris, phones.endpoint.notices()) == ([], [BindingsChanged(AOR)])


def test_a_call_goes_to_the_contact_through_its_path() -> None:
    phones = Phones()
    phones.accept(Register(extra=("Path: <sip:a.example;lr>, <sip:b.example;lr>", "Supported: path")))
    (binding,) = phones.bindings
    _, invite = phones.script.call_out(routes=binding.path)
    assert invite.headers.lines("Route") == ["<sip:a.example;lr>", "<sip:b.example;lr>"]
    assert phones.flow.remote == ALICE
