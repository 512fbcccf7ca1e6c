"""An application's life: create, get, list, update, delete.

python -m examples.applications
"""

from examples.api import account, show

owner = account()
EVENTS = {"event_url": {"address": "https://example.com/event", "http_method": "POST"}}

# Create an application; its private key is told this once
created = owner.post("/v2/applications", {"name": "Shop", "capabilities": {"rtc": {"webhooks": EVENTS}}})
show("created", created["id"])
show("private key", f"{len(created['keys']['private_key'].splitlines())} lines")

# Get an application
path = f"/v2/applications/{created['id']}"
show("name", owner.get(path)["name"])

# List applications
page = owner.get("/v2/applications", page_size=100)
show("listed", [each["id"] for each in page["_embedded"]["applications"]])

# Update an application: what is not named is gone afterwards, but for the key
voice = {"answer_url": {"address": "https://example.com/answer", "http_method": "GET"}, **EVENTS}
owner.put(path, {"name": "Shop and hotline", "capabilities": {"voice": {"webhooks": voice}}})
updated = owner.get(path)
show("updated", updated["name"])
show("capabilities", list(updated["capabilities"]))

# Delete an application
owner.delete(path)
page = owner.get("/v2/applications", page_size=100)
show("left", [each["id"] for each in page["_embedded"]["applications"]])
