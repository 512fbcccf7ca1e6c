"""Refreshing a session: by UPDATE where the peer takes it, else by re-INVITE (RFC 4028 section 7.2)."""

from signalling.sip.session import reinvite, update
from signalling.sip.session.context import Context
from signalling.sip.session.session import Session


def refresh(context: Context, session: Session, now: float) -> None:
    """Refresh once; a re-INVITE that is under way does the same, so none is added to it."""
    if "UPDATE" in session.allows:
        update.refresh(context, session, now)
    else:
        reinvite.refresh(context, session, now)
