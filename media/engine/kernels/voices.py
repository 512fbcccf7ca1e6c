"""Leg by leg: how loud it is, whether that is a voice, and when the control thread hears of it.

A voice is what is much louder than the line's own noise, which the ear gets used to: quickly to a quieter
one, slowly to a louder one. Only legs of which somebody asks are judged.
"""

from media.dsp.level import SILENCE, level
from media.engine import records
from media.engine.compile import inlined, kernel
from media.engine.state import FRAME, TO_SOME, State, Voices

BEGIN_TICKS = 3
"""So much voice in a row begins to count. A click, or a cough on the line, is shorter."""
HANG_TICKS = 25
"""So much silence ends it: half a second. Pauses between words are shorter."""
RISE_DB = 9
"""How much louder than the noise a voice is."""
QUIETEST_NOISE = 60
"""-dBov. A line is never taken to be quieter, or its faintest hiss would be a voice."""
FALL, CLIMB = 2, 9
"""How fast the noise follows, as shifts of what is between: down in 0.1 s, up in 10 s."""
PRECISION = 10
"""Bits after the point of `Voices.noise`: a step up of one decibel must not be lost in CLIMB."""
WINDOW_TICKS = 50
MOST_TOLD = 20
"""News of a room in a window, a second: a chat of everybody in a room of a thousand floods nobody. What is
not told stays true until it is, or is over."""


@kernel
def clear(voices: Voices, leg: int) -> None:
    """The leg is a new one."""
    voices.level[leg] = SILENCE
    voices.noise[leg] = QUIETEST_NOISE << PRECISION
    voices.rising[leg], voices.left[leg], voices.told[leg] = 0, 0, 0


@kernel
def forget(state: State, leg: int) -> None:
    """The leg goes elsewhere, where nothing has been told of it: here it does not speak any more."""
    voices = state.voices
    if voices.told[leg]:
        records.put_event(state.rings, state.meter, records.SPEAKING, leg, 0, voices.level[leg])
    voices.rising[leg], voices.left[leg], voices.told[leg] = 0, 0, 0


@inlined
def listen(state: State, leg: int) -> None:
    """Take in what the leg says in this tick."""
    voices = state.voices
    loudness = level(state.frames.said[leg, : FRAME * state.legs.rate[leg]])
    voices.level[leg] = loudness
    if not voices.quietest[leg] and not voices.told[leg]:
        return
    _follow_noise(voices, leg, loudness)
    _judge(voices, leg, state.legs.reach[leg] >= TO_SOME and _is_voice(voices, leg, loudness))
    speaks = voices.left[leg] > 0
    if speaks != voices.told[leg] and _tell(state, leg, int(speaks)):
        voices.told[leg] = speaks


@kernel
def _follow_noise(voices: Voices, leg: int, loudness: int) -> None:
    heard = min(loudness, QUIETEST_NOISE) << PRECISION
    change = heard - voices.noise[leg]
    voices.noise[leg] += change >> (FALL if change > 0 else CLIMB)


@kernel
def _is_voice(voices: Voices, leg: int, loudness: int) -> bool:
    noise = voices.noise[leg] >> PRECISION
    return bool(loudness <= voices.quietest[leg] and loudness <= noise - RISE_DB)


@kernel
def _judge(voices: Voices, leg: int, is_voice: bool) -> None:
    """Count the ticks of a voice until it speaks, and those without until it has ended."""
    voices.rising[leg] = voices.rising[leg] + 1 if is_voice else 0
    if voices.rising[leg] >= BEGIN_TICKS or (is_voice and voices.left[leg]):
        voices.left[leg] = HANG_TICKS
    elif voices.left[leg]:
        voices.left[leg] -= 1


@kernel
def _tell(state: State, leg: int, speaks: int) -> bool:
    """Tell the control thread, unless the room has no news left in this window, or there is no room."""
    rooms, room, ticks = state.rooms, state.legs.room[leg], state.meter.ticks[0]
    if room < 0:
        return False
    if ticks - rooms.told_since[room] >= WINDOW_TICKS:
        rooms.told_since[room], rooms.told[room] = ticks, 0
    if rooms.told[room] >= MOST_TOLD:
        return False
    rooms.told[room] += 1
    return records.put_event(state.rings, state.meter, records.SPEAKING, leg, speaks, state.voices.level[leg])
