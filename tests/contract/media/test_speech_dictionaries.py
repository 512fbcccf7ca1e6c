"""The English voice's dictionaries in a file: it says the same, and does without where there can be none."""

from pathlib import Path

import numpy as np
import pytest

from media.speech import hibari
from media.speech.dictionaries import pronouncing
from media.speech.provider import Utterance

pytestmark = pytest.mark.contract

TEXT = "Dr. Smith's record: $9.99 for a flibbertigibbet, live."


def test_words_read_from_the_file_sound_as_the_package_has_them(tmp_path: Path) -> None:
    own = pytest.importorskip("hibari.g2p").G2P()
    ours = pronouncing(tmp_path)
    assert callable(ours)
    assert ours(TEXT) == own(TEXT)
    assert not list(tmp_path.iterdir()), "the file has a name"


def test_without_a_place_for_the_file_the_voice_says_the_same(tmp_path: Path) -> None:
    pytest.importorskip("hibari")
    said = [hibari.Hibari(folder).speak(Utterance(TEXT), "en-us") for folder in (tmp_path, tmp_path / "none")]
    assert np.array_equal(said[0].samples, said[1].samples)
