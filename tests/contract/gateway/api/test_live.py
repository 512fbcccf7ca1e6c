"""Events as they happen."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from gateway.api import live
from gateway.errors import Unavailable
from gateway.store.records import EventRecord
from tests.support.api import APPLICATION, NEIGHBOUR, Api, key_pair
from tests.support.party import Party

pytestmark = pytest.mark.contract

STREAM = {"Accept": "text/event-stream"}


def _headers(api: Api) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.token()}", **STREAM}


async def _message(response: aiohttp.ClientResponse) -> dict[str, str]:
    """The fields of the next message; comments are passed over."""
    fields: dict[str, str] = {}
    async for raw in response.content:
        line = raw.decode().rstrip("\n")
        name, _, value = line.partition(": ")
        if name:
            fields[name] = value
        elif fields:
            return fields
    raise AssertionError("the stream ended")


async def _event(response: aiohttp.ClientResponse) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((await _message(response))["data"])
    return event


async def _conversation(api: Api) -> str:
    return str((await api.expect(201, "POST", "/v1/conversations", {}))["id"])


async def _say(api: Api, conversation: str, text: str) -> dict[str, Any]:
    event = {"type": "custom:note", "body": {"text": text}}
    posted: dict[str, Any] = await api.expect(201, "POST", f"/v1/conversations/{conversation}/events", event)
    return posted


async def test_a_conversation_is_followed(api: Api) -> None:
    conversation, other = await _conversation(api), await _conversation(api)
    path = f"/v1/conversations/{conversation}/events"
    async with api.client.get(path, headers=_headers(api)) as response:
        assert (response.status, response.content_type) == (200, "text/event-stream")
        await _say(api, other, "not here")
        posted = await _say(api, conversation, "here")
        message = await _message(response)
        assert json.loads(message["data"]) == {"conversation_id": conversation, **posted}
        assert message["id"] == str(posted["id"])


@pytest.mark.endpoint("GET /v1/events")
async def test_an_application_is_followed_and_no_other(api: Api) -> None:
    foreign = await api.expect(201, "POST", "/v1/conversations", {}, token=api.token(NEIGHBOUR))
    event = {"type": "custom:note", "body": {}}
    async with api.client.get("/v1/events", headers=_headers(api)) as response:
        await api.expect(
            201, "POST", f"/v1/conversations/{foreign['id']}/events", event, token=api.token(NEIGHBOUR)
        )
        conversation = await _conversation(api)
        posted = await _say(api, conversation, "mine")
        seen = await _event(response)
        while seen["type"] != "custom:note":
            seen = await _event(response)
        assert (seen["conversation_id"], seen["id"]) == (conversation, posted["id"])


async def test_a_foreign_conversation_cannot_be_followed(api: Api) -> None:
    conversation = await _conversation(api)
    await api.expect(
        404, "GET", f"/v1/conversations/{conversation}/events", headers=STREAM, token=api.token(NEIGHBOUR)
    )


async def test_all_events_are_there_as_a_stream_only(api: Api) -> None:
    body = await api.expect(406, "GET", "/v1/events")
    assert body["title"] == "Not Acceptable."
    await api.expect(201, "POST", "/v1/users", {"name": "alice"})
    token = api.token(sub="alice", acl={"paths": {"/**": {}}})
    await api.expect(403, "GET", "/v1/events", headers=STREAM, token=token)


async def test_silence_is_filled(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "KEEP_ALIVE_S", 0.01)
    async with api.client.get("/v1/events", headers=_headers(api)) as response:
        assert await response.content.readline() == b": following\n"
        assert await response.content.readline() == b"\n"
        assert await response.content.readline() == b": still here\n"


async def test_streams_are_bounded_and_end_with_their_clients(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MAX_STREAMS", 1)
    monkeypatch.setattr(live, "KEEP_ALIVE_S", 0.01)
    async with api.client.get("/v1/events", headers=_headers(api)) as response:
        assert response.status == 200
        await api.expect(503, "GET", "/v1/events", headers=STREAM)
        response.close()
    app = api.client.app
    assert app is not None
    for _ in range(500):
        if not app[live.STREAMS]:
            break
        await api.expect(200, "GET", "/v1/users")
    async with api.client.get("/v1/events", headers=_headers(api)) as response:
        assert response.status == 200


async def test_a_server_that_stops_ends_its_streams(api: Api) -> None:
    async with api.client.get("/v1/events", headers=_headers(api)) as response:
        await api.client.server.close()
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()


async def test_a_follower_that_is_cut_off_sees_the_end(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def too_slow(*_: object) -> AsyncIterator[EventRecord]:
        nothing: list[EventRecord] = []
        for event in nothing:
            yield event
        raise Unavailable("read faster")

    monkeypatch.setattr(api.services.conversations, "follow", too_slow)
    async with api.client.get("/v1/events", headers=_headers(api)) as response:
        assert await response.read() == b": following\n\n"


async def test_who_follows_sees_no_secrets_of_a_new_conversation(api: Api) -> None:
    callback = {"url": "http://shop.example/events"}
    sip = {"type": "sip", "uri": "sip:a@shop.example", "username": "a", "password": "only ours"}
    async with api.client.get("/v1/events", headers=_headers(api)) as response:
        await api.expect(201, "POST", "/v1/conversations", {"callback": callback, "numbers": [sip]})
        event = await _event(response)
    assert event["type"] == "conversation:created"
    assert not {"callback", "numbers"} & event["body"].keys()


# The right to follow ends


async def _follow_as(api: Api, name: str, path: str) -> aiohttp.ClientResponse:
    token = api.token(sub=name, acl={"paths": {"/**": {}}})
    headers = {"Authorization": f"Bearer {token}", **STREAM}
    response = await api.client.get(path, headers=headers)
    assert await response.content.readline() == b": following\n"
    return response


def _types(stream: bytes) -> list[str]:
    lines = stream.decode().splitlines()
    return [json.loads(line.removeprefix("data: "))["type"] for line in lines if line.startswith("data: ")]


@pytest.mark.parametrize("by_deleting", [False, True])
async def test_who_has_left_is_told_so_and_nothing_more(party: Party, by_deleting: bool) -> None:
    api, room = party.api, party.room
    async with await _follow_as(api, "alice", f"/v1/conversations/{room}/events") as stream:
        await _say(api, room, "one")
        await party.send("alice", "DELETE", f"/v1/conversations/{room}/members/{party.members['bob']}")
        await _say(api, room, "two")
        if by_deleting:
            await api.expect(204, "DELETE", f"/v1/users/{party.users['alice']}")
        else:
            await api.expect(204, "DELETE", f"/v1/conversations/{room}/members/{party.members['alice']}")
        await _say(api, room, "three")
        told = _types(await stream.read())
    assert told == ["custom:note", "member:left", "custom:note", "member:left"]


async def _rotate(api: Api) -> None:
    body = {"name": "rotated", "keys": {"public_key": key_pair("rotated")[1]}}
    assert (await api.basic("PUT", f"/v2/applications/{APPLICATION}", body))[0] == 200


async def _delete(api: Api) -> None:
    await api.store.delete_application(APPLICATION)


async def _expire(api: Api) -> None:
    api.clock.advance(900)


@pytest.mark.parametrize("end", [_rotate, _delete, _expire])
async def test_a_token_that_is_good_no_more_follows_no_more(
    api: Api, monkeypatch: pytest.MonkeyPatch, end: Callable[[Api], Awaitable[None]]
) -> None:
    monkeypatch.setattr(live, "KEEP_ALIVE_S", 0.01)
    async with api.client.get("/v1/events", headers=_headers(api)) as stream:
        assert await stream.content.readline() == b": following\n"
        await end(api)
        async with asyncio.timeout(30):
            await stream.read()


async def test_nothing_is_told_to_a_token_that_has_expired(party: Party) -> None:
    path = f"/v1/conversations/{party.room}/events"
    async with await _follow_as(party.api, "alice", path) as stream:
        party.api.clock.advance(900)
        await _say(party.api, party.room, "late")
        assert _types(await stream.read()) == []
