"""What `cordboard leg show` shows of the audio and the signalling of a leg. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from gateway.sight import ladder, pcap
from gateway.store.records import LegTraceRecord

MEMBERS = ("quality", "messages", "left_out")
"""What a trace tells beside the leg."""

FIGURES = {
    "mos_score": "MOS (E-model, 1 to 4.5)",
    "codec": "codec",
    "packet_cnt": "packets received",
    "packets_sent": "packets sent",
    "flaw_total": "packets lost",
    "packet_loss_perc": "loss in percent",
    "jitter_max_var": "jitter in ms",
    "round_trip_ms": "round trip in ms",
    "peer_flaw_total": "packets the peer missed",
    "peer_jitter_ms": "jitter at the peer in ms",
    "late": "packets too late to be heard",
    "duplicates": "packets that came twice",
    "concealed_ms": "audio made up for losses in ms",
    "inserted_ms": "delay added for jitter in ms",
    "removed_ms": "delay taken away again in ms",
    "delay_ms": "delay of the jitter buffer in ms",
    "delay_wanted_ms": "delay that the network needed in ms",
}
"""The figures of a leg's audio, in words."""

NOTHING_HEARD = "No RTP came from the peer: its audio goes elsewhere, or something between drops it."
NOTHING_SAID = (
    "No SIP message of this leg is kept, so there is nothing to capture. Websockets and apps speak no SIP;"
    " messages go with their legs, and when a call is redacted."
)


def lines(trace: Mapping[str, Any]) -> Iterator[str]:
    """The figures of the audio, and the ladder; nothing for a leg that has neither."""
    quality: Mapping[str, Any] = trace["quality"]
    if quality.get("packet_cnt") or quality.get("packets_sent"):
        width = max(map(len, FIGURES.values()))
        yield ""
        for name, words in FIGURES.items():
            if quality.get(name) not in (None, ""):
                yield f"{words:<{width}}  {quality[name]}"
        if not quality.get("packet_cnt"):
            yield NOTHING_HEARD
    if trace["messages"]:
        yield ""
        yield from ladder.drawn(_record(trace))


def capture(trace: Mapping[str, Any]) -> bytes:
    """The messages as a pcap file."""
    return pcap.write(_record(trace).messages)


def _record(trace: Mapping[str, Any]) -> LegTraceRecord:
    kept = {"leg_id": trace["id"], "messages": trace["messages"], "left_out": trace["left_out"]}
    return msgspec.convert(kept, LegTraceRecord)
