"""A phone number's life: search what can be rented, buy, list, link to an application, cancel.

    python -m examples.phone_numbers [COUNTRY]

What there is to rent is the operator's pool: `[[numbers]]` in cordboard.toml, or `cordboard number import`.
"""

import sys

from examples.api import account, setting, show

owner = account()
country = sys.argv[1] if len(sys.argv) > 1 else "GB"

# Search for numbers to rent
found = owner.get("/number/search", country=country, features="VOICE", size=3).get("numbers", [])
show("found", [number["msisdn"] for number in found])
if not found:
    raise SystemExit(f"There is no number to rent in {country}.")

# Buy a number
number = {"country": country, "msisdn": found[0]["msisdn"]}
show("bought", owner.post_form("/number/buy", **number)["error-code-label"])

# List the numbers that we rent
mine = owner.get("/account/numbers", pattern=number["msisdn"])
show("rented", [each["msisdn"] for each in mine["numbers"]])

# Update a number: calls to it go to our application
owner.post_form("/number/update", **number, app_id=setting("VONAGE_APPLICATION_ID"))
linked = owner.get("/account/numbers", application_id=setting("VONAGE_APPLICATION_ID"))
show("linked", [each["msisdn"] for each in linked["numbers"]])

# Cancel a number
show("cancelled", owner.post_form("/number/cancel", **number)["error-code-label"])
show("left", owner.get("/account/numbers", pattern=number["msisdn"]).get("numbers", []))
