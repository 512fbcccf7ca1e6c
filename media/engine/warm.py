"""Compile the engine into the cache: `python -m media.engine.warm`.

Compiling takes a minute or more and is needed once for each version of the sources and each kind of
processor. Set NUMBA_CPU_NAME=generic to make a cache, in an image say, that every processor of this
architecture can use.
"""

import subprocess
import sys
import time

from media.engine.compile import cache_folder, forget_sources, is_warm, mark_warm
from media.engine.engine import Engine
from media.engine.kernels.streaming import make_streams, stream_all
from media.engine.memory import make_state
from media.engine.records import observe, publish, put_command, take_events


def warm() -> None:
    """Compile what is not compiled yet, and tell stderr when that takes a while."""
    if not is_warm():
        say("compiling the media engine; this happens once and takes a minute or more")
    engine = Engine(make_state(1, 1, 1))
    engine.compile()
    put_command(engine.state.rings, 0)
    take_events(engine.state.rings)
    publish(engine.state.ports.pushed, 0, observe(engine.state.ports.heard, 0))
    stream_all(make_streams(1), 0, engine.state.ports.rows, engine.state.frames.outbound)
    engine.stop()
    mark_warm()


def load() -> None:
    """Have what is compiled ready to be used, in as little memory as that takes.

    Whoever compiles has half a gigabyte from then on, so that is for another process, which ends.
    """
    if not is_warm():
        subprocess.run([sys.executable, "-m", "media.engine.warm"], check=False)
    # Where that failed, whatever is missing is compiled here.
    warm()
    forget_sources()


def say(text: str) -> None:
    """One line for the person who waits."""
    sys.stderr.write(f"media: {text}\n")
    sys.stderr.flush()


def main() -> None:
    """Warm the cache and say where it is."""
    began = time.monotonic()
    warm()
    say(f"the engine is compiled, in {time.monotonic() - began:.1f} s; kept in {cache_folder()}")


if __name__ == "__main__":
    main()
