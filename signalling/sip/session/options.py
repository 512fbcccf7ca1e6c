"""OPTIONS: what we can do (RFC 3261 section 11)."""

from signalling.sip.capabilities import ALLOW, ENCODING, SDP, SUPPORTED
from signalling.sip.message import Request, Response
from signalling.sip.session.context import Context


def answer(context: Context, request: Request, tag: str) -> Response:
    """Build the 200 to OPTIONS. It changes nothing and keeps nothing, so anybody may ask."""
    response = context.response(request, 200, tag=tag)
    response.headers.set("Allow", ALLOW)
    response.headers.set("Accept", SDP)
    response.headers.set("Accept-Encoding", ENCODING)
    response.headers.set("Supported", SUPPORTED)
    return response
