"""Who a trunk is told that calls, by its policy (RFC 3261 section 8.1.1.3, RFC 3323, RFC 3325). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gateway.config import TrunkSettings
from gateway.routing.number_format import written

ANONYMOUS = "anonymous"
ANONYMOUS_HOST = "anonymous.invalid"


@dataclass(frozen=True, slots=True)
class Identity:
    """The From of an INVITE, and what else says who calls."""

    user: str
    host: str = ""
    """The gateway's own when empty."""
    display: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


NOBODY = Identity(ANONYMOUS, ANONYMOUS_HOST, "Anonymous", {"Privacy": "id"})
"""Who does not want to be shown (CLIR)."""


def plain(caller: str) -> Identity:
    """Who calls, where no trunk has a say; `caller` is empty for who is not to be shown."""
    return Identity(caller) if caller else NOBODY


def identity(trunk: TrunkSettings, caller: str, own_host: str) -> Identity:
    """Who calls through the trunk. `caller` is the number of the call, empty where it has none."""
    shown = _shown(trunk, caller)
    asserted = _asserted(trunk, shown or _known(trunk, caller), own_host)
    if shown:
        return Identity(user=written(shown, trunk.caller), headers=asserted)
    return replace(NOBODY, headers={**asserted, **NOBODY.headers})


def _shown(trunk: TrunkSettings, caller: str) -> str:
    match trunk.caller_id:
        case "fixed":
            return trunk.callers[0]
        case "listed":
            return caller if caller in trunk.callers else trunk.callers[0]
        case "withheld":
            return ""
        case _:
            return caller


def _known(trunk: TrunkSettings, caller: str) -> str:
    """The number that stands behind a withheld one, for who is trusted with it."""
    return caller or (trunk.callers[0] if trunk.callers else "")


def _asserted(trunk: TrunkSettings, number: str, own_host: str) -> Mapping[str, str]:
    if not trunk.asserted_identity or not number:
        return {}
    host = f"[{own_host}]" if ":" in own_host else own_host
    return {"P-Asserted-Identity": f"<sip:{written(number, trunk.caller)}@{host}>"}
