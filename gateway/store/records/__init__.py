"""The rows of the database as values. The store keeps them, the core makes them, the API shows them.

Every record of a tenant carries its application's id; timestamps are ISO 8601 strings in UTC with
milliseconds. Names are the ones of the v1 Conversation API where it has one.
"""

from gateway.store.records.accounts import (
    AccountRecord,
    AddressRecord,
    ApiSecret,
    ApplicationRecord,
    NumberRecord,
    PoolNumber,
    SignatureSecret,
    SipHashes,
)
from gateway.store.records.batches import Batch, Delivery
from gateway.store.records.common import MAX_TTL_S, Callback, Json, Transcription, Webhook
from gateway.store.records.conversations import ConversationRecord, EventRecord, MemberRecord, UserRecord
from gateway.store.records.files import MediaRecord, RecordingRecord, ReportRecord, ReportStatus
from gateway.store.records.legs import LegRecord, LegStatus, Question
from gateway.store.records.sip import (
    DomainType,
    Policy,
    SipContact,
    SipContactsRecord,
    SipDomainRecord,
    SipUserRecord,
    TrunkRecord,
)
from gateway.store.records.traces import LegTraceRecord, SipAddress, SipMessage

__all__ = [
    "MAX_TTL_S",
    "AccountRecord",
    "AddressRecord",
    "ApiSecret",
    "ApplicationRecord",
    "Batch",
    "Callback",
    "ConversationRecord",
    "Delivery",
    "DomainType",
    "EventRecord",
    "Json",
    "LegRecord",
    "LegStatus",
    "LegTraceRecord",
    "MediaRecord",
    "MemberRecord",
    "NumberRecord",
    "Policy",
    "PoolNumber",
    "Question",
    "RecordingRecord",
    "ReportRecord",
    "ReportStatus",
    "SignatureSecret",
    "SipAddress",
    "SipContact",
    "SipContactsRecord",
    "SipDomainRecord",
    "SipHashes",
    "SipMessage",
    "SipUserRecord",
    "Transcription",
    "TrunkRecord",
    "UserRecord",
    "Webhook",
]
