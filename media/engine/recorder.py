"""The life of a recording, as a table."""

from enum import Enum

from media.errors import IllegalTransition


class Recorder(Enum):
    """States of a recording."""

    RECORDING = "recording"
    FINALISING = "finalising"
    DONE = "done"
    PACKING = "packing"
    """Another worker will go on with the file."""
    PACKED = "packed"


class Step(Enum):
    """What happens to a recording."""

    STOPPED = "stopped"
    """StopRecording, or the end of the worker."""
    FAILED = "failed"
    """The file cannot grow any more."""
    MOVED = "moved"
    """The leg that is recorded goes to another worker."""
    CLOSED = "closed"
    """The file is complete on disk, or nobody's for the moment."""


TRANSITIONS: dict[tuple[Recorder, Step], Recorder] = {
    (Recorder.RECORDING, Step.STOPPED): Recorder.FINALISING,
    (Recorder.RECORDING, Step.FAILED): Recorder.FINALISING,
    (Recorder.RECORDING, Step.MOVED): Recorder.PACKING,
    (Recorder.FINALISING, Step.STOPPED): Recorder.FINALISING,
    (Recorder.FINALISING, Step.FAILED): Recorder.FINALISING,
    (Recorder.FINALISING, Step.MOVED): Recorder.FINALISING,
    (Recorder.FINALISING, Step.CLOSED): Recorder.DONE,
    (Recorder.PACKING, Step.STOPPED): Recorder.PACKING,
    (Recorder.PACKING, Step.FAILED): Recorder.PACKING,
    (Recorder.PACKING, Step.MOVED): Recorder.PACKING,
    (Recorder.PACKING, Step.CLOSED): Recorder.PACKED,
}


def transition(state: Recorder, step: Step) -> Recorder:
    """The next state. Raises IllegalTransition for a pair that cannot happen."""
    try:
        return TRANSITIONS[state, step]
    except KeyError:
        raise IllegalTransition(f"a recording that is {state.value} cannot be {step.value}") from None
