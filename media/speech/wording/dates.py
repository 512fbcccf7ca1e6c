"""English dates and times of day as words."""

import re

from media.speech.wording.numbers import cardinal, ordinal, year

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_MONTH_NAMES = {name[:3].lower(): number for number, name in enumerate(MONTHS, 1)}

FORMATS = ("mdy", "dmy", "ymd", "md", "dm", "ym", "my", "d", "m", "y", "yyyymmdd")

_COMPACT = re.compile(r"(\d{4}|\?{4})(\d\d|\?\?)(\d\d|\?\?)")
_PARTS = re.compile(r"[0-9]+|[A-Za-z]{3,}")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?\s*([ap])?\.?(?:m\.?)?", re.IGNORECASE)
_DURATION = re.compile(r"(\d{1,3})['′](?:(\d{1,2})(?:[\"″]|''))?|(\d{1,3})(?:[\"″]|'')")


def date(text: str, order: str) -> str | None:
    """A date whose parts stand in that order, one of FORMATS; None for what is no such date.

    `?` stands for parts that are left out of a yyyymmdd.
    """
    if order == "yyyymmdd":
        compact = _COMPACT.fullmatch(text.strip())
        parts = dict(zip("ymd", compact.groups(), strict=True)) if compact else {}
        parts = {name: part for name, part in parts.items() if "?" not in part}
    elif order in FORMATS:
        found = _PARTS.findall(text)
        parts = dict(zip(order, found, strict=True)) if len(found) == len(order) else {}
    else:
        parts = {}
    numbers = {name: _number(name, part) for name, part in parts.items()}
    if not numbers or None in numbers.values():
        return None
    return _said({name: number for name, number in numbers.items() if number is not None})


def _number(name: str, part: str) -> int | None:
    if name == "m" and part[:3].lower() in _MONTH_NAMES:
        return _MONTH_NAMES[part[:3].lower()]
    if not part.isdecimal():
        return None
    number = int(part)
    return number if {"m": 1 <= number <= 12, "d": 1 <= number <= 31}.get(name, number <= 9999) else None


def _said(numbers: dict[str, int]) -> str:
    month = MONTHS[numbers["m"] - 1] if "m" in numbers else ""
    day = ordinal(numbers["d"]) if "d" in numbers else ""
    which_year = year(numbers["y"]) if "y" in numbers else ""
    words = " ".join(word for word in (month, day) if word)
    return ", ".join(word for word in (words, which_year) if word)


def time(text: str) -> str | None:
    """A time of day (`2:30pm`, `14:05:09`) or minutes and seconds (`1'21"`); None for what is neither."""
    if clock := _CLOCK.fullmatch(text.strip()):
        return _clock(*clock.groups())
    if lasting := _DURATION.fullmatch(text.strip()):
        minutes, seconds = lasting[1], lasting[2] or lasting[3]
        words = [_counted(minutes, "minute"), _counted(seconds, "second")]
        return " ".join(word for word in words if word)
    return None


def _clock(hours: str, minutes: str, seconds: str | None, half: str | None) -> str | None:
    hour, minute = int(hours), int(minutes)
    if hour > 24 or minute > 59 or int(seconds or 0) > 59:
        return None
    words = [cardinal(hour)]
    if minute or not half:
        words.append(_minutes(minute))
    if seconds:
        words.append(f"and {_counted(seconds, 'second')}")
    if half:
        words.append(f"{half.upper()} M")
    return " ".join(words)


def _minutes(minute: int) -> str:
    if minute == 0:
        return "o'clock"
    return f"oh {cardinal(minute)}" if minute < 10 else cardinal(minute)


def _counted(number: str | None, what: str) -> str:
    if number is None:
        return ""
    return f"{cardinal(int(number))} {what}{'' if int(number) == 1 else 's'}"
