"""An event's life: post a text and an event of your own, get, list and leaf through the list, delete.

python -m examples.events
"""

from examples.api import application, show

app = application()
conversation = app.post("/v1/conversations", {})["id"]
user = app.post("/v1/users", {"display_name": "Alice"})["id"]
member = app.post(
    f"/v1/conversations/{conversation}/members",
    {"state": "joined", "user": {"id": user}, "channel": {"type": "app"}},
)["id"]
path = f"/v1/conversations/{conversation}/events"
show("conversation", conversation)
show("member", member)

# Create an event: a text message
text = {"message_type": "text", "text": "Hello, everybody!"}
message = app.post(path, {"type": "message", "from": member, "body": text})
show("message", message["id"])

# Create a custom event, with a body of any shape up to 4096 bytes
custom = app.post(path, {"type": "custom:location", "from": member, "body": {"lat": 51.5, "long": -0.1}})
show("custom event", custom["id"])

# Get an event
show("text", app.get(f"{path}/{message['id']}")["body"]["text"])

# List events: all, or some types
show("listed", {each["id"]: each["type"] for each in app.get(path)["_embedded"]})
found = app.get(path, event_type="custom:location")["_embedded"]
show("custom events", [each["id"] for each in found])

# List the next page, and the previous one again
first = app.get(path, page_size=1)
second = app.get(first["_links"]["next"]["href"])
again = app.get(second["_links"]["prev"]["href"])
for name, page in (("first page", first), ("next page", second), ("previous page", again)):
    show(name, page["_embedded"][0]["id"])

# Delete an event: what it said is gone, it stays in its place
app.delete(f"{path}/{message['id']}")
show("deleted", app.get(f"{path}/{message['id']}")["body"])
