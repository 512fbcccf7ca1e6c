"""Redacting a call: its webhooks, reports, signalling, recordings and facts, in this order.

What is marked as redacted is the log, last: a redaction that was interrupted is done again from where it was.
"""

import asyncio
from collections.abc import Iterable
from typing import Protocol

import msgspec

from gateway.conversation.events import LEG_CREATED
from gateway.conversation.leg import is_over
from gateway.conversation.redaction import Veil
from gateway.errors import Forbidden, NotFound
from gateway.files.door import Files
from gateway.files.forgetting import forget_recording
from gateway.store.base import Store
from gateway.store.records import ApplicationRecord, Batch, Delivery, EventRecord, LegRecord, RecordingRecord
from gateway.switchboard import Switchboard


class InvalidId(NotFound):
    """No such transaction, or another account's."""

    slug = "invalid-id"
    title = "Invalid ID"


class PrematureRedaction(Forbidden):
    """What is to be redacted still goes on."""

    slug = "premature-redaction"
    title = "Premature Redaction"


class Revising(Protocol):
    """What redaction asks of the outbox."""

    def revise(self, deliveries: Iterable[Delivery]) -> None:
        """Send these instead of those with the same ids."""
        ...


class Withdrawing(Protocol):
    """What redaction asks of the reports."""

    async def withdraw(self, account: str, since: str, veil: Veil) -> None:
        """Remove what was reported since then."""
        ...


class Forgetting(Protocol):
    """What redaction asks of what went over the wire."""

    async def forget(self, leg_id: str) -> None:
        """Keep nothing of a leg."""
        ...


class Redaction:
    """Redacts calls, one after the other."""

    def __init__(
        self,
        store: Store,
        switchboard: Switchboard,
        files: Files,
        outbox: Revising,
        reports: Withdrawing,
        ladders: Forgetting,
    ) -> None:
        self._store = store
        self._switchboard = switchboard
        self._files = files
        self._outbox = outbox
        self._reports = reports
        self._ladders = ladders
        self._lock = asyncio.Lock()

    async def redact_call(self, account: str, leg_id: str) -> None:
        """Remove what is known of who called whom, and what was recorded. Doing it again does no harm.

        Raises InvalidId, and PrematureRedaction for a call or a recording of it that still goes on.
        """
        async with self._lock:
            born = await self._store.leg_facts(leg_id)
            application = await self._store.any_application(born[0].application_id) if born else None
            if application is None or application.account != account:
                raise InvalidId(f"ID '{leg_id}' could not be found")
            fresh = [fact for fact in born if "redacted" not in fact.body]
            if fresh:
                await self._redact(application, leg_id, fresh)
            await self._store.wipe()

    async def _redact(self, application: ApplicationRecord, leg_id: str, born: list[EventRecord]) -> None:
        now = await self._store.account_leg(application.account, leg_id)
        if now is not None and not is_over(now):
            raise PrematureRedaction(f"The call '{leg_id}' must be over before it can be redacted")
        legs = [msgspec.convert(fact.body["leg"], LegRecord) for fact in born]
        veil = Veil(legs)
        conversation_ids = list(dict.fromkeys(fact.conversation_id for fact in born))
        recordings = await self._recordings(application.id, conversation_ids, legs[0], now)
        await self._reports.withdraw(application.account, legs[0].created, veil)
        await self._redact_webhooks(application.id, leg_id, veil)
        # The signalling of whoever spoke with it names it as well, in all the forms of numbers.
        for each in await self._legs(conversation_ids):
            await self._ladders.forget(each)
        for recording in recordings:
            await forget_recording(self._store, self._files, recording)
        for conversation_id in conversation_ids:
            await self._switchboard.redact(application, conversation_id, leg_id, veil)
        # One that was ordered in the meantime may have read what was still to be hidden.
        await self._reports.withdraw(application.account, legs[0].created, veil)

    async def _recordings(
        self, application_id: str, conversation_ids: list[str], leg: LegRecord, now: LegRecord | None
    ) -> list[RecordingRecord]:
        """What was recorded of the conversations while the leg was there."""
        found = []
        for recording_id in await self._recorded(conversation_ids):
            recording = await self._store.recording(application_id, recording_id)
            if recording is None or not recording.path:
                continue
            ended = now.end_time if now is not None else None
            if ended is not None and recording.start_time > ended:
                continue
            if recording.end_time is None:
                raise PrematureRedaction(f"The recording '{recording_id}' of the call still runs")
            if recording.end_time >= leg.created:
                found.append(recording)
        return found

    async def _legs(self, conversation_ids: list[str]) -> list[str]:
        """Whoever has been in the conversations."""
        facts = [fact for each in conversation_ids for fact in await self._store.log(each)]
        return list(dict.fromkeys(fact.body["leg"]["id"] for fact in facts if fact.type == LEG_CREATED))

    async def _recorded(self, conversation_ids: list[str]) -> list[str]:
        facts = [fact for each in conversation_ids for fact in await self._store.log(each)]
        named = (_recording_of(fact) for fact in facts)
        return list(dict.fromkeys(each for each in named if isinstance(each, str)))

    async def _redact_webhooks(self, application_id: str, leg_id: str, veil: Veil) -> None:
        deliveries = await self._store.deliveries_with(application_id, [leg_id, *sorted(veil.texts)])
        hidden = [_hidden(delivery, veil) for delivery in deliveries]
        await self._store.commit(Batch(deliveries=hidden))
        self._outbox.revise(hidden)


def _recording_of(fact: EventRecord) -> object:
    """The id of the recording that a fact is about, if it is about one."""
    if fact.type == "audio:asr:record:done":
        return (fact.body.get("asr") or {}).get("media_service_uuid")
    return fact.body.get("recording_id") if fact.type.startswith("audio:record") else None


def _hidden(delivery: Delivery, veil: Veil) -> Delivery:
    if delivery.state == "pending":
        # It is still to arrive: where it goes stays as it is.
        return msgspec.structs.replace(delivery, payload=veil.hide(delivery.payload))
    return msgspec.convert(veil.hide(msgspec.to_builtins(delivery)), Delivery)
