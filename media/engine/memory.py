"""The engine's memory, as `media.engine.state` lays it out."""

from typing import Any, TypeVar, cast, get_args, get_type_hints

import numpy as np

from media.dsp.dtmf import HIGH, LOW
from media.engine.arena import ALIGNMENT, Arena, round_up
from media.engine.compile import COMPILED
from media.engine.state import (
    BEATS,
    BUSES,
    FRAME,
    FULL,
    JITTER_SAMPLES,
    MEMORY,
    OUTBOUND_RING,
    PACKET,
    SEALED_PACKET,
    TAP_CHANNELS,
    TONE_PAST,
    Beats,
    Filters,
    Frames,
    Jitter,
    Keys,
    Legs,
    Meter,
    Order,
    Plays,
    Ports,
    Reception,
    Rings,
    Rooms,
    Sender,
    State,
    Stream,
    Taps,
    Tones,
    Voices,
    Work,
)
from media.engine.syscalls import ADDRESS_OCTETS
from media.legs.port import INBOUND_FRAMES
from media.rtp.kept_keys import MARK_WORDS, MAX_KEYS

T = TypeVar("T")


def make_state(legs: int, plays: int, taps: int, arena: Arena | None = None) -> State:
    """Tables for that many legs (and rooms), plays and recordings. Untouched rows cost no memory.

    In shared memory they are as they were left.
    """
    arena = arena or Arena()
    state = State(
        legs=_table(arena, Legs, legs),
        frames=_make_frames(arena, legs),
        filters=Filters(
            rooms=arena.zeros((legs, BUSES, BUSES, MEMORY), np.float32),
            legs=arena.zeros((legs, BUSES, MEMORY), np.float32),
            plays=arena.zeros((plays, BUSES, MEMORY), np.float32),
            taps=arena.zeros((taps, TAP_CHANNELS, BUSES, MEMORY), np.float32),
        ),
        rooms=_table(arena, Rooms, legs),
        order=Order(
            legs=arena.zeros(legs, np.int64),
            first=arena.zeros(legs + BEATS + 1, np.int64),
            group=arena.zeros(legs, np.int64),
            beats=_table(arena, Beats, BEATS + 1),
            plays=arena.zeros(1, np.int64),
            taps=arena.zeros(1, np.int64),
            stale=arena.zeros(1, np.int64),
        ),
        stream=_table(arena, Stream, legs),
        jitter=_table(arena, Jitter, legs),
        reception=_table(arena, Reception, legs),
        keys=_table(arena, Keys, legs),
        voices=_table(arena, Voices, legs),
        tones=_table(arena, Tones, legs),
        sender=_table(arena, Sender, legs),
        ports=_table(arena, Ports, legs),
        plays=_table(arena, Plays, plays),
        taps=_table(arena, Taps, taps),
        channel=arena.zeros((taps, legs), np.int8),
        may_hear=arena.zeros((legs, legs), np.int8),
        marks=arena.zeros((legs, 2, MAX_KEYS, MARK_WORDS), np.int64),
        rings=_table(arena, Rings, 1),
        meter=_table(arena, Meter, 1),
        work=_make_work(arena, legs),
    )
    state.order.group[:] = -1
    state.rings.reserved[0] = 3 * legs + plays + taps
    return state


def _make_frames(arena: Arena, legs: int) -> Frames:
    return Frames(
        said=arena.zeros((legs, FULL), np.int16),
        aside=arena.zeros((legs, FULL), np.int32),
        aired=arena.zeros((legs, BUSES, FULL), np.int32),
        jitter=arena.zeros((legs, JITTER_SAMPLES), np.int16),
        inbound=arena.zeros((legs, INBOUND_FRAMES * FULL), np.int16),
        outbound=arena.zeros((legs, OUTBOUND_RING * FULL), np.int16),
    )


def _make_work(arena: Arena, legs: int) -> Work:
    return Work(
        packet=arena.zeros(PACKET, np.uint8),
        address=arena.zeros(ADDRESS_OCTETS, np.uint8),
        time=arena.zeros(2, np.int64),
        missed=arena.zeros(BEATS, np.int64),
        decoded=arena.zeros(PACKET, np.int16),
        heard=arena.zeros(FULL, np.int16),
        outgoing=arena.zeros(SEALED_PACKET, np.uint8),
        voices=arena.zeros((BUSES, FULL), np.int32),
        guests=arena.zeros((BUSES, FULL), np.int32),
        guarded=arena.zeros(legs, np.int64),
        line=arena.zeros(FULL, np.int32),
        channels=arena.zeros((TAP_CHANNELS, BUSES, FULL), np.int32),
        rows=arena.zeros(MEMORY + 2 * FULL, np.float32),
        size=arena.zeros(1, np.int32),
        narrow=arena.zeros(FRAME, np.int16),
        mixed=arena.zeros(FULL, np.int16),
        tone_line=arena.zeros(TONE_PAST + FRAME, np.float64),
        tone_powers=arena.zeros(2 * len(LOW + HIGH), np.float64),
    )


class _Records(np.ndarray[Any, Any]):
    """An array of records whose fields are its attributes; a recarray takes ten times as long to find one."""

    rows: object


def _table(arena: Arena, layout: type[T], rows: int) -> T:
    """Rows with the fields that a class declares, each in lines of the caches of its own."""
    fields = [(name, *_field(hint)) for name, hint in get_type_hints(layout, include_extras=True).items()]
    records = arena.zeros(rows, _padded(np.dtype(fields, align=True)))
    table = records.view(_Records)
    for name, *_ in fields:
        setattr(table, name, records[name])
    # Numba knows an array at once, and thinks for 4 us about what is derived from one.
    table.rows = records if COMPILED else table
    return cast("T", table)


def _padded(record: np.dtype[np.void]) -> np.dtype[np.void]:
    names, fields = record.names or (), dict(record.fields or {})
    formats, offsets = zip(*(fields[name][:2] for name in names), strict=True)
    octets = round_up(record.itemsize, ALIGNMENT)
    return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": octets})


def _field(hint: object) -> tuple[type[np.generic], tuple[int, ...]]:
    """The dtype and the shape of one row of a field: NDArray[dtype], or Annotated[NDArray[dtype], *shape]."""
    shape: tuple[int, ...] = getattr(hint, "__metadata__", ())
    array = get_args(hint)[0] if shape else hint
    # NDArray[T] is ndarray[shape, dtype[T]] up to numpy 2.4, and names T itself afterwards.
    inner = get_args(array)[-1]
    dtype: type[np.generic] = get_args(inner)[0] if get_args(inner) else inner
    return dtype, shape
