"""What all NCCO actions have in common."""

from typing import Annotated, ClassVar, Literal, Protocol, runtime_checkable

import msgspec
from msgspec import Meta

from gateway.forms import HTTP_URL
from gateway.ncco.effects import StopPlay
from gateway.ncco.happenings import Happening, Replied
from gateway.ncco.stage import Stage
from gateway.store.records import Json, Webhook

MAX_URL = 2048
"""Characters, as browsers and proxies take them."""
HttpUrl = Annotated[str, Meta(pattern=HTTP_URL, max_length=MAX_URL)]
OneUrl = Annotated[list[HttpUrl], Meta(min_length=1, max_length=1)]
"""URLs stand in arrays of exactly one (documented limits)."""

Level = Annotated[float, Meta(ge=-1, le=1)]
Loop = Annotated[int, Meta(ge=0)]


class Run(Protocol):
    """An action that runs. `done` is looked at after each call."""

    done: bool

    def take(self, happening: Happening, stage: Stage) -> None:
        """Something happened."""
        ...

    def leave(self, stage: Stage) -> None:
        """The script goes elsewhere: undo what should not outlive the action."""
        ...


@runtime_checkable
class Lasting(Run, Protocol):
    """A run whose work goes on where its script is: in a leg, in a recording, in a room."""

    @property
    def kept(self) -> Json:
        """What its action goes on with in another process (`Action.go_on`)."""
        ...


class Options(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True
):
    """What an application writes into an NCCO: a name that is not known is refused."""


class Action(Options, frozen=True, kw_only=True, tag_field="action"):
    """One action of an NCCO: its options, and `begin`, which starts it."""

    needs_answer: ClassVar[bool] = True
    """Whether the leg has to be answered before the action can begin."""

    def begin(self, stage: Stage) -> Run:
        """Start; what it wants done goes to the stage."""
        raise NotImplementedError

    def go_on(self, stage: Stage, kept: Json) -> Run:
        """Go on with what an earlier process began, and kept so of it."""
        return self.begin(stage)


class Finished:
    """The run of an action that is over as soon as it has begun."""

    done = True

    def take(self, happening: Happening, stage: Stage) -> None:
        """Nothing can happen to it."""

    def leave(self, stage: Stage) -> None:
        """Nothing is left to undo."""


class ReplyRun:
    """The run of an action that is over when its webhook has replied, or has been given up."""

    def __init__(self, request: str) -> None:
        self.done = False
        self._request = request

    def take(self, happening: Happening, stage: Stage) -> None:
        """The reply ends it; one that carries an NCCO takes the place of the whole script."""
        if isinstance(happening, Replied) and happening.request == self._request:
            self.done = True

    def leave(self, stage: Stage) -> None:
        """What comes now comes too late."""


class StayRun:
    """The run of an action that nothing ends but leaving."""

    done = False

    def __init__(self, music: str | None = None) -> None:
        """`music` is the play that may sound while the leg waits."""
        self._music = music

    @property
    def kept(self) -> Json:
        """Whoever is somewhere stays there."""
        return {}

    def take(self, happening: Happening, stage: Stage) -> None:
        """The room goes on."""

    def leave(self, stage: Stage) -> None:
        """Moving the leg elsewhere takes it out of the room."""
        if self._music is not None:
            stage.emit(StopPlay(play=self._music))


def webhook(urls: list[str] | None, method: Literal["GET", "POST"]) -> Webhook | None:
    """`eventUrl` and `eventMethod` as a webhook; None where there is no URL."""
    if not urls:
        return None
    return Webhook(address=urls[0], http_method=method)
