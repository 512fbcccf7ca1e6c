"""What a text misses is said in words."""

import re
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from gateway import forms
from gateway.errors import Invalid
from gateway.reading import read

pytestmark = pytest.mark.unit

GATEWAY = Path(forms.__file__).parent
UNSEEN = {"auth.py"}
"""Its texts are claims of tokens: what is wrong with them is told to nobody."""


@pytest.mark.parametrize("pattern", forms.WORDS)
def test_a_missed_form_is_told_without_its_pattern(pattern: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(Annotated[str, Meta(pattern=pattern)], "§", "to[0].number")
    assert refused.value.parameters == {"to[0].number": f"must be {forms.WORDS[pattern]}"}


def test_another_message_is_no_missed_form() -> None:
    assert forms.missed("Expected `str`, got `int`") is None


def test_even_an_unknown_pattern_is_not_shown() -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert("§", Annotated[str, Meta(pattern="^[a-z]$")])
    assert forms.missed(str(refused.value)) == "a text of another form"


def test_all_patterns_of_what_is_read_have_words() -> None:
    written = re.compile(r"Meta\([^)]*pattern=[rf]*[\"']")
    files = [path for path in GATEWAY.rglob("*.py") if path.name not in UNSEEN]
    assert files
    assert not [path.name for path in files if written.search(path.read_text("utf-8"))]
