"""The engine's memory, as `media.engine.state` lays it out."""

from typing import TypeVar, cast, get_args, get_type_hints

import numpy as np

from media.engine.state import (
    FRAME,
    JITTER_SAMPLES,
    LINE,
    OUTBOUND_RING,
    PACKET,
    RTP_PACKET,
    TAP_CHANNELS,
    WIDE,
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
    Tally,
    Taps,
    Work,
)
from media.engine.syscalls import ADDRESS_OCTETS
from media.legs.port import INBOUND_FRAMES

T = TypeVar("T")


def make_state(legs: int, plays: int, taps: int) -> State:
    """Tables for that many legs (and rooms), plays and recordings. Untouched rows cost no memory."""
    state = State(
        legs=_table(Legs, legs),
        frames=_make_frames(legs, taps),
        rooms=_table(Rooms, legs),
        order=Order(
            legs=np.zeros(legs, np.int64),
            first=np.zeros(legs + 2, np.int64),
            group=np.full(legs, -1),
            tally=_table(Tally, 1),
        ),
        stream=_table(Stream, legs),
        jitter=_table(Jitter, legs),
        reception=_table(Reception, legs),
        keys=_table(Keys, legs),
        sender=_table(Sender, legs),
        ports=_table(Ports, legs),
        plays=_table(Plays, plays),
        taps=_table(Taps, taps),
        channel=np.zeros((taps, legs), np.int8),
        may_hear=np.zeros((legs, legs), np.int8),
        rings=_table(Rings, 1),
        meter=_table(Meter, 1),
        work=_make_work(),
    )
    state.rings.reserved[0] = 3 * legs + plays + taps
    return state


def _make_frames(legs: int, taps: int) -> Frames:
    return Frames(
        said=np.zeros((legs, FRAME), np.int16),
        heard=np.zeros((legs, FRAME), np.int16),
        aside=np.zeros((legs, FRAME), np.int32),
        aired=np.zeros((legs, FRAME), np.int32),
        jitter=np.zeros((legs, JITTER_SAMPLES), np.int16),
        packets=np.zeros((legs, RTP_PACKET), np.uint8),
        inbound=np.zeros((legs, INBOUND_FRAMES, WIDE), np.int16),
        outbound=np.zeros((legs, OUTBOUND_RING, WIDE), np.int16),
        down=np.zeros((legs, 2, LINE), np.int16),
        up=np.zeros((legs, LINE), np.int16),
        taps=np.zeros((taps, TAP_CHANNELS, LINE), np.int16),
    )


def _make_work() -> Work:
    return Work(
        packet=np.zeros(PACKET, np.uint8),
        address=np.zeros(ADDRESS_OCTETS, np.uint8),
        time=np.zeros(2, np.int64),
        decoded=np.zeros(PACKET, np.int16),
        total=np.zeros(FRAME, np.int32),
        line=np.zeros(FRAME, np.int32),
        channels=np.zeros((TAP_CHANNELS, FRAME), np.int32),
        narrow=np.zeros(FRAME, np.int16),
        broad=np.zeros(WIDE, np.int16),
    )


def _table(layout: type[T], rows: int) -> T:
    """Rows of zeros with the fields that a class declares."""
    fields = [(name, *_field(hint)) for name, hint in get_type_hints(layout, include_extras=True).items()]
    records = np.zeros(rows, np.dtype(fields, align=True))
    table = records.view(np.recarray)
    for name, *_ in fields:
        # Looking a field up in a recarray takes 5 us; an attribute of the instance is found first.
        object.__setattr__(table, name, records[name])
    return cast("T", table)


def _field(hint: object) -> tuple[type[np.generic], tuple[int, ...]]:
    """The dtype and the shape of one row of a field: NDArray[dtype], or Annotated[NDArray[dtype], *shape]."""
    shape: tuple[int, ...] = getattr(hint, "__metadata__", ())
    array = get_args(hint)[0] if shape else hint
    # NDArray[T] is ndarray[shape, dtype[T]] up to numpy 2.4, and names T itself afterwards.
    inner = get_args(array)[-1]
    dtype: type[np.generic] = get_args(inner)[0] if get_args(inner) else inner
    return dtype, shape
