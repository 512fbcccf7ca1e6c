"""Accounts and what is theirs: secrets, applications, numbers, addresses."""

from typing import Literal

import msgspec

from gateway.store.records.common import Json


class SipHashes(msgspec.Struct, frozen=True, kw_only=True):
    """H(A1) of a secret: what SIP's digest authentication needs, in one realm (RFC 7616 section 3.4.2)."""

    realm: str
    md5: str
    sha256: str

    def __repr__(self) -> str:
        """Without the hashes, which are as good as the secret there."""
        return f"SipHashes({self.realm!r})"


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
    sip: SipHashes | None = None
    """Kept only where accounts may log in to SIP."""


class SignatureSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret that webhooks are signed with: in plain, because it has to sign."""

    text: str
    created: str
    signs_from: str = ""
    """From when it signs, so that receivers can learn it before; from the beginning when empty."""
    configured: bool = False
    """It stands in the operator's configuration."""


class AccountRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An account: who owns applications and rents numbers."""

    api_key: str
    name: str
    secrets: tuple[ApiSecret, ...]
    """Any of them opens the account; the oldest first."""
    signature_secrets: tuple[SignatureSecret, ...] = ()
    """The newest first: `signing` says which one signs."""
    mo_callback_url: str = ""
    dr_callback_url: str = ""
    created: str

    def signing(self, now: str) -> SignatureSecret | None:
        """The newest signature secret whose time has come."""
        return next((secret for secret in self.signature_secrets if secret.signs_from <= now), None)


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
