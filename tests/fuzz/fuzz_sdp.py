"""Session descriptions: refused or read, the same when written and read again, answered or refused."""

from signalling.sdp.errors import SdpError
from signalling.sdp.negotiation import OfferAnswer
from signalling.sdp.parse import parse
from signalling.sdp.write import write
from tests.fuzz.running import FIXTURES, Target, main
from tests.support.wire import BOB, media

SEEDS = [path.read_bytes() for path in sorted((FIXTURES / "sdp").glob("*/*.sdp"))]
WORDS = [
    *b"\r\n|\n|\0| |:|/|a=|a=rtpmap:|a=fmtp:|a=ptime:|a=crypto:1 |a=candidate:|a=fingerprint:".split(b"|"),
    *b"m=audio |c=IN IP4 |a=inactive\r\n|a=rtcp:|a=rtcp-mux\r\n|IP6|::1|0.0.0.0|65536|-1".split(b"|"),
    *b"99999999999999999999|opus/48000/2|\xff".split(b"|"),
]
REFUSED = {400, 415, 488}


def check(octets: bytes) -> None:
    """Try one input."""
    try:
        description = parse(octets)
        assert parse(write(description)) == description
        side = OfferAnswer()
        side.receive_offer(octets)
        answer, _ = side.answer(media(BOB))
        assert len(parse(answer).media) == len(description.media)
    except SdpError as error:
        if error.status_code not in REFUSED:
            raise


TARGET = Target("sdp", check, SEEDS, WORDS)

if __name__ == "__main__":
    main(TARGET)
