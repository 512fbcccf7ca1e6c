"""Messages as they are kept of legs, to begin tests of them with."""

from typing import Literal

from gateway.store.records import SipAddress, SipMessage

US, PEER = SipAddress("192.0.2.1", 5060), SipAddress("198.51.100.7", 5070)


def message(
    start: str = "INVITE sip:bob@example.com SIP/2.0",
    direction: Literal["in", "out"] = "in",
    *,
    call_id: str = "call-1",
    cseq: str = "1 INVITE",
    body: str = "",
    time: float = 1_600_000_000.25,
) -> SipMessage:
    return SipMessage(
        time=time,
        direction=direction,
        transport="udp",
        local=US,
        remote=PEER,
        call_id=call_id,
        text=f"{start}\r\nCall-ID: {call_id}\r\nCSeq: {cseq}\r\n\r\n{body}",
    )
