"""What is said in an audio file, channel by channel, in the form of the published transcripts.

A channel is cut where its speaker is silent, so that a file of any length needs the memory of a sentence. The
form is the Voice API's (recording, transcription): times of sentences and words in milliseconds, the duration
of a channel in seconds.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from media.control import Transcribe, Transcribed
from media.errors import Unreadable, Unrecognisable, Unwritable
from media.hearing import detector
from media.hearing.recognisers.choice import Recognisers
from media.hearing.recognisers.lexicon import words_of
from media.hearing.recognisers.recogniser import RATE, Sound, Understood
from media.hearing.speech import Ended, Manner, Speech, State
from media.hearing.vad import CHUNK_S, Vad

VERSION = "1.0.0"
MAX_CHANNELS = 32
"""As many as a recording has."""
SENTENCE = Manner(end_on_silence_s=0.6, max_duration_s=20.0, sensitivity=70)
"""Where a sentence ends. The longest is below the 30 s that Whisper hears at once."""
LEAD_S = 0.3
"""Of sound before a sentence; its first consonant may have been too soft to be noticed."""

_WIDE_CHUNK = detector.CHUNK * RATE // detector.RATE
_LINE = "transcription"


class Sentence(NamedTuple):
    """The sound of a sentence, and the place of its first sample in the channel."""

    sound: Sound
    at_s: float


class Transcriber:
    """Writes transcripts, one at a time. `is_wanted` is asked between sentences."""

    def __init__(
        self, recognisers: Recognisers, make_vad: Callable[[], Vad], is_wanted: Callable[[], bool]
    ) -> None:
        self._recognisers = recognisers
        self._make_vad = make_vad
        self._is_wanted = is_wanted

    def transcribe(self, command: Transcribe) -> Transcribed:
        """Read, recognise and write. Raises Unreadable, Unrecognisable or Unwritable."""
        if refusal := self._recognisers.refusal(command.language):
            raise Unrecognisable(refusal)
        path = Path(command.path)
        channels = [self._channel(path, number) for number in range(_channels(path))]
        document = {"ver": VERSION, "request_id": command.transcription, "channels": channels}
        size = _write(Path(command.target), json.dumps(document, ensure_ascii=False).encode())
        return Transcribed(transcription=command.transcription, size=size)

    def _channel(self, path: Path, number: int) -> dict[str, object]:
        sentences = []
        ear = _Ear(self._make_vad())
        for block in _blocks(path, number):
            sentences += [self._sentence(sentence) for sentence in ear.hear(block)]
        sentences += [self._sentence(sentence) for sentence in ear.finish()]
        said = [sentence for sentence in sentences if sentence is not None]
        return {"transcript": said, "duration": round(ear.heard_s, 3)}

    def _sentence(self, sentence: Sentence) -> dict[str, object] | None:
        if not self._is_wanted():
            raise Unrecognisable("the transcription is not wanted any more")
        understood = self._recognisers.recognise(sentence.sound, timed=True).understood
        return _published(understood, sentence) if understood is not None else None


class _Ear:
    """Cuts the sound of one channel, at RATE, into sentences."""

    def __init__(self, vad: Vad) -> None:
        self._vad = vad
        self._speech = Speech(SENTENCE)
        self._rest = np.zeros(0, np.int16)
        self._chunks: list[Sound] = []
        self._count = 0

    @property
    def heard_s(self) -> float:
        return self._count * CHUNK_S + len(self._rest) / RATE

    def hear(self, sound: Sound) -> Iterator[Sentence]:
        """The sentences that end in this sound."""
        self._rest = np.concatenate([self._rest, sound])
        whole = len(self._rest) - len(self._rest) % _WIDE_CHUNK
        chunks, self._rest = self._rest[:whole].reshape(-1, _WIDE_CHUNK), self._rest[whole:]
        for chunk in chunks:
            yield from self._hear_chunk(chunk)

    def finish(self) -> Iterator[Sentence]:
        """The sentence in which the file ends."""
        if self._speech.finish() is not None:
            yield self._cut()

    def _hear_chunk(self, chunk: Sound) -> Iterator[Sentence]:
        self._count += 1
        self._chunks.append(chunk)
        narrow = chunk.reshape(-1, 2).mean(axis=1).astype(np.int16)
        voice = self._vad.hear({_LINE: narrow})[_LINE]
        if isinstance(self._speech.hear(voice, self._count * CHUNK_S), Ended):
            yield self._cut()
        elif self._speech.state is State.WAITING and len(self._chunks) * CHUNK_S > LEAD_S:
            del self._chunks[0]

    def _cut(self) -> Sentence:
        """What has been kept; the next sentence begins after it."""
        sentence = Sentence(np.concatenate(self._chunks), (self._count - len(self._chunks)) * CHUNK_S)
        self._chunks, self._speech = [], Speech(SENTENCE)
        return sentence


def _channels(path: Path) -> int:
    try:
        with soundfile.SoundFile(path) as file:
            channels: int = file.channels
    except (OSError, RuntimeError) as error:
        raise Unreadable(f"the file is not audio that can be read: {error}") from error
    if channels > MAX_CHANNELS:
        raise Unreadable(f"the file has {channels} channels; at most {MAX_CHANNELS} are transcribed")
    return channels


def _blocks(path: Path, channel: int) -> Iterator[NDArray[np.int16]]:
    """One channel at RATE, a second at a time."""
    try:
        with soundfile.SoundFile(path) as file:
            resampler = soxr.ResampleStream(file.samplerate, RATE, 1, dtype="int16")
            for block in file.blocks(blocksize=file.samplerate, dtype="int16", always_2d=True):
                yield resampler.resample_chunk(np.ascontiguousarray(block[:, channel]))
            yield resampler.resample_chunk(np.zeros(0, np.int16), last=True)
    except (OSError, RuntimeError) as error:
        raise Unreadable(f"the file cannot be read to its end: {error}") from error


def _published(understood: Understood, sentence: Sentence) -> dict[str, object]:
    start, end = _ms(sentence.at_s), _ms(sentence.at_s + len(sentence.sound) / RATE)
    if understood.words:
        start, end = (
            _ms(sentence.at_s + understood.words[0].start_s),
            _ms(sentence.at_s + understood.words[-1].end_s),
        )
    return {
        "sentence": understood.text,
        "raw_sentence": " ".join(words_of(understood.text)),
        "timestamp": start,
        "duration": end - start,
        "words": [
            {
                "word": word.text,
                "start_time": _ms(sentence.at_s + word.start_s),
                "end_time": _ms(sentence.at_s + word.end_s),
                "confidence": round(word.confidence, 3),
            }
            for word in understood.words
        ],
    }


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _write(target: Path, data: bytes) -> int:
    """All of the file or none of it; its size. Raises Unwritable."""
    unfinished = target.with_name(target.name + ".part")
    try:
        fd = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(fd)
        unfinished.replace(target)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        raise Unwritable(f"cannot write the transcript: {error.strerror}") from error
    return len(data)
