"""Machine detection in calls: who is waited for, what is told, what becomes of the call and of the file."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from gateway.conversation.detection import Callee, Detection
from gateway.conversation.leg import shown_status
from gateway.ncco.schema import read_ncco
from gateway.ports import NewCall
from gateway.routing.endpoints import PhoneEndpoint
from gateway.store.queries import LegFilter, Window
from gateway.store.records import EventRecord, Json, LegRecord
from media.control import BeepHeard, Join, Leave, ListenForMachine, ListeningFailed, MachineHeard
from tests.support.exchange import Exchange, open_exchange
from tests.support.played import ANSWER, ncco
from tests.support.waiting import until

pytestmark = pytest.mark.contract

TALK: Json = {"action": "talk", "text": "welcome"}
HOLD: Json = {"action": "conversation", "name": "hold"}
PHONE: Json = {"type": "phone", "number": "447700900003"}

STANDARD = Detection()
DEFAULT = Detection(advanced=True, beep_timeout_s=45)
DETECT = Detection(advanced=True, waits=True)
DETECT_BEEP = Detection(advanced=True, waits=True, beep_timeout_s=60)


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Exchange]:
    async with open_exchange(tmp_path) as opened:
        yield opened
    assert list((tmp_path / "listening").iterdir()) == []
    assert opened.media.listening == {}


async def answered_call(exchange: Exchange, detection: Detection, *actions: Json) -> str:
    """A call of ours that was just answered."""
    new = NewCall(
        to=PhoneEndpoint(number=PHONE["number"]),
        ncco=read_ncco(list(actions or (TALK, HOLD))),
        detection=detection,
    )
    leg = await exchange.calls.create(exchange.application, new)
    await exchange.dialled()
    exchange.calls.answered(leg.id, None)
    await exchange.until_told(leg.id, "answered")
    return leg.id


async def command_of(exchange: Exchange) -> ListenForMachine:
    """Wait until a callee is listened to: how."""
    await until(lambda: exchange.media.listening, "somebody who listens")
    ((command, _),) = exchange.media.listening.values()
    assert isinstance(command, ListenForMachine)
    return command


async def verdict(exchange: Exchange, callee: Callee, confidence: float = 0.9) -> None:
    """The hearing process knows who it is."""
    listening = (await command_of(exchange)).listening
    exchange.media.hears(MachineHeard(listening=listening, verdict=callee, confidence=confidence, at_s=3.2))


async def beep(exchange: Exchange, *, heard: bool = True) -> None:
    """The machine has beeped; or it has not in time."""
    listening = (await command_of(exchange)).listening
    exchange.media.hears(BeepHeard(listening=listening, heard=heard, at_s=9.0))


def told(exchange: Exchange) -> list[Json]:
    """What webhooks said of who answered, in order."""
    return [each for each in exchange.outbox.payloads() if "call_uuid" in each]


async def until_told_of(exchange: Exchange, *wanted: tuple[str, str | None]) -> None:
    """Wait for exactly these statuses and sub-states."""
    await until(lambda: len(told(exchange)) >= len(wanted), f"{wanted}")
    assert [(each["status"], each.get("sub_state")) for each in told(exchange)] == list(wanted)


async def facts(exchange: Exchange, leg_id: str) -> list[EventRecord]:
    log = await exchange.store.log((await exchange.leg(leg_id)).conversation_id)
    return [fact for fact in log if fact.type in ("sip:machine", "sip:amd_machine")]


def spoken(exchange: Exchange) -> bool:
    return bool(exchange.media.spoken)


@pytest.mark.parametrize("detection", [STANDARD, DEFAULT], ids=["standard", "default"])
async def test_the_ncco_starts_at_once(exchange: Exchange, detection: Detection) -> None:
    await answered_call(exchange, detection)
    await exchange.playing("welcome")
    assert told(exchange) == []
    command = await command_of(exchange)
    assert command.beep_timeout_s == detection.beep_timeout_s
    await verdict(exchange, "human")
    await until_told_of(exchange, ("human", None))


@pytest.mark.row("POST /v1/calls advanced_machine_detection")
@pytest.mark.parametrize("detection", [DETECT, DETECT_BEEP], ids=["detect", "detect_beep"])
async def test_the_ncco_waits_until_it_is_known_who_answered(
    exchange: Exchange, detection: Detection
) -> None:
    leg_id = await answered_call(exchange, detection)
    await command_of(exchange)
    assert not spoken(exchange)
    assert not any(isinstance(each, Join) for each in exchange.media.sent), "it hears nobody"
    await verdict(exchange, "human")
    await exchange.playing("welcome")
    await until_told_of(exchange, ("human", None))
    statuses = [each["status"] for each in exchange.outbox.payloads() if "status" in each]
    assert statuses[-2:] == ["answered", "human"], "in this order"
    assert Join(leg=leg_id, room=(await exchange.leg(leg_id)).conversation_id) in exchange.media.sent


@pytest.mark.row("webhook human or machine.call_uuid", "webhook human or machine.sub_state")
@pytest.mark.parametrize(("heard", "sub_state"), [(True, "beep_start"), (False, "beep_timeout")])
async def test_the_ncco_waits_for_the_beep_of_a_machine(
    exchange: Exchange, heard: bool, sub_state: str
) -> None:
    leg_id = await answered_call(exchange, DETECT_BEEP)
    assert (await command_of(exchange)).beep_timeout_s == 60
    await verdict(exchange, "machine")
    await until_told_of(exchange, ("machine", None))
    assert not spoken(exchange)
    await beep(exchange, heard=heard)
    await exchange.playing("welcome")
    await until_told_of(exchange, ("machine", None), ("machine", sub_state))
    leg = await exchange.leg(leg_id)
    assert (
        told(exchange)[-1].items()
        >= {
            "call_uuid": leg_id,
            "conversation_uuid": leg.conversation_id,
            "to": PHONE["number"],
            "direction": "outbound",
        }.items()
    )


async def test_the_beep_is_told_while_the_ncco_runs(exchange: Exchange) -> None:
    await answered_call(exchange, DEFAULT)
    await exchange.playing("welcome")
    await verdict(exchange, "machine")
    await beep(exchange)
    await until_told_of(exchange, ("machine", None), ("machine", "beep_start"))
    assert exchange.media.spoken == ["welcome"], "it is not begun again"


@pytest.mark.row("POST /v1/calls machine_detection", "connect.machineDetection")
@pytest.mark.parametrize("detection", [STANDARD, DEFAULT, DETECT, DETECT_BEEP])
async def test_a_machine_is_hung_up_on(exchange: Exchange, detection: Detection) -> None:
    hangup = Detection(
        advanced=detection.advanced,
        waits=detection.waits,
        beep_timeout_s=detection.beep_timeout_s,
        behavior="hangup",
    )
    leg_id = await answered_call(exchange, hangup)
    await verdict(exchange, "machine")
    await exchange.until_gone(leg_id)
    await until_told_of(exchange, ("machine", None))
    await exchange.until_told(leg_id, "completed")
    completed = exchange.outbox.payloads(leg_id)[-1]
    assert completed["disconnected_by"] == "platform"


async def test_a_human_is_not_hung_up_on(exchange: Exchange) -> None:
    leg_id = await answered_call(exchange, Detection(behavior="hangup", advanced=True, waits=True))
    await verdict(exchange, "human")
    await exchange.playing("welcome")
    assert exchange.calls.find(leg_id) is not None


@pytest.mark.parametrize(
    ("detection", "type_"), [(STANDARD, "sip:machine"), (DETECT_BEEP, "sip:amd_machine")]
)
@pytest.mark.parametrize("callee", ["human", "machine"])
async def test_who_answered_is_a_fact(
    exchange: Exchange, detection: Detection, type_: str, callee: Callee
) -> None:
    leg_id = await answered_call(exchange, detection)
    await verdict(exchange, callee, 0.85)
    await until(lambda: told(exchange), "the webhook")
    (fact,) = await facts(exchange, leg_id)
    assert fact.type == type_
    assert (fact.body["type"], fact.body["confidence"]) == (callee, "0.85")
    assert (fact.body["channel"]["id"], fact.body["channel"]["cpa"]) == (leg_id, True)


@pytest.mark.row("status human", "status machine")
@pytest.mark.parametrize("callee", ["human", "machine"])
async def test_calls_are_listed_by_who_answered(exchange: Exchange, callee: Callee) -> None:
    leg_id = await answered_call(exchange, STANDARD)
    await verdict(exchange, callee)
    await until(lambda: told(exchange), "the webhook")

    async def listed(status: str) -> list[LegRecord]:
        page = await exchange.store.legs(exchange.application.id, Window(), LegFilter(status=status))
        return page.rows

    shown = "machine" if callee == "machine" else "answered"
    for status in ("answered", "machine"):
        assert [leg.id for leg in await listed(status)] == ([leg_id] if status == shown else [])
    leg = await exchange.leg(leg_id)
    assert (leg.status, leg.answered_by, shown_status(leg)) == ("answered", callee, shown)
    exchange.peer_ends(leg_id)
    await exchange.until_gone(leg_id)
    assert shown_status(await exchange.leg(leg_id)) == "completed"
    assert await listed("machine") == []


@pytest.mark.row(
    "connect.advancedMachineDetection",
    "connect.advancedMachineDetection.mode",
    "connect.advancedMachineDetection.beepTimeout",
)
@pytest.mark.parametrize("callee", ["human", "machine"])
async def test_the_caller_is_not_connected_before_it_is_known(exchange: Exchange, callee: Callee) -> None:
    connect = {
        "action": "connect",
        "endpoint": [PHONE],
        "advancedMachineDetection": {"mode": "detect_beep", "beep_timeout": 50},
    }
    exchange.outbox.hosts[ANSWER] = ncco(connect)
    caller = exchange.call_in()
    leg_id = await exchange.dialled()
    exchange.calls.answered(leg_id, None)
    assert (await command_of(exchange)).beep_timeout_s == 50
    assert exchange.outbox.statuses(caller) == ["started", "ringing"]
    await verdict(exchange, callee)
    await until(lambda: told(exchange), "the webhook")
    if callee == "machine":
        assert exchange.outbox.statuses(caller) == ["started", "ringing"]
        await beep(exchange)
    await exchange.until_told(caller, "answered")
    exchange.peer_ends(leg_id)
    await exchange.until_gone(caller)


async def test_early_media_is_silenced_until_it_is_known(exchange: Exchange) -> None:
    connect = {"action": "connect", "endpoint": [PHONE], "advancedMachineDetection": {"mode": "detect"}}
    exchange.outbox.hosts[ANSWER] = ncco(connect)
    caller = exchange.call_in()
    leg_id = await exchange.dialled()
    exchange.calls.ringing(leg_id, early_media=True)

    def moves() -> list[type]:
        return [type(each) for each in exchange.media.sent if getattr(each, "leg", "") == leg_id]

    await until(lambda: Join in moves(), "the early media")
    exchange.calls.answered(leg_id, None)
    await command_of(exchange)
    assert Leave in moves()
    exchange.peer_ends(leg_id)
    await exchange.until_gone(caller)


async def test_nobody_is_listened_to_any_more_when_it_is_known_who_answered(
    exchange: Exchange, tmp_path: Path
) -> None:
    leg_id = await answered_call(exchange, STANDARD)
    await verdict(exchange, "human")
    await until_told_of(exchange, ("human", None))
    await until(lambda: not exchange.ears, "the file is let go")
    assert exchange.media.listening == {}
    assert list((tmp_path / "listening").iterdir()) == []
    assert exchange.calls.find(leg_id) is not None, "while the call goes on"


@pytest.mark.parametrize("detection", [DETECT, DEFAULT], ids=["waiting", "not waiting"])
async def test_a_callee_that_goes_early_leaves_nothing(exchange: Exchange, detection: Detection) -> None:
    leg_id = await answered_call(exchange, detection)
    await command_of(exchange)
    exchange.peer_ends(leg_id)
    await exchange.until_gone(leg_id)
    assert told(exchange) == []


async def deaf(exchange: Exchange) -> str:
    exchange.media.deaf_about = "the hearing process is dead"
    return await answered_call(exchange, DETECT_BEEP)


async def dies_later(exchange: Exchange) -> str:
    leg_id = await answered_call(exchange, DETECT_BEEP)
    listening = (await command_of(exchange)).listening
    exchange.media.hears(ListeningFailed(listening=listening, reason="the hearing process died"))
    return leg_id


@pytest.mark.parametrize("begin", [deaf, dies_later])
async def test_without_anybody_who_listens_the_call_goes_on_as_a_humans(
    exchange: Exchange, begin: Callable[[Exchange], Awaitable[str]]
) -> None:
    await begin(exchange)
    await exchange.playing("welcome")
    await until_told_of(exchange, ("human", None))
    (error,) = [each["reason"] for each in exchange.outbox.payloads() if "reason" in each]
    assert "machine detection: the hearing process" in error


async def test_a_machine_whose_beep_nobody_hears_any_more_stays_a_machine(exchange: Exchange) -> None:
    leg_id = await answered_call(exchange, DETECT_BEEP)
    await verdict(exchange, "machine")
    listening = (await command_of(exchange)).listening
    exchange.media.hears(ListeningFailed(listening=listening, reason="the hearing process died"))
    await exchange.playing("welcome")
    await until_told_of(exchange, ("machine", None))
    assert (await exchange.leg(leg_id)).answered_by == "machine"


async def test_a_call_that_is_transferred_waits_no_more(exchange: Exchange) -> None:
    leg_id = await answered_call(exchange, DETECT)
    await command_of(exchange)
    await exchange.calls.transfer(
        exchange.application, leg_id, ncco=read_ncco([{"action": "talk", "text": "elsewhere"}, HOLD])
    )
    await exchange.playing("elsewhere")
    await verdict(exchange, "human")
    await until_told_of(exchange, ("human", None))
    assert exchange.media.spoken == ["elsewhere"]
