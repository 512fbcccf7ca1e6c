"""What `[speech]` may hold."""

from pathlib import Path

import pytest

from gateway.config import ConfigError, load

pytestmark = pytest.mark.unit

GOOD = """
[speech]
url = "https://voices.example.com:8443/v1"
key = "k-secret"
model = "tts-1-hd"
voices = { "en-GB" = ["alloy", "nova"], "*" = ["echo"] }
asked = "last"
format = "mp3"
timeout_s = 3
"""


def write(path: Path, text: str) -> Path:
    file = path / "cordboard.toml"
    file.write_text(text)
    return file


def test_a_server(tmp_path: Path) -> None:
    speech = load(write(tmp_path, GOOD), {}).speech
    assert speech.voices == {"en-GB": ("alloy", "nova"), "*": ("echo",)}
    assert (speech.timeout_s, speech.asked, speech.name) == (3.0, "last", "http")
    assert "k-secret" not in f"{speech} {speech!r}"


def test_the_key_may_come_from_the_environment(tmp_path: Path) -> None:
    environ = {"CORDBOARD_SPEECH_KEY": "other", "CORDBOARD_SPEECH_TIMEOUT_S": "2.5"}
    speech = load(write(tmp_path, GOOD), environ).speech
    assert (speech.key, speech.timeout_s) == ("other", 2.5)


@pytest.mark.parametrize(
    ("line", "instead", "key"),
    [
        ("url", '"ftp://example.com"', "url"),
        ("url", '"http://example.com:99999"', "url"),
        ("url", '"http://"', "url"),
        ("voices", "{}", "voices"),
        ("voices", '{ "en" = [] }', "voices"),
        ("voices", '{ "en" = "alloy" }', "voices"),
        ("asked", '"never"', "asked"),
        ("format", '"flac"', "format"),
        ("timeout_s", "60", "timeout_s"),
        ("timeout_s", '"soon"', "timeout_s"),
        ("key", '"two\\nlines"', "key"),
    ],
)
def test_what_is_refused(tmp_path: Path, line: str, instead: str, key: str) -> None:
    rows = [f"{line} = {instead}" if row.startswith(f"{line} =") else row for row in GOOD.splitlines()]
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, "\n".join(rows)), {})
    assert key in caught.value.key
    assert "two" not in str(caught.value)


def test_too_many_voices(tmp_path: Path) -> None:
    voices = ", ".join(f'"x{index}" = ["a"]' for index in range(201))
    with pytest.raises(ConfigError, match="at most 200"):
        load(write(tmp_path, f'[speech]\nurl = "http://localhost"\nvoices = {{ {voices} }}\n'), {})
