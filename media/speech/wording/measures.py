"""English units and addresses as words."""

import re

from media.speech.wording.numbers import amount, cardinal, fraction

UNITS: dict[str, tuple[str, str]] = {
    short: (one, many or f"{one}s")
    for short, one, many in (
        ("mm", "millimeter", ""), ("cm", "centimeter", ""), ("m", "meter", ""), ("km", "kilometer", ""),
        ("in", "inch", "inches"), ('"', "inch", "inches"), ("ft", "foot", "feet"), ("'", "foot", "feet"),
        ("yd", "yard", ""), ("mi", "mile", ""), ("mph", "mile per hour", "miles per hour"),
        ("km/h", "kilometer per hour", "kilometers per hour"),
        ("kph", "kilometer per hour", "kilometers per hour"),
        ("m/s", "meter per second", "meters per second"),
        ("mg", "milligram", ""), ("g", "gram", ""), ("kg", "kilogram", ""), ("t", "ton", ""),
        ("oz", "ounce", ""), ("lb", "pound", ""), ("lbs", "pound", ""),
        ("ml", "milliliter", ""), ("cl", "centiliter", ""), ("l", "liter", ""), ("gal", "gallon", ""),
        ("pt", "pint", ""), ("qt", "quart", ""),
        ("ms", "millisecond", ""), ("s", "second", ""), ("sec", "second", ""), ("min", "minute", ""),
        ("h", "hour", ""), ("hr", "hour", ""), ("hrs", "hour", ""),
        ("b", "byte", ""), ("kb", "kilobyte", ""), ("mb", "megabyte", ""), ("gb", "gigabyte", ""),
        ("tb", "terabyte", ""), ("hz", "hertz", "hertz"), ("khz", "kilohertz", "kilohertz"),
        ("mhz", "megahertz", "megahertz"), ("ghz", "gigahertz", "gigahertz"),
        ("w", "watt", ""), ("kw", "kilowatt", ""), ("kwh", "kilowatt hour", ""),
        ("v", "volt", ""), ("a", "ampere", ""),
        ("%", "percent", "percent"), ("°", "degree", ""), ("°c", "degree Celsius", "degrees Celsius"),
        ("°f", "degree Fahrenheit", "degrees Fahrenheit"), ("inch", "inch", "inches"),
        ("foot", "foot", "feet"),
    )
}  # fmt: skip
"""Abbreviation, in small letters, to its words for one and for many."""

STREETS = {
    "st": "Street", "ave": "Avenue", "av": "Avenue", "rd": "Road", "blvd": "Boulevard", "dr": "Drive",
    "ln": "Lane", "ct": "Court", "pl": "Place", "sq": "Square", "hwy": "Highway", "pkwy": "Parkway",
    "ter": "Terrace", "cir": "Circle", "apt": "Apartment", "ste": "Suite", "fl": "Floor", "n": "North",
    "s": "South", "e": "East", "w": "West", "ne": "Northeast", "nw": "Northwest", "se": "Southeast",
    "sw": "Southwest",
}  # fmt: skip

_MEASURE = re.compile(r"((?:\d+[ +])?\d+/\d+|[+-]?\d[\d,]*(?:\.\d+)?)\s*(\D.*)?")
_COMPOUND = re.compile(r"(\d+)'\s*(\d+)(?:\"|'')")
_WORD = re.compile(r"[A-Za-z]+\.?|\d+(?![A-Za-z\d])")


def unit(text: str) -> str | None:
    """`10ft` → `ten feet`, `1/2inch` → `one half inch`; None for what has no number."""
    text = text.strip()
    if feet := _COMPOUND.fullmatch(text):
        return f"{unit(feet[1] + 'ft')} {unit(feet[2] + 'in')}"
    measure = _MEASURE.fullmatch(text)
    if measure is None:
        return None
    number, name = measure[1], (measure[2] or "").strip()
    words = fraction(number) if "/" in number else amount(number)
    if words is None:
        return None
    singular = number in ("1", "+1", "-1") or ("/" in number and " " not in number and "+" not in number)
    one, many = UNITS.get(name.lower(), (name, name if singular or name.endswith("s") else f"{name}s"))
    return f"{words} {one if singular else many}".strip()


def address(text: str) -> str:
    """House numbers as one says them, and the usual abbreviations in full."""
    return " ".join(_WORD.sub(_address_word, text).split())


def _address_word(match: re.Match[str]) -> str:
    word = match[0]
    if not word.isdecimal():
        return STREETS.get(word.rstrip(".").lower(), word)
    if len(word) >= 5 or word.startswith("0"):
        return " ".join(cardinal(int(digit)) for digit in word)
    hundreds, rest = divmod(int(word), 100)
    if hundreds == 0 or hundreds % 10 == 0:
        return cardinal(int(word))
    if rest == 0:
        return f"{cardinal(hundreds)} hundred"
    return f"{cardinal(hundreds)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"
