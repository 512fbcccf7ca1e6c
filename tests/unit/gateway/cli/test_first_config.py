"""The configuration that the first start writes."""

import re
from pathlib import Path

import pytest

from gateway.cli.first_config import FIRST_CONFIG
from gateway.config import Settings, load
from gateway.routing.numbers import configured_numbers

pytestmark = pytest.mark.unit


def written(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "cordboard.toml"
    path.write_text(text)
    return load(path, {})


def test_it_serves_a_developers_machine_and_nobody_else(tmp_path: Path) -> None:
    settings = written(tmp_path, FIRST_CONFIG)
    assert {settings.server.host, settings.sip.host, settings.media.host} == {"127.0.0.1"}
    assert settings.sip.trusted == ("127.0.0.0/8",)
    assert settings.egress.allow == ("127.0.0.0/8", "::1/128")
    assert settings.trunks == ()
    assert len(configured_numbers(settings.numbers)) == 200


def test_what_is_commented_out_is_the_default_or_an_example_that_works(tmp_path: Path) -> None:
    text = re.sub(r"^# (\[+(?:trunks|vbc|payments)\]+|\w+ = .*)$", r"\1", FIRST_CONFIG, flags=re.MULTILINE)
    settings, defaults = written(tmp_path, text), Settings()
    assert settings.data_directory == defaults.data_directory
    assert (settings.server.host, settings.server.port) == (defaults.server.host, defaults.server.port)
    assert (settings.sip.host, settings.sip.port) == (defaults.sip.host, defaults.sip.port)
    assert settings.sip.guard == defaults.sip.guard
    assert settings.media == defaults.media
    assert settings.retention == defaults.retention
    assert settings.trunks[0].prefixes == ("44", "1")
    assert settings.vbc.trunk == settings.trunks[0].name
    assert settings.payments.url.startswith("https://")
