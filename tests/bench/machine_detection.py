"""Who answers: the confusion table of the detector on generated greetings, and how long it takes to be sure.

Shares are of the greetings as one voice says them, a value for each voice; times are of all of them.
"""

from collections.abc import Callable

from tests.bench.effort import Effort
from tests.bench.report import Aim, Figure
from tests.support.callee_trial import Trial, trials
from tests.support.greetings import VOICES, Who, answers

MOSTLY = Aim(of="value", at_least=90)
SELDOM = Aim(of="value", at_most=10)
NEVER = Aim(of="value", at_most=0)
IN_TIME = Aim(of="value", at_most=5)
"""What the platform lets machine detection take (`cpa_time`)."""

Voices = list[list[Trial]]


def measure(effort: Effort) -> list[Figure]:
    """The table, row by row."""
    tried: Voices = []
    for voice in VOICES[: max(2, effort.count(len(VOICES)))]:
        effort.tell(voice)
        tried.append(trials(answers(voices=(voice,))))
    return [*_confusion(tried), *_beeps(tried), *(_time(tried, who) for who in ("human", "machine"))]


def _confusion(tried: Voices) -> list[Figure]:
    found: list[tuple[Who, Who, Aim]] = [
        ("human", "human", MOSTLY),
        ("human", "machine", SELDOM),
        ("machine", "human", SELDOM),
        ("machine", "machine", MOSTLY),
    ]
    return [_confused(tried, *row) for row in found]


def _confused(tried: Voices, who: Who, taken: Who, aim: Aim) -> Figure:
    mine = [[each for each in voice if each.answer.who == who] for voice in tried]
    return _share(f"A {who}, taken for a {taken}", mine, lambda trial: trial.verdict.verdict == taken, aim)


def _beeps(tried: Voices) -> list[Figure]:
    machines = [[each for each in voice if each.verdict.verdict == "machine"] for voice in tried]
    beeping = [[each for each in voice if each.answer.beep_s is not None] for voice in machines]
    quiet = [[each for each in voice if each.answer.beep_s is None] for voice in machines]
    return [
        _share("A machine's beep, heard at its end", beeping, lambda trial: trial.hears_beep, MOSTLY),
        _share("No beep, and one heard", quiet, lambda trial: trial.beep is not None, NEVER),
    ]


def _share(name: str, tried: Voices, counts: Callable[[Trial], bool], aim: Aim) -> Figure:
    shares = tuple(100 * sum(map(counts, voice)) / len(voice) for voice in tried)
    return Figure(name, "%", shares, aim=aim)


def _time(tried: Voices, who: Who) -> Figure:
    times = tuple(each.verdict.at_s for voice in tried for each in voice if each.verdict.verdict == who)
    return Figure(f"From the answer to the verdict: {who}", "s", times, aim=IN_TIME)
