"""Who a trunk is told that calls."""

import pytest

from gateway.config import TrunkSettings
from gateway.config.trunks import NumberFormat
from gateway.routing.trunk_identity import NOBODY, Identity, identity, plain

pytestmark = pytest.mark.unit

HOST = "203.0.113.9"
CALLER, LISTED = "447700900001", "447700900002"
ANONYMOUS = {"user": "anonymous", "host": "anonymous.invalid", "display": "Anonymous"}


def trunk(policy: str, *callers: str, **settings: object) -> TrunkSettings:
    return TrunkSettings(name="carrier", host="192.0.2.1", caller_id=policy, callers=callers, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("policy", "callers", "caller", "shown"),
    [
        ("as-given", (), CALLER, CALLER),
        ("as-given", (), "", "anonymous"),
        ("fixed", (LISTED,), CALLER, LISTED),
        ("fixed", (LISTED,), "", LISTED),
        ("listed", (LISTED, CALLER), CALLER, CALLER),
        ("listed", (LISTED,), CALLER, LISTED),
        ("withheld", (LISTED,), CALLER, "anonymous"),
    ],
)
def test_policies(policy: str, callers: tuple[str, ...], caller: str, shown: str) -> None:
    told = identity(trunk(policy, *callers), caller, HOST)
    assert told.user == shown
    assert "P-Asserted-Identity" not in told.headers


def test_who_has_no_number_is_nobody_wherever_the_call_goes() -> None:
    assert Identity(**ANONYMOUS, headers={"Privacy": "id"}) == NOBODY
    assert identity(trunk("as-given"), "", HOST) == NOBODY
    assert (plain(""), plain(CALLER)) == (NOBODY, Identity(CALLER))


def test_a_withheld_number_is_told_to_who_is_trusted_with_it_alone() -> None:
    assert identity(trunk("withheld"), CALLER, HOST) == Identity(**ANONYMOUS, headers={"Privacy": "id"})
    trusted = identity(trunk("withheld", asserted_identity=True), CALLER, HOST)
    assert trusted.headers == {"P-Asserted-Identity": f"<sip:{CALLER}@{HOST}>", "Privacy": "id"}
    assert CALLER not in trusted.user + trusted.display


def test_numbers_have_the_form_that_the_trunk_wants() -> None:
    told = identity(
        trunk("as-given", asserted_identity=True, caller=NumberFormat(style="plus")), CALLER, "2001:db8::1"
    )
    assert told == Identity(f"+{CALLER}", headers={"P-Asserted-Identity": f"<sip:+{CALLER}@[2001:db8::1]>"})
