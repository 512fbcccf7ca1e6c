"""What tokens of users may see and do: legs, calls and files."""

from typing import Any

import msgspec
import pytest

from gateway.store.records import Batch, MediaRecord
from tests.support import records
from tests.support.api import API_KEY, APPLICATION
from tests.support.party import Party

pytestmark = pytest.mark.contract


@pytest.fixture
async def called(party: Party) -> Party:
    """Legs of nobody in particular: one in the room, one elsewhere; and one elsewhere that is bob's."""
    places = {"leg-here": (party.room, "USR-x"), "leg-there": ("CON-x", "USR-x")}
    places["leg-bob"] = ("CON-x", party.users["bob"])
    legs = [
        msgspec.structs.replace(
            records.leg(id_, application_id=APPLICATION), conversation_id=conversation, user_id=user
        )
        for id_, (conversation, user) in places.items()
    ]
    recordings = [
        msgspec.structs.replace(
            records.recording(id_, records.CREATED),
            application_id=APPLICATION,
            conversation_id=conversation,
            path=f"recordings/{id_}.wav",
        )
        for id_, conversation in (("rec-here", party.room), ("rec-there", "CON-x"))
    ]
    for recording in recordings:
        (party.api.directory / recording.path).write_bytes(b"sound")
    files = [
        MediaRecord(
            id=recording.id,
            account=API_KEY,
            application_id=APPLICATION,
            path=recording.path,
            name="call.wav",
            mime_type="audio/wav",
            size=5,
            created=records.CREATED,
            updated=records.CREATED,
        )
        for recording in recordings
    ]
    party.api.calls.done.clear()
    await party.api.store.commit(Batch(legs=legs, recordings=recordings, media=files))
    return party


LEGS = ("leg-here", "leg-there", "leg-bob")
SEEN = {"alice": {"leg-here"}, "bob": {"leg-bob"}, "carol": set[str](), "dave": set[str]()}
"""Who has joined sees the legs of the conversation; everybody sees their own."""
STEERING: tuple[tuple[str, str, Any, int], ...] = (
    ("GET", "/v0.3/legs/{leg}", None, 200),
    ("GET", "/v1/calls/{leg}", None, 200),
    ("PUT", "/v0.3/legs/{leg}", {"action": "mute"}, 204),
    ("PUT", "/beta/legs/{leg}", {"action": "hangup"}, 200),
    ("POST", "/v0.3/legs/{leg}/talk", {"text": "hi"}, 200),
    ("DELETE", "/v0.3/legs/{leg}/talk", None, 204),
    ("POST", "/v0.3/legs/{leg}/stream", {"stream_url": ["https://a.example/a.mp3"]}, 200),
    ("POST", "/v0.3/legs/{leg}/dtmf", {"digits": "1"}, 200),
    ("POST", "/v0.3/legs/{leg}/recording", {}, 200),
    ("DELETE", "/v0.3/legs/{leg}/recording", None, 204),
    ("DELETE", "/v0.3/legs/{leg}", None, 204),
)


@pytest.mark.parametrize(("method", "path", "body", "status"), STEERING)
async def test_a_user_steers_the_legs_that_are_theirs_to_see(
    called: Party, method: str, path: str, body: object, status: int
) -> None:
    for name, seen in SEEN.items():
        for leg in LEGS:
            done = len(called.api.calls.done) + len(called.api.studio.done)
            answered, _ = await called.send(name, method, path.replace("{leg}", leg), body)
            assert answered == (status if leg in seen else 404), (name, leg)
            did = len(called.api.calls.done) + len(called.api.studio.done) - done
            assert did == (leg in seen and method != "GET"), (name, leg)


@pytest.mark.parametrize("path", ["/v0.3/legs", "/v1/legs", "/beta/legs", "/v1/calls"])
async def test_lists_show_a_user_only_those_legs(called: Party, path: str) -> None:
    rows = path.rpartition("/")[2]
    for name, seen in SEEN.items():
        status, page = await called.send(name, "GET", path)
        assert (status, {row.get("uuid") or row["id"] for row in page["_embedded"][rows]}) == (200, seen)
        status, page = await called.send(name, "GET", f"{path}?page_size=1")
        assert page.get("count", len(seen)) == len(seen)
    everything = await called.api.expect(200, "GET", path)
    assert len(everything["_embedded"][rows]) == len(LEGS)


async def test_legs_are_out_of_sight_with_the_conversation(called: Party) -> None:
    assert (await called.send("alice", "GET", "/v0.3/legs/leg-here"))[0] == 200
    await called.api.expect(
        204, "DELETE", f"/v1/conversations/{called.room}/members/{called.members['alice']}"
    )
    assert (await called.send("alice", "GET", "/v0.3/legs/leg-here"))[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/calls", {"to": [{"type": "phone", "number": "447700900009"}], "ncco": []}),
        ("PUT", "/v1/calls/leg-here", {"action": "hangup"}),
        ("PUT", "/v1/calls/leg-here/talk", {"text": "hi"}),
        ("DELETE", "/v1/calls/leg-here/talk", None),
        ("PUT", "/v1/calls/leg-here/stream", {"stream_url": ["https://a.example/a.mp3"]}),
        ("DELETE", "/v1/calls/leg-here/stream", None),
        ("PUT", "/v1/calls/leg-here/dtmf", {"digits": "1"}),
        ("PUT", "/v1/calls/leg-here/input/dtmf", {"event_url": ["https://a.example"]}),
        ("DELETE", "/v1/calls/leg-here/input/dtmf", None),
        ("GET", "/v3/media", None),
        ("GET", "/v3/media/rec-here/info", None),
        ("PUT", "/v3/media/rec-here/info", {"public": True}),
        ("DELETE", "/v3/media/rec-here", None),
    ],
)
async def test_calls_and_the_files_of_the_application_are_for_admins(
    called: Party, method: str, path: str, body: object
) -> None:
    assert (await called.send("alice", method, path, body))[0] == 403
    assert called.api.calls.created == []
    assert called.api.calls.done == called.api.studio.done == []


@pytest.mark.parametrize("path", ["/v1/files", "/v3/media"])
async def test_recordings_are_for_who_was_ever_there(called: Party, path: str) -> None:
    for name, file, status in (
        ("alice", "rec-here", 200),
        ("bob", "rec-here", 200),
        ("dave", "rec-here", 200),
        ("carol", "rec-here", 404),
        ("alice", "rec-there", 404),
        ("alice", "rec-none", 404),
    ):
        headers = {"Authorization": f"Bearer {called.token(name)}"}
        async with called.api.client.get(f"{path}/{file}", headers=headers) as response:
            assert response.status == status, (name, file)


async def test_what_is_public_is_so_for_users_too(called: Party) -> None:
    record = await called.api.store.medium("rec-there")
    assert record is not None
    await called.api.store.save_media(msgspec.structs.replace(record, public=True))
    headers = {"Authorization": f"Bearer {called.token('carol')}"}
    async with called.api.client.get("/v3/media/rec-there", headers=headers) as response:
        assert response.status == 200
