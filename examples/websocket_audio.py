"""What the examples with a websocket share: the action that connects it, and its frames.

A message is 20 ms of sound: 16-bit samples, little-endian, mono, 16000 a second. What comes in is the mix of
everybody else in the conversation; what is sent is heard by everybody else.
"""

from collections.abc import Iterator
from typing import Any

from examples.voice import URL

RATE_HZ = 16_000
FRAME_OCTETS = RATE_HZ // 50 * 2


def connect_websocket(path: str, **headers: object) -> dict[str, Any]:
    """The action that connects the caller to a websocket of this application."""
    endpoint = {
        "type": "websocket",
        "uri": f"{URL.replace('http', 'ws', 1)}/{path}",
        "content-type": f"audio/l16;rate={RATE_HZ}",
        "headers": headers,
    }
    return {"action": "connect", "endpoint": [endpoint]}


def frames(sound: bytes) -> Iterator[bytes]:
    """Sound in messages of 20 ms; the last one is filled up with silence."""
    for start in range(0, len(sound), FRAME_OCTETS):
        yield sound[start : start + FRAME_OCTETS].ljust(FRAME_OCTETS, b"\0")
