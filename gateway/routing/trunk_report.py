"""How a trunk is when it is tried: what its servers say, what is wrong, and what its policy is. Pure."""

from collections.abc import Iterator, Sequence

import msgspec

from gateway.config import TrunkSettings
from gateway.store.records import Json

NOT_SERVING = frozenset({408, 503, 504})
"""What says that nobody is there to take calls; a missing connection is 503 too. Any other word will do."""

REGISTERED = frozenset({"", "registered", "refreshing"})
"""States of a registration that lets calls come, or that nobody asked for."""

POLICY = (
    "prefixes",
    "denied",
    "calls_per_second",
    "max_calls",
    "max_duration_s",
    "failover",
    "codecs",
    "srtp",
    "dtmf",
    "caller_id",
    "callers",
    "called",
    "caller",
    "pass_headers",
    "headers",
)
"""The settings that say what calls may do."""


class ServerReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one address of a server says to OPTIONS."""

    host: str
    port: int
    """As it is configured; 0 where DNS decides."""
    transport: str
    address: str = ""
    """Where it was asked; empty where it has no address."""
    status: int = 0
    """Of its answer; 0 without one."""
    reason: str = ""
    """That of its answer, or why there is none."""
    time_ms: float | None = None
    """From the question to the answer."""

    @property
    def trouble(self) -> str:
        """What is wrong, and what can be done about it; empty when all is well."""
        where = f"{self.host} ({self.address}, {self.transport})" if self.address else self.host
        if not self.status and not self.address:
            return f"{where} was not asked: {self.reason}. Look at its name."
        if not self.status:
            return f"{where}: {self.reason}. Look at its port and transport, and at firewalls on the way."
        if self.status in NOT_SERVING:
            return (
                f"{where} takes no calls: {self.status} {self.reason}. Look at its port and transport, "
                "or ask who runs it."
            )
        return ""


class TrunkReport(msgspec.Struct, frozen=True, kw_only=True):
    """A trunk that was tried."""

    name: str
    servers: list[ServerReport]
    registration: str
    """A state of our registration with it; empty where there is to be none."""
    registrar_status: int
    """The registrar's last answer; 0 of none."""
    troubles: list[str]
    """What is wrong, each with what can be done about it; none when it is up."""
    policy: Json
    """What calls may do, as in `[[trunks]]`."""


def report(
    trunk: TrunkSettings, servers: Sequence[ServerReport], registration: str, registrar_status: int
) -> TrunkReport:
    """Put together what was found out."""
    troubles = [server.trouble for server in servers if server.trouble]
    settings = msgspec.to_builtins(trunk)
    return TrunkReport(
        name=trunk.name,
        servers=list(servers),
        registration=registration,
        registrar_status=registrar_status,
        troubles=[*troubles, *_unregistered(registration, registrar_status)],
        policy={key: settings[key] for key in POLICY},
    )


def _unregistered(registration: str, status: int) -> Iterator[str]:
    if registration in REGISTERED:
        return
    if status in (401, 403, 407):
        what = f"the registrar said {status}. Look at username, password and realm."
    elif status:
        what = f"the registrar said {status}. It is asked again, but not at once."
    else:
        what = "the registrar has said nothing yet."
    yield f"It is {registration}, not registered: {what}"
