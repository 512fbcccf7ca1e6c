"""Where we listen: which addresses, which transports, on which ports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from signalling.io.tls import TlsFiles
from signalling.sip.calls import Transport

PLAIN: Mapping[Transport, int] = MappingProxyType({"udp": 0, "tcp": 0})


@dataclass(frozen=True, slots=True)
class Listening:
    """What a shell opens at its start.

    Args:
        hosts: Addresses, or names of which the first address is taken; at least one.
        ports: The transports, each with its port; 0 takes any, the same on all hosts and for UDP and TCP.
        tls: For `tls` and `wss`, and for the servers that we call over TLS.
    """

    hosts: tuple[str, ...]
    ports: Mapping[Transport, int] = field(default_factory=lambda: PLAIN)
    tls: TlsFiles = field(default_factory=TlsFiles)
