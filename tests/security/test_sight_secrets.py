"""No secret is in anything that is shown or kept of signalling: ladder, trace, capture, HEP, the store."""

import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from gateway.cli import leg_sight
from gateway.clock import SystemClock
from gateway.config import SightSettings
from gateway.legs.sip_sight import SipSight
from gateway.sight import ladder
from gateway.sight.homer import Homer
from gateway.sight.ladders import Ladders
from gateway.store.records import Batch
from gateway.store.sqlite import SqliteStore
from signalling.sip.calls import CallHandle, Flow
from tests.support import records

pytestmark = pytest.mark.security

LEG = records.leg("leg-1")
CALL_ID = "seen@192.0.2.1"
FLOW = Flow("tls", ("198.51.100.7", 5061), ("192.0.2.1", 5061))
CANARY = "c4nary"
"""Every secret begins with it."""
OPEN = "plain-to-see"
"""Stands beside the secrets, so that a trace of nothing proves nothing."""

HEADERS = (
    f'Authorization: Digest username="ann", response="{CANARY}0"',
    f'AUTHORIZATION : Digest username="ann",\r\n\tresponse="{CANARY}1"',
    f'Proxy-Authorization: Digest username="ann",\r\n cnonce="x",\r\n response="{CANARY}2"',
    f"Authorization: Basic {CANARY}3",
    f'Authentication-Info: qop=auth, rspauth="{CANARY}4"',
    f'Proxy-Authentication-Info: rspauth="{CANARY}5"',
    f"Contact: <sip:ann:{CANARY}6@192.0.2.1>",
    f"Refer-To: sips:bob:{CANARY}7@example.com",
)
BODIES = (
    ("application/sdp", f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{CANARY}/{CANARY}|2^20|1:4\r\n"),
    ("application/sdp", f"A=CRYPTO:2 AEAD_AES_128_GCM INLINE:{CANARY};inline:{CANARY}\r\n"),
    ("application/sdp", f"a=ice-pwd:{CANARY}\r\na=key-mgmt:mikey {CANARY}\r\nk=base64:{CANARY}\r\n"),
    ("application/sdp", f"a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:{CANARY}\n"),
    ("application/dtmf-relay", f"Signal={CANARY}\r\nDuration=160\r\n"),
    ("application/dtmf", CANARY),
)


def wire() -> Iterator[bytes]:
    """Messages, each with one secret in one place."""
    for start in ("INVITE sip:bob@example.com SIP/2.0", "SIP/2.0 200 OK"):
        for header in HEADERS:
            yield message(start, header)
        for kind, body in BODIES:
            yield message(start, f"Content-Type: {kind}", body)
    yield message(f"INVITE sip:bob:{CANARY}@example.com SIP/2.0", f"Subject: {OPEN}")


def message(start: str, header: str, body: str = "") -> bytes:
    lines = (start, f"Call-ID: {CALL_ID}", "CSeq: 1 INVITE", header, f"Subject: {OPEN}", "", body)
    return "\r\n".join(lines).encode()


def files(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.iterdir())


async def test_no_secret_is_shown_or_kept(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "store.db", synchronous="NORMAL")
    await store.commit(Batch(legs=[LEG]))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as collector:
        collector.bind(("127.0.0.1", 0))
        collector.settimeout(5)
        homer = await Homer.open(SightSettings(homer=f"127.0.0.1:{collector.getsockname()[1]}"))
        ladders = Ladders(store)
        sight = SipSight(ladders, SystemClock(), homer)
        sight.follow(LEG.id, CallHandle("call"), CALL_ID)
        told = []
        for data in wire():
            assert CANARY.encode() in data
            sight.tap("in", FLOW, data)
            told.append(collector.recv(65_535))
    record = await ladders.of(LEG.id)
    await ladders.close()
    await store.close()
    assert homer is not None
    homer.close()

    trace = {"id": LEG.id, "quality": {}, "messages": record.messages, "left_out": record.left_out}
    plain = msgspec.to_builtins(trace)
    shown = {
        "HEP": b"".join(told),
        "trace": msgspec.json.encode(trace),
        "ladder": "\n".join((*ladder.drawn(record), *leg_sight.lines(plain))).encode(),
        "capture": leg_sight.capture(plain),
        "store": files(tmp_path),
    }
    assert len(record.messages) == len(told) == len(list(wire()))
    for where, octets in shown.items():
        assert CANARY.encode() not in octets, where
        assert where == "ladder" or OPEN.encode() in octets, where
