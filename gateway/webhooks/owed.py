"""What a fact owes: which webhooks go out because of it, to whom, and in which stream. Pure.

A fact of a conversation may owe three kinds: the voice events of the leg that it is about, the application's
rtc event, and the conversation's own callback. Each has a stream of its own, so that they go out in order
and a dead callback does not hold up the rest.
"""

from collections.abc import Iterator

import msgspec

from gateway.conversation import events
from gateway.conversation.projections import Conversation
from gateway.store.records import ApplicationRecord, Callback, Delivery, EventRecord, Json, LegRecord, Webhook
from gateway.webhooks.payloads import (
    EVENT_TIMEOUT_MS,
    callee_event,
    limited,
    rtc_webhook,
    status_events,
    transfer_event,
    voice_webhook,
)
from gateway.webhooks.rtc_events import event_envelope, lets_through
from gateway.webhooks.signing import wants_signature


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook before it has its place in the outbox."""

    stream: str
    webhook: Webhook
    payload: Json
    signed: bool = False
    wants_reply: bool = False
    fallback: Webhook | None = None
    id: str | None = None
    """Of its delivery, where somebody knows it beforehand."""

    def delivery(self, application: ApplicationRecord, *, id_: str, order: int, now: str) -> Delivery:
        """The row of the outbox."""
        return Delivery(
            id=self.id or id_,
            application_id=application.id,
            stream=self.stream,
            order=order,
            webhook=self.webhook,
            payload=self.payload,
            signed_for=application.account if self.signed else None,
            wants_reply=self.wants_reply,
            fallback=self.fallback,
            created=now,
        )


def owed(
    fact: EventRecord,
    conversation: Conversation,
    application: ApplicationRecord,
    departing: LegRecord | None = None,
) -> list[Owed]:
    """What the fact owes.

    `conversation` has the fact folded in; `departing` is the leg that LEG_DEPARTED took out of it.
    """
    return [
        *_to_voice(fact, conversation, application, departing),
        *_to_followers(fact, conversation, application),
    ]


def retold(delivery: Delivery, fact: EventRecord) -> Delivery:
    """What is owed because of the fact, when the fact has become another since."""
    payload = {**delivery.payload, "body": events.shown_body(fact)}
    return msgspec.structs.replace(delivery, payload=payload)


def voice_owed(
    application: ApplicationRecord,
    stream: str,
    webhook: Webhook | None,
    payload: Json,
    *,
    wants_reply: bool = False,
) -> Owed | None:
    """A webhook of the Voice API, to the event_url when `webhook` is None; None when there is none either."""
    webhook = webhook or voice_webhook(application, "event_url")
    if webhook is None:
        return None
    return Owed(
        stream=stream,
        webhook=limited(webhook, application, "event_url"),
        payload=payload,
        signed=wants_signature(application, "voice"),
        wants_reply=wants_reply,
        fallback=voice_webhook(application, "fallback_answer_url") if wants_reply else None,
    )


def _to_voice(
    fact: EventRecord,
    conversation: Conversation,
    application: ApplicationRecord,
    departing: LegRecord | None,
) -> Iterator[Owed]:
    if fact.type == events.LEG_STATUS:
        leg = conversation.leg(fact.body["leg_id"])
        payloads = status_events(fact, leg)
    elif fact.type in events.IDENTIFIED.values():
        leg = conversation.leg(fact.body["channel"]["id"])
        payloads = [callee_event(fact, leg)]
    elif fact.type == events.LEG_DEPARTED and departing is not None:
        leg = departing
        payloads = [transfer_event(fact, departing)]
    else:
        return
    for payload in payloads:
        made = _asked(application, leg, payload) or voice_owed(
            application, leg.id, leg.event_webhook, payload
        )
        if made is not None:
            yield made


def _asked(application: ApplicationRecord, leg: LegRecord, payload: Json) -> Owed | None:
    """The webhook whose reply somebody waits for; None for every other."""
    question = leg.question
    if question is None or payload.get("status") not in question.statuses:
        return None
    # A stream of its own: it must not queue behind events that are being retried.
    stream = f"{leg.id}/{question.id}"
    made = voice_owed(application, stream, leg.event_webhook, payload, wants_reply=True)
    return None if made is None else msgspec.structs.replace(made, id=question.id)


def _to_followers(
    fact: EventRecord, conversation: Conversation, application: ApplicationRecord
) -> Iterator[Owed]:
    """The rtc event and the conversation's callback, with the same envelope."""
    rtc, callback = rtc_webhook(application), conversation.record.callback
    if (rtc is None and callback is None) or fact.type in events.PRIVATE:
        return
    sender = fact.from_ or ""
    # Who has left with this very command is not in it any more.
    member = conversation.members.get(sender) or conversation.changed_members.get(sender)
    envelope = event_envelope(fact, member)
    signed = wants_signature(application, "rtc")
    if rtc is not None:
        yield Owed(stream=fact.conversation_id, webhook=rtc, payload=envelope, signed=signed)
    if callback is not None and lets_through(callback.event_mask, fact.type):
        yield Owed(
            stream=f"{fact.conversation_id} callback",
            webhook=_callback_webhook(callback),
            payload={**envelope, "params": callback.params} if callback.params else envelope,
            signed=signed,
        )


def _callback_webhook(callback: Callback) -> Webhook:
    return Webhook(address=callback.url, http_method=callback.method, socket_timeout_ms=EVENT_TIMEOUT_MS)
