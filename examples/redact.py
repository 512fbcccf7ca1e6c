"""Redact a call: who called whom is forgotten, and what was recorded of it. It cannot be undone.

python -m examples.redact CALL-id
"""

import sys

from examples.api import account, application, show

if len(sys.argv) != 2:
    raise SystemExit(__doc__)
call = sys.argv[1]
app = application()

before = app.get(f"/v1/calls/{call}")
show("before", {"from": before["from"], "to": before["to"]})
account().post("/v1/redact/transaction", {"id": call, "product": "voice", "type": before["direction"]})
after = app.get(f"/v1/calls/{call}")
show("after", {"from": after["from"], "to": after["to"]})
