"""What becomes of an event after it was posted, and what of its record stays as it was."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.conversation.client_events import BODIES, REFERENCES
from gateway.conversation.event_states import OWN_TOO, STATES, emptied, refer
from gateway.errors import Forbidden, Invalid
from gateway.store.records import EventRecord, Json
from tests.support import records

pytestmark = pytest.mark.unit

LATER = "2024-05-01T12:00:01.000Z"
POSTED: dict[str, Json] = {
    "text": {"text": "hi"},
    "text:update": {"text": "ho"},
    "image": {"representations": {"id": "x"}},
    "message": {"message_type": "text", "text": "hi"},
    "custom:note": {"a": 1},
}


def posted(kind: str, body: Json | None = None) -> EventRecord:
    fact = records.event("CON-1", 7, kind)
    return msgspec.structs.replace(fact, from_="MEM-a", body=POSTED.get(kind, {}) if body is None else body)


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize("kind", [*POSTED, "member:joined", "audio:say"])
def test_each_reference_is_for_events_of_its_type(reference: str, kind: str) -> None:
    target, _, word = reference.partition(":")
    fact = posted(kind)
    if kind in POSTED and target in ("event", kind):
        changed = refer(fact, LATER, kind=reference, member_id="MEM-b")
        assert changed == msgspec.structs.replace(fact, state={STATES[word]: {"MEM-b": LATER}})
    else:
        with pytest.raises(Invalid) as refused:
            refer(fact, LATER, kind=reference, member_id="MEM-b")
        assert refused.value.code == "event:error:unknown-event"
        assert kind in refused.value.parameters["body.event_id"]


@pytest.mark.parametrize("reference", REFERENCES)
def test_what_a_sender_may_say_of_its_own(reference: str) -> None:
    target = reference.partition(":")[0]
    fact = posted("message" if target == "event" else target)
    if reference in OWN_TOO:
        assert refer(fact, LATER, kind=reference, member_id="MEM-a").state
    else:
        with pytest.raises(Invalid) as refused:
            refer(fact, LATER, kind=reference, member_id="MEM-a")
        assert refused.value.code == "event:error:permission-denied"


@given(st.lists(st.tuples(st.sampled_from(["event:seen", "event:delivered"]), st.sampled_from("bcd"))))
def test_what_was_said_before_is_never_lost(said: list[tuple[str, str]]) -> None:
    fact, before = posted("custom:note"), set()
    for kind, member in said:
        if (kind, member) in before:
            with pytest.raises(Invalid):
                refer(fact, LATER, kind=kind, member_id=member)
        else:
            fact = refer(fact, LATER, kind=kind, member_id=member)
            before.add((kind, member))
    kept = {
        (f"event:{word}", member) for word, state in STATES.items() for member in fact.state.get(state, {})
    }
    assert kept == before


@pytest.mark.parametrize("kind", POSTED)
def test_an_emptied_event_is_the_same_event_without_what_it_said(kind: str) -> None:
    fact = posted(kind)
    empty = emptied(fact, LATER)
    assert empty is not None
    assert empty.body["timestamp"] == {"deleted": LATER}
    assert not any(value for name, value in empty.body.items() if name != "timestamp")
    assert msgspec.structs.replace(empty, body=fact.body, deleted=None) == fact
    assert emptied(empty, LATER) is None


@pytest.mark.parametrize(
    "kind", sorted({*BODIES, "member:joined", "event:delete"} - POSTED.keys() - {"custom:*"})
)
def test_what_is_no_message_stays(kind: str) -> None:
    with pytest.raises(Forbidden) as refused:
        emptied(posted(kind), LATER)
    assert refused.value.code == "event:error:permission-denied"
