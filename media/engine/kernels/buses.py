"""Which rates there are in a room, and how those who have one hear those who have another.

All voices of one rate are a bus: a sum of its own, which nothing is done to. So those who have the same rate
hear each other to the sample, as wide as they are, whoever else is in the room. What the others say comes
through one filter for each two rates, however many legs there are; in a room of one rate there is none. And
nothing changes for those who are there when somebody with another rate comes or goes.
"""

from media.dsp.resampling import add_aligned, add_at, number
from media.engine.compile import kernel
from media.engine.kernels.sums import add_sums
from media.engine.state import BUSES, FRAME, RATES, Floats32, Legs, State, Sums


@kernel
def settle(state: State) -> None:
    """See who is where, after the order has been made."""
    order, rooms = state.order, state.rooms
    for room in range(rooms.buses.size):
        group, buses = order.group[room], 0
        if group >= 0:
            for leg in order.legs[order.first[group] : order.first[group + 1]]:
                buses |= 1 << number(state.legs.rate[leg])
        _forget(state.filters.rooms[room], buses & ~rooms.buses[room])
        rooms.buses[room] = buses


@kernel
def _forget(memory: Floats32, buses: int) -> None:
    """These have come: what the filters remember may be of another conversation."""
    for bus in range(BUSES):
        if buses >> bus & 1:
            memory[bus, :, :] = 0
            memory[:, bus, :] = 0


@kernel
def forget_own(legs: Legs, leg: int, memories: Floats32) -> None:
    """What a leg's own filters remember is over: who hears it later hears no old sound. `Filters.legs`."""
    if legs.resounds[leg]:
        memories[leg, :, :] = 0
        legs.resounds[leg] = 0


@kernel
def clear(sums: Sums, buses: int) -> None:
    """A sum of nobody for each of some rates."""
    for bus in range(BUSES):
        if buses >> bus & 1:
            sums[bus, : FRAME * RATES[bus]] = 0


@kernel
def are_several(buses: int) -> bool:
    """Whether there is more than one rate."""
    return bool(buses & (buses - 1))


@kernel
def let_in(state: State, room: int, sums: Sums) -> None:
    """Add to the sum of each rate in a room what those of the others say."""
    guests, buses = state.work.guests, state.rooms.buses[room]
    clear(guests, buses)
    for bus in range(BUSES):
        if buses >> bus & 1:
            for other in range(BUSES):
                if other != bus and buses >> other & 1:
                    _bring(state, room, sums, other, bus)
    for bus in range(BUSES):
        if buses >> bus & 1:
            add_sums(sums[bus, : FRAME * RATES[bus]], guests[bus, : FRAME * RATES[bus]])


@kernel
def _bring(state: State, room: int, sums: Sums, source: int, target: int) -> None:
    said, heard = sums[source, : FRAME * RATES[source]], state.work.guests[target, : FRAME * RATES[target]]
    add_at(said, heard, state.filters.rooms[room, source, target], state.work.rows)


@kernel
def gather(sums: Sums, buses: int, line: Sums, memory: Floats32, rows: Floats32) -> None:
    """Add up sums of several rates at the one that `line` has. `memory`: [bus, MEMORY]."""
    for bus in range(BUSES):
        if buses >> bus & 1:
            add_at(sums[bus, : FRAME * RATES[bus]], line, memory[bus], rows)


@kernel
def gather_aligned(sums: Sums, buses: int, line: Sums, memory: Floats32, rows: Floats32) -> None:
    """As `gather`, but what was said at one moment is at one place, whichever rate it was said at."""
    for bus in range(BUSES):
        if buses >> bus & 1:
            add_aligned(sums[bus, : FRAME * RATES[bus]], line, memory[bus], rows)


@kernel
def bus_of(legs: Legs, leg: int) -> int:
    """The number of a leg's rate."""
    return number(legs.rate[leg])


@kernel
def widest(buses: int) -> int:
    """Of some, the one with the highest rate; -1 if there is none."""
    found = -1
    for bus in range(BUSES):
        if buses >> bus & 1:
            found = bus
    return found
