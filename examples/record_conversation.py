"""Record a conversation that a call is in, for some seconds. The recording's address comes as a webhook.

    python -m examples.record_conversation CON-id [SECONDS [URL]]

`cordboard tail` shows the ids of conversations; the URL is where the webhook goes, if any is wanted.
"""

import sys
import time

from examples.api import application, show

if len(sys.argv) not in (2, 3, 4):
    raise SystemExit(__doc__)
conversation = sys.argv[1]
seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 5
hook = {"event_url": sys.argv[3:]} if len(sys.argv) > 3 else {}
app = application()
path = f"/v1/conversations/{conversation}/record"

# Everybody whose leg it is gets a channel of their own with `split`.
app.put(path, {"action": "start", "format": "wav", "split": "conversation", **hook})
show("recording", conversation)
time.sleep(seconds)
app.put(path, {"action": "stop"})
show("stopped", conversation)
