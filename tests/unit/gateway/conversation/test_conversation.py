"""What a conversation decides, and that its facts are the whole truth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.conversation.commands import (
    AddMember,
    AnswerLeg,
    AnyCommand,
    ArriveLeg,
    DepartLeg,
    EndLeg,
    IdentifyCallee,
    Note,
    PressDigit,
    RingLeg,
    SetAudio,
    StartLeg,
    SwitchSpeaking,
)
from gateway.conversation.leg import ENDS, TRANSITIONS
from gateway.conversation.projections import replay
from gateway.errors import GatewayError, Invalid, NotFound
from gateway.states import IllegalTransition
from gateway.store.records import MemberRecord
from tests.support.core import APPLICATION, CONVERSATION, LATER, NOW, Talk, leg, user

pytestmark = pytest.mark.unit


def answered_pair() -> Talk:
    """Inbound A, who is connected to outbound B: the reference trace up to the answered call."""
    talk = Talk()
    talk.do(StartLeg(leg=leg("A", "inbound"), user=user("A")))
    talk.do(StartLeg(leg=leg("B", "outbound"), user=user("B")))
    talk.do(RingLeg(leg_id="leg-B"))
    talk.do(AnswerLeg(leg_id="leg-B"))
    talk.do(AnswerLeg(leg_id="leg-A"))
    return talk


def test_the_reference_trace_has_its_published_ids() -> None:
    assert answered_pair().numbered() == [
        (1, "member:joined", "MEM-A"),
        (2, "sip:ringing", "MEM-B"),
        (3, "sip:answered", "MEM-B"),
        (4, "member:joined", "MEM-B"),
        (5, "member:media", "MEM-B"),
        (6, "sip:answered", "MEM-A"),
        (7, "member:joined", "MEM-A"),
        (8, "member:media", "MEM-A"),
    ]


@pytest.mark.parametrize("speaks", [True, False])
def test_who_speaks_is_told_with_how_loud(*, speaks: bool) -> None:
    talk = answered_pair()
    (told,) = talk.do(SwitchSpeaking(leg_id="leg-A", speaks=speaks, level_dbov=-23))
    assert (told.type, told.from_) == (f"audio:speaking:{'on' if speaks else 'off'}", "MEM-A")
    assert told.body["level_dbov"] == -23
    assert told.body["channel"]["id"] == "leg-A"


def test_members_of_the_reference_trace() -> None:
    members = answered_pair().conversation.members
    assert {member.state for member in members.values()} == {"JOINED"}
    assert members["MEM-A"].initiator == {"joined": {"isSystem": True}}
    assert members["MEM-B"].initiator == {"invited": {"isSystem": True}}
    assert members["MEM-B"].invited_by == "USR-B"
    assert set(members["MEM-B"].timestamp) == {"invited", "joined"}


def test_an_end_makes_the_member_leave_and_says_why() -> None:
    talk = answered_pair()
    facts = talk.do(EndLeg(leg_id="leg-A", status="completed", reason="ok", sip_code=200), LATER)
    assert [fact.type for fact in facts] == ["leg:status:update", "member:left", "sip:hangup", "sip:status"]
    ended = talk.conversation.leg("leg-A")
    assert (ended.status, ended.duration, ended.end_time) == ("completed", 3, LATER)
    assert talk.conversation.changed_members["MEM-A"].state == "LEFT"
    assert list(talk.conversation.legs) == ["leg-B"]
    assert list(talk.conversation.members) == ["MEM-B"]
    assert facts[2].body["reason"] == {"text": "ok", "code": "200", "sip_code": 200}
    assert talk.conversation.changed_legs["leg-A"].quality == facts[2].body["quality"] != {}
    assert facts[3].body["duration"] == "3"


def test_a_leg_that_never_joined_leaves_nobody_behind() -> None:
    talk = Talk()
    talk.do(StartLeg(leg=leg("B", "outbound"), user=user("B")))
    facts = talk.do(EndLeg(leg_id="leg-B", status="busy", reason="busy_here", sip_code=486))
    assert "member:left" not in [fact.type for fact in facts]
    assert talk.conversation.leg("leg-B").duration == 0


def test_a_leg_takes_its_past_along_to_another_conversation() -> None:
    old, new = answered_pair(), Talk("CON-2")
    moving = old.conversation.leg("leg-A")
    left = old.do(DepartLeg(leg_id="leg-A", to_conversation="CON-2"))
    joined = new.do(ArriveLeg(leg=moving, user=user("A"), member_id="MEM-A2", muted=True))
    assert [fact.type for fact in left] == ["member:left", "leg:departed"]
    types = ["leg:created", "rtc:transfer", "member:joined", "member:media"]
    assert [fact.type for fact in joined] == types
    assert joined[1].from_ == "MEM-A2"
    transfer = {"was_member": "MEM-A", "user_id": "USR-A", "transferred_from": CONVERSATION}
    assert joined[1].body.items() >= transfer.items()
    assert "leg-A" not in old.conversation.legs
    arrived = new.conversation.leg("leg-A")
    assert (arrived.conversation_id, arrived.member_id, arrived.muted) == ("CON-2", "MEM-A2", True)
    assert arrived.status_history == moving.status_history


def test_muting_is_an_event_and_a_state() -> None:
    talk = answered_pair()
    facts = talk.do(SetAudio(leg_id="leg-A", muted=True, earmuffed=False))
    assert [fact.type for fact in facts] == ["audio:mute:on", "audio:earmuff:off"]
    assert talk.conversation.leg("leg-A").muted
    talk.do(SetAudio(leg_id="leg-A", muted=False))
    assert not talk.conversation.leg("leg-A").muted


def test_what_is_over_cannot_be_muted_or_moved() -> None:
    talk = answered_pair()
    talk.do(EndLeg(leg_id="leg-A", status="completed", reason="ok"))
    for command in (SetAudio(leg_id="leg-A", muted=True), DepartLeg(leg_id="leg-A", to_conversation="CON-2")):
        with pytest.raises(Invalid, match="is over"):
            talk.do(command)


def test_an_event_needs_a_member_who_is_here() -> None:
    talk = answered_pair()
    (fact,) = talk.do(Note(type="custom:thing", from_="MEM-A", body={"a": 1}))
    assert (fact.id, fact.from_) == (9, "MEM-A")
    with pytest.raises(NotFound):
        talk.do(Note(type="custom:thing", from_="MEM-nobody"))


def member(name: str, state: str = "JOINED") -> MemberRecord:
    return MemberRecord(
        id=f"MEM-{name}",
        application_id=APPLICATION,
        conversation_id=CONVERSATION,
        user_id="USR-1",
        user_name="alice",
        state="JOINED" if state == "JOINED" else "INVITED",
        channel={"type": "app"},
    )


def test_a_user_joins_once_over_each_channel_type() -> None:
    talk = Talk()
    talk.do(AddMember(member=member("1", "INVITED")))
    assert talk.log[-1].type == "member:invited"
    talk.do(AddMember(member=member("2")))
    with pytest.raises(Invalid) as refused:
        talk.do(AddMember(member=member("3")))
    assert refused.value.code == "conversation:error:member-already-joined"


NOT_ANSWERED = {"failed", "timeout", "unanswered", "rejected", "busy", "cancelled"}


@pytest.mark.parametrize(
    ("status", "following"),
    [
        ("started", {"ringing", "answered", *NOT_ANSWERED}),
        ("ringing", {"answered", *NOT_ANSWERED}),
        ("answered", {"completed", "failed"}),
        *((end, set()) for end in sorted(ENDS)),
    ],
)
def test_what_follows_a_status(status: str, following: set[str]) -> None:
    assert {to for (from_, _), to in TRANSITIONS.items() if from_ == status} == following


def test_a_leg_that_nobody_answered_is_not_completed() -> None:
    talk = Talk()
    talk.do(StartLeg(leg=leg("B", "outbound"), user=user("B")))
    with pytest.raises(IllegalTransition):
        talk.do(EndLeg(leg_id="leg-B", status="completed", reason="ok"))


def test_an_answered_leg_does_not_ring() -> None:
    talk = answered_pair()
    with pytest.raises(IllegalTransition):
        talk.do(RingLeg(leg_id="leg-A"))


LEG_IDS = st.sampled_from(["leg-A", "leg-B", "leg-C"])
COMMANDS: st.SearchStrategy[AnyCommand] = st.one_of(
    st.builds(
        lambda name, direction: StartLeg(leg=leg(name, direction), user=user(name)),
        st.sampled_from("ABC"),
        st.sampled_from(["inbound", "outbound"]),
    ),
    st.builds(RingLeg, leg_id=LEG_IDS),
    st.builds(AnswerLeg, leg_id=LEG_IDS, dialog=st.none() | st.just({"call_id": "x"})),
    st.builds(
        EndLeg, leg_id=LEG_IDS, status=st.sampled_from(sorted(ENDS)), reason=st.just("ok"), sip_code=st.none()
    ),
    st.builds(DepartLeg, leg_id=LEG_IDS, to_conversation=st.just("CON-2")),
    st.builds(SetAudio, leg_id=LEG_IDS, muted=st.none() | st.booleans(), earmuffed=st.none() | st.booleans()),
    st.builds(
        IdentifyCallee,
        leg_id=LEG_IDS,
        callee=st.sampled_from(["human", "machine"]),
        confidence=st.just(0.8),
        advanced=st.booleans(),
        sub_state=st.sampled_from([None, "beep_start"]),
    ),
    st.builds(PressDigit, leg_id=LEG_IDS, digit=st.just("5"), duration_ms=st.just(100), dtmf_id=st.just("d")),
    st.builds(
        SwitchSpeaking,
        leg_id=LEG_IDS,
        speaks=st.booleans(),
        level_dbov=st.integers(min_value=-127, max_value=0),
    ),
    st.builds(Note, type=st.just("custom:x"), from_=st.sampled_from([None, "MEM-A", "MEM-Z"])),
    st.just(AddMember(member=member("1"))),
)


@given(st.lists(COMMANDS, max_size=25))
def test_replaying_the_log_gives_the_conversation(commands: list[AnyCommand]) -> None:
    talk = Talk()
    for command in commands:
        if isinstance(command, StartLeg) and command.leg.id in talk.conversation.changed_legs:
            continue
        before = (len(talk.log), talk.conversation.record)
        try:
            talk.do(command)
        except (GatewayError, IllegalTransition):
            assert (len(talk.log), talk.conversation.record) == before
    again = replay(talk.log)
    assert again.record == talk.conversation.record
    assert again.members == talk.conversation.members
    assert again.legs == talk.conversation.legs
    assert [fact.position for fact in talk.log] == list(range(1, len(talk.log) + 1))
    numbers = [fact.id for fact in talk.log if fact.id is not None]
    assert numbers == list(range(1, len(numbers) + 1))


@given(st.lists(COMMANDS, max_size=25))
def test_who_leaves_had_joined(commands: list[AnyCommand]) -> None:
    talk = Talk()
    for command in commands:
        try:
            talk.do(command, NOW)
        except (GatewayError, IllegalTransition):
            continue
    joined: set[str | None] = set()
    for fact in talk.log:
        if fact.type == "member:joined":
            joined.add(fact.from_)
        if fact.type == "member:left":
            assert fact.from_ in joined
