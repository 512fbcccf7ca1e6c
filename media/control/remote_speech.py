"""Where speech can be had over HTTP: what the operator configures and the speech process is started with."""

import msgspec

VARIABLE = "CORDBOARD_REMOTESPEECH"
"""The environment variable that the speech process gets it in, as JSON: a command line would show the key."""

ANY_LANGUAGE = "*"


class RemoteSpeech(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[speech]`: a server with the common `audio/speech` interface; none is asked while `url` is empty."""

    url: str = ""
    """Its base: `/audio/speech` is put behind it. The operator's choice, so private addresses are allowed."""
    key: str = ""
    """Sent as a bearer token, when there is one."""
    model: str = "tts-1"
    voices: dict[str, tuple[str, ...]] = {}
    """By language ("en-GB", "en", or "*" for all others): its voices, from which styles choose."""
    name: str = "http"
    """What a `talk` calls it as its provider."""
    asked: str = "first"
    """Before the embedded voices ("first"), or after them ("last")."""
    format: str = "wav"
    """What is asked for: "wav", "mp3", or "pcm" (24 kHz, 16 bits)."""
    connect_timeout_s: float = 1.0
    timeout_s: float = 5.0
    """For a whole text; somebody is waiting to hear it."""

    def __repr__(self) -> str:
        return f"RemoteSpeech({self.url!r})"
