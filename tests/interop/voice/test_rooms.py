"""The options of conversation and of transfer, scene by scene: what two baresip phones hear of each other."""

import asyncio
from typing import Any

import pytest

from tests.support.deeds import agent_calls, agent_hangs_up, hangs_up, has_spoken, says, then
from tests.support.line import room
from tests.support.outcomes import (
    agent_hears_tone,
    agent_never_hears_tone,
    hears_tone,
    never_hears_tone,
    told,
)
from tests.support.recorded import recorded, written
from tests.support.stage import Scene, Script, Stage, Step, by_name, caller_calls

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="package")]

CALLER_HZ, AGENT_HZ = 440, 660


def enters(**options: object) -> Script:
    """The caller with these options, the agent without any."""
    return lambda stage: [room(stage.room, **({} if stage.asks_agent else options))]


def goes_to_the_agent(**options: object) -> Script:
    """The agent is in a room, and the caller transfers itself there."""

    def transfer(stage: Stage) -> dict[str, Any]:
        there = stage.hooks[-1].fields["conversation_uuid_to"]
        return {"action": "transfer", "conversationId": there, **options}

    return lambda stage: [room(stage.room) if stage.asks_agent else transfer(stage)]


BOTH_CALL: Step = then(agent_calls, told("/event", conversation_uuid_to=...), caller_calls)

SCENES = (
    Scene(
        "two who enter one conversation hear each other",
        (
            *("conversation", "conversation.name"),
            *("webhook transfer.conversation_uuid_from", "webhook transfer.conversation_uuid_to"),
            *("webhook transfer.uuid", "webhook transfer.timestamp"),
        ),
        enters(),
        (
            told("/event", conversation_uuid_from=..., conversation_uuid_to=..., uuid=..., timestamp=...),
            hears_tone(AGENT_HZ),
            agent_hears_tone(CALLER_HZ),
        ),
        begins=BOTH_CALL,
    ),
    Scene(
        "who enters muted hears and is not heard",
        ("conversation.mute",),
        enters(mute=True),
        (hears_tone(AGENT_HZ, steady_s=1.5), agent_never_hears_tone(CALLER_HZ)),
        begins=BOTH_CALL,
    ),
    Scene(
        "a conversation is recorded, and its own URL told",
        ("conversation.record", "conversation.eventUrl", "conversation.eventMethod"),
        lambda stage: [room(stage.room, record=True, eventUrl=stage.at("/recorded"), eventMethod="GET")],
        (
            hears_tone(AGENT_HZ, steady_s=1.0),
            agent_hears_tone(CALLER_HZ),
            hangs_up,
            agent_hangs_up,
            recorded("/recorded", {CALLER_HZ, AGENT_HZ}, method="GET", format="MP3"),
        ),
        begins=BOTH_CALL,
    ),
    Scene(
        "what is said in a conversation is written down",
        tuple(
            f"conversation.transcription{more}"
            for more in ("", ".language", ".eventUrl", ".eventMethod", ".sentimentAnalysis")
        ),
        lambda stage: [
            room(
                stage.room,
                record=True,
                transcription={
                    "language": "en-GB",
                    "eventUrl": stage.at("/written"),
                    "eventMethod": "GET",
                    "sentimentAnalysis": True,
                },
            )
        ],
        (
            says("The train leaves at noon."),
            has_spoken,
            hangs_up,
            written("/written", "noon", method="GET"),
        ),
        quiet=True,
    ),
    Scene(
        "a transfer leads to a conversation that is there",
        ("transfer", "transfer.conversationId"),
        goes_to_the_agent(),
        (hears_tone(AGENT_HZ), agent_hears_tone(CALLER_HZ)),
        begins=BOTH_CALL,
    ),
    Scene(
        "who is transferred muted hears and is not heard",
        ("transfer.mute",),
        goes_to_the_agent(mute=True),
        (hears_tone(AGENT_HZ, steady_s=1.5), agent_never_hears_tone(CALLER_HZ)),
        begins=BOTH_CALL,
    ),
    Scene(
        "who may speak to nobody hears and is not heard",
        ("transfer.canSpeak",),
        goes_to_the_agent(canSpeak=[]),
        (hears_tone(AGENT_HZ, steady_s=1.5), agent_never_hears_tone(CALLER_HZ)),
        begins=BOTH_CALL,
    ),
    Scene(
        "who may hear nobody is heard and does not hear",
        ("transfer.canHear",),
        goes_to_the_agent(canHear=[]),
        (agent_hears_tone(CALLER_HZ, steady_s=1.5), never_hears_tone(AGENT_HZ)),
        begins=BOTH_CALL,
    ),
)


@by_name(SCENES)
async def test_scene(played: dict[str, asyncio.Task[None]], scene: str) -> None:
    await played[scene]
