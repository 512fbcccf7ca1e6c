"""The rows of the database as values. The store keeps them, the core makes them, the API shows them.

Every record of a tenant carries its application's id; timestamps are ISO 8601 strings in UTC with
milliseconds. Names are the ones of the v1 Conversation API where it has one.
"""

from typing import Any, Literal
from uuid import NAMESPACE_OID, uuid5

import msgspec

from gateway.clock import later

Json = dict[str, Any]

MAX_TTL_S = 100 * 365 * 86_400
"""A `ttl` above a hundred years is for ever: no date has to hold it."""


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """Where a webhook goes and how long it may take (Voice API, webhook reference)."""

    address: str
    http_method: Literal["GET", "POST"] = "POST"
    connect_timeout_ms: int = 1000
    socket_timeout_ms: int = 5000


class Transcription(msgspec.Struct, frozen=True, kw_only=True):
    """How a recording is to be transcribed (Voice API, recording)."""

    language: str = "en-US"
    webhook: Webhook | None = None
    """Where its webhook goes; where that of the recording goes when None."""
    sentiment: bool = False
    """Wished for, and not served: kept for the record."""


class Callback(msgspec.Struct, frozen=True, kw_only=True):
    """`callback` of a conversation: where its events go besides the application's rtc event_url."""

    url: str
    method: Literal["GET", "POST"] = "POST"
    event_mask: str = ""
    """Types of events, separated by commas or spaces, each exact or a prefix and `*`; "" is every one."""
    params: Json = {}
    """`applicationId` and `ncco_url`, kept and shown."""


class ApiSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret that opens an account, as far as it is kept: its text is not."""

    id: str
    salt: str
    """Hexadecimal, as `digest` is."""
    digest: str
    cost: int
    """What it was hashed with: another cost for new secrets leaves old ones good."""
    created: str
    configured: bool = False
    """It stands in the operator's configuration."""


class SignatureSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret that webhooks are signed with: in plain, because it has to sign."""

    text: str
    created: str
    configured: bool = False
    """It stands in the operator's configuration."""


class AccountRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An account: who owns applications and rents numbers."""

    api_key: str
    name: str
    secrets: tuple[ApiSecret, ...]
    """Any of them opens the account; the oldest first."""
    signature_secrets: tuple[SignatureSecret, ...] = ()
    """The first one signs; receivers may still know the others."""
    mo_callback_url: str = ""
    dr_callback_url: str = ""
    created: str


class ApplicationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An application of an account: its keys and its webhooks."""

    id: str
    account: str
    """The api key that owns it."""
    name: str
    public_key: str
    """PEM."""
    capabilities: Json = {}
    """As in the Application API v2."""
    privacy: Json = {}
    created: str


class PoolNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number that the operator owns and accounts may rent."""

    msisdn: str
    country: str
    type: str = "landline"
    features: tuple[str, ...] = ("VOICE",)
    """In the order of `forms.FEATURES`."""
    cost: str = "0.00"
    origin: Literal["configuration", "import"] = "import"

    @property
    def feature_set(self) -> str:
        """The features as one word, for a column that is searched."""
        return ",".join(self.features)


class NumberRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A number that an account has rented out of the operator's pool."""

    msisdn: str
    country: str
    account: str
    type: str = "landline"
    features: tuple[str, ...] = ("VOICE",)
    app_id: str | None = None
    voice_callback_type: str | None = None
    voice_callback_value: str | None = None
    settings: Json = {}
    """The rest of what POST /number/update sets (moHttpUrl, voiceStatusCallback …)."""
    emergency_address: str | None = None
    """The id of the address that emergency calls from it are to be shown with."""
    emergency_contact: str | None = None


class AddressRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An address of an account, for emergency calls: the fields have their published names."""

    id: str
    account: str
    address_name: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    city: str | None = None
    region: str | None = None
    type: Literal["emergency"] = "emergency"
    address_location_type: Literal["business", "residential"] | None = None
    postal_code: str | None = None
    country: str | None = None


class UserRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A user of an application."""

    id: str
    application_id: str
    name: str
    display_name: str | None = None
    image_url: str | None = None
    properties: Json = {}
    channels: Json = {}
    created: str
    updated: str | None = None


class ConversationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as of its last event."""

    id: str
    application_id: str
    name: str
    display_name: str | None = None
    image_url: str | None = None
    state: Literal["ACTIVE", "INACTIVE", "DELETED"] = "ACTIVE"
    properties: Json = {}
    numbers: list[Json] = []
    callback: Callback | None = None
    empty_since: str | None = None
    """Since when nobody is INVITED or JOINED and no leg lives here; None while it is otherwise."""
    sequence_number: int = 0
    """The id of its last event."""
    position: int = 0
    """The place of its last fact in the log."""
    created: str
    updated: str | None = None
    destroyed: str | None = None

    @property
    def due(self) -> str | None:
        """When it goes unless somebody comes: `properties.ttl` seconds after it emptied. None is never."""
        ttl = self.properties.get("ttl")
        if self.empty_since is None or self.state == "DELETED":
            return None
        if isinstance(ttl, bool) or not isinstance(ttl, (int, float)) or not 0 < ttl <= MAX_TTL_S:
            return None
        return later(self.empty_since, ttl)


class MemberRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A user's membership of a conversation over one channel."""

    id: str
    application_id: str
    conversation_id: str
    user_id: str
    user_name: str
    user_display_name: str | None = None
    state: Literal["INVITED", "JOINED", "LEFT"]
    channel: Json
    media: Json = {}
    timestamp: dict[str, str] = {}
    """`invited`, `joined`, `left`: when it became so."""
    initiator: Json = {}
    invited_by: str | None = None
    expires: str | None = None
    """When an invitation that nobody takes is over."""
    knocking_id: str | None = None
    reason: Json = {}
    """`code` and `text` of its leaving."""

    @property
    def due(self) -> str | None:
        """When it leaves unless it joins; None when it is not invited, or for good."""
        return self.expires if self.state == "INVITED" else None


LegStatus = Literal[
    "started",
    "ringing",
    "answered",
    "completed",
    "busy",
    "cancelled",
    "failed",
    "rejected",
    "timeout",
    "unanswered",
]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Which webhook of a leg may be answered with an NCCO, for the leg that dialled it."""

    id: str
    """Of its delivery."""
    statuses: tuple[str, ...]
    """It tells one of these; a leg comes to one of them at most."""


class LegRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A leg: one phone call, SIP call or websocket, in the conversation where it is now."""

    id: str
    application_id: str
    conversation_id: str
    member_id: str
    user_id: str
    user_name: str
    type: Literal["phone", "sip", "websocket", "app", "vbc"]
    direction: Literal["inbound", "outbound"]
    status: LegStatus
    from_: Json
    """`{type, number | uri | user}`."""
    to: Json
    created: str
    start_time: str | None = None
    """When it was answered."""
    end_time: str | None = None
    duration: int = 0
    """Whole seconds between answer and end."""
    reason: str | None = None
    """Why it ended, in the words of Conversation API, legs."""
    sip_code: int | None = None
    status_history: list[Json] = []
    muted: bool = False
    earmuffed: bool = False
    event_webhook: Webhook | None = None
    """Where its events go when not to the application's event_url."""
    headers: Json = {}
    """Of a websocket leg: echoed in its webhooks."""
    cpa: bool = False
    """Whether it is found out if a machine answers."""
    answered_by: Literal["human", "machine"] | None = None
    """Who did, as soon as that is known."""
    knocking_id: str | None = None
    """`knocker:<uuid>` of a caller who waits, or waited, to be let into a conversation."""
    dialog: Json | None = None
    """What a restarted gateway needs to end the SIP dialog."""
    client_ref: str | None = None
    """What the application called it when it placed the call."""
    question: Question | None = None
    """Where whoever dialled it waits for the reply to how it ended."""


class EventRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in a conversation's log."""

    conversation_id: str
    application_id: str
    position: int
    """Its place among all facts of the conversation, from 1, without gaps; 0 for what is kept nowhere."""
    id: int | None
    """Its public number, from 1, without gaps; None for facts that the published numbering leaves out."""
    type: str
    from_: str | None = None
    """The member it is about or from."""
    to: str | None = None
    timestamp: str
    body: Json
    state: Json = {}
    """Who has it: `delivered_to` and `seen_by`, each from member to time; changed after the fact."""
    deleted: str | None = None
    """When its content was taken out of the body; None while it is there."""

    @property
    def leg_id(self) -> str | None:
        """The leg that comes into the conversation with this fact (leg:created)."""
        return self.body["leg"]["id"] if self.type == "leg:created" else None


class RecordingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A recording's file."""

    id: str
    application_id: str
    conversation_id: str
    path: str
    format: str
    start_time: str
    end_time: str | None = None
    """None while it runs."""
    size: int = 0
    sha256: str = ""
    """Of the file, in hexadecimal; empty where its writer did not finish it."""
    duration_s: float = 0.0
    event_webhook: Webhook | None = None
    keep_days: float | None = None
    """When the file may go, counted from its end; as the operator has it when None."""
    transcription: Transcription | None = None
    """How it is to be transcribed, or was; None for what is not."""
    transcript_of: str | None = None
    """The recording whose transcript this file is; None for recordings."""

    @property
    def transcript_id(self) -> str:
        """What its transcript has for an id, if there is one."""
        return str(uuid5(NAMESPACE_OID, self.id))

    @property
    def due(self) -> str | None:
        """When the file goes that has a time of its own; None without one, and when it is gone."""
        if self.end_time is None or not self.path or self.keep_days is None:
            return None
        return later(self.end_time, min(self.keep_days * 86_400, MAX_TTL_S))

    @property
    def kept_since(self) -> str | None:
        """Since when the file is kept that goes when the operator says; None for every other."""
        return self.end_time if self.path and self.keep_days is None else None


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook that is owed to an application: a row of the outbox."""

    id: str
    """Stable over all attempts: the receiver's key against duplicates."""
    application_id: str
    stream: str
    """Deliveries of one stream (a leg, a conversation) to one host go out one after the other."""
    order: int
    """Grows with every delivery that the gateway makes."""
    webhook: Webhook
    payload: Json
    signed_for: str | None = None
    """The api key whose signature secret signs it; None leaves it unsigned."""
    wants_reply: bool = False
    """The answer may carry an NCCO: the fallback URL stands in when this one fails."""
    fallback: Webhook | None = None
    state: Literal["pending", "delivered", "dead"] = "pending"
    attempts: int = 0
    due_at: float = 0.0
    """Wall clock seconds; not before."""
    created: str


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes true at once: one database transaction."""

    events: list[EventRecord] = []
    """New facts."""
    rewritten: list[EventRecord] = []
    """Facts that stand already: seen, delivered, emptied. Position, id and type stay."""
    conversations: list[ConversationRecord] = []
    members: list[MemberRecord] = []
    legs: list[LegRecord] = []
    users: list[UserRecord] = []
    recordings: list[RecordingRecord] = []
    deliveries: list[Delivery] = []
    revised: list[Delivery] = []
    """Deliveries that stand already and say something else: of each only the payload changes."""
    media: "list[MediaRecord]" = []
    reports: "list[ReportRecord]" = []


class MediaRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an account: what it uploaded, a recording of one of its applications, or a report."""

    id: str
    """A recording's is the recording's own."""
    account: str
    application_id: str | None = None
    """Whose token made it; None for what the account itself made."""
    path: str
    """Within the data directory, or absolute."""
    name: str
    """What the file was called, or is to be called."""
    mime_type: str
    size: int
    created: str
    updated: str
    public: bool = False
    """Anybody who knows the id may download it."""
    title: str = ""
    description: str = ""
    metadata_primary: str = ""
    metadata_secondary: str = ""
    max_downloads: int | None = None
    times_downloaded: int = 0


ReportStatus = Literal["PENDING", "PROCESSING", "SUCCESS", "ABORTED", "FAILED", "TRUNCATED"]


class ReportRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A report that an account ordered (Reports API)."""

    id: str
    account: str
    product: str
    status: ReportStatus = "PENDING"
    date_start: str
    """Included."""
    date_end: str
    """Excluded."""
    filters: dict[str, str] = {}
    """The other parameters, by their published names."""
    callback_url: str | None = None
    received: str
    started: str | None = None
    items_count: int = 0
    file_id: str | None = None
    """Of its media; None while there is none, or none any more."""
