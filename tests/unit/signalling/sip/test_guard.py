"""Who is let in: sources, digest users, and everybody else."""

from ipaddress import ip_network

import pytest

from signalling.sip.digest import NONCE_TTL_S, Login, Nonces, answer
from signalling.sip.guard import MAX_CREDENTIALS, Admitted, Challenged, Guard, Refused
from signalling.sip.headers.auth import parse_challenges
from signalling.sip.message import Headers, Request
from signalling.sip.uri import SipUri

pytestmark = pytest.mark.unit

TRUSTED = [ip_network("192.0.2.0/28"), ip_network("2001:db8::/64")]
STRANGER = "198.51.100.7"


def request(method: str = "INVITE", *authorization: str) -> Request:
    headers = Headers(("Authorization", value) for value in authorization)
    return Request(method, SipUri("sip", "desk", "example.com"), headers)


def guard(users: dict[str, str] | None = None) -> Guard:
    return Guard(TRUSTED, {"ann": "right"} if users is None else users, "cord", Nonces(b"secret"))


def credentials(challenged: Challenged, password: str = "right", method: str = "INVITE") -> str:
    offered = parse_challenges(challenged.headers)
    value = answer(offered, Login("ann", password), method, "sip:desk@example.com", lambda: "cn")
    assert value is not None
    return value


def challenge(by: Guard, now: float = 0.0) -> Challenged:
    decision = by.admit(request(), STRANGER, now)
    assert isinstance(decision, Challenged)
    return decision


@pytest.mark.parametrize("source", ["192.0.2.1", "::ffff:192.0.2.15", "2001:db8::7"])
def test_trusted_sources_pass(source: str) -> None:
    assert guard().admit(request(), source, 0) == Admitted()
    assert guard({}).admit(request(), source, 0) == Admitted()


@pytest.mark.parametrize("source", [STRANGER, "192.0.2.16", "2001:db8:0:1::7", "pbx.example", ""])
def test_strangers_are_refused_where_there_are_no_users(source: str) -> None:
    for method in ("INVITE", "ACK", "CANCEL"):
        assert guard({}).admit(request(method), source, 0) == Refused(403)


def test_a_user_gets_in_once_per_answer() -> None:
    door = guard()
    value = credentials(challenge(door))
    assert door.admit(request("INVITE", value), STRANGER, 1) == Admitted("ann")
    again = door.admit(request("INVITE", value), STRANGER, 1)
    assert isinstance(again, Challenged)
    assert all(one.stale for one in parse_challenges(again.headers))


def test_wrong_password_is_challenged_as_new() -> None:
    door = guard()
    decision = door.admit(request("INVITE", credentials(challenge(door), "wrong")), STRANGER, 1)
    assert isinstance(decision, Challenged)
    assert not any(one.stale for one in parse_challenges(decision.headers))


def test_old_answer_is_stale() -> None:
    door = guard()
    decision = door.admit(request("INVITE", credentials(challenge(door))), STRANGER, NONCE_TTL_S)
    assert isinstance(decision, Challenged)
    assert all(one.stale for one in parse_challenges(decision.headers))


def test_answer_of_another_realm_beside_ours_is_no_harm() -> None:
    door = guard()
    value = credentials(challenge(door))
    foreign = value.replace('realm="cord"', 'realm="edge"')
    assert door.admit(request("INVITE", "Digest junk", foreign, value), STRANGER, 1) == Admitted("ann")


def test_only_so_many_lines_are_looked_at() -> None:
    door = guard()
    value = credentials(challenge(door))
    hidden = request("INVITE", *["Digest junk"] * MAX_CREDENTIALS, value)
    assert isinstance(door.admit(hidden, STRANGER, 1), Challenged)


@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_what_cannot_answer_is_not_challenged(method: str) -> None:
    assert guard().admit(request(method), STRANGER, 0) == Admitted()
