"""What the softphone's process makes of orders, with a call that only exists on paper."""

from unittest import mock

import pytest
from baresip import BaresipError, Call, StaleHandleError, UserAgent

from gateway.demo import softphone
from gateway.demo.softphone import Recorder, Softphone

pytestmark = pytest.mark.unit

BUSY = BaresipError("another re-INVITE is not answered yet")
GONE = StaleHandleError("the call is over")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softphone, "CHANGE_EVERY_S", 0)
    monkeypatch.setattr(softphone, "CHANGE_TRIES", 3)


@pytest.mark.parametrize("verb", ["hold", "resume"])
@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        ([None], []),
        ([BUSY, BUSY, None], []),
        ([BUSY, GONE], ["the call is over"]),
        ([BUSY, BUSY, BUSY], ["another re-INVITE is not answered yet"]),
    ],
)
async def test_a_change_waits_for_the_one_before(
    verb: str, outcomes: list[BaresipError | None], told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    call = mock.create_autospec(Call, instance=True)
    action = getattr(call, verb)
    action.side_effect = outcomes
    recorder = mock.create_autospec(Recorder, instance=True, seconds=0.0)
    phone = Softphone(mock.create_autospec(UserAgent, instance=True), b"", recorder, answers=False)
    phone._call = call

    await phone.obey(verb, "")

    assert action.await_count == len(outcomes)
    said = capsys.readouterr().out
    assert said.count('"error"') == len(told)
    assert all(each in said for each in told)
