"""Runs a fuzz target: briefly and repeatably in the suite, by hand for as long as one likes.

A target takes octets and raises only when something is wrong with our code. By hand:

    python -m tests.fuzz.fuzz_message 60       seconds; by atheris, if it is installed

What fails is written to fixtures/sip/crashes as TARGET-DIGEST, which the suite tries ever after.
"""

import hashlib
import importlib
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "fixtures"
CRASHES = FIXTURES / "sip" / "crashes"
CORPORA = FIXTURES.parent / ".fuzz"
"""Inputs that led atheris to new code, by target: the next run begins with them."""

MAX_OCTETS = 8192
"""Longest input made: beyond the limits of lines and of a stream's head lie no other branches."""

MAX_CHANGES = 6
"""Changes of one input. With more of them most inputs fail at their first line."""

DEFAULT_SECONDS = 60


@dataclass(frozen=True)
class Target:
    """What is fuzzed. `seeds` are valid and nearly valid inputs; `words` are put into them."""

    name: str
    check: Callable[[bytes], None]
    seeds: Sequence[bytes]
    words: Sequence[bytes] = ()

    def crashes(self) -> list[bytes]:
        """What has failed once."""
        return [path.read_bytes() for path in sorted(CRASHES.glob(f"{self.name}-*"))]


def inputs(target: Target, seed: int) -> Iterator[bytes]:
    """Changed seeds without end, the same for the same `seed`."""
    chance = random.Random(seed)
    known = [*target.seeds, *target.crashes()]
    while True:
        octets = bytearray(chance.choice(known))
        for _ in range(chance.randint(1, MAX_CHANGES)):
            _change(octets, chance, target, known)
        yield bytes(octets[:MAX_OCTETS])


def run(target: Target, runs: int, seed: int = 4475) -> None:
    """Try the seeds, what has failed once, and `runs` inputs. Raises what the target raises."""
    for octets in (*target.seeds, *target.crashes()):
        target.check(octets)
    made = inputs(target, seed)
    for _ in range(runs):
        target.check(next(made))


def main(target: Target) -> None:
    """Run a target by hand for the seconds that the command line names."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_SECONDS
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        _run_long(target, seconds)
        return
    atheris.instrument_all()
    corpus = CORPORA / target.name
    corpus.mkdir(parents=True, exist_ok=True)
    for place, seed in enumerate((*target.seeds, *target.crashes())):
        (corpus / str(place)).write_bytes(seed)
    # What fails is kept by us, under the target's name.
    options = [f"-max_total_time={seconds}", f"-max_len={MAX_OCTETS}", f"-artifact_prefix={corpus}/"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], _kept(target))
    atheris.Fuzz()


def _run_long(target: Target, seconds: int) -> None:
    end = time.monotonic() + seconds
    check = _kept(target)
    runs = 0
    for octets in inputs(target, random.SystemRandom().getrandbits(64)):
        check(octets)
        runs += 1
        if time.monotonic() > end:
            break
    sys.stdout.write(f"{target.name}: {runs} inputs, nothing found\n")


def _kept(target: Target) -> Callable[[bytes], None]:
    """The target, which leaves behind what fails."""

    def check(octets: bytes) -> None:
        try:
            target.check(octets)
        except Exception:
            digest = hashlib.sha256(octets).hexdigest()[:12]
            CRASHES.mkdir(exist_ok=True)
            (CRASHES / f"{target.name}-{digest}").write_bytes(octets)
            raise

    return check


def _change(octets: bytearray, chance: random.Random, target: Target, known: Sequence[bytes]) -> None:
    start = chance.randint(0, len(octets))
    end = min(len(octets), start + chance.choice((0, 1, 1, 2, 8, 64)))
    match chance.randrange(5):
        case 0:
            octets[start:end] = chance.randbytes(chance.randint(0, 4))
        case 1 if target.words:
            octets[start:end] = chance.choice(target.words)
        case 2:
            octets[start:start] = octets[start:end] * chance.choice((1, 2, 70))
        case 3:
            other = chance.choice(known)
            octets[start:] = other[chance.randint(0, len(other)) :]
        case _:
            del octets[start:end]
