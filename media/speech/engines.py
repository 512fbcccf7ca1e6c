"""Which engines there are, in the order in which they are asked."""

from media.control.remote_speech import RemoteSpeech
from media.speech.espeak import Espeak
from media.speech.hibari import Hibari
from media.speech.provider import Provider
from media.speech.remote import Remote


def engines(remote: RemoteSpeech, hibari: Hibari | None = None) -> list[Provider]:
    """All of them; the server, if one is configured, before or after the embedded ones."""
    embedded: list[Provider] = [hibari or Hibari(), Espeak()]
    if not remote.url:
        return embedded
    server = Remote(remote)
    return [*embedded, server] if remote.asked == "last" else [server, *embedded]
