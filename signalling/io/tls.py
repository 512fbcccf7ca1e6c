"""What TLS is made with: our certificate, whom we trust, and whom we ask for theirs."""

import ssl
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Paths of PEM files; empty for what is not used."""

    certificate: str = ""
    """Ours, with its chain: for those who call us, and shown to servers that ask."""
    key: str = ""
    authority: str = ""
    """Who signs the servers that we call, besides those whom this machine trusts."""
    client_authority: str = ""
    """Who signs our callers: those without such a certificate are turned away. Empty asks for none."""
    verify: bool = True
    """Whether a server that we call must have a certificate for the name that we called."""


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Settings for those who connect to us: TLS 1.2 or 1.3. Raises OSError for files that do not fit."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files.certificate, files.key or None)
    if files.client_authority:
        context.load_verify_locations(files.client_authority)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """Settings for servers that we connect to (RFC 5922). Raises OSError for files that do not fit."""
    context = ssl.create_default_context(cafile=None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if files.authority:
        context.load_verify_locations(files.authority)
    if files.certificate:
        context.load_cert_chain(files.certificate, files.key or None)
    if not files.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
