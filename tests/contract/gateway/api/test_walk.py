"""Random walks of two applications and their users through the Conversation API, over HTTP.

Whatever they do: no application sees the other's, numbers have no gaps, a list that is read page by page
while rows are added shows each row once, everybody who joined has left in the end, and the log tells what the
rows tell.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.conversation.projections import Conversation, replay
from gateway.store.queries import MAX_PAGE, LegFilter, Window
from gateway.store.records import EventRecord, MemberRecord
from tests.support.api import APPLICATION, NEIGHBOUR, Api, path_of
from tests.support.switchboard import state

pytestmark = pytest.mark.contract

MAX_EXAMPLES = 10
MIN_STEPS, MAX_STEPS = 50, 80
USERS = ("alice", "bob")
FINE = {200, 201, 204, 400, 403, 404, 409}
"""What a walk may be answered. 401 would be the walk's own mistake, and 5xx a bug."""
ALL: dict[str, object] = {"paths": {"/**": {}}}
WINDOW = Window(limit=MAX_PAGE)

VERBS = (
    *("create", "create named", "rename", "delete"),
    *("invite", "invite", "join", "join", "accept", "leave"),
    *("text", "text", "text", "custom", "ephemeral", "bad event", "delete event", "seen"),
    *("page", "page", "page", "trespass"),
)
"""What there is to do; what a walk is to do more often stands there more often."""
DELETING = 2
"""Of the eight numbers of a step, how many delete: in a walk of graves little happens."""
CHANNELS = ("app", "app", "phone")
"""Of the members; one carries voice."""
OLD_FORMS = 3
"""Of the eight numbers of a step, how many ask for a member in the words of the first generation."""
Step = tuple[str, int, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(VERBS),
        st.integers(0, 1),  # which application
        st.integers(0, 2),  # who: the admin, alice, bob
        st.integers(0, 7),  # which of what there is
    ),
    min_size=MIN_STEPS,
    max_size=MAX_STEPS,
)


@dataclass
class Room:
    """A conversation as the walk knows it."""

    id: str
    members: list[str] = field(default_factory=list)
    events: int = 0
    """The largest number that an answer had."""
    next: str | None = None
    """Where the list that is being read goes on."""
    seen: list[int] = field(default_factory=list)
    """What has been read of it."""
    is_gone: bool = False


class Side:
    """One of the two applications, and what it has made."""

    def __init__(self, api: Api, application: str) -> None:
        self.application = application
        self.rooms: list[Room] = []
        self._api = api

    async def send(self, who: int, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """A request as the admin or as a user; the answer must be one of those that are fine."""
        claims: dict[str, object] = {"sub": USERS[who - 1], "acl": ALL} if who else {}
        token = self._api.token(self.application, **claims)
        status, answer = await self._api.send(method, path, body, token=token)
        assert status in FINE, (method, path, body, status, answer)
        return status, answer

    def room(self, which: int) -> Room | None:
        """One of the conversations, also one that is gone."""
        return self.rooms[which % len(self.rooms)] if self.rooms else None


class Walk:
    """Both applications, and the steps that they take."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.sides = (Side(api, APPLICATION), Side(api, NEIGHBOUR))

    async def begin(self) -> None:
        """Both have users of the same names, and a conversation."""
        for side in self.sides:
            for name in USERS:
                assert (await side.send(0, "POST", "/v1/users", {"name": name}))[0] == 201
            await self._create(side, {})

    async def take(self, step: Step) -> None:
        """One step."""
        verb, application, who, which = step
        side = self.sides[application]
        if verb in ("create", "create named"):
            await self._create(side, {"name": f"room {which}"} if verb.endswith("named") else {})
            return
        room = side.room(which)
        if room is None:
            return
        if verb == "trespass":
            await self._trespass(self.sides[1 - application], room)
        elif verb == "page":
            await self._page(side, room)
        elif verb == "rename" or (verb == "delete" and which < DELETING):
            await self._change(side, room, verb, which)
        elif verb in ("invite", "join", "accept", "leave"):
            await self._member(side, room, verb, who, which)
        elif verb != "delete":
            await self._event(side, room, verb, who, which)

    async def _create(self, side: Side, body: object) -> None:
        status, answer = await side.send(0, "POST", "/v1/conversations", body)
        if status == 201:
            side.rooms.append(Room(answer["id"]))

    async def _change(self, side: Side, room: Room, verb: str, which: int) -> None:
        path = f"/v1/conversations/{room.id}"
        if verb == "rename":
            status, _ = await side.send(0, "PUT", path, {"display_name": f"display {which}"})
        else:
            status, _ = await side.send(0, "DELETE", path)
        assert status == (404 if room.is_gone else 200 if verb == "rename" else 204)
        room.is_gone = room.is_gone or verb == "delete"

    async def _member(self, side: Side, room: Room, verb: str, who: int, which: int) -> None:
        path = f"/v1/conversations/{room.id}/members"
        if verb in ("invite", "join"):
            name, channel = USERS[which % 2], {"type": CHANNELS[which % 3]}
            if which < OLD_FORMS:
                path = f"/v0.1/conversations/{room.id}/members"
                body = {"action": verb, "user_name": name, "channel": channel}
            else:
                path = f"/v0.3/conversations/{room.id}/members"
                state = "invited" if verb == "invite" else "joined"
                body = {"state": state, "user": {"name": name}, "channel": channel}
            status, answer = await side.send(0, "POST", path, body)
            if status == 201:
                room.members.append(answer["id"])
        elif room.members:
            member = room.members[which % len(room.members)]
            wanted = {"state": "joined" if verb == "accept" else "left", "from": member}
            await side.send(who, "PATCH", f"{path}/{member}", wanted)

    async def _event(self, side: Side, room: Room, verb: str, who: int, which: int) -> None:
        path = f"/v1/conversations/{room.id}/events"
        if verb == "delete event":
            await side.send(who, "DELETE", f"{path}/{1 + which % max(1, room.events)}")
            return
        bodies: dict[str, tuple[str, object]] = {
            "text": ("text", {"text": f"text {which}"}),
            "custom": (f"custom:thing-{which}", {"which": which}),
            "ephemeral": ("ephemeral", {"which": which}),
            "bad event": ("text", {"txt": which}),
            "seen": ("text:seen", {"event_id": 1 + which % max(1, room.events)}),
        }
        kind, body = bodies[verb]
        sender = {"from": room.members[which % len(room.members)]} if room.members else {}
        status, answer = await side.send(who, "POST", path, {"type": kind, "body": body, **sender})
        if status == 201 and verb != "ephemeral":
            assert answer["id"] > room.events
            room.events = answer["id"]
        assert verb != "bad event" or status >= 400

    async def _page(self, side: Side, room: Room) -> bool:
        """Read one page on, as a client does that follows the links; whether more is there."""
        path = room.next or f"/v1/conversations/{room.id}/events?page_size=3"
        status, answer = await side.send(0, "GET", path)
        if room.is_gone:
            assert status == 404
            return False
        assert status == 200
        room.seen += [event["id"] for event in answer["_embedded"]]
        link = answer["_links"].get("next")
        if link is None:
            # The end for now: a client that comes again starts behind what it has.
            last = room.seen[-1] + 1 if room.seen else 1
            room.next = f"/v1/conversations/{room.id}/events?page_size=3&start_id={last}"
            return False
        room.next = path_of(link["href"])
        return True

    async def _trespass(self, stranger: Side, room: Room) -> None:
        """What the other application asks for is answered as if it were nowhere."""
        absent = "CON-00000000-0000-4000-8000-000000000000"
        for method, tail, body in _requests(room):
            foreign = await stranger.send(0, method, f"/v1/conversations/{room.id}{tail}", body)
            nowhere = await stranger.send(0, method, f"/v1/conversations/{absent}{tail}", body)
            assert _told(foreign) == _told(nowhere)
            assert foreign[0] == 404

    async def end(self) -> None:
        """What has to hold after any walk."""
        for side in self.sides:
            listed = await self._listed(side)
            assert listed == {room.id for room in side.rooms if not room.is_gone}
            for room in side.rooms:
                await self._check(side, room)
                if not room.is_gone:
                    assert (await side.send(0, "DELETE", f"/v1/conversations/{room.id}"))[0] == 204
                assert _stayed(await self._api.store.log(room.id)) == set()

    async def _listed(self, side: Side) -> set[str]:
        _, answer = await side.send(0, "GET", "/v1/conversations?page_size=100")
        return {row["id"] for row in answer["_embedded"]["conversations"]}

    async def _check(self, side: Side, room: Room) -> None:
        log = await self._api.store.log(room.id)
        numbers = [fact.id for fact in log if fact.id is not None]
        assert numbers == list(range(1, len(numbers) + 1))
        assert all(fact.application_id == side.application for fact in log)
        if room.is_gone:
            assert room.seen == numbers[: len(room.seen)]
            return
        while await self._page(side, room):
            pass
        assert room.seen == numbers
        assert state(replay(log)) == state(await self._rows(side, room))

    async def _rows(self, side: Side, room: Room) -> Conversation:
        store = self._api.store
        record = await store.conversation(side.application, room.id)
        assert record is not None
        members = await store.members(room.id, WINDOW)
        legs = await store.legs(side.application, WINDOW, LegFilter(conversation_id=room.id))
        assert len(members.rows) < MAX_PAGE
        return Conversation(record, _by_id(members.rows), {leg.id: leg for leg in legs.rows})


def _by_id(rows: list[MemberRecord]) -> dict[str, MemberRecord]:
    return {row.id: row for row in rows}


def _requests(room: Room) -> Iterator[tuple[str, str, object]]:
    yield "GET", "", None
    yield "PUT", "", {"display_name": "mine"}
    yield "DELETE", "", None
    yield "GET", "/events", None
    yield "GET", "/members", None
    yield "POST", "/events", {"type": "text", "body": {"text": "hello"}}
    yield "DELETE", "/events/1", None
    if room.members:
        yield "GET", f"/members/{room.members[0]}", None
        yield "PATCH", f"/members/{room.members[0]}", {"state": "left", "from": room.members[0]}


def _told(answer: tuple[int, Any]) -> tuple[int, Any]:
    """An answer without what is new in each."""
    status, body = answer
    return status, {name: value for name, value in (body or {}).items() if name != "instance"}


def _stayed(log: list[EventRecord]) -> set[str]:
    """The members that joined or were invited, and never left."""
    there: set[str] = set()
    for fact in log:
        if fact.type in ("member:joined", "member:invited"):
            there.add(fact.body["member_id"])
        elif fact.type == "member:left":
            there.discard(fact.body["member_id"])
    return there


@settings(
    max_examples=MAX_EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(steps=STEPS)
def test_whatever_two_applications_do_they_stay_apart_and_whole(steps: list[Step]) -> None:
    async def walk() -> None:
        with tempfile.TemporaryDirectory() as directory:
            async with Api(Path(directory)) as api:
                walking = Walk(api)
                await walking.begin()
                for step in steps:
                    await walking.take(step)
                await walking.end()

    asyncio.run(walk())
