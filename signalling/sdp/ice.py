"""ICE inside descriptions, as the lite side (RFC 8445 section 2.5, RFC 8839)."""

import re

from signalling.sdp.model import Attributes, MediaDescription, SessionDescription
from signalling.sdp.stream import Ice, LocalMedia

LITE: Attributes = (("ice-lite", None),)
"""Session-level: the peer does all checks (RFC 8839 section 5.3)."""

# RFC 8445 section 5.1.2.1: the best type, the best interface, each component a little less.
_HOST_PREFERENCE = 126 << 24
_INTERFACE_PREFERENCE = 65535 << 8

_USER = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")

Login = tuple[str, str]
"""Fragment of a user name, and password."""


def read_login(description: SessionDescription, stream: MediaDescription) -> Login | None:
    """Read the peer's `ice-ufrag` and `ice-pwd`; None where it speaks no ICE, or none that is well-formed."""
    user, password = (
        next(iter(stream.values(name) or description.values(name)), "") for name in ("ice-ufrag", "ice-pwd")
    )
    return (user, password) if _USER.fullmatch(user) and _PASSWORD.fullmatch(password) else None


def ice_attributes(local: LocalMedia, ice: Ice, *, rtcp_mux: bool) -> Attributes:
    """Write our login and our only candidates: the very ports that `m=` names."""
    components = (1,) if rtcp_mux else (1, 2)
    candidates = tuple(("candidate", _candidate(local, component)) for component in components)
    return (("ice-ufrag", ice.local_user), ("ice-pwd", ice.local_password), *candidates)


def _candidate(local: LocalMedia, component: int) -> str:
    priority = _HOST_PREFERENCE + _INTERFACE_PREFERENCE + 256 - component
    return f"1 {component} UDP {priority} {local.address} {local.port + component - 1} typ host"
