"""Private voice communication: two people call each other through a number that is neither's own.

    ANNA=447700900001 BEN=447700900003 python -m examples.masked_numbers

rents a number, links it to the application, and then answers calls: whoever of the two calls it is connected
to the other, and neither sees the other's number. Run it like `hello.py`.
"""

import os

from examples.api import account, setting, show
from examples.voice import Fields, Ncco, connect, run, talk, webhooks

ANNA = os.environ.get("ANNA", "447700900001")
BEN = os.environ.get("BEN", "447700900003")
COUNTRY = os.environ.get("COUNTRY", "GB")
PARTNERS = {ANNA: BEN, BEN: ANNA}


def rent_number() -> str:
    """The first free number of the country, linked to the application."""
    found = account().get("/number/search", country=COUNTRY, features="VOICE", size=1)
    msisdn: str = found["numbers"][0]["msisdn"]
    account().post_form("/number/buy", country=COUNTRY, msisdn=msisdn)
    application = setting("VONAGE_APPLICATION_ID")
    account().post_form("/number/update", country=COUNTRY, msisdn=msisdn, app_id=application)
    return msisdn


def answer(fields: Fields) -> Ncco:
    partner = PARTNERS.get(fields["from"])
    if partner is None:
        return [talk("This number is private. Good bye.")]
    return [connect(partner, **{"from": fields["to"]})]


app = webhooks(answer=answer)

if __name__ == "__main__":
    show("number", rent_number())
    run(app)
