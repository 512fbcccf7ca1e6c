"""Texts and SSML into what is said, how, and what is not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.errors import Unspeakable
from media.speech.composing import MAX_PHRASES, MAX_TEXT, MAX_WORDED
from media.speech.markup import MAX_MARKUP, parse
from media.speech.prosody import EMPHASES, PITCHES, RATES, VOLUMES_DB
from media.speech.script import Bleep, Pause, Phrase, Prosody, Script

pytestmark = pytest.mark.unit


def texts(script: Script) -> list[str | Pause | Bleep]:
    return [part.text if isinstance(part, Phrase) else part for part in script]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello there.", ["Hello there."]),
        ("  a\n b\tc ", ["a b c"]),
        ("1 < 2 & 3 <b>", ["1 < 2 & 3 <b>"]),
        ("bell\x07 and nul\x00!", ["bell and nul !"]),
        ("<speaker>", ["<speaker>"]),
        ('<?xml version="1.0"?>\n<speak>Hi</speak>', ["Hi"]),
        (" <speak xml:lang='en-GB'>Q&amp;A &lt;!</speak> ", ["Q&A <!"]),
        ('<speak>\\"<s>a</s></speak>', ['\\"', Pause(0.4), "a", Pause(0.4)]),
        ("<speak><amazon:effect name='x'>kept</amazon:effect></speak>", ["kept"]),
        ("<speak>a<!-- not said --> b<![CDATA[ <c>]]></speak>", ["a b <c>"]),
        ("<speak>a<break/>b</speak>", ["a", Pause(0.4), "b"]),
        ("<speak>a<break time='500ms'/>b<break time='2s'/></speak>", ["a", Pause(0.5), "b", Pause(2.0)]),
        ("<speak>a<break time='1.5s'/><break time='1s'/>b</speak>", ["a", Pause(1.5), "b"]),
        ("<speak>a<break time='999s'/>b</speak>", ["a", Pause(10.0), "b"]),
        ("<speak>a<break strength='none'/>b</speak>", ["a", "b"]),
        ("<speak>a<break strength='x-strong'/>b</speak>", ["a", Pause(1.2), "b"]),
        (
            "<speak><p><s>One.</s><s>Two.</s></p><p>Three.</p></speak>",
            ["One.", Pause(0.4), "Two.", Pause(0.8), "Three.", Pause(0.8)],
        ),
        ("<speak>the <sub alias='World Wide Web'>W3</sub> now</speak>", ["the World Wide Web now"]),
        ("<speak>no <sub>alias</sub></speak>", ["no alias"]),
        ("<speak>no <say-as interpret-as='expletive'>damn</say-as> way</speak>", ["no", Bleep(0.32), "way"]),
        ("<speak>a <say-as interpret-as='cardinal'>12</say-as> b</speak>", ["a twelve b"]),
        ("<speak>a <say-as interpret-as='mystery'>12</say-as> b</speak>", ["a 12 b"]),
        ("<speak><say-as interpret-as='digits'>1<b>2</b></say-as></speak>", ["one two"]),
    ],
)
def test_what_is_said(text: str, said: list[str | Pause | Bleep]) -> None:
    assert texts(parse(text)) == said


@pytest.mark.parametrize("quoted", ["'slow'", '"slow"', "' slow '"])
def test_both_kinds_of_quotes(quoted: str) -> None:
    (phrase,) = parse(f"<speak><prosody rate={quoted}>a</prosody></speak>")
    assert phrase == Phrase("a", Prosody(rate=RATES["slow"]))


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        *((f"rate='{name}'", Prosody(rate=rate)) for name, rate in RATES.items()),
        *((f"pitch='{name}'", Prosody(pitch=pitch)) for name, pitch in PITCHES.items()),
        *((f"volume='{name}'", Prosody(gain_db=gain)) for name, gain in VOLUMES_DB.items()),
        ("volume='+6dB'", Prosody(gain_db=6.0)),
        ("volume='-4.5dB'", Prosody(gain_db=-4.5)),
        ("volume='+90dB'", Prosody(gain_db=12.0)),
        ("rate='+20%'", Prosody(rate=1.2)),
        ("rate='80%'", Prosody(rate=0.8)),
        ("rate='1%'", Prosody(rate=0.4)),
        ("pitch='-10%'", Prosody(pitch=0.9)),
        ("pitch='+900%'", Prosody(pitch=2.0)),
        ("pitch='high' rate='slow' volume='soft'", Prosody(0.75, 1.18, -6.0)),
    ],
)
def test_prosody(attribute: str, expected: Prosody) -> None:
    (phrase,) = parse(f"<speak><prosody {attribute}>a</prosody></speak>")
    assert isinstance(phrase, Phrase)
    assert phrase.prosody == pytest.approx(expected)


@pytest.mark.parametrize("level", EMPHASES)
def test_emphasis(level: str) -> None:
    (phrase,) = parse(f"<speak><emphasis level='{level}'>a</emphasis></speak>")
    assert phrase == Phrase("a", EMPHASES[level])


def test_manners_nest_and_end() -> None:
    script = parse(
        "<speak>a <prosody rate='slow'>b <prosody pitch='+10%' volume='+2dB'>c</prosody> d</prosody>"
        "! e</speak>"
    )
    assert script == [
        Phrase("a"),
        Phrase("b", Prosody(rate=0.75)),
        Phrase("c", Prosody(0.75, 1.1, 2.0)),
        Phrase("d", Prosody(rate=0.75)),
        Phrase("! e"),
    ]


def test_a_mark_behind_a_word_belongs_to_it() -> None:
    assert parse("<speak><emphasis>a</emphasis>!</speak>") == [Phrase("a!", EMPHASES["moderate"])]


def test_silent_text_is_spoken_at_no_level() -> None:
    (phrase,) = parse("<speak><prosody volume='silent'>a</prosody></speak>")
    assert isinstance(phrase, Phrase)
    assert phrase.prosody.gain_db == -math.inf


def test_other_languages_within_a_text() -> None:
    assert parse("<speak>I say <lang xml:lang='fr-FR'>oui <b>non</b></lang>.</speak>") == [
        Phrase("I say"),
        Phrase("oui non.", language="fr-FR"),
    ]


def test_what_is_worded_is_worded_in_its_language() -> None:
    number = "<say-as interpret-as='cardinal'>12</say-as>"
    assert texts(parse(f"<speak>{number}</speak>", "de-DE")) == ["12"]
    assert texts(parse(f"<speak><lang xml:lang='en-GB'>{number}</lang></speak>", "de-DE")) == ["twelve"]


@pytest.mark.parametrize(
    "element", ["alphabet='ipa' ph='pɪˈkɑːn'", "ph='pɪˈkɑːn'", "alphabet='x-sampa' ph='pI&quot;kA:n'"]
)
def test_pronunciations(element: str) -> None:
    script = parse(f"<speak>a <phoneme {element}>pecan</phoneme> pie</speak>")
    assert script == [Phrase("a"), Phrase("pecan", ipa="pɪˈkɑːn"), Phrase("pie")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "nothing to say"),
        (" \x00\n", "nothing to say"),
        ("<speak/>", "nothing to say"),
        ("<speak><break time='1s'/></speak>", "nothing to say"),
        ("<speak>a<b>c</speak>", "mismatched tag at line 1, column 15"),
        ("<speak>\n\na<b>\nc</speak>", "mismatched tag at line 4, column 4"),
        ("<speak>no end", "not well-formed"),
        ("<speak>a</speak><speak>b</speak>", "junk after document element"),
        ("<speak>&nbsp;</speak>", "undefined entity"),
        ("<speak>a<break time='soon'/></speak>", 'time="soon".* at line 1, column 9'),
        ("<speak>a<break time='-1s'/></speak>", 'time="-1s"'),
        ("<speak>a<break strength='big'/></speak>", 'strength="big"'),
        ("<speak>\n<prosody rate='warp'>a</prosody></speak>", 'rate="warp".* at line 2, column 1'),
        ("<speak><prosody pitch='440Hz'>a</prosody></speak>", 'pitch="440Hz"'),
        ("<speak><prosody volume='11'>a</prosody></speak>", 'volume="11"'),
        ("<speak><emphasis level='much'>a</emphasis></speak>", 'level="much"'),
        ("<speak><lang xml:lang='../etc'>a</lang></speak>", "language tag"),
        ("<speak><lang>a</lang></speak>", "language tag"),
        ("<speak><phoneme alphabet='morse' ph='a'>a</phoneme></speak>", 'alphabet="morse"'),
        ("<speak><phoneme>a</phoneme></speak>", "needs ph"),
        ("<speak><phoneme ph='[[a]]'>a</phoneme></speak>", "no sign of"),
        ("a" * (MAX_TEXT + 1), "1501 characters"),
        ("<speak>" + "a<break time='10s'/>" * 13 + "</speak>", "130 s of pauses"),
        ("a" + " " * MAX_MARKUP, "tags included"),
        ("<speak>" + "a<break time='1ms'/>" * (MAX_PHRASES + 1) + "</speak>", "301 times"),
        ("<speak><sub alias='" + "a" * (MAX_WORDED + 1) + "'>b</sub></speak>", "6001 characters"),
        (f"<speak><say-as interpret-as='digits'>{'7' * 1400}</say-as></speak>", "8399 characters in words"),
    ],
)
def test_what_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Unspeakable, match=reason):
        parse(text)


@pytest.mark.parametrize(
    "before",
    [
        "<!DOCTYPE speak>",
        '<!DOCTYPE speak [<!ENTITY a "aaaa">]>',
        '<?xml version="1.0"?>\n<!DOCTYPE speak SYSTEM "synthesis.dtd">',
    ],
)
def test_a_document_type_is_not_read(before: str) -> None:
    with pytest.raises(Unspeakable, match="a document type is not read"):
        parse(f"{before}<speak>hello</speak>")


def test_the_limit_counts_what_was_written() -> None:
    said = "a" * MAX_TEXT
    assert parse(f"<speak><prosody rate='slow'>{said}</prosody></speak>") == [
        Phrase(said, Prosody(rate=0.75))
    ]
    digits = "<say-as interpret-as='digits'>" + "7" * 100 + "</say-as>"
    assert parse(f"<speak>{'a' * (MAX_TEXT - 101)}{digits}</speak>")
    with pytest.raises(Unspeakable, match="characters to say"):
        parse(f"<speak>{'a' * MAX_TEXT}{digits}</speak>")


@given(
    st.lists(
        st.sampled_from(
            [
                *("<speak>", "</speak>", "<p>", "</p>", "<break time='", "1s", "'/>", "&", "a", "<", "\x85"),
                *("<prosody rate='", "slow", "'>", "</prosody>", "<say-as interpret-as='date'>", "</say-as>"),
                *("<phoneme ph='a'>", "</phoneme>", "1/2", "<lang xml:lang='de'>", "</lang>"),
            ]
        )
    )
)
def test_broken_markup_has_a_reason_and_nothing_else(pieces: list[str]) -> None:
    try:
        script = parse("<speak>" + "".join(pieces))
    except Unspeakable:
        return
    assert any(isinstance(part, Phrase) for part in script)
