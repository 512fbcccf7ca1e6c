"""The account: its secrets (list, create, fetch, revoke), its balance and its settings.

python -m examples.account
"""

import secrets

from examples.api import account, setting, show

owner = account()
path = f"/accounts/{setting('VONAGE_API_KEY')}/secrets"

# List the secrets: one, or two while one takes the place of the other
show("secrets", [each["id"] for each in owner.get(path)["_embedded"]["secrets"]])

# Create a secret: 8 to 25 characters, with a lower and an upper case letter and a digit
secret = f"aB3{secrets.token_hex(10)}"
created = owner.post(path, {"secret": secret})
show("created", created["id"])

# Fetch a secret: when it was made, never the secret itself
show("made at", owner.get(f"{path}/{created['id']}")["created_at"])

# Revoke a secret, as soon as nobody uses it any more
owner.delete(f"{path}/{created['id']}")
show("secrets after that", [each["id"] for each in owner.get(path)["_embedded"]["secrets"]])

# Read the balance: a gateway of one's own charges nothing
show("balance", owner.get("/account/get-balance")["value"])

# Configure the account: where messages would be told of; the answer names the limits too
show("settings", owner.post_form("/account/settings", moCallBackUrl="https://example.com/message"))
