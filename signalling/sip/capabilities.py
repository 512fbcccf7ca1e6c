"""What the endpoint understands, in the words of its Allow and Accept headers."""

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS"
METHODS = frozenset(ALLOW.split(", "))

SDP = "application/sdp"
ENCODING = "identity"
