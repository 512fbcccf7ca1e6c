"""What SIP asks of callers, out of what accounts want: domains as doors of the guard, accounts as users."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network

from gateway.routing.domains import SipDirectory
from gateway.routing.sip_logins import SipLogins
from gateway.store.records import SipDomainRecord
from signalling.sip.digest import UserKey
from signalling.sip.guard import Door


class SipDoors:
    """The directory of domains as `signalling.sip.guard.Guard` asks it."""

    def __init__(self, directory: SipDirectory) -> None:
        self._directory = directory
        self._made: dict[str, tuple[SipDomainRecord, Door]] = {}
        """By name, each with the record that it was made of: a changed domain is another record."""

    def __len__(self) -> int:
        return len(self._made)

    def find(self, host: str) -> Door | None:
        """The door of the domain that a host names, if it names one."""
        record = self._directory.at(host)
        if record is None:
            return None
        known = self._made.get(record.name)
        if known is None or known[0] is not record:
            if known is None and len(self._made) >= len(self._directory):
                # Some are of domains that are gone; the others are soon made again.
                self._made.clear()
            known = self._made[record.name] = (record, _door(record))
        return known[1]


def _door(record: SipDomainRecord) -> Door:
    return Door(
        name=record.name,
        networks=tuple(ip_network(entry) for entry in record.acl),
        users={user.key: (UserKey(user.md5, user.sha256),) for user in record.users},
        asks_password=record.digest_auth,
        tls=record.tls,
    )


class SipAccounts(Mapping[str, tuple[UserKey, ...]]):
    """The accounts that log in, as digest users."""

    def __init__(self, logins: SipLogins) -> None:
        self._logins = logins

    def __getitem__(self, api_key: str) -> tuple[UserKey, ...]:
        return tuple(UserKey(hashes.md5, hashes.sha256) for hashes in self._logins[api_key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._logins)

    def __len__(self) -> int:
        return len(self._logins)
