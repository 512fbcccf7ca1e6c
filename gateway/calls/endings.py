"""How a call ends, as its life so far allows (Voice API, call statuses). Pure."""

import msgspec

from gateway.conversation.commands import EndLeg
from gateway.conversation.quality import bandwidth_of, quality_of
from gateway.legs.line import End
from gateway.legs.sip_status import DECLINE, OK, REQUEST_TERMINATED, TEMPORARILY_UNAVAILABLE
from gateway.sight.quality import Figures, mos
from gateway.store.records import Json, LegRecord
from media.control import LegQuality


def own_end(leg: LegRecord) -> End:
    """How a leg ends that the gateway ends as it is now."""
    if leg.status == "answered":
        return End(status="completed", reason="ok", sip_code=OK)
    if leg.direction == "inbound":
        return End(status="rejected", reason="rejected", sip_code=DECLINE)
    return End(status="cancelled", reason="cancelled", sip_code=REQUEST_TERMINATED)


def failure(leg: LegRecord, reason: str, sip_code: int = TEMPORARILY_UNAVAILABLE) -> End:
    """How a leg ends that cannot go on; a caller who was not answered yet gets `sip_code`."""
    if leg.status == "answered":
        return End(status="completed", reason=reason, sip_code=OK)
    return End(status="failed", reason=reason, sip_code=sip_code)


def settled(end: End, leg: LegRecord) -> End:
    """What the end that a line tells makes of the leg.

    An answered one is completed or failed. No other is completed.
    A caller who hangs up before the answer has cancelled; a callee who does has failed.
    """
    if leg.status == "answered":
        return end if end.status == "failed" else msgspec.structs.replace(end, status="completed")
    if end.status != "completed":
        return end
    if leg.direction == "inbound":
        return End(
            status="cancelled", reason="request_terminated", sip_code=REQUEST_TERMINATED, by_peer=end.by_peer
        )
    return End(status="failed", reason="failed", sip_code=end.sip_code, by_peer=end.by_peer)


def ending(record: LegRecord, end: End, quality: LegQuality | None) -> EndLeg:
    """What is written of it: `quality` as the media counted, None for a leg without audio."""
    command = EndLeg(
        leg_id=record.id,
        status=end.status,
        reason=end.reason,
        sip_code=end.sip_code,
        disconnected_by="user" if end.by_peer else "platform",
    )
    if quality is None:
        return command
    bandwidth = bandwidth_of(quality.octets_received, quality.octets_sent)
    return msgspec.structs.replace(command, quality=_measured(quality), bandwidth=bandwidth)


def _measured(quality: LegQuality) -> Json:
    """The published figures, and beside them those that tell where they come from."""
    figures = Figures(
        codec=quality.codec,
        received=quality.packets_received,
        lost=quality.packets_lost,
        jitter_ms=quality.jitter_ms,
        round_trip_ms=quality.round_trip_ms or 0.0,
    )
    published = quality_of(
        mos=mos(figures),
        loss_percent=figures.loss_percent,
        jitter_ms=figures.jitter_ms,
        lost=figures.lost,
        received=figures.received,
    )
    return {
        **published,
        "codec": figures.codec,
        "packets_sent": quality.packets_sent,
        "round_trip_ms": _rounded(quality.round_trip_ms),
        "peer_flaw_total": quality.peer_lost,
        "peer_jitter_ms": _rounded(quality.peer_jitter_ms),
        "late": quality.playing.late,
        "duplicates": quality.playing.duplicates,
        "concealed_ms": _rounded(quality.playing.concealed_ms),
        "inserted_ms": _rounded(quality.playing.inserted_ms),
        "removed_ms": _rounded(quality.playing.removed_ms),
        "delay_ms": _rounded(quality.playing.delay_ms),
        "delay_wanted_ms": _rounded(quality.playing.wanted_ms),
    }


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 2)
