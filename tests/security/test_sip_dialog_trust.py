"""Who is believed inside a call: its party where it was seen, whoever logs in as it, and nobody else."""

import random
from dataclasses import replace
from ipaddress import ip_network

import pytest

from signalling.sip.calls import CallEnded, CallHandle, Flow, IncomingCall
from signalling.sip.dialog import MAX_HOMES
from signalling.sip.digest import Login, Nonces, answer, make_key
from signalling.sip.guard import Admitted, Door, Guard
from signalling.sip.headers.auth import parse_challenges
from signalling.sip.incidents import Incident, Kind
from signalling.sip.message import Response
from tests.support.sip_script import SDP, Says, Script, names
from tests.support.wire import ALICE, BOB, guard, media

pytestmark = pytest.mark.security

ELSEWHERE = "203.0.113.66"
METHODS = ("BYE", "INVITE", "UPDATE", "INFO", "REFER", "NOTIFY", "OPTIONS", "PRACK")
GUESSED = ("BYE", "INVITE", "UPDATE", "INFO", "REFER", "NOTIFY", "ACK")
PRACKS = ("RAck: 1 1 INVITE",)
MOVES = {"INVITE": SDP.replace("192.0.2.1", ELSEWHERE), "UPDATE": SDP.replace("192.0.2.1", ELSEWHERE)}


def by_address() -> Script:
    """An endpoint that trusts two servers of a trunk."""
    return Script(settings={"guard": guard(f"{ALICE[0]}/32", "192.0.2.77/32")})


def by_password() -> Script:
    """An endpoint that knows two users by their passwords."""
    return Script(settings={"guard": guard(users={"ann": "right", "bob": "also right"})})


class Bakery:
    """A domain that anybody may call, who is asked for a password or not."""

    def __init__(self, *, asks_password: bool) -> None:
        users = {"ann": (make_key("ann", "bakery", "right"),)}
        self._door = Door("bakery", (ip_network("0.0.0.0/0"),), users, asks_password=asks_password)

    def find(self, host: str) -> Door | None:
        return self._door if host == "bakery" else None


def by_domain(*, asks_password: bool = False) -> Script:
    """An endpoint with a trunk and a domain."""
    judge = Guard(
        [ip_network(f"{ALICE[0]}/32"), ip_network("192.0.2.77/32")],
        {},
        "cordboard",
        Nonces(b"secret"),
        Bakery(asks_password=asks_password),
    )
    return Script(settings={"guard": judge})


def takes_over(tag: str, uri: str = "sip:42@192.0.2.2") -> Says:
    """A call for the place of the script's first one."""
    extra = (f"Replaces: call-1;to-tag={tag};from-tag=peer",)
    return Says(uri=uri, branch="z9hG4bK-new", call_id="new", from_tag="new", body=SDP, extra=extra)


def move(script: Script, host: str, port: int = 5060) -> None:
    """From now on the script's peer is heard from there."""
    script.flow = Flow("udp", (host, port), BOB)


def incidents(script: Script) -> list[Incident]:
    return [notice for notice in script.endpoint.notices() if isinstance(notice, Incident)]


def within(method: str, tag: str, cseq: int = 2) -> Says:
    """What nobody but the peer of the call could say, were its tags a secret."""
    extra = PRACKS if method == "PRACK" else ()
    return Says(
        method, branch=f"z9hG4bK-w{cseq}", to_tag=tag, cseq=cseq, extra=extra, body=MOVES.get(method, "")
    )


def bare(method: str, tag: str) -> bytes:
    """A request in the script's first call with nothing in it but what must be."""
    return (
        f"{method} sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;branch=z9hG4bK1\r\nf:<sip:b>;tag=peer\r\n"
        f"t:<sip:c>;tag={tag}\r\ni:call-1\r\nCSeq:2 {method}\r\n\r\n"
    ).encode()


def logged_in(script: Script, says: Says, refused: Response, user: str, password: str) -> Says:
    """The same request again, with the answer to the challenge that it got."""
    offered = parse_challenges(refused.headers.lines("WWW-Authenticate"))
    value = answer(offered, Login(user, password), says.method, says.uri, lambda: "cn")
    return replace(
        says,
        cseq=says.cseq + 1,
        branch=says.branch + "-again",
        extra=(*says.extra, f"Authorization: {value}"),
    )


def ann_calls(script: Script) -> tuple[CallHandle, str]:
    """Ann's call that is up, by its handle and our tag."""
    first = Says(body=SDP)
    *_, last = script.say(logged_in(script, first, script.ask(first), "ann", "right"))
    assert isinstance(last, Response)
    call = script.events[-1].call
    tag = script.accept(call).to.tag or ""
    script.say(Says("ACK", branch="z9hG4bK-ack", to_tag=tag, cseq=2))
    incidents(script)
    return call, tag


# Strangers.


@pytest.mark.parametrize("method", METHODS)
def test_the_right_tags_from_elsewhere_are_worth_nothing(method: str) -> None:
    script = by_address()
    call, tag = script.establish_in()
    before = script.endpoint.dialog_state(call)
    heard = len(script.events)
    move(script, ELSEWHERE)
    assert script.ask(within(method, tag)).status_code == 481
    assert (script.endpoint.dialog_state(call), len(script.events)) == (before, heard)
    (told,) = incidents(script)
    assert (told.kind, told.source, told.method) == (Kind.UNEXPECTED_ADDRESS, ELSEWHERE, method)


def test_a_cancel_from_elsewhere_takes_no_call_back() -> None:
    script = by_address()
    call = script.ring_in()
    move(script, ELSEWHERE)
    assert script.ask(Says("CANCEL")).status_code == 481
    (told,) = incidents(script)
    assert told.kind is Kind.UNEXPECTED_ADDRESS
    assert script.accept(call).status_code == 200


def test_an_ack_from_elsewhere_answers_no_offer_of_ours() -> None:
    script = by_address()
    call = script.ring_in(body="")
    tag = script.accept(call).to.tag or ""
    move(script, ELSEWHERE)
    forged = Says("ACK", branch="z9hG4bK-forged", to_tag=tag, body=MOVES["INVITE"])
    assert script.say(forged) == []
    assert names(script.wait(0.5)) == ["200"], "its ACK is still awaited"
    assert [one.kind for one in incidents(script)] == [Kind.UNEXPECTED_ADDRESS]
    move(script, *ALICE)
    script.say(replace(forged, branch="z9hG4bK-ack", body=SDP))
    assert script.wait(20) == []


def test_nobody_else_gets_the_answers_to_a_request() -> None:
    """Whoever knows a branch could have the 200, and the tag in it, sent to himself."""
    script = by_address()
    call = script.ring_in()
    move(script, ELSEWHERE)
    script.endpoint.receive(bytes(Says(body=SDP)), script.flow, script.now)
    script.endpoint.accept(call, media(BOB), script.now)
    assert {transmit.flow.remote for transmit in script.endpoint.transmits()} == {ALICE}


def test_who_is_called_is_believed_from_where_it_was_called() -> None:
    script = by_address()
    call, invite = script.establish_out()
    bye = within("BYE", invite.from_.tag or "", 1)
    bye = replace(bye, call_id=invite.call_id)
    move(script, ELSEWHERE)
    assert script.ask(bye).status_code == 481
    move(script, ALICE[0], 1024)
    assert script.ask(replace(bye, branch="z9hG4bK-honest")).status_code == 200
    assert script.events[-1] == CallEnded(call, "peer")


def test_a_hundred_thousand_guesses_meet_no_call() -> None:
    """Of a call that others see only our tag, 96 bits, is missing, be they its peer's neighbours."""
    script = by_address()
    call, tag = script.establish_in()
    before, heard, noise = script.endpoint.dialog_state(call), len(script.events), random.Random(7)
    flows = [script.flow, Flow("udp", (ELSEWHERE, 5060), BOB)]
    for number in range(100_000):
        guess = bare(GUESSED[number % len(GUESSED)], noise.randbytes(len(tag) // 2).hex())
        script.endpoint.receive(guess, flows[number % 2], script.now)
        for transmit in script.endpoint.transmits():
            assert transmit.data.startswith(b"SIP/2.0 481 ")
    assert (script.endpoint.dialog_state(call), len(script.events)) == (before, heard)
    counters = script.endpoint.counters
    assert counters["refused"] + counters["stray"] == 100_000


def test_a_stranger_takes_no_call_over_that_he_has_seen() -> None:
    script = by_domain()
    call, tag = script.establish_in()
    before, heard = script.endpoint.dialog_state(call), len(script.events)
    move(script, ELSEWHERE)
    assert script.ask(takes_over(tag, "sip:x@bakery")).status_code == 481
    assert (script.endpoint.dialog_state(call), len(script.events)) == (before, heard)
    (told,) = incidents(script)
    assert (told.kind, told.source, told.method) == (Kind.UNEXPECTED_ADDRESS, ELSEWHERE, "INVITE")


def test_a_trunk_takes_no_call_over_of_who_logged_in_to_a_domain() -> None:
    script = by_domain(asks_password=True)
    move(script, ELSEWHERE)
    first = Says(uri="sip:x@bakery", body=SDP)
    script.say(logged_in(script, first, script.ask(first), "ann", "right"))
    tag = script.accept(script.events[-1].call).to.tag or ""
    script.say(Says("ACK", branch="z9hG4bK-ack", to_tag=tag, cseq=2))
    move(script, "192.0.2.77")
    assert script.ask(takes_over(tag)).status_code == 481


# Honest parties that are somewhere else.


@pytest.mark.parametrize(("host", "uri"), [("192.0.2.77", "sip:42@192.0.2.2"), (ALICE[0], "sip:x@bakery")])
def test_who_is_believed_in_a_call_takes_it_over(host: str, uri: str) -> None:
    script = by_domain()
    call, tag = script.establish_in()
    move(script, host)
    assert script.ask(takes_over(tag, uri)).status_code == 100
    event = script.events[-1]
    assert isinstance(event, IncomingCall)
    assert (event.replaces, event.is_party) == (call, True)


def test_who_logged_in_is_left_to_the_owner_of_the_endpoint() -> None:
    """It knows whose the call is, and whose the user."""
    script = by_domain(asks_password=True)
    call, tag = script.establish_in()
    move(script, ELSEWHERE)
    wish = takes_over(tag, "sip:x@bakery")
    (trying,) = script.say(logged_in(script, wish, script.ask(wish), "ann", "right"))
    event = script.events[-1]
    assert isinstance(event, IncomingCall)
    assert (names([trying]), event.replaces, event.is_party) == (["100"], call, False)


def test_who_logged_in_twice_is_the_same_party() -> None:
    script = by_password()
    call, tag = ann_calls(script)
    move(script, ELSEWHERE)
    wish = takes_over(tag)
    script.say(logged_in(script, wish, script.ask(wish), "ann", "right"))
    event = script.events[-1]
    assert isinstance(event, IncomingCall)
    assert (event.replaces, event.is_party) == (call, True)


def test_another_port_is_the_same_party() -> None:
    script = by_address()
    _, tag = script.establish_in()
    move(script, ALICE[0], 40_001)
    assert script.ask(within("INFO", tag)).status_code != 481
    assert script.ask(within("BYE", tag, 3)).status_code == 200


def test_the_servers_of_a_trunk_stand_in_for_each_other() -> None:
    script = by_address()
    _, tag = script.establish_in()
    move(script, "192.0.2.77")
    assert script.ask(within("BYE", tag)).status_code == 200


@pytest.mark.parametrize(
    ("extra", "contact", "host"),
    [
        (("Record-Route: <sip:198.51.100.8;lr>, <sip:198.51.100.9;lr>",), "192.0.2.1:5060", "198.51.100.8"),
        (("Record-Route: <sip:198.51.100.8;lr>, <sip:198.51.100.9;lr>",), "192.0.2.1:5060", "198.51.100.9"),
        ((), "198.51.100.7", "198.51.100.7"),
        ((), "[2001:DB8:0::7]", "2001:db8::7"),
        ((), "198.51.100.7", "::ffff:198.51.100.7"),
    ],
)
def test_the_party_is_known_where_it_says_that_it_is(extra: tuple[str, ...], contact: str, host: str) -> None:
    script = by_address()
    invite = bytes(Says(body=SDP, extra=extra)).replace(b"192.0.2.1:5060>", f"{contact}>".encode())
    script.say(invite)
    tag = script.accept(script.events[-1].call).to.tag or ""
    move(script, host)
    assert script.ask(within("BYE", tag)).status_code == 200


# Users.


def test_a_phone_that_moves_logs_in_again() -> None:
    script = by_password()
    call, tag = ann_calls(script)
    move(script, ELSEWHERE)
    info = within("OPTIONS", tag, 3)
    challenged = script.ask(info)
    assert challenged.status_code == 401
    assert script.ask(logged_in(script, info, challenged, "ann", "right")).status_code == 200
    assert script.ask(within("BYE", tag, 5)).status_code == 200, "there it is at home now"
    assert script.events[-1] == CallEnded(call, "peer")


@pytest.mark.parametrize(("user", "password", "code"), [("ann", "wrong", 401), ("bob", "also right", 481)])
def test_nobody_else_logs_in_to_a_call(user: str, password: str, code: int) -> None:
    script = by_password()
    _, tag = ann_calls(script)
    move(script, ELSEWHERE)
    bye = within("BYE", tag, 3)
    again = logged_in(script, bye, script.ask(bye), user, password)
    assert script.ask(again).status_code == code
    assert script.endpoint.calls == 1


def test_a_phone_that_is_called_can_move_too() -> None:
    script = by_password()
    wanted = {"callee": Admitted("ann")}
    _, invite = script.call_out(**wanted)
    script.reply(invite, 200, body=SDP)
    bye = replace(within("BYE", invite.from_.tag or "", 1), call_id=invite.call_id)
    move(script, ELSEWHERE)
    challenged = script.ask(bye)
    assert challenged.status_code == 401
    assert script.ask(logged_in(script, bye, challenged, "ann", "right")).status_code == 200


def test_an_ack_of_who_has_moved_is_not_asked_for_a_password() -> None:
    script = by_password()
    first = Says(body=SDP)
    script.say(logged_in(script, first, script.ask(first), "ann", "right"))
    tag = script.accept(script.events[-1].call).to.tag or ""
    move(script, ELSEWHERE)
    assert script.say(Says("ACK", branch="z9hG4bK-ack", to_tag=tag, cseq=2)) == []
    assert [one.kind for one in incidents(script)] == [Kind.UNEXPECTED_ADDRESS]


def test_a_party_has_so_many_homes_and_no_more() -> None:
    script = by_address()
    call, _ = script.establish_in()
    dialog = script.endpoint._context.sessions.of_call(call).known_dialog()
    for number in range(MAX_HOMES + 5):
        dialog.move_in(f"198.51.100.{number}")
    assert len(dialog.homes) == MAX_HOMES
    assert dialog.is_home(f"198.51.100.{MAX_HOMES + 4}")
    assert not dialog.is_home("198.51.100.0")
