"""A user's apps and phones: one story is told of a leg that rings at both."""

from dataclasses import dataclass, field

import pytest

from gateway.errors import Unavailable
from gateway.legs.line import End, LineListener, Summons
from gateway.legs.user import UserLine
from gateway.routing.endpoints import AppEndpoint
from gateway.store.records import ApplicationRecord, Json
from tests.support import records

pytestmark = pytest.mark.unit

BUSY = End(status="busy", reason="busy_here", sip_code=486, by_peer=True)
DECLINED = End(status="rejected", reason="rejected", by_peer=True)


@dataclass
class FakeLine:
    """One of the two lines; the test says what becomes of its legs."""

    name: str
    did: list[str]
    listener: LineListener | None = None
    trouble: Unavailable | None = None

    @property
    def tells(self) -> LineListener:
        """Who hears it."""
        assert self.listener is not None
        return self.listener

    async def dial(self, summons: Summons) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.did.append(f"{self.name} dials")
        self.tells.ringing(summons.leg_id)

    async def hang_up(self, leg_id: str, sip_code: int | None = None) -> None:
        self.withdraw(leg_id)

    def withdraw(self, _leg_id: str) -> None:
        self.did.append(f"{self.name} stops")


@dataclass
class Heard:
    """What the rest of the gateway hears."""

    news: list[str] = field(default_factory=list)

    def ringing(self, _leg_id: str, *, early_media: bool = False) -> None:
        self.news.append(f"ringing {early_media}")

    def answered(self, _leg_id: str, dialog: Json | None) -> None:
        self.news.append(f"answered {dialog}")

    def ended(self, _leg_id: str, end: End) -> None:
        self.news.append(end.status)


class FakePhones:
    """Whether there are phones."""

    def __init__(self, *, any_: bool) -> None:
        self.any = any_

    def has_any(self, _application: ApplicationRecord, _user: str) -> bool:
        return self.any


class Scene:
    """A user who is called."""

    def __init__(self, *, has_phones: bool = True) -> None:
        self.did: list[str] = []
        self.app, self.sip = FakeLine("app", self.did), FakeLine("sip", self.did)
        self.line = UserLine(self.app, self.sip, FakePhones(any_=has_phones))  # type: ignore[arg-type]
        self.heard = Heard()
        self.line.listen(self.heard)  # type: ignore[arg-type]

    async def dial(self) -> None:
        """Call the user."""
        endpoint, application = AppEndpoint(user="ann"), records.application("APP-1")
        await self.line.dial(Summons(leg_id="leg", endpoint=endpoint, caller="", application=application))


async def test_without_phones_only_the_apps_ring() -> None:
    scene = Scene(has_phones=False)
    await scene.dial()
    scene.app.tells.answered("leg", None)
    assert (scene.did, scene.heard.news) == (["app dials"], ["ringing False", "answered None"])


async def test_a_phone_that_answers_stops_the_apps() -> None:
    scene = Scene()
    await scene.dial()
    scene.sip.tells.ringing("leg", early_media=True)
    scene.sip.tells.answered("leg", {"dialog": 1})
    scene.sip.tells.ended("leg", BUSY)
    assert scene.did == ["app dials", "sip dials", "app stops"]
    assert scene.heard.news == ["ringing False", "answered {'dialog': 1}", "busy"]


async def test_an_app_that_answers_stops_the_phones() -> None:
    scene = Scene()
    await scene.dial()
    scene.app.tells.answered("leg", None)
    assert scene.did == ["app dials", "sip dials", "sip stops"]
    assert scene.heard.news == ["ringing False", "answered None"]


async def test_a_busy_phone_leaves_the_apps_ringing() -> None:
    scene = Scene()
    await scene.dial()
    scene.sip.tells.ended("leg", BUSY)
    assert scene.heard.news == ["ringing False"]
    scene.app.tells.answered("leg", None)
    assert scene.did == ["app dials", "sip dials"]
    assert scene.heard.news == ["ringing False", "answered None"]


async def test_who_declines_in_an_app_declines_for_the_phones() -> None:
    scene = Scene()
    await scene.dial()
    scene.app.tells.ended("leg", DECLINED)
    assert scene.did == ["app dials", "sip dials", "sip stops"]
    assert scene.heard.news == ["ringing False", "rejected"]


async def test_phones_that_cannot_be_dialled_leave_the_apps_ringing() -> None:
    scene = Scene()
    scene.sip.trouble = Unavailable("no media")
    await scene.dial()
    scene.app.tells.answered("leg", None)
    assert scene.heard.news == ["ringing False", "answered None"]


async def test_whoever_hangs_up_ends_both_sides() -> None:
    scene = Scene()
    await scene.dial()
    await scene.line.hang_up("leg")
    assert scene.did == ["app dials", "sip dials", "app stops", "sip stops"]
    scene.sip.tells.ended("other", BUSY)
    assert scene.heard.news == ["ringing False", "busy"]
