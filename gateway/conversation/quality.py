"""What `sip:hangup` says of a leg's audio (Conversation API, events). Pure."""

from gateway.store.records import Json

NOT_MEASURED: Json = {
    "mos_score": 0.0,
    "quality_percentage": 0.0,
    "jitter_min_var": 0.0,
    "jitter_max_var": 0.0,
    "jitter_loss_rate": 0.0,
    "jitter_burst_rate": 0.0,
    "flaw_total": 0,
    "packet_cnt": 0,
    "packet_loss_perc": 0.0,
}
"""`quality` of a leg that had no audio: clients want every member of it."""


def quality_of(*, mos: float, loss_percent: float, jitter_ms: float, lost: int, received: int) -> Json:
    """The published part of the `quality` member. Figures that are not measured are 0."""
    return {
        **NOT_MEASURED,
        "mos_score": mos,
        "quality_percentage": round((mos - 1) / 3.5 * 100, 2),
        "jitter_max_var": round(jitter_ms, 2),
        "flaw_total": lost,
        "packet_cnt": received,
        "packet_loss_perc": round(loss_percent, 2),
    }


def bandwidth_of(octets_in: int, octets_out: int) -> Json:
    """The `bandwidth` member: its figures are published under either name, and clients insist on theirs."""
    return {"byte_in": octets_in, "byte_out": octets_out, "bytes_in": octets_in, "bytes_out": octets_out}


NO_BANDWIDTH = bandwidth_of(0, 0)
"""`bandwidth` of a leg that had no audio."""
