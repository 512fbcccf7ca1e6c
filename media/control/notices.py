"""What media processes tell the gateway."""

from typing import Literal

import msgspec


class Notice(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something that happened in a worker."""


class Ready(Notice, frozen=True, kw_only=True):
    """The process takes commands; sent once, first. A media worker's engine is compiled."""

    pid: int


class Serving(Notice, frozen=True, kw_only=True):
    """A media worker ticks."""

    fingerprint: str = ""
    """SHA-256 of its certificate for DTLS, upper-case hexadecimal with colons."""
    identity: bytes = b""
    """That certificate and its key (PEM)."""

    def __repr__(self) -> str:
        """Without the key."""
        return f"Serving({self.fingerprint})"


class Settled(Notice, frozen=True, kw_only=True):
    """Settle, and all that was asked before it, has been done."""


class RtpOpened(Notice, frozen=True, kw_only=True):
    """The leg's RTP port is bound at `port` (even; RTCP is the next)."""

    leg: str
    port: int


class RtpLatched(Notice, frozen=True, kw_only=True):
    """The source of the leg's RTP is settled; packets from elsewhere are dropped while it speaks."""

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


class Speaking(Notice, frozen=True, kw_only=True):
    """A leg has begun (`speaks`) or ended to speak in its room; told where SetAudio has asked for it."""

    leg: str
    speaks: bool
    level_dbov: int
    """How loud it is now: -127 to 0."""


class PlayDone(Notice, frozen=True, kw_only=True):
    """A play has ended: played to its end, stopped (also because the leg or room went), or failed."""

    play: str
    outcome: Literal["played", "stopped", "failed"]
    reason: str = ""


class RecordingDone(Notice, frozen=True, kw_only=True):
    """A recording is complete on disk at `path`; one that could not begin has none, and no size."""

    recording: str
    path: str
    size: int
    """Octets."""
    duration_s: float
    channels: int
    sha256: str = ""
    """Of the file, in hexadecimal; empty where there is none."""
    failed: str = ""
    """What went wrong: why it ended early (a full disk), or is silent in parts (a slow one)."""


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


class Playing(msgspec.Struct, frozen=True, kw_only=True):
    """What the jitter buffer did over a leg's life."""

    late: int = 0
    """Packets that came too late to be heard."""
    duplicates: int = 0
    concealed_ms: float = 0.0
    """Audio that was made up in place of packets."""
    inserted_ms: float = 0.0
    """By how much the delay has grown, all growing added up."""
    removed_ms: float = 0.0
    """By how much it has shrunk."""
    delay_ms: float = 0.0
    """At the end: how long a packet lay that had come by the quickest way."""
    wanted_ms: float = 0.0
    """How long it ought to have lain, as the network was."""


class LegQuality(Notice, frozen=True, kw_only=True):
    """What RTP and RTCP counted over a leg's life; sent when the leg is closed. A websocket has neither."""

    leg: str
    codec: str = ""
    """The last one that was agreed on, by its name in RTP."""
    packets_received: int = 0
    packets_lost: int = 0
    packets_sent: int = 0
    octets_received: int = 0
    octets_sent: int = 0
    jitter_ms: float = 0.0
    round_trip_ms: float | None = None
    peer_lost: int | None = None
    """Packets of ours that the peer has missed by its last report; None where it sends none."""
    peer_jitter_ms: float | None = None
    """Jitter of what we send, as the peer last measured it."""
    playing: Playing = Playing()


class Packed(Notice, frozen=True, kw_only=True):
    """The worker has let go of a leg; whoever opens it with this luggage goes on with it."""

    leg: str
    luggage: bytes = b""
    """Empty for a websocket, which is connected anew."""

    def __repr__(self) -> str:
        """Without the luggage: there may be keys in it."""
        return f"Packed({self.leg}, {len(self.luggage)} octets of luggage)"


class RtpSilent(Notice, frozen=True, kw_only=True):
    """Nothing came from a leg's peer for a while although it may send; told again while that goes on."""

    leg: str
    silent_s: float
    """Since the last packet, or since the stream was agreed on."""
    heard: bool
    """Whether anything ever came."""


class KeysFailed(Notice, frozen=True, kw_only=True):
    """A DTLS handshake came to nothing: the leg stays silent until its peer is described anew."""

    leg: str
    host: str
    """Who was to have the keys."""
    reason: str


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
    load: float = 0.0
    """How much of 20 ms a tick of a media worker took in the last seconds: 95 of 100 took less."""
    control_load: float = 0.0
    """How much of a core its control thread took in the last seconds, with codecs and websockets."""
    dropped_packets: int
    """Received and refused: malformed, from a foreign source, or too many."""


Notices = (
    Ready
    | Serving
    | Settled
    | RtpOpened
    | RtpLatched
    | WebsocketOpened
    | WebsocketFailed
    | WebsocketClosed
    | Dtmf
    | Speaking
    | PlayDone
    | RecordingDone
    | Spoken
    | SpeechFailed
    | LegQuality
    | Packed
    | RtpSilent
    | KeysFailed
    | Refused
    | Pong
)
