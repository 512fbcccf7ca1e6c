"""The programmable SIP domains of all accounts, in memory: SIP asks at every request, and cannot wait.

Loaded at the start, changed together with the store (`gateway.resources.sip_domains`).
"""

from collections.abc import Iterable

from gateway.store.records import SipDomainRecord

MAX_DOMAINS = 10_000
"""Of the whole gateway: each holds up to 200 users, some 300 octets each."""


class SipDirectory:
    """Domains by name, and by the hosts that name them."""

    def __init__(self, suffixes: Iterable[str] = (), own_hosts: Iterable[str] = ()) -> None:
        """`suffixes`: what may follow a domain's name in a host; `own_hosts` name the gateway, no domain."""
        after = [_plain(suffix) for suffix in suffixes]
        self._suffixes = {"", *after}
        self._usual = next(iter(after), "")
        self._own_hosts = {_plain(host) for host in own_hosts}
        self._records: dict[str, SipDomainRecord] = {}

    def __len__(self) -> int:
        return len(self._records)

    def named(self, name: str) -> SipDomainRecord | None:
        """The domain of this very name."""
        return self._records.get(name)

    def at(self, host: str) -> SipDomainRecord | None:
        """The domain of a host: its name alone, or before one of the suffixes."""
        host = _plain(host)
        name, _, suffix = host.partition(".")
        return None if host in self._own_hosts or suffix not in self._suffixes else self.named(name)

    def host_of(self, name: str) -> str:
        """What a domain is called in addresses: its name before the first of the suffixes."""
        return f"{name}.{self._usual}" if self._usual else name

    def of_application(self, application_id: str) -> list[SipDomainRecord]:
        """The domains whose calls go to an application."""
        return [record for record in self._records.values() if record.application_id == application_id]

    def put(self, record: SipDomainRecord) -> None:
        """Know a domain, new or changed, from now on."""
        self._records[record.name] = record

    def remove(self, name: str) -> None:
        """Know it no more."""
        self._records.pop(name, None)


def _plain(host: str) -> str:
    return host.lower().rstrip(".")
