"""Where a long text may be cut, so that its beginning is heard while the rest is still being spoken."""

import re

from gateway.ncco.texts import is_ssml

MIN_TEXT = 300
"""Characters: what is shorter is spoken before anybody notices."""
MIN_OPENING = 40
"""Characters: while so many are heard, the rest has been spoken several times over."""

_END = re.compile(r"(?<=[^\W\d_]{5})[.!?…]+[\"')\]]*\s+")
"""Of a sentence. The word before it is no title or initial, which would be as short as `Prof`."""


def cut(text: str) -> tuple[str, str]:
    """The first sentence or so, and the rest; SSML, and what is short or has no sentences, is not cut."""
    text = text.strip()
    if len(text) < MIN_TEXT or is_ssml(text):
        return text, ""
    end = _END.search(text, MIN_OPENING)
    return (text[: end.end()].rstrip(), text[end.end() :]) if end else (text, "")
