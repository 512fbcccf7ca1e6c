"""The dictionaries of the English voice, in a file that is read only where somebody looks.

Reading them as the package does takes a hundred megabytes, of which much is never given back. So a process of
its own does it, packs them into a file without a name and ends; whoever asked maps the file.
"""

import mmap
import pickle
import subprocess
import sys
import tempfile
from itertools import accumulate
from pathlib import Path
from typing import Any

from media.speech.packed import packed

DEADLINE_S = 60
"""It takes a second, more where many processes start."""


def pronouncing(folder: Path | None = None) -> object:
    """The package's own `G2P`, with its tables in a file of that folder, else of the system's for such files.

    Raises OSError, or SubprocessError where the package has none, or keeps them otherwise.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        command = [sys.executable, "-m", "media.speech.dictionaries"]
        told = subprocess.run(  # noqa: S603 - ourselves
            command, stdin=file, stdout=subprocess.PIPE, timeout=DEADLINE_S, check=True
        )
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    lengths, words = pickle.loads(told.stdout)  # noqa: S301 - from ourselves
    ends = accumulate(lengths)
    tables = [mapped[end - length : end] for length, end in zip(lengths, ends, strict=True)]
    found: object = pickle.loads(words, buffers=tables)  # noqa: S301
    return found


def pack(words: Any) -> None:  # noqa: ANN401 - the package has no types
    """How words are pronounced, and what part of speech they are: a few are asked for in each sentence."""
    for dictionary in (words.lexicon.golds, words.lexicon.silvers):
        dictionary.d = packed(dictionary.d)
    tagger = words.tagger
    tagger.weights = packed(tagger.weights)
    tagger.tagdict = packed(tagger.tagdict)
    tagger.vocab = packed(dict.fromkeys(tagger.vocab))


def main() -> None:
    """Write the tables to the file that is our input, and the rest to our output."""
    from hibari.g2p import G2P  # type: ignore[import-untyped]

    words = G2P()
    pack(words)
    tables: list[pickle.PickleBuffer] = []
    rest = pickle.dumps(words, protocol=5, buffer_callback=tables.append)
    with open(sys.stdin.fileno(), "wb", closefd=False) as file:
        file.writelines(table.raw() for table in tables)
    pickle.dump(([table.raw().nbytes for table in tables], rest), sys.stdout.buffer)


if __name__ == "__main__":
    main()
