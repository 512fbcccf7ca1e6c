"""Assertions on the hearing matrix."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from gateway.demo.hearing import matrix, read_wav

LOUDNESS_TOLERANCE_DB = 3.0
"""G.711 and a sum of a few tones change a level by less than this; the loss of half the packets by more."""
UNHEARD_DBOV = -50.0
"""Thirty decibels under what the phones say: leakage, quantisation and key clicks stay below."""
SPOKEN_DBOV = -20.0

Matrix = Mapping[str, Mapping[str, float]]


def heard_matrix(files: Mapping[str, Path], tones: Mapping[str, float], *, steady_s: float = 1.0) -> Matrix:
    """The matrix of what phones saved."""
    return matrix({name: read_wav(path)[0] for name, path in files.items()}, tones, steady_s=steady_s)


def assert_all_hear_each_other(table: Matrix, parties: Iterable[str]) -> None:
    """Everybody hears everybody else at the level that they speak with, and nobody hears themselves."""
    names = set(parties)
    for listener in names:
        assert_hears(table, listener, *(names - {listener}))
        assert_does_not_hear(table, listener, listener)


def assert_hears(table: Matrix, listener: str, *speakers: str) -> None:
    for speaker in speakers:
        level = table[listener][speaker]
        off = abs(level - SPOKEN_DBOV)
        assert off <= LOUDNESS_TOLERANCE_DB, (
            f"{listener} hears {speaker} at {level:.1f} dBov\n{picture(table)}"
        )


def assert_does_not_hear(table: Matrix, listener: str, *speakers: str) -> None:
    for speaker in speakers:
        level = table[listener][speaker]
        assert level < UNHEARD_DBOV, f"{listener} hears {speaker} at {level:.1f} dBov\n{picture(table)}"


def picture(table: Matrix) -> str:
    """The matrix as text: a line for each listener."""
    return "\n".join(
        f"{listener} hears " + ", ".join(f"{speaker} {level:.1f}" for speaker, level in row.items())
        for listener, row in table.items()
    )
