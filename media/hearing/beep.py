"""The beep of an answering machine: one steady tone, and quiet after it. Pure.

Nobody has written down how machines beep. What is looked for is what those of carriers, offices and homes
have in common, and what speech, music, keys and the tones of exchanges have not (ITU-T E.180, Q.23, Q.35).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from media.hearing.detector import RATE, Reading
from media.hearing.tone import WINDOW, with_times

SAME_HZ = 15.0
"""How far a tone may stray. A voice glides further within a syllable."""
SHORTEST_S, LONGEST_S = 0.08, 2.4
"""A beep of 100 ms fills windows for 80. What lasts longer is a dial tone or a fax machine (2.6 s)."""
RINGING_HZ, RINGING_S = (417.0, 433.0), 0.7
"""The ringing of most countries: one tone of 425 Hz for 0.8 s and more (ITU-T E.180)."""
EDGE_S = 0.05
"""The windows at the edges of a tone have only some of it: so long may a sound be loud and no tone."""
DROP_DB = 12.0
"""How much quieter it is after a beep; after a note of music it is not."""
QUIET_S = 0.32
"""How long it has to be so. Machines that beep twice pause for less: their beep is over with the second."""


@dataclass(slots=True)
class _Tone:
    hertz: float
    level_db: float
    began_s: float
    ended_s: float
    quiet_s: float
    """Until when nothing else was as loud."""
    in_melody: bool
    """Another tone was just before it."""

    def goes_on(self, reading: Reading) -> bool:
        return reading.hertz is not None and abs(reading.hertz - self.hertz) <= SAME_HZ

    @property
    def could_be_beep(self) -> bool:
        lasted_s = self.ended_s - self.began_s
        rings = RINGING_HZ[0] <= self.hertz <= RINGING_HZ[1] and lasted_s > RINGING_S
        return SHORTEST_S <= lasted_s <= LONGEST_S and not rings and not self.in_melody


class BeepFinder:
    """Listens for beeps, one after the other."""

    def __init__(self) -> None:
        self._tone: _Tone | None = None
        """What sounds, or has just ended."""
        self._melody_s = -QUIET_S
        """When the last tone ended that was no beep. A melody has many of them."""

    def feed(self, readings: Sequence[Reading], at_s: float) -> float | None:
        """Listen on, to windows up to `at_s`. When a beep ended, once it is known to have been one."""
        beeps = [self._take(reading, ended_s) for reading, ended_s in with_times(readings, at_s)]
        return next((beep for beep in reversed(beeps) if beep is not None), None)

    def _take(self, reading: Reading, now_s: float) -> float | None:
        """The next window, which ends at `now_s`."""
        tone = self._tone
        if tone is None:
            self._begin(reading, now_s)
            return None
        if tone.goes_on(reading):
            if now_s - tone.ended_s > EDGE_S:
                tone.began_s = now_s - WINDOW / RATE  # It beeps again.
            tone.ended_s = tone.quiet_s = now_s
            return None
        if reading.level_db <= tone.level_db - DROP_DB:
            tone.quiet_s = now_s
            is_other = False
        else:
            is_other = reading.hertz is not None or now_s - tone.quiet_s > EDGE_S
        if is_other or not tone.could_be_beep:
            self._give_up(tone)
            self._begin(reading, now_s)
            return None
        if now_s - tone.ended_s < QUIET_S:
            return None
        self._tone = None
        return tone.ended_s

    def _begin(self, reading: Reading, now_s: float) -> None:
        began_s = now_s - WINDOW / RATE
        if reading.hertz is not None:
            in_melody = began_s < self._melody_s + QUIET_S
            self._tone = _Tone(reading.hertz, reading.level_db, began_s, now_s, now_s, in_melody)

    def _give_up(self, tone: _Tone) -> None:
        self._tone = None
        if tone.ended_s - tone.began_s >= SHORTEST_S:
            self._melody_s = tone.ended_s
