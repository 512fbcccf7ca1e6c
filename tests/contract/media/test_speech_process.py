"""The speech process with its real engines, over its real socket."""

import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.control import (
    AnyNotice,
    Command,
    Drain,
    Framer,
    Ping,
    Pong,
    Ready,
    Refused,
    Speak,
    SpeechFailed,
    Spoken,
    StopPlay,
    decode_notice,
    encode,
)

pytestmark = pytest.mark.contract

PATIENCE_S = 60

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


class Speech:
    """The process and our end of its socket."""

    def __init__(self, cache: Path, environment: dict[str, str] | None = None) -> None:
        self.ours, theirs = socket.socketpair()
        self.ours.settimeout(PATIENCE_S)
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "media.speech",
                "--control-fd",
                str(theirs.fileno()),
                "--cache",
                str(cache),
            ],
            pass_fds=[theirs.fileno()],
            env=environment,
        )
        theirs.close()
        self._framer = Framer()
        self._notices: list[AnyNotice] = []

    def tell(self, *commands: Command) -> None:
        self.ours.sendall(b"".join(encode(command) for command in commands))

    def notice(self) -> AnyNotice:
        while not self._notices:
            data = self.ours.recv(65536)
            assert data, "the speech process is gone"
            self._notices = [decode_notice(body) for body in self._framer.feed(data)]
        return self._notices.pop(0)

    def say(self, text: str, language: str = "en-US", style: int = 0) -> AnyNotice:
        self.tell(Speak(speech="S", text=text, language=language, style=style))
        return self.notice()


Start = Callable[..., Speech]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts speech processes that have said Ready, and ends them."""
    started: list[Speech] = []

    def start(environment: dict[str, str] | None = None) -> Speech:
        speech = Speech(tmp_path / "speech", environment)
        started.append(speech)
        ready = speech.notice()
        assert isinstance(ready, Ready)
        assert ready.pid == speech.process.pid
        return speech

    yield start
    for speech in started:
        speech.ours.close()
        try:
            speech.process.wait(PATIENCE_S)
        finally:
            speech.process.kill()
            speech.process.wait()


def check_speech(spoken: AnyNotice, voice: str, shortest_s: float, longest_s: float) -> Path:
    """The file holds something as loud and as long as speech."""
    assert isinstance(spoken, Spoken), spoken
    assert spoken.voice == voice
    samples, rate = soundfile.read(spoken.path, dtype="int16")
    assert samples.ndim == 1
    assert rate >= 16000
    assert len(samples) / rate == pytest.approx(spoken.duration_s)
    assert shortest_s < spoken.duration_s < longest_s
    loudness = 20 * np.log10(np.sqrt(np.mean((samples / 32768.0) ** 2)))
    assert -45 < loudness < -6
    assert np.abs(samples.astype(int)).max() > 1500
    return Path(spoken.path)


def test_english_is_spoken_by_hibari_and_made_once(start: Start) -> None:
    speech = start()
    first = speech.say("Welcome to the Cordboard demonstration line.")
    path = check_speech(first, "hibari:en-us", 1.5, 6)
    made = path.stat().st_ino
    assert speech.say("Welcome to the Cordboard demonstration line.") == first
    assert path.stat().st_ino == made
    again = start()
    assert again.say("Welcome to the Cordboard demonstration line.") == first


def test_a_telephone_number_takes_the_time_of_its_digits(start: Start) -> None:
    speech = start()
    number = speech.say("1-800-555-0199")
    check_speech(number, "hibari:en-us", 2.5, 10)


def test_a_break_is_heard_as_silence(start: Start) -> None:
    speech = start()
    spoken = speech.say("<speak>One.<break time='2s'/>Two.</speak>")
    path = check_speech(spoken, "hibari:en-us", 2.5, 8)
    samples, rate = soundfile.read(path, dtype="int16")
    silent = np.flatnonzero(np.abs(samples.astype(int)) > 0)
    assert np.diff(silent).max() >= 2 * rate


@needs_espeak
@pytest.mark.parametrize(
    ("text", "language", "voice"),
    [
        ("Guten Tag, wie geht es Ihnen heute?", "de-DE", "espeak-ng:de"),
        ("Bonjour, comment allez-vous?", "fr-CA", "espeak-ng:fr-fr"),
        ("-v [[ -- $(id) ; Привет, как дела сегодня?", "ru-RU", "espeak-ng:ru"),
    ],
)
@pytest.mark.row("talk.language")
def test_other_languages_are_spoken_by_espeak(start: Start, text: str, language: str, voice: str) -> None:
    check_speech(start().say(text, language), voice, 0.8, 15)


@needs_espeak
@pytest.mark.row("talk.style")
def test_a_style_is_another_voice(start: Start) -> None:
    speech = start()
    one = check_speech(speech.say("Hallo, guten Tag.", "de-DE", 0), "espeak-ng:de", 0.5, 5)
    two = check_speech(speech.say("Hallo, guten Tag.", "de-DE", 1), "espeak-ng:de+f2", 0.5, 5)
    assert one.read_bytes() != two.read_bytes()


def test_without_espeak_the_reason_says_what_to_install(start: Start, tmp_path: Path) -> None:
    failed = start({"PATH": str(tmp_path)}).say("Guten Tag.", "de-DE")
    assert isinstance(failed, SpeechFailed)
    assert "speaks German (de-DE); installing espeak-ng" in failed.reason


@pytest.mark.parametrize("text", ["", "<speak>broken", "a" * 1501])
def test_what_cannot_be_said_has_a_reason(start: Start, text: str) -> None:
    failed = start().say(text)
    assert isinstance(failed, SpeechFailed)
    assert failed.reason


def test_speech_made_before_does_not_wait_for_what_is_being_made(start: Start) -> None:
    speech = start()
    speech.say("Once.")
    long = Speak(speech="long", text="A sentence that takes its time to be made. " * 30)
    speech.tell(long, Speak(speech="short", text="Once."), Ping(nonce=7))
    first, second, third = speech.notice(), speech.notice(), speech.notice()
    assert isinstance(first, Spoken)
    assert first.speech == "short"
    assert isinstance(second, Pong)
    assert second.nonce == 7
    assert isinstance(third, Spoken)
    assert third.speech == "long"


SENTENCE = "A sentence that takes its time to be made. "
CLAUSE = "a clause that takes its time to be made, "
MARKED = "<speak>" + f"<s>{SENTENCE}</s>" * 30 + "</speak>"
WHOLE = f"<speak><prosody rate='slow'>{SENTENCE * 30}</prosody></speak>"


@pytest.mark.parametrize("long", [SENTENCE * 30, CLAUSE * 30, MARKED, WHOLE])
def test_a_short_text_does_not_wait_for_the_end_of_a_long_one(start: Start, long: str) -> None:
    speech = start()
    speech.say("Once.")
    speech.tell(Speak(speech="long", text=long), Speak(speech="short", text="Twice."))
    first, second = speech.notice(), speech.notice()
    assert isinstance(first, Spoken)
    assert first.speech == "short"
    assert isinstance(second, Spoken)
    assert second.speech == "long"


def test_too_many_waiting_texts_are_refused(start: Start) -> None:
    speech = start()
    speech.tell(*(Speak(speech=str(number), text=f"<speak>{number}") for number in range(3)))
    assert [speech.notice() for _ in range(3)]
    busy = [
        Speak(speech="busy", text="A sentence that takes its time to be made. " * 30 + str(n))
        for n in range(80)
    ]
    speech.tell(*busy)
    failed = speech.notice()
    assert isinstance(failed, SpeechFailed)
    assert "texts are waiting" in failed.reason
    speech.process.send_signal(signal.SIGKILL)


def test_a_command_for_another_process_is_refused(start: Start) -> None:
    speech = start()
    speech.tell(StopPlay(play="P"))
    assert speech.notice() == Refused(command="StopPlay", subject="", reason="the speech process only speaks")


def test_it_ends_with_the_gateway(start: Start) -> None:
    speech = start()
    speech.ours.close()
    assert speech.process.wait(PATIENCE_S) == 0


def test_drain_ends_it_when_the_last_text_is_made(start: Start) -> None:
    speech = start()
    speech.tell(Speak(speech="S", text="Goodbye."), Drain())
    assert isinstance(speech.notice(), Spoken)
    assert speech.process.wait(PATIENCE_S) == 0


def test_what_is_no_command_ends_it(start: Start) -> None:
    speech = start()
    speech.ours.sendall(b"\0\0\0\1\xc1")
    assert speech.process.wait(PATIENCE_S) == 0
