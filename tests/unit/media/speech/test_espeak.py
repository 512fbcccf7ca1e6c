"""Choosing one of espeak-ng's voices; the engine itself is in the contract tests."""

import pytest

from media.speech.espeak import STYLES, Espeak, parse_voices

pytestmark = pytest.mark.unit

TABLE = """\
Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  cmn             --/M      Chinese_(Mandarin,_latin_as_English) sit/cmn              (zh-cmn 5)(zh 5)
 5  cmn-latn-pinyin --/M      Chinese_(Mandarin,_latin_as_Pinyin) sit/cmn-Latn-pinyin  (zh-cmn 5)(zh 5)
 5  de              --/M      German             gmw/de
 5  en-029          --/M      English_(Caribbean) gmw/en-029           (en 10)
 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 2  en-us           --/M      English_(America)  gmw/en-US            (en 3)
 5  fr-be           --/M      French_(Belgium)   roa/fr-BE            (fr 8)
 5  fr-fr           --/M      French_(France)    roa/fr               (fr 5)
 5  nb              --/M      Norwegian_Bokmål  gmq/nb               (no 5)
 5  yue             --/M      Chinese_(Cantonese) sit/yue
 nonsense
"""


@pytest.fixture
def espeak() -> Espeak:
    espeak = Espeak()
    espeak.__dict__["_voices"] = parse_voices(TABLE)
    return espeak


@pytest.mark.parametrize(
    ("language", "voice"),
    [
        ("de-DE", "de"),
        ("en-US", "en-us"),
        ("en-IN", "en-gb"),
        ("en-AU", "en-gb"),
        ("fr-CA", "fr-fr"),
        ("fr-BE", "fr-be"),
        ("nb-NO", "nb"),
        ("no-NO", "nb"),
        ("zh-CN", "cmn"),
        ("zh-HK", "yue"),
        ("xx-XX", None),
        ("--voices", None),
    ],
)
def test_a_language_finds_its_voice(espeak: Espeak, language: str, voice: str | None) -> None:
    assert espeak.voice(language, 0) == voice


def test_styles_are_variants_counted_round(espeak: Espeak) -> None:
    assert espeak.voice("de-DE", 1) == "de+f2"
    assert espeak.voice("de-DE", len(STYLES)) == "de"
