"""The order in which the legs are served: by beat and, within a beat, by room.

A tick has BEATS beats, 5 ms apart, so that what is sent leaves in as many small
bursts, and each leg has one of them. A leg is born into the beat with the fewest legs, or into the first
while there are few in all. It takes its beat along into a room that is empty, unless far more legs have it
than another; where others are it takes theirs. So a room keeps its beat for as long as anybody is in it.

The order is made between two ticks: whoever moves is neither served twice in a tick nor left out of one.
"""

from media.engine.compile import kernel
from media.engine.state import BEATS, FREE, PORT, Beats, Ints, Legs, Order, Rooms, State

CROWD = 125
"""Legs in the first beat before others are used, about 1 ms of work: a thread that wakes up four times as
often for fewer would cost more than it smoothes. From four times as many legs on the beats are even."""
NOWHERE = -1


@kernel
def emptiest(beats: Beats) -> int:
    """The beat for another leg."""
    best = 0
    if beats.legs[0] >= CROWD:
        for beat in range(1, BEATS):
            if beats.legs[beat] < beats.legs[best]:
                best = beat
    return best


@kernel
def beat_of(state: State, leg: int, room: int) -> int:
    """When a leg is served or, if `leg` is -1, a room."""
    return int(state.legs.beat[leg] if leg >= 0 else state.rooms.beat[room])


@kernel
def used(active: Ints, rows: int) -> int:
    """How many of the first rows have all that are active, where so many had them before."""
    while rows and not active[rows - 1]:
        rows -= 1
    return rows


@kernel
def begins(order: Order, beat: int) -> int:
    """Where a beat's legs begin in `Order.legs`; those of the one before end there."""
    return int(order.first[order.beats.group[beat]])


@kernel
def make_order(legs: Legs, rooms: Rooms, order: Order) -> None:
    """Put the active legs into their order: a counting sort."""
    _settle(legs, rooms, order.beats)
    _count(legs, rooms, order.beats)
    _lay_out(rooms, order)
    _place(legs, order)
    order.stale[0] = 0


@kernel
def _settle(legs: Legs, rooms: Rooms, beats: Beats) -> None:
    """Give each room with legs in it the beat of those who were there before, and them its beat."""
    for leg in range(legs.kind.size):
        room = legs.room[leg]
        if legs.kind[leg] == FREE or room < 0:
            continue
        if not rooms.members[room]:
            rooms.beat[room] = _first_beat(beats, legs.beat[leg])
            rooms.members[room] = 1
        beats.legs[legs.beat[leg]] -= 1
        legs.beat[leg] = rooms.beat[room]
        beats.legs[legs.beat[leg]] += 1


@kernel
def _first_beat(beats: Beats, beat: int) -> int:
    """Of a room whose first leg has that beat: many that leave a large room are spread again."""
    best = emptiest(beats)
    return best if beats.legs[beat] > beats.legs[best] + CROWD else beat


@kernel
def _count(legs: Legs, rooms: Rooms, beats: Beats) -> None:
    rooms.members[:] = 0
    beats.legs[:], beats.ports[:] = 0, 0
    for leg in range(legs.kind.size):
        if legs.kind[leg] == FREE:
            continue
        beats.legs[legs.beat[leg]] += 1
        beats.ports[legs.beat[leg]] += legs.kind[leg] == PORT
        if legs.room[leg] >= 0:
            rooms.members[legs.room[leg]] += 1


@kernel
def _lay_out(rooms: Rooms, order: Order) -> None:
    """Say where each beat's groups, and each group's legs, begin. A beat's last are those outside rooms."""
    group, after = 0, 0
    for beat in range(BEATS):
        order.beats.group[beat] = group
        at = after
        for room in range(rooms.members.size):
            if rooms.members[room] and rooms.beat[room] == beat:
                order.group[room] = group
                order.first[group] = at
                group += 1
                at += rooms.members[room]
        order.first[group] = at
        group += 1
        after += order.beats.legs[beat]
    order.beats.group[BEATS] = group
    order.first[group] = after
    for room in range(rooms.members.size):
        if not rooms.members[room]:
            order.group[room] = NOWHERE
            rooms.beat[room] = 0


@kernel
def _place(legs: Legs, order: Order) -> None:
    """Fill `legs`, using `first` as each group's cursor and moving it back afterwards."""
    groups = order.beats.group
    for leg in range(legs.kind.size):
        if legs.kind[leg] == FREE:
            continue
        room = legs.room[leg]
        group = order.group[room] if room >= 0 else groups[legs.beat[leg] + 1] - 1
        order.legs[order.first[group]] = leg
        order.first[group] += 1
    for group in range(groups[BEATS] - 1, -1, -1):
        order.first[group + 1] = order.first[group]
    order.first[0] = 0
