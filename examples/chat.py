"""A chat for two and more, each in a terminal of their own.

    python -m examples.chat alice
    /invite bob
                                        python -m examples.chat bob
                                        Hello, Alice!

A line that is typed is sent; `/help` lists what else can be said. Who was invited somewhere goes there;
others open a room of their own. Every message that arrives is reported as seen. Users speak for themselves,
with tokens of their own; users and rooms are made by the application.
"""

import json
import os
import shlex
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

from examples.api import Api, Json, Refused, application, user

PAGE = 5


class Chat:
    """One user's place in one conversation."""

    def __init__(self, name: str, api: Api, conversation: str, member: str) -> None:
        self.path = f"/v1/conversations/{conversation}"
        self._api = api
        self._member = member
        print(f"You are {name}, as {member} in {conversation}.")

    @classmethod
    def enter(cls, name: str) -> "Chat":
        """Go where the user is or was invited, or open a room for them."""
        mine = find_or_make(name)
        api = user(name)
        path = f"/v1/users/{mine}/conversations"
        for state in ("JOINED", "INVITED"):
            for room in api.get(path, state=state, order="desc")["_embedded"]["conversations"]:
                member = room["_embedded"]["id"]
                if state == "INVITED":
                    api.patch(f"/v1/conversations/{room['id']}/members/{member}", {"state": "joined"})
                return cls(name, api, room["id"], member)
        room = application().post("/v1/conversations", {"display_name": "A room to chat in"})
        joined = {"state": "joined", "user": {"id": mine}, "channel": {"type": "app"}}
        member = api.post(f"/v1/conversations/{room['id']}/members", joined)
        return cls(name, api, room["id"], member["id"])

    # What the user says

    def say(self, text: str) -> None:
        """text: send it to everybody."""
        sent = self._post("message", {"message_type": "text", "text": text})
        print(f"sent as {sent['id']}")

    def image(self, url: str) -> None:
        """URL: send the reference of an image."""
        sent = self._post("message", {"message_type": "image", "image": {"url": url}})
        print(f"sent as {sent['id']}")

    def typing(self, switch: str = "on") -> None:
        """[on|off]: tell the others that you are typing, or not any more. It is kept nowhere."""
        self._post(f"text:typing:{switch}", {"activity": int(switch == "on")})

    def custom(self, name: str, body: str = "{}") -> None:
        """NAME [JSON]: send an event of your own making."""
        sent = self._post(f"custom:{name}", json.loads(body))
        print(f"sent as {sent['id']}")

    def delete(self, event_id: str) -> None:
        """NUMBER: take back what you sent."""
        self._api.delete(f"{self.path}/events/{event_id}")

    def invite(self, name: str) -> None:
        """NAME: invite a user."""
        new = {"state": "invited", "user": {"id": find_or_make(name)}, "channel": {"type": "app"}}
        member = self._api.post(f"{self.path}/members", {**new, "from": self._member})
        print(f"{name} is invited as {member['id']}")

    def members(self) -> None:
        """: who is here, was here, or is invited."""
        for row in self._pages(f"{self.path}/members"):
            member = self._api.get(f"{self.path}/members/{row['id']}")
            since = member["timestamp"][member["state"].lower()]
            print(f"{member['_embedded']['user']['name']}: {member['state']} since {since}")

    def history(self) -> None:
        """: everything that was said here, from the beginning."""
        for event in self._pages(f"{self.path}/events"):
            self._print(event)

    def leave(self) -> None:
        """: leave the room; an invitation brings you back."""
        self._api.patch(f"{self.path}/members/{self._member}", {"state": "left"})
        raise EOFError

    # What the others say

    def events(self) -> Iterator[Json]:
        """Events of this conversation from now on."""
        return self._api.follow(f"{self.path}/events")

    def hear(self, event: Json) -> None:
        """Show an event, and report a message of somebody else as seen."""
        self._print(event)
        if event["type"] == "message" and event.get("from") != self._member:
            with suppress(Refused):  # the same user has seen it in another terminal
                self._post("message:seen", {"event_id": event["id"]})

    def _print(self, event: Json) -> None:
        who = event.get("_embedded", {}).get("from_user", {}).get("name", "somebody")
        print(f"{event.get('id', '-')} {who} {wording(event['type'], event['body'])}", flush=True)

    def _post(self, kind: str, body: Json) -> Json:
        return self._api.post(f"{self.path}/events", {"type": kind, "from": self._member, "body": body})

    def _pages(self, path: str) -> Iterator[Json]:
        """All rows of a list, page by page."""
        page = self._api.get(path, page_size=PAGE)
        while True:
            rows = page["_embedded"]
            yield from rows if isinstance(rows, list) else rows["members"]
            if "next" not in page["_links"]:
                return
            page = self._api.get(page["_links"]["next"]["href"])


def wording(kind: str, body: Json) -> str:
    """An event in words."""
    if "deleted" in (body.get("timestamp") or {}):
        return "took back what was here"
    if kind == "message" and body["message_type"] == "text":
        return f"says: {body['text']}"
    if kind == "message" and body["message_type"] == "image":
        return f"shows: {body['image']['url']}"
    if kind == "message:seen":
        return f"has seen {body['event_id']}"
    if kind.startswith("text:typing:"):
        return "is typing" if kind.endswith(":on") else "is not typing any more"
    return f"{kind} {json.dumps(body)}" if kind.startswith("custom:") else kind


def find_or_make(name: str) -> str:
    """The id of the user of this name."""
    app = application()
    found = app.get("/v1/users", name=name)["_embedded"]["users"]
    return str((found[0] if found else app.post("/v1/users", {"name": name}))["id"])


def listen(chat: Chat, events: Iterator[Json]) -> None:
    """Hear everything; without that there is no chat."""
    try:
        for event in events:
            chat.hear(event)
        print("The gateway has ended the stream of events.", file=sys.stderr)
    except (SystemExit, OSError, ValueError) as problem:
        print(problem, file=sys.stderr)
    finally:
        os._exit(1)


def obey(chat: Chat, line: str) -> None:
    """Do what was typed."""
    if not line.startswith("/"):
        chat.say(line)
        return
    name, *words = shlex.split(line[1:])
    commands: dict[str, Callable[..., None]] = {
        each.__name__: each
        for each in (
            *(chat.image, chat.typing, chat.custom, chat.delete),
            *(chat.invite, chat.members, chat.history, chat.leave),
        )
    }
    try:
        commands[name](*words)
    except Refused as refused:
        print(refused)
    except (KeyError, TypeError, ValueError):
        for known, command in commands.items():
            print(f"/{known} {command.__doc__}")


def main() -> None:
    """Enter and chat until there is nothing more to say."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    chat = Chat.enter(sys.argv[1])
    threading.Thread(target=listen, args=(chat, chat.events()), daemon=True).start()
    print("Ready.", flush=True)
    with suppress(EOFError):
        for line in sys.stdin:
            if line.strip():
                obey(chat, line.strip())
                sys.stdout.flush()
    # The thread may be in the middle of a line, and the usual way out would trip over that.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
