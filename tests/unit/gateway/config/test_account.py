"""Credentials: configured, or made once and kept."""

import stat
from pathlib import Path

import pytest

from gateway.config import AccountSettings, ConfigError, Settings
from gateway.config.account import ACCOUNT_FILE, saved_account, with_account, write_secret

pytestmark = pytest.mark.unit


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_directory=str(tmp_path / "data"))


def test_before_the_first_start_there_are_none(settings: Settings) -> None:
    assert saved_account(settings) is None


def test_they_are_made_once(settings: Settings) -> None:
    made = with_account(settings).account
    assert all((made.api_key, made.api_secret, made.signature_secret))
    assert with_account(settings).account == made
    assert saved_account(settings) == made


def test_only_their_owner_reads_them(settings: Settings, tmp_path: Path) -> None:
    with_account(settings)
    assert stat.S_IMODE((tmp_path / "data" / ACCOUNT_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_configured_ones_win_and_only_the_rest_is_made(tmp_path: Path) -> None:
    account = AccountSettings(api_key="a1b2c3d4", api_secret="open sesame")
    settings = Settings(data_directory=str(tmp_path), account=account)
    first = with_account(settings).account
    assert (first.api_key, first.api_secret) == ("a1b2c3d4", "open sesame")
    assert first.signature_secret
    assert with_account(settings).account == first


def test_a_damaged_file_is_named(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / ACCOUNT_FILE).write_text("{")
    with pytest.raises(ConfigError, match=r"account\.json is damaged"):
        with_account(settings)


def test_a_secret_replaces_its_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    write_secret(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret"]
