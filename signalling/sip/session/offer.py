"""Answering an offer that came in a re-INVITE, an UPDATE or a PRACK (RFC 3264, RFC 6337)."""

from collections.abc import Mapping

from signalling.sdp.negotiation import SdpError
from signalling.sdp.negotiation import State as Negotiation
from signalling.sip.refusals import RETRY_AFTER_S, Refusal
from signalling.sip.session.session import Session

_LATER = Refusal(500, headers=(("Retry-After", str(RETRY_AFTER_S)),))

BUSY: Mapping[Negotiation, Refusal] = {
    Negotiation.LOCAL_OFFER: Refusal(491),
    Negotiation.REMOTE_OFFER: _LATER,
}
"""What an offer gets while another is open (RFC 3311 section 5.2)."""


def answer(session: Session, offer: bytes) -> bytes | Refusal:
    """Agree on another stream and return our SDP. A refusal leaves the stream as it was."""
    if session.local is None:
        return Refusal(488)
    try:
        session.media.receive_offer(offer)
    except SdpError as error:
        return Refusal(error.status_code)
    try:
        sdp, session.stream = session.media.answer(session.local, session.direction)
    except SdpError as error:
        session.media.rollback()
        return Refusal(error.status_code)
    return sdp


def amend(session: Session, body: bytes) -> bytes | Refusal:
    """Answer an offer that may come while the call is not answered; without one there is nothing to say."""
    if not body:
        return b""
    if (refusal := BUSY.get(session.media.state)) is not None:
        return refusal
    if session.stream is None:
        return _LATER  # the first offer belongs into the INVITE or its reliable response
    sdp = answer(session, body)
    session.is_settled |= not isinstance(sdp, Refusal)
    return sdp
