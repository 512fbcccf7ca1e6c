"""Packet loss concealment: the last pitch period again and again, fading (the idea of G.711 Appendix I).

It begins without a step: what the first made-up sample would miss the last true one by is added, and taken
back within JOIN samples; so it is where one repetition follows another. The first true samples afterwards are
mixed with what would have gone on.
"""

from media.dsp.ring import INDEX, LONGEST, SPAN, period
from media.engine.compile import kernel
from media.engine.state import Jitter, Samples

HISTORY = LONGEST + SPAN + 1
"""Samples that a period is found in; with fewer of them what was heard last is faded out at once."""
WHOLE = 80
"""Samples at full volume, 10 ms."""
MADE = 480
"""Samples after which there is silence: 60 ms, after which a guess is worse than none."""
JOIN = 40
"""Samples in which one thing turns into another, 5 ms."""


@kernel
def begin(jitter: Jitter, leg: int, ring: Samples, anchor: int, known: int) -> None:
    """What follows is to be made up. `anchor`: the time after the last sample that is there."""
    jitter.anchor[leg] = anchor
    repeats = 0
    if known >= HISTORY:
        repeats = period(ring, anchor - SPAN, -1, LONGEST)
    jitter.period[leg] = repeats
    jitter.step[leg] = jitter.last[leg]
    if repeats:
        jitter.step[leg] -= ring[(anchor - repeats - 1) & INDEX]


@kernel
def sample(jitter: Jitter, leg: int, ring: Samples, at: int) -> int:
    """The made-up sample with that number, from 0 on; the samples before the anchor must still be there."""
    if at >= MADE:
        return 0
    repeats = jitter.period[leg]
    value, step, within = 0, jitter.step[leg], at
    if repeats:
        anchor = jitter.anchor[leg]
        within = at % repeats
        value = int(ring[(anchor - repeats + within) & INDEX])
        if at >= repeats:
            step = int(ring[(anchor - 1) & INDEX]) - int(ring[(anchor - repeats - 1) & INDEX])
    if within < JOIN:
        value += step * (JOIN - within) // JOIN
    value = min(max(value, -32767), 32767)
    if at > WHOLE:
        value = value * (MADE - at) // (MADE - WHOLE)
    return value
