"""Our registrations with others: the table, the times, and what we tell whom."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sip.digest import Login
from signalling.sip.errors import LocalSipError
from signalling.sip.message import Request, Response
from signalling.sip.notices import RegistrationChanged, RegistrationHandle
from signalling.sip.outreach import MAX_REGISTRATIONS
from signalling.sip.registration import TABLE, Enrolment, Input, Place, State
from signalling.sip.session.authentication import MAX_ANSWERS
from signalling.sip.uri import SipUri
from tests.support.sip_script import Script, names

pytestmark = pytest.mark.unit

REGISTRAR = SipUri("sip", None, "carrier.example")
AOR = SipUri("sip", "trunk", "carrier.example")
CHALLENGE = 'WWW-Authenticate: Digest realm="{}", nonce="n", qop="auth", algorithm=MD5'


class Trunk:
    """An endpoint that registers with a scripted registrar."""

    def __init__(self, login: Login | None = None, expires_s: int = 3600, spares: Sequence[str] = ()) -> None:
        """`spares`: the addresses of more registrars, in order."""
        self.script = Script()
        flow = self.script.flow
        places = [Place(REGISTRAR, AOR, flow)]
        for host in spares:
            at = replace(flow, remote=(host, 5060))
            places.append(Place(SipUri("sip", None, host), SipUri("sip", "trunk", host), at))
        self.enrolment = Enrolment(tuple(places), "442079460000", login, expires_s)
        self.handle: RegistrationHandle = self.script.endpoint.outreach.register(self.enrolment, 1000.0)

    def sent(self) -> Request:
        """The one REGISTER that it sends now."""
        (request,) = self.script.heard()
        assert isinstance(request, Request)
        assert request.method == "REGISTER"
        return request

    def reply(self, request: Request, status_code: int, *extra: str) -> list[str]:
        """Answer it; what is sent then, by name."""
        return names(self.script.reply(request, status_code, *extra))

    def states(self) -> list[tuple[str, int]]:
        """What was told since it was asked last: states with the status that led there."""
        notices = self.script.endpoint.notices()
        assert all(isinstance(notice, RegistrationChanged) for notice in notices)
        return [
            (notice.state, notice.status_code)
            for notice in notices
            if isinstance(notice, RegistrationChanged)
        ]

    def following(self) -> tuple[float, Request]:
        """The next REGISTER, and the seconds until it is sent."""
        began = self.script.now
        while True:
            at = self.script.endpoint.next_timer()
            assert at is not None, "nothing follows"
            for said in self.script.wait(at - self.script.now):
                assert isinstance(said, Request)
                return self.script.now - began, said


def test_a_trunk_is_registered_refreshed_and_taken_back() -> None:
    trunk = Trunk()
    first = trunk.sent()
    assert str(first.uri) == "sip:carrier.example"
    assert first.headers.get("Contact") == "<sip:442079460000@192.0.2.2:5060>"
    assert (first.headers.get("Expires"), first.headers.get("To")) == ("3600", "<sip:trunk@carrier.example>")
    trunk.reply(first, 200, "Contact: <sip:442079460000@192.0.2.2:5060>;expires=600")
    pause, again = trunk.following()
    assert 300 <= pause <= 540
    assert (again.call_id, again.from_.tag, again.cseq.number) == (first.call_id, first.from_.tag, 2)
    trunk.reply(again, 200, "Expires: 600")
    trunk.script.endpoint.outreach.unregister(trunk.handle, trunk.script.now)
    last = trunk.sent()
    assert (last.headers.get("Expires"), last.cseq.number) == ("0", 3)
    trunk.reply(last, 200)
    assert [state for state, _ in trunk.states()] == [
        "registering", "registered", "refreshing", "registered", "leaving", "unregistered",
    ]  # fmt: skip
    trunk.script.wait(60)
    assert (trunk.script.endpoint.pending_transactions, trunk.script.endpoint.next_timer()) == (0, None)


def test_the_connection_to_the_registrar_is_kept_while_calls_may_come_by_it() -> None:
    trunk = Trunk()
    endpoint, flow = trunk.script.endpoint, trunk.script.flow
    trunk.reply(trunk.sent(), 200, "Expires: 600")
    assert endpoint.is_used(flow)
    endpoint.outreach.unregister(trunk.handle, trunk.script.now)
    trunk.reply(trunk.sent(), 200)
    assert not endpoint.is_used(flow)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (("Contact: <sip:442079460000@192.0.2.2:5060>;expires=120",), 120),
        (("Contact: <sip:other@192.0.2.3>;expires=60", "Expires: 90"), 90),
        (("Contact: <sip:other@192.0.2.3>;expires=60",), 3600),
        (("Expires: soon",), 3600),
        (("Expires: 4000000000",), 86400),
    ],
)
def test_the_time_that_the_registrar_grants(headers: tuple[str, ...], seconds: int) -> None:
    trunk = Trunk()
    trunk.reply(trunk.sent(), 200, *headers)
    notice = trunk.script.endpoint.notices()[-1]
    assert isinstance(notice, RegistrationChanged)
    assert notice.expires_at == 1000.0 + seconds


def test_a_challenge_of_the_configured_realm_is_answered_once() -> None:
    trunk = Trunk(Login("trunk", "password", "carrier"))
    (sent,) = trunk.script.reply(trunk.sent(), 401, CHALLENGE.format("carrier"))
    assert isinstance(sent, Request)
    assert 'username="trunk"' in (sent.headers.get("Authorization") or "")
    assert sent.cseq.number == 2
    assert trunk.reply(sent, 401, CHALLENGE.format("carrier")) == []
    assert trunk.states() == [("registering", 0), ("failed", 401)]


def test_a_nonce_that_had_aged_is_followed_by_the_new_one_at_once_and_not_for_ever() -> None:
    trunk = Trunk(Login("trunk", "password", "carrier"))
    said: list[Request | Response] = [trunk.sent()]
    stale = CHALLENGE.format("carrier").replace('"n"', '"n{}"') + ", stale=true"
    while said:
        request = said.pop()
        assert isinstance(request, Request)
        number = request.cseq.number
        assert (f'nonce="n{number - 1}"' in (request.headers.get("Authorization") or "")) is (number > 1)
        said = trunk.script.reply(request, 401, stale.format(number))
    assert number == 1 + MAX_ANSWERS
    assert trunk.states() == [("registering", 0), ("failed", 401)]


def test_no_other_realm_gets_credentials() -> None:
    trunk = Trunk(Login("trunk", "password", "carrier"))
    assert trunk.reply(trunk.sent(), 401, CHALLENGE.format("thief")) == []
    assert trunk.states() == [("registering", 0), ("failed", 401)]


def test_a_registrar_that_finds_us_too_brief_is_asked_for_what_it_wants() -> None:
    trunk = Trunk(expires_s=60)
    (longer,) = trunk.script.reply(trunk.sent(), 423, "Min-Expires: 1800")
    assert isinstance(longer, Request)
    assert (longer.headers.get("Expires"), longer.cseq.number) == ("1800", 2)
    trunk.reply(longer, 200)
    assert trunk.states() == [("registering", 0), ("registered", 200)]


@pytest.mark.parametrize("minimum", ["0", "60", "nothing", "99999999"])
def test_a_registrar_that_asks_for_nonsense_failed(minimum: str) -> None:
    trunk = Trunk(expires_s=60)
    assert trunk.reply(trunk.sent(), 423, f"Min-Expires: {minimum}") == []
    assert trunk.states()[-1] == ("failed", 423)


def test_failures_are_tried_again_ever_more_slowly() -> None:
    trunk = Trunk()
    request = trunk.sent()
    for bound in (60, 120, 240, 480, 960, 1800, 1800):
        trunk.reply(request, 403)
        pause, request = trunk.following()
        assert bound / 2 <= pause <= bound
    trunk.reply(request, 200)
    assert trunk.states()[-1] == ("registered", 200)


def test_a_registrar_that_asks_for_a_pause_gets_it() -> None:
    trunk = Trunk()
    trunk.reply(trunk.sent(), 503, "Retry-After: 1200 (maintenance);duration=60")
    assert trunk.following()[0] == pytest.approx(1200)


def test_silence_is_a_failure() -> None:
    trunk = Trunk()
    trunk.script.wait(33)
    assert trunk.states() == [("registering", 0), ("failed", 408)]


def asked(request: Request) -> str:
    """Whom a REGISTER is for."""
    return f"{request.uri.host} {request.to.uri}" if isinstance(request.uri, SipUri) else ""


@pytest.mark.parametrize("status_code", [500, 503, 599, 0])
def test_the_next_registrar_is_asked_after_trouble_and_after_the_last_the_first(status_code: int) -> None:
    trunk = Trunk(spares=["192.0.2.8"])
    first, second = f"carrier.example {AOR}", "192.0.2.8 sip:trunk@192.0.2.8"

    def fail(request: Request) -> Request:
        script = trunk.script
        said = script.reply(request, status_code) if status_code else script.wait(32.5)[-1:]
        (following,) = said
        assert isinstance(following, Request)
        return following

    request = trunk.sent()
    assert asked(request) == first
    request = fail(request)
    assert asked(request) == second
    trunk.reply(request, 200)
    assert trunk.states() == [("registering", 0), ("registered", 200)]
    _, request = trunk.following()
    assert asked(request) == second, "who has us keeps us"
    request = fail(request)
    assert asked(request) == first, "and back"
    trunk.reply(request, 200)
    assert trunk.states()[-1] == ("registered", 200)


def test_a_pause_comes_when_every_registrar_is_in_trouble() -> None:
    trunk = Trunk(spares=["192.0.2.8"])
    request = trunk.sent()
    for bound in (60, 120):
        (request,) = [each for each in trunk.script.reply(request, 503) if isinstance(each, Request)]
        assert asked(request).startswith("192.0.2.8")
        assert trunk.reply(request, 503) == []
        pause, request = trunk.following()
        assert bound / 2 <= pause <= bound
        assert asked(request).startswith("carrier.example")


@pytest.mark.parametrize("status_code", [400, 403, 404, 603])
def test_a_registrar_that_will_not_have_us_is_not_passed_over(status_code: int) -> None:
    trunk = Trunk(spares=["192.0.2.8"])
    assert trunk.reply(trunk.sent(), status_code) == []
    assert asked(trunk.following()[1]).startswith("carrier.example")


def test_whoever_stops_while_asking_waits_for_the_answer_and_takes_it_back() -> None:
    trunk = Trunk()
    first = trunk.sent()
    trunk.script.endpoint.outreach.unregister(trunk.handle, trunk.script.now)
    assert trunk.script.heard() == []
    (last,) = trunk.script.reply(first, 200)
    assert isinstance(last, Request)
    assert (last.cseq.number, last.headers.get("Expires")) == (2, "0")
    trunk.reply(last, 200)
    assert trunk.states() == [("registering", 0), ("leaving", 0), ("unregistered", 200)]


def test_registrations_are_bounded_and_make_room_when_they_are_over() -> None:
    trunk = Trunk()
    outreach, now = trunk.script.endpoint.outreach, trunk.script.now
    request = trunk.sent()
    for _ in range(MAX_REGISTRATIONS - 1):
        outreach.register(trunk.enrolment, now)
    with pytest.raises(LocalSipError, match="too many registrations"):
        outreach.register(trunk.enrolment, now)
    trunk.script.heard()
    outreach.unregister(trunk.handle, now)
    (last,) = trunk.script.reply(request, 200)
    assert isinstance(last, Request)
    trunk.reply(last, 200)
    outreach.register(trunk.enrolment, now)


def test_every_state_can_be_left_and_stopped() -> None:
    for state in State:
        assert (state, Input.STOP) in TABLE
    reached = {following for (state, _), following in TABLE.items() if state is not following}
    assert reached == set(State)


@given(st.lists(st.sampled_from([200, 401, 403, 423, 503, 0, -1]), max_size=12))
def test_whatever_the_registrar_says_requests_come_in_order_and_to_an_end(answers: list[int]) -> None:
    """0 is silence; -1 stops it. In the end nothing is left, and there was one request at a time."""
    trunk = Trunk(Login("trunk", "password"))
    script, said = trunk.script, [trunk.sent()]
    more = {401: [CHALLENGE.format("any")], 423: ["Min-Expires: 7200"]}
    for answer in [*answers, -1, 0]:
        if answer == -1:
            script.endpoint.outreach.unregister(trunk.handle, script.now)
            heard = script.heard()
        elif answer == 0:
            heard = script.wait(1900)
        else:
            heard = script.reply(said[-1], answer, *more.get(answer, []))
        said += [each for each in heard if isinstance(each, Request)]
    numbers = [request.cseq.number for request in said]
    assert numbers == sorted(numbers)
    script.wait(100)
    assert trunk.states()[-1][0] == "unregistered"
    assert (script.endpoint.pending_transactions, script.endpoint.next_timer()) == (0, None)
