"""RSA keys of applications."""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

KEY_BITS = 2048
"""The size of the keys that we make, and the least that we take."""
MAX_KEY_BITS = 8192
"""Checking a signature costs with the square of the size."""
MAX_PEM = 8192
"""Characters of a PEM text; a key of MAX_KEY_BITS has 1,500."""


def load_public_key(pem: str) -> rsa.RSAPublicKey:
    """The RSA public key of a PEM text. Raises ValueError when it is not one, or not of a sound size."""
    if len(pem) > MAX_PEM:
        raise ValueError("must be a PEM public key")
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("must be a PEM public key") from None
    if not isinstance(key, rsa.RSAPublicKey) or not KEY_BITS <= key.key_size <= MAX_KEY_BITS:
        raise ValueError(f"must be an RSA key of {KEY_BITS} to {MAX_KEY_BITS} bits")
    return key


def make_key_pair() -> tuple[str, str]:
    """A new pair as PEM texts, private (PKCS 8) and public. Takes some 100 ms of a core."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()
