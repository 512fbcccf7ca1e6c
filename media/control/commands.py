"""What the gateway asks of its media processes."""

from typing import Annotated, Literal

import msgspec

Codec = Literal["PCMU", "PCMA", "G722", "L16", "opus"]
Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]

MAX_MEMO = 128 << 10
"""Octets that are remembered of a leg: a long NCCO and a session description."""


class Command(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something that the gateway asks a worker to do."""


class OpenRtp(Command, frozen=True, kw_only=True):
    """Let a leg have the sockets that were lent for it. Answered by RtpOpened or Refused."""

    leg: str
    luggage: bytes = b""
    """What the leg brings from the worker that it comes from, as that has packed it."""

    def __repr__(self) -> str:
        """Without the luggage: there may be keys in it."""
        return f"OpenRtp({self.leg}, {len(self.luggage)} octets of luggage)"


class SdesKeys(msgspec.Struct, frozen=True, kw_only=True, tag="sdes"):
    """SRTP with keys from SDP (RFC 4568): master key and salt of each direction."""

    suite: str
    """Of what we send: `AES_CM_128_HMAC_SHA1_80`, `AES_CM_128_HMAC_SHA1_32` or `AEAD_AES_128_GCM`."""
    key: bytes
    peer_suite: str
    peer_key: bytes

    def __repr__(self) -> str:
        """Without the keys: whatever shows a command may end in a log."""
        return f"SdesKeys({self.suite}, {self.peer_suite})"


class DtlsPeer(msgspec.Struct, frozen=True, kw_only=True, tag="dtls"):
    """SRTP with keys from a DTLS handshake (RFC 5764)."""

    fingerprint: str
    """SHA-256 of the peer's certificate, upper-case hexadecimal with colons."""
    role: Literal["client", "server"]
    """Ours."""


class IceLite(msgspec.Struct, frozen=True, kw_only=True):
    """We answer the peer's connectivity checks (RFC 8445), and send where a nominated pair leads."""

    local_user: str
    local_password: str
    remote_user: str
    remote_password: str

    def __repr__(self) -> str:
        """Without the passwords."""
        return f"IceLite({self.local_user}, {self.remote_user})"


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """Payload types of what the peer sends."""

    codec: int
    dtmf: int | None
    cn: int | None


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
    is_trusted: bool = False
    """The peer is an operator's: where it hears us and sends nothing, it is sent to without end."""
    ptime_ms: int = 20
    """Of what we send: 10 to 60."""
    dtmf_rate: Literal[8000, 16000, 48000] = 8000
    cn_payload_type: int | None = None
    """Comfort noise (RFC 3389), where the peer understands it."""
    rtcp_mux: bool = False
    security: SdesKeys | DtlsPeer | None = None
    ice: IceLite | None = None
    in_band_dtmf: bool = False
    """Keys are listened for as tones."""
    peer_numbers: Numbers | None = None
    """Where the peer sends by other payload types than it is sent."""
    signalling_host: str | None = None
    """Where the peer's signalling comes from: RTP from there is nearer to the peer than a stranger's."""


class OpenWebsocket(Command, frozen=True, kw_only=True):
    """Connect a leg to a websocket application. Answered by WebsocketOpened or WebsocketFailed.

    The gateway's egress door resolved and admitted `address`; the worker connects there and nowhere else,
    with the Host header and, for wss, the server name of `uri`.
    """

    leg: str
    uri: str
    address: str
    port: int
    rate: Literal[8000, 16000, 24000]
    first_message: str
    """The JSON text frame `websocket:connected`, ready to send."""
    headers: dict[str, str] = {}
    """Extra headers of the handshake (`Authorization`)."""


class CloseLeg(Command, frozen=True, kw_only=True):
    """Forget a leg: leave its room, stop its plays and close its sockets."""

    leg: str


class Pack(Command, frozen=True, kw_only=True):
    """Let go of a leg that moves to another worker, its peer hears nothing of it. Answered by Packed.

    What is played to the leg, and what is recorded of it alone, moves along.
    """

    leg: str


class Join(Command, frozen=True, kw_only=True):
    """Put a leg into a room, out of the one it was in. The room exists while somebody is in it."""

    leg: str
    room: str


class Leave(Command, frozen=True, kw_only=True):
    """Take a leg out of its room; it keeps its sockets and hears only what is played to it."""

    leg: str


class SetAudio(Command, frozen=True, kw_only=True):
    """Mute (the others do not hear the leg) and earmuff (the leg does not hear the others).

    With `voice_level`, 1 to 127, Speaking tells when the others hear the leg speak; it is how many decibels
    below full scale (RFC 6464) a sound may be and still count as a voice.
    """

    leg: str
    muted: bool
    earmuffed: bool
    voice_level: Annotated[int, msgspec.Meta(ge=0, le=127)] = 0


class Restrict(Command, frozen=True, kw_only=True):
    """Who of its room hears a leg, and whom it hears: names of legs, of whom some may come later.

    None is everybody. It holds in every room that the leg enters, until it is said anew.
    """

    leg: str
    heard_by: tuple[str, ...] | None = None
    hears: tuple[str, ...] | None = None


class Conceal(Command, frozen=True, kw_only=True):
    """While `concealed`, a leg is silent to others and to recordings; its digits go to the gateway alone."""

    leg: str
    concealed: bool


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


class RecordLeg(Command, frozen=True, kw_only=True):
    """Record what a leg alone says, wherever it is, into `path`: a WAV file at 8 kHz.

    It is written at least every 100 ms, for whoever follows it. It ends with StopRecording, or with its leg:
    RecordingDone.
    """

    recording: str
    leg: str
    path: str


class StopRecording(Command, frozen=True, kw_only=True):
    """End a recording. Answered by RecordingDone."""

    recording: str


class SalvageRecording(Command, frozen=True, kw_only=True):
    """Complete a recording that another process has begun and could not complete any more.

    `path` is that of its WAV file; where that has become a file of the format already, it is that. What waits
    in the memory that the other left goes into it first. A recording that runs is stopped. RecordingDone
    comes, with `reason` as what went wrong.
    """

    recording: str
    path: str
    format: Literal["wav", "mp3", "ogg"] = "wav"
    kept: bool = True
    """False for a file that is only followed, and not to be kept on the disk."""
    reason: str = ""


class Speak(Command, frozen=True, kw_only=True):
    """To the speech process: turn text, or SSML in <speak>, into a file. Answered by Spoken or SpeechFailed.

    `language` is BCP 47, `style` Vonage's number of a voice within it. `provider` is the name of an engine
    that is preferred, if there is one of that name.
    """

    speech: str
    text: str
    language: str = "en-US"
    style: int = 0
    provider: str = ""


class Serve(Command, frozen=True, kw_only=True):
    """To a media worker that is ready: tick, on the memory that was lent. Answered by Serving.

    Where another worker has died on that memory, its legs go on with the sockets that were lent for them.
    What else it was asked for is asked again, and then Settle.
    """

    identity: bytes = b""
    """The certificate of all workers and its key (PEM); empty for the first one, which makes it."""

    def __repr__(self) -> str:
        """Without the key."""
        return "Serve()"


class Settle(Command, frozen=True, kw_only=True):
    """All that was asked of the worker before has been asked again; what it left besides is over.

    Answered by Settled.
    """


class Remember(Command, frozen=True, kw_only=True):
    """Keep this with the leg, in place of what was kept with it before: what another gateway needs of it.

    To a worker it is nothing but octets, MAX_MEMO at the most.
    """

    leg: str
    what: bytes

    def __repr__(self) -> str:
        """Without what there may be of a call in it."""
        return f"Remember({self.leg}, {len(self.what)} octets)"


class Ping(Command, frozen=True, kw_only=True):
    """Ask for a sign of life. Answered by Pong."""

    nonce: int


class Drain(Command, frozen=True, kw_only=True):
    """End every recording and exit."""


Commands = (
    OpenRtp
    | StartRtp
    | OpenWebsocket
    | CloseLeg
    | Pack
    | Join
    | Leave
    | SetAudio
    | Restrict
    | Conceal
    | Play
    | StopPlay
    | SendDtmf
    | StartRecording
    | RecordLeg
    | StopRecording
    | SalvageRecording
    | Remember
    | Speak
    | Serve
    | Settle
    | Ping
    | Drain
)
