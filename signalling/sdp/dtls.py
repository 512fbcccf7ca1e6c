"""DTLS-SRTP inside descriptions: `a=fingerprint` and `a=setup` (RFC 5763, RFC 8122)."""

import re
from collections.abc import Mapping
from typing import Literal

from signalling.sdp.errors import SdpError
from signalling.sdp.model import Attributes, MediaDescription, SessionDescription
from signalling.sdp.stream import Dtls

Role = Literal["client", "server"]

# Where the peer leaves it to us we begin: so no stranger's hello can come first (RFC 5763 section 5).
_ROLES: Mapping[str, Role] = {"actpass": "client", "passive": "client", "active": "server"}
_SETUPS: Mapping[Role, str] = {"client": "active", "server": "passive"}
_DEFAULT_SETUP = "active"
"""What a description without `a=setup` means (RFC 4145 section 4)."""

_FINGERPRINT = re.compile(r"sha-256 +((?:[0-9A-F]{2}:){31}[0-9A-F]{2})", re.IGNORECASE)


def read_dtls(description: SessionDescription, stream: MediaDescription) -> Dtls:
    """Read the peer's certificate, and what that leaves for us to do. Raises SdpError (488)."""
    values = stream.values("fingerprint") or description.values("fingerprint")
    found = next(filter(None, map(_FINGERPRINT.fullmatch, values)), None)
    if found is None:
        raise SdpError("no SHA-256 fingerprint")
    setup = next(iter(stream.values("setup") or description.values("setup")), _DEFAULT_SETUP)
    if setup not in _ROLES:
        raise SdpError("a=setup leaves no role for us")
    return Dtls(found[1].upper(), _ROLES[setup])


def keep_role(dtls: Dtls, running: object) -> Dtls:
    """Keep our role towards a peer whose certificate is still the same: the handshake is not repeated."""
    is_same = isinstance(running, Dtls) and running.fingerprint == dtls.fingerprint
    return running if is_same and isinstance(running, Dtls) else dtls


def dtls_attributes(fingerprint: str, role: Role | None) -> Attributes:
    """Write our certificate and our role; without one, the choice is the peer's."""
    setup = "actpass" if role is None else _SETUPS[role]
    return (("fingerprint", f"sha-256 {fingerprint}"), ("setup", setup))
