"""Who answers a call: a human or a machine, from the cadence of what is said first. Pure.

People say little and wait; machines talk on, play music, or beep. That is all there is to it: every rule of
`_judge` is a case of it. `media.hearing.beep` waits for the end of a machine's message. A signal of an
exchange or a fax machine is a machine at once; while it rings on after the answer, nobody is there yet.
"""

from media.hearing.beep import BeepFinder
from media.hearing.detector import CHUNK, RATE, Beep, Sound, Verdict
from media.hearing.progress import ProgressFinder, Signal

SPEAKS, STOPS = 0.5, 0.3
"""Probabilities of speech at which a voice begins and ends. Between them it goes on."""
SHORTEST_SOUND_S = 0.09
"""Less is a click, a breath or a lost packet."""
BREATH_S = 0.2
"""A pause that parts phrases. Those within words are shorter."""
PATIENCE_S = 0.9
"""Without voice or tone after a greeting, until it counts as over. Announcements pause for less."""
LONGEST_GREETING_S = 2.8
"""A business says its name and offers help within that; a machine has hardly said its owner's."""
MOST_PHRASES = 3
"""Of a person's greeting. "Hello? - Yes? - Who is this?" are three."""
SHORT_GREETING_S = 1.5
"""What a person may have said when there is no more time to see whether it goes on."""
TONAL_S = 2.5
"""Of music or tones. A ringing tone lasts 2 s at most before it pauses (ITU-T E.180)."""
DECIDED_S = 4.8
"""After the answer something is said at any rate: applications wait for 5 s (`cpa_time`)."""
LONGEST_RINGING_S = 60.0
"""After the answer: some exchanges answer and let it ring on. Nobody waits for longer."""
HOPELESS: tuple[Signal, ...] = ("dial", "busy", "congestion", "fax", "unobtainable")
"""Signals that no person makes, and after which no message can be left."""
_CHUNK_S = CHUNK / RATE


class Cadence:
    """What has been said so far, and when. All times are seconds after the answer."""

    def __init__(self) -> None:
        self.phrases = 0
        self.began_s: float | None = None
        """When the first sound of a voice began; None before it."""
        self.ended_s = 0.0
        """Until when there was a voice."""
        self.tonal_s = 0.0
        """How long there were tones that nobody spoke."""
        self.quiet_since_s = 0.0
        """Until when there was a voice or a tone."""
        self._sound_s: float | None = None
        """When the voice began that is to be heard now; None when there is none."""
        self._counted = False

    @property
    def greeting_s(self) -> float:
        """From the first sound of a voice to the last."""
        return 0.0 if self.began_s is None else self.ended_s - self.began_s

    def feed(self, sound: Sound) -> None:
        """Take in the next chunk."""
        at_s = sound.at_s
        if sound.speech >= (STOPS if self._sound_s is not None else SPEAKS):
            self._voice(at_s)
            return
        self._sound_s = None
        if sound.tones[-1].is_tonal:
            self.tonal_s += _CHUNK_S
            self.quiet_since_s = at_s

    def _voice(self, at_s: float) -> None:
        if self._sound_s is None:
            self._sound_s = at_s - _CHUNK_S
            self._counted = False
        if at_s - self._sound_s < SHORTEST_SOUND_S:
            return
        if not self._counted:
            self._counted = True
            self.phrases += self.began_s is None or self._sound_s - self.ended_s >= BREATH_S
        self.began_s = self._sound_s if self.began_s is None else self.began_s
        self.ended_s = self.quiet_since_s = at_s


class MachineDetector:
    """Listens to one callee; see `media.hearing.detector.Detector`."""

    def __init__(self, beep_timeout_s: float | None = None) -> None:
        """Wait for a machine's beep for so long after the verdict; not at all when None."""
        self._beep_timeout_s = beep_timeout_s
        self._cadence = Cadence()
        self._beeps = BeepFinder()
        self._progress = ProgressFinder()
        self._answered_s = 0.0
        """When it rang no more."""
        self._machine_s: float | None = None
        """When it was found that this is a machine."""
        self._over = False

    def feed(self, sound: Sound) -> list[Verdict | Beep]:
        """What is known after the next chunk."""
        if self._over:
            return []
        at_s = sound.at_s
        beep_s = self._beeps.feed(sound.tones, at_s)
        signal = self._progress.feed(sound.tones, at_s)
        told: list[Verdict | Beep] = []
        if self._machine_s is None:
            verdict = self._judge(sound, signal, beeped=beep_s is not None)
            if verdict is None:
                return []
            told.append(verdict)
            self._machine_s = at_s
            self._over = verdict.verdict == "human" or self._beep_timeout_s is None
        if not self._over and self._beep_timeout_s is not None:
            in_vain = signal in HOPELESS or at_s - self._machine_s >= self._beep_timeout_s
            if beep_s is not None or in_vain:
                told.append(Beep(beep_s is not None, at_s if beep_s is None else beep_s))
                self._over = True
        return told

    def _judge(self, sound: Sound, signal: Signal | None, *, beeped: bool) -> Verdict | None:
        at_s = sound.at_s
        if signal in HOPELESS:
            return Verdict("machine", 0.95, at_s)
        if signal == "ringing" and not self._cadence.phrases and at_s <= LONGEST_RINGING_S:
            self._cadence, self._answered_s = Cadence(), at_s
        since_s = at_s - self._answered_s
        self._cadence.feed(sound._replace(at_s=since_s))
        verdict = _judge(self._cadence, since_s, beeped=beeped)
        return None if verdict is None else verdict._replace(at_s=at_s)


def _judge(cadence: Cadence, at_s: float, *, beeped: bool) -> Verdict | None:
    """Who it is, as far as that is clear by now. The confidences are shares of right verdicts, rounded."""
    greeting_s = cadence.greeting_s
    if beeped and cadence.phrases:
        return Verdict("machine", 0.95, at_s)
    if greeting_s > LONGEST_GREETING_S:
        return Verdict("machine", 0.9, at_s)
    if cadence.phrases > MOST_PHRASES:
        return Verdict("machine", 0.8, at_s)
    if cadence.tonal_s >= TONAL_S:
        return Verdict("machine", 0.8, at_s)
    if cadence.phrases and at_s - cadence.quiet_since_s >= PATIENCE_S:
        return Verdict("human", 0.95 if greeting_s <= SHORT_GREETING_S else 0.8, at_s)
    if at_s < DECIDED_S:
        return None
    if greeting_s > SHORT_GREETING_S:
        return Verdict("machine", 0.6, at_s)
    return Verdict("human", 0.7 if cadence.phrases else 0.5, at_s)
