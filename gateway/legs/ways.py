"""From whom a leg is to call to the INVITEs that do it, round by round.

A number leaves by trunks; a user of one of the account's SIP domains is called at all their phones at once;
any other SIP address is its own and only target. Names are looked up here, before anything is sent.
"""

from dataclasses import replace

from gateway.errors import GatewayError
from gateway.legs.hunting import MAX_ROUNDS, SERVER_FAILED, Round
from gateway.legs.line import Summons
from gateway.legs.media_policy import of_uri
from gateway.legs.phones import Call, NotRegistered, Phones
from gateway.legs.sip_dialling import Way
from gateway.legs.sip_media import towards
from gateway.legs.trunk_ways import CannotDial, Rounds, TrunkWays
from gateway.routing.diversion import diverted
from gateway.routing.endpoints import AppEndpoint, PhoneEndpoint, SipEndpoint, VbcEndpoint
from gateway.routing.forwarding import ForwardEndpoint
from gateway.routing.trunk_identity import plain
from gateway.webhooks.egress import Egress
from gateway.webhooks.failures import EgressError
from signalling.io.shell import SipShell
from signalling.sdp.stream import LocalMedia
from signalling.sip.calls import Flow
from signalling.sip.config import Invitation
from signalling.sip.errors import SipError
from signalling.sip.grammar import Params
from signalling.sip.uri import SipUri


class Ways:
    """Finds the ways to endpoints."""

    def __init__(self, shell: SipShell, trunks: TrunkWays, egress: Egress, phones: Phones, host: str) -> None:
        """`host`: our own address, at which numbers of ours are."""
        self._shell = shell
        self._trunks = trunks
        self._egress = egress
        self._phones = phones
        self._host = host

    async def to(self, summons: Summons, local: LocalMedia) -> Rounds:
        """The rounds of INVITEs. Raises CannotDial when policy or the address says no, else SipError."""
        match summons.endpoint:
            case PhoneEndpoint(number=number, shaken=shaken):
                attested = {} if shaken is None else {"Identity": shaken}
                return await self._trunks.to_number(number, summons.caller, local, attested)
            case VbcEndpoint(extension=extension):
                return await self._trunks.to_extension(extension, summons.caller, local)
            case SipEndpoint() as endpoint:
                return await self._to_address(endpoint, Call(summons, local, _headers(endpoint)))
            case AppEndpoint(user=user):
                return [self._phones.of_app_user(user, Call(summons, local, {}))]
            case ForwardEndpoint() as endpoint:
                return await self._forward(endpoint, summons, local)
            case _:
                raise TypeError("a SIP line dials phone, sip and vbc endpoints")

    async def _forward(self, endpoint: ForwardEndpoint, summons: Summons, local: LocalMedia) -> Rounds:
        """All targets of a number. One that may not be called is passed over, unless all are."""
        rounds: Rounds = []
        trouble: GatewayError | SipError = CannotDial("the number is forwarded nowhere")
        for target in endpoint.targets:
            headers = diverted(endpoint.headers, endpoint.number, self._host, target.address)
            try:
                if endpoint.type == "tel":
                    found = await self._trunks.to_number(target.address, summons.caller, local, headers)
                else:
                    address = SipEndpoint(uri=target.address)
                    found = await self._to_address(address, Call(summons, local, headers))
            except (GatewayError, SipError) as error:
                trouble = error
                continue
            rounds += [
                replace(each, timeout_s=target.timeout_s, leads_on=each.leads_on | SERVER_FAILED)
                for each in found
            ]
        if not rounds:
            raise trouble
        return rounds[:MAX_ROUNDS]

    async def _to_address(self, endpoint: SipEndpoint, call: Call) -> Rounds:
        """A user of one of the account's domains at their phones; anybody else where the address says."""
        target = _target(endpoint)
        domain = self._phones.domain_of(target.host, call.summons.application.account)
        if domain is None or target.user is None:
            if not endpoint.uri:
                raise CannotDial(f"the account has no SIP domain {endpoint.domain}")
            return await self._elsewhere(target, call)
        try:
            return [self._phones.of_user(domain, target.user, call)]
        except NotRegistered:
            if domain.domain_type != "trunk":
                raise
        return await self._trunks.to_number(
            target.user, call.summons.caller, call.local, call.headers, only=domain.name
        )

    async def _elsewhere(self, target: SipUri, call: Call) -> Rounds:
        """Whoever an address names. What is a trunk's is called as numbers are, by its toll policy."""
        trunk = self._trunks.serving(target.host, target.port)
        if trunk is None:
            flows = await self._servers(target)
            trunk = next(filter(None, (self._trunks.serving(*flow.remote) for flow in flows)), None)
        if trunk is None:
            return [Round((self._to_uri(target, flow, call),)) for flow in flows]
        return await self._trunks.through(
            trunk, target.user or "", call.summons.caller, call.local, call.headers
        )

    def _to_uri(self, target: SipUri, flow: Flow, call: Call) -> Way:
        caller = plain(call.summons.caller)
        invitation = Invitation(
            target=replace(target, params=_sent(target.params)),
            flow=flow,
            from_user=caller.user,
            from_host=caller.host,
            from_display=caller.display,
            local=towards(of_uri(target.params).apply(call.local), flow.remote[0]),
            headers={**call.headers, **caller.headers},
        )
        return Way(invitation)

    async def _servers(self, target: SipUri) -> list[Flow]:
        """Where an address is. One server out of reach for applications refuses all: no honest one has it."""
        flows = await self._shell.resolve(target)
        try:
            for flow in flows:
                await self._egress.admit(str(SipUri("sip", None, *flow.remote)), ("sip",))
        except EgressError as error:
            raise CannotDial(str(error)) from None
        return flows


def _target(endpoint: SipEndpoint) -> SipUri:
    return SipUri.parse(endpoint.uri) if endpoint.uri else SipUri("sip", endpoint.user, endpoint.domain)


def _headers(endpoint: SipEndpoint) -> dict[str, str]:
    return {f"X-{name}": text for name, text in endpoint.headers.items()} | endpoint.standard_headers


def _sent(parameters: Params) -> Params:
    """The parameters of an address without `media`, which is meant for us."""
    return Params({name: value for name, value in parameters.items() if name != "media"})
