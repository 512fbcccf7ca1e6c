"""Phase 3, leg by leg: keys that are heard as tones, where somebody wants them."""

from media.dsp import dtmf_ear
from media.engine import records
from media.engine.compile import kernel
from media.engine.state import State
from media.rtp import events


@kernel
def listen(state: State, leg: int) -> None:
    """Tell of a key; it counts where the peer does not send telephone-events as well."""
    if not state.tones.wanted[leg]:
        return
    digit = dtmf_ear.hear(state.tones, leg, state.frames.said[leg], state.work)
    if digit.code != dtmf_ear.NONE and state.keys.timestamp[leg] == events.NO_EVENT:
        records.put_event(state.rings, state.meter, records.DIGIT, leg, digit.code, digit.duration_ms)
