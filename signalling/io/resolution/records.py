"""What is asked of DNS and what it says, as values."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["NAPTR", "SRV", "A", "AAAA"]


@dataclass(frozen=True, slots=True)
class Question:
    """One name and the kind of record that is wanted of it."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Naptr:
    """Which service a domain has, and the name of its SRV records (RFC 3403, RFC 3263 section 4.1)."""

    order: int
    preference: int
    flags: str
    service: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Srv:
    """One server of a service (RFC 2782). `target` is a name; a dot alone says that there is none."""

    priority: int
    weight: int
    port: int
    target: str


@dataclass(frozen=True, slots=True)
class Host:
    """An A or AAAA record."""

    address: str


Record = Naptr | Srv | Host
Records = tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The records, none when the name has none of that kind, and for how many seconds that holds."""

    records: Records
    ttl_s: float
