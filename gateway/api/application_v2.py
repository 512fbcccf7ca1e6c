"""Applications as the Application API v2 has them."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from gateway.api.capabilities import Capabilities, with_signing
from gateway.api.links import SelfLink, self_link
from gateway.api.validation import convert
from gateway.store.records import ApplicationRecord


class Keys(msgspec.Struct, frozen=True):
    """`keys`."""

    public_key: str | None = None


class Privacy(msgspec.Struct, frozen=True):
    """`privacy`."""

    improve_ai: bool = True


class WriteApplication(msgspec.Struct, frozen=True, kw_only=True):
    """POST and PUT."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    keys: Keys | None = None
    capabilities: dict[str, Any] | None = None
    privacy: Privacy | None = None

    @property
    def public_key(self) -> str | None:
        """The key that was sent."""
        return self.keys.public_key if self.keys else None

    def capabilities_after(self, before: dict[str, Any]) -> dict[str, Any]:
        """The capabilities that replace those before. Raises Invalid for members that are wrong."""
        convert({"capabilities": self.capabilities or {}}, KnownCapabilities)
        return with_signing(self.capabilities or {}, before)

    def privacy_after(self, before: dict[str, Any]) -> dict[str, Any]:
        """What was sent, or what was before."""
        return before if self.privacy is None else msgspec.to_builtins(self.privacy)


class KnownCapabilities(msgspec.Struct, frozen=True):
    """The body, as far as its capabilities are checked."""

    capabilities: Capabilities


class ShownKeys(msgspec.Struct, frozen=True):
    """The private key is shown only when it has just been made."""

    public_key: str
    private_key: str | UnsetType = UNSET


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """One, alone and in lists."""

    id: str
    name: str
    keys: ShownKeys
    privacy: dict[str, Any]
    capabilities: dict[str, Any]
    links: SelfLink = msgspec.field(name="_links")


def show(record: ApplicationRecord, private_key: str | None = None) -> Application:
    """One."""
    return Application(
        id=record.id,
        name=record.name,
        keys=ShownKeys(record.public_key, UNSET if private_key is None else private_key),
        privacy=record.privacy,
        capabilities=record.capabilities,
        links=self_link(f"/v2/applications/{record.id}"),
    )
