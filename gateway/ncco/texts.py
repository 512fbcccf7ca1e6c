"""Texts to be spoken: which are SSML, and how long they may be (NCCO reference, talk).

The speech process has the same limits, and is the one that says what is wrong with the SSML itself.
"""

import re
from typing import Annotated

from msgspec import Meta

MAX_TEXT = 1500
"""Characters, not counting SSML tags."""
MAX_MARKUP = 16_384
"""Characters with the tags: what is longer is not looked into."""
TOO_LONG = f"must have at most {MAX_TEXT} characters besides SSML tags"

Text = Annotated[str, Meta(min_length=1, max_length=MAX_MARKUP)]
"""Plain, or SSML; `is_too_long` still has to be asked."""

_SSML = re.compile(r"\s*(?:<\?xml[^>]*\?>\s*)?<(?:speak[\s>/]|!DOCTYPE\s+speak\b)")
_TAG = re.compile(r"<[^>]*>")


def is_ssml(text: str) -> bool:
    """Whether a text is SSML: one that begins with <speak>. In others < and > are signs like any other."""
    return _SSML.match(text) is not None


def is_too_long(text: str) -> bool:
    """Whether there is more to say than MAX_TEXT."""
    return len(_TAG.sub("", text) if is_ssml(text) else text) > MAX_TEXT
