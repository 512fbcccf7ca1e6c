"""What samples do to NCCOs: quoted numbers and booleans, snake case, nulls. All of it reads alike."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.calls.scripting import SYNTAX_ERROR, ncco_trouble
from gateway.errors import Invalid
from gateway.ncco.schema import ACTIONS, read_ncco
from gateway.reading import FREE_FORM, camel
from gateway.webhooks.exchange import Reply

pytestmark = pytest.mark.unit

GOOD = sorted((Path(__file__).parents[4] / "fixtures" / "ncco" / "good").glob("*.json"))


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)


def changed(value: object, name: Callable[[str], str], leaf: Callable[[object], object]) -> object:
    """The document with other names and other leaves; what belongs to the application stays as it is."""
    if isinstance(value, dict):
        return {
            name(key): item if camel(key) in FREE_FORM else changed(item, name, leaf)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [changed(item, name, leaf) for item in value]
    return leaf(value)


def same(value: object) -> object:
    return value


def same_name(name: str) -> str:
    return name


def quoted(value: object) -> object:
    """`true` → `"true"`, `3` → `"3"`."""
    return json.dumps(value) if isinstance(value, (bool, int, float)) else value


def capital(value: object) -> object:
    """`true` → `"True"`, as Python prints it."""
    return str(value) if isinstance(value, bool) else value


def with_nulls(value: object) -> object:
    """Every option that is not given is null, in the other case."""
    assert isinstance(value, list)
    return [{**dict.fromkeys(map(snake, options(each["action"]))), **each} for each in value]


def options(action: str) -> tuple[str, ...]:
    return ACTIONS[action].__struct_encode_fields__


WAYS: dict[str, Callable[[object], object]] = {
    "quoted": lambda ncco: changed(ncco, same_name, quoted),
    "True and False": lambda ncco: changed(ncco, same_name, capital),
    "snake case": lambda ncco: changed(ncco, snake, same),
    "camel case": lambda ncco: changed(ncco, camel, same),
    "nulls": with_nulls,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_it_reads_alike(path: Path, way: str) -> None:
    ncco = json.loads(path.read_text())
    assert read_ncco(WAYS[way](ncco)) == read_ncco(ncco)


ONE_URL = sorted(name for name in ACTIONS if "eventUrl" in options(name))
LEAST: dict[str, dict[str, object]] = {
    "connect": {"endpoint": [{"type": "phone", "number": "447700900003"}]},
    "conversation": {"name": "lobby"},
    "input": {"type": ["dtmf"]},
    "notify": {"payload": {}, "eventUrl": ["http://shop.example/"]},
    "pay": {"amount": "9.99"},
    "record": {},
    "stream": {"streamUrl": ["http://shop.example/a.mp3"]},
    "talk": {"text": "hello"},
    "transfer": {"conversationId": "CON-4ba41933-04f3-4c78-9da3-0d2ca1a1eb0b"},
    "wait": {},
}
"""By action, what it cannot be without."""


def test_every_action_has_its_least() -> None:
    assert set(LEAST) == set(ACTIONS)
    assert len(read_ncco([{"action": name, **options} for name, options in LEAST.items()])) == len(ACTIONS)


@pytest.mark.parametrize("action", ONE_URL)
@pytest.mark.parametrize("url", ["http://shop.example/", [], ["http://a.example/", "http://b.example/"], {}])
def test_an_event_url_stands_in_an_array_of_one(action: str, url: object) -> None:
    place = refused({"action": action, **LEAST[action], "eventUrl": url})
    assert place == f"ncco[0].{action}.eventUrl"


@pytest.mark.parametrize("action", ACTIONS)
def test_an_unknown_option_is_named(action: str) -> None:
    assert refused({"action": action, **LEAST[action], "colour": "red"}) == f"ncco[0].{action}.colour"


@pytest.mark.parametrize("action", sorted(name for name in LEAST if LEAST[name] and name != "input"))
def test_what_an_action_cannot_be_without_is_named(action: str) -> None:
    """An input of before 2020 has no type."""
    for option in LEAST[action]:
        rest = {name: item for name, item in LEAST[action].items() if name != option}
        with pytest.raises(Invalid) as error:
            read_ncco([{"action": action, **rest}])
        assert option in error.value.detail


def refused(action: object) -> str:
    """The place of the error; the application is told of it."""
    with pytest.raises(Invalid) as error:
        read_ncco([action])
    (place,) = error.value.parameters
    reason = error.value.parameters[place]
    told = ncco_trouble(Reply(200, "application/json", json.dumps([action]).encode()), "event")
    assert told == f"{SYNTAX_ERROR} {place}: {reason}"
    return str(place)
