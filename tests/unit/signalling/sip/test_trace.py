"""What is kept of messages: all but their secrets, at their full length."""

import pytest

from signalling.sip.message import Request
from signalling.sip.reading import parse_message
from signalling.sip.trace import call_id_of, without_secrets

pytestmark = pytest.mark.unit

INVITE = (
    b"INVITE sip:bob:hunter2@example.com SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n"
    b"From: <sip:alice@example.com>;tag=1\r\n"
    b"To: <sip:bob@example.com>\r\n"
    b"Call-ID: one@192.0.2.1\r\n"
    b"CSeq: 1 INVITE\r\n"
    b'Proxy-Authorization: Digest username="alice",\r\n'
    b' response="6629fae49393a05397450978507c4ef1"\r\n'
    b"authorization : Basic c2VjcmV0\r\n"
    b"Content-Type: application/sdp\r\n"
    b"Content-Length: %d\r\n"
    b"\r\n"
)
SDP = (
    b"v=0\r\n"
    b"k=clear:opensesame\r\n"
    b"m=audio 4000 RTP/SAVP 0\r\n"
    b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"
    b"a=ice-ufrag:F7gI\r\n"
    b"a=ice-pwd:x9cml/YzichV2+XlhiMu8g\r\n"
)
SECRETS = (b"hunter2", b"6629fae", b"c2VjcmV0", b"opensesame", b"WVNfX19z", b"x9cml")


def test_no_secret_is_left_and_the_rest_stays() -> None:
    message = INVITE % len(SDP) + SDP
    assert all(secret in message for secret in SECRETS)
    kept = without_secrets(message)
    assert not any(secret in kept for secret in SECRETS)
    for plain in (
        b"a=ice-ufrag:F7gI\r\n",
        b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:",
        b"CSeq: 1 INVITE\r\n",
    ):
        assert plain in kept


def test_what_is_kept_still_reads_as_the_message() -> None:
    read = parse_message(without_secrets(INVITE % len(SDP) + SDP))
    assert isinstance(read, Request)
    assert (read.call_id, read.cseq.number, len(read.body)) == ("one@192.0.2.1", 1, len(SDP))


@pytest.mark.parametrize(
    ("kind", "body", "kept"),
    [
        (b"application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", b"Signal=x\r\nDuration=160\r\n"),
        (b"application/dtmf", b"5", b"x"),
        (b"text/plain", b"5", b"5"),
    ],
)
def test_keys_that_were_pressed_are_secrets(kind: bytes, body: bytes, kept: bytes) -> None:
    message = b"INFO sip:us@192.0.2.1 SIP/2.0\r\nContent-Type: " + kind + b"\r\n\r\n" + body
    assert without_secrets(message).endswith(b"\r\n\r\n" + kept)


@pytest.mark.parametrize(
    ("message", "call_id"),
    [
        (INVITE, "one@192.0.2.1"),
        (b"BYE sip:a SIP/2.0\r\ni:  short\r\n\r\n", "short"),
        (b"\r\n\r\n", ""),
        (b"\xff\xfe nothing of SIP", ""),
    ],
)
def test_the_call_id_is_found_in_either_form(message: bytes, call_id: str) -> None:
    assert call_id_of(message) == call_id
