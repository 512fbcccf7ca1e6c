"""What the next worker is asked again, and what not."""

import pytest

from media.control import (
    CloseLeg,
    Command,
    Conceal,
    Join,
    Leave,
    LegQuality,
    Notice,
    OpenRtp,
    OpenWebsocket,
    Play,
    PlayDone,
    RecordingDone,
    RecordLeg,
    Refused,
    Remember,
    Restrict,
    RtpOpened,
    SalvageRecording,
    SendDtmf,
    SetAudio,
    StartRecording,
    StartRtp,
    StopPlay,
    StopRecording,
    WebsocketClosed,
    WebsocketFailed,
)
from media.control.standing import StandingOrders

pytestmark = pytest.mark.unit

OPEN = OpenRtp(leg="a")


def start(leg: str = "a", port: int = 4000) -> StartRtp:
    return StartRtp(
        leg=leg,
        remote_host="192.0.2.1",
        remote_port=port,
        codec="PCMU",
        payload_type=0,
        dtmf_payload_type=None,
    )


def websocket(leg: str = "w") -> OpenWebsocket:
    return OpenWebsocket(
        leg=leg, uri="ws://bot.example/", address="192.0.2.1", port=80, rate=16000, first_message="{}"
    )


def audio(*, muted: bool) -> SetAudio:
    return SetAudio(leg="a", muted=muted, earmuffed=False)


def recording(name: str) -> StartRecording:
    return StartRecording(recording=name, room="r", path=f"/{name}.wav")


def done(name: str) -> RecordingDone:
    return RecordingDone(recording=name, path=f"/{name}.wav", size=44, duration_s=0.0, channels=1)


def standing(*said: Command | Notice) -> list[Command]:
    """What is asked again after all that was said, by either side."""
    orders = StandingOrders()
    for each in said:
        if isinstance(each, Command):
            orders.note(each)
        else:
            orders.heard(each)
    return list(orders.again())


def test_the_last_command_of_each_kind_stands() -> None:
    restrict, conceal = Restrict(leg="a", hears=("b",)), Conceal(leg="a", concealed=True)
    opened = RtpOpened(leg="a", port=20_000)
    said = (start(port=1), audio(muted=True), conceal, start(port=2), restrict, audio(muted=False))
    assert standing(OPEN, opened, *said) == [OPEN, start(port=2), audio(muted=False), conceal, restrict]


def test_legs_are_opened_before_they_join_in_the_order_in_which_they_did() -> None:
    a, b = Join(leg="a", room="r"), Join(leg="b", room="r")
    again = Join(leg="a", room="s")
    opened = [OPEN, OpenRtp(leg="b")]
    assert standing(*opened, b, a) == [*opened, b, a]
    assert standing(*opened, a, b, again) == [*opened, b, again]
    assert standing(*opened, a, b, a) == [*opened, a, b], "who is there already keeps its place"
    assert standing(*opened, a, b, Leave(leg="a")) == [*opened, b]


@pytest.mark.parametrize(
    "end",
    [
        LegQuality(leg="a"),
        Refused(command="OpenRtp", subject="a", reason="full"),
        Refused(command="CloseLeg", subject="a", reason="there is no such leg"),
    ],
)
def test_a_leg_that_is_over_is_not_asked_for(end: Notice) -> None:
    assert standing(OPEN, start(), Join(leg="a", room="r"), end) == []


@pytest.mark.parametrize(
    "end", [WebsocketFailed(leg="w", reason="404"), WebsocketClosed(leg="w", code=1000, reason="")]
)
def test_a_websocket_that_is_closed_is_not_connected_again(end: Notice) -> None:
    assert standing(websocket(), Join(leg="w", room="r")) == [websocket(), Join(leg="w", room="r")]
    assert standing(websocket(), Join(leg="w", room="r"), end) == []


def test_a_leg_is_closed_last_and_until_it_is() -> None:
    close = CloseLeg(leg="a")
    play = Play(play="p", path="/p.wav", leg="a")
    assert standing(OPEN, close, play) == [OPEN, play, close]


def test_a_refused_change_leaves_what_there_was() -> None:
    refused = Refused(command="StartRtp", subject="a", reason="no key")
    assert standing(OPEN, start(port=1), start(port=2), refused) == [OPEN, start(port=1)]
    assert standing(OPEN, start(), refused) == [OPEN]
    unjoined = Refused(command="Join", subject="a", reason="full")
    assert standing(OPEN, Join(leg="a", room="r"), unjoined) == [OPEN]


def test_plays_and_recordings_stand_until_they_are_done() -> None:
    play, stop = Play(play="p", path="/p.wav", room="r"), StopPlay(play="p")
    assert standing(play) == [play]
    assert standing(play, stop, stop) == [play, stop]
    assert standing(play, stop, PlayDone(play="p", outcome="stopped")) == []
    ear = RecordLeg(recording="e", leg="a", path="/e.wav")
    both = [recording("r"), ear]
    assert standing(*both) == both
    assert standing(*both, done("r"), done("e")) == []
    refused = Refused(command="StartRecording", subject="r", reason="full")
    assert standing(recording("r"), refused) == []


def test_what_was_asked_to_stop_is_only_completed() -> None:
    """The next worker must not record what is said until it hears that it should stop."""
    start, ear = recording("r"), RecordLeg(recording="e", leg="a", path="/e.wav")
    stops = StopRecording(recording="r"), StopRecording(recording="e")
    rest = SalvageRecording(recording="r", path="/r.wav")
    assert standing(start, ear, *stops, *stops) == [
        rest,
        SalvageRecording(recording="e", path="/e.wav", kept=False),
    ]
    assert standing(rest, stops[0]) == [rest]
    assert standing(start, stops[0], done("r")) == []
    assert standing(rest, Refused(command="SalvageRecording", subject="r", reason="full")) == []


def test_what_is_done_once_is_not_asked_again() -> None:
    assert standing(OPEN, SendDtmf(leg="a", digits="1")) == [OPEN]


def test_nothing_stands_about_what_is_not_there() -> None:
    strangers = (start(), audio(muted=True), Join(leg="a", room="r"), CloseLeg(leg="a"))
    assert standing(*strangers, Leave(leg="a"), StopPlay(play="p"), StopRecording(recording="r")) == []


def test_what_is_remembered_of_a_leg_is_the_last_that_was_said() -> None:
    orders = StandingOrders()
    for command in (OPEN, Remember(leg="a", what=b"1"), OpenRtp(leg="b"), Remember(leg="a", what=b"2")):
        orders.note(command)
    assert orders.remembered() == {"a": b"2"}
    assert Remember(leg="a", what=b"2") in list(orders.again()), "the next worker is told, too"
    orders.note(CloseLeg(leg="a"))
    assert orders.remembered() == {}


def test_nothing_is_remembered_of_a_leg_that_is_not_there() -> None:
    assert standing(Remember(leg="a", what=b"1")) == []


def test_what_was_asked_to_stop_is_not_gone_on_with() -> None:
    orders = StandingOrders()
    for command in (recording("one"), recording("two"), StopRecording(recording="one")):
        orders.note(command)
    for name in ("p", "q"):
        orders.note(Play(play=name, path="/p.wav", leg="a"))
    orders.note(StopPlay(play="q"))
    assert orders.recordings() == {"two": recording("two")}
    assert orders.plays() == ["p"]
