"""The SIP endpoint on the sockets that `[sip]` names."""

from typing import cast

from gateway.config import SipSettings
from gateway.config.trunks import TrunkTarget
from signalling.io.listening import Listening
from signalling.io.resolution.dns import DnsServers
from signalling.io.resolution.resolver import Resolver
from signalling.io.shell import OnEvent, OnNotice, SipShell
from signalling.io.tls import TlsFiles
from signalling.sip.calls import Transport
from signalling.sip.config import EndpointConfig


def sip_shell(sip: SipSettings, config: EndpointConfig, on_event: OnEvent, on_notice: OnNotice) -> SipShell:
    """The endpoint with its sockets, not yet opened."""
    return SipShell(
        config,
        on_event,
        on_notice,
        listening=Listening(
            (sip.host, *sip.more_hosts), cast("dict[Transport, int]", sip.ports()), _tls(sip)
        ),
        resolver=Resolver(DnsServers(sip.dns_servers())),
    )


def transport_of(target: TrunkTarget) -> Transport:
    """The transport of a trunk's server; its settings were checked."""
    return cast("Transport", target.transport)


def _tls(sip: SipSettings) -> TlsFiles:
    return TlsFiles(
        certificate=sip.tls_certificate,
        key=sip.tls_key,
        authority=sip.tls_ca,
        client_authority=sip.tls_client_ca,
        verify=sip.tls_verify,
    )
