"""The hearing process with its real engines, over its real socket; the voice is another package's."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.control import (
    Drain,
    ListenForMachine,
    ListenForSpeech,
    ListeningFailed,
    MachineHeard,
    Ping,
    Pong,
    Ready,
    Refused,
    SpeechBegan,
    SpeechHeard,
    SpeechPartial,
    StopListening,
    StopPlay,
    Transcribe,
    Transcribed,
    TranscriptionFailed,
)
from media.files.wav import WavWriter
from media.hearing.ears import MAX_LISTENINGS
from media.hearing.process import MAX_TRANSCRIPTIONS
from media.hearing.vad import CHUNK_S
from tests.support.hearing_process import RATE, HearingChild, call, growing, said, write

pytestmark = pytest.mark.contract

MENU = ("Sales", "Technical Support", "cancel my order", "I would like to speak to an agent")


@pytest.fixture(scope="module")
def shared() -> Iterator[HearingChild]:
    with HearingChild() as child:
        assert child.told(Ready).pid == child.process.pid
        yield child


@pytest.fixture
def hearing(shared: HearingChild) -> Iterator[HearingChild]:
    """The one process of the module; a test leaves nothing behind that is listened to."""
    yield shared
    shared.settle()


@pytest.fixture
def own() -> Iterator[HearingChild]:
    """A process that the test may end."""
    with HearingChild() as child:
        child.told(Ready)
        yield child


def plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z']+", text.lower()))


@pytest.mark.parametrize("phrase", MENU[1:])
def test_an_expected_phrase_is_heard_as_it_is_written(
    hearing: HearingChild, tmp_path: Path, phrase: str
) -> None:
    path = write(tmp_path / "leg.wav", call(0.6, phrase, 1.5))
    heard, before = hearing.hear(
        ListenForSpeech(listening="L", path=path, context=MENU, end_on_silence_s=1.0)
    )
    (began,) = before
    assert isinstance(began, SpeechBegan)
    assert began.at_s == pytest.approx(0.6, abs=0.25)
    assert heard.results[0].text == phrase
    assert 0.5 <= heard.results[0].confidence <= 1
    assert heard.recogniser == "pocketsphinx-grammar"
    assert heard.ended_by == "silence"
    assert heard.began_s == began.at_s
    assert heard.ended_s == pytest.approx(0.6 + len(said(phrase)) / RATE, abs=0.35)


def test_what_is_not_expected_goes_to_the_free_recogniser(hearing: HearingChild, tmp_path: Path) -> None:
    path = write(tmp_path / "leg.wav", call(0.5, "please call me back tomorrow", 1.5))
    heard, _ = hearing.hear(
        ListenForSpeech(listening="L", path=path, context=("yes", "no"), end_on_silence_s=1.0)
    )
    assert plain(heard.results[0].text) == "please call me back tomorrow"
    assert heard.recogniser == "whisper-tiny.en"


def test_the_free_recogniser_writes_expected_phrases_as_expected(
    hearing: HearingChild, tmp_path: Path
) -> None:
    path = write(tmp_path / "leg.wav", call(0.5, "one two three four", 1.5))
    context = ("xyzzyqq", "one-two, 3 4")
    heard, _ = hearing.hear(ListenForSpeech(listening="L", path=path, context=context, end_on_silence_s=1.0))
    assert heard.results[0].text == "one-two, 3 4"


def test_a_word_that_nobody_can_pronounce_is_no_hindrance(hearing: HearingChild, tmp_path: Path) -> None:
    path = write(tmp_path / "leg.wav", call(0.5, "technical support", 1.5))
    context = ("xyzzyqq", "!?", "", "<NULL>; grammar x;", "Technical Support")
    heard, _ = hearing.hear(ListenForSpeech(listening="L", path=path, context=context, end_on_silence_s=1.0))
    assert heard.results[0].text == "Technical Support"


def test_partial_results_come_while_somebody_speaks(hearing: HearingChild, tmp_path: Path) -> None:
    path = write(tmp_path / "leg.wav", call(0.5, "I would like to speak to an agent", 0.7))
    hearing.tell(ListenForSpeech(listening="L", path=path, partial=True))
    with growing(path):
        hearing.told(SpeechBegan)
        partial = hearing.told(SpeechPartial)
    assert "agent" in plain(partial.text)
    with Path(path).open("ab") as file:
        file.write(call("please call me back tomorrow", 2.5).astype("<i2").tobytes())
    while isinstance(notice := hearing.notice(), SpeechPartial):
        pass
    assert isinstance(notice, SpeechHeard)
    assert plain(notice.results[0].text).startswith("i would like to speak to an agent")
    assert plain(notice.results[0].text).endswith("call me back tomorrow")


def test_speech_for_too_long_is_cut(hearing: HearingChild, tmp_path: Path) -> None:
    path = write(tmp_path / "leg.wav", call(0.3, *["what is my account balance"] * 3, 1.0))
    heard, _ = hearing.hear(ListenForSpeech(listening="L", path=path, max_duration_s=2.0))
    assert heard.ended_by == "max_duration"
    assert heard.ended_s - heard.began_s <= 2.0 + CHUNK_S
    assert heard.results


def test_silence_and_noise_are_nobody(hearing: HearingChild, tmp_path: Path) -> None:
    noise = np.random.default_rng(7).normal(0, 900, RATE * 3).astype(np.int16)
    quiet = write(tmp_path / "quiet.wav", call(3.0))
    noisy = write(tmp_path / "noisy.wav", noise)
    spoken = write(tmp_path / "spoken.wav", call(4.0, "technical support", 1.5))
    hearing.tell(
        ListenForSpeech(listening="quiet", path=quiet),
        ListenForSpeech(listening="noisy", path=noisy),
        ListenForSpeech(listening="spoken", path=spoken, end_on_silence_s=1.0),
    )
    # All three are heard in step: when the longest is told to its end, the others have been heard out.
    told = []
    while not isinstance(notice := hearing.notice(), SpeechHeard):
        told += [notice.listening] if isinstance(notice, SpeechBegan) else []
    assert notice.listening == "spoken"
    assert told == ["spoken"]


def test_two_are_heard_at_once(hearing: HearingChild, tmp_path: Path) -> None:
    phrases = {"one": "Technical Support", "two": "I would like to speak to an agent"}
    for name, phrase in phrases.items():
        path = write(tmp_path / f"{name}.wav", call(0.5, phrase, 1.5))
        hearing.tell(ListenForSpeech(listening=name, path=path, context=MENU, end_on_silence_s=1.0))
    heard: dict[str, str] = {}
    while len(heard) < 2:
        notice = hearing.notice()
        if isinstance(notice, SpeechHeard):
            heard[notice.listening] = notice.results[0].text
    assert heard == phrases


def test_a_file_may_come_later_and_grow(hearing: HearingChild, tmp_path: Path) -> None:
    path = tmp_path / "leg.wav"
    hearing.tell(ListenForSpeech(listening="L", path=str(path), context=MENU, end_on_silence_s=0.5))
    writer = WavWriter(path, 1, RATE)
    for block in np.array_split(call(0.5, "technical support", 1.5), 25):
        writer.append(block.reshape(-1, 1))
    writer.close()
    hearing.told(SpeechBegan)
    assert hearing.told(SpeechHeard).results[0].text == "Technical Support"


def test_wide_band_files_can_be_followed(hearing: HearingChild, tmp_path: Path) -> None:
    wide = np.repeat(call(0.5, "technical support", 1.5), 2)
    path = write(tmp_path / "leg.wav", wide, 2 * RATE)
    heard, _ = hearing.hear(ListenForSpeech(listening="L", path=path, context=MENU, end_on_silence_s=1.0))
    assert heard.results[0].text == "Technical Support"


def test_a_file_that_stops_growing_ends_the_speech(hearing: HearingChild, tmp_path: Path) -> None:
    path = write(tmp_path / "leg.wav", call(0.5, "technical support", 0.2))
    silent = write(tmp_path / "silent.wav", call(0.5))
    hearing.tell(
        ListenForSpeech(listening="L", path=path, context=MENU, end_on_silence_s=5.0),
        ListenForSpeech(listening="silent", path=silent),
    )
    hearing.told(SpeechBegan)
    notices = {notice.listening: notice for notice in (_last(hearing), _last(hearing))}
    spoken, failed = notices["L"], notices["silent"]
    assert isinstance(spoken, SpeechHeard)
    assert spoken.results[0].text == "Technical Support"
    assert isinstance(failed, ListeningFailed)
    assert "not grown" in failed.reason


def _last(hearing: HearingChild) -> SpeechHeard | ListeningFailed:
    notice = hearing.notice()
    assert isinstance(notice, SpeechHeard | ListeningFailed)
    return notice


@pytest.mark.parametrize("language", ["de-DE", "x", ""])
def test_another_language_is_refused_at_once(hearing: HearingChild, tmp_path: Path, language: str) -> None:
    heard, before = hearing.hear(
        ListenForSpeech(listening="L", path=str(tmp_path / "none.wav"), language=language)
    )
    assert not before
    assert "only English" in heard.failed


def test_what_is_no_sound_cannot_be_followed(hearing: HearingChild, tmp_path: Path) -> None:
    (tmp_path / "leg.wav").write_bytes(b"no sound at all, " * 10)
    hearing.tell(ListenForSpeech(listening="L", path=str(tmp_path / "leg.wav")))
    assert hearing.told(ListeningFailed).reason == "not a WAV file"


def test_too_many_listenings_are_refused(hearing: HearingChild, tmp_path: Path) -> None:
    path = write(tmp_path / "leg.wav", call(0.5))
    names = [str(number) for number in range(MAX_LISTENINGS + 1)]
    hearing.tell(*(ListenForSpeech(listening=name, path=path) for name in names))
    # On a machine that is too busy, the files are given up meanwhile, since nobody writes them.
    while "too many" not in (failed := hearing.told(ListeningFailed)).reason:
        pass
    assert failed.listening == names[-1]


def test_a_listening_that_is_stopped_is_not_told_to_its_end(hearing: HearingChild, tmp_path: Path) -> None:
    path = write(tmp_path / "leg.wav", call(0.5, "technical support", 3.0))
    hearing.tell(
        ListenForSpeech(listening="L", path=path, context=MENU),
        StopListening(listening="L"),
        ListenForSpeech(listening="M", path=path, context=MENU),
    )
    while not isinstance(notice := hearing.notice(), SpeechHeard):
        assert isinstance(notice, SpeechBegan)
    assert notice.listening == "M"


def test_who_answered_is_told(hearing: HearingChild, tmp_path: Path) -> None:
    path = write(tmp_path / "leg.wav", call(0.4, "Hello?", 5.0))
    hearing.tell(ListenForMachine(listening="A", path=path))
    heard = hearing.told(MachineHeard)
    assert (heard.listening, heard.verdict) == ("A", "human")


def test_a_recording_is_transcribed_channel_by_channel(hearing: HearingChild, tmp_path: Path) -> None:
    first = call(0.5, "I would like to speak to an agent", 1.2, "please call me back tomorrow", 1.0)
    second = call(2.0, "the weather is nice today", 3.0)
    both = np.zeros((max(len(first), len(second)), 2), np.int16)
    both[: len(first), 0], both[: len(second), 1] = first, second
    soundfile.write(tmp_path / "recording.flac", both, RATE)
    target = tmp_path / "transcript.json"
    hearing.tell(Transcribe(transcription="T", path=str(tmp_path / "recording.flac"), target=str(target)))
    assert hearing.told(Transcribed) == Transcribed(transcription="T", size=target.stat().st_size)
    document = json.loads(target.read_text())
    assert set(document) == {"ver", "request_id", "channels"}
    one, two = document["channels"]
    assert [plain(part["sentence"]) for part in one["transcript"]] == [
        "i would like to speak to an agent",
        "please call me back tomorrow",
    ]
    (weather,) = two["transcript"]
    assert plain(weather["sentence"]) == weather["raw_sentence"] == "the weather is nice today"
    assert weather["timestamp"] == pytest.approx(2000, abs=400)
    assert weather["duration"] == pytest.approx(len(said("the weather is nice today")) / 8, abs=500)
    assert two["duration"] == pytest.approx(len(both) / RATE, abs=0.2)
    assert [plain(word["word"]) for word in weather["words"]] == ["the", "weather", "is", "nice", "today"]
    times = [time for word in weather["words"] for time in (word["start_time"], word["end_time"])]
    assert times == sorted(times)
    assert all(0 <= word["confidence"] <= 1 for word in weather["words"])
    assert list(tmp_path.glob("*.part")) == []


def test_what_cannot_be_transcribed_has_a_reason(hearing: HearingChild, tmp_path: Path) -> None:
    path = write(tmp_path / "leg.wav", call(0.5))
    (tmp_path / "text.wav").write_text("no sound")
    target = str(tmp_path / "t.json")
    hearing.tell(
        Transcribe(transcription="T", path=str(tmp_path / "text.wav"), target=target),
        Transcribe(transcription="T", path=path, target=target, language="fr-FR"),
        Transcribe(transcription="T", path=path, target=str(tmp_path / "no" / "t.json")),
    )
    for reason in ("not audio", "only English", "cannot write"):
        assert reason in hearing.told(TranscriptionFailed).reason
    assert not Path(target).exists()


def test_it_answers_a_ping(hearing: HearingChild) -> None:
    hearing.tell(Ping(nonce=99))
    assert hearing.told(Pong).nonce == 99


def test_a_command_for_another_process_is_refused(hearing: HearingChild) -> None:
    hearing.tell(StopPlay(play="P"))
    assert hearing.told(Refused).reason == "the hearing process only listens"


def test_it_ends_with_the_gateway_in_the_middle_of_a_transcript(own: HearingChild, tmp_path: Path) -> None:
    path = write(tmp_path / "leg.wav", np.tile(call(0.8, "what is my account balance"), 30))
    own.tell(Transcribe(transcription="T", path=path, target=str(tmp_path / "t.json")))
    own.tell(ListenForSpeech(listening="L", path=path))
    own.told(SpeechBegan)
    own.ours.close()
    assert own.process.wait(60) == 0
    assert not (tmp_path / "t.json").exists()


def test_too_many_transcriptions_are_refused(own: HearingChild, tmp_path: Path) -> None:
    path = write(tmp_path / "leg.wav", np.tile(call(0.8, "what is my account balance"), 40))
    names = [str(number) for number in range(MAX_TRANSCRIPTIONS + 1)]
    own.tell(*(Transcribe(transcription=name, path=path, target=str(tmp_path / "t.json")) for name in names))
    failed = own.told(TranscriptionFailed)
    assert failed.transcription == names[-1]
    assert "waiting already" in failed.reason


def test_drain_ends_it(own: HearingChild) -> None:
    own.tell(Drain())
    assert own.process.wait(60) == 0


def test_what_is_no_command_ends_it(own: HearingChild) -> None:
    own.ours.sendall(b"\0\0\0\1\xc1")
    assert own.process.wait(60) == 0


def test_a_kill_leaves_the_files_alone(own: HearingChild, tmp_path: Path) -> None:
    path = write(tmp_path / "leg.wav", np.tile(call(0.8, "what is my account balance"), 10))
    own.tell(Transcribe(transcription="T", path=path, target=str(tmp_path / "t.json")))
    own.tell(ListenForSpeech(listening="L", path=path))
    own.told(SpeechBegan)
    own.process.send_signal(signal.SIGKILL)
    assert own.process.wait(60) == -signal.SIGKILL
    assert sorted(file.name for file in tmp_path.iterdir()) == ["leg.wav"]
