"""Texts and SSML into what is said and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.errors import Unspeakable
from media.speech.markup import MAX_MARKUP, MAX_TEXT, Pause, Script, parse

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Hello there.", ["Hello there."]),
        ("  a\n b\tc ", ["a b c"]),
        ("1 < 2 & 3 <b>", ["1 < 2 & 3 <b>"]),
        ("bell\x07 and nul\x00!", ["bell and nul !"]),
        ("<speaker>", ["<speaker>"]),
        ("<speak>Hello <emphasis level='strong'>you</emphasis>!</speak>", ["Hello you!"]),
        ('<?xml version="1.0"?>\n<speak>Hi</speak>', ["Hi"]),
        (" <speak xml:lang='en-GB'>Q&amp;A &lt;!</speak> ", ["Q&A <!"]),
        ("<speak><amazon:effect name='x'>kept</amazon:effect></speak>", ["kept"]),
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
    ],
)
def test_what_is_said(text: str, script: Script) -> None:
    assert parse(text) == script


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "nothing to say"),
        (" \x00\n", "nothing to say"),
        ("<speak/>", "nothing to say"),
        ("<speak><break time='1s'/></speak>", "nothing to say"),
        ("<speak>a<b>c</speak>", "mismatched tag at line 1"),
        ("<speak>no end", "not well-formed"),
        ("<speak>a</speak><speak>b</speak>", "junk after document element"),
        ("<speak>&nbsp;</speak>", "undefined entity"),
        ("<speak><!-- a --></speak>", "<!"),
        ("<speak><![CDATA[a]]></speak>", "<!"),
        ('<speak><!DOCTYPE x [<!ENTITY a "aaaa">]>&a;</speak>', "<!"),
        ("<speak>a<break time='soon'/></speak>", 'time="soon"'),
        ("<speak>a<break time='-1s'/></speak>", 'time="-1s"'),
        ("<speak>a<break strength='big'/></speak>", 'strength="big"'),
        ("a" * (MAX_TEXT + 1), "1501 characters"),
        ("<speak>" + "a<break time='10s'/>" * 13 + "</speak>", "130 s of pauses"),
        ("a" + " " * MAX_MARKUP, "tags included"),
    ],
)
def test_what_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Unspeakable, match=reason):
        parse(text)


def test_the_limit_counts_no_tags() -> None:
    said = "a" * MAX_TEXT
    assert parse(f"<speak><prosody rate='slow'>{said}</prosody></speak>") == [said]


@given(
    st.lists(
        st.sampled_from(["<speak>", "</speak>", "<p>", "<break time='", "1s", "'/>", "&", "a", "<", "\x85"])
    )
)
def test_broken_markup_has_a_reason_and_nothing_else(pieces: list[str]) -> None:
    try:
        script = parse("<speak>" + "".join(pieces))
    except Unspeakable:
        return
    assert any(isinstance(part, str) for part in script)
