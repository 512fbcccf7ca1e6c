"""What the gateway hears of a SIP call that comes in: who is called, and who may say who calls."""

from gateway.config import TrunkSettings
from gateway.legs.line import Arrival
from gateway.legs.trunk_ways import passed
from gateway.routing.number_format import read
from signalling.sip.calls import IncomingCall

ANY = TrunkSettings(name="any")
"""What holds for calls that come by no trunk."""


def arrival_of(leg_id: str, call: IncomingCall, trunk: TrunkSettings) -> Arrival:
    """The call in the gateway's words, its numbers as they are written everywhere."""
    shown = call.asserted_user if is_believed(call, trunk) else call.from_user
    return Arrival(
        leg_id=leg_id,
        called=read(call.to_user, trunk.called),
        caller=read(shown, trunk.caller) or "Unknown",
        headers=passed(trunk, call.headers),
        domain=call.domain,
        login=call.account,
    )


def is_believed(call: IncomingCall, trunk: TrunkSettings) -> bool:
    """Whether who sent the call may say who calls (RFC 3325): the operator's trunks and networks."""
    if trunk is ANY:
        return not (call.domain or call.account)
    return trunk.believe_identity
