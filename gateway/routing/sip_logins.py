"""Accounts that log in to SIP with their API key and secret: who may, and what is kept for it.

Digest authentication needs a fast hash of the secret, which is easier to guess from than the slow one that
HTTP needs; so none is kept unless the operator lets accounts log in (`[sip] account_login`).
"""

from collections.abc import Container, Iterator, Mapping

from gateway.hashing import hash_for_digest
from gateway.store.records import AccountRecord, SipHashes


class SipLogins(Mapping[str, tuple[SipHashes, ...]]):
    """By API key what opens, as it is at the moment. One account's hashes are some 200 octets."""

    def __init__(self, realm: str = "", reserved: Container[str] = ()) -> None:
        """`realm` is empty where accounts do not log in; `reserved` names are the operator's own users."""
        self._realm = realm
        self._reserved = reserved
        self._known: dict[str, tuple[SipHashes, ...]] = {}

    def __getitem__(self, api_key: str) -> tuple[SipHashes, ...]:
        return self._known[api_key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def hashes(self, api_key: str, secret: str) -> SipHashes | None:
        """What to keep of a secret; nothing where accounts do not log in."""
        if not self._realm:
            return None
        md5, sha256 = hash_for_digest(api_key, self._realm, secret)
        return SipHashes(realm=self._realm, md5=md5, sha256=sha256)

    def learn(self, account: AccountRecord) -> None:
        """Let the account in by the secrets that it has now."""
        self.forget(account.api_key)
        kept = [secret.sip for secret in account.secrets if secret.sip is not None]
        usable = tuple(hashes for hashes in kept if hashes.realm == self._realm)
        if usable and account.api_key not in self._reserved:
            self._known[account.api_key] = usable

    def forget(self, api_key: str) -> None:
        """Let it in no more."""
        self._known.pop(api_key, None)
