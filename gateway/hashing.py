"""Secrets as they are kept, hashed.

API secrets by scrypt (RFC 7914) and with a salt, so that who reads the database cannot log in: customers may
choose their secrets, and short ones. Passwords of SIP users as digest authentication needs them.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

COST = 2**12
"""scrypt's N: some 15 ms and 4 MiB for one secret. The door remembers who came in, so it is paid once."""
BLOCK_SIZE = 8
PARALLEL = 1
SALT_OCTETS = 16


@dataclass(frozen=True)
class Hashed:
    """What is kept of a secret; texts are hexadecimal."""

    salt: str
    digest: str
    cost: int


def hash_secret(secret: str, cost: int = COST) -> Hashed:
    """The secret with a new salt. `cost` is a power of two."""
    salt = secrets.token_bytes(SALT_OCTETS)
    return Hashed(salt.hex(), _digest(secret, salt, cost).hex(), cost)


def is_secret(secret: str, hashed: Hashed) -> bool:
    """Whether this is the secret; takes as long when it is not."""
    digest = _digest(secret, bytes.fromhex(hashed.salt), hashed.cost)
    return hmac.compare_digest(digest, bytes.fromhex(hashed.digest))


def hash_for_digest(username: str, realm: str, secret: str) -> tuple[str, str]:
    """H(A1) by MD5 and by SHA-256, hexadecimal (RFC 7616 section 3.4.2): it opens this realm alone."""
    text = f"{username}:{realm}:{secret}".encode()
    return hashlib.md5(text, usedforsecurity=False).hexdigest(), hashlib.sha256(text).hexdigest()


def _digest(secret: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(secret.encode(), salt=salt, n=cost, r=BLOCK_SIZE, p=PARALLEL)
