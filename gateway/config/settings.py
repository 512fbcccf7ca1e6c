"""Everything that can be configured, as frozen values: one struct per table of `cordboard.toml`."""

import msgspec

from gateway.config.sip import SipSettings
from gateway.config.trunks import TrunkSettings
from media.control.remote_speech import RemoteSpeech


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[server]`: the HTTP interface."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    """The address that clients use, for links and recording_url; made from host and port when empty."""
    tls_certificate: str = ""
    """PEM file; with `tls_key`, the same interface is served with TLS on `tls_port`."""
    tls_key: str = ""
    tls_port: int = 8443


class MediaSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[media]`: RTP."""

    host: str = "127.0.0.1"
    """The address that RTP sockets bind to."""
    advertised_host: str = ""
    """The address in SDP; `host` when empty."""
    port_min: int = 20000
    port_max: int = 29999
    max_legs: int = 1000
    """Of all workers together; each has room for them all, since conversations may come together."""
    workers: int = 0
    """Media workers, each of which takes one core at the most. 0: one for each core but one, which the
    gateway itself needs; one at least."""
    drain_s: int = 0
    """How long calls may go on when the gateway is told to stop. New ones are refused meanwhile; who does not
    want to wait tells it again."""


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[account]`: the API credentials. Made at the first start, in the data directory, when empty."""

    api_key: str = ""
    api_secret: str = ""
    signature_secret: str = ""


class VbcSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[vbc]`: where the extensions of `vbc` endpoints are."""

    trunk: str = ""
    """The name of the trunk to them; none can be called when empty."""


class NumberPool(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[numbers]]`: numbers that the operator owns and accounts may rent, as a list or a range."""

    country: str
    list: tuple[str, ...] = ()
    first: str = ""
    last: str = ""
    type: str = "landline"
    features: tuple[str, ...] = ("VOICE",)
    cost: str = "0.00"


class EgressSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[egress]`: which private addresses webhooks, websockets and SIP URIs of applications may name."""

    allow: tuple[str, ...] = ()
    """Networks (CIDR). Public addresses are always allowed, all others never, unless listed here."""


class PaymentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[payments]`: who charges the cards that callers key in (`pay`)."""

    url: str = ""
    """Where payments are posted; none are taken when empty."""
    secret: str = ""
    """Sent along as a bearer's token."""


class RetentionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[retention]`: how long is kept what nobody deletes."""

    leg_days: int = 2
    """Legs that are over, where the application does not say (leg_persistence_time)."""
    recording_days: int = 30
    """Recordings with their files, counted from their end."""
    delivered_hours: int = 24
    """Webhooks that were delivered."""
    dead_days: int = 7
    """Webhooks that were given up."""


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[limits]`: how often an account may ask."""

    calls_per_second: int = 3
    """Outbound calls, by POST and by `connect` (documented limits)."""
    dials_per_minute: int = 10
    """Legs that scripts dial into one conversation: an NCCO that calls again and again is soon stopped."""
    voice_requests_per_second: int = 15
    """Other requests of the Voice API (documented limits)."""


class SightSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[sight]`: who is shown the signalling."""

    homer: str = ""
    """`host:port` of a Homer server that is told of every SIP message (HEP 3, UDP); nobody is when empty."""
    homer_node: int = 1
    """Our number among its sources, 0 to 4294967295."""
    homer_password: str = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be configured."""

    data_directory: str = "~/.local/share/cordboard"
    server: ServerSettings = ServerSettings()
    sip: SipSettings = SipSettings()
    media: MediaSettings = MediaSettings()
    account: AccountSettings = AccountSettings()
    egress: EgressSettings = EgressSettings()
    retention: RetentionSettings = RetentionSettings()
    limits: LimitSettings = LimitSettings()
    sight: SightSettings = SightSettings()
    speech: RemoteSpeech = RemoteSpeech()
    payments: PaymentSettings = PaymentSettings()
    trunks: tuple[TrunkSettings, ...] = ()
    vbc: VbcSettings = VbcSettings()
    numbers: tuple[NumberPool, ...] = ()
