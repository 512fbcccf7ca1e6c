"""The phonetic alphabets that SSML's `phoneme` may be in, and those that the voices read.

X-SAMPA is turned into the International Phonetic Alphabet, and that into what a voice understands. A sound
that a voice does not have is left out, or said as its nearest.
"""

import re
from collections.abc import Mapping

from media.errors import Unspeakable

_X_SAMPA = {
    "A": "ɑ", "B": "β", "C": "ç", "D": "ð", "E": "ɛ", "F": "ɱ", "G": "ɣ", "H": "ɥ", "I": "ɪ", "J": "ɲ",
    "K": "ɬ", "L": "ʎ", "M": "ɯ", "N": "ŋ", "O": "ɔ", "P": "ʋ", "Q": "ɒ", "R": "ʁ", "S": "ʃ", "T": "θ",
    "U": "ʊ", "V": "ʌ", "W": "ʍ", "X": "χ", "Y": "ʏ", "Z": "ʒ", "@": "ə", "{": "æ", "}": "ʉ", "&": "ɶ",
    "1": "ɨ", "2": "ø", "3": "ɜ", "4": "ɾ", "5": "ɫ", "6": "ɐ", "7": "ɤ", "8": "ɵ", "9": "œ", "?": "ʔ",
    '"': "ˈ", "%": "ˌ", ":": "ː", "@`": "ɚ", "3`": "ɝ", "r\\": "ɹ", "R\\": "ʀ", "h\\": "ɦ", "j\\": "ʝ",
    "s\\": "ɕ", "z\\": "ʑ", "l\\": "ɺ", "t`": "ʈ", "d`": "ɖ", "n`": "ɳ", "s`": "ʂ", "z`": "ʐ", "l`": "ɭ",
    "I\\": "ᵻ", "_~": "̃", "~": "̃", "'": "ʲ", "=": "", "-": "", ".": "",
}  # fmt: skip
_IPA = (
    frozenset("abcdefhijklmnopqrstuvwxyzɡ ˈˌːˑ.|‖‿̩̯̥̃͜͡ʰʲʷˠˤ˞")
    | frozenset("".join(_X_SAMPA.values()))
    | frozenset("ʣʤʥʦʧʨɟɢɸɽɻʄɓɗɠʛʘǀǁǂǃħʕʡʢʜʟɞɘɰʙ’'")
)

_TO_HIBARI = {
    "eɪ": "A", "aɪ": "I", "aʊ": "W", "ɔɪ": "Y", "oʊ": "O", "əʊ": "Q", "t͡ʃ": "ʧ", "tʃ": "ʧ", "d͡ʒ": "ʤ",
    "dʒ": "ʤ", "ɝ": "ɜɹ", "ɚ": "əɹ", "r": "ɹ", "g": "ɡ", "e": "ɛ", "ɫ": "l", "ʍ": "w", "ʉ": "u", "ɱ": "m",
    "o": "ɔ", "a": "æ", "ː": "", ".": "", "͡": "",
}  # fmt: skip
"""Its model knows the English sounds, with diphthongs and affricates as one letter each."""
_TO_ESPEAK = {
    "eɪ": "eI", "aɪ": "aI", "aʊ": "aU", "ɔɪ": "OI", "oʊ": "oU", "əʊ": "oU", "ɑː": "A:", "ɔː": "O:",
    "iː": "i:", "uː": "u:", "ɜː": "3:", "ɪə": "i@3", "eə": "e@", "ʊə": "U@", "t͡ʃ": "tS", "tʃ": "tS",
    "d͡ʒ": "dZ", "dʒ": "dZ",
    "ˈ": "'", "ˌ": ",", "ə": "@", "ɚ": "3", "ɝ": "3:", "ɜ": "3:", "ɪ": "I", "ʊ": "U", "ɛ": "E",
    "æ": "a", "ʌ": "V", "ɑ": "A:", "ɒ": "0", "ɔ": "O:", "i": "i:", "u": "u:", "e": "eI", "o": "oU", "a": "a",
    "θ": "T", "ð": "D", "ʃ": "S", "ʒ": "Z", "ŋ": "N", "ɹ": "r", "ɾ": "t", "ɫ": "l", "ɡ": "g", "χ": "x",
    "ç": "C", "ɐ": "a#", "ʔ": "?", "ʍ": "w", "ɲ": "n^", "ʁ": "r", "y": "u:", "ø": "3:", "œ": "3:", " ": "||",
    **{letter: letter for letter in "bdfghjklmnprstvwxz"},
}  # fmt: skip


_STRESSED = re.compile(r"([ˈˌ])([^aeiouyæøœɐɑɒɔəɚɛɜɝɨɪɯɵɶʉʊʌʏɤ\s]+)")


def from_x_sampa(text: str) -> str:
    """X-SAMPA as IPA. Raises Unspeakable for a sign that X-SAMPA does not have."""
    return _checked(_replaced(text, _X_SAMPA))


def from_ipa(text: str) -> str:
    """IPA as it is. Raises Unspeakable for what is no sign of it."""
    return _checked(text)


def for_hibari(ipa: str) -> str:
    """IPA as the hibari package writes English."""
    # There the stress stands before the vowel, in IPA before the syllable.
    return _replaced(_STRESSED.sub(r"\2\1", ipa), _TO_HIBARI)


def for_espeak(ipa: str) -> str:
    """IPA as espeak-ng writes English: its letters and signs, and nothing of the application's."""
    pieces = _longest_first(_TO_ESPEAK).findall(ipa)
    return "".join(_TO_ESPEAK[piece] for piece in pieces)


def _checked(ipa: str) -> str:
    for sign in ipa:
        if sign not in _IPA:
            raise Unspeakable(f"{sign!r} is no sign of that phonetic alphabet")
    return ipa


def _replaced(text: str, table: Mapping[str, str]) -> str:
    return _longest_first(table).sub(lambda match: table[match[0]], text)


def _longest_first(table: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(sign) for sign in sorted(table, key=len, reverse=True)))
