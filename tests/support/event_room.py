"""A conversation with two members, whose events are asked for over HTTP."""

from dataclasses import dataclass

from gateway.store.records import Json
from tests.support.api import Api


@dataclass
class Room:
    """A conversation with two members."""

    api: Api
    id: str
    alice: str
    bob: str

    def path(self, version: str = "/v1", rest: str = "") -> str:
        return f"{version}/conversations/{self.id}/events{rest}"

    async def post(
        self,
        kind: str,
        body: object = None,
        status: int = 201,
        *,
        by: str | None = None,
        to: str | None = None,
        version: str = "/v1",
    ) -> Json:
        given = {"body": body, "from": by, "to": to}
        event = {"type": kind, **{name: value for name, value in given.items() if value is not None}}
        answer: Json = await self.api.expect(status, "POST", self.path(version), event)
        return answer

    async def say(self, text: str = "hi", by: str | None = None) -> int:
        posted = await self.post("text", {"text": text}, by=by or self.alice)
        return int(posted["id"])

    async def read(self, event_id: int, version: str = "/v1") -> Json:
        event: Json = await self.api.expect(200, "GET", self.path(version, f"/{event_id}"))
        return event

    async def events(self, query: str = "") -> list[Json]:
        page = await self.api.expect(200, "GET", self.path(rest=f"?page_size=100{query}"))
        rows: list[Json] = page["_embedded"]
        return rows

    async def types(self, query: str = "") -> list[str]:
        return [event["type"] for event in await self.events(query)]


async def open_room(api: Api) -> Room:
    """Alice and Bob, in a conversation of their own."""
    conversation = await api.expect(201, "POST", "/v1/conversations", {})
    members = []
    for name in ("alice", "bob"):
        looks = {"display_name": name.title(), "image_url": f"https://example.com/{name}.png"}
        user = {"name": name, "properties": {"custom_data": {"of": name}}, **looks}
        await api.expect(201, "POST", "/v1/users", user)
        member = {"state": "joined", "user": {"name": name}, "channel": {"type": "app"}}
        path = f"/v1/conversations/{conversation['id']}/members"
        members.append((await api.expect(201, "POST", path, member))["id"])
    return Room(api, conversation["id"], *members)
