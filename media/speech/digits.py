"""English digits for an engine that reads every number as an amount.

Telephone numbers, numbers with a leading zero and long ones are names, not amounts: they are read digit by
digit, in groups. Amounts, dates and times are left as they are.
"""

import re

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_MIN_TELEPHONE = 7
"""Digits: shorter groups are a score or a range."""
_GROUP = 3
"""Digits said in one breath where the writer made no groups."""

_ALONE = r"(?<![\w.,:/$£€+-])"
_END = r"(?![\w:/-]|[.,]\d)"
_TELEPHONE = re.compile(
    _ALONE
    + r"(?!\d{4}-\d\d-\d\d\b)"  # a date
    + r"(?:\+?\(?\d{1,4}\)?(?:[ -]\(?\d{2,4}\)?){2,5}|\(\d{2,4}\) ?\d{5,8}|\d{3}-\d{4})"
    + _END
)
_NAME = re.compile(_ALONE + r"(?:\+\d{2,}|0\d+|\d{7,})" + _END)


def spell_digits(text: str) -> str:
    """The text with the digits of telephone numbers and the like as words."""
    return _NAME.sub(_spell_name, _TELEPHONE.sub(_spell_telephone, text))


def _spell_telephone(match: re.Match[str]) -> str:
    number = match[0]
    digits = sum(character.isdigit() for character in number)
    marked = number.startswith("0") or any(mark in number for mark in "+(-")
    if digits < _MIN_TELEPHONE or not marked:
        return number
    return _say(re.findall(r"\d+", number), number.startswith("+"))


def _spell_name(match: re.Match[str]) -> str:
    digits = match[0].removeprefix("+")
    groups = [digits[start : start + _GROUP] for start in range(0, len(digits), _GROUP)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = ["".join(groups[-2:])]
    return _say(groups, match[0].startswith("+"))


def _say(groups: list[str], plus: bool) -> str:
    said = ", ".join(" ".join(_WORDS[int(digit)] for digit in group) for group in groups)
    return f"plus {said}" if plus else said
