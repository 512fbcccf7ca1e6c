"""What is made of a leg's memo in another run of the gateway."""

from collections import deque
from collections.abc import Mapping
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from gateway.calls.audience import EVERYBODY
from gateway.calls.going_on import KeptTransfer, Memo, go_on, remembered, restore
from gateway.calls.live_leg import LiveLeg
from gateway.calls.lobby import Lobby
from gateway.calls.messages import Fetch, LastedTooLong, Transfer
from gateway.ncco.effects import Conceal, Effect, Enter, Say, StopRecording, Stream
from gateway.ncco.happenings import LegEnded, RecordingEnded
from gateway.ncco.schema import Ncco, read_ncco, write_ncco
from gateway.ncco.script import Script
from gateway.store.records import Json, Webhook
from media.control import Command

pytestmark = pytest.mark.unit

NOW = 1000.0
HERE, THERE = "CON-1", "CON-2"
SHOP = Webhook(address="http://shop.example/digits")
TALK: Json = {"action": "talk", "text": "Hello"}
RECORD: Json = {"action": "record", "endOnKey": "#"}
CONNECT: Json = {"action": "connect", "endpoint": [{"type": "phone", "number": "447700900003"}]}
ROOM: Json = {"action": "conversation", "name": "one"}
MUSIC = Stream(play="music", url="http://shop.example/music.mp3", level=0.0, loop=0)


class Leg:
    """As a leg is to those who let it go on; what they do with it is noted."""

    def __init__(self, others: Mapping[str, "Leg"], runs: tuple[str, ...] = (), id_: str = "leg") -> None:
        self.record = SimpleNamespace(id=id_, conversation_id=HERE, status="answered")
        self.sent: list[Command] = []
        recordings = SimpleNamespace(runs=runs.__contains__, stop_all=lambda _: None)
        self.equipment = SimpleNamespace(
            ids=SimpleNamespace(uuid=lambda: "new"),
            clock=SimpleNamespace(wall=lambda: NOW),
            media=SimpleNamespace(send=self.sent.append),
            prompts=SimpleNamespace(stop=lambda _: None, stop_all=lambda _: None),
            switchboard=SimpleNamespace(move=self._move, legs=lambda _: []),
            lobby=Lobby(),
            recordings=recordings,
        )
        self.legs = SimpleNamespace(find=others.get)
        self.others = others
        self.application, self.watch, self.speaks = None, None, False
        self.until, self.apart, self.concealed = 0.0, False, False
        self.entered: Enter | None = None
        self.digits_to: Webhook | None = None
        self.parent: Leg | None = None
        self.script: object = None
        self.transfers: deque[Transfer] = deque()
        self.timers: dict[str, tuple[float, object]] = {}
        self.pending = SimpleNamespace(set_timer=self._set_timer)
        self.told: list[object] = []
        self.performed: list[Effect] = []
        self.did: list[str] = []

    async def do(self) -> None:
        self.did.append("loaded")

    async def perform(self, effects: list[Effect]) -> None:
        self.performed += effects

    async def recall_script(self) -> None:
        self.did.append("recalled")

    async def _move(self, *where: object, **_how: object) -> SimpleNamespace:
        *_, conversation_id = where
        self.did.append(f"to {conversation_id}")
        return SimpleNamespace(**vars(self.record) | {"conversation_id": conversation_id})

    async def begin(self, ncco: Ncco) -> None:
        self.did += [f"begins {action['action']}" for action in write_ncco(ncco)]

    def _set_timer(self, timer: str, seconds: float, message: object) -> None:
        self.timers[timer] = (seconds, message)

    def tell(self, message: object) -> None:
        self.told.append(message)

    def tell_parent(self, status: str) -> None:
        self.did.append(status)

    def hang_up(self) -> None:
        self.did.append("hung up")

    def enter_room(self) -> None:
        self.did.append("entered")

    def companions(self) -> list["Leg"]:
        return list(self.others.values())


def memo(**fields: object) -> Memo:
    rest = {"line": {}, "conversation_id": HERE, "until": NOW + 90}
    made = Memo(**rest | fields)  # type: ignore[arg-type]
    return remembered({"leg": msgspec.json.encode(made)})["leg"]


async def gone_on(kept: Memo, *runs: str, place: str = HERE, others: Mapping[str, Leg] | None = None) -> Leg:
    """A leg with that memo, in another run where it was found in `place` and these recordings run."""
    leg = Leg(others or {}, runs)
    leg.record.conversation_id = place
    restore(cast("LiveLeg", leg), kept)
    await go_on(cast("LiveLeg", leg), kept)
    return leg


async def test_what_it_had_it_has() -> None:
    parent = Leg({}, id_="parent")
    kept = memo(apart=True, concealed=True, digits_to=SHOP, parent="parent", actions=[TALK])
    leg = await gone_on(kept, others={"parent": parent})
    assert (leg.apart, leg.concealed, leg.digits_to, leg.parent) == (True, True, SHOP, parent)
    assert leg.did == ["loaded", "entered"]
    (said,) = leg.performed
    assert isinstance(said, Say)
    assert said.text == "Hello"


@pytest.mark.parametrize(("until", "left"), [(NOW + 90, 90.0), (NOW - 5, 0.0)])
async def test_it_may_last_as_long_as_before(until: float, left: float) -> None:
    leg = await gone_on(memo(until=until))
    assert leg.until == until
    assert leg.timers == {"length": (left, LastedTooLong())}


async def test_a_leg_whose_caller_is_gone_ends() -> None:
    leg = await gone_on(memo(parent="parent", actions=[TALK]))
    assert leg.did == ["loaded", "hung up"]
    assert leg.performed == []


async def test_an_ncco_that_was_on_its_way_is_fetched_again() -> None:
    leg = await gone_on(memo(asked=SHOP))
    assert leg.told == [Fetch(webhook=SHOP)]


async def test_who_was_called_and_is_gone_has_ended() -> None:
    kept = memo(actions=[CONNECT, TALK], lasts={"leg": "called", "question": None})
    assert (await gone_on(kept)).told == [LegEnded(leg="called", status="failed")]
    assert (await gone_on(kept, others={"called": Leg({})})).told == []


async def test_a_recording_that_is_over_has_ended() -> None:
    kept = memo(actions=[RECORD, TALK], lasts={"recording": "tape"})
    assert (await gone_on(kept)).told == [RecordingEnded(recording="tape")]
    assert (await gone_on(kept, "tape")).told == []


def entered() -> Enter:
    return Enter(
        name="one", starts=False, music=MUSIC, muted=False, end_on_exit=False, record=False, webhook=None
    )


async def test_who_waits_waits_on_with_music() -> None:
    leg = await gone_on(memo(entered=entered(), waits=True, actions=[ROOM], lasts={}))
    assert leg.equipment.lobby.waits(HERE, "leg")
    (music,) = leg.performed
    assert isinstance(music, Stream)
    assert (music.play, music.url) == ("new", MUSIC.url)
    assert leg.entered is not None
    assert leg.entered.music == music, "so that it ends with the wait"


async def test_who_waits_for_what_has_started_waits_no_longer() -> None:
    """The gateway died after somebody had started the conversation, before it had told those who wait."""
    kept = memo(entered=entered(), waits=True, actions=[ROOM], lasts={})
    leg = await gone_on(kept, others={"starter": Leg({}, id_="starter")})
    assert not leg.equipment.lobby
    assert leg.did == ["loaded", "entered", "entered"]
    assert leg.performed == []


async def test_what_held_where_it_was_does_not_hold_elsewhere() -> None:
    kept = memo(entered=entered(), waits=True, apart=True, parent="gone", actions=[TALK])
    leg = await gone_on(kept, place=THERE)
    assert not leg.equipment.lobby
    assert (leg.apart, leg.entered) == (False, None)
    assert leg.did == ["loaded", "transferred", "entered"]
    assert leg.sent == [EVERYBODY.command("leg")]


def transfers(*places: str) -> list[KeptTransfer]:
    ncco = read_ncco([TALK])
    return [KeptTransfer.of(Transfer(conversation_id=each, ncco=ncco)) for each in places]


async def test_what_it_was_told_is_done_in_that_order() -> None:
    leg = await gone_on(memo(actions=[ROOM], lasts={}, transfers=transfers(THERE, "CON-3")))
    there = ["recalled", f"to {THERE}", "transferred", "entered", "begins talk"]
    further = ["recalled", "to CON-3", "transferred", "entered", "begins talk"]
    assert leg.did == ["loaded", "entered", *there, *further]
    assert not leg.transfers


async def test_it_does_not_go_where_it_has_come_to_already() -> None:
    leg = await gone_on(memo(actions=[ROOM], lasts={}, transfers=transfers(THERE)), place=THERE)
    assert leg.did == ["loaded", "transferred", "entered", "recalled", "begins talk"]


async def test_before_a_transfer_nothing_begins_again() -> None:
    leg = await gone_on(memo(actions=[CONNECT], asked=SHOP, concealed=True, transfers=transfers(THERE)))
    assert leg.performed == [Conceal(concealed=False)], "what was concealed for its script is not any more"
    assert leg.told == []


async def test_before_a_transfer_what_lasts_goes_on_to_be_left() -> None:
    kept = memo(actions=[RECORD], lasts={"recording": "tape"}, transfers=transfers(THERE))
    leg = await gone_on(kept, "tape")
    assert isinstance(leg.script, Script)
    assert leg.script.recall() == [StopRecording(recording="tape")]


@pytest.mark.parametrize(
    "message",
    [
        Transfer(conversation_id=THERE),
        Transfer(conversation_id=THERE, muted=True, ncco=read_ncco([TALK, ROOM])),
        Transfer(conversation_id=THERE, answer=SHOP),
    ],
)
def test_a_transfer_is_kept_whole(message: Transfer) -> None:
    (kept,) = memo(transfers=[KeptTransfer.of(message)]).transfers
    assert kept.message == message
