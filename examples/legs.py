"""The legs of calls: list them after a call, remove one. Make a call first, such as the README's.

python -m examples.legs
"""

from examples.api import application, show

app = application()

# List legs
legs = app.get("/v0.3/legs")["_embedded"]["legs"]
if not legs:
    raise SystemExit("There is no leg: make a call first.")
for leg in legs:
    show("leg", f"{leg['uuid']} {leg['type']} {leg['status']}")

# Delete a leg that is over
over = next((leg for leg in legs if leg["status"] == "completed"), None)
if over is None:
    raise SystemExit("No call is over: hang up first.")
app.delete(f"/v0.3/legs/{over['uuid']}")
show("deleted", over["uuid"])
show("left", [leg["uuid"] for leg in app.get("/v0.3/legs")["_embedded"]["legs"]])
