"""Which worker is asked, and how a leg changes from one to another."""

from typing import cast

import pytest

from gateway.clock import Clock
from gateway.errors import Unavailable
from gateway.workers import dispatch
from gateway.workers.dispatch import Dispatch
from gateway.workers.placement import Standing
from gateway.workers.post import Belongings, Post
from media.control import (
    AnyCommand,
    AnyNotice,
    CloseLeg,
    Command,
    Join,
    LegQuality,
    OpenRtp,
    OpenWebsocket,
    Pack,
    Packed,
    Play,
    RecordLeg,
    Refused,
    SetAudio,
    StartRecording,
    StopPlay,
    StopRecording,
)
from media.control.standing import StandingOrders

pytestmark = pytest.mark.unit


class Stand:
    """A post where nobody is, which takes down what it is asked."""

    def __init__(self) -> None:
        self.orders = StandingOrders()
        self.asked: list[Command] = []
        self.taken_in: list[tuple[str, bytes]] = []
        self.closed = ""
        self.draining = False

    def standing(self, _now: float) -> Standing:
        return Standing(self.orders.legs, closed=self.closed, draining=self.draining)

    def send(self, command: Command) -> None:
        self.asked.append(command)
        self.orders.note(cast("AnyCommand", command))

    def heard(self, notice: AnyNotice) -> None:
        self.orders.heard(notice)

    def take_out(self, leg: str) -> Belongings:
        return Belongings(None, self.orders.take_out(leg))

    def take_in(self, leg: str, belongings: Belongings, luggage: bytes) -> None:
        self.taken_in.append((leg, luggage))
        for command in belongings.orders:
            self.send(command)

    def take_asked(self) -> list[Command]:
        asked, self.asked = self.asked, []
        return asked


class FrozenClock:
    def monotonic(self) -> float:
        return 0.0


class Exchange:
    """Two posts, and who gives out what there is to do."""

    def __init__(self, max_legs: int = 10) -> None:
        self.one, self.two = Stand(), Stand()
        posts = cast("list[Post]", [self.one, self.two])
        self.dispatch = Dispatch(posts, cast("Clock", FrozenClock()), max_legs)

    def do(self, *commands: Command) -> None:
        for command in commands:
            self.dispatch.send(command)

    def tell(self, stand: Stand, notice: AnyNotice) -> None:
        self.dispatch.heard(cast("Post", stand), notice)

    def call(self, leg: str, room: str) -> None:
        self.do(OpenRtp(leg=leg), Join(leg=leg, room=room))


def heard(*stands: Stand) -> list[list[Command]]:
    return [stand.take_asked() for stand in stands]


def quality(leg: str) -> LegQuality:
    return LegQuality(leg=leg)


def websocket(leg: str) -> OpenWebsocket:
    return OpenWebsocket(
        leg=leg, uri="ws://bot.example/", address="192.0.2.1", port=80, rate=16000, first_message="{}"
    )


def two_calls() -> Exchange:
    """Anna's conversation is at the first, Bela's at the second."""
    it = Exchange()
    it.call("anna", "a")
    it.call("bela", "b")
    assert heard(it.one, it.two) == [
        [OpenRtp(leg="anna"), Join(leg="anna", room="a")],
        [OpenRtp(leg="bela"), Join(leg="bela", room="b")],
    ]
    return it


def test_a_leg_is_opened_where_its_conversation_is() -> None:
    it = two_calls()
    it.dispatch.expect("bot", "b")
    it.do(websocket("bot"), Join(leg="bot", room="b"))
    assert heard(it.one, it.two) == [[], [websocket("bot"), Join(leg="bot", room="b")]]


def test_legs_of_a_conversation_that_is_about_to_be_meet_at_one_worker() -> None:
    it = two_calls()
    for leg in ("caro", "dora"):
        it.dispatch.expect(leg, "new")
        it.do(OpenRtp(leg=leg))
    assert heard(it.one, it.two) == [[OpenRtp(leg="caro"), OpenRtp(leg="dora")], []]


def test_a_leg_is_expected_in_its_first_room_until_it_is_there() -> None:
    it = two_calls()
    it.dispatch.expect("caro", "new")
    it.do(OpenRtp(leg="caro"), Join(leg="caro", room="new"))
    assert it.one.orders.has("caro")
    it.do(Join(leg="caro", room="b"))
    it.tell(it.one, Packed(leg="caro"))
    heard(it.one, it.two)
    it.call("dora", "b")
    it.dispatch.expect("emil", "new")
    it.do(OpenRtp(leg="emil"))
    assert it.one.orders.has("emil"), "nobody is in that room any more, and the first has fewer legs"


def test_what_is_asked_goes_to_whom_it_concerns() -> None:
    it = two_calls()
    of_leg = [
        SetAudio(leg="bela", muted=True, earmuffed=False),
        Play(play="to bela", path="/p.wav", leg="bela"),
        StopPlay(play="to bela"),
        RecordLeg(recording="of bela", leg="bela", path="/e.wav"),
        StopRecording(recording="of bela"),
    ]
    of_room = [
        Play(play="to b", path="/p.wav", room="b"),
        StopPlay(play="to b"),
        StartRecording(recording="of b", room="b", path="/r.wav", leg="anna"),
        StopRecording(recording="of b"),
    ]
    it.do(*of_leg, *of_room)
    assert heard(it.one, it.two) == [[], [*of_leg, *of_room]]


def test_what_concerns_nobody_is_told_so_by_somebody() -> None:
    it = two_calls()
    it.do(CloseLeg(leg="nobody"), StopPlay(play="nothing"))
    assert heard(it.one, it.two) == [[CloseLeg(leg="nobody"), StopPlay(play="nothing")], []]


def test_a_leg_moves_to_the_worker_of_its_new_conversation() -> None:
    it = two_calls()
    muted, play = SetAudio(leg="anna", muted=True, earmuffed=False), Play(play="p", path="/p.wav", leg="anna")
    it.do(muted, play)
    it.one.take_asked()

    it.do(Join(leg="anna", room="b"), StopPlay(play="p"))
    assert heard(it.one, it.two) == [[Pack(leg="anna")], []], "what comes meanwhile waits"
    it.tell(it.one, Packed(leg="anna", luggage=b"suitcase"))
    assert it.two.taken_in == [("anna", b"suitcase")]
    here = [OpenRtp(leg="anna"), muted, play, Join(leg="anna", room="b"), StopPlay(play="p")]
    assert heard(it.one, it.two) == [[], here]
    it.do(CloseLeg(leg="anna"))
    assert heard(it.one, it.two) == [[], [CloseLeg(leg="anna")]]


def test_a_leg_stays_where_its_new_conversation_is_nowhere_yet() -> None:
    it = two_calls()
    it.do(Join(leg="bela", room="new"))
    assert heard(it.one, it.two) == [[], [Join(leg="bela", room="new")]]


def test_a_conversation_is_where_it_is_recorded_though_nobody_is_in_it() -> None:
    it = two_calls()
    it.do(StartRecording(recording="r", room="b", path="/r.wav"), CloseLeg(leg="bela"))
    it.tell(it.two, quality("bela"))
    heard(it.one, it.two)
    it.do(Join(leg="anna", room="b"))
    assert heard(it.one, it.two) == [[Pack(leg="anna")], []]


def test_who_changes_its_mind_on_the_way_comes_back() -> None:
    it = two_calls()
    it.call("caro", "a")
    heard(it.one, it.two)
    it.do(Join(leg="anna", room="b"), Join(leg="anna", room="a"))
    it.tell(it.one, Packed(leg="anna"))
    assert heard(it.one, it.two)[1] == [OpenRtp(leg="anna"), Join(leg="anna", room="b"), Pack(leg="anna")]
    it.tell(it.two, Packed(leg="anna"))
    assert heard(it.one, it.two) == [[OpenRtp(leg="anna"), Join(leg="anna", room="a")], []]


def test_a_leg_that_cannot_be_packed_is_asked_where_it_was() -> None:
    it = two_calls()
    it.do(Join(leg="anna", room="b"), CloseLeg(leg="anna"))
    it.one.orders.heard(quality("anna"))
    heard(it.one, it.two)
    it.tell(it.one, Refused(command="Pack", subject="anna", reason="there is no such leg"))
    asked = heard(it.one, it.two)
    assert CloseLeg(leg="anna") in asked[0]


def test_who_was_packed_for_the_gateway_before_is_unpacked_again() -> None:
    it = two_calls()
    it.tell(it.two, Packed(leg="bela", luggage=b"suitcase"))
    assert it.two.taken_in == [("bela", b"suitcase")]
    assert heard(it.one, it.two) == [[], [OpenRtp(leg="bela")]]


def test_what_a_post_loses_is_named_and_nobody_waits_for_it() -> None:
    it = two_calls()
    it.do(
        Play(play="p", path="/p.wav", leg="anna"),
        StartRecording(recording="r", room="a", path="/r.wav"),
        Join(leg="anna", room="b"),
    )
    assert it.dispatch.lost(cast("Post", it.one)) == {"anna", "p", "r"}
    it.one.orders = StandingOrders()
    heard(it.one, it.two)
    it.do(CloseLeg(leg="anna"))
    assert heard(it.one, it.two) == [[CloseLeg(leg="anna")], []]


def test_all_workers_together_have_a_limit() -> None:
    it = Exchange(max_legs=2)
    it.call("anna", "a")
    it.call("bela", "b")
    with pytest.raises(Unavailable, match="2 legs"):
        it.do(OpenRtp(leg="caro"))
    it.tell(it.one, quality("anna"))
    it.do(OpenRtp(leg="caro"))
    with pytest.raises(Unavailable, match="already"):
        it.do(OpenRtp(leg="caro"))


def test_a_full_worker_takes_no_new_legs_and_those_who_come_from_others() -> None:
    it = two_calls()
    it.two.closed = "it is full"
    it.dispatch.admit("a")
    it.dispatch.admit("nowhere yet")
    with pytest.raises(Unavailable, match="full"):
        it.dispatch.admit("b")
    it.dispatch.expect("caro", "b")
    with pytest.raises(Unavailable, match="full"):
        it.do(OpenRtp(leg="caro"))
    it.do(Join(leg="anna", room="b"))
    assert heard(it.one, it.two) == [[Pack(leg="anna")], []]
    it.one.closed = "it dies"
    with pytest.raises(Unavailable, match="dies"):
        it.dispatch.admit("nowhere yet")


def test_who_drains_takes_legs_for_the_conversations_that_it_has() -> None:
    it = two_calls()
    it.one.draining = it.two.draining = True
    with pytest.raises(Unavailable, match="stopped"):
        it.do(OpenRtp(leg="caro"))
    it.dispatch.admit("b")
    it.dispatch.expect("caro", "b")
    it.do(OpenRtp(leg="caro"))
    assert heard(it.one, it.two) == [[], [OpenRtp(leg="caro")]]


def test_little_waits_for_a_leg_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "MAX_WAITING", 2)
    it = two_calls()
    it.do(Join(leg="anna", room="b"), CloseLeg(leg="anna"))
    with pytest.raises(Unavailable, match="keep up"):
        it.do(CloseLeg(leg="anna"))
