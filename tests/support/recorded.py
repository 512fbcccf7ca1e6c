"""What is in the files of recordings: whose tone, in which channel, in which format."""

import json
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import soundfile

from gateway.demo.hearing import Pcm, tone_level_dbov
from tests.support.caller import MIN_HEARD_DBOV
from tests.support.hearing import UNHEARD_DBOV
from tests.support.outcomes import told
from tests.support.stage import Stage, Step
from tests.support.waiting import LIMIT_S


@dataclass(frozen=True)
class Recorded:
    """A recording's file."""

    format: str
    """As libsndfile calls it."""
    rate_hz: int
    channels: list[Pcm]

    @classmethod
    def read(cls, content: bytes) -> "Recorded":
        """From the octets of the file."""
        with soundfile.SoundFile(BytesIO(content)) as file:
            samples = file.read(dtype="int16", always_2d=True).astype(np.int16)
            return cls(file.format, file.samplerate, list(samples.T))

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.channels[0]) / self.rate_hz

    def tones(self, among: set[int], steady_s: float) -> list[set[int]]:
        """By channel, which tones are there; one that is there only faintly is a fault."""
        found = []
        for channel in self.channels:
            levels = {
                hertz: tone_level_dbov(channel, hertz, rate_hz=self.rate_hz, steady_s=steady_s)
                for hertz in among
            }
            unclear = {hertz for hertz, level in levels.items() if UNHEARD_DBOV <= level <= MIN_HEARD_DBOV}
            assert not unclear, levels
            found.append({hertz for hertz, level in levels.items() if level > MIN_HEARD_DBOV})
        return found


def recorded(
    path: str,
    *channels: set[int],
    method: str = "POST",
    format: str = "WAV",  # noqa: A002 - as it is called
    within_s: tuple[float, float] = (0, LIMIT_S),
    steady_s: float = 0.4,
) -> Step:
    """A webhook leads to a file with these channels: each has these tones, and none of the others'."""

    async def step(stage: Stage) -> None:
        await told(path, method, recording_url=...)(stage)
        file = Recorded.read(await _download(stage, stage.hooks[-1].fields["recording_url"]))
        assert file.format == format
        assert file.tones(set().union(*channels), steady_s) == list(channels)
        assert within_s[0] <= file.seconds <= within_s[1], f"{file.seconds:.1f} s"

    return step


def written(path: str, word: str, *, method: str = "POST") -> Step:
    """A webhook leads to a transcript that has this word."""

    async def step(stage: Stage) -> None:
        await told(path, method, type="record", status="transcribed", transcription_url=...)(stage)
        text = json.loads(await _download(stage, stage.hooks[-1].fields["transcription_url"]))
        said = [each["sentence"] for channel in text["channels"] for each in channel["transcript"]]
        assert word in " ".join(said).lower()

    return step


async def _download(stage: Stage, url: str) -> bytes:
    status, content = await stage.line.gateway.rest.download(url, stage.line.app)
    assert status == 200
    return content
