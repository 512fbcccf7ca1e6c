"""Calls with baresip: it calls in, it is called, keys go both ways, three of them share a conversation."""

import asyncio
from pathlib import Path

import pytest

from gateway.demo.hearing import is_speech_like, read_wav
from gateway.demo.phone import Phone
from tests.conftest import StartGateway, StartPhone
from tests.support.caller import Caller
from tests.support.gateway import trunk_to
from tests.support.hearing import (
    assert_all_hear_each_other,
    assert_does_not_hear,
    assert_hears,
    heard_matrix,
)
from tests.support.line import Line, connect_sip, room, talk
from tests.support.spoken import write_spoken
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.interop


@pytest.fixture
async def line(start_gateway: StartGateway, webhooks: WebhookApp) -> Line:
    return await Line.rent(await start_gateway(), webhooks)


@pytest.mark.row(
    "input",
    "input.type",
    "input.dtmf.maxDigits",
    "input.eventUrl",
    "webhook input.dtmf.digits",
    "webhook answer.from",
    "webhook answer.to",
)
async def test_a_caller_hears_the_menu_and_presses_digits(line: Line, start_phone: StartPhone) -> None:
    webhooks = line.webhooks
    webhooks.answer(
        talk(bargeIn=True),
        {
            "action": "input",
            "type": ["dtmf"],
            "dtmf": {"maxDigits": 2, "timeOut": 10},
            "eventUrl": [f"{webhooks.url}/input"],
        },
        talk("This must not be said, because the input's answer replaces it."),
    )
    webhooks.on("/input", lambda _: [talk("Thank you, good bye.")])
    anna = await start_phone("447700000001", 440)
    await anna.call(line.uri)

    answer = await webhooks.wait("/answer")
    await anna.wait("established")
    await until_speech_is_heard(anna)
    await anna.dtmf("42")
    pressed = await webhooks.wait("/input")
    await anna.wait("closed", timeout=20)
    completed = await webhooks.wait(status="completed")

    assert answer.method == "GET"
    assert (answer.fields["from"], answer.fields["to"]) == ("447700000001", line.number)
    assert pressed.fields["dtmf"] == {"digits": "42", "timed_out": False}
    assert pressed.fields["uuid"] == answer.fields["uuid"]
    assert pressed.fields["conversation_uuid"] == answer.fields["conversation_uuid"]
    assert completed.fields["disconnected_by"] == "platform"
    assert webhooks.statuses(answer.fields["uuid"]) == ["started", "ringing", "answered", "completed"]


async def until_speech_is_heard(phone: Phone) -> None:
    """Speech takes a moment to be made, longer on a machine that is busy."""
    for _ in range(40):
        if is_speech_like(read_wav(phone.heard)[0]):
            return
        await asyncio.sleep(0.5)
    pytest.fail(f"{phone.name} hears no speech")


@pytest.mark.row("connect", "connect.endpoint[sip]", "connect.endpoint[sip].uri")
async def test_a_phone_is_called_and_talks_with_the_caller(line: Line, start_phone: StartPhone) -> None:
    anna = await start_phone("447700000001", 440)
    ben = await start_phone("ben", 660)
    line.webhooks.answer(connect_sip(ben.uri))
    await anna.call(line.uri)
    await ben.wait("established")
    await anna.wait("established")
    await asyncio.sleep(3)
    await ben.hang_up()
    await anna.wait("closed")
    await line.webhooks.wait(status="completed")
    await line.webhooks.wait(status="completed")

    table = heard_matrix({"anna": anna.heard, "ben": ben.heard}, {"anna": 440, "ben": 660})
    assert_all_hear_each_other(table, ("anna", "ben"))


async def test_the_call_of_an_application_that_is_deleted_ends(line: Line, start_phone: StartPhone) -> None:
    line.webhooks.answer(room())
    anna = await start_phone("447700000001", 440)
    await anna.call(line.uri)
    await anna.wait("established")
    answered = await line.webhooks.wait("/event", status="answered")
    await line.gateway.rest.expect(204, "DELETE", f"/v2/applications/{line.app.id}")
    await anna.wait("closed")
    await line.webhooks.wait("/event", status="completed")
    uuid = answered.fields["uuid"]
    assert (await line.gateway.rest.request("GET", f"/v1/calls/{uuid}", app=line.app)).status == 401
    redact = {"id": uuid, "product": "voice", "type": "inbound"}
    await line.gateway.rest.expect(204, "POST", "/v1/redact/transaction", body=redact)


@pytest.mark.row("POST /v1/calls to", "POST /v1/calls ncco")
async def test_keys_are_pressed_for_whoever_answers(
    start_gateway: StartGateway, webhooks: WebhookApp, start_phone: StartPhone
) -> None:
    ben = await start_phone("447700900003", 660)
    line = await Line.rent(await start_gateway(trunks=[trunk_to(ben.port, "4477009")]), webhooks)
    phone = {"type": "phone", "number": "447700900003", "dtmfAnswer": "12#"}
    created = await line.create_call(phone, talk(), talk("Good bye."))

    for digit in "12#":
        await ben.wait("dtmf", text=digit)
    await ben.wait("closed", timeout=30)
    await webhooks.wait(status="completed", uuid=created["uuid"])
    assert is_speech_like(read_wav(ben.heard)[0])


@pytest.mark.row("conversation", "conversation.name")
async def test_three_phones_share_a_named_conversation(line: Line, start_phone: StartPhone) -> None:
    line.webhooks.answer(room())
    tones = {"447700000101": 440, "447700000102": 660, "447700000103": 880}
    phones = [await start_phone(name, hertz) for name, hertz in tones.items()]
    for phone in phones:
        await phone.call(line.uri)
        await phone.wait("established")
    await asyncio.sleep(4)
    for phone in phones:
        await phone.hang_up()
        await line.webhooks.wait("/event", {"from": phone.name}, status="completed")

    table = heard_matrix({phone.name: phone.heard for phone in phones}, tones, steady_s=2.0)
    assert_all_hear_each_other(table, tones)


@pytest.mark.row("conversation.mute")
async def test_a_muted_member_is_not_heard_but_hears(line: Line, start_phone: StartPhone) -> None:
    line.webhooks.on("/answer", lambda hook: [room(mute=hook.fields["from"] == "447700000102")])
    anna = await start_phone("447700000101", 440)
    ben = await start_phone("447700000102", 660)
    for phone in (anna, ben):
        await phone.call(line.uri)
        await phone.wait("established")
    await asyncio.sleep(4)
    for phone in (anna, ben):
        await phone.hang_up()
        await line.webhooks.wait("/event", {"from": phone.name}, status="completed")

    table = heard_matrix({"anna": anna.heard, "ben": ben.heard}, {"anna": 440, "ben": 660}, steady_s=2.0)
    assert_hears(table, "ben", "anna")
    assert_does_not_hear(table, "anna", "ben")


async def test_a_stranger_with_a_password_may_call(
    start_gateway: StartGateway, webhooks: WebhookApp, start_phone: StartPhone
) -> None:
    sip = {"trusted": [], "users": [{"username": "carol", "password": "swordfish"}]}
    line = await Line.rent(await start_gateway(sip=sip), webhooks)
    webhooks.answer(room())
    carol = await start_phone("carol", password="swordfish")
    await carol.call(line.uri)
    await carol.wait("established")
    mallory = await start_phone("mallory", password="guessed")
    await mallory.call(line.uri)

    assert (await mallory.wait("closed")).text.startswith(("401", "403"))
    assert [hook.fields["from"] for hook in webhooks.hooks if hook.path == "/answer"] == ["carol"]


async def test_what_a_phone_says_is_understood_at_the_other_end(
    line: Line, start_phone: StartPhone, tmp_path: Path
) -> None:
    anna, ben = await start_phone("447700000061"), await start_phone("447700000062")
    line.webhooks.answer(room("words"))
    listening = Caller(ben)
    for phone in (anna, ben):
        await phone.call(line.uri)
        await phone.wait("established")
    await anna.say(write_spoken(tmp_path / "words.wav", "The train leaves at noon."))
    await anna.wait("said", timeout=20)
    await listening.hears("noon")
    assert "train leaves" in await listening.words_so_far()
