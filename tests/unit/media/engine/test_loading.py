"""Who loads the engine compiles nothing itself: what compiles grows large, and ends."""

import subprocess
from types import SimpleNamespace

import pytest

from media.engine import warm

pytestmark = pytest.mark.unit

COMPILER = "a process that compiles"


@pytest.mark.parametrize(
    ("is_warm", "exit_code", "done"),
    [
        (True, 0, ["loaded", "forgotten"]),
        (False, 0, [COMPILER, "loaded", "forgotten"]),
        (False, -9, [COMPILER, "loaded", "forgotten"]),
    ],
    ids=["compiled before", "not compiled", "the compiler was killed"],
)
def test_what_is_not_compiled_is_compiled_elsewhere_first(
    monkeypatch: pytest.MonkeyPatch, is_warm: bool, exit_code: int, done: list[str]
) -> None:
    seen: list[str] = []

    def run(command: list[str], **options: object) -> object:
        assert command[1:] == ["-m", "media.engine.warm"]
        assert "stderr" not in options, "nobody would read why it takes a minute"
        seen.append(COMPILER)
        if options.get("check") and exit_code:
            raise subprocess.CalledProcessError(exit_code, command)
        return SimpleNamespace(returncode=exit_code)

    monkeypatch.setattr(warm, "is_warm", lambda: is_warm)
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(warm, "warm", lambda: seen.append("loaded"))
    monkeypatch.setattr(warm, "forget_sources", lambda: seen.append("forgotten"))
    warm.load()
    assert seen == done
