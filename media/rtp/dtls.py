"""DTLS 1.2 handshakes that agree on keys for SRTP (RFC 5763, RFC 5764), through OpenSSL.

Nobody vouches for the certificates but the fingerprints in SDP: ours is made for one worker's life, and the
peer's is compared when the handshake is complete, before its keys are used.
"""

import struct
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

FIRST_OCTETS = range(20, 64)
"""What tells DTLS from RTP and STUN on one port (RFC 7983 section 7)."""
MAX_DATAGRAM = 1200
"""Octets that get through wherever telephones are; a flight is cut between its records."""
LIFETIME = timedelta(days=365)
"""Of a certificate: longer than a worker runs."""

_DTLS_1_2 = 0xFEFD
_RECORD_HEADER = 13
_LABEL = b"EXTRACTOR-dtls_srtp"
_READ = 1 << 16


class _Profile(NamedTuple):
    suite: str
    """As SDP calls it."""
    key: int
    salt: int
    """Octets."""


_PROFILES = {
    b"SRTP_AEAD_AES_128_GCM": _Profile("AEAD_AES_128_GCM", 16, 12),
    b"SRTP_AES128_CM_SHA1_80": _Profile("AES_CM_128_HMAC_SHA1_80", 16, 14),
    b"SRTP_AES128_CM_SHA1_32": _Profile("AES_CM_128_HMAC_SHA1_32", 16, 14),
}
"""In order of preference (RFC 5764 section 4.1.2, RFC 7714 section 14.2)."""

Role = Literal["client", "server"]
KeyOfSuite = tuple[str, bytes]
"""A suite, and its master key and salt."""


class Identity:
    """The certificate of one worker, and what all its handshakes have in common."""

    def __init__(self, pem: bytes | None = None) -> None:
        """`pem`: that of an earlier one, to be the same; a new one is made when it is None."""
        self.pem = pem or _new_identity()
        """Its private key and its certificate."""
        key = serialization.load_pem_private_key(self.pem, None)
        certificate = x509.load_pem_x509_certificate(self.pem)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("the key of an identity is one on an elliptic curve")
        self.fingerprint = fingerprint(certificate)
        """As SDP writes it."""
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_min_proto_version(_DTLS_1_2)
        context.set_max_proto_version(_DTLS_1_2)
        context.set_options(SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_QUERY_MTU | SSL.OP_NO_TICKET)
        context.use_certificate(certificate)
        context.use_privatekey(key)
        # A certificate is asked for, and any is taken: its fingerprint is what counts.
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        context.set_tlsext_use_srtp(b":".join(_PROFILES))
        self.context = context


def _new_identity() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cordboard")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFETIME)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return private + certificate.public_bytes(serialization.Encoding.PEM)


class Handshake:
    """One association with one peer. What is to be sent comes as lists of datagrams, in order."""

    def __init__(self, identity: Identity, peer: str, role: Role) -> None:
        """`peer`: the fingerprint that its certificate must have."""
        self.keys: tuple[KeyOfSuite, KeyOfSuite] | None = None
        """Ours and the peer's, once they are agreed on."""
        self.failed = ""
        """Why there will be no keys."""
        self._peer = peer
        self._role = role
        self._connection = SSL.Connection(identity.context)
        self._connection.set_ciphertext_mtu(MAX_DATAGRAM)
        if role == "client":
            self._connection.set_connect_state()
        else:
            self._connection.set_accept_state()

    @property
    def is_over(self) -> bool:
        """Whether there are keys, or never will be."""
        return self.keys is not None or bool(self.failed)

    def give_up(self, reason: str) -> None:
        """Take no keys any more."""
        if not self.is_over:
            self.failed = reason

    def begin(self) -> list[bytes]:
        """The first flight, where it is ours."""
        return self._advance() if self._role == "client" else []

    def receive(self, datagram: bytes) -> list[bytes]:
        """What a datagram of the peer's asks for. Nothing it holds can undo keys that are agreed on."""
        self._connection.bio_write(datagram)
        if self.keys is None:
            return self._advance()
        # The peer may not have had our last flight; all else that it says now is passed over.
        with suppress(SSL.Error):
            self._connection.read(_READ)
        return self._flight()

    def again(self) -> list[bytes]:
        """The last flight once more, when it is time; to be called often."""
        if self.is_over:
            return []
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error as error:
            self._fail(error)
        return self._flight()

    def _advance(self) -> list[bytes]:
        if not self.failed:
            try:
                self._connection.do_handshake()
            except SSL.WantReadError:
                pass
            except SSL.Error as error:
                self._fail(error)
            else:
                self._finish()
        return self._flight()

    def _fail(self, error: SSL.Error) -> None:
        self.failed = str(error) or type(error).__name__

    def _finish(self) -> None:
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        profile = _PROFILES.get(self._connection.get_selected_srtp_profile())
        if certificate is None or fingerprint(certificate) != self._peer:
            self.failed = "the certificate is not the one that SDP names"
        elif profile is None:
            self.failed = "no suite for SRTP is common"
        else:
            self.keys = self._export(profile)

    def _export(self, profile: _Profile) -> tuple[KeyOfSuite, KeyOfSuite]:
        """Both keys, then both salts, the client's first (RFC 5764 section 4.2)."""
        suite, key, salt = profile
        material = self._connection.export_keying_material(_LABEL, 2 * (key + salt))
        client_key, server_key, client_salt, server_salt = struct.unpack(
            f"{key}s{key}s{salt}s{salt}s", material
        )
        client, server = (suite, client_key + client_salt), (suite, server_key + server_salt)
        return (client, server) if self._role == "client" else (server, client)

    def _flight(self) -> list[bytes]:
        try:
            return datagrams(self._connection.bio_read(_READ))
        except SSL.Error:
            return []


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 in upper-case hexadecimal with colons (RFC 8122 section 5)."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def datagrams(records: bytes) -> list[bytes]:
    """Cut whole records into datagrams of MAX_DATAGRAM at most; a record that is longer goes alone."""
    cut: list[bytes] = []
    at = 0
    while at + _RECORD_HEADER <= len(records):
        end = at + _RECORD_HEADER + int.from_bytes(records[at + 11 : at + 13])
        record = records[at:end]
        if cut and len(cut[-1]) + len(record) <= MAX_DATAGRAM:
            cut[-1] += record
        else:
            cut.append(record)
        at = end
    return cut
