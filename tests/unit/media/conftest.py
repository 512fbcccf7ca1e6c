"""Kernels run as plain Python here, where indices are checked; NUMBA_DISABLE_JIT=0 asks for compiled ones.

Only this process is told so, not its environment: workers that tests start must compile.
"""

import os
import sys

import numba
import pytest

if os.environ.get("NUMBA_DISABLE_JIT") != "0":
    if "media.engine.compile" in sys.modules:
        raise pytest.UsageError("something has imported the kernels before these tests could choose how")
    numba.config.DISABLE_JIT = 1  # type: ignore[attr-defined]
