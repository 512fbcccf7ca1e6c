"""What the endpoint understands, in the words of its Allow, Supported and Accept headers."""

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY, REGISTER"
METHODS = frozenset(ALLOW.split(", "))

RELIABLE = "100rel"
"""Provisional responses that are acknowledged (RFC 3262)."""

TIMER = "timer"
"""Sessions that are refreshed (RFC 4028)."""

REPLACES = "replaces"
"""Calls that take the place of others (RFC 3891)."""

UNFOLLOWED = "norefersub"
"""Transfers that nobody wants to hear of (RFC 4488)."""

SUPPORTED = f"{RELIABLE}, {TIMER}, {REPLACES}, {UNFOLLOWED}"
EXTENSIONS = frozenset(SUPPORTED.split(", "))
"""Option tags that a peer may require of us."""

OF_REGISTRAR = "path, outbound"
"""What a REGISTER may use besides: proxies on the way to the phone (RFC 3327), and its flow (RFC 5626)."""

SDP = "application/sdp"
ENCODING = "identity"
