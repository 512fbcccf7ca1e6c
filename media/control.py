"""The contract between the gateway and its media processes: commands in, notices out.

Messages are tagged msgspec structs, encoded as MessagePack and framed by a four-byte big-endian length on a
unix stream socket, a pair made by the gateway whose other end the process inherits (`--control-fd`). The
gateway writes commands, the process writes notices; neither ever waits for a particular
reply: a notice names the leg, play or recording that it is about.

A *room* is the mix of one conversation: every leg hears the sum of the others. A leg is in at most one room.
Times are in milliseconds or seconds as the field's name says; audio is 16-bit linear PCM.
"""

import struct
from collections.abc import Iterator
from typing import Literal

import msgspec

MAX_MESSAGE = 1 << 20
"""Octets in one message. The largest honest one (a websocket's first text) is below 16 KiB."""

Codec = Literal["PCMU", "PCMA"]
Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]


class Command(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something that the gateway asks a worker to do."""


class OpenRtp(Command, frozen=True, kw_only=True):
    """Bind an RTP port, and the RTCP port above it, for a leg. Answered by RtpOpened or Refused."""

    leg: str


class StartRtp(Command, frozen=True, kw_only=True):
    """Start or change the RTP stream of an opened leg: the outcome of an SDP offer/answer.

    `direction` is seen from us: "sendonly" means the peer put us on hold and hears us, we do not hear it.
    """

    leg: str
    remote_host: str
    remote_port: int
    codec: Codec
    payload_type: int
    dtmf_payload_type: int | None
    direction: Direction = "sendrecv"


class OpenWebsocket(Command, frozen=True, kw_only=True):
    """Connect a leg to a websocket application. Answered by WebsocketOpened or WebsocketFailed.

    The gateway's egress door resolved and admitted `address`; the worker connects there and nowhere else,
    with the Host header and, for wss, the server name of `uri`.
    """

    leg: str
    uri: str
    address: str
    port: int
    rate: Literal[8000, 16000]
    first_message: str
    """The JSON text frame `websocket:connected`, ready to send."""
    headers: dict[str, str] = {}
    """Extra headers of the handshake (`Authorization`)."""


class CloseLeg(Command, frozen=True, kw_only=True):
    """Forget a leg: leave its room, stop its plays and close its sockets."""

    leg: str


class Join(Command, frozen=True, kw_only=True):
    """Put a leg into a room, out of the one it was in. The room exists while somebody is in it."""

    leg: str
    room: str


class Leave(Command, frozen=True, kw_only=True):
    """Take a leg out of its room; it keeps its sockets and hears only what is played to it."""

    leg: str


class SetAudio(Command, frozen=True, kw_only=True):
    """Mute (the others do not hear the leg) and earmuff (the leg does not hear the others)."""

    leg: str
    muted: bool
    earmuffed: bool


class Play(Command, frozen=True, kw_only=True):
    """Play an audio file to one leg, or to everybody in a room. Ends with PlayDone, whatever happens.

    `path`: any file that libsndfile reads (WAV, MP3, OGG, FLAC). `loop` 0 plays until stopped.
    `level` -1..1 is Vonage's: 0 leaves the audio as it is, -1 silences it, 1 doubles it.
    """

    play: str
    path: str
    leg: str | None = None
    room: str | None = None
    loop: int = 1
    level: float = 0.0


class StopPlay(Command, frozen=True, kw_only=True):
    """Stop a play; its PlayDone says "stopped"."""

    play: str


class SendDtmf(Command, frozen=True, kw_only=True):
    """Send digits (0-9 * # A-D, p = 500 ms pause) to a leg: RFC 4733 events, or text to a websocket."""

    leg: str
    digits: str


class StartRecording(Command, frozen=True, kw_only=True):
    """Record a room into `path`, a WAV file that is readable at any moment, also after a SIGKILL.

    One channel is the mono mix. With more, the legs take the channels in the order in which they joined the
    room; surplus legs and what is played to the room share the last one. `leg`, when given, takes channel 0.
    When it is done the file is turned into `format` beside it, with the extension changed. It ends by itself
    after `end_on_silence_s` without a sound.
    """

    recording: str
    room: str
    path: str
    channels: int = 1
    rate: Literal[8000, 16000] = 16000
    leg: str | None = None
    format: Literal["wav", "mp3", "ogg"] = "wav"
    end_on_silence_s: float | None = None


class StopRecording(Command, frozen=True, kw_only=True):
    """End a recording. Answered by RecordingDone."""

    recording: str


class Speak(Command, frozen=True, kw_only=True):
    """To the speech process: turn text, or SSML in <speak>, into a file. Answered by Spoken or SpeechFailed.

    `language` is BCP 47, `style` Vonage's number of a voice within it.
    """

    speech: str
    text: str
    language: str = "en-US"
    style: int = 0


class Ping(Command, frozen=True, kw_only=True):
    """Ask for a sign of life. Answered by Pong."""

    nonce: int


class Drain(Command, frozen=True, kw_only=True):
    """End every recording and exit."""


class Notice(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something that happened in a worker."""


class Ready(Notice, frozen=True, kw_only=True):
    """The engine is compiled and ticking; sent once, first."""

    pid: int


class RtpOpened(Notice, frozen=True, kw_only=True):
    """The leg's RTP port is bound at `port` (even; RTCP is the next)."""

    leg: str
    port: int


class RtpLatched(Notice, frozen=True, kw_only=True):
    """The source of the leg's RTP is settled; packets from elsewhere are dropped from now on."""

    leg: str
    host: str
    port: int


class WebsocketOpened(Notice, frozen=True, kw_only=True):
    """The websocket is connected and has had its first message."""

    leg: str


class WebsocketFailed(Notice, frozen=True, kw_only=True):
    """The websocket could not be connected: `status` is the HTTP status, or None where none came."""

    leg: str
    reason: str
    status: int | None = None
    timed_out: bool = False


class WebsocketClosed(Notice, frozen=True, kw_only=True):
    """The application, or the network, closed the websocket. Not sent after CloseLeg."""

    leg: str
    code: int
    reason: str


class Dtmf(Notice, frozen=True, kw_only=True):
    """A leg sent one digit, once for each key press."""

    leg: str
    digit: str
    duration_ms: int


class PlayDone(Notice, frozen=True, kw_only=True):
    """A play has ended: played to its end, stopped (also because the leg or room went), or failed."""

    play: str
    outcome: Literal["played", "stopped", "failed"]
    reason: str = ""


class RecordingDone(Notice, frozen=True, kw_only=True):
    """A recording is complete on disk at `path`."""

    recording: str
    path: str
    size: int
    """Octets."""
    duration_s: float
    channels: int
    failed: str = ""
    """Why it ended early (a full disk); empty when it did not."""


class Spoken(Notice, frozen=True, kw_only=True):
    """The speech is in `path`, a mono WAV file; the same text asked for again gives the same file."""

    speech: str
    path: str
    duration_s: float
    voice: str
    """Which provider and voice spoke, for example "hibari:en-us"."""


class SpeechFailed(Notice, frozen=True, kw_only=True):
    """The text could not be spoken: no voice for the language, broken SSML, too long."""

    speech: str
    reason: str


class LegQuality(Notice, frozen=True, kw_only=True):
    """What RTP and RTCP counted over a leg's life; sent when the leg is closed. A websocket has neither."""

    leg: str
    packets_received: int = 0
    packets_lost: int = 0
    packets_sent: int = 0
    octets_received: int = 0
    octets_sent: int = 0
    jitter_ms: float = 0.0
    round_trip_ms: float | None = None


class Refused(Notice, frozen=True, kw_only=True):
    """A command that could not be carried out: the leg, play or recording in `subject` and why."""

    command: str
    subject: str
    reason: str


class Pong(Notice, frozen=True, kw_only=True):
    """The worker's state over the time since the last Pong."""

    nonce: int
    legs: int
    ticks: int
    late_p99_us: float
    busy_p99_us: float
    dropped_packets: int
    """Received and refused: malformed, from a foreign source, or too many."""


AnyCommand = (
    OpenRtp
    | StartRtp
    | OpenWebsocket
    | CloseLeg
    | Join
    | Leave
    | SetAudio
    | Play
    | StopPlay
    | SendDtmf
    | StartRecording
    | StopRecording
    | Speak
    | Ping
    | Drain
)
AnyNotice = (
    Ready
    | RtpOpened
    | RtpLatched
    | WebsocketOpened
    | WebsocketFailed
    | WebsocketClosed
    | Dtmf
    | PlayDone
    | RecordingDone
    | Spoken
    | SpeechFailed
    | LegQuality
    | Refused
    | Pong
)

_LENGTH = struct.Struct("!I")
_encoder = msgspec.msgpack.Encoder()
_command_decoder: msgspec.msgpack.Decoder[AnyCommand] = msgspec.msgpack.Decoder(AnyCommand)
_notice_decoder: msgspec.msgpack.Decoder[AnyNotice] = msgspec.msgpack.Decoder(AnyNotice)


def encode(message: Command | Notice) -> bytes:
    """The message with its length in front, ready to write."""
    body = _encoder.encode(message)
    return _LENGTH.pack(len(body)) + body


class Framer:
    """Cuts a byte stream into message bodies. Raises ValueError for a length above MAX_MESSAGE."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The bodies that are complete now, those before a length that is refused included."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > MAX_MESSAGE:
                raise ValueError(f"a control message of {length} octets; at most {MAX_MESSAGE} are allowed")
            if len(self._buffer) < _LENGTH.size + length:
                break
            body = bytes(self._buffer[_LENGTH.size : _LENGTH.size + length])
            del self._buffer[: _LENGTH.size + length]
            yield body


def decode_command(body: bytes) -> AnyCommand:
    """A command from its body. Raises msgspec.DecodeError."""
    return _command_decoder.decode(body)


def decode_notice(body: bytes) -> AnyNotice:
    """A notice from its body. Raises msgspec.DecodeError."""
    return _notice_decoder.decode(body)
