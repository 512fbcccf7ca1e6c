"""RTP formats: which payload types of a stream mean what (RFC 3551, RFC 8866 section 6.6)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from signalling.sdp.model import MediaDescription
from signalling.sdp.stream import CodecName

Format = tuple[int, str]
"""A payload type and its encoding, `NAME/clock[/channels]` in upper case."""

_COMMON_PACKET_TIMES = (10, 20, 30, 40, 50, 60)


@dataclass(frozen=True, slots=True)
class Codec:
    """What SDP needs to know of a codec. `clock` is that of its RTP timestamps."""

    rtpmap: str
    payload_type: int
    """Ours, where the session has not yet given it another."""
    clock: int
    packet_times_ms: tuple[int, ...] = _COMMON_PACKET_TIMES
    """Packets that it can fill, shortest first."""
    fmtp: str = ""
    """What we say of our own decoder."""

    @property
    def encoding(self) -> str:
        """The name that `rtpmap` is compared by."""
        return self.rtpmap.upper()


CODECS: Mapping[CodecName, Codec] = {
    "PCMU": Codec("PCMU/8000", 0, 8000),
    "PCMA": Codec("PCMA/8000", 8, 8000),
    # Its clock is 8000 though it samples at 16000 (RFC 3551 section 4.5.2).
    "G722": Codec("G722/8000", 9, 8000),
    # At 16 kHz; a longer packet would not fit into an Ethernet frame.
    "L16": Codec("L16/16000", 96, 16_000, (10, 20, 30, 40)),
    # One Opus frame a packet (RFC 6716 section 2.1.4).
    "opus": Codec("opus/48000/2", 111, 48_000, (10, 20, 40, 60), "useinbandfec=1"),
}

DTMF_CLOCKS: Mapping[int, int] = {8000: 101, 16_000: 102, 48_000: 110}
"""Clocks of telephone-event, and the payload types by which we offer them."""

COMFORT_NOISE = "CN/8000"
COMFORT_NOISE_PAYLOAD_TYPE = 13

FIRST_DYNAMIC = 96
LAST_PAYLOAD_TYPE = 127

_STATIC: Mapping[str, str] = {"0": "PCMU/8000", "8": "PCMA/8000", "9": "G722/8000", "13": COMFORT_NOISE}
# Some leave out the channels of Opus, though RFC 7587 section 7 wants them.
_NAMES: Mapping[str, CodecName] = {codec.encoding: name for name, codec in CODECS.items()} | {
    "OPUS/48000": "opus"
}
_PAYLOAD_TYPE = re.compile(r"[0-9]{1,3}")


def dtmf_encoding(clock: int) -> str:
    """Name telephone-event at a clock, as `rtpmap` does in lower case."""
    return f"TELEPHONE-EVENT/{clock}"


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats of one stream, in its order."""

    all: tuple[Format, ...]

    @property
    def codecs(self) -> tuple[tuple[CodecName, int], ...]:
        """Those that are codecs of ours, with their payload types."""
        return tuple((_NAMES[encoding], number) for number, encoding in self.all if encoding in _NAMES)

    def dtmf(self, clock: int) -> tuple[int, int] | None:
        """Payload type and clock of telephone-event: at `clock`, at any other that we know, or None."""
        for wish in (clock, *DTMF_CLOCKS):
            if (number := self._find(dtmf_encoding(wish))) is not None:
                return number, wish
        return None

    def comfort_noise(self, clock: int) -> int | None:
        """Payload type of comfort noise for a codec of that clock."""
        return self._find(f"CN/{clock}")

    def _find(self, encoding: str) -> int | None:
        return next((number for number, name in self.all if name == encoding), None)


def read_formats(stream: MediaDescription) -> Formats:
    """Read what `m=` lists and `rtpmap` explains; formats that nobody explains are left out."""
    names = dict(_STATIC)
    for value in stream.values("rtpmap"):
        number, _, name = value.partition(" ")
        names[number] = name.strip(" ").upper().removesuffix("/1")
    return Formats(
        tuple(
            (int(number), names[number])
            for number in stream.formats
            if number in names and _PAYLOAD_TYPE.fullmatch(number) and int(number) <= LAST_PAYLOAD_TYPE
        )
    )


class PayloadTypes:
    """The payload types of a session: one that has a meaning keeps it (RFC 3264 section 8.3.2)."""

    def __init__(self) -> None:
        self._encodings: dict[int, str] = {}

    @property
    def encodings(self) -> Mapping[int, str]:
        """The meanings, by payload type."""
        return dict(self._encodings)

    def learn(self, formats: Iterable[Format]) -> None:
        """Take over what the peer's offer calls its formats; we call them so too."""
        self._encodings.update(formats)

    def number(self, encoding: str, wish: int) -> int:
        """Give the payload type of an encoding: the one that it has, else `wish`, else a free one."""
        known = next((number for number, name in self._encodings.items() if name == encoding), None)
        if known is not None:
            return known
        dynamic = range(FIRST_DYNAMIC, LAST_PAYLOAD_TYPE + 1)
        # A peer that has used up all numbers has itself to blame for one with two meanings.
        number = next((number for number in (wish, *dynamic) if number not in self._encodings), wish)
        self._encodings[number] = encoding
        return number
