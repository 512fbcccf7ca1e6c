"""Reports of calls: records at once, by date or id, and reports as files (create, watch, download, cancel).

python -m examples.reports [FILE.zip]
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from examples.api import Refused, account, setting, show

owner = account()
product = sys.argv[1] if len(sys.argv) > 1 else "VOICE-CALL"
file = Path(sys.argv[2] if len(sys.argv) > 2 else "report.zip")
now = datetime.now(UTC)
calls = {"account_id": setting("VONAGE_API_KEY"), "product": product}

# Load records by date, at most 24 hours of them
day = {"date_start": (now - timedelta(hours=23)).isoformat(), "date_end": now.isoformat()}
loaded = owner.get("/v2/reports/records", **calls, **day)
show("records", [record["call_id"] for record in loaded["records"]])

# Load records by their ids
if loaded["records"]:
    found = owner.get("/v2/reports/records", **calls, id=loaded["records"][0]["call_id"])
    show("record", found["records"][0]["status"])

# Create a report: it is written beside everything else
report = owner.post("/v2/reports", {**calls, "date_start": (now - timedelta(days=30)).isoformat()})
path = f"/v2/reports/{report['request_id']}"
show("ordered", report["request_id"])

# List the reports
listed = owner.get("/v2/reports", account_id=calls["account_id"])
show("reports", [each["request_id"] for each in listed["reports"]])

# Check the status until it is made
while (report := owner.get(path))["request_status"] in ("PENDING", "PROCESSING"):
    time.sleep(0.2)
show("status", report["request_status"])

# Download it
file.write_bytes(owner.download(report["_links"]["download_report"]["href"]))
show("downloaded", str(file))

# Cancel a report, unless it was made before we could say so
another = owner.post("/v2/reports", calls)["request_id"]
show("ordered another", another)
try:
    show("cancelled", owner.delete(f"/v2/reports/{another}")["request_status"])
except Refused as refused:
    if refused.status != 409:
        raise
    show("cancelled", "too late")
