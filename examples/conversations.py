"""A conversation's life: create, get, list and leaf through the list, update, delete.

python -m examples.conversations
"""

from examples.api import application, show

app = application()

# Create a conversation
conversation = app.post("/v1/conversations", {"display_name": "The lounge"})
show("created", conversation["id"])

# Get a conversation
path = f"/v1/conversations/{conversation['id']}"
show("display name", app.get(path)["display_name"])

# List conversations, the newest first
page = app.get("/v1/conversations", page_size=100, order="desc")
show("listed", [each["id"] for each in page["_embedded"]["conversations"]])

# List the next page, and the previous one again
another = app.post("/v1/conversations", {})
first = app.get("/v1/conversations", page_size=1, order="desc")
second = app.get(first["_links"]["next"]["href"])
again = app.get(second["_links"]["prev"]["href"])
for name, page in (("first page", first), ("next page", second), ("previous page", again)):
    show(name, page["_embedded"]["conversations"][0]["id"])

# Update a conversation
app.put(path, {"display_name": "The library"})
show("updated", app.get(path)["display_name"])

# Delete a conversation
app.delete(f"/v1/conversations/{another['id']}")
page = app.get("/v1/conversations", page_size=100, order="desc")
show("deleted", another["id"])
show("left", [each["id"] for each in page["_embedded"]["conversations"]])
