"""The option `transcription` of actions that record; `{}` asks for the defaults (NCCO reference)."""

from typing import Literal

from gateway.ncco.actions.base import OneUrl, Options, webhook
from gateway.ncco.actions.input_speech import Language
from gateway.store.records import Transcription


class TranscriptionOptions(Options, frozen=True, kw_only=True):
    """How the recording is to be transcribed."""

    language: Language = "en-US"
    event_url: OneUrl | None = None
    event_method: Literal["GET", "POST"] = "POST"
    sentiment_analysis: bool = False


def transcription(options: TranscriptionOptions | None) -> Transcription | None:
    """The options as a wish; None where there is none."""
    if options is None:
        return None
    return Transcription(
        language=options.language,
        webhook=webhook(options.event_url, options.event_method),
        sentiment=options.sentiment_analysis,
    )
