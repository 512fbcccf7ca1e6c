"""The values of SSML's `prosody` and `emphasis`, as factors and decibels.

What the names stand for is left to the speaker (W3C SSML 1.1 §3.2.4): here a step is as large as one hears on
a telephone. A name counts from the voice's own way, a percentage or decibels from what surrounds it.
"""

import math
import re
from collections.abc import Mapping
from typing import TypeVar

from media.errors import Unspeakable
from media.speech.script import Prosody

RATES = {"default": 1.0, "x-slow": 0.5, "slow": 0.75, "medium": 1.0, "fast": 1.35, "x-fast": 1.75}
PITCHES = {"default": 1.0, "x-low": 0.72, "low": 0.85, "medium": 1.0, "high": 1.18, "x-high": 1.4}
VOLUMES_DB = {
    "default": 0.0,
    "silent": -math.inf,
    "x-soft": -12.0,
    "soft": -6.0,
    "medium": 0.0,
    "loud": 4.0,
    "x-loud": 8.0,
}
EMPHASES = {
    "strong": Prosody(0.82, 1.06, 4.0),
    "moderate": Prosody(0.9, 1.03, 2.0),
    "none": Prosody(),
    "reduced": Prosody(1.1, 0.98, -4.0),
}

SLOWEST, FASTEST = 0.4, 2.5
LOWEST, HIGHEST = 0.5, 2.0
MAX_GAIN_DB = 12.0
"""Beyond these bounds no voice can be understood; what asks for more gets the bound."""

_Value = TypeVar("_Value")

_PERCENT = re.compile(r"([+-]?)(\d{1,4}(?:\.\d{1,4})?)%")
_DECIBELS = re.compile(r"[+-]?\d{1,3}(?:\.\d{1,4})?dB", re.IGNORECASE)


def emphasised(around: Prosody, level: str) -> Prosody:
    """The manner within `<emphasis level="…">`. Raises Unspeakable for a level that is none."""
    change = _named(EMPHASES, level, "emphasis level")
    return _bounded(around.rate * change.rate, around.pitch * change.pitch, around.gain_db + change.gain_db)


def changed(around: Prosody, attributes: Mapping[str, str]) -> Prosody:
    """The manner within `<prosody …>`. Raises Unspeakable for a value that is none."""
    return _bounded(
        _factor(attributes.get("rate"), around.rate, RATES, "prosody rate"),
        _factor(attributes.get("pitch"), around.pitch, PITCHES, "prosody pitch"),
        _gain(attributes.get("volume"), around.gain_db),
    )


def _factor(value: str | None, around: float, names: Mapping[str, float], what: str) -> float:
    if value is None:
        return around
    percent = _PERCENT.fullmatch(value.strip())
    if percent is None:
        return _named(names, value.strip(), what, "a percentage such as +10%")
    amount = float(percent[2]) / 100
    return around * {"+": 1 + amount, "-": 1 - amount, "": amount}[percent[1]]


def _gain(value: str | None, around: float) -> float:
    if value is None:
        return around
    if _DECIBELS.fullmatch(value.strip()):
        return around + float(value.strip()[:-2])
    return _named(VOLUMES_DB, value.strip(), "prosody volume", "decibels such as +6dB")


def _named(names: Mapping[str, _Value], value: str, what: str, besides: str = "") -> _Value:
    if value not in names:
        also = f" or {besides}" if besides else ""
        raise Unspeakable(f'{what}="{value[:20]}": one of {", ".join(names)}{also}')
    return names[value]


def _bounded(rate: float, pitch: float, gain_db: float) -> Prosody:
    return Prosody(
        min(max(rate, SLOWEST), FASTEST), min(max(pitch, LOWEST), HIGHEST), min(gain_db, MAX_GAIN_DB)
    )
