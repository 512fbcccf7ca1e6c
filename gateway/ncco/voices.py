"""The voices that older applications call by name (`voiceName`, `voice_name`), as language and style.

Names come from the published lists of voices. Which style stood for which name is published nowhere: here
the names of a language count through its styles.
"""

DEFAULT_LANGUAGE = "en-US"

_NAMES = {
    "ar": "Laila Maged Tarik Zeina",
    "ca-ES": "Empar Jordi Montserrat",
    "cmn-CN": "Tian-Tian",
    "cmn-TW": "Mei-Jia",
    "cs-CZ": "Iveta",
    "cy-GB": "Gwyneth",
    "da-DK": "Mads Naja",
    "de-DE": "Hans Marlene Vicki",
    "el-GR": "Nikos Melina",
    "en-AU": "Russell Nicole",
    "en-GB": "Brian Amy Emma",
    "en-GB-WLS": "Geraint",
    "en-IN": "Raveena Aditi",
    "en-US": "Kimberly Joey Salli Matthew Ivy Eric Jennifer Justin Kendra Chipmunk Joanna",
    "en-ZA": "Tessa",
    "es-ES": "Enrique Conchita Lucia",
    "es-MX": "Mia",
    "es-US": "Miguel Penelope",
    "eu-ES": "Miren",
    "fi-FI": "Satu",
    "fr-CA": "Chantal",
    "fr-FR": "Mathieu Celine Lea",
    "he-IL": "Carmit",
    "hi-IN": "Lekha",
    "hu-HU": "Mariska",
    "id-ID": "Damayanti",
    "is-IS": "Karl Dora",
    "it-IT": "Giorgio Carla Bianca",
    "ja-JP": "Takumi Mizuki",
    "ko-KR": "Sora Seoyeon",
    "nb-NO": "Henrik Liv Nora",
    "nl-NL": "Ruben Lotte",
    "pl-PL": "Jacek Agnieszka Jan Ewa Maja",
    "pt-BR": "Ricardo Vitoria Felipe Luciana",
    "pt-PT": "Cristiano Ines Catarina Joana",
    "ro-RO": "Carmen Ioana",
    "ru-RU": "Maxim Tatyana",
    "sk-SK": "Laura",
    "sv-SE": "Oskar Astrid Alva",
    "th-TH": "Kanya",
    "tr-TR": "Cem Filiz Yelda",
    "yue-HK": "Sin-Ji",
}
LEGACY = {
    name.lower(): (language, style)
    for language, names in _NAMES.items()
    for style, name in enumerate(names.split())
}
"""Language and style by name, in small letters."""


def voice_of(name: str | None, language: str | None, style: int | None) -> tuple[str, int]:
    """What is spoken: the language and style that are said, else the named voice's, else American English.

    A name that is not known changes nothing.
    """
    named_language, named_style = LEGACY.get((name or "").strip().lower(), (DEFAULT_LANGUAGE, 0))
    if not language:
        return named_language, named_style if style is None else style
    return language, style or 0
