"""Which webhooks a fact owes, to whom, and in which stream."""

import msgspec
import pytest

from gateway.conversation import events
from gateway.conversation.projections import Conversation
from gateway.store.records import ApplicationRecord, Callback, EventRecord, Json, Question, Webhook
from gateway.webhooks.owed import Owed, owed, voice_owed
from tests.support import records

pytestmark = pytest.mark.unit

RTC, EVENT, CALLBACK = "http://shop.example/rtc", "http://shop.example/event", "http://shop.example/callback"


def application(**capabilities: Json) -> ApplicationRecord:
    return msgspec.structs.replace(records.application(), capabilities=capabilities)


def follows(url: str, **more: object) -> Json:
    return {"webhooks": {"event_url": {"address": url}}, **more}


def conversation(callback: Callback | None = None) -> Conversation:
    record = msgspec.structs.replace(records.conversation("CON-1"), callback=callback)
    member = records.member("MEM-1", "CON-1")
    leg = records.leg("leg-1")
    return Conversation(record, {member.id: member}, {leg.id: leg})


def text(**fields: object) -> EventRecord:
    return msgspec.structs.replace(records.event("CON-1", 7), from_="MEM-1", **fields)


def leg_status() -> EventRecord:
    draft = events.leg_status(records.leg("leg-1"))
    return text(type=draft.type, body=draft.body, id=None)


def addresses(made: list[Owed]) -> list[str]:
    return [each.webhook.address for each in made]


def test_nobody_follows_nothing_is_owed() -> None:
    assert owed(text(), conversation(), application()) == []
    assert owed(text(), conversation(), application(rtc={}, voice=follows(EVENT))) == []


def test_an_event_goes_to_the_rtc_event_url_in_the_stream_of_its_conversation() -> None:
    (made,) = owed(text(), conversation(), application(rtc=follows(RTC)))
    assert (made.webhook.address, made.webhook.http_method) == (RTC, "POST")
    assert made.stream == "CON-1"
    assert (made.payload["conversation_id"], made.payload["id"]) == ("CON-1", 7)
    assert made.payload["_embedded"]["from_member"] == {"id": "MEM-1"}
    assert (made.signed, made.wants_reply, made.fallback) == (False, False, None)


def test_a_callback_has_a_stream_of_its_own_and_its_params() -> None:
    callback = Callback(url=CALLBACK, method="GET", event_mask="text", params={"applicationId": "a"})
    rtc, called = owed(text(), conversation(callback), application(rtc=follows(RTC)))
    assert (called.webhook.address, called.webhook.http_method) == (CALLBACK, "GET")
    assert called.stream not in ("CON-1", "leg-1")
    assert called.payload == {**rtc.payload, "params": {"applicationId": "a"}}


def test_a_mask_keeps_an_event_from_the_callback_alone() -> None:
    callback = Callback(url=CALLBACK, event_mask="member:*")
    made = owed(text(), conversation(callback), application(rtc=follows(RTC)))
    assert addresses(made) == [RTC]


@pytest.mark.parametrize("kind", sorted(events.PRIVATE - {events.LEG_DEPARTED}))
def test_private_facts_are_nobody_elses(kind: str) -> None:
    made = owed(text(type=kind), conversation(Callback(url=CALLBACK)), application(rtc=follows(RTC)))
    assert made == []


def test_a_departure_is_told_to_the_voice_side_only() -> None:
    fact = text(type=events.LEG_DEPARTED, body={"leg_id": "leg-1", "conversation_id_to": "CON-2"})
    app = application(rtc=follows(RTC), voice=follows(EVENT))
    made = owed(fact, conversation(Callback(url=CALLBACK)), app, records.leg("leg-1"))
    assert addresses(made) == [EVENT]


def test_a_status_is_told_on_both_sides_in_different_streams() -> None:
    made = owed(leg_status(), conversation(), application(rtc=follows(RTC), voice=follows(EVENT)))
    assert [(each.webhook.address, each.stream) for each in made] == [(EVENT, "leg-1"), (RTC, "CON-1")]
    assert "id" not in made[1].payload


def test_each_side_is_signed_as_its_capability_says() -> None:
    rtc = follows(RTC, signed_callbacks=True)
    callback = Callback(url=CALLBACK)
    made = owed(leg_status(), conversation(callback), application(rtc=rtc, voice=follows(EVENT)))
    assert [each.signed for each in made] == [False, True, True]
    delivery = made[1].delivery(application(), id_="d1", order=3, now=records.CREATED)
    assert (delivery.id, delivery.order, delivery.signed_for) == ("d1", 3, "acc-1")
    assert made[0].delivery(application(), id_="d2", order=4, now=records.CREATED).signed_for is None


def test_who_left_with_the_command_is_named_as_the_sender() -> None:
    here = conversation()
    left = msgspec.structs.replace(records.member("MEM-1", "CON-1"), state="LEFT")
    here.legs.clear()
    here.keep_member(left)
    (made,) = owed(text(type=events.MEMBER_LEFT), here, application(rtc=follows(RTC)))
    assert made.payload["_embedded"]["from_user"]["id"] == "USR-1"


def test_what_somebody_waits_for_does_not_queue_behind_the_events_of_its_leg() -> None:
    question = Question(id="q-1", statuses=("started",))
    leg = msgspec.structs.replace(records.leg("leg-1"), question=question)
    asking = conversation()
    asking.legs[leg.id] = leg
    (made,) = owed(leg_status(), asking, application(voice=follows(EVENT)))
    assert (made.id, made.wants_reply) == ("q-1", True)
    assert made.stream != "leg-1"


def test_the_limits_of_the_application_reach_urls_that_calls_name() -> None:
    limits = {"address": EVENT, "connection_timeout": 700, "socket_timeout": 3000}
    app = application(voice={"webhooks": {"event_url": limits}})
    for webhook in (None, Webhook(address="http://other.example/")):
        made = voice_owed(app, "leg-1", webhook, {})
        assert made is not None
        assert (made.webhook.connect_timeout_ms, made.webhook.socket_timeout_ms) == (700, 3000)
