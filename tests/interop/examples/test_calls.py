"""The building blocks of calls, each as a command of its own, judged by the phone that is called."""

import json
from pathlib import Path

import pytest

from examples.tones import NOTES_HZ, melody
from tests.interop.examples.conftest import AGENT, Running, StartExample
from tests.support.caller import Caller
from tests.support.examples import learnt, settings_of
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="package")]


async def order(menu: Running, *words: str) -> dict[str, object]:
    """Run one command; what it prints."""
    return await learnt("calls.py", *words, FROM=menu.number, **settings_of(menu.customer))


@pytest.mark.row("POST /v1/calls answer_url", "PUT /v1/calls transfer")
async def test_a_call_with_an_answer_url_is_steered(
    start_example: StartExample, agent: Caller, tmp_path: Path
) -> None:
    menu = await start_example("call_menu.py")
    (tmp_path / "melody.wav").write_bytes(melody())
    created = await order(menu, "call", AGENT, f"{menu.url}/answer")
    uuid = str(created["uuid"])
    await agent.hears("digit")
    assert menu.number in agent.saw("ringing")[-1]
    assert (await order(menu, "get", uuid))["call"]["status"] == "answered"  # type: ignore[index]
    async with WebhookApp() as files:
        files.serve("/melody.wav", tmp_path / "melody.wav", "audio/wav")
        assert (await order(menu, "stream", uuid, f"{files.url}/melody.wav"))["message"] == "Stream started"
        await agent.hears_tone(NOTES_HZ[0])
        assert (await order(menu, "stop_stream", uuid))["message"] == "Stream stopped"
        await order(menu, "follow_digits", uuid, f"{files.url}/digits")
        await order(menu, "dtmf", uuid, "12")
        assert [(await agent.phone.wait("dtmf")).text for _ in "12"] == ["1", "2"]
        await agent.phone.dtmf("9")
        assert (await files.wait("/digits")).fields["dtmf"]["digits"] == "9"
        await order(menu, "unfollow_digits", uuid)
    await order(menu, "tell", uuid, "You have been transferred to somewhere else entirely.")
    await agent.hears("transferred", "somewhere")
    await agent.phone.wait("closed")
    await until(lambda: any("completed" in line for line in menu.example.printed), "the end is told")


@pytest.mark.row("PUT /v1/calls hangup")
async def test_a_call_with_an_ncco_is_muted_spoken_to_and_hung_up(
    start_example: StartExample, agent: Caller
) -> None:
    menu = await start_example("call_menu.py")
    long = "<speak>One moment please." + "<break time='10s'/>Still here." * 5 + "</speak>"
    uuid = str((await order(menu, "say", AGENT, long))["uuid"])
    await agent.hears("moment")
    for action in ("mute", "unmute", "earmuff", "unearmuff"):
        await order(menu, action, uuid)
    told = await order(menu, "talk", uuid, "The weather will be sunny tomorrow.")
    assert told["message"] == "Talk started"
    await agent.hears("tomorrow")
    assert (await order(menu, "stop_talk", uuid))["message"] == "Talk stopped"
    await order(menu, "hangup", uuid)
    await agent.phone.wait("closed")
    listed = await order(menu, "list")
    assert json.dumps(listed["count"]) == "1"
