"""Records with plain values, for tests that care about one field or two."""

from gateway.store.records import (
    ApplicationRecord,
    ConversationRecord,
    Delivery,
    EventRecord,
    Json,
    LegRecord,
    LegStatus,
    MediaRecord,
    MemberRecord,
    NumberRecord,
    RecordingRecord,
    ReportRecord,
    UserRecord,
    Webhook,
)

CREATED = "2024-05-01T12:00:00.000Z"
APPLICATION = "app-1"


def application(id_: str = APPLICATION, account: str = "acc-1") -> ApplicationRecord:
    return ApplicationRecord(id=id_, account=account, name="Shop", public_key="PEM", created=CREATED)


def number(msisdn: str, account: str = "acc-1", app_id: str | None = None) -> NumberRecord:
    return NumberRecord(msisdn=msisdn, country="GB", account=account, app_id=app_id)


def conversation(id_: str, name: str = "", application_id: str = APPLICATION) -> ConversationRecord:
    return ConversationRecord(id=id_, application_id=application_id, name=name or id_, created=CREATED)


def user(id_: str, name: str = "", application_id: str = APPLICATION) -> UserRecord:
    return UserRecord(id=id_, application_id=application_id, name=name or id_, created=CREATED)


def member(id_: str, conversation_id: str, user_id: str = "USR-1") -> MemberRecord:
    return MemberRecord(
        id=id_,
        application_id=APPLICATION,
        conversation_id=conversation_id,
        user_id=user_id,
        user_name="ann",
        state="JOINED",
        channel={"type": "phone"},
    )


def leg(id_: str, status: LegStatus = "started", application_id: str = APPLICATION) -> LegRecord:
    return LegRecord(
        id=id_,
        application_id=application_id,
        conversation_id="CON-1",
        member_id="MEM-1",
        user_id="USR-1",
        user_name="ann",
        type="phone",
        direction="inbound",
        status=status,
        from_={"type": "phone", "number": "447700900001"},
        to={"type": "phone", "number": "447700900002"},
        created=CREATED,
    )


def event(
    conversation_id: str, position: int, type_: str = "text", id_: int | None = None, *, hidden: bool = False
) -> EventRecord:
    return EventRecord(
        conversation_id=conversation_id,
        application_id=APPLICATION,
        position=position,
        id=None if hidden else id_ or position,
        type=type_,
        timestamp=CREATED,
        body={"text": "hello"},
    )


def recording(id_: str, end_time: str | None = None) -> RecordingRecord:
    return RecordingRecord(
        id=id_,
        application_id=APPLICATION,
        conversation_id="CON-1",
        path=f"{id_}.wav",
        format="wav",
        start_time=CREATED,
        end_time=end_time,
    )


def medium(id_: str, account: str = "acc-1") -> MediaRecord:
    return MediaRecord(
        id=id_,
        account=account,
        path=f"media/{id_}",
        name=id_,
        mime_type="text/plain",
        size=1,
        created=CREATED,
        updated=CREATED,
    )


def report(id_: str, account: str = "acc-1") -> ReportRecord:
    return ReportRecord(
        id=id_, account=account, product="VOICE-CALL", date_start=CREATED, date_end=CREATED, received=CREATED
    )


def delivery(
    id_: str,
    *,
    order: int = 1,
    stream: str = "leg-1",
    application_id: str = APPLICATION,
    webhook: Webhook | None = None,
    fallback: Webhook | None = None,
    wants_reply: bool = False,
    payload: Json | None = None,
) -> Delivery:
    return Delivery(
        id=id_,
        application_id=application_id,
        stream=stream,
        order=order,
        webhook=webhook or Webhook(address="http://shop.example/event"),
        payload=payload or {"id": id_},
        fallback=fallback,
        wants_reply=wants_reply,
        created=CREATED,
    )
