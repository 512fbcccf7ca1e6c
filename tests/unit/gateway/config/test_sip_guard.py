"""`[sip.guard]`: read, bounded, set by the environment, and the same as what the signalling has by itself."""

from pathlib import Path

import pytest

from gateway.config import ConfigError, Settings, load
from gateway.config.sip_guard import MAX_SCANNERS, SipGuardSettings
from signalling.sip.config import MAX_NEW_CALLS_PER_S
from signalling.sip.flood import FloodPolicy

pytestmark = pytest.mark.unit


def read(directory: Path, text: str, **environ: str) -> Settings:
    file = directory / "cordboard.toml"
    file.write_text(f"[sip.guard]\n{text}\n")
    return load(file, environ)


def test_it_is_read(tmp_path: Path) -> None:
    settings = read(tmp_path, 'rate = 50\nexempt = ["198.51.100.0/24"]', CORDBOARD_SIP_GUARD_BURST="7")
    guard = settings.sip.guard
    assert (guard.rate, guard.burst, guard.exempt) == (50, 7, ("198.51.100.0/24",))


def test_the_defaults_are_the_signallings() -> None:
    guard, policy = SipGuardSettings(), FloodPolicy()
    assert (guard.rate, guard.burst, guard.ban_s) == (policy.rate, policy.burst, policy.ban_s)
    assert guard.failures_per_minute == policy.failures_per_minute
    assert guard.new_calls_per_s == MAX_NEW_CALLS_PER_S


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rate = 0", r"\[sip\.guard\] rate"),
        ("burst = 1000000", "burst"),
        ("ban_s = 86401", "ban_s"),
        ("failures_per_minute = 0", "failures_per_minute"),
        ("new_calls_per_s = -1", "new_calls_per_s"),
        ('exempt = ["office"]', "exempt"),
        ('scanners = [""]', "scanners"),
        (f"scanners = {['x'] * (MAX_SCANNERS + 1)}", "scanners"),
        ("speed = 1", "speed"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        read(tmp_path, text)
