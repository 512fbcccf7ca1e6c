"""What stands in a `say-as`, in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.speech.wording.numbers import cardinal, ordinal
from media.speech.wording.say_as import worded

pytestmark = pytest.mark.unit

READINGS = [
    ("character", "", "ab-1", "ay, B, dash, one"),
    ("characters", "", "Q", "Q"),
    ("spell-out", "", "x@y", "X, at, Y"),
    ("cardinal", "", "0", "zero"),
    ("cardinal", "", "1,205", "one thousand two hundred five"),
    ("number", "", "-17.05", "minus seventeen point zero five"),
    ("cardinal", "", "9" * 19, " ".join(["nine"] * 19)),
    ("cardinal", "", "twelve", "twelve"),
    ("ordinal", "", "1", "first"),
    ("ordinal", "", "22nd", "twenty-second"),
    ("ordinal", "", "40", "fortieth"),
    ("ordinal", "", "1000", "one thousandth"),
    ("digits", "", "4 07", "four zero seven"),
    ("fraction", "", "1/2", "one half"),
    ("fraction", "", "3/4", "three quarters"),
    ("fraction", "", "2/9", "two ninths"),
    ("fraction", "", "2+1/2", "two and one half"),
    ("fraction", "", "1/0", "1/0"),
    ("unit", "", "10ft", "ten feet"),
    ("unit", "", "1/2inch", "one half inch"),
    ("unit", "", "1 meter", "one meter"),
    ("unit", "", "6'3\"", "six feet three inches"),
    ("unit", "", "2.5 kg", "two point five kilograms"),
    ("unit", "", "20°C", "twenty degrees Celsius"),
    ("date", "mdy", "9/16/2020", "September sixteenth, twenty twenty"),
    ("date", "dmy", "16.9.1999", "September sixteenth, nineteen ninety-nine"),
    ("date", "ymd", "2005-12-31", "December thirty-first, two thousand five"),
    ("date", "md", "3/4", "March fourth"),
    ("date", "dm", "3/4", "April third"),
    ("date", "ym", "1900/07", "July, nineteen hundred"),
    ("date", "my", "Jul 1905", "July, nineteen oh five"),
    ("date", "d", "22", "twenty-second"),
    ("date", "m", "12", "December"),
    ("date", "y", "2021", "twenty twenty-one"),
    ("date", "yyyymmdd", "20200916", "September sixteenth, twenty twenty"),
    ("date", "yyyymmdd", "????0916", "September sixteenth"),
    ("date", "", "9/16/2020", "September sixteenth, twenty twenty"),
    ("date", "mdy", "16/9/2020", "16/9/2020"),
    ("date", "martian", "1/2/3", "1/2/3"),
    ("time", "", "2:30pm", "two thirty P M"),
    ("time", "", "9:00 a.m.", "nine A M"),
    ("time", "", "14:05", "fourteen oh five"),
    ("time", "hms24", "07:00:09", "seven o'clock and nine seconds"),
    ("time", "", "1'21\"", "one minute twenty-one seconds"),
    ("time", "", "25:61", "25:61"),
    ("telephone", "", "2122241555", "two one two, two two four, one five five five"),
    ("telephone", "", "+1 (212) 224-1555", "plus one, two one two, two two four, one five five five"),
    ("telephone", "", "555-1212 ext. 42", "five five five, one two one two, extension four two"),
    ("address", "", "123 N Main St.", "one twenty-three North Main Street"),
    (
        "address",
        "",
        "1600 Pennsylvania Ave NW 20500",
        "sixteen hundred Pennsylvania Avenue Northwest two zero five zero zero",
    ),
    ("address", "", "7 Oak Rd", "seven Oak Road"),
    ("nonsense", "", "12", "12"),
]


@pytest.mark.parametrize(("what", "form", "text", "words"), READINGS)
def test_english(what: str, form: str, text: str, words: str) -> None:
    assert worded(text, what, form, english=True) == words


@pytest.mark.parametrize(
    ("what", "text", "words"),
    [
        ("character", "ab1", "a b 1"),
        ("digits", "12", "1 2"),
        ("telephone", "12 34", "1 2 3 4"),
        ("cardinal", "12", "12"),
        ("date", "1/2/2003", "1/2/2003"),
    ],
)
def test_other_languages_are_left_their_numbers(what: str, text: str, words: str) -> None:
    assert worded(text, what, "", english=False) == words


def test_every_number_has_words_of_its_own() -> None:
    numbers = [*range(2000), *(10**power + rest for power in range(4, 18) for rest in (0, 1, 20))]
    assert len({cardinal(number) for number in numbers}) == len(set(numbers))
    assert len({ordinal(number) for number in numbers}) == len(set(numbers))


@given(
    text=st.text(alphabet="0123456789/:.,'\"-+?x ampst°½५²", max_size=20),
    what=st.sampled_from([what for what, *_ in READINGS]),
    form=st.sampled_from(["", "mdy", "ym", "yyyymmdd", "d"]),
)
def test_any_text_has_words(text: str, what: str, form: str) -> None:
    assert worded(text, what, form, english=True) or not text.strip()
