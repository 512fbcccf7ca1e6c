"""Session descriptions as values: the part of RFC 8866 that a telephone call uses."""

from dataclasses import dataclass

Attributes = tuple[tuple[str, str | None], ...]
"""`a=` lines as (name, value); the value is None for a property such as `a=sendrecv`."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The `o=` line. `version` rises with every change of the description."""

    session_id: str
    version: str
    address: str
    username: str = "-"


@dataclass(frozen=True, slots=True)
class MediaDescription:
    """One `m=` line and what follows it. Port 0 means rejected; for RTP, `formats` are payload types."""

    media: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    connection: str | None = None
    attributes: Attributes = ()

    def values(self, name: str) -> list[str]:
        """Every value of the attribute `name`, in order."""
        return _values(self.attributes, name)

    def has(self, name: str) -> bool:
        """Whether the property `name` is there."""
        return (name, None) in self.attributes


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """A whole description. `connection` (the address of `c=`) and `attributes` hold for every stream."""

    origin: Origin
    name: str = "-"
    connection: str | None = None
    attributes: Attributes = ()
    media: tuple[MediaDescription, ...] = ()

    def values(self, name: str) -> list[str]:
        """Every value of the attribute `name` of the session, in order."""
        return _values(self.attributes, name)

    def has(self, name: str) -> bool:
        """Whether the property `name` of the session is there."""
        return (name, None) in self.attributes


def _values(attributes: Attributes, name: str) -> list[str]:
    return [value for known, value in attributes if known == name and value is not None]
