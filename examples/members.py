"""A member's life: invited, joined, left, and back again; get, list and leaf through the list.

python -m examples.members
"""

from examples.api import application, show

app = application()
conversation = app.post("/v1/conversations", {})["id"]
alice, bob = (app.post("/v1/users", {"display_name": name})["id"] for name in ("Alice", "Bob"))
path = f"/v1/conversations/{conversation}/members"
show("conversation", conversation)
show("alice", alice)

# Create a member: invite a user
invitation = {"state": "invited", "user": {"id": alice}, "channel": {"type": "app"}}
member = app.post(path, invitation)
show("created", member["id"])
show("state", member["state"])

# Get a member
show("member's user", app.get(f"{path}/{member['id']}")["_embedded"]["user"]["display_name"])

# List members
other = app.post(path, {"state": "joined", "user": {"id": bob}, "channel": {"type": "app"}})
show("listed", [each["id"] for each in app.get(path)["_embedded"]["members"]])

# List the next page, and the previous one again
first = app.get(path, page_size=1)
second = app.get(first["_links"]["next"]["href"])
again = app.get(second["_links"]["prev"]["href"])
for name, page in (("first page", first), ("next page", second), ("previous page", again)):
    show(name, page["_embedded"]["members"][0]["id"])

# Update a member: accept the invitation
show("updated", app.patch(f"{path}/{member['id']}", {"state": "joined"})["state"])

# Delete a member: it leaves and stays in the list
app.delete(f"{path}/{member['id']}")
show("after it left", {each["id"]: each["state"] for each in app.get(path)["_embedded"]["members"]})

# The same user is another member when they come back
back = app.post(path, invitation)
show("back as", back["id"])
show("after it is back", {each["id"]: each["state"] for each in app.get(path)["_embedded"]["members"]})
