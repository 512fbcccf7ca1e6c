"""A certificate authority for one test run and a certificate for loopback."""

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificate:
    """PEM files: the server's certificate with its chain, its key, and the authority that clients trust."""

    certificate: Path
    key: Path
    authority: Path

    @property
    def directory(self) -> Path:
        """Where all of them are."""
        return self.certificate.parent


def make_certificate(directory: Path, *names: str) -> Certificate:
    """A certificate for 127.0.0.1, localhost and these names."""
    directory.mkdir(parents=True, exist_ok=True)
    made = Certificate(directory / "server.pem", directory / "server.key", directory / "authority.pem")
    authority = trustme.CA()
    server = authority.issue_cert("127.0.0.1", "localhost", *names)
    authority.cert_pem.write_to_path(str(made.authority))
    server.private_key_pem.write_to_path(str(made.key))
    for index, blob in enumerate(server.cert_chain_pems):
        blob.write_to_path(str(made.certificate), append=index > 0)
    return made
