"""`cordboard voices`."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.main import main

pytestmark = pytest.mark.contract


def run(*arguments: str, config: str = "", directory: Path) -> str:
    file = directory / "cordboard.toml"
    file.write_text(config)
    result = CliRunner().invoke(main, ["--config", str(file), "voices", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_english_is_spoken_by_the_embedded_voice(tmp_path: Path) -> None:
    (row,) = [line for line in run(directory=tmp_path).splitlines() if line.startswith("en-US")]
    assert row.split()[:3] == ["en-US", "0-23", "hibari"]
    assert "English (United States)" in row


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_every_style_for_programs(tmp_path: Path) -> None:
    listed = json.loads(run("--json", directory=tmp_path))
    assert len(listed) == 267
    german = [style for style in listed if style["language"] == "de-DE"]
    assert german[1] == {
        "language": "de-DE",
        "name": "German",
        "style": 1,
        "engine": "espeak-ng",
        "voice": "de+f2",
    }


def test_a_language_alone(tmp_path: Path) -> None:
    listed = json.loads(run("--language", "EN", "--json", directory=tmp_path))
    assert {style["language"] for style in listed} == {
        *("en-AU", "en-GB", "en-GB-WLS", "en-IN", "en-US", "en-ZA")
    }
    assert run("--language", "tlh", directory=tmp_path) == "There is no language tlh.\n"


def test_a_language_without_a_voice_says_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "cordboard doctor" in run("--language", "fr-CA", directory=tmp_path)


def test_a_configured_server(tmp_path: Path) -> None:
    config = '[speech]\nurl = "http://127.0.0.1:1"\nvoices = { "fil" = ["maria"] }\nname = "kokoro"\n'
    listed = json.loads(run("--language", "fil-PH", "--json", config=config, directory=tmp_path))
    assert {(style["engine"], style["voice"]) for style in listed} == {("kokoro", "maria")}
