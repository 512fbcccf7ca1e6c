"""Digest challenges and credentials: refused or read, and the same when written and read again."""

from signalling.sip.errors import RemoteSipError
from signalling.sip.headers.auth import Challenge, Credentials, parse_challenges
from tests.fuzz.running import Target, main
from tests.fuzz.seeds import WORDS

SEEDS = [
    b'Digest realm="a, b", nonce="n\\"1", algorithm=SHA-256, qop="auth,auth-int", opaque="o", stale=TRUE',
    b'Digest realm="a", nonce="n", Basic realm="b", Digest realm="c", nonce="m"',
    b'Digest username="u", realm="a", nonce="n", uri="sip:b", response="0123456789abcdef0123456789ABCDEF"',
    b'Digest username="u",realm="a",nonce="n",uri="sip:b",response="f",qop=auth,cnonce="c",nc=0000000a',
]
NAMES = [
    b"username=",
    b"realm=",
    b"nonce=",
    b"qop=",
    b"nc=",
    b"cnonce=",
    b"opaque=",
    b"stale=true",
    b"Basic ",
]


def check(octets: bytes) -> None:
    """Try one input."""
    text = octets.decode("utf-8", "surrogateescape")
    try:
        credentials = Credentials.parse(text)
    except RemoteSipError:
        pass
    else:
        assert Credentials.parse(str(credentials)) == credentials
    try:
        challenges = parse_challenges([text])
    except RemoteSipError:
        return
    for challenge in challenges:
        assert Challenge.parse(str(challenge)) == challenge


TARGET = Target("digest", check, SEEDS, [*WORDS, *NAMES])

if __name__ == "__main__":
    main(TARGET)
