"""What `sip:hangup` says of a leg's audio (Conversation API, events). Pure.

The score is the E-model of ITU-T G.107 reduced to what RTP tells: delay, jitter and loss of a G.711 stream.
"""

from gateway.store.records import Json

_BEST_R = 93.2
"""The transmission rating of a clean narrow-band connection (G.107, default values)."""
_G711_BPL = 25.1
"""Packet-loss robustness of G.711 with concealment (G.113 Appendix I)."""


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


def mos(*, loss_percent: float, jitter_ms: float, round_trip_ms: float) -> float:
    """Mean opinion score 1 to 4.5 (G.107 Annex B)."""
    delay_ms = round_trip_ms / 2 + 2 * jitter_ms + 20
    delay_impairment = 0.024 * delay_ms + (0.11 * (delay_ms - 177.3) if delay_ms > 177.3 else 0.0)
    loss_impairment = 95 * loss_percent / (loss_percent + _G711_BPL)
    rating = max(0.0, min(100.0, _BEST_R - delay_impairment - loss_impairment))
    score = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6
    return round(max(1.0, min(4.5, score)), 2)


def quality_of(*, received: int, lost: int, jitter_ms: float, round_trip_ms: float | None) -> Json:
    """The `quality` member. Figures that are not measured are 0."""
    loss = 100 * lost / max(1, received + lost)
    score = mos(loss_percent=loss, jitter_ms=jitter_ms, round_trip_ms=round_trip_ms or 0.0)
    return {
        **NOT_MEASURED,
        "mos_score": score,
        "quality_percentage": round((score - 1) / 3.5 * 100, 2),
        "jitter_max_var": round(jitter_ms, 2),
        "flaw_total": lost,
        "packet_cnt": received,
        "packet_loss_perc": round(loss, 2),
    }


def bandwidth_of(octets_in: int, octets_out: int) -> Json:
    """The `bandwidth` member: its figures are published under either name, and clients insist on theirs."""
    return {"byte_in": octets_in, "byte_out": octets_out, "bytes_in": octets_in, "bytes_out": octets_out}


NO_BANDWIDTH = bandwidth_of(0, 0)
"""`bandwidth` of a leg that had no audio."""
