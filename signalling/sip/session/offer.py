"""Answering an offer that came in a re-INVITE, an UPDATE or a PRACK (RFC 3264, RFC 6337)."""

from signalling.sdp.negotiation import SdpError
from signalling.sip.refusals import Refusal
from signalling.sip.session.session import Session


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
