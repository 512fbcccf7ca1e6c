"""record with its options: what ends it, whether the script waits for it, and what file it makes."""

import itertools

import pytest

from gateway.ncco.effects import Effect, SetTimer, StartRecording, StopRecording
from gateway.ncco.happenings import DigitPressed, RecordingEnded
from gateway.ncco.schema import read_ncco
from gateway.ncco.script import Script

pytestmark = pytest.mark.unit


def begun(options: dict[str, object]) -> tuple[Script, StartRecording, list[Effect]]:
    """A script that records and waits; the recording, and what it wants besides."""
    numbers = itertools.count(1)
    machine = Script(lambda: str(next(numbers)), answered=True)
    recording, *rest = machine.run(read_ncco([{"action": "record", **options}, {"action": "wait"}]))
    assert isinstance(recording, StartRecording)
    return machine, recording, rest


@pytest.mark.parametrize(
    ("options", "waits"),
    [
        ({}, False),
        ({"timeOut": 3}, False),
        ({"beepStart": "true"}, False),
        ({"endOnSilence": 3}, True),
        ({"endOnKey": "*"}, True),
        ({"endOnSilence": "10", "endOnKey": "#", "timeOut": 60}, True),
    ],
)
def test_what_the_script_waits_for(options: dict[str, object], waits: bool) -> None:
    machine, recording, rest = begun(options)
    assert (rest == []) is waits
    wanted = (recording.limit_s, recording.silence_s, recording.beep)
    given = (options.get("timeOut"), options.get("endOnSilence"), "beepStart" in options)
    assert wanted == (given[0], int(str(given[1])) if given[1] else None, given[2])
    if waits:
        (timer,) = machine.feed(RecordingEnded(recording="1"))
        assert isinstance(timer, SetTimer)


def test_keys_that_are_not_the_one_end_nothing() -> None:
    machine, _, _ = begun({"endOnSilence": 3})
    assert machine.feed(DigitPressed(digit="#")) == []
    machine, _, _ = begun({"endOnSilence": 3, "endOnKey": "#"})
    assert machine.feed(DigitPressed(digit="#")) == [StopRecording(recording="1")]


def test_a_recording_that_is_waited_for_does_not_outlive_its_action() -> None:
    machine, _, _ = begun({"endOnSilence": 3})
    assert machine.recall() == [StopRecording(recording="1")]
    machine, _, _ = begun({"timeOut": 3})
    assert StopRecording(recording="1") not in machine.recall(), "it runs beside the script"


@pytest.mark.parametrize(
    ("options", "channels", "format_"),
    [
        ({}, 1, "mp3"),
        ({"format": "ogg"}, 1, "ogg"),
        ({"split": "conversation"}, 2, "mp3"),
        ({"split": "conversation", "channels": 2, "format": "wav"}, 2, "wav"),
        ({"split": "conversation", "channels": 3}, 3, "wav"),
        ({"split": "conversation", "channels": 32, "format": "mp3"}, 32, "wav"),
        ({"split": "conversation", "channels": 3, "format": "ogg"}, 3, "ogg"),
        ({"split": "conversation", "channels": 1}, 1, "mp3"),
        ({"channels": 1}, 1, "mp3"),
        ({"channels": 4}, 4, "wav"),
    ],
)
def test_the_file(options: dict[str, object], channels: int, format_: str) -> None:
    _, recording, _ = begun(options)
    assert (recording.channels, recording.format) == (channels, format_)
