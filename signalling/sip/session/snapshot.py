"""A call written down, so that a gateway that was restarted can still end it."""

from collections.abc import Mapping
from typing import cast

from signalling.sdp.negotiation import OfferAnswer
from signalling.sdp.stream import CodecName, LocalMedia
from signalling.sip.calls import CallHandle, Flow
from signalling.sip.dialog import Dialog, DialogState
from signalling.sip.errors import LocalSipError, RemoteSipError
from signalling.sip.headers.name_addr import NameAddr
from signalling.sip.session.session import Session
from signalling.sip.session.table import State
from signalling.sip.uri import SipUri

Values = dict[str, object]


def write(session: Session) -> Values:
    """Write an answered call as JSON-safe values, for `read`. Raises LocalSipError before the answer.

    Credentials are left out: no secret leaves the endpoint.
    """
    dialog = session.known_dialog()
    if dialog.state is not DialogState.CONFIRMED and session.state is not State.ANSWERING:
        raise LocalSipError("the call is not answered")
    local = session.local
    return {
        "call": session.call,
        "is_caller": session.is_caller,
        "dialog": _write_dialog(dialog),
        "local": None if local is None else [local.address, local.port, list(local.codecs)],
    }


def read(values: Mapping[str, object]) -> Session:
    """Undo `write`: an established call. Raises LocalSipError for anything else."""
    match values:
        case {"call": str(call), "is_caller": bool(is_caller), "dialog": dict(known), "local": local}:
            dialog = _read_dialog(known)
        case _:
            raise LocalSipError("not the snapshot of a call")
    session = Session(CallHandle(call), dialog.call_id, dialog.local.tag or "", is_caller, OfferAnswer())
    session.state = State.ESTABLISHED
    session.dialog = dialog
    session.local = _read_local(local)
    return session


def _read_local(local: object) -> LocalMedia | None:
    match local:
        case [str(address), int(port), [*codecs]]:
            return LocalMedia(address, port, cast("tuple[CodecName, ...]", tuple(codecs)))
        case _:
            return None


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
            local_cseq=local_cseq,
            remote_cseq=remote_cseq,
            homes=(flow.remote[0],),
            state=DialogState.CONFIRMED,
        )
    except RemoteSipError as error:
        raise LocalSipError(f"not the snapshot of a dialog: {error.reason}") from None
