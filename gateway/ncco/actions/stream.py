"""stream: play an audio file to the leg (NCCO reference; Voice API, recording)."""

from gateway.ncco.actions.base import Action, Level, Loop, OneUrl, Run
from gateway.ncco.actions.talk import begin_prompt
from gateway.ncco.effects import Stream
from gateway.ncco.stage import Stage


class StreamAction(Action, frozen=True, kw_only=True, tag="stream"):
    """Play the file at `streamUrl`; `bargeIn` as in talk."""

    stream_url: OneUrl
    level: Level = 0.0
    loop: Loop = 1
    barge_in: bool = False

    def begin(self, stage: Stage) -> Run:
        """Queue the file."""
        prompt = Stream(play=stage.new_id(), url=self.stream_url[0], level=self.level, loop=self.loop)
        return begin_prompt(prompt, stage, barge_in=self.barge_in)
