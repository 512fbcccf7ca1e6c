"""How kernels become machine code: one decorator, one cache.

A kernel is a plain function on arrays. Numba compiles it at its first call and keeps the result on disk.
Numba looks only at a kernel's own file to see whether that result is still good, not at the kernels that it
calls, so the cache is a folder named after the digest of all the sources: of the engine, and of the modules
beside it that have kernels.

With NUMBA_DISABLE_JIT=1 kernels stay Python functions: slow, but every step can be watched and every index is
checked. That is how the unit tests run them.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from numba import config, njit
from numba.core.caching import FunctionCache

F = TypeVar("F", bound=Callable[..., object])

COMPILED: bool = not config.DISABLE_JIT  # type: ignore[attr-defined]
"""False where kernels are interpreted."""

KEPT = 4
"""Versions of compiled kernels that are kept on disk."""

# Without numba's reference counts: no kernel makes an array, and counting costs two atomic operations at
# nearly every use of one.
_OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "fastmath": False, "_nrt": False}
_KERNELS: list[Any] = []
_COMPLETE = "complete"
_MEDIA = Path(__file__).resolve().parent.parent
_SOURCES = ("engine", "rtp", "codecs", "dsp")


def kernel(function: F) -> F:
    """Compile a function that touches nothing but its arguments, other kernels and constants."""
    compiled: F = _kept(njit(**_OPTIONS)(function), function)
    return compiled


def inlined(function: F) -> F:
    """A kernel without a call of its own: for what is given the whole State for each leg or room of a beat.

    A call copies that, which takes 100 ns. It is compiled into each of its callers, so it has few.
    """
    compiled: F = _kept(njit(forceinline=True, **_OPTIONS)(function), function)
    return compiled


class _Kept(FunctionCache):
    """The results on disk. Who finds one need not learn to compile before, which takes 16 MB."""

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        # The folder says of which sources they are; when those were written does not matter.
        self._cache_file._source_stamp = _digest()  # noqa: SLF001 - no other way in

    def load_overload(self, sig: object, target_context: object) -> object:
        found: object = self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        return found


def _kept(compiled: Any, function: Callable[..., object]) -> Any:  # noqa: ANN401 - numba has no types
    if COMPILED:
        compiled._cache = _Kept(function)  # noqa: SLF001 - no other way in
        _KERNELS.append(compiled)
    return compiled


def forget_sources() -> None:
    """Let go of what only those need who compile a caller of a kernel: nobody does in this process."""
    for compiled in _KERNELS:
        for result in compiled.overloads.values():
            result.library._shared_module = None  # noqa: SLF001 - 8 MB


def cache_folder() -> Path:
    """Where compiled kernels are kept: beside the sources or, where that cannot be written, for the user."""
    folder = f"kernels-{_digest()}"
    given = os.environ.get("NUMBA_CACHE_DIR")
    bases = [
        Path(given) if given else _MEDIA / "engine" / "__pycache__",
        Path.home() / ".cache" / "cordboard",
        Path(tempfile.gettempdir()) / f"cordboard-{os.getuid()}",
    ]
    for base in bases:
        if _writable(base / folder):
            return base / folder
    raise RuntimeError(f"compiled kernels can be kept in none of {', '.join(map(str, bases))}")


def is_warm() -> bool:
    """Whether everything has been compiled from these very sources before."""
    return (cache_folder() / _COMPLETE).exists()


def mark_warm() -> None:
    """Everything has been compiled now; kernels of the oldest sources are dropped."""
    folder = cache_folder()
    (folder / _COMPLETE).touch()
    newest_first = sorted(folder.parent.glob("kernels-*"), key=_age)
    for old in newest_first[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _age(folder: Path) -> float:
    return -folder.stat().st_mtime


@cache
def _digest() -> str:
    checks = config.BOUNDSCHECK  # type: ignore[attr-defined]
    # With the place of the sources, since numba finds results by it: a copy elsewhere is compiled anew.
    digest = hashlib.sha256(f"boundscheck={checks} {_MEDIA}".encode())
    for package in _SOURCES:
        for source in sorted((_MEDIA / package).rglob("*.py")):
            text = source.read_bytes()
            if package == "engine" or b"@kernel" in text:
                digest.update(text)
    return digest.hexdigest()[:16]


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK) and folder.stat().st_uid == os.getuid()


if COMPILED:
    config.CACHE_DIR = str(cache_folder())  # type: ignore[attr-defined]
