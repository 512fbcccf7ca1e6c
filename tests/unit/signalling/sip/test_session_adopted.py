"""Calls that go on in another process: what both sides may do with them there."""

import json
from dataclasses import replace

import pytest

from signalling.sdp.destinations import Destinations
from signalling.sip.calls import CallEnded, StreamChanged
from signalling.sip.message import Request, Response
from signalling.sip.session.snapshot import CSEQ_GAP
from tests.support.sip_script import SDP, Says, Script

pytestmark = pytest.mark.unit


def moved(old: Script) -> Script:
    """The call of a script in a process that has nothing else of it; answered or called alike."""
    (session,) = old.endpoint._context.sessions
    values = json.loads(json.dumps(old.endpoint.dialog_state(session.call)))
    new = Script()
    assert new.endpoint.adopt(values, new.now) == session.call
    return new


def test_the_peer_may_change_the_stream() -> None:
    old = Script()
    _, tag = old.establish_in()
    (session,) = old.endpoint._context.sessions
    before = session.media.kept
    new = moved(old)
    held = SDP + "a=sendonly\r\n"
    response = new.ask(Says("INVITE", branch="z9hG4bK-9", to_tag=tag, cseq=7, body=held))
    assert response.status_code == 200
    assert before is not None
    origin = f"o=- {before.sent.origin.session_id} {int(before.sent.origin.version) + 1} "
    assert origin.encode() in response.body, "the same session, in its next version"
    changed = new.events[-1]
    assert isinstance(changed, StreamChanged)
    assert changed.stream.direction == "recvonly"


def test_an_offer_that_changes_nothing_is_answered_as_before() -> None:
    old = Script()
    _, tag = old.establish_in()
    new = moved(old)
    response = new.ask(Says("INVITE", branch="z9hG4bK-9", to_tag=tag, cseq=7, body=SDP))
    (session,) = old.endpoint._context.sessions
    assert session.media.kept is not None
    assert f" {session.media.kept.sent.origin.version} IN".encode() in response.body
    assert [event for event in new.events if isinstance(event, StreamChanged)] == []


def test_the_peer_ends_it() -> None:
    old = Script()
    call, tag = old.establish_in()
    new = moved(old)
    assert new.ask(Says("BYE", branch="z9hG4bK-2", to_tag=tag, cseq=2)).status_code == 200
    assert new.events == [CallEnded(call, "peer")]


def test_our_numbers_go_on_behind_those_that_may_have_been_used() -> None:
    old = Script()
    call, _ = old.establish_out()
    new = moved(old)
    old.endpoint.probe(call, old.now)
    (used,) = [each for each in old.heard() if isinstance(each, Request)]
    new.endpoint.hang_up(call, new.now)
    (bye,) = [each for each in new.heard() if isinstance(each, Request)]
    assert used.cseq.number < bye.cseq.number <= used.cseq.number + CSEQ_GAP


def test_it_may_still_be_refreshed_in_time() -> None:
    """Whoever had the call refreshed it half an interval ago at worst: half of it is left."""
    old = Script()
    call, invite = old.call_out()
    old.reply(invite, 200, "Session-Expires: 1800;refresher=uac", body=SDP)
    new = moved(old)
    assert new.wait(440.0) == []
    refreshes = [each for each in new.wait(20.0) if isinstance(each, Request)]
    assert {each.method for each in refreshes} <= {"INVITE", "UPDATE"}
    assert refreshes
    new.wait(1800.0)
    assert isinstance(new.events[-1], CallEnded), "a peer that never answers is given up"
    assert new.events[-1].call == call


def test_streams_go_where_they_might_before_and_nowhere_else() -> None:
    old = Script()
    call, tag = old.establish_in()
    values = old.endpoint.dialog_state(call)
    new = Script()
    rule = Destinations(lambda host: host == "192.0.2.1", "192.0.2.1")
    new.endpoint.adopt(values, new.now, destinations=rule)
    elsewhere = SDP.replace("IP4 192.0.2.1", "IP4 127.0.0.1")
    assert elsewhere != SDP
    offer = Says("INVITE", branch="z9hG4bK-9", to_tag=tag, cseq=7, body=elsewhere)
    response = new.ask(offer)
    assert isinstance(response, Response)
    assert response.status_code == 488
    assert new.ask(replace(offer, branch="z9hG4bK-10", cseq=8, body=SDP)).status_code == 200
