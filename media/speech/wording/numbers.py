"""English number words."""

import re

_UNDER_TWENTY = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_THOUSANDS = ("", "thousand", "million", "billion", "trillion", "quadrillion")
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}

MAX_DIGITS = 3 * len(_THOUSANDS)
"""Longer numbers are read digit by digit: nobody follows a quintillion."""

_NUMBER = re.compile(r"([+-]?)(\d{1,3}(?:[ ,]\d{3})+|\d+)(?:\.(\d+))?")
_FRACTION = re.compile(r"(?:([+-]?\d+)[ +])?([+-]?\d+)/(\d+)")


def digits(text: str) -> str:
    """Each digit by itself; everything else stays: `a42` → `a four two`."""
    spaced = re.sub(r"[0-9]", lambda match: f" {_UNDER_TWENTY[int(match[0])]} ", text)
    return " ".join(spaced.split())


def cardinal(number: int) -> str:
    """`1205` → `one thousand two hundred five`."""
    if number < 0:
        return f"minus {cardinal(-number)}"
    if len(str(number)) > MAX_DIGITS:
        return digits(str(number))
    if number == 0:
        return "zero"
    groups, place = [], 0
    while number:
        number, group = divmod(number, 1000)
        if group:
            groups.append(f"{_hundreds(group)} {_THOUSANDS[place]}".strip())
        place += 1
    return " ".join(reversed(groups))


def ordinal(number: int) -> str:
    """`21` → `twenty-first`."""
    words = cardinal(number)
    head, joint, last = re.fullmatch(r"(.*?)([ -]?)(\w+)", words).groups()  # type: ignore[union-attr]
    if last in _ORDINALS:
        last = _ORDINALS[last]
    elif last.endswith("y"):
        last = f"{last[:-1]}ieth"
    else:
        last = f"{last}th"
    return f"{head}{joint}{last}"


def year(number: int) -> str:
    """As one says years: `1999` → `nineteen ninety-nine`, `2005` → `two thousand five`."""
    century, rest = divmod(number, 100)
    if not 1000 <= number <= 9999 or (century % 10 == 0 and rest < 10):
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def amount(text: str) -> str | None:
    """A number with thousands separators and decimals as words; None for what is no number."""
    number = _NUMBER.fullmatch(text.strip())
    if number is None:
        return None
    sign, whole, decimals = number.groups()
    words = cardinal(int(re.sub(r"\D", "", whole)))
    if decimals:
        words += f" point {digits(decimals)}"
    return f"minus {words}" if sign == "-" else words


def fraction(text: str) -> str | None:
    """`3/4` → `three quarters`, `1 1/2` or `1+1/2` → `one and one half`; None for what is none."""
    parts = _FRACTION.fullmatch(text.strip())
    if parts is None or int(parts[3]) == 0:
        return None
    numerator, denominator = int(parts[2]), int(parts[3])
    part = {1: "over one", 2: "half", 4: "quarter"}.get(denominator) or ordinal(denominator)
    if abs(numerator) != 1 and denominator > 1:
        part = "halves" if denominator == 2 else f"{part}s"
    words = f"{cardinal(numerator)} {part}"
    return f"{cardinal(int(parts[1]))} and {words}" if parts[1] else words


def _hundreds(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{_UNDER_TWENTY[hundreds]} hundred"] if hundreds else []
    if rest >= 20:
        tens, ones = divmod(rest, 10)
        words.append(_TENS[tens - 2] + (f"-{_UNDER_TWENTY[ones]}" if ones else ""))
    elif rest:
        words.append(_UNDER_TWENTY[rest])
    return " ".join(words)
