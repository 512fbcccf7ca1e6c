"""conversation: put the leg into a named room of its application (NCCO reference; Voice API, call flow)."""

from typing import Annotated, Literal

from msgspec import Meta

from gateway.forms import HTTP_URL, WORDS, has_form
from gateway.ncco.actions.base import MAX_URL, OneUrl, Run, StayRun, webhook
from gateway.ncco.actions.selective import SelectiveAction, check_selective, names
from gateway.ncco.actions.transcription import TranscriptionOptions, transcription
from gateway.ncco.effects import Enter, Stream
from gateway.ncco.stage import Stage
from gateway.reading import invalid
from gateway.store.records import Json


class Conversation(SelectiveAction, frozen=True, kw_only=True, tag="conversation"):
    """Enter the conversation `name`; the first to enter creates it. It lasts until the leg leaves."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    start_on_enter: bool = True
    """Whether it starts with this leg; who does not start it waits until somebody does."""
    # The text's form is checked below: msgspec tears the heap over a pattern beside a list.
    music_on_hold_url: Annotated[str, Meta(max_length=MAX_URL)] | OneUrl | None = None
    """What the leg hears again and again while it waits."""
    end_on_exit: bool = False
    record: bool = False
    event_url: OneUrl | None = None
    event_method: Literal["GET", "POST"] = "POST"
    transcription: TranscriptionOptions | None = None
    """Of what `record` records."""

    def begin(self, stage: Stage) -> Run:
        """Enter."""
        music = self._music(stage)
        stage.emit(
            Enter(
                name=self.name,
                starts=self.start_on_enter,
                music=music,
                muted=self.mute,
                can_speak=names(self.can_speak),
                can_hear=names(self.can_hear),
                end_on_exit=self.end_on_exit,
                record=self.record,
                webhook=webhook(self.event_url, self.event_method),
                transcription=transcription(self.transcription),
            )
        )
        return StayRun(music.play if music is not None else None)

    def go_on(self, stage: Stage, kept: Json) -> Run:
        """Stay."""
        return StayRun()

    def _music(self, stage: Stage) -> Stream | None:
        given = self.music_on_hold_url
        if given is None or self.start_on_enter:
            return None
        url = given if isinstance(given, str) else given[0]
        return Stream(play=stage.new_id(), url=url, level=0.0, loop=0)


def check_conversation(action: Conversation, place: str) -> None:
    """What the types cannot say. Raises Invalid."""
    check_selective(action, place)
    music = action.music_on_hold_url
    if isinstance(music, str) and not has_form(music, HTTP_URL):
        raise invalid(f"{place}.musicOnHoldUrl", f"must be {WORDS[HTTP_URL]}")
    if action.transcription is not None and not action.record:
        raise invalid(f"{place}.transcription", "there is nothing to transcribe without record")
