"""Machine detection as it is asked for, and as it is written down and told."""

import msgspec
import pytest

from gateway.conversation.commands import AnswerLeg, EndLeg, IdentifyCallee, StartLeg
from gateway.conversation.detection import AdvancedDetection, Behavior, Detection, detection_of
from gateway.conversation.leg import shown_status
from gateway.errors import Invalid, NotFound
from gateway.ncco.actions.connect import Connect
from gateway.ncco.effects import Dial
from gateway.ncco.schema import read_ncco
from gateway.ncco.script import Script
from gateway.webhooks.payloads import callee_event
from tests.support.core import LATER, Talk, leg, user

pytestmark = pytest.mark.unit

PHONE = {"type": "phone", "number": "447700900001"}
SIP = {"type": "sip", "uri": "sip:bob@shop.example"}
WEBSOCKET = {"type": "websocket", "uri": "wss://shop.example/audio"}

ASKED: list[tuple[Behavior | None, dict[str, object] | None, Detection | None]] = [
    (None, None, None),
    ("continue", None, Detection()),
    ("hangup", None, Detection(behavior="hangup")),
    (None, {}, Detection(advanced=True, beep_timeout_s=45)),
    (None, {"mode": "default", "beep_timeout": 120}, Detection(advanced=True, beep_timeout_s=120)),
    (None, {"mode": "detect", "beep_timeout": 60}, Detection(advanced=True, waits=True)),
    (None, {"mode": "detect_beep"}, Detection(advanced=True, waits=True, beep_timeout_s=45)),
    ("hangup", {"mode": "detect"}, Detection(advanced=True, waits=True)),
    (
        "continue",
        {"behavior": "hangup", "mode": "detect"},
        Detection(advanced=True, waits=True, behavior="hangup"),
    ),
]


@pytest.mark.parametrize(("simple", "advanced", "wanted"), ASKED)
def test_what_calls_ask_for(
    simple: Behavior | None, advanced: dict[str, object] | None, wanted: Detection | None
) -> None:
    given = None if advanced is None else msgspec.convert(advanced, AdvancedDetection)
    assert detection_of(simple, given) == wanted


@pytest.mark.row(
    "connect.machineDetection",
    "connect.advancedMachineDetection",
    "connect.advancedMachineDetection.behavior",
    "connect.advancedMachineDetection.mode",
    "connect.advancedMachineDetection.beepTimeout",
)
@pytest.mark.parametrize("endpoint", [PHONE, SIP])
@pytest.mark.parametrize(("simple", "advanced", "wanted"), ASKED)
@pytest.mark.parametrize(
    "names",
    [("machineDetection", "advancedMachineDetection"), ("machine_detection", "advanced_machine_detection")],
)
def test_what_connect_asks_for(
    endpoint: dict[str, object],
    simple: Behavior | None,
    advanced: dict[str, object] | None,
    wanted: Detection | None,
    names: tuple[str, str],
) -> None:
    options = dict(zip(names, (simple, advanced), strict=True))
    (action,) = read_ncco([{"action": "connect", "endpoint": [endpoint], **options}])
    assert isinstance(action, Connect)
    (dial,) = Script(lambda: "id", answered=True).run((action,))
    assert isinstance(dial, Dial)
    assert dial.detection == wanted


@pytest.mark.parametrize("timeout", [50, "50"])
def test_the_timeout_in_the_spelling_of_nccos(timeout: object) -> None:
    advanced = {"mode": "detect_beep", "beepTimeout": timeout}
    (action,) = read_ncco([{"action": "connect", "endpoint": [PHONE], "advancedMachineDetection": advanced}])
    assert isinstance(action, Connect)
    assert action.detection == Detection(advanced=True, waits=True, beep_timeout_s=50)


@pytest.mark.parametrize(
    ("endpoint", "option", "place"),
    [
        (PHONE, {"machineDetection": "pause"}, "machineDetection"),
        (PHONE, {"advancedMachineDetection": True}, "advancedMachineDetection"),
        (PHONE, {"advancedMachineDetection": {"mode": "guess"}}, "advancedMachineDetection.mode"),
        (PHONE, {"advancedMachineDetection": {"behavior": "drop"}}, "advancedMachineDetection.behavior"),
        (PHONE, {"advancedMachineDetection": {"beepTimeout": 44}}, "advancedMachineDetection.beepTimeout"),
        (PHONE, {"advancedMachineDetection": {"beep_timeout": 121}}, "advancedMachineDetection.beepTimeout"),
        (WEBSOCKET, {"machineDetection": "continue"}, "machineDetection"),
        (WEBSOCKET, {"advancedMachineDetection": {}}, "advancedMachineDetection"),
    ],
)
def test_what_connect_cannot_ask_for(
    endpoint: dict[str, object], option: dict[str, object], place: str
) -> None:
    with pytest.raises(Invalid) as refused:
        read_ncco([{"action": "connect", "endpoint": [endpoint], **option}])
    assert f"ncco[0].connect.{place}" in refused.value.detail


def answered() -> Talk:
    talk = Talk()
    talk.do(StartLeg(leg=leg("B", "outbound"), user=user("B")))
    talk.do(AnswerLeg(leg_id="leg-B"))
    return talk


MACHINE = IdentifyCallee(leg_id="leg-B", callee="machine", confidence=0.9, advanced=True)
BEEP = msgspec.structs.replace(MACHINE, sub_state="beep_start")


def test_facts_of_a_machine_and_its_beep() -> None:
    talk = answered()
    (machine,), (beep,) = talk.do(MACHINE), talk.do(BEEP)
    assert (machine.type, machine.from_) == ("sip:amd_machine", "MEM-B")
    assert set(machine.body) == {"type", "confidence", "channel"}
    assert (machine.body["type"], machine.body["confidence"]) == ("machine", "0.90")
    assert beep.body["sub_state"] == "beep_start"
    assert talk.conversation.leg("leg-B").answered_by == "machine"


def test_nobody_answers_a_leg_that_is_over() -> None:
    talk = answered()
    talk.do(EndLeg(leg_id="leg-B", status="completed", reason="ok"))
    with pytest.raises((Invalid, NotFound)):
        talk.do(MACHINE)


def test_the_shown_status_is_that_of_a_machine_while_its_call_lasts() -> None:
    talk = answered()
    assert shown_status(talk.conversation.leg("leg-B")) == "answered"
    talk.do(MACHINE)
    assert shown_status(talk.conversation.leg("leg-B")) == "machine"
    talk.do(EndLeg(leg_id="leg-B", status="completed", reason="ok"))
    assert shown_status(talk.conversation.leg("leg-B")) == "completed"


@pytest.mark.row("webhook human or machine.call_uuid", "webhook human or machine.sub_state")
def test_the_webhook_names_the_call_in_its_own_way() -> None:
    talk = answered()
    (fact,) = talk.do(BEEP, LATER)
    assert callee_event(fact, talk.conversation.leg("leg-B")) == {
        "from": "447700000001",
        "to": "447700000002",
        "call_uuid": "leg-B",
        "conversation_uuid": "CON-1",
        "status": "machine",
        "sub_state": "beep_start",
        "direction": "outbound",
        "timestamp": LATER,
    }
