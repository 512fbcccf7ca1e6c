"""URIs and the addresses that hold them: refused or read, and the same when written and read again."""

from signalling.sip.errors import RemoteSipError
from signalling.sip.headers.name_addr import NameAddr
from signalling.sip.uri import parse_uri
from tests.fuzz.running import Target, main
from tests.fuzz.seeds import WORDS, values

SEEDS = [
    *values("From", "f", "To", "t", "Contact", "m", "Route", "Record-Route"),
    b"sip:ann:secret@example.com:5061;transport=tcp;lr?subject=a%20b&x=",
    b"sips:[2001:db8::1]:5061;maddr=192.0.2.1",
    b"tel:+442079460000;phone-context=example.com",
]
READERS = (parse_uri, NameAddr.parse)


def check(octets: bytes) -> None:
    """Try one input."""
    text = octets.decode("utf-8", "surrogateescape")
    for read in READERS:
        try:
            value = read(text)
        except RemoteSipError:
            continue
        assert read(str(value)) == value


TARGET = Target("uri", check, SEEDS, WORDS)

if __name__ == "__main__":
    main(TARGET)
