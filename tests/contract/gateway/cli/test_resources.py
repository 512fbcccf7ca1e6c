"""The commands of each resource against the interface itself: with --json they show what it answers."""

from pathlib import Path

import pytest

from gateway.ports import OneLeg
from gateway.store.records import Batch
from tests.contract.gateway.cli.fakes import Shell
from tests.contract.gateway.cli.served import Served
from tests.support import records
from tests.support.api import API_KEY, APPLICATION

pytestmark = pytest.mark.contract

ONE = "leg 0"
"""An id that a path cannot hold as it is."""


class World:
    """What lists and shows are asked of: a conversation, its member, a user, events and legs."""

    def __init__(self, served: Served) -> None:
        def post(path: str, body: object) -> str:
            return str(served.do(served.api.expect(201, "POST", path, body))["id"])

        self.conversations = [post("/v1/conversations", {"name": f"room {n}"}) for n in range(5)]
        self.conversation = self.conversations[0]
        self.users = [post("/v1/users", {"name": f"user-{n}"}) for n in range(3)]
        self.user = self.users[0]
        joined = {"state": "joined", "user": {"id": self.user}, "channel": {"type": "app"}}
        self.member = post(f"/v1/conversations/{self.conversation}/members", joined)
        for text in "abc":
            body = {"type": "text", "from": self.member, "body": {"text": text}}
            self.event = post(f"/v1/conversations/{self.conversation}/events", body)
        self.leg = ONE
        legs = [records.leg(f"leg {n}", "answered", APPLICATION) for n in range(3)]
        served.do(served.api.store.commit(Batch(legs=legs)))


@pytest.fixture(scope="module")
def world(served: Served) -> World:
    return World(served)


def _rows(answer: object, name: str | None) -> object:
    assert isinstance(answer, dict)
    return answer["_embedded"] if name is None else answer["_embedded"][name]


LISTS = {
    "conversation list": ("/v1/conversations", "conversations"),
    "user list": ("/v1/users", "users"),
    "user list --name user-1": ("/v1/users?name=user-1", "users"),
    "user conversations {0.user}": ("/v1/users/{0.user}/conversations", "conversations"),
    "member list {0.conversation}": ("/v1/conversations/{0.conversation}/members", "members"),
    "event list {0.conversation}": ("/v1/conversations/{0.conversation}/events", None),
    "event list {0.conversation} --type text --order desc": (
        "/v1/conversations/{0.conversation}/events?event_type=text&order=desc",
        None,
    ),
    "leg list": ("/v1/legs", "legs"),
    "leg list --conversation CON-1 --status answered": (
        "/v1/legs?conversation_id=CON-1&status=answered",
        "legs",
    ),
}


@pytest.mark.parametrize("typed", LISTS)
def test_a_list_is_what_the_api_has_whatever_its_pages(
    served: Served, typing: Shell, world: World, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    path, name = LISTS[typed]
    path = path.format(world)
    wanted = _rows(served.get(f"{path}{'&' if '?' in path else '?'}page_size=100"), name)
    assert isinstance(wanted, list)
    words = typed.format(world).split()
    monkeypatch.setattr("gateway.cli.pages.PAGE_SIZE", 2)
    assert typing.json(*words) == wanted
    assert typing.json(*words, "--limit", "1") == wanted[:1]
    quiet = typing.run(*words, "--quiet")
    assert quiet.stdout.splitlines() == [str(row["id"]) for row in wanted]
    table = typing.run(*words).stdout
    assert all(str(row["id"]) in table for row in wanted)


SHOWS = {
    "conversation show {0.conversation}": "/v1/conversations/{0.conversation}",
    "user show {0.user}": "/v1/users/{0.user}",
    "member show {0.conversation} {0.member}": "/v1/conversations/{0.conversation}/members/{0.member}",
    "event show {0.conversation} {0.event}": "/v1/conversations/{0.conversation}/events/{0.event}",
}


@pytest.mark.parametrize("typed", SHOWS)
def test_one_is_shown_as_the_api_has_it(served: Served, typing: Shell, world: World, typed: str) -> None:
    words = typed.format(world).split()
    wanted = served.get(SHOWS[typed].format(world))
    assert typing.json(*words) == wanted
    assert typing.run(*words, "-q").stdout == f"{wanted['id']}\n"
    people = typing.run(*words).stdout
    assert str(wanted["id"]) in people
    assert "_links" not in people


def test_a_leg_is_shown_whatever_its_id_holds(served: Served, typing: Shell, world: World) -> None:
    leg, trace = served.get(f"/v1/legs/{world.leg}"), served.get(f"/v1/legs/{world.leg}/trace")
    assert typing.json("leg", "show", world.leg) == {**trace, **leg}


def test_a_leg_without_signalling_makes_no_capture(typing: Shell, world: World, tmp_path: Path) -> None:
    file = tmp_path / "call.pcap"
    said = typing.run("leg", "show", world.leg, "--pcap", str(file))
    assert said.exit_code == 1
    assert "there is nothing to capture" in said.output
    assert not file.exists()


ACCOUNT_LISTS = {
    "app list": ("/v2/applications", "applications"),
    "secret list": (f"/accounts/{API_KEY}/secrets", "secrets"),
}


@pytest.mark.parametrize("typed", ACCOUNT_LISTS)
def test_a_list_of_the_account(served: Served, typing: Shell, typed: str) -> None:
    path, name = ACCOUNT_LISTS[typed]
    assert typing.json(*typed.split()) == _rows(served.basic(path), name)


def test_the_life_of_a_conversation(served: Served, typing: Shell) -> None:
    made = typing.json(
        *("conversation", "create", "--name", "lunch", "--display-name", "Lunch", "--ttl", "60"),
        *("--custom-data", '{"seat":null}', "--phone-number", "447700900001"),
        *("--image-url", "https://example.com/a.png", "--callback-url", "https://example.com/cb"),
        *("--callback-event-mask", "member:*", "--callback-method", "GET"),
        *("--callback-application-id", "app", "--callback-ncco-url", "https://example.com/ncco"),
    )
    assert made == served.get(f"/v1/conversations/{made['id']}")
    assert made["properties"] == {"ttl": 60, "custom_data": {"seat": None}}
    assert made["numbers"] == [{"type": "phone", "number": "447700900001"}]
    assert made["callback"] == {
        "url": "https://example.com/cb",
        "method": "GET",
        "event_mask": "member:*",
        "params": {"applicationId": "app", "ncco_url": "https://example.com/ncco"},
    }
    changed = typing.json("conversation", "update", made["id"], "--ttl", "90", "--callback-method", "POST")
    assert changed == served.get(f"/v1/conversations/{made['id']}")
    assert changed["properties"] == {"ttl": 90, "custom_data": {"seat": None}}
    assert changed["callback"] == made["callback"] | {"method": "POST"}
    gone = typing.json("conversation", "delete", made["id"], "--yes")
    assert gone == {"id": made["id"], "deleted": True}
    refused = typing.run("conversation", "show", made["id"])
    assert refused.exit_code == 1
    assert "`cordboard conversation list` shows all" in refused.stderr


def test_a_callback_without_a_mask_keeps_none(typing: Shell) -> None:
    made = typing.json("conversation", "create", "--callback-url", "https://example.com/cb")
    changed = typing.json("conversation", "update", made["id"], "--callback-method", "GET")
    assert changed["callback"] == {"url": "https://example.com/cb", "method": "GET", "event_mask": ""} | {
        name: value for name, value in changed["callback"].items() if name == "params"
    }


def test_the_life_of_a_user_and_member(served: Served, typing: Shell, world: World) -> None:
    ada = typing.json(
        *("user", "create", "--name", "ada", "--display-name", "Ada", "--ttl", "60"),
        *("--custom-data", '{"desk":"7"}', "--channels", '{"pstn":[{"number":447700900001}]}'),
    )
    assert ada == served.get(f"/v1/users/{ada['id']}")
    assert (ada["properties"], ada["channels"]) == (
        {"custom_data": {"desk": "7"}, "ttl": 60},
        {"pstn": [{"number": 447700900001}]},
    )
    renamed = typing.json("user", "update", ada["id"], "--display-name", "Ada L.", "--ttl", "90")
    assert renamed["display_name"] == "Ada L."
    assert renamed["properties"] == {"custom_data": {"desk": "7"}, "ttl": 90}
    member = typing.json(
        *("member", "add", world.conversation, "--user-name", "ada", "--state", "invited"),
        *("--channel-to-phone", "447700900001", "--channel-from-phone", "447700900002"),
        *("--audio", "--audio-muted", "--no-audio-earmuffed", "--from-member-id", world.member),
    )
    path = f"/v1/conversations/{world.conversation}/members/{member['id']}"
    assert member == served.get(path)
    assert member["channel"] == {
        "type": "phone",
        "to": {"type": "phone", "number": "447700900001"},
        "from": {"type": "phone", "number": "447700900002"},
    }
    assert member["media"] == {"audio": True, "audio_settings": {"muted": True, "earmuffed": False}}
    assert typing.json(
        "member", "update", world.conversation, member["id"], "--state", "joined"
    ) == served.get(path)
    gone = typing.run("member", "remove", world.conversation, member["id"], typed="y\n")
    assert gone.stdout == f"{member['id']} removed\n"
    assert served.get(path)["state"] == "LEFT"
    assert typing.json("user", "delete", ada["id"], "--yes") == {"id": ada["id"], "deleted": True}


def test_a_member_that_leaves_says_why(served: Served, typing: Shell, world: World) -> None:
    member = typing.json("member", "add", world.conversation, "--user-id", world.users[1])
    assert (member["state"], member["channel"]) == ("JOINED", {"type": "app"})
    left = typing.json(
        *("member", "update", world.conversation, member["id"], "--state", "left"),
        *("--reason-code", "7", "--reason-text", "bye"),
    )
    assert left["reason"] == {"code": "7", "text": "bye"}


@pytest.mark.parametrize(
    ("said", "kind", "body"),
    [
        (["--text", "hi"], "text", {"text": "hi"}),
        (["--type", "custom:seat", "--body", '{"row":null,"at":{}}'], "custom:seat", {"row": None, "at": {}}),
    ],
)
def test_an_event_is_posted_and_deleted(
    served: Served, typing: Shell, world: World, said: list[str], kind: str, body: object
) -> None:
    posted = typing.json("event", "post", world.conversation, "--from", world.member, *said)
    path = f"/v1/conversations/{world.conversation}/events/{posted['id']}"
    assert posted == served.get(path)
    assert (posted["type"], posted["body"], posted["from"]) == (kind, body, world.member)
    typing.json("event", "delete", world.conversation, str(posted["id"]), "--yes")
    assert "deleted" in served.get(path)["body"]["timestamp"]


STEERED = {
    "hangup": ("hang_up", APPLICATION, ONE),
    "mute": ("set_audio", ONE, True, None),
    "unmute": ("set_audio", ONE, False, None),
    "earmuff": ("set_audio", ONE, None, True),
    "unearmuff": ("set_audio", ONE, None, False),
    "delete": ("remove", APPLICATION, ONE),
}


@pytest.mark.parametrize("action", STEERED)
def test_a_leg_is_steered(served: Served, typing: Shell, world: World, action: str) -> None:
    sure = ["--yes"] if action in ("hangup", "delete") else []
    assert typing.json("leg", action, world.leg, *sure)["id"] == world.leg
    assert served.api.calls.done[-1] == STEERED[action]


SOUNDS = {
    (
        "talk",
        ONE,
        "hello",
        "--language",
        "en-GB",
        "--style",
        "2",
        "--level",
        "0.5",
        "--loop",
        "0",
    ): "audio:say",
    ("talk", ONE, "--stop"): "hush",
    ("stream", ONE, "https://example.com/a.mp3", "--loop", "3"): "audio:play",
    ("stream", ONE, "--stop"): "hush",
    ("dtmf", ONE, "12p3"): "audio:dtmf",
    ("record", ONE, "--format", "wav", "--split", "--beep", "--validity-time", "60"): "audio:record",
    ("record", ONE, "--stop"): "stop_recording",
}


@pytest.mark.parametrize("words", SOUNDS, ids=" ".join)
def test_the_sound_of_a_leg(served: Served, typing: Shell, world: World, words: tuple[str, ...]) -> None:
    before = len(served.api.studio.done)
    typing.json("leg", *words)
    (done,) = served.api.studio.done[before:]
    assert done[0] == SOUNDS[words]
    assert done[2] in (ONE, OneLeg(leg_id=ONE))


def test_what_is_said_to_a_leg(served: Served, typing: Shell, world: World) -> None:
    typing.json("leg", "talk", ONE, "hello", "--language", "en-GB", "--style", "2", "--loop", "0")
    speech = served.api.studio.done[-1][3]
    assert [getattr(speech, name) for name in ("text", "language", "style", "loop")] == [
        "hello",
        "en-GB",
        2,
        0,
    ]
    recorded = typing.json("leg", "record", ONE, "--format", "ogg", "--split")
    recording = served.api.studio.done[-1][3]
    assert [getattr(recording, name) for name in ("format", "channels")] == ["ogg", 2]
    assert recorded["id"] == f"sound-{len(served.api.studio.done)}"


def test_a_leg_is_transferred(served: Served, typing: Shell, world: World) -> None:
    typing.json("leg", "transfer", ONE, "--ncco", '[{"action":"talk","text":"hi"}]')
    assert served.api.calls.done[-1][:2] == ("transfer", ONE)
    typing.json("leg", "transfer", ONE, "--answer-url", "https://example.com/answer")
    assert getattr(served.api.calls.done[-1][3], "address", None) == "https://example.com/answer"


def test_a_conversation_is_recorded(served: Served, typing: Shell, world: World) -> None:
    typing.json(
        *("conversation", "record", world.conversation, "--format", "wav", "--split", "--timeout", "60"),
        *("--retention-ttl", "7", "--event-url", "https://example.com/e", "--event-method", "GET"),
    )
    recording = served.api.studio.done[-1][3]
    names = ("format", "channels", "limit_s", "keep_days")
    assert [getattr(recording, name) for name in names] == ["wav", 2, 60, 7]
    typing.json("conversation", "record", world.conversation, "--stop")
    assert served.api.studio.done[-1][0] == "stop_recording"
