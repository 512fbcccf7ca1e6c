"""How long a text to be spoken may be: the gateway's limits are the speech process's."""

import pytest

from gateway.errors import Invalid
from gateway.ncco import texts
from gateway.ncco.schema import read_ncco
from gateway.ncco.texts import MAX_MARKUP, MAX_TEXT, is_ssml, is_too_long
from media.errors import Unspeakable
from media.speech import composing, markup

pytestmark = pytest.mark.unit

TAGGED = "<prosody rate='slow'>a</prosody>"
LONG_ENOUGH = [
    "a" * MAX_TEXT,
    "<b>" * (MAX_TEXT // 3),
    "<speak>" + TAGGED * 300 + "</speak>",
    "<speak>" + "<b>a</b>" * MAX_TEXT + "</speak>",
    f"<speak>{'a' * MAX_TEXT}</speak>",
]
TOO_LONG = ["a" * (MAX_TEXT + 1), "<b>" * (MAX_TEXT // 3 + 1), f"<speak>{'a' * (MAX_TEXT + 1)}</speak>"]


def test_both_processes_have_the_same_limits() -> None:
    assert (texts.MAX_TEXT, texts.MAX_MARKUP) == (composing.MAX_TEXT, markup.MAX_MARKUP)


@pytest.mark.parametrize("text", LONG_ENOUGH)
def test_what_is_taken_can_be_said(text: str) -> None:
    assert not is_too_long(text)
    assert read_ncco([{"action": "talk", "text": text}])
    assert markup.parse(text)


@pytest.mark.parametrize("text", [*TOO_LONG, "<speak>" + " " * MAX_MARKUP + "a</speak>"])
def test_what_is_refused_cannot_be_said(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_ncco([{"action": "talk", "text": text}])
    assert list(refused.value.parameters) == ["ncco[0].talk.text"]
    with pytest.raises(Unspeakable):
        markup.parse(text)


@pytest.mark.parametrize(
    ("text", "ssml"),
    [
        ("<speak>a</speak>", True),
        (" \n<speak version='1.1'>a</speak>", True),
        ("<speak/>", True),
        ('<?xml version="1.0"?> <speak>a</speak>', True),
        ("<!DOCTYPE speak><speak>a</speak>", True),
        ("<speaker>", False),
        ("<b>a</b>", False),
        ("say <speak>", False),
        ("1 < 2", False),
    ],
)
def test_ssml_begins_with_speak(text: str, ssml: bool) -> None:
    assert is_ssml(text) is ssml
