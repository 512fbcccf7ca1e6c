"""Local numbers: who calls a city's own number hears that city's message; others key in a code for theirs.

    CITIES=447700900020:London,447700900161:Manchester python -m examples.local_numbers

Run it like `hello.py`, and rent these numbers for the application.
"""

import os

from examples.voice import Fields, Ncco, ask_digits, run, talk, webhooks

CITIES = dict(
    each.split(":") for each in os.environ.get("CITIES", "447700900020:London").split(",") if ":" in each
)
CODES = {number[-3:]: city for number, city in CITIES.items()}
"""The last three digits of a city's number are its code."""


def message(city: str) -> Ncco:
    """What people of a city should know."""
    return [talk(f"There are no delays in {city} today. Good bye.")]


def answer(fields: Fields) -> Ncco:
    city = CITIES.get(fields["to"])
    if city is not None:
        return message(city)
    return [talk("Please enter the three digits of your city."), ask_digits("code", 3)]


def code(fields: Fields) -> Ncco:
    city = CODES.get(fields["dtmf"]["digits"] or "")
    return message(city) if city is not None else [talk("We do not know this city. Good bye.")]


app = webhooks(answer=answer, code=code)

if __name__ == "__main__":
    run(app)
