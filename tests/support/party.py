"""A conversation with users of every kind, and what they may do there."""

from dataclasses import dataclass
from typing import Any

from tests.support.api import Api

APP = {"type": "app"}


@dataclass
class Party:
    """Alice has joined a room, bob is invited, carol is neither; dave has left."""

    api: Api
    room: str
    users: dict[str, str]
    members: dict[str, str]

    def token(self, name: str) -> str:
        """The user's token, with an access list that allows everything."""
        return self.api.token(sub=name, acl={"paths": {"/**": {}}})

    async def send(self, name: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and body of what the user asks for."""
        path = path.format(
            room=self.room, **{f"{who}_": id_ for who, id_ in self.members.items()}, **self.users
        )
        return await self.api.send(method, path, body, token=self.token(name))

    async def refused(self, status: int, name: str, method: str, path: str, body: object = None) -> str:
        """The code of an error that must have this status."""
        answer = await self.send(name, method, path, body)
        assert answer[0] == status, answer
        return str(answer[1]["code"])

    @classmethod
    async def of(cls, api: Api) -> "Party":
        """Invite them."""
        room = (
            await api.expect(201, "POST", "/v1/conversations", {"callback": {"url": "https://a.example"}})
        )["id"]
        users, members = {}, {}
        for name in ("alice", "bob", "carol", "dave"):
            users[name] = (await api.expect(201, "POST", "/v1/users", {"name": name}))["id"]
        for name, state in (("alice", "joined"), ("bob", "invited"), ("dave", "joined")):
            body = {"state": state, "user": {"name": name}, "channel": APP}
            members[name] = (await api.expect(201, "POST", f"/v1/conversations/{room}/members", body))["id"]
        await api.expect(204, "DELETE", f"/v1/conversations/{room}/members/{members['dave']}")
        return Party(api, room, users, members)
