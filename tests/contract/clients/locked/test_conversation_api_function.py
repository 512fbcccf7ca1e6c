"""npm `conversation-api-function` 0.0.15 with its own template: a server that consumes RTC event webhooks."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from gateway.demo.hearing import is_speech_like, read_wav
from gateway.demo.phone import Phone, PhoneSettings
from tests.support.clients import TIMEOUT_S, Terminal, end, modules
from tests.support.customer import Customer
from tests.support.gateway import API_KEY, API_SECRET
from tests.support.ports import free_ports
from tests.support.waiting import LIMIT_S

CLIENT = "conversation-api-function"
pytestmark = [pytest.mark.contract, pytest.mark.asyncio(loop_scope="module")]
endpoint = pytest.mark.endpoint

WEBHOOK_S = 15.0


class Function:
    """The running server: what it serves and what it logs."""

    def __init__(self, url: str, number: str, output: asyncio.StreamReader) -> None:
        self.url = url
        self.number = number
        self._output = output

    async def logged(self, text: str, *, within_s: float = TIMEOUT_S) -> dict[str, Any]:
        """The next line of its log with this text in its message; earlier ones are dropped."""
        seen = []
        try:
            async with asyncio.timeout(within_s):
                while line := await self._output.readline():
                    seen.append(line.decode(errors="replace"))
                    if line.startswith(b"{"):
                        entry: dict[str, Any] = json.loads(line)
                        if text in entry["msg"]:
                            return entry
        except TimeoutError:
            pass
        raise AssertionError(f"it does not log {text!r}, but:\n" + "".join(seen))

    async def react(self, path: str, **event: object) -> dict[str, Any]:
        """What it logs about its answered request for this path when it is told of this event."""
        hook = f"{self.url}/webhook/rtcEvent"
        async with aiohttp.ClientSession() as session, session.post(hook, json=event) as response:
            assert response.status == 200
        while True:
            entry = await self.logged("CSClient ", within_s=WEBHOOK_S)
            if entry["request"]["url"].endswith(path) and "request" not in entry["msg"]:
                return entry

    async def event(self, conversation: str, type_: str) -> dict[str, Any]:
        """The next webhook that it receives about an event of this type in the conversation."""
        while True:
            entry = await self.logged("Webhook Event for rtcEvent Received", within_s=WEBHOOK_S)
            body: dict[str, Any] = entry["body"]
            if (body.get("conversation_id"), body["type"]) == (conversation, type_):
                return body


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def function(terminal: Terminal, customer: Customer) -> AsyncIterator[Function]:
    package = modules(CLIENT) / CLIENT
    number = await customer.gateway.number_for(customer.app)
    port = free_ports(1)[0]
    url = f"http://127.0.0.1:{port}"
    environ = {
        "CONV_API_FUNC_API_KEY": API_KEY,
        "CONV_API_FUNC_API_SECRET": API_SECRET,
        "CONV_API_FUNC_APPLICATION_ID": customer.app.id,
        "CONV_API_FUNC_APPLICATION_NAME": "function",
        "CONV_API_FUNC_PHONE_NUMBER": number,
        "CONV_API_FUNC_PORT": str(port),
        "CONV_API_FUNC_PRIVATE_KEY": customer.app.private_key,
        "CONV_API_FUNC_SERVER_URL": url,
    }
    there = Terminal(terminal.directory, {**terminal.environ, **environ}, terminal.hosts)
    script = package / "bin" / "conversation-api-function.js"
    process = await there.start("node", str(script), "run", str(package / "template"))
    assert process.stdout is not None
    running = Function(url, number, process.stdout)
    try:
        await running.logged("Example app listening")
        yield running
    finally:
        await end(process)


@endpoint("PUT /v2/applications/{id}", "POST /number/update")
async def test_it_registers_itself(function: Function, customer: Customer) -> None:
    application = await customer.of_account(f"/v2/applications/{customer.app.id}")
    assert application["name"] == "function"
    hook = {"address": f"{function.url}/webhook/rtcEvent", "http_method": "POST"}
    assert application["capabilities"]["rtc"]["webhooks"]["event_url"] == hook
    numbers = await customer.of_account(f"/account/numbers?application_id={customer.app.id}")
    assert [number["msisdn"] for number in numbers["numbers"]] == [function.number]


@endpoint("JWT", "POST /v0.3/conversations")
async def test_it_makes_a_conversation_for_who_knocks(function: Function, customer: Customer) -> None:
    """Its token has fractions of seconds in `iat` and `nbf`, and a number as its `jti`."""
    user = await customer.make("/v1/users")
    app = {"type": "app", "id": "c0ffee00-0000-4000-8000-000000000000"}
    knock = {"channel": {**app, "from": app, "to": app}, "user": {"id": user}}
    made = await function.react(
        "/v0.3/conversations", type="app:knocking", **{"from": "knocker:1"}, body=knock
    )
    assert made["status"] == 201
    assert (await customer.shown(f"/v1/conversations/{made['data']['id']}"))["state"] == "ACTIVE"


@endpoint("PUT /v0.1/legs/{id}")
async def test_it_hangs_up_when_all_is_said(function: Function, customer: Customer) -> None:
    nobody = {"type": "sip", "uri": "sip:nobody@127.0.0.1:9"}
    call = {"to": [nobody], "from": {"type": "phone", "number": function.number}}
    ncco = [{"action": "talk", "text": "hello"}]
    uuid = await customer.place(**call, ncco=ncco)
    said = {"type": "audio:say:done", "body": {"channel": {"id": uuid}}}
    assert (await function.react(f"/v0.1/legs/{uuid}", **said)).get("status") in {200, 204}


@endpoint("POST /v0.3/conversations/{id}/members", "POST /v0.3/legs/{id}/talk", "RTC event webhook")
async def test_it_lets_who_calls_in_speaks_and_hangs_up(
    function: Function, customer: Customer, directory: Path
) -> None:
    """Its template does what it was made for: app:knocking, member:media and audio:say:done drive a call."""
    settings = PhoneSettings(name="447700000301", directory=directory / "phones")
    async with await Phone.start(settings) as phone:
        await phone.call(customer.gateway.sip_uri(function.number))
        await phone.wait("established", timeout=LIMIT_S)
        await phone.wait("closed", timeout=LIMIT_S)
        assert is_speech_like(read_wav(phone.heard)[0])


@endpoint("RTC event webhook")
async def test_it_receives_the_events_of_a_conversation(function: Function, customer: Customer) -> None:
    user = await customer.make("/v1/users", name="alice")
    conversation, member = await customer.room(user)
    joined = await function.event(conversation, "member:joined")
    assert (joined["id"], joined["from"], joined["body"]["user"]["id"]) == (1, member, user)
    assert joined["application_id"] == customer.app.id
    text = {"type": "text", "from": member, "body": {"text": "hello"}}
    await customer.make(f"/v0.3/conversations/{conversation}/events", **text)
    received = await function.event(conversation, "text")
    assert {name: received[name] for name in text} == text
    assert received["id"] == 2
