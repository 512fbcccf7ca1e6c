"""Whoever loads the compiled engine holds neither a compiler nor what that made it of."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.contract

PROGRAM = """
import gc, sys
from media.engine.warm import load
load()
from numba.core.dispatcher import Dispatcher
kernels = [each for each in gc.get_objects() if isinstance(each, Dispatcher)]
loaded = [result for kernel in kernels for result in kernel.overloads.values()]
kept = [result for result in loaded if result.library._shared_module is not None]
print(len(loaded) > 0, len(kept), "numba.np.arrayobj" in sys.modules)
"""


def test_loading_takes_no_compiler() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_DISABLE_JIT"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, check=True)
    assert done.stdout.split() == [b"True", b"0", b"False"], done.stderr.decode()
