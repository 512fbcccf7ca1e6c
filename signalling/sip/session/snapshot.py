"""A call written down, so that a gateway that was restarted goes on with it, or can end it."""

from collections.abc import Mapping

from signalling.sdp.errors import SdpError
from signalling.sdp.kept import read_exchange, read_local, write_exchange, write_local
from signalling.sdp.negotiation import OfferAnswer
from signalling.sdp.secrets import RandomBytes
from signalling.sip.calls import CallHandle, Flow
from signalling.sip.dialog import MAX_HOMES, Dialog, DialogState
from signalling.sip.errors import LocalSipError, RemoteSipError
from signalling.sip.guard import Admitted
from signalling.sip.headers.name_addr import NameAddr
from signalling.sip.session.session import Refreshing, Session
from signalling.sip.session.table import State
from signalling.sip.uri import SipUri

Values = dict[str, object]

CSEQ_GAP = 1000
"""By how much our numbers jump, which peers take (RFC 3261 section 12.2.2): more requests than a call sends
after it was written down."""


def write(session: Session) -> Values:
    """Write an answered call as JSON-safe values, for `read`. Raises LocalSipError before the answer.

    Credentials are left out: no secret leaves the endpoint.
    """
    dialog = session.known_dialog()
    if dialog.state is not DialogState.CONFIRMED and session.state is not State.ANSWERING:
        raise LocalSipError("the call is not answered")
    local, kept, refreshing = session.local, session.media.kept, session.refreshing
    return {
        "call": session.call,
        "is_caller": session.is_caller,
        "dialog": _write_dialog(dialog),
        "local": None if local is None else write_local(local),
        "media": None if kept is None else write_exchange(kept),
        "direction": session.direction,
        "owner": [session.owner.account, session.owner.domain],
        "allows": sorted(session.allows),
        "refreshing": None if refreshing is None else [refreshing.interval_s, refreshing.is_ours],
    }


def read(values: Mapping[str, object], random: RandomBytes) -> Session:
    """Undo `write`: an established call, with secrets of its own. Raises LocalSipError for anything else.

    Where it came by less than `write` gives, it can be ended, and not much more.
    """
    match values:
        case {"call": str(call), "is_caller": bool(is_caller), "dialog": dict(known), "local": local}:
            dialog = _read_dialog(known)
        case _:
            raise LocalSipError("not the snapshot of a call")
    media = _read_media(values, random)
    session = Session(CallHandle(call), dialog.call_id, dialog.local.tag or "", is_caller, media)
    session.state = State.ESTABLISHED
    session.dialog = dialog
    session.local = read_local(local)
    session.stream = media.stream
    _read_manners(session, values)
    return session


def _read_media(values: Mapping[str, object], random: RandomBytes) -> OfferAnswer:
    if values.get("media") is None:
        return OfferAnswer(random=random)
    try:
        return OfferAnswer.going_on(read_exchange(values["media"]), random)
    except (SdpError, ValueError) as error:
        raise LocalSipError(f"not the snapshot of a call: {error}") from None


def _read_manners(session: Session, values: Mapping[str, object]) -> None:
    match values:
        case {
            "direction": "sendrecv" | "sendonly" | "recvonly" | "inactive" as direction,
            "owner": [str(account), str(domain)],
            "allows": [*allows],
            "refreshing": list() | None as refreshing,
        }:
            session.direction = session.agreed = direction
            session.owner = Admitted(account, domain)
            session.allows = frozenset(map(str, allows))
            session.refreshing = None if refreshing is None else Refreshing(*refreshing)
        case _:
            return


def _write_dialog(dialog: Dialog) -> Values:
    flow = dialog.flow
    return {
        "call_id": dialog.call_id,
        "local": str(dialog.local),
        "remote": str(dialog.remote),
        "target": str(dialog.target),
        "routes": [str(route) for route in dialog.routes],
        "transport": flow.transport,
        "remote_address": list(flow.remote),
        "local_address": list(flow.local),
        "server_name": flow.name,
        "local_cseq": dialog.local_cseq,
        "remote_cseq": dialog.remote_cseq,
        "homes": list(dialog.homes),
    }


def _read_dialog(values: Mapping[str, object]) -> Dialog:
    match values:
        case {
            "call_id": str(call_id),
            "local": str(local),
            "remote": str(remote),
            "target": str(target),
            "routes": [*routes],
            "transport": "udp" | "tcp" | "tls" | "ws" | "wss" as transport,
            "remote_address": [str(remote_host), int(remote_port)],
            "local_address": [str(local_host), int(local_port)],
            "server_name": str(name),
            "local_cseq": int(local_cseq),
            "remote_cseq": int() | None as remote_cseq,
        }:
            flow = Flow(transport, (remote_host, remote_port), (local_host, local_port), name=name)
        case _:
            raise LocalSipError("not the snapshot of a dialog")
    try:
        return Dialog(
            call_id=call_id,
            local=NameAddr.parse(local),
            remote=NameAddr.parse(remote),
            target=SipUri.parse(target),
            routes=tuple(NameAddr.parse(str(route)) for route in routes),
            flow=flow,
            local_cseq=local_cseq + CSEQ_GAP,
            remote_cseq=remote_cseq,
            homes=_read_homes(values.get("homes")) or (flow.remote[0],),
            state=DialogState.CONFIRMED,
        )
    except RemoteSipError as error:
        raise LocalSipError(f"not the snapshot of a dialog: {error.reason}") from None


def _read_homes(homes: object) -> tuple[str, ...]:
    return tuple(map(str, homes))[-MAX_HOMES:] if isinstance(homes, list) else ()
