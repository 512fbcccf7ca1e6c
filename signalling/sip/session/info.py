"""INFO in a call, on either side: keys that are pressed (RFC 6086; the usual bodies, which no RFC has).

application/dtmf-relay    Signal=5 and Duration=160, a line each
application/dtmf          5
"""

from collections import deque
from functools import partial

from signalling.sip.calls import DigitPressed, Flow
from signalling.sip.errors import LocalSipError
from signalling.sip.message import Request, Response
from signalling.sip.refusals import NO_DIALOG, Refusal
from signalling.sip.session.ask import Question, ask
from signalling.sip.session.context import Context
from signalling.sip.session.session import Session
from signalling.sip.session.table import State

RELAY = "application/dtmf-relay"
PLAIN = "application/dtmf"

MAX_BODY = 256
"""Octets of a body that is read: two short lines."""

MAX_PENDING = 64
"""Keys of one call that wait to be sent: more than anybody may ask for at once."""

DURATION_MS = 160
"""Of a key of ours, and of one that comes without a duration."""

MAX_DURATION_MS = 10_000

PAUSE = "p"
PAUSE_S = 0.5
"""What a `p` among the keys stands for (Voice API, `dtmfAnswer`)."""

GAP_S = 0.1
"""Between two keys."""

KEYS = frozenset("0123456789*#ABCD")

UNKNOWN_BODY = Refusal(415, headers=(("Accept", f"{RELAY}, {PLAIN}"),))
UNKNOWN_PACKAGE = Refusal(469, "Bad Info Package", headers=(("Recv-Info", ""),))
NO_KEY = Refusal(400, "No Key In The Body")

_EVENTS = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}
"""Keys by the numbers of RFC 4733, as some phones write them."""

FLASH = "16"

_GONE = frozenset({State.TERMINATING, State.ENDED})


def receive(context: Context, session: Session, request: Request, flow: Flow, now: float) -> Refusal | None:
    """Take an INFO: our user hears the key. One without a body asks whether we are there. Returns why not."""
    if session.state in _GONE:
        return NO_DIALOG
    if "Info-Package" in request.headers:
        return UNKNOWN_PACKAGE
    pressed = None
    if request.body:
        if request.content_type not in {RELAY, PLAIN}:
            return UNKNOWN_BODY
        pressed = read(request.content_type, request.body)
        if pressed is None:
            return NO_KEY
    session.known_dialog().take(request, flow)
    context.transactions.serve(request, flow, now).respond(
        context.response(request, 200, tag=session.local_tag), now
    )
    if pressed is not None and pressed[0] in KEYS:
        context.emit(DigitPressed(session.call, *pressed))
    return None


def read(content_type: str, body: bytes) -> tuple[str, int] | None:
    """The key and its milliseconds; None for what is no key. A hook flash comes as FLASH."""
    if len(body) > MAX_BODY:
        return None
    text = body.decode("ascii", "replace")
    if content_type == PLAIN:
        return _key(text, DURATION_MS)
    fields = {
        name.strip().lower(): value.strip()
        for name, equals, value in (line.partition("=") for line in text.splitlines())
        if equals
    }
    duration = fields.get("duration", "")
    is_number = duration.isascii() and duration.isdigit() and len(duration) <= 6
    return _key(fields.get("signal", ""), int(duration) if is_number else DURATION_MS)


def _key(text: str, duration_ms: int) -> tuple[str, int] | None:
    text = text.strip().upper()
    key = _EVENTS.get(text, text)
    return (key, min(duration_ms, MAX_DURATION_MS)) if key in KEYS or key == FLASH else None


def press(context: Context, session: Session, digits: str, now: float) -> None:
    """Send keys, `0-9*#A-D` and `p` for a pause of half a second, one INFO each.

    Raises LocalSipError for a call that is not up, other keys, and too many of them.
    """
    if session.state not in {State.ESTABLISHED, State.MODIFYING}:
        raise LocalSipError(f"no keys in a call that is {session.state}")
    if not set(digits) <= KEYS | {PAUSE}:
        raise LocalSipError("keys are 0-9, *, #, A-D and p", 400)
    if len(session.keys) + len(digits) > MAX_PENDING:
        raise LocalSipError(f"more than {MAX_PENDING} keys wait to be sent", 503)
    is_idle = not session.keys and not session.is_pressing
    session.keys.extend(digits)
    if is_idle:
        _next(context, session, now)


def _next(context: Context, session: Session, now: float) -> None:
    """Send the next key; the one after it goes out when that is answered and its time is over."""
    session.is_pressing = bool(session.keys) and session.state not in _GONE
    if not session.is_pressing:
        session.keys = deque()
        return
    key = session.keys.popleft()
    if key == PAUSE:
        context.agenda.set(session, "key", now + PAUSE_S, partial(_next, context, session))
        return
    dialog = session.known_dialog()
    info = dialog.request("INFO")
    info.headers.add("Content-Type", RELAY)
    info.body = f"Signal={key}\r\nDuration={DURATION_MS}\r\n".encode()
    ask(context, Question(dialog, info, session.login, partial(_pressed, context, session)), now)


def _pressed(context: Context, session: Session, response: Response, now: float) -> None:
    """A peer that refuses a key gets no more of them."""
    if response.status_code >= 300:
        session.keys.clear()
    gap = DURATION_MS / 1000 + GAP_S
    context.agenda.set(session, "key", now + gap, partial(_next, context, session))
