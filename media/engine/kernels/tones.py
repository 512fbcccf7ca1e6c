"""Leg by leg: keys that are heard as tones, where somebody wants them."""

from media.dsp import dtmf_ear
from media.engine import records
from media.engine.compile import inlined, kernel
from media.engine.state import FRAME, Samples, State
from media.rtp import events


@inlined
def listen(state: State, leg: int) -> None:
    """Tell of a key; it counts where the peer does not send telephone-events as well."""
    if not state.tones.wanted[leg]:
        return
    narrow = state.work.narrow
    _narrow(state.frames.said[leg], state.legs.rate[leg], narrow)
    digit = dtmf_ear.hear(state.tones, leg, narrow, state.work)
    if digit.code != dtmf_ear.NONE and state.keys.timestamp[leg] == events.NO_EVENT:
        records.put_event(state.rings, state.meter, records.DIGIT, leg, digit.code, digit.duration_ms)


@kernel
def _narrow(said: Samples, rate: int, narrow: Samples) -> None:
    """A frame at 8 kHz. In the mean of samples the highest tone is 0.4 dB quieter, and none is folded."""
    for k in range(FRAME):
        total = 0
        for of_one in range(rate):
            total += said[k * rate + of_one]
        narrow[k] = total // rate
