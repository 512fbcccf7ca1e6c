"""The SIP endpoint on the sockets that `[sip]` names."""

from ipaddress import ip_network
from typing import cast

from gateway.config import SipSettings
from gateway.config.sip_guard import SipGuardSettings
from gateway.config.trunks import TrunkTarget
from signalling.io.listening import Listening
from signalling.io.resolution.dns import DnsServers
from signalling.io.resolution.resolver import Resolver
from signalling.io.shell import OnEvent, OnNotice, SipShell
from signalling.io.tls import TlsFiles
from signalling.sip.calls import Transport
from signalling.sip.config import EndpointConfig
from signalling.sip.flood import SCANNERS, FloodPolicy
from signalling.sip.trace import Tap


def sip_shell(
    sip: SipSettings, config: EndpointConfig, on_event: OnEvent, on_notice: OnNotice, tap: Tap
) -> SipShell:
    """The endpoint with its sockets, not yet opened."""
    return SipShell(
        config,
        on_event,
        on_notice,
        listening=Listening(
            (sip.host, *sip.more_hosts), cast("dict[Transport, int]", sip.ports()), _tls(sip)
        ),
        resolver=Resolver(DnsServers(sip.dns_servers())),
        tap=tap,
        flood=_flood(sip.guard),
    )


def transport_of(target: TrunkTarget) -> Transport:
    """The transport of a trunk's server; its settings were checked."""
    return cast("Transport", target.transport)


def _flood(guard: SipGuardSettings) -> FloodPolicy:
    return FloodPolicy(
        rate=guard.rate,
        burst=guard.burst,
        ban_s=guard.ban_s,
        failures_per_minute=guard.failures_per_minute,
        scanners=(*SCANNERS, *guard.scanners),
        exempt=tuple(ip_network(network) for network in guard.exempt),
    )


def _tls(sip: SipSettings) -> TlsFiles:
    return TlsFiles(
        certificate=sip.tls_certificate,
        key=sip.tls_key,
        authority=sip.tls_ca,
        client_authority=sip.tls_client_ca,
        verify=sip.tls_verify,
    )
