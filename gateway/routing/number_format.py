"""How trunks write numbers, and how we do: E.164 without the plus. Pure."""

import re

from gateway.config.trunks import NumberFormat

_E164 = re.compile(r"[1-9][0-9]{6,14}")


def is_e164(number: str) -> bool:
    """Whether it is a number of 7 to 15 ASCII digits that begins with a country code, and nothing else."""
    return _E164.fullmatch(number) is not None


def written(number: str, form: NumberFormat) -> str:
    """The number as the trunk wants it; what is no E.164 number (an extension, a name) stays as it is."""
    if not is_e164(number):
        return number
    match form.style:
        case "plus":
            text = f"+{number}"
        case "national" if number.startswith(form.country):
            text = form.national_prefix + number.removeprefix(form.country)
        case "national":
            text = form.international_prefix + number
        case _:
            text = number
    return form.prepend + text[form.strip :]


def read(user: str, form: NumberFormat) -> str:
    """The number that the trunk means by the user part of an address; what is none stays as it is.

    Parameters (`;npdi`, `;phone-context`) are left out. What a trunk strips cannot be guessed.
    """
    text, _, _ = user.partition(";")
    text = text.removeprefix(form.prepend)
    if text.startswith("+"):
        return text[1:]
    if form.style != "national" or not (text.isascii() and text.isdigit()):
        return text
    # The longer prefix first: `00` begins with `0`.
    for prefix, country in sorted(
        ((form.national_prefix, form.country), (form.international_prefix, "")),
        key=lambda rule: -len(rule[0]),
    ):
        if prefix and text.startswith(prefix):
            return country + text.removeprefix(prefix)
    return text
