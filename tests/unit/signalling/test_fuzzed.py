"""The fuzz targets of signalling, briefly: their seeds, what failed once, and a few thousand inputs more."""

import pytest

from tests.fuzz import fuzz_digest, fuzz_framer, fuzz_message, fuzz_sdp, fuzz_uri, fuzz_via
from tests.fuzz.running import Target, inputs, run

pytestmark = pytest.mark.unit

RUNS = 2000
FRAMER_RUNS = 300  # each feeds a thousand octets one by one
TARGETS = [module.TARGET for module in (fuzz_message, fuzz_uri, fuzz_via, fuzz_digest, fuzz_sdp)]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_nothing_breaks_a_reader(target: Target) -> None:
    run(target, RUNS)


def test_nothing_breaks_the_framer() -> None:
    run(fuzz_framer.TARGET, FRAMER_RUNS)


def test_the_same_seed_makes_the_same_inputs() -> None:
    first, second, other = (inputs(fuzz_uri.TARGET, seed) for seed in (1, 1, 2))
    made = [next(first) for _ in range(50)]
    assert made == [next(second) for _ in range(50)] != [next(other) for _ in range(50)]


def test_a_reader_that_breaks_is_found() -> None:
    def check(octets: bytes) -> None:
        assert b"%00" not in octets

    with pytest.raises(AssertionError):
        run(Target("broken", check, [b"sip:a@b"], fuzz_uri.TARGET.words), RUNS)
