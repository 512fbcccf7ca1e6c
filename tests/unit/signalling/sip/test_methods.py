"""Methods, in a dialog and outside: what has no dialog to act on gets a status and leaves nothing behind."""

import pytest

from tests.support.sip_script import Says, Script
from tests.support.wire import guard

pytestmark = pytest.mark.unit

REFER_TO = ("Refer-To: <sip:carol@pbx.example>",)
EVENT = ("Event: refer", "Subscription-State: terminated")

OUTSIDE = {
    "REFER": 481,
    "NOTIFY": 481,
    "INFO": 481,
    "BYE": 481,
    "UPDATE": 481,
    "SUBSCRIBE": 405,
    "MESSAGE": 405,
    "PUBLISH": 405,
}
INSIDE = {"NOTIFY": 481, "SUBSCRIBE": 405, "MESSAGE": 405, "PUBLISH": 405}
"""Of a call in which nobody has asked for anything."""


def says(method: str, tag: str = "", cseq: int = 1) -> Says:
    """The method with what it needs."""
    lines = {"REFER": REFER_TO, "NOTIFY": EVENT, "SUBSCRIBE": ("Event: refer",)}
    return Says(method, branch=f"z9hG4bK-{method}", to_tag=tag, cseq=cseq, extra=lines.get(method, ()))


@pytest.mark.parametrize("method", OUTSIDE)
@pytest.mark.parametrize("tag", ["", "guess"])
@pytest.mark.parametrize("trusts", ["0.0.0.0/0", "198.51.100.0/24"])
def test_outside_a_dialog(method: str, tag: str, trusts: str) -> None:
    script = Script(settings={"guard": guard(trusts)})
    assert script.ask(says(method, tag)).status_code == OUTSIDE[method]
    assert (script.events, script.endpoint.calls, script.endpoint.pending_transactions) == ([], 0, 0)


@pytest.mark.parametrize("method", INSIDE)
def test_inside_a_dialog(method: str) -> None:
    script = Script()
    _, tag = script.establish_in()
    before, pending = list(script.events), script.endpoint.pending_transactions
    assert script.ask(says(method, tag, cseq=2)).status_code == INSIDE[method]
    assert (script.events, script.endpoint.pending_transactions) == (before, pending)


@pytest.mark.parametrize("method", ["REFER", "INFO", "NOTIFY"])
def test_a_dialog_of_somebody_else_is_none(method: str) -> None:
    script = Script()
    _, tag = script.establish_in()
    before = list(script.events)
    stranger = Says(method, branch="z9hG4bK-s", to_tag=tag, cseq=2, from_tag="stranger", extra=REFER_TO)
    assert script.ask(stranger).status_code == 481
    assert script.events == before
