"""ICE inside descriptions, as the lite side (RFC 8445 section 2.5, RFC 8839)."""

import re

from signalling.sdp.model import Attributes, MediaDescription, SessionDescription
from signalling.sdp.stream import Ice, LocalMedia

LITE: Attributes = (("ice-lite", None),)
"""Session-level: the peer does all checks (RFC 8839 section 5.3)."""

# RFC 8445 section 5.1.2.1: the best type, the best interface, the first component.
_PRIORITY = (126 << 24) + (65535 << 8) + 256 - 1

_USER = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")

Login = tuple[str, str]
"""Fragment of a user name, and password."""


def read_login(description: SessionDescription, stream: MediaDescription) -> Login | None:
    """Read the peer's `ice-ufrag` and `ice-pwd`; None where it speaks no ICE, or none that is well-formed.

    Two lite sides would check nothing (RFC 8445 section 6.1.1): such a peer is met without ICE.
    """
    if description.has("ice-lite"):
        return None
    user, password = (
        next(iter(stream.values(name) or description.values(name)), "") for name in ("ice-ufrag", "ice-pwd")
    )
    return (user, password) if _USER.fullmatch(user) and _PASSWORD.fullmatch(password) else None


def ice_attributes(local: LocalMedia, ice: Ice) -> Attributes:
    """Write our login and our only candidate: the very port that `m=` names, which RTCP shares."""
    candidate = f"1 1 UDP {_PRIORITY} {local.address} {local.port} typ host"
    return (("ice-ufrag", ice.local_user), ("ice-pwd", ice.local_password), ("candidate", candidate))
