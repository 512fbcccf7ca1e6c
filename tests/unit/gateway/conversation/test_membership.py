"""Who is in a conversation: what joining, leaving and inviting decide, and what stays in memory."""

import pytest

from gateway.conversation import membership
from gateway.conversation.commands import (
    AddMember,
    AnswerLeg,
    DeleteConversation,
    EndLeg,
    JoinMember,
    LeaveMember,
    Note,
    StartLeg,
    UpdateConversation,
)
from gateway.conversation.projections import member_of, replay
from gateway.errors import Invalid, NotFound, Unavailable
from gateway.store.records import Callback, Json, MemberRecord
from tests.support.core import APPLICATION, CONVERSATION, LATER, NOW, Talk, leg, user

pytestmark = pytest.mark.unit

APP: Json = {"type": "app"}
PHONE: Json = {"type": "phone"}


def member(name: str, state: str, *, of: str = "alice", **fields: object) -> MemberRecord:
    return MemberRecord(
        id=f"MEM-{name}",
        application_id=APPLICATION,
        conversation_id=CONVERSATION,
        user_id=f"USR-{of}",
        user_name=of,
        state="JOINED" if state == "JOINED" else "INVITED",
        **{"channel": APP, **fields},  # type: ignore[arg-type]
    )


def add(
    talk: Talk, name: str, state: str = "JOINED", *, by: str | None = None, **fields: object
) -> MemberRecord:
    (fact,) = talk.do(AddMember(member=member(name, state, **fields), by=by))  # type: ignore[arg-type]
    return member_of(fact)


def code_of(talk: Talk, command: AddMember | JoinMember | LeaveMember) -> str | None:
    with pytest.raises(Invalid) as refused:
        talk.do(command)
    return refused.value.code


def test_an_invitation_is_taken_over_another_channel() -> None:
    talk = Talk()
    add(talk, "1", "INVITED")
    (fact,) = talk.do(JoinMember(member_id="MEM-1", channel=PHONE, by="MEM-1"), LATER)
    joined = member_of(fact)
    assert (joined.state, joined.channel) == ("JOINED", PHONE)
    assert joined.timestamp == {"invited": NOW, "joined": LATER}
    assert joined.initiator == {
        "invited": {"isSystem": True},
        "joined": {"isSystem": False, "user_id": "USR-alice", "member_id": "MEM-1"},
    }


def test_who_joins_leaves_and_is_thrown_out_is_told_with_who_wanted_it() -> None:
    talk = Talk()
    joined = add(talk, "1", by="MEM-1")
    assert joined.initiator["joined"] == {
        "isSystem": False,
        "user_id": "USR-alice",
        "member_id": "MEM-1",
    }
    invited = add(talk, "2", "INVITED", of="bob", by="MEM-1", invited_by="MEM-1")
    assert invited.initiator["invited"]["member_id"] == "MEM-1"
    assert invited.invited_by == "MEM-1"
    reason = {"code": "7", "text": "enough"}
    (fact,) = talk.do(LeaveMember(member_id="MEM-2", reason=reason, by="MEM-1"), LATER)
    assert (fact.type, fact.from_, fact.body["reason"]) == ("member:left", "MEM-2", reason)
    assert fact.body["initiator"]["left"] == {
        "isSystem": False,
        "user_id": "USR-alice",
        "member_id": "MEM-1",
    }
    assert fact.body["timestamp"] == {"invited": NOW, "left": LATER}


def test_left_is_the_end() -> None:
    talk = Talk()
    add(talk, "1")
    talk.do(LeaveMember(member_id="MEM-1"))
    ended = "conversation:error:invalid-member-state"
    assert code_of(talk, JoinMember(member_id="MEM-1")) == ended
    assert code_of(talk, LeaveMember(member_id="MEM-1")) == ended


def test_a_user_is_joined_once_over_each_type_of_channel() -> None:
    talk = Talk()
    add(talk, "1")
    add(talk, "2", channel=PHONE)
    add(talk, "3", "INVITED", channel={"type": "sms"})
    twin = "conversation:error:member-already-joined"
    assert code_of(talk, AddMember(member=member("4", "JOINED"))) == twin
    assert code_of(talk, AddMember(member=member("4", "INVITED"))) == twin
    assert code_of(talk, JoinMember(member_id="MEM-3", channel=APP)) == twin
    assert code_of(talk, JoinMember(member_id="MEM-1", channel={"type": "sip"})) == twin
    talk.do(JoinMember(member_id="MEM-3", channel={"type": "sip"}))
    assert len(talk.conversation.members) == 3


def test_who_joins_without_naming_the_invitation_takes_it() -> None:
    talk = Talk()
    add(talk, "1", "INVITED")
    add(talk, "2", "INVITED", channel=PHONE, media={"audio": True})
    add(talk, "3", "INVITED", of="bob")
    again = code_of(talk, AddMember(member=member("4", "INVITED")))
    assert again == "conversation:error:already-member"
    (fact,) = talk.do(AddMember(member=member("5", "JOINED"), by="MEM-5"), LATER)
    joined = member_of(fact)
    assert (joined.id, joined.state) == ("MEM-1", "JOINED")
    assert joined.initiator["joined"]["member_id"] == "MEM-1"
    assert {id_: each.state for id_, each in talk.conversation.members.items()} == {
        "MEM-1": "JOINED",
        "MEM-2": "INVITED",
        "MEM-3": "INVITED",
    }
    (fact,) = talk.do(AddMember(member=member("6", "JOINED", channel=PHONE)), LATER)
    assert (member_of(fact).id, member_of(fact).media) == ("MEM-2", {"audio": True})


def test_who_acts_has_to_be_here() -> None:
    talk = Talk()
    add(talk, "1")
    add(talk, "2", of="bob")
    talk.do(LeaveMember(member_id="MEM-2"))
    for by in ("MEM-2", "MEM-nobody"):
        with pytest.raises(NotFound):
            talk.do(AddMember(member=member("3", "INVITED", of="carol"), by=by))


@pytest.mark.parametrize(
    ("channel", "media", "expires"),
    [
        (APP, {}, None),
        (APP, {"audio": False, "audio_settings": {"enabled": False, "muted": True}}, None),
        (APP, {"audio": True}, "2020-01-01T12:01:00.000Z"),
        (APP, {"audio_settings": {"enabled": True}}, "2020-01-01T12:01:00.000Z"),
        (PHONE, {}, "2020-01-01T12:01:00.000Z"),
        ({"type": "sip"}, {}, "2020-01-01T12:01:00.000Z"),
        ({"type": "phone", "ring_timeout": 1500}, {}, "2020-01-01T12:00:01.500Z"),
        ({"type": "app", "ring_timeout": 30_000}, {"audio": True}, "2020-01-01T12:00:30.000Z"),
    ],
)
def test_an_invitation_to_speak_expires_and_one_to_write_does_not(
    channel: Json, media: Json, expires: str | None
) -> None:
    talk = Talk()
    invited = add(talk, "1", "INVITED", channel=channel, media=media)
    assert invited.expires == expires
    assert talk.conversation.members["MEM-1"] == invited
    (fact,) = talk.do(JoinMember(member_id="MEM-1"))
    assert member_of(fact).expires is None


def test_a_conversation_has_so_many_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(membership, "MAX_MEMBERS", 2)
    talk = Talk()
    add(talk, "1", of="a")
    add(talk, "2", "INVITED", of="b")
    with pytest.raises(Invalid, match="at most 2 members"):
        add(talk, "3", of="c")
    talk.do(LeaveMember(member_id="MEM-2"))
    add(talk, "3", of="c")


def test_a_conversation_has_so_many_voices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(membership, "MAX_VOICES", 2)
    talk = Talk()
    talk.do(StartLeg(leg=leg("A", "outbound"), user=user("A")))
    add(talk, "1", of="a", media={"audio": True})
    add(talk, "2", of="b")
    add(talk, "writes", "INVITED", of="d")
    with pytest.raises(Invalid, match="at most 2"):
        add(talk, "3", of="c", channel=PHONE)
    with pytest.raises(Invalid, match="at most 2"):
        talk.do(JoinMember(member_id="MEM-writes", channel=PHONE))
    with pytest.raises(Invalid, match="at most 2"):
        talk.do(StartLeg(leg=leg("B", "inbound"), user=user("B")))
    talk.do(EndLeg(leg_id="leg-A", status="busy", reason="busy"))
    add(talk, "3", of="c", channel=PHONE)
    with pytest.raises(Invalid, match="at most 2"):
        add(talk, "4", of="e", channel={"type": "sip"})


def test_it_is_known_since_when_nobody_is_there() -> None:
    talk = Talk()
    told = [talk.conversation.record.empty_since]
    for command, now in (
        (AddMember(member=member("1", "INVITED")), NOW),
        (LeaveMember(member_id="MEM-1"), LATER),
        (Note(type="custom:x"), NOW),
        (StartLeg(leg=leg("B", "outbound"), user=user("B")), NOW),
    ):
        talk.do(command, now)
        told.append(talk.conversation.record.empty_since)
    assert told == [NOW, None, LATER, LATER, None]


def test_a_member_that_left_does_not_come_back_with_its_leg() -> None:
    talk = Talk()
    talk.do(StartLeg(leg=leg("A", "inbound"), user=user("A")))
    talk.do(LeaveMember(member_id="MEM-A"))
    facts = talk.do(AnswerLeg(leg_id="leg-A"))
    assert [fact.type for fact in facts] == ["leg:status:update", "sip:answered"]
    facts = talk.do(EndLeg(leg_id="leg-A", status="completed", reason="ok"))
    assert "member:left" not in [fact.type for fact in facts]
    assert (talk.conversation.members, talk.conversation.legs) == ({}, {})


def test_memory_holds_who_is_there_and_nobody_else() -> None:
    talk = Talk()
    add(talk, "stays", of="bob")
    for number in range(10_000):
        talk.conversation = talk.conversation.fork()
        talk.do(AddMember(member=member(str(number), "JOINED")))
        talk.do(LeaveMember(member_id=f"MEM-{number}"))
        if number % 10 == 0:
            talk.do(StartLeg(leg=leg(f"L{number}", "inbound"), user=user("A")))
            talk.do(EndLeg(leg_id=f"leg-L{number}", status="cancelled", reason="cancelled"))
    held = talk.conversation
    assert (list(held.members), held.legs) == (["MEM-stays"], {})
    assert len(held.changed_members) + len(held.changed_legs) <= 3
    again = replay(talk.log)
    assert (again.record, again.members, again.legs) == (held.record, held.members, held.legs)
    assert len(again.changed_members) == 11_001


def test_a_change_is_told_without_what_members_are_not_shown() -> None:
    talk = Talk()
    secret = {"type": "sip", "uri": "sip:a@b.example", "password": "hush"}
    callback = Callback(url="https://shop.example/rtc")
    changes = {"display_name": "Lobby", "numbers": [secret], "callback": callback}
    kept, told = talk.do(UpdateConversation(changes=changes), LATER)
    assert (kept.id, kept.type) == (None, "conversation:changed")
    assert (told.id, told.type) == (1, "conversation:updated")
    assert told.body["display_name"] == "Lobby"
    assert told.body["timestamp"] == {"created": NOW, "updated": LATER}
    assert "hush" not in str(told)
    record = talk.conversation.record
    assert (record.numbers, record.callback, record.updated) == ([secret], callback, LATER)
    assert replay(talk.log).record == record
    assert talk.do(UpdateConversation(changes={})) == []


def test_with_a_conversation_everybody_leaves_and_nothing_comes_after() -> None:
    talk = Talk()
    add(talk, "1")
    add(talk, "2", "INVITED", of="bob")
    facts = talk.do(DeleteConversation(), LATER)
    assert [(fact.type, fact.from_) for fact in facts] == [
        ("member:left", "MEM-1"),
        ("member:left", "MEM-2"),
        ("conversation:deleted", None),
    ]
    assert facts[0].body["reason"]["code"] == "conversation-deleted"
    record = talk.conversation.record
    assert (record.state, record.destroyed, record.empty_since) == ("DELETED", LATER, LATER)
    for command in (Note(type="text"), DeleteConversation(), AddMember(member=member("3", "JOINED"))):
        with pytest.raises(NotFound) as refused:
            talk.do(command)
        assert refused.value.code == "conversation:error:not-found"


def test_a_conversation_does_not_end_under_a_live_leg() -> None:
    talk = Talk()
    talk.do(StartLeg(leg=leg("A", "inbound"), user=user("A")))
    with pytest.raises(Unavailable):
        talk.do(DeleteConversation())
