"""Phonetic alphabets, judged by what espeak-ng makes of them."""

import shutil
import subprocess

import pytest

from media.errors import Unspeakable
from media.speech.phonemes import for_espeak, for_hibari, from_ipa, from_x_sampa

pytestmark = pytest.mark.unit

WORDS = [
    ("pɪˈkɑːn", 'pI"kA:n', "pɪkˈɑn"),
    ("ˈtʃɜːtʃ", '"tS3:tS', "ʧˈɜʧ"),
    ("ˈdʒʌdʒ", '"dZVdZ', "ʤˈʌʤ"),
    ("ˈθɪŋ", '"TIN', "θˈɪŋ"),
    ("ˈfaɪn", '"faIn', "fˈIn"),
]


@pytest.mark.parametrize(("ipa", "x_sampa", "hibari"), WORDS)
def test_alphabets(ipa: str, x_sampa: str, hibari: str) -> None:
    assert from_ipa(ipa) == ipa
    assert from_x_sampa(x_sampa) == ipa
    assert for_hibari(ipa) == hibari


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
@pytest.mark.parametrize("ipa", [word[0] for word in WORDS])
def test_espeak_understands_what_was_meant(ipa: str) -> None:
    # Its own writing of the sounds; it may set the stress elsewhere in the syllable.
    command = ["espeak-ng", "-q", "--ipa", f"[[{for_espeak(ipa)}]]"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert said.replace("ˈ", "") == ipa.replace("ˈ", "")


@pytest.mark.parametrize("spelling", ["[[a]]", "a;b", "p😀"])
def test_what_is_no_sound_is_refused(spelling: str) -> None:
    with pytest.raises(Unspeakable, match="no sign of"):
        from_ipa(spelling)


def test_espeak_gets_its_own_letters_only() -> None:
    assert not set("[]`$();\n") & set(for_espeak("".join(map(chr, range(1, 0x400)))))
