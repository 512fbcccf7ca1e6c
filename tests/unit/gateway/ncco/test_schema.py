"""NCCO from JSON: every good sample is read, every bad one is refused with the place that is wrong."""

import contextlib
import copy
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Invalid
from gateway.ncco.actions.input import Input
from gateway.ncco.actions.talk import Talk
from gateway.ncco.schema import ACTIONS, read_ncco
from gateway.reading import camel
from gateway.routing.endpoints import WebsocketEndpoint
from gateway.store.records import Json

pytestmark = pytest.mark.unit

FIXTURES = Path(__file__).parents[4] / "fixtures" / "ncco"
GOOD = sorted((FIXTURES / "good").glob("*.json"))
BAD = sorted((FIXTURES / "bad").glob("*.json"))


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good(path: Path) -> None:
    given_actions = json.loads(path.read_text())
    actions = read_ncco(given_actions)
    assert [type(action) for action in actions] == [ACTIONS[each["action"]] for each in given_actions]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad(path: Path) -> None:
    sample = json.loads(path.read_text())
    with pytest.raises(Invalid) as refused:
        read_ncco(sample["ncco"])
    (place,) = refused.value.parameters
    assert place == sample["names"]
    assert refused.value.parameters[place] in refused.value.detail


def sample(name: str) -> list[object]:
    return list(read_ncco(json.loads((FIXTURES / "good" / f"{name}.json").read_text())))


def test_the_flat_form_of_input_counts() -> None:
    (action,) = sample("input_of_before_2020")
    assert isinstance(action, Input)
    options = action.options()
    assert (options.max_digits, options.time_out, options.submit_on_hash) == (1, 5.0, True)


def test_numbers_come_as_strings_too() -> None:
    talk = sample("record_split")[1]
    assert isinstance(talk, Talk)
    assert (talk.level, talk.loop) == (-0.5, 2)


def test_headers_keep_their_names() -> None:
    (connect,) = read_ncco(json.loads((FIXTURES / "good" / "connect_websocket.json").read_text()))
    endpoint = connect.endpoint[0]  # type: ignore[attr-defined]
    assert isinstance(endpoint, WebsocketEndpoint)
    assert endpoint.headers == {"name": "J Doe", "nested": {"a_b": [1, 2]}}
    assert endpoint.rate == 8000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
GOOD_ACTIONS = [action for path in GOOD for action in json.loads(path.read_text())]


@st.composite
def bent_actions(draw: st.DrawFn) -> Json:
    """An action of a good sample, of whose members, at any depth, some are left out or are another."""
    action: Json = copy.deepcopy(draw(st.sampled_from(GOOD_ACTIONS)))
    options = {camel(name) for name in ACTIONS[action["action"]].__struct_encode_fields__} - {"action"}
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.sampled_from(objects_in(action)))
        members = set(place) - {"action"} or {"foo"}
        name = draw(st.sampled_from(sorted(members | options if place is action else members)))
        if draw(st.booleans()):
            place[name] = draw(JSON)
        else:
            place.pop(name, None)
    return action


def objects_in(value: object) -> list[Json]:
    """The objects of a document, itself among them."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    here = [value] if isinstance(value, dict) else []
    return [*here, *(found for each in inner for found in objects_in(each))]


@given(JSON)
def test_any_json_is_a_script_or_a_clear_error(value: object) -> None:
    with contextlib.suppress(Invalid):
        read_ncco(value)


def test_any_options_make_a_script_or_an_error_that_names_the_place() -> None:
    """Most are judged by their options, some good and some not: otherwise nothing would be tried here."""
    outcomes: Counter[str] = Counter()

    @given(bent_actions())
    def try_it(action: Json) -> None:
        try:
            read_ncco([action])
        except Invalid as refused:
            (place,) = refused.parameters
            assert place.startswith(f"ncco[0].{action['action']}")
            outcomes["refused"] += 1
        else:
            outcomes["read"] += 1

    try_it()
    assert min(outcomes["read"], outcomes["refused"]) > outcomes.total() / 10
