"""What the types of `[speech]` do not say."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from gateway.config.errors import Path as KeyPath
from media.control.remote_speech import RemoteSpeech

FORMATS = ("wav", "mp3", "pcm")
PLACES = ("first", "last")
TIMEOUTS = {"connect_timeout_s": 10.0, "timeout_s": 25.0}
"""The most of each: the gateway itself gives a text half a minute, and the next engine wants some of it."""
MAX_VOICES = 200
"""Languages that have voices of their own."""


def speech_problems(speech: RemoteSpeech) -> Iterator[tuple[KeyPath, object, str]]:
    """Where, what it holds, what it may hold."""
    if not _is_address(speech.url):
        yield ("speech", "url"), speech.url, 'an address such as "http://127.0.0.1:8880/v1"'
    if speech.url and not any(speech.voices.values()):
        yield ("speech", "voices"), len(speech.voices), 'a table of voices such as { "*" = ["alloy"] }'
    if len(speech.voices) > MAX_VOICES:
        yield ("speech", "voices"), f"{len(speech.voices)} languages", f"at most {MAX_VOICES}"
    if speech.format not in FORMATS:
        yield ("speech", "format"), speech.format, " or ".join(f'"{word}"' for word in FORMATS)
    if speech.asked not in PLACES:
        yield ("speech", "asked"), speech.asked, " or ".join(f'"{word}"' for word in PLACES)
    if not speech.name or not speech.name.isprintable():
        yield ("speech", "name"), speech.name, "text that is not empty"
    if not (speech.key.isascii() and speech.key.isprintable()):
        yield ("speech", "key"), "", "printable ASCII: it is sent in a header"
    for key, most in TIMEOUTS.items():
        if not 0.05 <= getattr(speech, key) <= most:
            yield ("speech", key), getattr(speech, key), f"seconds from 0.05 to {most:g}"


def _is_address(text: str) -> bool:
    """Whether it is an HTTP address, or nothing."""
    try:
        url = urlsplit(text)
        return not text or (
            url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0 and not url.query
        )
    except ValueError:
        return False
