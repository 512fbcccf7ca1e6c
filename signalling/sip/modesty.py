"""Answers to strangers that are no larger than what they sent: nobody shall make us flood a third party.

Over UDP whoever sends a request can write another's address on it. What goes there is the answer, so it is at
most half as long again as the request.
"""

from signalling.sip.calls import Flow
from signalling.sip.message import Response

MOST_TIMES = 1.5
"""Octets of an answer, by octets of the request."""

_SPARE = ("Accept-Encoding", "Accept", "Server", "Supported", "Allow")
"""What can be left out, in this order."""


def modest(response: Response, request_octets: int, flow: Flow) -> bytes:
    """Write a stateless answer, without what can be spared if it is long; nothing if it stays too long.

    Of several challenges the first stays: MD5, which everybody can answer.
    """
    octets = bytes(response)
    most = MOST_TIMES * request_octets
    if flow.transport != "udp" or len(octets) <= most:
        return octets
    if len(offered := response.headers.lines("WWW-Authenticate")) > 1:
        response.headers.set("WWW-Authenticate", offered[0])
        octets = bytes(response)
    for name in _SPARE:
        if len(octets) <= most:
            return octets
        response.headers.remove(name)
        octets = bytes(response)
    return octets if len(octets) <= most else b""
