"""Progress is for terminals, once at a time, and leaves nothing behind."""

import io
import sys
from typing import Literal

import pytest

from gateway.cli.progress import progress

pytestmark = pytest.mark.unit

Unit = Literal["", "items", "octets"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_programs_see_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    with progress("Reading", 3) as advance:
        advance(1)
    assert screen.getvalue() == ""


@pytest.mark.parametrize(("total", "unit"), [(3, "items"), (None, ""), (3000, "octets")])
def test_people_see_how_far_it_is(monkeypatch: pytest.MonkeyPatch, total: int | None, unit: Unit) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with progress("Reading", total, unit=unit) as advance:
        before = screen.getvalue()
        with progress("A part of it") as advance_part:
            advance_part(1)
        advance(3)
    assert "Reading" in before + screen.getvalue()
    assert "A part of it" not in screen.getvalue()
    with progress("Again") as advance:
        advance(1)
    assert "Again" in screen.getvalue()
