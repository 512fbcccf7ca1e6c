"""Whose word counts for who calls."""

from dataclasses import replace

import pytest

from gateway.config import TrunkSettings
from gateway.legs.sip_arrivals import ANY, is_believed
from signalling.sip.calls import CallHandle, Flow, IncomingCall

pytestmark = pytest.mark.unit

CALL = IncomingCall(
    call=CallHandle("1"),
    to_user="447700900002",
    to_host="gateway.example",
    from_user="447700900001",
    from_host="phone.example",
    from_display="",
    flow=Flow("udp", ("192.0.2.1", 5060), ("192.0.2.2", 5060)),
)
CARRIER = TrunkSettings(name="carrier", host="192.0.2.1")
RESELLER = TrunkSettings(name="reseller", host="192.0.2.1", believe_identity=False)


@pytest.mark.parametrize(
    ("call", "trunk", "believed"),
    [
        (CALL, ANY, True),
        (CALL, CARRIER, True),
        (replace(CALL, account="carrier"), CARRIER, True),
        (CALL, RESELLER, False),
        (replace(CALL, domain="shop"), ANY, False),
        (replace(CALL, account="phone"), ANY, False),
    ],
)
def test_the_operators_trunks_and_networks_are_believed(
    call: IncomingCall, trunk: TrunkSettings, *, believed: bool
) -> None:
    assert is_believed(call, trunk) is believed
