"""What the gateway makes, and what it finds, is for its own eyes."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.app import _Directories
from gateway.config import Settings
from gateway.config.account import with_account
from gateway.files.door import FOLDERS, Files
from gateway.private import private_directory, private_file, tighten

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_what_is_made_and_what_is_found(tmp_path: Path) -> None:
    folder, file = tmp_path / "a" / "b", tmp_path / "a" / "b" / "c"
    for _ in range(2):
        private_directory(folder)
        private_file(file)
        assert (_mode(folder), _mode(file)) == (0o700, 0o600)
        folder.chmod(0o755)
        file.write_text("kept")
        file.chmod(0o644)
    assert file.read_text() == "kept"
    tighten(tmp_path / "absent")


def test_what_is_somebody_elses_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "not yours")

    tmp_path.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", refuse)
    private_directory(tmp_path)
    assert f"{tmp_path}: not yours" in caplog.text


def test_the_directories_of_the_gateway(tmp_path: Path) -> None:
    root = tmp_path / "data"
    folders = [root, *(root / name for name in ("downloads", "speech", *FOLDERS))]
    for folder in folders:
        folder.mkdir(parents=True)
    with_account(Settings(data_directory=str(root)))
    assert _mode(root) == 0o700
    root.chmod(0o755)
    _Directories(root)
    Files(root).prepare()
    assert {_mode(folder) for folder in folders} == {0o700}
