"""Who is let in: sources, digest users, and everybody else."""

from ipaddress import ip_network

import pytest

from signalling.sip.attempts import MAX_FAILURES_PER_HOUR
from signalling.sip.calls import Flow, Transport
from signalling.sip.digest import NONCE_TTL_S, Login, Nonces, UserKey, Users, answer, make_key
from signalling.sip.guard import MAX_CREDENTIALS, Admitted, Challenged, Door, Guard, Policy, Refused
from signalling.sip.headers.auth import parse_challenges
from signalling.sip.message import Headers, Request
from signalling.sip.uri import SipUri

pytestmark = pytest.mark.unit

TRUSTED = [ip_network("192.0.2.0/28"), ip_network("2001:db8::/64")]
STRANGER = "198.51.100.7"
OFFICE = "203.0.113.5"


def request(method: str = "INVITE", *authorization: str, host: str = "example.com") -> Request:
    headers = Headers(("Authorization", value) for value in authorization)
    return Request(method, SipUri("sip", "desk", host), headers)


def flow(source: str, transport: Transport = "udp") -> Flow:
    return Flow(transport, (source, 5060), ("192.0.2.254", 5060))


def guard(users: dict[str, str] | None = None) -> Guard:
    return Guard(TRUSTED, {"ann": "right"} if users is None else users, "cord", Nonces(b"secret"))


def credentials(challenged: Challenged, password: str = "right", method: str = "INVITE") -> str:
    offered = parse_challenges(challenged.headers)
    value = answer(offered, Login("ann", password), method, "sip:desk@example.com", lambda: "cn")
    assert value is not None
    return value


def challenge(by: Guard, now: float = 0.0) -> Challenged:
    decision = by.admit(request(), flow(STRANGER), now)
    assert isinstance(decision, Challenged)
    return decision


@pytest.mark.parametrize("source", ["192.0.2.1", "::ffff:192.0.2.15", "2001:db8::7"])
def test_trusted_sources_pass(source: str) -> None:
    assert guard().admit(request(), flow(source), 0) == Admitted()
    assert guard({}).admit(request(), flow(source), 0) == Admitted()


@pytest.mark.parametrize("source", [STRANGER, "192.0.2.16", "2001:db8:0:1::7", "pbx.example", ""])
def test_strangers_are_refused_where_there_are_no_users(source: str) -> None:
    for method in ("INVITE", "ACK", "CANCEL"):
        assert guard({}).admit(request(method), flow(source), 0) == Refused(403)


def test_trunks_get_in_as_they_are_named_last() -> None:
    door = guard({})
    door.trust([ip_network(f"{STRANGER}/32")], {"ann": "right"})
    assert door.admit(request(), flow(STRANGER), 0) == Admitted()
    door.trust([], {"ann": "right"})
    challenged = challenge(door)
    assert door.admit(request("INVITE", credentials(challenged)), flow(STRANGER), 0) == Admitted("ann")
    door.trust([], {})
    assert door.admit(request(), flow(STRANGER), 0) == Refused(403)


def test_a_user_gets_in_once_per_answer() -> None:
    door = guard()
    value = credentials(challenge(door))
    assert door.admit(request("INVITE", value), flow(STRANGER), 1) == Admitted("ann")
    again = door.admit(request("INVITE", value), flow(STRANGER), 1)
    assert isinstance(again, Challenged)
    assert all(one.stale for one in parse_challenges(again.headers))


def test_wrong_password_is_challenged_as_new() -> None:
    door = guard()
    decision = door.admit(request("INVITE", credentials(challenge(door), "wrong")), flow(STRANGER), 1)
    assert isinstance(decision, Challenged)
    assert not any(one.stale for one in parse_challenges(decision.headers))


def test_old_answer_is_stale() -> None:
    door = guard()
    decision = door.admit(request("INVITE", credentials(challenge(door))), flow(STRANGER), NONCE_TTL_S)
    assert isinstance(decision, Challenged)
    assert all(one.stale for one in parse_challenges(decision.headers))


def test_answer_of_another_realm_beside_ours_is_no_harm() -> None:
    door = guard()
    value = credentials(challenge(door))
    foreign = value.replace('realm="cord"', 'realm="edge"')
    assert door.admit(request("INVITE", "Digest junk", foreign, value), flow(STRANGER), 1) == Admitted("ann")


def test_answers_for_another_realm_are_no_guesses_at_ours() -> None:
    door = guard()
    value = credentials(challenge(door), "wrong")
    foreign = value.replace('realm="cord"', 'realm="edge"')
    for _ in range(2 * MAX_FAILURES_PER_HOUR):
        assert door.admit(request("INVITE", foreign), flow(STRANGER), 1) != Admitted("ann")
    assert door.admit(request("INVITE", credentials(challenge(door))), flow(STRANGER), 1) == Admitted("ann")


def test_only_so_many_lines_are_looked_at() -> None:
    door = guard()
    value = credentials(challenge(door))
    hidden = request("INVITE", *["Digest junk"] * MAX_CREDENTIALS, value)
    assert isinstance(door.admit(hidden, flow(STRANGER), 1), Challenged)


@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_what_cannot_answer_is_not_challenged(method: str) -> None:
    assert guard().admit(request(method), flow(STRANGER), 0) == Admitted()


class Bakery:
    """A programmable SIP domain."""

    OFFICE_NET = (ip_network("203.0.113.0/24"),)

    class Known:
        """One domain, by its name."""

        def __init__(self, door: Door) -> None:
            self.door = door

        def find(self, host: str) -> Door | None:
            return self.door if host == self.door.name else None

    def guard(self, users: Users | None = None, *, password: bool = False, tls: Policy = "optional") -> Guard:
        door = Door("bakery", self.OFFICE_NET, users or {}, asks_password=password, tls=tls)
        return Guard(TRUSTED, {"ann": "right"}, "cord", Nonces(b"secret"), self.Known(door))

    def users(self) -> Users:
        return {"ann": (make_key("ann", "bakery", "baked"),)}

    def call(self, method: str = "INVITE", *authorization: str) -> Request:
        return request(method, *authorization, host="bakery")


class TestDomains(Bakery):
    """Whoever names a programmable SIP domain is judged by it alone."""

    def test_its_networks_may_call_without_a_password(self) -> None:
        assert self.guard().admit(self.call(), flow(OFFICE), 0) == Admitted(domain="bakery")

    @pytest.mark.parametrize("source", [STRANGER, "192.0.2.1"])
    @pytest.mark.parametrize("password", [True, False])
    def test_nobody_else_may_not_even_a_trusted_source(self, source: str, password: bool) -> None:
        door = self.guard(self.users(), password=password)
        assert door.admit(self.call(), flow(source), 0) == Refused(403)

    def test_users_open_it_in_its_own_realm(self) -> None:
        door = self.guard(self.users(), password=True)
        challenged = door.admit(self.call(), flow(OFFICE), 0)
        assert isinstance(challenged, Challenged)
        assert {one.realm for one in parse_challenges(challenged.headers)} == {"bakery"}
        right = credentials(challenged, "baked")
        assert door.admit(self.call("INVITE", right), flow(OFFICE), 1) == Admitted("ann", "bakery")
        wrong = credentials(challenged, "right")
        assert isinstance(door.admit(self.call("INVITE", wrong), flow(OFFICE), 1), Challenged)

    def test_its_users_do_not_open_the_gateway(self) -> None:
        door = self.guard(self.users(), password=True)
        challenged = door.admit(self.call(), flow(OFFICE), 0)
        assert isinstance(challenged, Challenged)
        elsewhere = request("INVITE", credentials(challenged, "baked"))
        assert isinstance(door.admit(elsewhere, flow(OFFICE), 1), Challenged)

    def test_registrations_are_always_somebodys(self) -> None:
        assert isinstance(self.guard(self.users()).admit(self.call("REGISTER"), flow(OFFICE), 0), Challenged)
        assert self.guard().admit(self.call("REGISTER"), flow(OFFICE), 0) == Refused(403)

    def test_without_users_nobody_has_a_password(self) -> None:
        assert self.guard(password=True).admit(self.call(), flow(OFFICE), 0) == Refused(403)

    @pytest.mark.parametrize(
        ("tls", "transport", "is_let_in"),
        [
            ("always", "udp", False),
            ("always", "ws", False),
            ("always", "tls", True),
            ("always", "wss", True),
            ("never", "tcp", True),
            ("never", "tls", False),
            ("optional", "udp", True),
            ("optional", "tls", True),
        ],
    )
    def test_the_transport_is_as_secure_as_it_asks(
        self, tls: Policy, transport: Transport, is_let_in: bool
    ) -> None:
        verdict = self.guard(tls=tls).admit(self.call(), flow(OFFICE, transport), 0)
        assert verdict == (Admitted(domain="bakery") if is_let_in else Refused(403))


class TestWithinCalls(Bakery):
    """From an address at which a call's party was not seen yet."""

    OWNER = Admitted("ann", "bakery")
    SERVER = Admitted(domain="bakery")

    @pytest.mark.parametrize("method", ["BYE", "ACK", "CANCEL"])
    def test_the_servers_of_a_domain_stand_in_for_each_other(self, method: str) -> None:
        door = self.guard()
        assert door.admit_within(self.SERVER, self.call(method), flow(OFFICE), 0) == self.SERVER
        for outsider in (STRANGER, "192.0.2.1"):
            assert door.admit_within(self.SERVER, self.call(method), flow(outsider), 0) == Refused(403)

    @pytest.mark.parametrize("source", [STRANGER, "192.0.2.1"])
    def test_a_user_stays_where_the_domain_lets_users_in(self, source: str) -> None:
        door = self.guard(self.users())
        assert isinstance(door.admit_within(self.OWNER, self.call("BYE"), flow(OFFICE), 0), Challenged)
        assert door.admit_within(self.OWNER, self.call("BYE"), flow(source), 0) == Refused(403)

    def test_a_user_logs_in_to_the_domain_of_the_call(self) -> None:
        door = self.guard(self.users())
        challenged = door.admit_within(self.OWNER, self.call("BYE"), flow(OFFICE), 0)
        assert isinstance(challenged, Challenged)
        right = credentials(challenged, "baked", "BYE")
        assert isinstance(
            door.admit_within(self.OWNER, request("BYE", right, host="gateway"), flow(OFFICE), 1), Admitted
        )
        assert isinstance(door.admit_within(self.OWNER, self.call("BYE", right), flow(OFFICE), 1), Challenged)

    @pytest.mark.parametrize("method", ["ACK", "CANCEL"])
    def test_what_cannot_be_challenged_is_refused(self, method: str) -> None:
        door = self.guard(self.users())
        assert door.admit_within(self.OWNER, self.call(method), flow(OFFICE), 0) == Refused(403)

    def test_a_domain_that_is_gone_has_no_party(self) -> None:
        gone = Admitted("ann", "closed")
        assert self.guard(self.users()).admit_within(gone, self.call("BYE"), flow(OFFICE), 0) == Refused(403)
        assert guard().admit_within(self.OWNER, self.call("BYE"), flow(OFFICE), 0) == Refused(403)

    def test_trunks_and_trusted_networks_speak_in_calls_without_a_domain(self) -> None:
        for owner in (Admitted(), Admitted("ann")):
            assert guard().admit_within(owner, self.call("BYE"), flow("192.0.2.1"), 0) == owner
        assert guard().admit_within(Admitted(), self.call("BYE"), flow(STRANGER), 0) == Refused(403)


def test_accounts_open_as_they_are_when_asked() -> None:
    accounts: dict[str, tuple[UserKey, ...]] = {}
    door = Guard(TRUSTED, {}, "cord", Nonces(b"secret"), accounts=accounts)
    assert door.admit(request(), flow(STRANGER), 0) == Refused(403)
    accounts["ann"] = (make_key("ann", "cord", "right"),)
    value = credentials(challenge(door))
    assert door.admit(request("INVITE", value), flow(STRANGER), 1) == Admitted("ann")


def test_what_is_not_offered_is_not_taken() -> None:
    both, old = (
        Guard(TRUSTED, {"ann": "right"}, "cord", Nonces(b"secret"), algorithms=algorithms)
        for algorithms in (("MD5", "SHA-256"), ("MD5",))
    )
    (only,) = parse_challenges(challenge(old).headers)
    assert only.algorithm == "MD5"
    by_sha256 = credentials(challenge(both))
    assert "SHA-256" in by_sha256
    assert both.admit(request("INVITE", by_sha256), flow(STRANGER), 1) == Admitted("ann")
    assert isinstance(old.admit(request("INVITE", by_sha256), flow(STRANGER), 1), Challenged)
    by_md5 = credentials(challenge(old))
    assert old.admit(request("INVITE", by_md5), flow(STRANGER), 1) == Admitted("ann")


@pytest.mark.parametrize(
    ("uri", "is_let_in"),
    [
        ("sip:desk@example.com", True),
        ("sip:desk@192.0.2.254:5080;transport=tcp", True),
        ("SIP:%64esk@EXAMPLE.com", True),
        ("sip:example.com", True),
        ("sip:0900@example.com", False),
        ("sip:DESK@example.com", False),
        ("tel:desk", False),
        ("desk", False),
        ("", False),
    ],
)
def test_a_login_is_good_for_the_user_that_it_was_made_for(uri: str, is_let_in: bool) -> None:
    offered = parse_challenges(challenge(door := guard()).headers)
    value = answer(offered, Login("ann", "right"), "INVITE", uri, lambda: "cn")
    verdict = door.admit(request("INVITE", str(value)), flow(STRANGER), 0)
    assert verdict == Admitted("ann") if is_let_in else isinstance(verdict, Challenged) and verdict.wrong


def test_a_login_for_a_request_without_a_user_is_good_for_that() -> None:
    offered = parse_challenges(challenge(door := guard()).headers)
    value = answer(offered, Login("ann", "right"), "REGISTER", "sip:ann@example.com", lambda: "cn")
    register = Request(
        "REGISTER", SipUri("sip", None, "example.com"), Headers([("Authorization", str(value))])
    )
    assert door.admit(register, flow(STRANGER), 0) == Admitted("ann")
