"""The requests whose answers are compared with what was published: a short life of every resource."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import aiohttp
import msgspec

from gateway.api.versions import Version
from gateway.reports import service
from gateway.store.records import Batch, LegRecord
from tests.support import records
from tests.support.api import API_KEY, API_SECRET, APPLICATION, Api, json_of

LEG = "00000000-0000-4000-8000-00000000000"
CHANNEL = {"type": "app"}
TALK = {"text": "hello", "language": "en-GB", "level": "0.5", "loop": 1}
STREAM = {"stream_url": ["https://example.test/hello.mp3"], "level": "0.5", "loop": 1}
WEBHOOK = {"address": "https://example.test/webhook", "http_method": "POST"}


@dataclass(frozen=True)
class Exchange:
    """A request and its answer."""

    endpoint: str
    status: int
    body: Any


@dataclass
class Script:
    """Sends requests and keeps what came back."""

    api: Api
    exchanges: list[Exchange] = field(default_factory=list)

    async def ask(self, method: str, path: str, body: object = None, **how: Any) -> Any:  # noqa: ANN401
        """The answer's body; `{name=value}` stands for a variable part of the path."""
        url = re.sub(r"{\w*=([^}]*)}", r"\1", path)
        status, answer = await self._send(method, url, body, **how)
        endpoint = f"{method} {re.sub(r'{[^}]*}', '{id}', path).partition('?')[0]}"
        self.exchanges.append(Exchange(endpoint, status, answer))
        return answer if isinstance(answer, dict) else {}

    async def _send(
        self,
        method: str,
        url: str,
        body: object = None,
        *,
        user: str | None = None,
        as_account: bool = False,
        form: dict[str, str] | aiohttp.FormData | None = None,
    ) -> tuple[int, Any]:
        if form is not None:
            async with self.api.client.request(
                method, url, data=form, headers={"Authorization": _basic()}
            ) as response:
                return response.status, await json_of(response)
        if as_account:
            return await self.api.basic(method, url, body)
        token = self.api.token(sub=user, acl={"paths": {"/**": {}}}) if user else None
        return await self.api.send(method, url, body, token=token)


def _basic() -> str:
    return aiohttp.encode_basic_auth(API_KEY, API_SECRET)


async def conversations(script: Script, version: Version, source: Version | None = None) -> None:
    """A version of the Conversation API; what a version for lists alone shows is made in `source`."""
    ask, at = script.ask, version.prefix
    made = Script(script.api) if source else script
    there = source or version
    user = await _user(made, there)
    other = await _user(made, there, "bob")
    room = await _room(made, there)
    member = await _join(made, there, room, user, "alice")
    guest = await _invite(made, there, room, other)
    event = await _post(made, there, room, member)
    for path in ("/users", "/conversations"):
        await ask("GET", f"{at}{path}")
        await ask("GET", f"{at}{path}?page_size=1&order=desc")
    for path in ("members", "events"):
        await ask("GET", f"{at}/conversations/{{id={room}}}/{path}")
    await ask("GET", f"{at}/users/{{id={user}}}/conversations")
    if version.lists_only:
        return
    for path in (f"users/{{id={user}}}", f"conversations/{{id={room}}}"):
        await ask("GET", f"{at}/{path}")
    for path in (f"members/{{id={member}}}", f"events/{{id={event}}}"):
        await ask("GET", f"{at}/conversations/{{id={room}}}/{path}")
    await _change(script, version, user, room, guest)
    await _legs(script, version)
    await ask("DELETE", f"{at}/conversations/{{id={room}}}/events/{{id={event}}}")
    if version.actions:
        await ask("DELETE", f"{at}/conversations/{{id={room}}}/members/{{id={member}}}")
    else:
        await ask("GET", f"{at}/conversations/{{id={room}}}/members/me", user="alice")
        await ask("GET", f"{at}/users/{{id={user}}}/sessions")
        leave = {"state": "left", "reason": {"code": "1", "text": "tired"}}
        await ask("PATCH", f"{at}/conversations/{{id={room}}}/members/{{id={member}}}", leave)
    await ask("DELETE", f"{at}/users/{{id={user}}}")
    await ask("DELETE", f"{at}/conversations/{{id={room}}}")


async def _user(script: Script, version: Version, name: str = "alice") -> str:
    wanted = {"name": name, "display_name": name.title(), "image_url": "https://example.test/face.png"}
    return str((await script.ask("POST", f"{version.prefix}/users", wanted)).get("id"))


async def _room(script: Script, version: Version) -> str:
    wanted = {
        "name": "lounge",
        "display_name": "The lounge",
        "image_url": "https://example.test/lounge.png",
        "properties": {"ttl": 600, "type": "quick", "custom_data": {"colour": "red"}},
    }
    return str((await script.ask("POST", f"{version.prefix}/conversations", wanted)).get("id"))


async def _join(script: Script, version: Version, room: str, user: str, name: str) -> str:
    path = f"{version.prefix}/conversations/{{id={room}}}/members"
    if version.actions:
        wanted: dict[str, object] = {"action": "join", "user_id": user, "channel": CHANNEL}
    else:
        wanted = {"state": "joined", "user": {"id": user, "name": name}, "channel": CHANNEL}
    return str((await script.ask("POST", path, wanted)).get("id"))


async def _invite(script: Script, version: Version, room: str, user: str) -> str:
    path = f"{version.prefix}/conversations/{{id={room}}}/members"
    if version.actions:
        wanted: dict[str, object] = {"action": "invite", "user_id": user, "channel": CHANNEL}
    else:
        wanted = {"state": "invited", "user": {"id": user}, "channel": CHANNEL}
    return str((await script.ask("POST", path, wanted)).get("id"))


async def _post(script: Script, version: Version, room: str, member: str) -> str:
    path = f"{version.prefix}/conversations/{{id={room}}}/events"
    wanted = {"type": "message", "from": member, "body": {"message_type": "text", "text": "hello"}}
    return str((await script.ask("POST", path, wanted)).get("id"))


async def _change(script: Script, version: Version, user: str, room: str, guest: str) -> None:
    at = version.prefix
    await script.ask(
        "PUT", f"{at}/conversations/{{id={room}}}", {"name": "kitchen", "display_name": "Kitchen"}
    )
    verb = "PUT" if version.actions else "PATCH"
    await script.ask(verb, f"{at}/users/{{id={user}}}", {"display_name": "Alice the second"})
    if version.actions:
        join = {"action": "join", "channel": CHANNEL}
        await script.ask("PUT", f"{at}/conversations/{{id={room}}}/members/{{id={guest}}}", join)
    await script.ask("PUT", f"{at}/conversations/{{id={room}}}/record", {"action": "start"})


def _leg(number: int) -> LegRecord:
    leg = records.leg(f"{LEG}{number}", "answered", APPLICATION)
    return msgspec.structs.replace(leg, start_time=records.CREATED)


async def _legs(script: Script, version: Version) -> None:
    at = version.prefix
    await script.api.store.commit(Batch(legs=[_leg(1), _leg(2)]))
    await script.ask("GET", f"{at}/legs")
    leg = f"{at}/legs/{{id={LEG}1}}"
    await script.ask("GET", leg)
    await script.ask("PUT", leg, {"action": "mute"})
    for what, body in (("talk", TALK), ("stream", STREAM), ("recording", {"format": "mp3"})):
        await script.ask("POST", f"{leg}/{what}", body)
        await script.ask("DELETE", f"{leg}/{what}")
    await script.ask("POST", f"{leg}/dtmf", {"digits": "12"})
    await script.ask("DELETE", f"{at}/legs/{{id={LEG}2}}")


async def calls(script: Script) -> None:
    """The Voice API."""
    ask = script.ask
    wanted = {
        "to": [{"type": "phone", "number": "447700900002"}],
        "from": {"type": "phone", "number": "447700900001"},
        "ncco": [{"action": "talk", "text": "hello"}],
    }
    await ask("POST", "/v1/calls", wanted)
    over = msgspec.structs.replace(_leg(3), status="completed", reason="ok", end_time=records.CREATED)
    await script.api.store.commit(Batch(legs=[_leg(1), over]))
    await ask("GET", "/v1/calls")
    await ask("GET", f"/v1/calls/{{id={LEG}3}}")
    call = f"/v1/calls/{{id={LEG}1}}"
    await ask("GET", call)
    await ask("PUT", call, {"action": "mute"})
    for what, body in (("talk", TALK), ("stream", STREAM)):
        await ask("PUT", f"{call}/{what}", body)
        await ask("DELETE", f"{call}/{what}")
    await ask("PUT", f"{call}/dtmf", {"digits": "12"})


async def applications_v1(script: Script) -> None:
    """The first Application API."""
    wanted = {
        "name": "shop",
        "type": "voice",
        "answer_url": "https://example.test/answer",
        "event_url": "https://example.test/event",
    }
    made = await script.ask("POST", "/v1/applications", wanted, as_account=True)
    one = f"/v1/applications/{{id={made.get('id')}}}"
    await script.ask("GET", "/v1/applications", as_account=True)
    await script.ask("GET", one, as_account=True)
    await script.ask("PUT", one, {**wanted, "name": "stall"}, as_account=True)
    await script.ask("DELETE", one, as_account=True)


async def applications_v2(script: Script) -> None:
    """The Application API."""
    wanted = {
        "name": "shop",
        "capabilities": {
            "voice": {"webhooks": {"answer_url": {**WEBHOOK, "http_method": "GET"}, "event_url": WEBHOOK}},
            "rtc": {"webhooks": {"event_url": WEBHOOK}},
            "messages": {"webhooks": {"inbound_url": WEBHOOK, "status_url": WEBHOOK}},
            "vbc": {},
        },
    }
    made = await script.ask("POST", "/v2/applications", wanted, as_account=True)
    one = f"/v2/applications/{{id={made.get('id')}}}"
    await script.ask("GET", "/v2/applications", as_account=True)
    await script.ask("GET", one, as_account=True)
    await script.ask("PUT", one, {**wanted, "name": "stall"}, as_account=True)
    await script.ask("DELETE", one, as_account=True)


async def numbers(script: Script) -> None:
    """The Numbers API."""
    number = {"country": "GB", "msisdn": "447700900001"}
    await script.ask("GET", "/number/search?country=GB", as_account=True)
    await script.ask("POST", "/number/buy", form=number)
    update = {**number, "voiceCallbackType": "tel", "voiceCallbackValue": "447700900002"}
    await script.ask("POST", "/number/update", form={**update, "moHttpUrl": "https://example.test/mo"})
    await script.ask("GET", "/account/numbers", as_account=True)
    await script.ask("POST", "/number/cancel", form=number)


async def psip(script: Script) -> None:
    """The Programmable SIP API."""
    wanted = {"name": "bakery", "application_id": APPLICATION, "acl": ["192.0.2.0/24"], "tls": "always"}
    await script.ask("POST", "/v1/psip", wanted, as_account=True)
    await script.ask("GET", "/v1/psip/{id=bakery}", as_account=True)
    await script.ask("PUT", "/v1/psip/{id=bakery}", {**wanted, "srtp": "never"}, as_account=True)
    await script.ask("DELETE", "/v1/psip/{id=bakery}", as_account=True)


async def account(script: Script) -> None:
    """The Account API."""
    await script.ask("GET", "/account/get-balance", as_account=True)
    await script.ask("POST", "/account/top-up", form={"trx": "8ef2447e69604f642ae59363aa5f781b"})
    await script.ask("POST", "/account/settings", form={"moCallBackUrl": "https://example.test/mo"})
    secrets = f"/accounts/{{id={API_KEY}}}/secrets"
    made = await script.ask("POST", secrets, {"secret": "Sesame0penUp"}, as_account=True)
    await script.ask("GET", secrets, as_account=True)
    one = f"{secrets}/{{id={made.get('id')}}}"
    await script.ask("GET", one, as_account=True)
    await script.ask("DELETE", one, as_account=True)


async def media(script: Script) -> None:
    """The Media API."""
    upload = aiohttp.FormData({"title": "hello"})
    upload.add_field("filedata", b"hello", filename="hello.txt", content_type="text/plain")
    made = await script.ask("POST", "/v3/media", form=upload)
    one = f"/v3/media/{{id={made.get('id')}}}"
    await script.ask("GET", "/v3/media", as_account=True)
    await script.ask("GET", f"{one}/info", as_account=True)
    described = aiohttp.FormData({"title": "goodbye"}, default_to_multipart=True)
    await script.ask("PUT", f"{one}/info", form=described)
    await script.ask("DELETE", one, as_account=True)


async def reports(script: Script) -> None:
    """The Reports API, of a call that is over."""
    over = msgspec.structs.replace(_leg(3), status="completed", reason="ok", end_time=records.CREATED)
    await script.api.store.commit(Batch(legs=[over]))
    asked = {"account_id": API_KEY, "product": "VOICE-CALL", "direction": "inbound"}
    await script.ask("GET", f"/v2/reports/records?{urlencode(asked)}&id={LEG}3", as_account=True)
    made = await script.ask("POST", "/v2/reports", asked, as_account=True)
    one = f"/v2/reports/{{id={made.get('request_id')}}}"
    await script.ask("GET", f"/v2/reports?account_id={API_KEY}", as_account=True)
    await script.ask("GET", one, as_account=True)
    with patch.object(service, "pages", _stuck):
        made = await script.ask("POST", "/v2/reports", asked, as_account=True)
        report_id = made["request_id"]
        while (await script.api.reports.find(API_KEY, report_id)).status == "PENDING":  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        await script.ask("DELETE", f"/v2/reports/{{id={report_id}}}", as_account=True)


async def _stuck(*_: object) -> AsyncIterator[list[object]]:
    """A report that is not ready before it is cancelled."""
    await asyncio.Event().wait()
    yield []
