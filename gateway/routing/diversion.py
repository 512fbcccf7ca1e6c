"""What a forwarded call says of how it came: the caller's own headers, and the number that forwards it. Pure.

Both words for that are said, each as its readers expect it: Diversion (RFC 5806), latest first, and
History-Info (RFC 7044), oldest first, with the cause of RFC 4458 for a number that is always forwarded.
"""

import re
from collections.abc import Mapping

UNCONDITIONAL = "302"
"""RFC 4458 section 2.1."""

_INDEX = re.compile(r";\s*index\s*=\s*([0-9]+(?:\.[0-9]+)*)", re.IGNORECASE)


def diverted(headers: Mapping[str, str], number: str, host: str, target: str) -> dict[str, str]:
    """The headers of the call to `target`, a SIP address or number to which `number` at `host` forwards.

    `headers` are those of the call that came; what they say of earlier diversions stays.
    """
    own = {"diversion", "history-info"}
    said = {name.lower(): text for name, text in headers.items() if name.lower() in own}
    rest = {name: text for name, text in headers.items() if name.lower() not in own}
    place = f"[{host}]" if ":" in host else host
    here = f"sip:{number}@{place}"
    bare = target.partition(";")[0]
    there = bare if ":" in bare else f"sip:{bare}@{place}"
    earlier = said.get("history-info", "")
    indices = _INDEX.findall(earlier)
    index = f"{indices[-1]}.1" if indices else "1"
    return {
        **rest,
        "Diversion": _list(f"<{here}>;reason=unconditional;counter=1", said.get("diversion", "")),
        "History-Info": _list(
            earlier,
            f"<{here}>;index={index}",
            f"<{there};cause={UNCONDITIONAL}>;index={index}.1;mp={index}",
        ),
    }


def _list(*entries: str) -> str:
    return ", ".join(filter(None, entries))
