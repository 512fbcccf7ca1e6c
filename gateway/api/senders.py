"""Whom events are from: looked up once for a whole page."""

from gateway.api.requests import VersionedRequest
from gateway.api.views import EventView
from gateway.store.records import EventRecord, MemberRecord, UserRecord


async def views_of(request: VersionedRequest, records: list[EventRecord]) -> list[EventView]:
    """The events with their senders, each looked up once."""
    senders: dict[str, tuple[MemberRecord | None, UserRecord | None]] = {}
    for record in records:
        if record.from_ is not None and record.from_ not in senders:
            senders[record.from_] = await _who(request, record.conversation_id, record.from_)
    return [EventView(record, *senders.get(record.from_ or "", (None, None))) for record in records]


async def _who(
    request: VersionedRequest, conversation_id: str, member_id: str
) -> tuple[MemberRecord | None, UserRecord | None]:
    store = request.services.store
    member = await store.member(conversation_id, member_id)
    return member, None if member is None else await store.user(request.tenant, member.user_id)
