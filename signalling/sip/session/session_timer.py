"""Session timers: how long a call lasts unless it is refreshed, and who does that (RFC 4028)."""

from functools import partial

from signalling.sip.calls import CallEnded
from signalling.sip.capabilities import TIMER
from signalling.sip.headers.session_expires import SessionExpires
from signalling.sip.message import Request, Response
from signalling.sip.refusals import MIN_INTERVAL_S
from signalling.sip.session import bye
from signalling.sip.session.context import Context
from signalling.sip.session.session import Refreshing, Session
from signalling.sip.session.table import UNANSWERED

RETRY_S = 10.0
"""How long after a refresh that led to nothing the next is tried."""

TAKEN_UP = 0.25
"""Share of the interval after which a call that was taken up is refreshed: half of it may have passed."""

MARGIN_S = 32.0
"""How long before the session expires the BYE leaves, or a third of the interval (section 10)."""


def propose(context: Context, session: Session, request: Request) -> None:
    """Ask for an interval: in the first INVITE for ours, later for the one that was agreed on."""
    current, interval_s = session.refreshing, context.config.session_expires_s
    if current is not None:
        wish = SessionExpires(current.interval_s, "uac" if current.is_ours else "uas")
    elif session.dialog is None and interval_s:
        wish = SessionExpires(interval_s)
    else:
        return
    request.headers.set("Session-Expires", str(wish))


def accept(context: Context, session: Session, request: Request, response: Response, now: float) -> None:
    """Agree in the 2xx to the peer's INVITE or UPDATE, and start the clock."""
    if session.state in UNANSWERED:
        return
    agreed = agree(request, session.refreshing, context.config.session_expires_s)
    if agreed is not None:
        response.headers.set("Session-Expires", str(agreed))
        if agreed.refresher == "uac":
            response.headers.set("Require", TIMER)
    _start(context, session, agreed, now, is_ours=agreed is not None and agreed.refresher == "uas")


def agree(request: Request, current: Refreshing | None, limit_s: int) -> SessionExpires | None:
    """Choose interval and refresher as table 2 of section 9 says. None when nobody asks for a timer.

    `limit_s` is the longest that we like, 0 when any is good; what was agreed on before is good too. Whoever
    refreshes goes on to, unless the request says otherwise; at first we do.
    """
    if limit_s and current is not None:
        limit_s = max(limit_s, current.interval_s)
    wish, is_able = request.session_expires, TIMER in request.supported
    if wish is None and not (is_able and limit_s):
        return None
    asked = wish.interval_s if wish is not None else limit_s
    interval_s = max(min(asked, limit_s or asked), request.min_se, MIN_INTERVAL_S)
    if not is_able:
        return SessionExpires(interval_s, "uas")
    if wish is not None and wish.refresher is not None:
        return SessionExpires(interval_s, wish.refresher)
    return SessionExpires(interval_s, "uas" if current is None or current.is_ours else "uac")


def learn(context: Context, session: Session, response: Response, now: float) -> None:
    """Take what the 2xx to our INVITE or UPDATE says, and start the clock."""
    agreed = response.session_expires
    _start(context, session, agreed, now, is_ours=agreed is not None and agreed.refresher != "uas")


def _start(
    context: Context, session: Session, agreed: SessionExpires | None, now: float, *, is_ours: bool
) -> None:
    context.agenda.clear(session, "refresh")
    context.agenda.clear(session, "expiry")
    session.refreshing = None
    if agreed is None:
        return
    session.refreshing = Refreshing(max(agreed.interval_s, MIN_INTERVAL_S), is_ours)
    _arm(context, session, session.refreshing, now, share=0.5)


def take_up(context: Context, session: Session, now: float) -> None:
    """Start the clock of a call that another process has had, which has not told when it was refreshed."""
    if session.refreshing is not None:
        _arm(context, session, session.refreshing, now, share=TAKEN_UP)


def _arm(context: Context, session: Session, refreshing: Refreshing, now: float, *, share: float) -> None:
    interval_s = refreshing.interval_s
    if refreshing.is_ours:
        context.agenda.set(session, "refresh", now + interval_s * share, partial(_refresh, context, session))
    expiry = now + interval_s - min(MARGIN_S, interval_s / 3)
    context.agenda.set(session, "expiry", expiry, partial(_expire, context, session))


def _refresh(context: Context, session: Session, now: float) -> None:
    context.agenda.set(session, "refresh", now + RETRY_S, partial(_refresh, context, session))
    context.refresh(context, session, now)


def _expire(context: Context, session: Session, now: float) -> None:
    bye.abandon(context, session, CallEnded(session.call, "timeout", 408, "session-expired"), now)
