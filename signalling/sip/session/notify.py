"""NOTIFY in a call: what has become of the transfer that we asked for (RFC 3515 section 2.4.4, RFC 6665)."""

import re

from signalling.sip.calls import Flow
from signalling.sip.errors import RemoteSipError
from signalling.sip.headers.event import Event, is_terminated
from signalling.sip.message import Request
from signalling.sip.refusals import NO_DIALOG, Refusal
from signalling.sip.session import refer
from signalling.sip.session.context import Context
from signalling.sip.session.session import Session

PACKAGE = "refer"
BAD_EVENT = Refusal(489, headers=(("Allow-Events", PACKAGE),))
BAD_FRAGMENT = Refusal(400, "No Status Line In The Body")

MAX_DIGITS = 10
"""Of a CSeq number, which is below 2**31."""

_STATUS_LINE = re.compile(rb"SIP/2\.0 ([1-6][0-9]{2}) ([^\r\n]{0,256})")


def receive(context: Context, session: Session, request: Request, flow: Flow, now: float) -> Refusal | None:
    """Take a NOTIFY of the transfer that our user asked for. Returns why not."""
    try:
        event = Event.parse(request.headers.get("Event") or "")
    except RemoteSipError:
        return BAD_EVENT
    if event.package != PACKAGE:
        return BAD_EVENT
    if session.referring is None or not _is_known(event, session):
        return NO_DIALOG
    found = _STATUS_LINE.match(request.body) if request.content_type == refer.SIPFRAG else None
    is_last = is_terminated(request.headers.get("Subscription-State"))
    if found is None and not is_last:
        return BAD_FRAGMENT
    dialog = session.known_dialog()
    dialog.take(request, flow)
    dialog.refresh_target(request)
    context.transactions.serve(request, flow, now).respond(
        context.response(request, 200, tag=session.local_tag), now
    )
    # A subscription that ends without a word of how it went has not gone well.
    status_code = int(found[1]) if found is not None else 480
    reason = found[2].decode("utf-8", "replace") if found is not None else ""
    refer.tell(context, session, status_code, reason, is_final=is_last or status_code >= 200)
    return None


def _is_known(event: Event, session: Session) -> bool:
    """Whether a NOTIFY is of our REFER, which may have been sent again since, with a higher CSeq."""
    if event.id is None:
        return True
    ours = range(session.referring or 0, session.known_dialog().local_cseq + 1)
    return event.id.isascii() and event.id.isdigit() and len(event.id) <= MAX_DIGITS and int(event.id) in ours
