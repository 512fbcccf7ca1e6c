"""The languages that an application may name, and the styles of each (Vonage "Text to speech", languages)."""

from typing import NamedTuple


class Language(NamedTuple):
    """A published language."""

    code: str
    """BCP 47."""
    name: str
    styles: tuple[int, ...]
    """The numbers of its published voices. Other numbers count round as well."""


_TABLE = """
af-ZA      0      Afrikaans
ar         0-7    Arabic
bg-BG      0      Bulgarian
bn-IN      0-1    Bengali
ca-ES      0-2    Catalan
cmn-CN     0-5    Mandarin (China)
cmn-TW     0-3    Mandarin (Taiwan)
cs-CZ      0-2    Czech
cy-GB      0      Welsh
da-DK      0-5    Danish
de-DE      0-10   German
el-GR      0-2    Greek
en-AU      0-5    English (Australia)
en-GB      0-7,9  English (United Kingdom)
en-GB-WLS  0      English (Wales)
en-IN      0-6    English (India)
en-US      0-23   English (United States)
en-ZA      0      English (South Africa)
es-ES      0-8    Spanish (Spain)
es-MX      0      Spanish (Mexico)
es-US      0-5    Spanish (United States)
eu-ES      0      Basque
fi-FI      0-1    Finnish
fil-PH     0-3    Filipino
fr-CA      0-4    French (Canada)
fr-FR      0-9    French (France)
gu-IN      0-1    Gujarati
he-IL      0      Hebrew
hi-IN      0-5    Hindi
hu-HU      0-1    Hungarian
id-ID      0-4    Indonesian
is-IS      0-2    Icelandic
it-IT      0-6    Italian
ja-JP      0-5    Japanese
kn-IN      0-1    Kannada
ko-KR      0-5    Korean
lv-LV      0      Latvian
ml-IN      0-1    Malayalam
ms-MY      0-3    Malay
nb-NO      0-7    Norwegian
nl-BE      0,2    Dutch (Belgium)
nl-NL      0-6    Dutch (Netherlands)
pa-IN      0-3    Punjabi
pl-PL      0-8    Polish
pt-BR      0-5    Portuguese (Brazil)
pt-PT      0-7    Portuguese (Portugal)
ro-RO      0-2    Romanian
ru-RU      0-6    Russian
sk-SK      0-1    Slovak
sr-RS      0      Serbian
sv-SE      0-3    Swedish
ta-IN      0-1    Tamil
te-IN      0-1    Telugu
th-TH      0-1    Thai
tr-TR      0-7    Turkish
uk-UA      0      Ukrainian
vi-VN      0-3    Vietnamese
yue-CN     0      Cantonese (China)
yue-HK     0-3    Cantonese (Hong Kong)
"""


def _styles(ranges: str) -> tuple[int, ...]:
    """`0-2,4` as numbers."""
    numbers: list[int] = []
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return tuple(numbers)


def _language(row: str) -> Language:
    code, styles, name = row.split(maxsplit=2)
    return Language(code, name, _styles(styles))


LANGUAGES = {language.code.lower(): language for language in map(_language, _TABLE.split("\n")[1:-1])}
"""By code, in small letters."""


def called(code: str) -> str:
    """A language as people call it, with its code."""
    known = LANGUAGES.get(code.lower())
    return f"{known.name} ({code})" if known else code
