"""What is kept of a leg for another run of the gateway."""

from types import SimpleNamespace
from typing import cast

import pytest

from gateway.calls.going_on import Remembering, remembered
from gateway.calls.live_leg import LiveLeg
from gateway.calls.lobby import Lobby
from gateway.errors import Unavailable
from gateway.legs.line import Line
from gateway.ncco.schema import read_ncco
from gateway.ncco.script import Script
from gateway.store.records import Json
from media.control import MAX_MEMO, Command, Remember

pytestmark = pytest.mark.unit

DIALOG: Json = {"dialog": {"call_id": "1"}, "trunk": None}

TALK: Json = {"action": "talk", "text": "Hello"}


class Media:
    """Keeps what is sent, unless it is gone."""

    def __init__(self) -> None:
        self.sent: list[Command] = []
        self.is_gone = False

    def send(self, command: Command) -> None:
        if self.is_gone:
            raise Unavailable("gone")
        self.sent.append(command)


class Kept:
    """A line that keeps what it is told to."""

    def __init__(self, what: Json | None = DIALOG) -> None:
        self.what = what

    def keep(self, _leg_id: str) -> Json | None:
        return self.what


def leg(media: Media, *actions: Json) -> LiveLeg:
    script = Script(lambda: "id", answered=True)
    if actions:
        script.run(read_ncco(list(actions)))
    facts = SimpleNamespace(id="leg", conversation_id="CON-1", status="answered")
    equipment = SimpleNamespace(media=media, lobby=Lobby())
    plan = SimpleNamespace(headers={"X-Floor": "7"})
    parts = {"record": facts, "equipment": equipment, "plan": plan, "script": script}
    rest = {
        "until": 7.0,
        "asked": None,
        "entered": None,
        "parent": None,
        "digits_to": None,
        "begins": None,
        "transfers": (),
    }
    return cast("LiveLeg", SimpleNamespace(**parts, **rest, apart=False, concealed=False, hops=2))


def update(remembering: Remembering, of: LiveLeg, line: Kept) -> None:
    remembering.update(of, cast("Line", line))


def test_what_is_kept_is_read_again() -> None:
    media = Media()
    update(Remembering(), leg(media, TALK), Kept())
    (command,) = media.sent
    assert isinstance(command, Remember)
    memo = remembered({"leg": command.what})["leg"]
    assert memo.line == DIALOG
    assert (memo.until, memo.hops, memo.headers) == (7.0, 2, {"X-Floor": "7"})
    assert memo.actions == [TALK]


def test_what_has_not_changed_is_not_said_again() -> None:
    media, remembering, line = Media(), Remembering(), Kept()
    talking = leg(media, TALK)
    for _ in range(3):
        update(remembering, talking, line)
    assert len(media.sent) == 1
    line.what = {**DIALOG, "trunk": "carrier"}
    update(remembering, talking, line)
    assert len(media.sent) == 2


def test_a_line_that_cannot_go_on_keeps_nothing() -> None:
    media = Media()
    update(Remembering(), leg(media), Kept(None))
    assert media.sent == []


def test_what_is_too_long_is_not_kept() -> None:
    media = Media()
    long = {"action": "notify", "payload": {"text": "x" * MAX_MEMO}, "eventUrl": ["http://shop.example/"]}
    remembering = Remembering()
    update(remembering, leg(media, TALK), Kept())
    for _ in range(2):
        update(remembering, leg(media, long), Kept())
    _, command = media.sent
    assert command == Remember(leg="leg", what=b""), "nor is what it did before"
    assert remembered({"leg": b""}) == {}


def test_a_leg_without_media_goes_on_for_now() -> None:
    media = Media()
    media.is_gone = True
    update(Remembering(), leg(media), Kept())


@pytest.mark.parametrize("octets", [b"", b"{}", b"[]", b'{"line":{},"until":"soon"}'])
def test_what_is_no_memo_is_left_out(octets: bytes) -> None:
    assert remembered({"leg": octets}) == {}
