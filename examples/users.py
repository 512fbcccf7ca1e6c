"""A user's life: create, get, list and leaf through the list, update, the conversations they are in, delete.

python -m examples.users
"""

import uuid

from examples.api import application, show

app = application()

# Create a user
name = f"alice-{uuid.uuid4().hex[:8]}"
user = app.post("/v1/users", {"name": name, "display_name": "Alice"})
show("created", user["id"])

# Get a user
path = f"/v1/users/{user['id']}"
show("display name", app.get(path)["display_name"])

# List users: all of them, or those of one name
page = app.get("/v1/users", page_size=100, order="desc")
show("listed", [each["id"] for each in page["_embedded"]["users"]])
show("found by name", app.get("/v1/users", name=name)["_embedded"]["users"][0]["id"])

# List the next page, and the previous one again
another = app.post("/v1/users", {})
first = app.get("/v1/users", page_size=1, order="desc")
second = app.get(first["_links"]["next"]["href"])
again = app.get(second["_links"]["prev"]["href"])
for page_name, page in (("first page", first), ("next page", second), ("previous page", again)):
    show(page_name, page["_embedded"]["users"][0]["id"])

# Update a user
app.patch(path, {"display_name": "Alice the Second"})
show("updated", app.get(path)["display_name"])

# List a user's conversations, before and after they join some
show("conversations before", app.get(f"{path}/conversations")["_embedded"]["conversations"])
rooms = []
for _ in range(2):
    rooms.append(app.post("/v1/conversations", {})["id"])
    member = {"state": "joined", "user": {"id": user["id"]}, "channel": {"type": "app"}}
    app.post(f"/v1/conversations/{rooms[-1]}/members", member)
page = app.get(f"{path}/conversations")
show("conversations", [each["id"] for each in page["_embedded"]["conversations"]])

# List the next page of them, and the previous one again
first = app.get(f"{path}/conversations", page_size=1)
second = app.get(first["_links"]["next"]["href"])
again = app.get(second["_links"]["prev"]["href"])
for page_name, page in (("first", first), ("next", second), ("previous", again)):
    show(f"{page_name} page of conversations", page["_embedded"]["conversations"][0]["id"])

# Delete a user
app.delete(f"/v1/users/{another['id']}")
app.delete(path)
show("deleted", user["id"])
show("listed after that", app.get("/v1/users", name=name)["_embedded"]["users"])
