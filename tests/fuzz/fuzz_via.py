"""Vias: refused or read and stamped, and the same when written and read again."""

from signalling.sip.errors import RemoteSipError
from signalling.sip.headers.via import Via
from tests.fuzz.running import Target, main
from tests.fuzz.seeds import WORDS, values


def check(octets: bytes) -> None:
    """Try one input."""
    try:
        via = Via.parse(octets.decode("utf-8", "surrogateescape"))
    except RemoteSipError:
        return
    assert Via.parse(str(via)) == via
    stamped = Via.parse(str(via.stamped("192.0.2.1", 5060)))
    assert stamped.received in {None, "192.0.2.1"}
    assert stamped.rport in {None, 5060}
    assert not via.transaction_id or via.transaction_id == via.branch


TARGET = Target("via", check, values("Via", "v"), [*WORDS, b";rport", b";received=", b"/TLS "])

if __name__ == "__main__":
    main(TARGET)
