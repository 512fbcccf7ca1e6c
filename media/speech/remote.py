"""Speech from a server with the common `audio/speech` interface.

A POST of JSON (model, input, voice, response_format, speed), answered with audio. The server is the
operator's choice and not an application's, so it is not held to the rules for customers' addresses; redirects
are not followed. After a failure that another text would meet too, the server is left alone for a while.
"""

import http.client
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import numpy as np
import soundfile

from media.control.remote_speech import ANY_LANGUAGE, RemoteSpeech
from media.errors import Unspeakable
from media.speech.provider import Audio, Utterance

MAX_OCTETS = 32 << 20
"""Of an answer: ten minutes at 24 kHz."""
MAX_RATE = 192_000
"""Hz; a lying header could claim more than may be resampled."""
REST_S = 30.0
"""How long a server that failed is not asked."""
SLOWEST, FASTEST = 0.25, 4.0
"""The interface's speeds."""
PCM_RATE = 24_000
_AUDIO = ("audio/", "application/octet-stream")
_SERVER_S_FAULT = frozenset({401, 403, 404, 429}) | frozenset(range(500, 600))
"""What the next text would be answered, too."""


class _Broken(Exception):
    """The server cannot be used at present."""


class Remote:
    """A server's voices."""

    def __init__(self, settings: RemoteSpeech, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = settings.name
        self._settings = settings
        self._clock = clock
        self._rests_until = -REST_S

    def voice(self, language: str, style: int) -> str | None:
        """The configured voice: of the very tag, else of its language, else of any."""
        by_tag = {tag.lower(): voices for tag, voices in self._settings.voices.items()}
        for tag in (language.lower(), language.lower().split("-")[0], ANY_LANGUAGE):
            if voices := by_tag.get(tag):
                return voices[style % len(voices)]
        return None

    def speak(self, utterance: Utterance, voice: str) -> Audio:
        """Ask the server. Raises Unspeakable when it refuses, is slow, or answers something else."""
        if self._clock() < self._rests_until:
            raise Unspeakable(f"{self.name} failed a moment ago and is left alone")
        try:
            return self._decoded(*self._ask(utterance, voice))
        except (OSError, http.client.HTTPException, ValueError, _Broken) as error:
            self._rests_until = self._clock() + REST_S
            # Of an OSError its kind is enough; a message could repeat what was sent.
            reason = str(error) if isinstance(error, _Broken) else type(error).__name__
            raise Unspeakable(f"{self.name} failed: {reason}") from None

    def _ask(self, utterance: Utterance, voice: str) -> tuple[str, bytes]:
        """The answer's content type and body."""
        url = urlsplit(self._settings.url)
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = kind(url.hostname or "", url.port, timeout=self._settings.connect_timeout_s)
        body = _body(self._settings, utterance, voice)
        try:
            connection.connect()
            with _limited(connection.sock, self._settings.timeout_s):
                connection.request("POST", f"{url.path.rstrip('/')}/audio/speech", body, self._headers())
                response = connection.getresponse()
                self._refuse(response.status)
                return response.headers.get_content_type(), _read(response)
        finally:
            connection.close()

    def _refuse(self, status: int) -> None:
        if status in _SERVER_S_FAULT:
            raise _Broken(f"HTTP {status}")
        if status != 200:
            raise Unspeakable(f"{self.name} refused the text: HTTP {status}")

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "audio/*", "User-Agent": "Cordboard"}
        return {**headers, "Authorization": f"Bearer {self._settings.key}"} if self._settings.key else headers

    def _decoded(self, kind: str, body: bytes) -> Audio:
        if not kind.startswith(_AUDIO):
            raise _Broken(f"it answered {kind[:60]}, which is no audio")
        if self._settings.format == "pcm":
            return Audio(np.frombuffer(body[: len(body) // 2 * 2], "<i2").astype(np.int16), PCM_RATE)
        try:
            samples, rate = soundfile.read(io.BytesIO(body), dtype="int16", always_2d=True)
        except soundfile.SoundFileError:
            raise _Broken("its audio cannot be read") from None
        if not 4_000 <= rate <= MAX_RATE or not samples.shape[1]:
            raise _Broken(f"its audio has {rate} Hz")
        return Audio(np.ascontiguousarray(samples[:, 0]), rate)


def _body(settings: RemoteSpeech, utterance: Utterance, voice: str) -> bytes:
    wish: dict[str, object] = {
        "model": settings.model,
        "input": utterance.text,
        "voice": voice,
        "response_format": settings.format,
    }
    if utterance.speed != 1.0:
        wish["speed"] = round(min(max(utterance.speed, SLOWEST), FASTEST), 3)
    return json.dumps(wish).encode()


def _read(response: http.client.HTTPResponse) -> bytes:
    body = response.read(MAX_OCTETS + 1)
    if len(body) > MAX_OCTETS:
        raise _Broken("its answer is too long")
    if response.length:
        raise _Broken("its answer was cut off")
    return body


@contextmanager
def _limited(sock: socket.socket, seconds: float) -> Iterator[None]:
    """Cut the connection off after so long: a server that drips would never let a read time out."""
    sock.settimeout(seconds)
    late = threading.Event()

    def cut() -> None:
        late.set()
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException, _Broken) as error:
        if late.is_set() or isinstance(error, TimeoutError):
            raise _Broken("it is too slow") from None
        raise
    finally:
        timer.cancel()
    if late.is_set():
        raise _Broken("it is too slow")
