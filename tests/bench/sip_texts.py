"""What the SIP benches send: messages as phones and carriers write them, made with nothing of ours."""

import hashlib

HOST = "192.0.2.7"
"""Where the phones of the benches are; no packet goes there."""
REALM = "bench"
PASSWORD = "not a secret: only this bench knows it"

SDP = (
    "v=0\r\no=phone 3801 3802 IN IP4 192.0.2.7\r\ns=call\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
    "m=audio 40012 RTP/AVP 9 8 0 101\r\na=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\n"
    "a=sendrecv\r\n"
)
VIA = "SIP/2.0/UDP 192.0.2.7:5062;branch=z9hG4bK776asdhds;rport;received=198.51.100.9"
URI = "sip:+447700900001;phone-context=example.com@gw.example.com:5061;transport=tcp;user=phone"

_HEAD = (
    "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK{branch};rport\r\n"
    "Max-Forwards: 70\r\n"
    'From: "Anna" <sip:{user}@bench>;tag=f{call}\r\n'
    "To: {to}\r\n"
    "Call-ID: {call}@192.0.2.7\r\n"
    "CSeq: {cseq} {method}\r\n"
    "Contact: <sip:{user}@192.0.2.7:5060>\r\n"
    "User-Agent: a desk phone\r\n"
)


def invite(call: str) -> bytes:
    """A call to a number, with an offer."""
    return _request("INVITE", "sip:447700900001@bench", call, 1, "<sip:447700900001@bench>", SDP)


def follow(method: str, call: str, cseq: int, to: str) -> bytes:
    """An ACK or a BYE of the call whose dialog has that To."""
    return _request(method, "sip:198.51.100.1", call, cseq, to)


def answered(call: str) -> bytes:
    """A 200 with an answer, as a client hears it."""
    head = _head("INVITE", call, call, 1, "<sip:447700900001@bench>;tag=t1", "anna")
    return f"SIP/2.0 200 OK\r\n{head}{_body(SDP)}".encode()


def register(user: str, cseq: int, nonce: str = "") -> bytes:
    """A refresh for an hour; with a nonce, it proves the password."""
    uri, call = f"sip:{REALM}", f"reg-{user}"
    proof = _proof(user, uri, nonce, cseq) if nonce else ""
    head = _head("REGISTER", f"{call}x{cseq}", call, cseq, f"<sip:{user}@{REALM}>", user)
    return f"REGISTER {uri} SIP/2.0\r\n{head}Expires: 3600\r\n{proof}{_body('')}".encode()


def _proof(user: str, uri: str, nonce: str, count: int) -> str:
    """RFC 7616 section 3.4, by MD5 as most phones do."""
    secret, request = _md5(f"{user}:{REALM}:{PASSWORD}"), _md5(f"REGISTER:{uri}")
    response = _md5(f"{secret}:{nonce}:{count:08x}:c1:auth:{request}")
    return (
        f'Authorization: Digest username="{user}", realm="{REALM}", nonce="{nonce}", uri="{uri}", '
        f'response="{response}", algorithm=MD5, qop=auth, nc={count:08x}, cnonce="c1"\r\n'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _request(method: str, uri: str, call: str, cseq: int, to: str, body: str = "") -> bytes:
    head = _head(method, f"{call}{method}", call, cseq, to, "anna")
    return f"{method} {uri} SIP/2.0\r\n{head}{_body(body)}".encode()


def _head(method: str, branch: str, call: str, cseq: int, to: str, user: str) -> str:
    return _HEAD.format(branch=branch, user=user, call=call, to=to, cseq=cseq, method=method)


def _body(text: str) -> str:
    kind = "Content-Type: application/sdp\r\n" if text else ""
    return f"{kind}Content-Length: {len(text)}\r\n\r\n{text}"
