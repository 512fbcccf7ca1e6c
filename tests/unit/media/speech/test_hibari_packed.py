"""The English voice pronounces with packed dictionaries as it does with its own."""

from typing import Any

import pytest

from media.speech.dictionaries import pack
from media.speech.packed import Packed

pytestmark = pytest.mark.unit

TEXTS = (
    "Please read the record that I read: the lead was made of lead.",
    "Dr. Smith paid $9.99 on the 3rd of March 2024, at 7:30 pm. AT&T, NASA and e-mail.",
    "Zyxwvutish flibbertigibbets don't live in a live house; used cars used to be cheaper.",
)


def test_words_sound_the_same_and_take_less() -> None:
    g2p: Any = pytest.importorskip("hibari.g2p").G2P()
    before = [g2p(text) for text in TEXTS]
    pack(g2p)
    assert [g2p(text) for text in TEXTS] == before
    tables = (g2p.lexicon.golds.d, g2p.lexicon.silvers.d, g2p.tagger.weights, g2p.tagger.tagdict)
    assert all(isinstance(table, Packed) for table in (*tables, g2p.tagger.vocab))
