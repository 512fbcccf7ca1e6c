"""Probes: it takes two to change our mind about a peer; enquiries: one question, one word."""

import pytest

from signalling.sip.errors import LocalSipError
from signalling.sip.message import Request
from signalling.sip.notices import EnquiryAnswered, ReachabilityChanged
from signalling.sip.outreach import MAX_ENQUIRIES, MAX_PROBES
from signalling.sip.probe import TABLE, Input, State, Watch
from signalling.sip.uri import SipUri
from tests.support.sip_script import Script

pytestmark = pytest.mark.unit

TARGET = SipUri("sip", None, "192.0.2.1")


class Watched:
    """A scripted peer that is probed."""

    def __init__(self) -> None:
        self.script = Script()
        self.handle = self.script.endpoint.outreach.watch(Watch(TARGET, self.script.flow), 1000.0)
        (request,) = self.script.heard()
        assert isinstance(request, Request)
        self.request = request

    def answer(self, status_code: int) -> None:
        """The peer answers the probe; then the next one is due."""
        assert self.request.method == "OPTIONS"
        if status_code:
            self.script.reply(self.request, status_code)
        before = self.request.cseq.number
        while self.request.cseq.number == before:
            at = self.script.endpoint.next_timer()
            assert at is not None, "no probe follows"
            for said in self.script.wait(at - self.script.now):
                assert isinstance(said, Request)
                self.request = said

    def news(self) -> list[bool]:
        """What was told since it was asked last."""
        return [
            notice.is_alive
            for notice in self.script.endpoint.notices()
            if isinstance(notice, ReachabilityChanged)
        ]


def test_two_failures_make_a_peer_dead_and_two_answers_alive() -> None:
    watched = Watched()
    watched.answer(200)
    assert watched.news() == [True], "the first answer tells"
    watched.answer(503)
    watched.answer(200)
    watched.answer(503)
    assert watched.news() == []
    watched.answer(408)
    assert watched.news() == [False]
    watched.answer(200)
    watched.answer(503)
    watched.answer(200)
    assert watched.news() == []
    watched.answer(200)
    assert watched.news() == [True]


@pytest.mark.parametrize("status_code", [200, 404, 405, 481, 500, 603])
def test_any_word_says_that_somebody_is_there(status_code: int) -> None:
    watched = Watched()
    for _ in range(3):
        watched.answer(status_code)
    assert watched.news() == [True]


def test_silence_makes_a_peer_dead() -> None:
    watched = Watched()
    watched.script.wait(120)
    assert watched.news() == [False]


def test_nothing_is_left_of_a_probe_that_was_stopped() -> None:
    watched = Watched()
    watched.script.endpoint.outreach.unwatch(watched.handle)
    watched.script.reply(watched.request, 200)
    watched.script.wait(100)
    assert watched.script.heard() == []
    assert (watched.script.endpoint.pending_transactions, watched.script.endpoint.next_timer()) == (0, None)
    assert len(watched.script.endpoint.outreach) == 0


def test_probes_are_bounded() -> None:
    watched = Watched()
    outreach = watched.script.endpoint.outreach
    watch = Watch(TARGET, watched.script.flow)
    for _ in range(MAX_PROBES - 1):
        outreach.watch(watch, 1000.0)
    with pytest.raises(LocalSipError, match="too many probes"):
        outreach.watch(watch, 1000.0)


def test_every_state_takes_either_outcome() -> None:
    assert set(TABLE) == {(state, symbol) for state in State for symbol in Input}


@pytest.mark.parametrize(("status_code", "told"), [(200, (200, "Said")), (0, (408, "Request Timeout"))])
def test_an_enquiry_is_one_question_with_one_word(status_code: int, told: tuple[int, str]) -> None:
    script = Script()
    enquiry = script.endpoint.outreach.enquire(TARGET, script.flow, script.now)
    (request,) = script.heard()
    assert isinstance(request, Request)
    assert (request.method, request.uri) == ("OPTIONS", TARGET)
    if status_code:
        script.reply(request, status_code)
    script.wait(100)
    assert script.endpoint.notices() == [EnquiryAnswered(enquiry, *told)]
    assert script.heard() == []
    assert (script.endpoint.next_timer(), len(script.endpoint.outreach)) == (None, 0)


def test_enquiries_are_bounded_and_make_room_when_they_are_over() -> None:
    script = Script()
    outreach = script.endpoint.outreach
    for _ in range(MAX_ENQUIRIES):
        outreach.enquire(TARGET, script.flow, script.now)
    with pytest.raises(LocalSipError, match="too many enquiries"):
        outreach.enquire(TARGET, script.flow, script.now)
    script.wait(100)
    outreach.enquire(TARGET, script.flow, script.now)
